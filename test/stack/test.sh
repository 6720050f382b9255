#!/usr/bin/env bash
# test.sh [SUITE…]: what `make test` runs. Installs what is missing, builds, runs each suite (checks, unit, regress,
# distributed, isolation, database, http; or those that are named) on servers of its own, and ends in "N passed, N failed". Exits 0 only where
# every suite ran and nothing failed.

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

output=$(mktemp)
trap 'rm -f "$output"' EXIT
summary=()
for suite in $suites; do
    say "suite $suite"
    case $suite in
        regress|distributed|isolation) command=(test/stack/regress.sh "$suite") ;;
        database|http) command=(test/stack/pytest.sh "$suite") ;;
        *) command=("test/stack/$suite.sh") ;;
    esac
    code=0
    "${command[@]}" 2>&1 | tee "$output" || code=$?
    line=$(grep -E "^suite $suite: [0-9]+ passed, [0-9]+ failed$" "$output" | tail -n 1 || true)
    read -r good bad < <(sed -E 's/^suite [a-z]+: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/' <<<"${line:-suite $suite: 0 passed, 1 failed}")
    # A suite that ended badly without a failed test has failed all the same.
    if [ "$bad" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$good" -eq 0 ]; }; then bad=1; fi
    passed=$((passed + good))
    failed=$((failed + bad))
    summary+=("$(printf '%-11s %d passed, %d failed' "$suite" "$good" "$bad")")
done

printf '\n'
printf '%s\n' "${summary[@]}"
finish
