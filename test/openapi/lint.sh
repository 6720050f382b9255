#!/usr/bin/env bash
# lint.sh [DOCUMENT…]: lints the OpenAPI documents (nginx/openapi/*.json). The linter is the one that package-lock.json
# names; npm installs it into build/lint-packages. Exits 0 where it finds nothing wrong.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checkout=$(cd "$here/../.." && pwd -P)
case ${1:-} in -h|--help) sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0 ;; esac
[ $# -gt 0 ] || set -- "$checkout"/nginx/openapi/*.json

packages=$checkout/build/lint-packages
if ! cmp -s "$here/package-lock.json" "$packages/installed.json"; then
    mkdir -p "$packages"
    cp "$here/package.json" "$here/package-lock.json" "$packages/"
    (cd "$packages" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
    cp "$here/package-lock.json" "$packages/installed.json"
fi
REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
    node "$packages/node_modules/@redocly/cli/bin/cli.js" lint --config "$here/redocly.yaml" "$@" 2>&1
