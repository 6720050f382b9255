# Counts what a suite really ran. Sourced. `passed` and `failed` add up over the calls in one script.

passed=0
failed=0

# count_junit FILE: the cases of a JUnit report. No report, or one without a case, is a failure.
count_junit() {
    local numbers
    numbers=$(/usr/bin/python3 - "$1" 2>/dev/null <<'PYTHON'
import sys
import xml.etree.ElementTree as tree
cases = list(tree.parse(sys.argv[1]).iter("testcase"))
failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
skipped = sum(1 for case in cases if case.find("skipped") is not None)
print(len(cases) - failed - skipped, failed)
PYTHON
    ) || numbers="0 1"
    [ "$numbers" != "0 0" ] || numbers="0 1"
    passed=$((passed + ${numbers% *}))
    failed=$((failed + ${numbers#* }))
}

# count_regress FILE: the tests in the output of pg_regress, as it has been since 16 (ok 1, not ok 2) and as it was before.
count_regress() {
    local good bad
    good=$(grep -cE '^(ok [0-9]|(test|[ ]+)[ ]*[^ ]+ +\.\.\. ok)' "$1" || true)
    bad=$(grep -cE '^(not ok [0-9]|(test|[ ]+)[ ]*[^ ]+ +\.\.\. FAILED)' "$1" || true)
    [ "$((good + bad))" -gt 0 ] || bad=1
    passed=$((passed + good))
    failed=$((failed + bad))
}

# count_line SUITE: the line that test.sh adds up.
count_line() { printf 'suite %s: %d passed, %d failed\n' "$1" "$passed" "$failed"; }
