# What is measured, in which order.

# measure ROUND SCENARIO SERVER OPTIONS...
measure() {
    local round=$1 scenario=$2 name=$3
    shift 3
    # shellcheck disable=SC2046 # Options without blanks.
    taskset -c "$load_core" "$load" run --address "$(address_of "$name")" --pid "${pids[$name]}" --label "$name" \
        --scenario "$scenario" --round "$round" --json "$runs/$scenario.$round.$name.json" --seconds "$seconds" --warm-up "$warm_up" \
        --keys "$seed/keys.txt" --tag path=/v1/documents --permissions 'documents.read AND documents.write' --require-valid \
        $(protocol_of "$name") $(metrics_of "$name") "$@"
}

# What $2 percent of the answers per second are that server $3 gave in the closed loop of 64 connections in round $1.
share_of_capacity() {
    local rate
    rate=$(sed -n 's/.*"requestsPerSecond":\([0-9.]*\).*/\1/p' "$runs/closed-c64.$1.$3.json")
    awk -v rate="$rate" -v percent="${2%\%}" 'BEGIN { printf "%d\n", rate * percent / 100 + 0.5 }'
}

one_round() {
    local round=$1 name data order=() all i c d r
    # The order rotates, so that no server always follows the same one.
    read -ra all <<<"$servers"
    for ((i = 0; i < ${#all[@]}; i++)); do order+=("${all[(i + round) % ${#all[@]}]}"); done
    for name in "${order[@]}"; do
        data=$(fresh_data_of "$name")
        start "$name" "$data"
    done
    for c in $connections; do
        for name in "${order[@]}"; do measure "$round" "closed-c$c" "$name" --connections "$c"; done
    done
    for d in $depths; do
        for name in "${order[@]}"; do measure "$round" "closed-c64-d$d" "$name" --connections 64 --depth "$d"; done
    done
    for r in $rates; do
        for name in "${order[@]}"; do
            if [[ $r == *% ]]; then measure "$round" "open-c64-${r%\%}pct" "$name" --connections 64 --rate "$(share_of_capacity "$round" "$r" "$name")"
            else measure "$round" "open-c64-$r" "$name" --connections 64 --rate "$r"; fi
        done
    done
    stop_all
}

# start_up SCENARIO SERVER RUNS; the array command is what is started.
start_up() {
    # shellcheck disable=SC2046 # Options without blanks.
    taskset -c "$server_core,$load_core" "$load" start --address "$(address_of "$2")" --path /v2/liveness --label "$2" $(protocol_of "$2") \
        --scenario "$1" --runs "$3" --json "$runs/$1.0.$2.json" -- "${command[@]}"
}

measure_starts() {
    local name data command empty=$work/empty
    head -1 "$seed/keys.txt" >"$work/one-key.txt"
    for name in $servers; do
        # A socket that the last run left behind would be in the way of the next.
        # The kernel gives a listener of io_uring up some time after its process has ended, so the next start would find the port in use.
        if [[ $name == *-unix || $name == uring ]]; then continue; fi
        rm -rf "$empty" && mkdir -p "$empty"
        # Each run of the product has a folder of its own; the others have nothing that a run leaves behind.
        command_of "$name" "$empty/{run}" "$work/one-key.txt" "$empty"
        start_up start-empty "$name" "$starts"
        if holds_keys "$name"; then
            data=$(fresh_data_of "$name")
            command_of "$name" "$data" "$seed/keys.txt" "$seed/redis-$answer_bytes"
            start_up "start-$keys" "$name" 5
        fi
    done
}
