#!/usr/bin/env bash
# stop.sh: what `make stop` does. Ends what `make run` started, and only that. The data stays, for the next `make run`.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac

running=$("$checkout/test/stack/stack.sh" run status 2>/dev/null || true)
if [[ $running != *" runs"* ]]; then
    say "nothing of this checkout runs"
    exit 0
fi
"$checkout/test/stack/stack.sh" run down
rm -f "$checkout/run/demo.env"
say "stopped; the data stays in $state"
