#!/usr/bin/env bash
# regress.sh regress|distributed|isolation: runs sql/ with pg_regress, the same with curfew.distributed on (so that what is
# decided the short way and the long way is the same), or test/isolation/ with pg_isolation_regress, each on a server of
# its own; the last line says how many passed and failed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$checkout/test/stack/count.sh"
case ${1:-} in
    regress)     pattern='sql/*.sql' results=build/regress other=ISOLATION ;;
    distributed) pattern='sql/*.sql' results=build/regress other=ISOLATION
                 export PGOPTIONS="${PGOPTIONS:-} -c curfew.distributed=on" ;;
    isolation)   pattern='test/isolation/specs/*.spec' results=build/isolation other=REGRESS ;;
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
    # A step that waits for nobody ends after a minute.
    env -u PGDATABASE -u PGSERVICE PGISOLATIONTIMEOUT=60 PGHOST="$sockets" PGPORT=5432 PGUSER=postgres PATH="$(bindir):$PATH" \
        make --no-print-directory installcheck "$other=" 2>&1 | tee "$output" || true
    [ ! -s "$results/regression.diffs" ] || cat "$results/regression.diffs"
fi
count_regress "$output"
count_line "$suite"
[ "$failed" -eq 0 ]
