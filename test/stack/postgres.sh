#!/usr/bin/env bash
# postgres.sh STACK init|start|stop|status|pid|uri: a private PostgreSQL with the extension of this checkout.
#
#   init    makes the server from what is built; where it runs, nothing; where its data was made with another install
#           script than the one that is built, anew
#   start   starts it, where it does not run, and waits until it takes connections
#   stop    ends it and the connections to it
#   status  exits 0 where it runs, 1 where it does not
#   pid     prints its process id
#   uri     prints a connection URI of its superuser, for database `curfew`
#
# CURFEW_PG_FAST=1 (init): no fsync, for a server that nobody will miss.
# CURFEW_PRELOAD=1 (init): the extension is preloaded, so that refusals are kept and expiries written down in database `curfew`.
# CURFEW_PRIMARY=STACK (init): a standby of that stack's server, which runs: its data as it is now, and from then on streamed.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac
[ $# -eq 2 ] || { help "$0" >&2; exit 2; }
stack_init "$1"

# PostgreSQL finds its share and library directories from where its own program is. So a tree of the same shape, with
# copies of the programs and links to the rest, is a server that can have an extension of its own: no file of the
# system's is written.
relative() { local path; path=$(pg_config "$1"); printf '%s' "${path#/}"; }
tree_bin() { printf '%s' "$tree/$(relative --bindir)"; }
program()  { printf '%s' "$(tree_bin)/postgres"; }

make_tree() {
    local bin share lib
    bin=$(pg_config --bindir) share=$(pg_config --sharedir) lib=$(pg_config --pkglibdir)
    as_stack bash -euc '
        tree=$1 bin=$2 share=$3 lib=$4
        mkdir -p "$tree$bin" "$tree$share/extension" "$tree$lib"
        ln -sf "$bin"/* "$tree$bin/"
        for program in postgres initdb pg_ctl; do
            rm -f "$tree$bin/$program"
            cp "$bin/$program" "$tree$bin/$program"
        done
        ln -sf "$lib"/* "$tree$lib/"
        ln -sf "$share/extension"/* "$tree$share/extension/"
        find "$share" -mindepth 1 -maxdepth 1 ! -name extension -exec ln -sfn -t "$tree$share/" {} +
        rm -f "$tree$lib/curfew.so" "$tree$share/extension"/curfew*
    ' make_tree "$tree" "$bin" "$share" "$lib"
}

install_extension() {
    local target script
    target=$tree/$(relative --sharedir)/extension
    script=$(built_script)
    [ -e "$script" ] && [ -e "$checkout/curfew.so" ] || fail "the extension is not built: make"
    put "$checkout/curfew.so" "$tree/$(relative --pkglibdir)/curfew.so" 0644
    put "$checkout/extension/curfew.control" "$target/curfew.control" 0644
    put "$script" "$target/$(basename "$script")" 0644
}

built_script() {
    local version
    version=$(sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" "$checkout/extension/curfew.control")
    printf '%s' "$checkout/extension/curfew--$version.sql"
}

# Whether the data is of another install script than the one that is built.
outdated() { ! as_stack cat "$state/made-from.sql" 2>/dev/null | cmp -s - "$(built_script)"; }

sockets_of() { (stack_init "$1" && printf '%s' "$sockets"); }

make_copy() {
    as_stack rm -rf "$data"
    as_stack sh -c '"$1" -h "$2" -U postgres -D "$3" -R -X stream -c fast >"$4" 2>&1' pg_basebackup \
        "$(tree_bin)/pg_basebackup" "$(sockets_of "$CURFEW_PRIMARY")" "$data" "$logs/basebackup.log" ||
        { last_lines "$logs/basebackup.log"; fail "pg_basebackup failed"; }
    as_stack sh -c 'echo "$1" >> "$2"' conf "unix_socket_directories = '$sockets'" "$data/postgresql.conf"
    put "$(built_script)" "$state/made-from.sql"
}

make_data() {
    as_stack rm -rf "$data" "$state/made-from.sql"
    as_stack sh -c '"$1" -D "$2" -U postgres -E UTF8 --locale=C.UTF-8 --auth=trust >"$3" 2>&1' initdb \
        "$(tree_bin)/initdb" "$data" "$logs/initdb.log" || { last_lines "$logs/initdb.log"; fail "initdb failed"; }
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$sockets'"
        echo "unix_socket_permissions = 0700"
        echo "max_connections = 200"
        echo "timezone = 'UTC'"
        echo "log_timezone = 'UTC'"
        echo "log_line_prefix = '%m [%p] %q%u@%d '"
        [ -z "${CURFEW_PG_FAST:-}" ] || echo "fsync = off"
    } | as_stack sh -c 'cat >> "$1"' conf "$data/postgresql.conf"
    put "$(built_script)" "$state/made-from.sql"
}

# Data that was made without it gets it too.
preload() {
    as_stack grep -q '^shared_preload_libraries' "$data/postgresql.conf" ||
        printf "%s = 'curfew'\n" shared_preload_libraries curfew.databases |
            as_stack sh -c 'cat >> "$1"' conf "$data/postgresql.conf"
}

pid() {
    local pid
    pid=$(as_stack head -n 1 "$data/postmaster.pid" 2>/dev/null) && runs_as "$pid" "$(program)" && printf '%s\n' "$pid"
}

# ready: it takes connections.
ready() { psql_stack -d postgres -Atc 'SELECT 1' >/dev/null 2>&1; }

init() {
    stack_make
    if pid >/dev/null; then return; fi
    make_tree
    install_extension
    if [ -n "${CURFEW_PRIMARY:-}" ]; then make_copy; elif [ ! -e "$state/made-from.sql" ] || outdated; then make_data; fi
    [ -z "${CURFEW_PRELOAD:-}" ] || preload
}

# processes: how many there are of this server, whatever they do.
processes() {
    local count=0 exe
    for exe in /proc/[0-9]*/exe; do
        [ "$(readlink "$exe" 2>/dev/null)" != "$(program)" ] || count=$((count + 1))
    done
    printf '%s' "$count"
}
all_gone() { [ "$(processes)" = 0 ]; }

# The postmaster.pid of a server that was killed may name a process that is not one, or that nobody waited for, and then
# PostgreSQL would not start. It goes when no process of the server is left.
forget_crash() {
    as_stack test -e "$data/postmaster.pid" || return 0
    wait_until 30 all_gone || fail "processes of the PostgreSQL that was killed are still there; see $data/postmaster.pid"
    as_stack rm -f "$data/postmaster.pid"
}

start() {
    if pid >/dev/null; then return; fi
    [ -d "$data" ] || fail "there is no server in $state yet: postgres.sh $stack_name init"
    forget_crash
    as_stack "$(tree_bin)/pg_ctl" -D "$data" -l "$logs/postgres.log" -t 60 -w start >/dev/null 2>&1 && ready ||
        { last_lines "$logs/postgres.log"; fail "PostgreSQL did not start; its log is $logs/postgres.log"; }
}

stop() {
    pid >/dev/null || return 0
    as_stack "$(tree_bin)/pg_ctl" -D "$data" -m fast -t 60 -w stop >/dev/null || fail "PostgreSQL did not stop in 60 s"
}

uri() {
    local folder=${sockets//%/%25}
    printf 'postgresql://postgres@%s/curfew\n' "${folder//\//%2F}"
}

case $2 in
    init|start|stop|uri|pid) "$2" ;;
    status) pid >/dev/null ;;
    *) help "$0" >&2; exit 2 ;;
esac
