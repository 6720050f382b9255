#!/usr/bin/env bash
# pytest.sh http|database [PYTEST ARGUMENTS]: test/http (through nginx and the front) or test/database (what needs a whole
# server), or what the arguments name of it, on servers of its own; the last line says how many passed and failed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$checkout/test/stack/count.sh"
case ${1:-} in
    http|database) suite=$1; shift ;;
    -h|--help) help "$0"; exit 0 ;;
    *) help "$0" >&2; exit 2 ;;
esac

cd "$checkout"
mkdir -p build/reports
report=build/reports/$suite.xml
rm -f "$report"
result=0
/usr/bin/python3 -B -m pytest -p no:cacheprovider --junitxml="$report" "${@:-test/$suite}" || result=$?
count_junit "$report"
count_line "$suite"
[ "$failed" -eq 0 ] && [ "$result" -eq 0 ]
