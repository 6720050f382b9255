#!/usr/bin/env bash
# bench.sh [ROW…]: what `make bench` runs. Installs what is missing, builds, starts a server, a front and an nginx of its own,
# measures, and writes run/bench.md and run/bench.json. Without names it measures every row; README.md has their names.
#
# QUICK=1       less data and shorter runs, in under three minutes once it is built
# CURFEW_KEEP=1 leaves the stack `bench` running, and its data
# CURFEW_PORT   nginx's port on 127.0.0.1 (18090); the rival's nginx has the next one

. "$(dirname "${BASH_SOURCE[0]}")/../stack/lib.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac
cd "$checkout"

test/stack/packages.sh bench
say "building"
make -s -j"$(nproc)" && make -s -j"$(nproc)" front
if [ ! -e build/rival/node_modules ] || ! cmp -s test/bench/rival/package-lock.json build/rival/package-lock.json; then
    mkdir -p build/rival
    cp test/bench/rival/package.json test/bench/rival/package-lock.json build/rival/
    (cd build/rival && npm ci --silent --no-audit --no-fund) || fail "npm could not install the rival"
fi

export CURFEW_PORT=${CURFEW_PORT:-18090} CURFEW_RATE_LIMIT=100000000
export CURFEW_CONNECTIONS=${CURFEW_CONNECTIONS:-$((8 * $(nproc)))}
stack_init bench
end() {
    test/bench/rival.sh stop
    [ -n "${CURFEW_KEEP:-}" ] || test/stack/stack.sh bench remove
}
test/stack/stack.sh bench remove
trap end EXIT
test/stack/postgres.sh bench init
# A third of the machine's memory, as it is with a server to itself.
{ cat test/bench/postgresql.conf
  awk '/^MemTotal:/ { print "shared_buffers = " int($2 / 3) "kB" }' /proc/meminfo; } | as_stack tee "$data/bench.conf" >/dev/null
as_stack sh -c 'echo "include = '"'bench.conf'"'" >> "$1"' include "$data/postgresql.conf"
test/stack/stack.sh bench up

mkdir -p run
CURFEW_BENCH_SOCKETS=$sockets CURFEW_BENCH_STATE=$state PATH="$(bindir):$PATH" \
    /usr/bin/python3 -B test/bench/bench.py ${QUICK:+--quick} "$@"
