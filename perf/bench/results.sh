# Names the machine, says what ran, and puts the runs together.

cpu_name() {
    local field='s/^[^:]*: *//p'
    local model family number
    model=$(sed -n "/^model name/$field;" /proc/cpuinfo | head -1)
    family=$(grep -m1 '^cpu family' /proc/cpuinfo | sed -n "$field")
    number=$(grep -m1 '^model[[:space:]]*:' /proc/cpuinfo | sed -n "$field")
    echo "${model:-$(uname -m)} family ${family:-0} model ${number:-0}" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9]\+/-/g; s/^-//; s/-$//'
}

peer_versions() {
    if wants uring; then echo -n "liburing $(pkg-config --modversion liburing 2>/dev/null || dpkg-query -W -f='${Version}' liburing-dev 2>/dev/null), "; fi
    if wants nginx; then echo -n "$("$(nginx_binary)" -v 2>&1 | sed 's/.*: //'), "; fi
    if wants redis; then echo -n "redis $("$work/redis-server" --version | sed 's/.* v=\([^ ]*\).*/\1/'), "; fi
    if wants 'go-*'; then echo -n "$(go version | cut -d' ' -f3), fasthttp $(dpkg-query -W -f='${Version}' golang-github-valyala-fasthttp-dev 2>/dev/null), "; fi
    gcc --version | head -1
}

versions() {
    echo "command: ${command_line% }"
    echo "date: $(date -u +%Y-%m-%d)"
    echo "commit of the tools: $(git rev-parse --short=12 HEAD)$(git diff --quiet HEAD -- perf bench || echo ' with local changes')"
    echo "cpu: $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1), $(nproc) cores visible; server on core $server_core, load on core $load_core"
    echo "load average at the end: $(cut -d' ' -f1-3 /proc/loadavg)"
    echo "kernel: $(uname -r), congestion control $(cat /proc/sys/net/ipv4/tcp_congestion_control)"
    echo "build: .NET SDK $(dotnet --version), Native AOT, workstation GC"
    echo "peers: $(peer_versions)"
    if wants 'unkey*'; then echo "unkey: $("$work/server/unkey" version | tr -s ' ' | paste -sd, | sed 's/,/, /g; s/^unkey //')"; fi
    if [[ -n $note ]]; then echo "note: $note"; fi
    echo "store: $keys keys, random key for each request; each with credits, 2 permissions and one auto-applied limit; query 'documents.read AND documents.write'; one tag"
}

# Joins the runs of each scenario into one file of the folder $1, a run a line.
collect() {
    local target=$1 scenario
    mkdir -p "$target"
    rm -f "$target"/*.json
    for scenario in $(cd "$runs" && ls | sed 's/\..*//' | sort -u); do
        # shellcheck disable=SC2046 # Paths of our own.
        { echo '['; sed -s '$!d; s/$/,/' $(ls "$runs/$scenario".*.json | sort -t. -k2n) | sed '$ s/,$//'; echo ']'; } >"$target/$scenario.json"
    done
    versions >"$target/versions.txt"
}
