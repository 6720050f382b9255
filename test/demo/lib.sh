# What the demo's scripts share. Sourced, never run. A demo is the stack `run`; what its keys and sessions are is kept in
# the server's data directory, so that it goes when the data goes, and run/demo.env is made of that.

. "$(dirname "${BASH_SOURCE[0]}")/../stack/lib.sh"
stack_init run
demo=$checkout/test/demo
facts_file=$data/demo.facts
port=${CURFEW_PORT:-8080}
base_url=http://127.0.0.1:$port

declare -A facts=()

read_facts() {
    local line
    facts=()
    while IFS= read -r line; do facts[${line%%=*}]=${line#*=}; done < <(as_stack cat "$facts_file" 2>/dev/null)
}

write_facts() {
    local name
    for name in "${!facts[@]}"; do printf '%s=%s\n' "$name" "${facts[$name]}"; done | sort | put /dev/stdin "$facts_file"
}

tenant_of() {
    case $1 in
        dhcp-shield) echo shield ;;
        dreadnode) echo "${facts[DREADNODE_ORG]}" ;;
        *) echo "$1" ;;
    esac
}

# new_session CONTRACT OWNER: makes one; sets session_id and session_token.
new_session() {
    local made # when psql has ended: it prints before it commits
    made=$(psql_stack -At -F ' ' -v contract="$1" -v tenant="$(tenant_of "$1")" \
        -v owner="$2" -v agent="${facts[TRUTHLOCKS_AGENT]}" -f "$demo/session.sql") || made=
    read -r session_id session_token <<<"$made"
    [ -n "$session_id" ] || fail "no demo session of $1 could be made; the server's log is $logs/postgres.log. If somebody of the" \
        "demo was suspended or revoked: test/stack/stack.sh run remove deletes its data, and make run begins again"
}
