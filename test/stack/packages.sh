#!/usr/bin/env bash
# packages.sh run|test|bench: installs the Debian packages that are missing, and nothing where none is.
#
#   run    to build, and to run PostgreSQL, the front and nginx
#   test   those, and what the suites need
#   bench  to build, run and measure; pgbench comes with PostgreSQL
#
# No service is started or enabled by it and no database cluster is made: for as long as it installs, a policy-rc.d
# (unless there is one) and a setting for postgresql-common say so, and both are taken away afterwards.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

purpose=${1:-}
case $purpose in
    run)  wanted="make g++ libfcgi-dev libpq-dev libssl-dev nlohmann-json3-dev libcli11-dev nginx curl" ;;
    test) wanted="make g++ libfcgi-dev libpq-dev libssl-dev nlohmann-json3-dev libcli11-dev nginx curl
                  libboost-test-dev openssl pgbouncer python3-pytest python3-requests python3-psycopg2 python3-jsonschema" ;;
    bench) wanted="make g++ libfcgi-dev libpq-dev libssl-dev nlohmann-json3-dev libcli11-dev nginx curl
                  python3-psycopg2 wrk"
          # A Node.js from elsewhere will do, and may have npm in its own package.
          command -v node >/dev/null || wanted+=" nodejs"
          command -v npm >/dev/null || wanted+=" npm" ;;
    -h|--help) help "$0"; exit 0 ;;
    *) help "$0" >&2; exit 2 ;;
esac

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing() {
    local package
    for package in $wanted; do installed "$package" || printf '%s ' "$package"; done
    # npm brings the linter of the OpenAPI documents and the viewer of their page; one from elsewhere will do.
    if [ "$purpose" = test ] && ! { command -v node && command -v npm; } >/dev/null; then printf 'nodejs npm '; fi
    # A PostgreSQL from elsewhere will do, if it has its server, its client, PGXS (which the client package has too) and its headers.
    if ! { [ -e "$(pg_config --pgxs)" ] && [ -e "$(pg_config --includedir-server)/postgres.h" ] &&
           [ -x "$(bindir)/postgres" ] && [ -x "$(bindir)/psql" ]; } 2>/dev/null; then
        printf 'postgresql '
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif [ -t 0 ]; then sudo "$@"
    else sudo -n "$@"
    fi
}

lacking=$(missing)
[ -n "$lacking" ] || exit 0

command -v apt-get >/dev/null || fail "these are missing, and there is no apt-get to install them: $lacking"
[ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "these are missing, and installing needs root or sudo: $lacking"

policy=/usr/sbin/policy-rc.d
cluster_folder=/etc/postgresql-common/createcluster.d
cluster_file=$cluster_folder/curfew-no-main-cluster.conf
log=$(mktemp -t curfew-packages.XXXXXX)
made=()

undo() {
    local index
    for ((index = ${#made[@]} - 1; index >= 0; index--)); do
        case ${made[index]} in
            */) as_root rmdir "${made[index]}" 2>/dev/null || true ;;
            *)  as_root rm -f "${made[index]}" ;;
        esac
    done
    made=()
}
trap undo EXIT

# write FILE MODE: makes a file of what it reads, with the folders it needs, and remembers them.
write() {
    local folder
    for folder in "$(dirname "$(dirname "$1")")" "$(dirname "$1")"; do
        [ -d "$folder" ] || { as_root mkdir "$folder"; made+=("$folder/"); }
    done
    as_root tee "$1" >/dev/null
    as_root chmod "$2" "$1"
    made+=("$1")
}

[ -e "$policy" ] || write "$policy" 0755 <<<$'#!/bin/sh\nexit 101'
[ -e "$cluster_file" ] || write "$cluster_file" 0644 <<<'create_main_cluster = false'

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >>"$log" 2>&1; }

say "packages to install: $lacking"
apt update || { last_lines "$log"; fail "apt-get update failed; all of it is in $log"; }
if [[ $lacking == *postgresql* ]]; then
    version=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
    [ -n "$version" ] || fail "apt knows no package 'postgresql'"
    lacking=${lacking/postgresql /postgresql-$version postgresql-server-dev-$version }
fi
services=
for service in nginx pgbouncer; do installed "$service" || services+=" $service"; done
# shellcheck disable=SC2086 # a list of packages
apt install -y --no-install-recommends $lacking || { last_lines "$log"; fail "apt-get install failed; all of it is in $log"; }

# What came with this must not take a port at the next boot.
if command -v systemctl >/dev/null; then
    for service in $services; do
        if installed "$service"; then as_root systemctl disable --quiet "$service.service" >>"$log" 2>&1 || true; fi
    done
fi
rm -f "$log"
say "packages installed"
