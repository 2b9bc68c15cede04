# Builds the servers and the load generator, and makes the keys.

build_all() {
    echo "building"
    local flags=(-O2 -Wall -Wextra)
    dotnet publish perf/Load -c Release -o "$work/load" -v q
    if wants 'floor*'; then gcc "${flags[@]}" -o "$work/floor" perf/Peers/floor/floor.c; fi
    if wants uring; then gcc "${flags[@]}" -o "$work/uring" perf/Peers/uring/uring.c -luring; fi
    if wants 'unkey*'; then dotnet publish src/Server -c Release -o "$work/server" -v q; fi
    if wants kestrel; then dotnet publish perf/Peers/Kestrel -c Release -o "$work/kestrel" -v q; fi
    local peer
    for peer in nethttp fasthttp; do
        if wants "go-$peer"; then build_go "$peer"; fi
    done
    if wants redis; then ln -sf "$(command -v redis-server || command -v redis-check-rdb)" "$work/redis-server"; fi
}

# From the sources that the distribution has, in the way of GOPATH: nothing is downloaded.
build_go() {
    local path
    path=$(realpath "$work")/go
    mkdir -p "$path/src"
    ln -sfn "$PWD/perf/Peers/go" "$path/src/unkey-peers"
    GO111MODULE=off GOFLAGS='' GOPROXY=off CGO_ENABLED=0 GOPATH=$path:/usr/share/gocode GOCACHE=$path/cache go build -o "$work/go-$1" "unkey-peers/$1"
}

# A kernel or a container may forbid io_uring; the others can be measured all the same.
drop_uring_where_forbidden() {
    if wants uring && ! "$work/uring" --probe 2>"$work/uring.log"; then
        echo "leaving uring out: $(cat "$work/uring.log")"
        servers=$(echo " $servers " | sed 's/ uring / /; s/^ //; s/ $//')
        note="${note:+$note; }io_uring cannot be used on this machine"
    fi
}

seed_keys() {
    if [[ $reseed == 1 ]]; then rm -rf "$seed"; fi
    mkdir -p "$seed"
    if [[ ! -s $seed/keys.txt ]]; then
        echo "making $keys keys"
        if wants 'unkey*'; then seed_store; else
            LC_ALL=C tr -dc 'a-km-zA-HJ-NP-Z1-9' </dev/urandom | fold -w 22 | head -n "$keys" >"$seed/keys.txt" || true
        fi
    fi
    if wants redis && [[ ! -s $seed/redis-$answer_bytes/keys.rdb ]]; then seed_redis; fi
}

seed_store() {
    local command
    command_of unkey "$seed/data" '' ''
    "${command[@]}" >"$work/unkey.log" 2>&1 &
    pids[unkey]=$!
    "$load" ready --address "$(address_of unkey)" --path /v2/liveness --seconds 30 || { tail -5 "$work/unkey.log" >&2; fail 'unkey does not answer'; }
    if ! "$load" seed --address "$(address_of unkey)" --count "$keys" --connections 64 --keys "$seed/keys.tmp"; then
        rm -rf "$seed"
        exit 1
    fi
    stop unkey
    mv "$seed/keys.tmp" "$seed/keys.txt"
}

seed_redis() {
    mkdir -p "$seed/redis-$answer_bytes"
    # With a save point, so that the end by SIGTERM writes the file.
    "$work/redis-server" --bind 127.0.0.1 --port "$(port_of redis)" --dir "$seed/redis-$answer_bytes" --dbfilename keys.rdb --save 86400 1 --appendonly no >"$work/redis.log" 2>&1 &
    pids[redis]=$!
    "$load" ready --address "$(address_of redis)" --protocol redis --seconds 30 || { tail -5 "$work/redis.log" >&2; fail 'redis does not answer'; }
    "$load" fill --address "$(address_of redis)" --keys "$seed/keys.txt" --value-bytes "$answer_bytes" --connections 16 --depth 16
    stop redis
}
