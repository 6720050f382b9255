#!/bin/sh
# build.sh FOLDER: puts the page of /docs/ there, with the viewer that package-lock.json names. Needs npm, and the
# registry where the viewer is not in FOLDER/../docs-packages yet.
set -eu
case ${1:-} in '' | -h | --help) sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; [ $# -gt 0 ]; exit ;; esac
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/viewer" "$(dirname "$1")/docs-packages"
target=$(cd "$1" && pwd)
packages=$(cd "$(dirname "$1")/docs-packages" && pwd)

if ! cmp -s "$here/package-lock.json" "$packages/installed.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$packages/"
    (cd "$packages" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
    cp "$here/package-lock.json" "$packages/installed.json"
fi
for file in swagger-ui.css swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui-standalone-preset.js \
            swagger-ui-standalone-preset.js.LICENSE.txt LICENSE NOTICE; do
    cp "$packages/node_modules/swagger-ui-dist/$file" "$target/viewer/"
done
cp "$here/index.html" "$here/docs.css" "$here/docs.js" "$target/"
