# Sourced by the scripts that test the published binary from outside: starts it, makes an API and a key, stops it.
# After start_server: BASE_URL, UNKEY_ROOT_KEY and server_port are set. After create_key: TEST_KEY and TEST_KEY_ID too.
# With UNKEY_TEST_LISTEN=unix in the environment the server listens on a Unix socket as well (SERVER_SOCKET).
# With UNKEY_TEST_TLS=1 in the environment the server speaks TLS, with a certificate of its own that curl and Node then trust (SERVER_CERTIFICATE).

start_server() { # binary transport [options...]
  local binary=$1 transport=$2
  shift 2
  server_dir=$(mktemp -d "${TMPDIR:-/tmp}/unkey-test.XXXXXX")
  UNKEY_ROOT_KEY=unkey_root_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  export UNKEY_ROOT_KEY
  local scheme=http host=127.0.0.1
  if [ "${UNKEY_TEST_TLS:-}" = 1 ]; then
    scheme=https host=localhost
    SERVER_CERTIFICATE=$server_dir/cert.pem
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
      -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$server_dir/key.pem" -out "$SERVER_CERTIFICATE" 2>/dev/null
    export CURL_CA_BUNDLE=$SERVER_CERTIFICATE NODE_EXTRA_CA_CERTS=$SERVER_CERTIFICATE
    set -- --tls-cert "$SERVER_CERTIFICATE" --tls-key "$server_dir/key.pem" "$@"
  fi
  if [ "${UNKEY_TEST_LISTEN:-}" = unix ]; then
    SERVER_SOCKET=$server_dir/api.sock
    set -- --listen "unix:$SERVER_SOCKET" "$@"
  fi
  : >"$server_dir/out" # Read below, perhaps before the server's process has come so far.
  "$binary" serve --listen 127.0.0.1:0 --admin 127.0.0.1:0 --data "$server_dir/data" --transport "$transport" --log-format json "$@" \
    >"$server_dir/out" 2>"$server_dir/err" </dev/null &
  server_pid=$!
  server_port=
  local i
  for ((i = 0; i < 300; i++)); do
    server_port=$(sed -n 's/.*"Listen":"[^"]*127\.0\.0\.1:\([0-9]*\)[",].*/\1/p' "$server_dir/out" | head -n 1)
    if [ -n "$server_port" ] || ! kill -0 "$server_pid" 2>/dev/null; then break; fi
    sleep 0.1
  done
  if [ -z "$server_port" ]; then
    echo "the server does not start:" >&2
    cat "$server_dir/out" "$server_dir/err" >&2
    kill -KILL "$server_pid" 2>/dev/null || true
    rm -rf "$server_dir"
    return 1
  fi
  BASE_URL=$scheme://$host:$server_port
  export BASE_URL
}

call() { # operation body -> the answer
  curl -sS --fail-with-body -H "Authorization: Bearer $UNKEY_ROOT_KEY" -H 'Content-Type: application/json' -d "$2" "$BASE_URL/v2/$1"
}

create_key() {
  local api_id answer
  api_id=$(call apis.createApi '{"name":"tests"}' | sed -n 's/.*"apiId":"\([^"]*\)".*/\1/p')
  answer=$(call keys.createKey "{\"apiId\":\"$api_id\",\"prefix\":\"test\"}")
  TEST_KEY=$(printf %s "$answer" | sed -n 's/.*"key":"\([^"]*\)".*/\1/p')
  TEST_KEY_ID=$(printf %s "$answer" | sed -n 's/.*"keyId":"\([^"]*\)".*/\1/p')
  [ -n "$TEST_KEY" ] && [ -n "$TEST_KEY_ID" ]
}

# Ends the server as a supervisor does. Fails when it does not exit with 0, or has printed its root key.
stop_server() {
  local code=0
  kill -TERM "$server_pid" 2>/dev/null || true
  wait "$server_pid" || code=$?
  if [ "$code" -ne 0 ]; then
    echo "the server ended with exit code $code:" >&2
    tail -n 20 "$server_dir/out" "$server_dir/err" >&2
  elif grep -qF -e "$UNKEY_ROOT_KEY" -e "${TEST_KEY:-$UNKEY_ROOT_KEY}" "$server_dir/out" "$server_dir/err"; then
    echo "the server printed a key" >&2
    code=1
  fi
  rm -rf "$server_dir"
  return "$code"
}
