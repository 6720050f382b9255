#!/usr/bin/env bash
# unit.sh: builds and runs the unit tests, core's and the front's; the last line says how many passed and failed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$checkout/test/stack/count.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac

cd "$checkout"
make -j"$(nproc)" unit-build
mkdir -p build/reports
result=0
for part in core fcgi; do
    say "unit tests of $part"
    report=build/reports/unit-$part.xml
    rm -f "$report"
    if [ -x "build/unit-$part" ] && compgen -G "test/unit/$part/*.cpp" >/dev/null; then
        "build/unit-$part" --report_level=short --logger="HRF,error,stdout:JUNIT,all,$report" || result=1
    fi
    count_junit "$report"
done
count_line unit
[ "$failed" -eq 0 ] && [ "$result" -eq 0 ]
