# What the scripts of this folder share. Sourced, never run. Defines where a stack lives, who owns it, and how a process
# is known to be its own.
#
# A stack is one PostgreSQL, one front and one nginx below one directory, which belongs to the unprivileged user that
# runs all three: `postgres` where the caller is root, else the caller. Its sockets are in it, so nobody else gets in.

set -euo pipefail

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

say()  { printf '%s\n' "curfew: $*"; }
fail() { printf '%s\n' "curfew: $*" >&2; exit 1; }

# help FILE: prints the comment at the head of a script.
help() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; }

# stack_init NAME: sets the paths of the stack of that name in this checkout. Changes nothing.
stack_init() {
    stack_name=$1
    local root=${CURFEW_STATE_ROOT:-/var/tmp} hash
    hash=$(printf '%s' "$checkout" | sha256sum | cut -c1-8)
    if [ "$(id -u)" = 0 ]; then stack_user=postgres; else stack_user=$(id -un); fi
    state=$root/curfew-$(id -u)-$stack_name-$hash
    sockets=$state/run
    data=$state/data
    tree=$state/tree
    logs=$state/log
    front_socket=$sockets/front.sock
    [ "${#sockets}" -lt 80 ] || fail "$sockets is too long for a Unix socket; set CURFEW_STATE_ROOT to a shorter path"
}

# stack_make: makes the stack's directories, or makes sure that those that are there are ours.
stack_make() {
    id -u "$stack_user" >/dev/null 2>&1 || fail "there is no user '$stack_user'; run test/stack/packages.sh"
    if ! mkdir -m 0700 "$state" 2>/dev/null; then
        [ -d "$state" ] && [ ! -L "$state" ] || fail "$state is not a directory that this can use"
        local owner
        owner=$(stat -c %U "$state")
        [ "$owner" = "$stack_user" ] || fail "$state belongs to $owner, not to $stack_user; remove it"
    elif [ "$(id -u)" = 0 ]; then
        chown "$stack_user:" "$state"
    fi
    as_stack mkdir -p -m 0700 "$sockets" "$logs" "$state/bin" "$state/nginx" "$tree"
}

# as_stack COMMAND…: runs it as the stack's user, in the stack's directory.
as_stack() {
    if [ "$(id -u)" = 0 ]; then
        (cd "$state" && exec setpriv --reuid="$stack_user" --regid="$(id -g "$stack_user")" --init-groups \
            --inh-caps=-all -- env HOME="$state" USER="$stack_user" LOGNAME="$stack_user" "$@")
    else
        (cd "$state" && exec "$@")
    fi
}

# put SOURCE TARGET [MODE]: copies a file that perhaps only the caller can read to one of the stack user's.
put() {
    as_stack sh -c 'umask 077; cat > "$1.new" && chmod "$2" "$1.new" && mv -f "$1.new" "$1"' put "$2" "${3:-0600}" < "$1"
}

# runs_as PID PROGRAM [WORD]: whether that process is that program, with WORD on its command line. A PID file that
# outlived its process names somebody else's sooner or later.
runs_as() {
    local program
    [[ $1 =~ ^[0-9]+$ ]] || return 1
    program=$(readlink "/proc/$1/exe" 2>/dev/null) || return 1
    [ "${program% (deleted)}" = "$(readlink -f "$2" || printf '%s' "$2")" ] || return 1
    [ -z "${3:-}" ] || tr '\0' ' ' < "/proc/$1/cmdline" | grep -qF -- "$3"
}

# wait_until SECONDS COMMAND…: until it succeeds; fails when that takes longer.
wait_until() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$until" ] || return 1
        sleep 0.05
    done
}

# gone PID: whether that process has ended (one that nobody waited for has, too).
gone() { ! readlink "/proc/$1/exe" >/dev/null 2>&1; }

# last_lines FILE: the end of a log, for an error message.
last_lines() { [ ! -e "$1" ] || tail -n 15 "$1" >&2; }

# psql_stack ARGUMENTS…: psql as the superuser, as the caller, over the stack's socket.
psql_stack() {
    env -u PGSERVICE -u PGHOSTADDR PGOPTIONS="-c client_min_messages=warning" PGHOST="$sockets" PGPORT=5432 PGUSER=postgres \
        PGDATABASE="${PGDATABASE:-curfew}" PSQLRC=/dev/null "$(bindir)/psql" -X -q -v ON_ERROR_STOP=1 "$@"
}

pg_config() { command "${PG_CONFIG:-pg_config}" "$@"; }
bindir() { pg_config --bindir; }
