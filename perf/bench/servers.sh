# How each server is started, where it listens, and what it is asked for.

# Its place in the list is what sets its ports apart from those of the others.
all_servers=(unkey floor kestrel unkey-no-events unkey-strict unkey-request-log uring nginx redis go-nethttp go-fasthttp floor-unix unkey-unix unkey-busy-poll)
declare -A places=() pids=()
for place in "${!all_servers[@]}"; do places[${all_servers[place]}]=$((place + 1)); done

# Of the body of unkey's answer to the request measured; the constant servers send as much.
answer_bytes=348

port_of() { echo $((port + ${places[$1]} - 1)); }
admin_port_of() { echo $((port + 50 + ${places[$1]} - 1)); }
# A path of a socket has at most 107 bytes, so it is not in the work folder.
socket_of() { echo "$sockets/$1"; }

address_of() {
    case $1 in
        *-unix) echo "unix:$(socket_of "$1")" ;;
        *) echo "127.0.0.1:$(port_of "$1")" ;;
    esac
}

# What the load generator needs to know to speak to server $1.
protocol_of() { if [[ $1 == redis ]]; then echo --protocol redis; fi; }

# Where server $1 says how much it has allocated, if it can say.
metrics_of() {
    case $1 in
        unkey*) echo --metrics "127.0.0.1:$(admin_port_of "$1")" ;;
        kestrel|go-*) echo --metrics "127.0.0.1:$(port_of "$1")" ;;
    esac
}

# What the variant $1 of the product is started with beside the common options.
options_of() {
    case $1 in
        unkey) ;;
        unkey-no-events) echo --events=false ;;
        unkey-strict) echo --durability strict ;;
        unkey-request-log) echo --request-log all ;;
        unkey-unix) echo --listen "unix:$(socket_of "$1")" ;;
        unkey-busy-poll) echo --busy-poll 50us ;;
    esac
}

# Whether server $1 holds the keys, so that loading them is part of its start.
holds_keys() { [[ $1 != floor* && $1 != uring && $1 != nginx ]]; }

# The data directory of server $1, as it was after seeding: events of an earlier round would make the next one another job.
fresh_data_of() {
    case $1 in
        unkey*)
            rm -rf "$work/data/$1" && mkdir -p "$work/data/$1"
            cp "$seed"/data/unkey.db* "$work/data/$1" ;;
    esac
    echo "$work/data/$1"
}

# Sets the array command to what starts server $1 with data directory $2 and the keys of the file $3.
command_of() {
    local at
    at=$(port_of "$1")
    case $1 in
        floor) command=("$work/floor" "$at" "$answer_bytes") ;;
        floor-unix) command=("$work/floor" "unix:$(socket_of "$1")" "$answer_bytes") ;;
        uring) command=("$work/uring" "$at" "$answer_bytes") ;;
        unkey*)
            # shellcheck disable=SC2207 # Options without blanks.
            command=("$work/server/unkey" serve --listen "127.0.0.1:$at" --admin "127.0.0.1:$(admin_port_of "$1")" --data "$2" --threads 1 $(options_of "$1")) ;;
        kestrel) command=("$work/kestrel/unkey-kestrel" "$at" "$3" "$UNKEY_ROOT_KEY") ;;
        go-*) command=("$work/$1" "$at" "$3" "$UNKEY_ROOT_KEY") ;;
        nginx)
            write_nginx_configuration "$at"
            command=("$(nginx_binary)" -p "$work/nginx" -c nginx.conf -e stderr) ;;
        redis)
            # Nothing is saved: what is asked for is memory against memory.
            command=("$work/redis-server" --bind 127.0.0.1 --port "$at" --dir "$4" --dbfilename keys.rdb --save '' --appendonly no --daemonize no) ;;
    esac
}

# Without the folders of the system: prefix, temporary files and log are in the work folder. One process is what one worker would be.
write_nginx_configuration() {
    local body
    body='{"meta":{"requestId":"req_constant"},"data":{"valid":true,"code":"VALID","name":"'
    body+=$(printf 'x%.0s' $(seq $((answer_bytes - ${#body} - 3))))'"}}'
    mkdir -p "$work/nginx/temporary"
    cat >"$work/nginx/nginx.conf" <<TEXT
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 4096; }
http {
    access_log off;
    server_tokens off;
    keepalive_requests 4000000000;
    keepalive_timeout 1h;
    client_body_temp_path temporary/body;
    proxy_temp_path temporary/proxy;
    fastcgi_temp_path temporary/fastcgi;
    uwsgi_temp_path temporary/uwsgi;
    scgi_temp_path temporary/scgi;
    server {
        listen 127.0.0.1:$1;
        default_type application/json;
        location / { return 200 '$body'; }
    }
}
TEXT
}

start() { # server, data directory
    local name=$1 command
    rm -f "$(socket_of "$name")"
    command_of "$name" "$2" "$seed/keys.txt" "$seed/redis-$answer_bytes"
    taskset -c "$server_core" "${command[@]}" >"$work/$name.log" 2>&1 &
    pids[$name]=$!
    local try
    for try in $(seq 60); do
        # shellcheck disable=SC2046 # Options without blanks.
        if "$load" ready --address "$(address_of "$name")" --path /v2/liveness --seconds 1 $(protocol_of "$name"); then return; fi
        if ! kill -0 "${pids[$name]}" 2>/dev/null; then break; fi
    done
    echo "bench: $name does not answer; the end of its output:" >&2
    tail -5 "$work/$name.log" >&2
    exit 1
}

stop() {
    local pid=${pids[$1]:-}
    if [[ -n $pid ]]; then
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        unset "pids[$1]"
    fi
}

stop_all() {
    local name
    for name in "${!pids[@]}"; do stop "$name"; done
}
