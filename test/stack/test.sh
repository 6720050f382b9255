#!/usr/bin/env bash
# test.sh [SUITE…]: what `make test` runs. Installs what is missing, builds, runs each suite (checks, unit, regress,
# distributed, isolation, database, http; or those that are named) on servers of its own, and ends in "N passed, N failed".
# Exits 0 only where every suite ran and nothing failed. An interrupt ends it, and what it has started.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac

cd "$checkout"
suites=${*:-checks unit regress distributed isolation database http}
for suite in $suites; do
    case $suite in checks|unit|regress|distributed|isolation|database|http) ;; *) fail "there is no suite '$suite'" ;; esac
done

passed=0
failed=0
finish() { printf '%d passed, %d failed\n' "$passed" "$failed"; [ "$failed" -eq 0 ]; }

test/stack/packages.sh test || { failed=1; finish; exit 1; }
say "building"
make -j"$(nproc)" && make -j"$(nproc)" front && make docs || { failed=1; finish; exit 1; }

outputs=$(mktemp -d)
beside= # the process of the suite that runs beside another
stop() {
    [ -z "$beside" ] || { kill -INT -- "-$beside" 2>/dev/null && wait "$beside" || true; } # its servers stop with it
    rm -rf "$outputs"
}
trap stop EXIT
trap "exit 130" INT
trap "exit 143" TERM

# run_suite SUITE: runs it; what it prints is kept in $outputs too, and a line there says how it ended.
run_suite() {
    local command code=0
    case $1 in
        regress|distributed|isolation) command=(test/stack/regress.sh "$1") ;;
        database|http) command=(test/stack/pytest.sh "$1") ;;
        *) command=("test/stack/$1.sh") ;;
    esac
    "${command[@]}" 2>&1 | tee -i "$outputs/$1" || code=$?
    echo "$code" > "$outputs/$1.code"
}

summary=()
# count_suite SUITE: adds up what it said.
count_suite() {
    local line good bad
    line=$(grep -E "^suite $1: [0-9]+ passed, [0-9]+ failed$" "$outputs/$1" | tail -n 1 || true)
    read -r good bad < <(sed -E 's/^suite [a-z]+: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/' <<<"${line:-suite $1: 0 passed, 1 failed}")
    # A suite that ended badly without a failed test has failed all the same.
    if [ "$bad" -eq 0 ] && { [ "$(cat "$outputs/$1.code")" != 0 ] || [ "$good" -eq 0 ]; }; then bad=1; fi
    passed=$((passed + good))
    failed=$((failed + bad))
    summary+=("$(printf '%-11s %d passed, %d failed' "$1" "$good" "$bad")")
}

# These two wait for servers more than they compute, so where both are asked for, one runs beside the other; what it says is
# printed afterwards.
pair=
[[ " $suites " == *" database "* && " $suites " == *" http "* ]] && pair=1

for suite in $suites; do
    case $pair$suite in
        1database) continue ;;
        1http)
            say "suite database, beside suite http"
            set -m # in a group of its own, which can be interrupted
            run_suite database >/dev/null </dev/null &
            beside=$!
            set +m
            ;;
    esac
    say "suite $suite"
    run_suite "$suite"
    count_suite "$suite"
    if [ -n "$beside" ]; then
        wait "$beside" || true
        beside=
        say "suite database"
        cat "$outputs/database"
        count_suite database
    fi
done

printf '\n'
printf '%s\n' "${summary[@]}"
finish
