#!/usr/bin/env bash
# front.sh STACK start|stop|status|pid: curfew-fcgi of this checkout on the stack's socket, as role curfew_front.
#
# CURFEW_CONNECTIONS     its connections to the database (8)
# CURFEW_FRONT_DATABASE  another connection string than that of the stack's own PostgreSQL

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac
[ $# -eq 2 ] || { help "$0" >&2; exit 2; }
stack_init "$1"
program=$state/bin/curfew-fcgi
pid_file=$state/front.pid

pid() {
    local pid
    pid=$(as_stack cat "$pid_file" 2>/dev/null) && runs_as "$pid" "$program" "$front_socket" && printf '%s\n' "$pid"
}

listens() { [ -S "$front_socket" ]; }
listens_or_died() { listens || ! pid >/dev/null; }

start() {
    if pid >/dev/null; then return; fi
    stack_make
    [ -x "$checkout/build/curfew-fcgi" ] || fail "the front is not built: make front"
    put "$checkout/build/curfew-fcgi" "$program" 0755
    as_stack rm -f "$front_socket" "$pid_file"
    # The shell becomes the front, so that the process id it leaves is the front's.
    as_stack setsid --fork sh -c 'echo $$ > "$1"; shift; log=$1; shift; exec "$@" >>"$log" 2>&1 </dev/null' front \
        "$pid_file" "$logs/front.log" "$program" --listen "$front_socket" --socket-mode 0600 \
        --database "${CURFEW_FRONT_DATABASE:-host=$sockets port=5432 dbname=curfew user=curfew_front}" --connections "${CURFEW_CONNECTIONS:-8}"
    wait_until 10 pid >/dev/null || fail "the front did not start"
    wait_until 10 listens_or_died && listens && pid >/dev/null ||
        { last_lines "$logs/front.log"; fail "the front did not start; its log is $logs/front.log"; }
}

stop() {
    local pid
    if pid=$(pid); then
        kill -TERM "$pid"
        wait_until 45 gone "$pid" || fail "the front (process $pid) did not stop in 45 s; its log is $logs/front.log"
    fi
    [ ! -e "$pid_file" ] || as_stack rm -f "$pid_file" "$front_socket"
}

case $2 in
    start|stop|pid) "$2" ;;
    status) pid >/dev/null ;;
    *) help "$0" >&2; exit 2 ;;
esac
