# One real session ended through each of the seeds' six routes, for a person to read. Sourced by run.sh, after lib.sh.

shown=$'\e[1m' plain=$'\e[0m'
[ -t 1 ] || shown='' plain=''

# shorten CREDENTIAL: enough of it to tell it from another.
shorten() { printf '%s…' "${1:0:12}"; }

# show TITLE SESSION CREDENTIAL METHOD PATH HEADER [BODY]: sends the request, and prints it, its answer and the audit row
# that it left. HEADER has %s where the credential goes.
show() {
    local title=$1 id=$2 credential=$3 method=$4 path=$5 header=$6 body=${7:-} answer status arguments=()
    printf '\n%s%s%s\n' "$shown" "$title" "$plain"
    # shellcheck disable=SC2059 # the header is a format
    printf "  > %s %s\n  > $header\n" "$method" "$path" "$(shorten "$credential")"
    if [ -n "$body" ]; then
        printf '  > Content-Type: application/json\n  >\n  > %s\n' "$body"
        arguments=(-H 'Content-Type: application/json' --data-binary "$body")
    fi
    # The header comes from a file descriptor, so that no credential is in the list of processes.
    # shellcheck disable=SC2059
    answer=$(curl -sS --max-time 30 -X "$method" -H @<(printf "$header\n" "$credential") "${arguments[@]}" \
        -w '\n%{http_code}' "$base_url$path") || fail "no answer from $base_url; logs are in $logs"
    status=${answer##*$'\n'}
    printf '  < %s\n  < %s\n' "$status" "${answer%$'\n'*}"
    audit_row "$id"
    [ "$status" = 200 ] || fail "$method $path was answered $status, not 200; logs are in $logs"
}

# audit_row SESSION: the newest one of it.
audit_row() {
    psql_stack -x -A -t -F ': ' -v id="$1" <<'SQL' | sed '/^$/d; s/^/  | /'
SELECT curfew.rfc3339(at) AS at, event, action, outcome, relation, via, request_id,
       from_state || ' -> ' || to_state AS state, version, reason
  FROM curfew.audit_event WHERE session_id = :'id' ORDER BY at DESC, id DESC LIMIT 1;
SQL
}

show_routes() {
    local bearer='Authorization: Bearer %s' key='X-API-Key: %s'
    new_session dhcp-shield "${facts[DHCP_SHIELD_ALICE]}"
    show 'DHCP Shield: an operator ends a login of her own' "$session_id" "${facts[DHCP_SHIELD_TOKEN]}" \
        DELETE "/api/sessions/$session_id" "$bearer"
    new_session dreadnode "${facts[DREADNODE_OWNER]}"
    show 'Dreadnode: a conversation is archived' "$session_id" "${facts[DREADNODE_KEY]}" \
        POST "/api/v1/org/${facts[DREADNODE_ORG]}/ws/${facts[DREADNODE_WORKSPACE]}/sessions/$session_id/archive" "$bearer"
    new_session devin "${facts[DEVIN_OWNER]}"
    show 'Devin: a run is terminated' "$session_id" "${facts[DEVIN_KEY]}" \
        DELETE "/v1/sessions/devin-${session_id//-/}" "$bearer"
    new_session truthlocks "${facts[TRUTHLOCKS_OWNER]}"
    show 'Truthlocks: an agent session is terminated, with the reason it requires' "$session_id" "${facts[TRUTHLOCKS_KEY]}" \
        POST "/v1/sessions/$session_id/terminate" "$key" '{"reason":"Task completed."}'
    new_session truthlocks "${facts[TRUTHLOCKS_OWNER]}"
    show 'Truthlocks: the other surface, where the reason is optional' "$session_id" "${facts[TRUTHLOCKS_KEY]}" \
        DELETE "/v1/agent-sessions/$(maip_id "$session_id")" "$key" '{"reason":"Cleaning up session resources."}'
    new_session luxxon "${facts[LUXXON_OWNER]}"
    show 'Luxxon: a consumer cancels a request that nobody has accepted' "$session_id" "${facts[LUXXON_CONSUMER_KEY]}" \
        DELETE "/api/v1/sessions/$session_id" "$bearer"
}
