# Installs what the servers asked for need and the machine does not have.

has_header() { echo "#include <$1>" | gcc -E - >/dev/null 2>&1; }

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

nginx_binary() {
    local path
    for path in "$(command -v nginx || true)" /usr/sbin/nginx "$work/nginx/unpacked/usr/sbin/nginx"; do
        if [[ -x $path ]]; then echo "$path"; return; fi
    done
    return 1
}

install_missing() {
    command -v dotnet >/dev/null || fail 'the .NET SDK is needed: https://dotnet.microsoft.com/download'
    local missing=() package
    command -v gcc >/dev/null || missing+=(gcc libc6-dev)
    command -v taskset >/dev/null || missing+=(util-linux)
    if command -v dpkg-query >/dev/null; then
        # Native AOT, and what the product links; ./test needs the same.
        for package in clang lld cmake make binutils libssl-dev libsqlite3-dev; do installed "$package" || missing+=("$package"); done
    fi
    if wants uring && ! has_header liburing.h; then missing+=(liburing-dev); fi
    if wants 'go-*'; then
        command -v go >/dev/null || missing+=(golang-go)
        [[ -d /usr/share/gocode/src/github.com/valyala/fasthttp ]] || missing+=(golang-github-valyala-fasthttp-dev)
    fi
    # The server itself is in the tools; the package redis-server would also start one.
    if wants redis && ! command -v redis-server >/dev/null && ! command -v redis-check-rdb >/dev/null; then missing+=(redis-tools); fi
    local as_root=()
    [[ $(id -u) == 0 ]] || as_root=(sudo)
    if [[ ${#missing[@]} -gt 0 ]]; then
        command -v apt-get >/dev/null || fail "missing here and not installable without apt-get: ${missing[*]}"
        echo "installing ${missing[*]}"
        "${as_root[@]}" apt-get update -qq
        DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$work/apt.log" || {
            tail -n 20 "$work/apt.log" >&2
            exit 1
        }
    fi
    if wants nginx && ! nginx_binary >/dev/null; then unpack_nginx; fi
}

# Unpacked and not installed: the package would start a server on port 80 of this machine.
unpack_nginx() {
    command -v apt-get >/dev/null || fail 'nginx is missing here and cannot be had without apt-get'
    echo 'unpacking nginx'
    rm -rf "$work/nginx/unpacked" && mkdir -p "$work/nginx/unpacked"
    (cd "$work/nginx/unpacked" && apt-get download -qq nginx && dpkg -x nginx_*.deb .) >"$work/apt.log" 2>&1 || {
        tail -n 20 "$work/apt.log" >&2
        exit 1
    }
}
