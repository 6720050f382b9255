#!/usr/bin/env bash
# http.sh [PYTEST ARGUMENTS]: the HTTP suite, or what the arguments name of test/http, against a PostgreSQL, a front and an
# nginx of its own; the last line says how many passed and failed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$checkout/test/stack/count.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac

cd "$checkout"
mkdir -p build/reports
report=build/reports/http.xml
rm -f "$report"
result=0
/usr/bin/python3 -B -m pytest -p no:cacheprovider --junitxml="$report" "${@:-test/http}" || result=$?
count_junit "$report"
count_line http
[ "$failed" -eq 0 ] && [ "$result" -eq 0 ]
