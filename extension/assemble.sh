#!/bin/sh
# Prints the extension's install script: install/*.sql in the order of their names. The line `--@lifecycles` becomes one
# call of curfew.define_lifecycle for each lifecycles/*.json, in the order of their names.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"

lifecycles() {
    for file in lifecycles/*.json; do
        [ -e "$file" ] || continue
        printf "SELECT curfew.define_lifecycle('%s', \$json\$\n" "$(basename "$file" .json)"
        cat "$file"
        # A last line without a newline must not swallow the quote.
        printf '\n$json$::jsonb);\n'
    done
}

printf '%s\n' '\echo Use "CREATE EXTENSION curfew" to load this file. \quit'
for file in install/*.sql; do
    [ -e "$file" ] || { echo "assemble.sh: no file in extension/install" >&2; exit 1; }
    printf '\n'
    while IFS= read -r line || [ -n "$line" ]; do
        if [ "$line" = '--@lifecycles' ]; then lifecycles; else printf '%s\n' "$line"; fi
    done < "$file"
done
