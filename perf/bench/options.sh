# The options of ./bench. Sets a variable for each, and ends the script on a wrong one.

usage() {
    cat <<'TEXT'
usage: ./bench [options]
  --rounds N            rounds, each with fresh servers            [5]
  --seconds S           measured time of each run                  [3]
  --warm-up S           time before it                             [1]
  --connections "N.."   closed loop: connections                   ["1 16 64 256 1024"]
  --depths "D.."        closed loop, 64 connections: pipelined     ["16"]
  --rates "R.."         open loop, 64 connections: requests/s, or a share of what the same server answered
                        in the closed loop of 64 connections of the same round
                                                                   ["10000 20000 40000 50% 80%"]
  --servers "S.."       of floor, uring, nginx, redis, unkey, kestrel, go-fasthttp, go-nethttp, and of the variants
                        floor-unix, unkey-unix                     over a Unix socket
                        unkey-busy-poll                            --busy-poll 50us
                        unkey-no-events                            --events=false
                        unkey-strict                               --durability strict
                        unkey-request-log                          --request-log all
                                                                   ["floor uring nginx redis unkey kestrel go-fasthttp go-nethttp"]
  --keys N              keys in every store                        [100000]
  --starts N            start-up runs (0 = none)                   [11]
  --cores "S L"         core of the server, core of the load       ["0 1"]
  --port P              first of the ports used                    [28300]
  --nice N              priority, -20 to 19                        [0]; negative needs root, and helps on a machine that is in use
  --note TEXT           a remark to keep with the results
  --no-build            use the binaries of the last build
  --reseed              make the keys anew
  --dry-run             measure and print, but leave perf/results and docs alone

Packages that the servers need are installed with apt-get when they are missing. docs/benchmarks.md explains what is measured.
TEXT
}

rounds=5 seconds=3 warm_up=1 connections="1 16 64 256 1024" depths="16" rates="10000 20000 40000 50% 80%"
servers="floor uring nginx redis unkey kestrel go-fasthttp go-nethttp"
keys=100000 starts=11 cores="0 1" port=28300 nice=0 note='' build=1 reseed=0 dry_run=0

fail() {
    echo "bench: $*" >&2
    exit 1
}

parse_options() {
    while [[ $# -gt 0 ]]; do
        case $1 in
            --rounds|--seconds|--warm-up|--connections|--depths|--rates|--servers|--keys|--starts|--cores|--port|--nice|--note)
                if [[ $# -lt 2 ]]; then echo "bench: $1: no value" >&2; exit 2; fi
                local name=${1#--}
                printf -v "${name//-/_}" %s "$2"
                shift 2 ;;
            --no-build) build=0; shift ;;
            --reseed) reseed=1; shift ;;
            --dry-run) dry_run=1; shift ;;
            -h|--help) usage; exit 0 ;;
            *) echo "bench: unknown option $1" >&2; usage >&2; exit 2 ;;
        esac
    done
    read -r server_core load_core <<<"$cores"
    local name rate
    for name in $servers; do
        if [[ -z ${places[$name]:-} ]]; then echo "bench: --servers: no server is called $name" >&2; exit 2; fi
    done
    for rate in $rates; do
        if [[ ! $rate =~ ^[1-9][0-9]*%?$ ]]; then echo "bench: --rates: '$rate' is neither requests/s nor a share such as 50%" >&2; exit 2; fi
    done
    # A share needs something that it is a share of.
    if [[ $rates == *%* && " $connections " != *" 64 "* ]]; then connections="$connections 64"; fi
}

wants() { # server, or server* for any variant
    local name
    for name in $servers; do
        # shellcheck disable=SC2053 # The argument is a pattern.
        if [[ $name == $1 ]]; then return 0; fi
    done
    return 1
}
