#!/usr/bin/env bash
# checks.sh: what holds of the built files and of the tree; the last line says how many passed and failed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$checkout/test/stack/count.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac
cd "$checkout"

# check SENTENCE COMMAND…
check() {
    local sentence=$1
    shift
    if "$@"; then
        passed=$((passed + 1)); printf 'ok      %s\n' "$sentence"
    else
        failed=$((failed + 1)); printf 'not ok  %s\n' "$sentence"
    fi
}

# Amounts are whole numbers and numeric. The front logs how long a request took, and a JWT's times are JSON numbers.
no_floating_point() {
    ! grep -rnwE 'float[48]?|double|real|FLOAT[48]OID' extension/core extension/install extension/store*.cpp \
        extension/engine.cpp extension/function.cpp fcgi/contracts --include='*.cpp' --include='*.hpp' --include='*.sql'
}

control_version() { sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" extension/curfew.control; }

# A C++ exception or an allocation by new, inside a backend, would end or leak where PostgreSQL raises an error.
no_cxx_runtime() {
    local symbols
    symbols=$(nm -D --undefined-only curfew.so) || return 1
    # __cxa_finalize is the C library's: every shared library has it.
    symbols=$(grep -vE ' __cxa_finalize(@|$)' <<<"$symbols")
    ! grep -E ' (__cxa_|_Unwind|__gxx_personality|_Zn[wa]|_Zd[la]|_ZSt|_ZNSt)' <<<"$symbols"
}
no_cxx_library() { ! objdump -p curfew.so | grep -E 'NEEDED +lib(std)?c\+\+|NEEDED +libgcc_s'; }

# PGXN has a version of three numbers; the control file's is its beginning.
meta_version() {
    /usr/bin/python3 - "$(control_version)" <<'PYTHON'
import json
import re
import sys
control = sys.argv[1]
meta = json.load(open("META.json"))
wanted = control + ".0" * (2 - control.count("."))
found = {"version": meta["version"], "provides": meta["provides"]["curfew"]["version"]}
wrong = {name: value for name, value in found.items() if value != wanted}
if wrong:
    sys.exit(f"META.json says {wrong}, the control file {control}")
PYTHON
}

front_version() { [ "$(build/curfew-fcgi --version | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1)" = "$(control_version)" ]; }
site_is_read() { CURFEW_SITE=$1 test/stack/nginx.sh checks check; }
scripts_parse() { local file; for file in test/*/*.sh .ci/run; do bash -n "$file" || return 1; done; }

# What the project is made of stands at the top, what a tool demands there, and what .gitignore names; nothing slipped in.
top_level() {
    local name glob known
    for name in * .[!.]*; do
        known=
        for glob in Makefile extension sql fcgi test expected nginx README.md LICENSE META.json .ci .clang-format .git .gitignore \
            $(sed 's|^/||; s|/$||' .gitignore); do
            # shellcheck disable=SC2053 # a pattern it is
            [[ $name == $glob ]] && known=1
        done
        [ -n "$known" ] || { echo "at the top: $name"; return 1; }
    done
}

# What the README lists is what there is. Each pair of lists is sorted; a difference is shown, and two lists of nothing are
# no agreement.
same() { [ -s "$1" ] && diff "$1" "$2"; }
listed=$(mktemp)
readme_routes() {
    sed -nE 's/^\| ([a-z-]+) \| `([A-Z]+) ([^`]+)` \|.*/\1\t\2\t\3/p' README.md | sort > "$listed"
    same "$listed" <(build/curfew-fcgi --routes | sort)
}
readme_refusals() {
    sed -nE 's/^\| `SL([0-9]+)` \| (.*) \|$/\1 \2/p' README.md |
        while read -r status words; do for word in $words; do echo "$status ${word//\`/}"; done; done | sort > "$listed"
    same "$listed" <(sed -nE 's/^    X\(([a-z_]+), ([0-9]+),.*/\2 \1/p' extension/core/refusals.hpp | sort)
}
readme_settings() {
    sed -nE 's/^\| `(--[a-z-]+)` \| `(CURFEW_[A-Z_]+)` \|.*/\1 \2/p' README.md | sort > "$listed"
    same "$listed" <(build/curfew-fcgi --help | sed -nE 's/^ +(--[a-z-]+).*\(Env:(CURFEW_[A-Z_]+)\).*/\1 \2/p' | sort)
}
# The OpenAPI documents have the operations that the front has. HEAD goes with GET, and nobody documents OPTIONS.
documented_routes() {
    build/curfew-fcgi --routes | sort > "$listed"
    same "$listed" <(/usr/bin/python3 - nginx/openapi/*.json <<'PYTHON' | sort
import json
import pathlib
import sys
for file in map(pathlib.Path, sys.argv[1:]):
    for path, item in json.loads(file.read_text())["paths"].items():
        for method in item:
            if method in ("get", "put", "post", "delete", "patch"):
                print(file.stem, method.upper(), path, sep="\t")
PYTHON
    )
}
# The table of who may do what is the one that sql/members.sql found.
readme_members() {
    sed -n '/^| who |/,/^$/p' README.md | grep '^|' > "$listed"
    same "$listed" <(grep '^|' expected/members.out)
}

trap 'rm -f "$listed"; test/stack/stack.sh checks remove' EXIT
check "the library asks for nothing of the C++ runtime"                 no_cxx_runtime
check "the library is linked with no C++ library"                       no_cxx_library
check "no amount is floating point"                                     no_floating_point
check "META.json has the control file's version"                        meta_version
check "the front has the control file's version"                        front_version
check "nginx reads the configuration of one server for all contracts"   site_is_read default-site.conf
check "nginx reads the configuration of a server for each contract"     site_is_read sites.conf
check "the README lists the routes that there are"                      readme_routes
check "the README lists the refusals that there are"                    readme_refusals
check "the README lists the front's settings"                           readme_settings
check "the OpenAPI documents have the operations that there are"        documented_routes
check "the linter finds nothing wrong in the OpenAPI documents"         test/openapi/lint.sh
check "the README's table of members and readers is the one tried"      readme_members
check "nothing stands at the top that does not belong there"             top_level
check "the scripts are bash"                                            scripts_parse
count_line checks
[ "$failed" -eq 0 ]
