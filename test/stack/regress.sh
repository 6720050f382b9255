#!/usr/bin/env bash
# regress.sh regress|isolation: runs sql/ with pg_regress, or test/isolation/ with pg_isolation_regress, each on a server
# of its own; the last line says how many passed and failed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$checkout/test/stack/count.sh"
case ${1:-} in
    regress)   pattern='sql/*.sql' variable=REGRESS ;;
    isolation) pattern='test/isolation/specs/*.spec' variable=ISOLATION ;;
    -h|--help) help "$0"; exit 0 ;;
    *) help "$0" >&2; exit 2 ;;
esac

cd "$checkout"
suite=$1
stack_init "$suite"
mkdir -p "build/$suite"
output=build/$suite/output.txt
: > "$output"
if compgen -G "$pattern" >/dev/null; then
    remove() { "$checkout/test/stack/stack.sh" "$suite" remove; }
    remove
    trap remove EXIT
    export CURFEW_PG_FAST=1
    test/stack/postgres.sh "$suite" init
    test/stack/postgres.sh "$suite" start
    # installcheck of this suite alone; the other's list is empty.
    if [ "$suite" = regress ]; then other=ISOLATION; else other=REGRESS; fi
    # A step that waits for nobody ends after a minute.
    env -u PGDATABASE -u PGSERVICE PGISOLATIONTIMEOUT=60 PGHOST="$sockets" PGPORT=5432 PGUSER=postgres PATH="$(bindir):$PATH" \
        make --no-print-directory installcheck "$other=" 2>&1 | tee "$output" || true
    [ ! -s "build/$suite/regression.diffs" ] || cat "build/$suite/regression.diffs"
fi
count_regress "$output"
count_line "$suite"
[ "$failed" -eq 0 ]
