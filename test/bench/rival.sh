#!/usr/bin/env bash
# rival.sh start|stop|pids: Fastify with pg on a Unix socket of the stack `bench`, behind an nginx of its own, which is set as the
# front's is but for what a proxy to HTTP needs: kept-alive connections to it, as both documentations advise.
#
# CURFEW_CONNECTIONS  the pool's connections in all, as many as the front has
# CURFEW_PORT         the front's port; this nginx has the next one
# CURFEW_RIVALS       processes of it (2: one for each core does best here)

. "$(dirname "${BASH_SOURCE[0]}")/../stack/lib.sh"
[ $# -eq 1 ] || { help "$0" >&2; exit 2; }
stack_init bench
home=$state/rival
socket=$sockets/rival.sock
port=$((${CURFEW_PORT:-18090} + 1))
nginx=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nginx)
node=$(command -v node)

configuration() {
    cat <<CONF
pid $home/nginx.pid;
error_log $logs/rival-nginx.log error;
worker_processes 2;
events { worker_connections 1024; }
http {
    client_body_temp_path $home/body;
    proxy_temp_path       $home/proxy;
    fastcgi_temp_path     $home/fastcgi;
    uwsgi_temp_path       $home/uwsgi;
    scgi_temp_path        $home/scgi;
    log_format curfew escape=json
        '{"at":"\$time_iso8601","request_id":"\$request_id","method":"\$request_method","uri":"\$request_uri",'
        '"status":\$status,"bytes":\$body_bytes_sent,"seconds":\$request_time,"rival":"\$upstream_status"}';
    upstream rival { server unix:$socket; keepalive 128; }
    server {
        listen 127.0.0.1:$port;
        access_log $logs/rival-access.log curfew;
        client_max_body_size 1m;
        client_body_buffer_size 64k;
        add_header X-Request-Id \$request_id always;
        location / {
            proxy_pass http://rival;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$host;
            proxy_set_header X-Request-Id \$request_id;
        }
    }
}
CONF
}

running() { local pid; pid=$(as_stack cat "$home/$1.pid" 2>/dev/null) && runs_as "$pid" "$2" && printf '%s\n' "$pid"; }
answers() { curl -s -o /dev/null --max-time 2 --fail "http://127.0.0.1:$port/healthz"; }

start() {
    stack_make
    as_stack mkdir -p "$home"
    as_stack rm -f "$socket"
    # The stack's user may not read the checkout: it runs a copy.
    (cd "$checkout/build/rival" && tar cf - node_modules) | as_stack tar xf - -C "$home"
    put "$checkout/test/bench/rival/server.js" "$home/server.js"
    put <(configuration) "$home/nginx.conf"
    as_stack setsid --fork sh -c 'cd "$1"; echo $$ > rival.pid; log=$2; shift 2; NODE_ENV=production exec "$@" >>"$log" 2>&1 </dev/null' \
        rival "$home" "$logs/rival.log" "$node" server.js "$socket" "$sockets" "${CURFEW_CONNECTIONS:-12}" "${CURFEW_RIVALS:-2}"
    as_stack "$nginx" -p "$home" -c "$home/nginx.conf" -e "$logs/rival-nginx.log"
    wait_until 15 answers || { last_lines "$logs/rival.log"; fail "the rival does not answer; its log is $logs/rival.log"; }
}

stop() {
    local name program pid
    [ -d "$home" ] || return 0
    for name in nginx rival; do
        if [ "$name" = nginx ]; then program=$nginx; else program=$node; fi
        if pid=$(running "$name" "$program"); then
            kill -TERM "$pid"
            wait_until 15 gone "$pid" || fail "$name (process $pid) of the rival does not stop"
        fi
    done
    as_stack rm -f "$socket"
}

pids() { running rival "$node"; running nginx "$nginx"; }

case $1 in
    start|stop|pids) "$1" ;;
    *) help "$0" >&2; exit 2 ;;
esac
