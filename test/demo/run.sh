#!/usr/bin/env bash
# run.sh: what `make run` does. Installs what is missing, builds, starts PostgreSQL, the front and nginx where they do not
# run, ends a session through each route the first time, and leaves run/demo.env. Changes nothing that runs already, but
# for demo sessions that were ended: new ones take their place.
#
# CURFEW_PORT: the port of nginx on 127.0.0.1 (8080).

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac
. "$demo/sessions.sh"
. "$demo/routes.sh"

cd "$checkout"
stack() { "$checkout/test/stack/$1" run "$2"; }

was_running=yes
for part in postgres front nginx; do stack "$part.sh" status 2>/dev/null || was_running=; done

if [ -z "$was_running" ]; then
    test/stack/packages.sh run
    say "building; a dot for each file"
    mkdir -p build
    { make -j"$(nproc)" && make -j"$(nproc)" front; } 2>&1 | tee build/make.log |
        awk '/ -c .*-o |-o .* -c /{ printf "."; fflush() } END { printf "\n" }' ||
        { last_lines build/make.log; fail "the build failed; all of it is in build/make.log"; }
    # The page of the interfaces is a comfort: without npm, or its registry, there is none.
    if ! { command -v npm && make docs; } >>build/make.log 2>&1; then say "no npm: /docs/ is not there"; fi
fi

# An nginx that runs keeps the port it has.
if stack nginx.sh status 2>/dev/null; then
    port=$(as_stack sed -n 's/.*listen 127\.0\.0\.1:\([0-9]*\).*/\1/p' nginx/curfew/site.conf)
    [ -z "${CURFEW_PORT:-}" ] || [ "$port" = "$CURFEW_PORT" ] || say "nginx runs on port $port already; make stop ends it"
    base_url=http://127.0.0.1:$port
fi
export CURFEW_PORT=$port

if [ -n "$was_running" ]; then
    say "it is running already, at $base_url"
    if [ -e build/curfew-fcgi ] && ! as_stack cat "$state/bin/curfew-fcgi" | cmp -s - build/curfew-fcgi; then
        say "what runs is an older build; make stop and make run start the new one"
    fi
else
    say "starting PostgreSQL, the front and nginx (in $state)"
    CURFEW_PRELOAD=1 stack stack.sh up
fi

curl -sf -o /dev/null --max-time 10 "$base_url/readyz" || fail "$base_url/readyz does not answer 200; logs are in $logs"

read_facts
first=
if [ -z "${facts[CURFEW_ADMIN_KEY]:-}" ]; then
    first=yes
    say "making a tenant for each contract"
    made=$(psql_stack -At -1 -f "$demo/tenants.sql") || fail "the tenants could not be made; the log is $logs/postgres.log"
    put <(printf '%s\n' "$made") "$facts_file"
    read_facts
fi
keep_sessions
write_environment
[ -z "$first" ] || show_routes

printf '\n'
say "running at $base_url; make stop ends it"
[ ! -e build/static/docs/index.html ] || say "its interfaces are shown at $base_url/docs/"
say "its keys and sessions are in run/demo.env, its logs in run/log"
