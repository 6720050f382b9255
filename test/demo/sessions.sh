# The sessions that the demo leaves open, one or more of each contract. Sourced by run.sh, after lib.sh.

# is_open CONTRACT OWNER ID: whether that session is as it was made, seen as its owner sees it.
is_open() {
    [ -n "$3" ] || return 1
    [ "$(psql_stack -At -v tenant="$(tenant_of "$1")" -v owner="$2" -v id="$3" -f "$demo/open.sql" 2>/dev/null)" = t ]
}

# keep CONTRACT OWNER NAME [TOKEN_NAME]: leaves the session named by the fact NAME where it is still open; else puts a new
# one there, and its token at TOKEN_NAME.
keep() {
    local contract=$1 owner=$2 name=$3 token_name=${4:-}
    if is_open "$contract" "$owner" "${facts[$name]:-}"; then return; fi
    new_session "$contract" "$owner"
    [ -z "${facts[$name]:-}" ] || say "the $contract session ${facts[$name]} was ended; $session_id takes its place"
    facts[$name]=$session_id
    [ -z "$token_name" ] || facts[$token_name]=$session_token
}

keep_sessions() {
    keep dhcp-shield "${facts[DHCP_SHIELD_ALICE]}" DHCP_SHIELD_LOGIN DHCP_SHIELD_TOKEN
    keep dhcp-shield "${facts[DHCP_SHIELD_BOSS]}" DHCP_SHIELD_ADMIN_LOGIN DHCP_SHIELD_ADMIN_TOKEN
    keep dhcp-shield "${facts[DHCP_SHIELD_ALICE]}" DHCP_SHIELD_SESSION
    keep dreadnode "${facts[DREADNODE_OWNER]}" DREADNODE_SESSION
    keep devin "${facts[DEVIN_OWNER]}" DEVIN_UUID
    keep truthlocks "${facts[TRUTHLOCKS_OWNER]}" TRUTHLOCKS_SESSION
    keep truthlocks "${facts[TRUTHLOCKS_OWNER]}" TRUTHLOCKS_MAIP_UUID
    keep luxxon "${facts[LUXXON_OWNER]}" LUXXON_SESSION
    facts[DEVIN_SESSION]=devin-${facts[DEVIN_UUID]//-/}
    facts[TRUTHLOCKS_MAIP_SESSION]=$(maip_id "${facts[TRUTHLOCKS_MAIP_UUID]}")
    write_facts
}

# maip_id UUID: the session's id as Truthlocks' second surface writes it.
maip_id() {
    psql_stack -At -v id="$1" -v owner="${facts[TRUTHLOCKS_OWNER]}" <<'SQL'
BEGIN;
SELECT curfew.act_as('truthlocks', :'owner') \g /dev/null
SELECT curfew.maip_session_id(:'id');
COMMIT;
SQL
}

# write_environment: run/demo.env, for a shell to source.
write_environment() {
    local name target=$checkout/run/demo.env
    facts[CURFEW_URL]=$base_url
    facts[CURFEW_PGURI]=$("$checkout/test/stack/postgres.sh" run uri)
    mkdir -p "$checkout/run"
    ln -sfn "$logs" "$checkout/run/log"
    (
        umask 077
        for name in CURFEW_URL CURFEW_PGURI CURFEW_ADMIN_KEY \
            DHCP_SHIELD_TOKEN DHCP_SHIELD_ADMIN_TOKEN DHCP_SHIELD_SESSION \
            DREADNODE_KEY DREADNODE_ORG DREADNODE_WORKSPACE DREADNODE_SESSION \
            DEVIN_KEY DEVIN_SESSION \
            TRUTHLOCKS_KEY TRUTHLOCKS_AGENT TRUTHLOCKS_SESSION TRUTHLOCKS_MAIP_SESSION \
            LUXXON_CONSUMER_KEY LUXXON_OPERATOR_KEY LUXXON_SESSION; do
            printf '%s=%q\n' "$name" "${facts[$name]}"
        done > "$target.new"
    )
    mv -f "$target.new" "$target"
}
