#!/usr/bin/env bash
# nginx.sh STACK start|stop|check|status|pid: an nginx of the stack's own with this checkout's configuration, on 127.0.0.1.
#
#   check   writes its configuration and has nginx read it, no more
#
# CURFEW_PORT           the port (8080)
# CURFEW_SITE           default-site.conf or sites.conf (default-site.conf)
# CURFEW_RATE_LIMIT     requests a minute and address, and how many of them at once (60000)
# CURFEW_FRONT_TIMEOUT  seconds that the front may take to answer (30)
# CURFEW_FRONT_SOCKET   another front's socket than the stack's own

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
case ${1:-} in -h|--help) help "$0"; exit 0 ;; esac
[ $# -eq 2 ] || { help "$0" >&2; exit 2; }
stack_init "$1"
home=$state/nginx
pid_file=$home/nginx.pid
port=${CURFEW_PORT:-8080}
site=${CURFEW_SITE:-default-site.conf}
rate=${CURFEW_RATE_LIMIT:-60000}
timeout=${CURFEW_FRONT_TIMEOUT:-30}
socket=${CURFEW_FRONT_SOCKET:-$front_socket}
program=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx) || fail "there is no nginx; run test/stack/packages.sh"

pid() {
    local pid
    pid=$(as_stack cat "$pid_file" 2>/dev/null) && runs_as "$pid" "$program" "$home/nginx.conf" && printf '%s\n' "$pid"
}

# orphans: the workers of a master that was killed. They hold the port, and are known by the stack's log, which they hold too.
orphans() {
    local folder
    for folder in /proc/[0-9]*; do
        runs_as "${folder#/proc/}" "$program" || continue
        if [ -n "$(find "$folder/fd" -lname "$logs/nginx-error.log" -print -quit 2>/dev/null)" ]; then
            printf '%s\n' "${folder#/proc/}"
        fi
    done
}

end_orphans() {
    local orphan
    for orphan in $(orphans); do
        kill -TERM "$orphan" 2>/dev/null || true
        wait_until 15 gone "$orphan" || fail "nginx (process $orphan), whose master was killed, does not stop"
    done
}

main_configuration() {
    cat <<CONF
pid $pid_file;
error_log $logs/nginx-error.log error;
worker_processes 2;
events { worker_connections 1024; }
http {
    client_body_temp_path $home/body;
    proxy_temp_path       $home/proxy;
    fastcgi_temp_path     $home/fastcgi;
    uwsgi_temp_path       $home/uwsgi;
    scgi_temp_path        $home/scgi;
    include curfew/settings.conf;
    include curfew/http.conf;
    include curfew/errors.conf;
    include curfew/site.conf;
}
CONF
}

# The documents, and the page of /docs/ where it has been built: `make docs`.
put_static() {
    local file
    as_stack mkdir -p "$home/static/openapi" "$home/static/docs/viewer"
    for file in "$checkout"/nginx/openapi/*.json; do put "$file" "$home/static/openapi/${file##*/}"; done
    [ -d "$checkout/build/static/docs" ] || return 0
    (cd "$checkout/build/static/docs" && find . -type f) | while read -r file; do
        put "$checkout/build/static/docs/$file" "$home/static/docs/$file"
    done
}

# The deployment's files, with this stack's addresses and numbers in the place of theirs.
configure() {
    stack_make
    as_stack mkdir -p "$home/curfew"
    local file retry=1
    [ "$rate" -ge 60 ] || retry=$((60 / rate))
    for file in http errors error server fastcgi; do put "$checkout/nginx/$file.conf" "$home/curfew/$file.conf"; done
    put_static
    put <(sed -e "s|unix:/run/curfew/front.sock|unix:$socket|" -e "s|rate=1000r/m|rate=${rate}r/m|" \
        -e "s|burst=1000|burst=$rate|" -e "/curfew_limit /s|1000|$rate|" -e "/curfew_limit_retry /s|1;|$retry;|" \
        -e "/fastcgi_read_timeout/s|30s|${timeout}s|" -e "s|/usr/local/share/curfew|$home/static|" "$checkout/nginx/settings.conf") "$home/curfew/settings.conf"
    put <(sed -e "s|127\.0\.0\.1:8080|127.0.0.1:$port|" -e "s|listen 8080|listen 127.0.0.1:$port|" \
        -e "s|/var/log/nginx/curfew.log|$logs/nginx-access.log|" "$checkout/nginx/$site") "$home/curfew/site.conf"
    put <(main_configuration) "$home/nginx.conf"
}

run_nginx() {
    as_stack env TZ=UTC "$program" -p "$home" -c "$home/nginx.conf" -e "$logs/nginx-error.log" "$@"
}

check() {
    configure
    run_nginx -t 2>&1
}

answers() { curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$port/healthz"; }

start() {
    if pid >/dev/null; then return; fi
    end_orphans
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        fail "port $port on 127.0.0.1 is taken by another program; choose one with CURFEW_PORT=…"
    fi
    configure
    run_nginx || { last_lines "$logs/nginx-error.log"; fail "nginx did not start; its log is $logs/nginx-error.log"; }
    wait_until 10 answers || fail "nginx does not answer on 127.0.0.1:$port; its log is $logs/nginx-error.log"
}

stop() {
    local pid
    if pid=$(pid); then
        kill -QUIT "$pid"
        wait_until 15 gone "$pid" || { kill -TERM "$pid"; wait_until 15 gone "$pid" || fail "nginx did not stop"; }
    fi
    end_orphans
}

case $2 in
    start|stop|check|pid) "$2" ;;
    status) pid >/dev/null ;;
    *) help "$0" >&2; exit 2 ;;
esac
