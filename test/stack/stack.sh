#!/usr/bin/env bash
# stack.sh STACK up|down|status|remove|directory: PostgreSQL with the extension, the front and nginx, as one.
#
#   up         starts what does not run, in that order, and makes the database `curfew` where there is none
#   down       ends what runs, in the other order; the data stays
#   status     says which of the three runs; exits 0 where all do
#   remove     down, and the directory with everything in it goes too
#   directory  prints where that is
#
# The variables of front.sh and nginx.sh hold here too.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac
[ $# -eq 2 ] || { help "$0" >&2; exit 2; }
stack_init "$1"
here=$checkout/test/stack

make_database() {
    [ -z "$(PGDATABASE=postgres psql_stack -Atc "SELECT 1 FROM pg_database WHERE datname = 'curfew'")" ] || return 0
    # Made under another name first, so that one with the right name is whole.
    PGDATABASE=postgres psql_stack -c 'DROP DATABASE IF EXISTS curfew_unfinished' -c 'DROP ROLE IF EXISTS curfew_front' \
        -c "CREATE DATABASE curfew_unfinished TEMPLATE template0"
    PGDATABASE=curfew_unfinished psql_stack -o /dev/null -1 -f "$here/database.sql"
    PGDATABASE=postgres psql_stack -c 'ALTER DATABASE curfew_unfinished RENAME TO curfew'
}

up() {
    "$here/postgres.sh" "$stack_name" init
    "$here/postgres.sh" "$stack_name" start
    make_database || fail "the database could not be made; the server's log is $logs/postgres.log"
    "$here/front.sh" "$stack_name" start
    "$here/nginx.sh" "$stack_name" start
}

down() {
    "$here/nginx.sh" "$stack_name" stop
    "$here/front.sh" "$stack_name" stop
    "$here/postgres.sh" "$stack_name" stop
}

status() {
    local part result=0
    for part in postgres front nginx; do
        if "$here/$part.sh" "$stack_name" status; then say "$part runs"; else say "$part does not run"; result=1; fi
    done
    return "$result"
}

remove() {
    [ -d "$state" ] || return 0
    down
    as_stack find "$state" -mindepth 1 -delete
    rmdir "$state"
}

case $2 in
    up|down|status|remove) "$2" ;;
    directory) printf '%s\n' "$state" ;;
    *) help "$0" >&2; exit 2 ;;
esac
