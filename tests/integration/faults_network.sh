# Names that nobody knows, servers that nobody vouches for, proxies that refuse, hosts that are silent: a job waits,
# says for what, and with the cause gone it ends with one create. Credentials reach nobody on the way.
source "$(dirname "$0")/lib.sh"
export GOLEM_VIDEO_STALL_MS=700
start_sandbox

cat >"$WORK/net.py" <<'PY'
"""net.py front PORT CERTIFICATE KEY: https before the sandbox; proxy tunnel|refuse: CONNECT; silent: accepts, says
nothing. Each prints its port, then what it is asked for."""
import socket, ssl, sys, threading

def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    for end in (a, b):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

def join(a, b):
    threading.Thread(target=pump, args=(a, b), daemon=True).start()
    pump(b, a)

def front(client):
    client = context.wrap_socket(client, server_side=True)
    join(client, socket.create_connection(("127.0.0.1", int(sys.argv[2]))))

def proxy(client):
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(65536)
        if not data:
            return
        head += data
    print(head.decode().replace("\r\n", "|"), flush=True)
    if sys.argv[2] == "refuse":
        client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        client.close()
        return
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    join(client, socket.create_connection(("127.0.0.1", int(head.split()[1].split(b":")[1]))))

def silent(client):
    client.recv(1)
    threading.Event().wait()

def serve(client):
    try:
        globals()[sys.argv[1]](client)
    except (OSError, IndexError):
        client.close()

if sys.argv[1] == "front":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()
PY

serve() { # NAME ARGUMENT...: its port in PORT, what it is asked for in $WORK/NAME.log
    python3 -u "$WORK/net.py" "${@:2}" >"$WORK/$1.log" 2>/dev/null &
    PIDS+=("$!")
    eventually 120 test -s "$WORK/$1.log"
    PORT=$(head -1 "$WORK/$1.log")
}

certificate() { # NAME DAYS SUBJECT-NAME
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.csr" \
        -subj "/CN=$1" -addext "subjectAltName=$3" 2>/dev/null
    openssl x509 -req -in "$WORK/$1.csr" -signkey "$WORK/$1.key" -days "$2" -copy_extensions copy \
        -out "$WORK/$1.pem" 2>/dev/null
}

# waits_for PART [NAME=VALUE...]: with these settings a job waits and says why, and it goes on without them. Each in a
# store of its own, and all side by side; settle looks at what came of them.
jobs=0 waiting=()
waits_for() {
    jobs=$((jobs + 1))
    wait_and_go_on "$WORK/$jobs" "$@" &
    waiting+=("$!")
}

wait_and_go_on() { # NAME PART [NAME=VALUE...]
    local name=$1 part=$2 driver
    shift 2
    export GOLEM_VIDEO_STORE=$name.store
    env "$@" "$GOLEM_VIDEO" generate "a boat" --model kling-v2-6 --no-progress >"$name.out" 2>"$name.err" &
    driver=$!
    eventually 120 grep -qF -- "$part" "$name.err"
    kill -TERM "$driver"
    CODE=0
    wait "$driver" || CODE=$?
    assert_eq "$CODE" 10 "exit code of a job that waits: $part"
    timeout 120 "$GOLEM_VIDEO" wait "$(newest_job)" --quiet -o "$name.mp4" >>"$name.out" ||
        fail "no film afterwards: $part"
    assert_film "$name.mp4"
}

# Paid so far is only what had nothing in its way.
settle() { # CREATES
    local pid
    for pid in "${waiting[@]}"; do
        wait "$pid" || fail "a job that waited did not come to its end"
        checked
    done
    waiting=()
    assert_eq "$(ledger length)" "$1" "creates"
    assert_eq "$(ledger 'map(.external_id) | unique | length')" "$1" "jobs among the creates"
}

# ---- names and ports --------------------------------------------------------------------------------------------

waits_for "found no address for nowhere.invalid:80" KLING_BASE_URL=http://nowhere.invalid/kling
waits_for "could not connect to 127.0.0.1:1: Connection refused" KLING_BASE_URL=http://127.0.0.1:1/kling
serve silent silent
waits_for "was silent for 700 ms" KLING_BASE_URL="http://127.0.0.1:$PORT/kling"

# ---- TLS ----------------------------------------------------------------------------------------------------------

certificate good 30 DNS:localhost
certificate other 30 DNS:example.com
certificate late -1 DNS:localhost
serve good front "$SANDBOX_PORT" "$WORK/good.pem" "$WORK/good.key"
good=https://localhost:$PORT/kling
waits_for "TLS with localhost:$PORT failed" KLING_BASE_URL="$good"
serve other front "$SANDBOX_PORT" "$WORK/other.pem" "$WORK/other.key"
waits_for "TLS with localhost:$PORT failed" KLING_BASE_URL="https://localhost:$PORT/kling" \
    SSL_CERT_FILE="$WORK/other.pem"
serve late front "$SANDBOX_PORT" "$WORK/late.pem" "$WORK/late.key"
waits_for "TLS with localhost:$PORT failed" KLING_BASE_URL="https://localhost:$PORT/kling" \
    SSL_CERT_FILE="$WORK/late.pem"
trusted=(KLING_BASE_URL="$good" SSL_CERT_FILE="$WORK/good.pem")
assert_exit 0 env "${trusted[@]}" "$GOLEM_VIDEO" generate "a boat" --model kling-v2-6 --quiet

# ---- proxies ------------------------------------------------------------------------------------------------------

# The tunnel is asked for without our credentials; NO_PROXY goes past it.
serve tunnel proxy tunnel
tunnel=http://127.0.0.1:$PORT
assert_exit 0 env "${trusted[@]}" HTTPS_PROXY="$tunnel" "$GOLEM_VIDEO" generate "a boat" --model kling-v2-6 --quiet
said=$(<"$WORK/tunnel.log")
assert_contains "$said" "CONNECT localhost:"
assert_lacks "$said" "Authorization"
assert_lacks "$said" "$KLING_API_KEY"
assert_exit 0 env "${trusted[@]}" HTTPS_PROXY="$tunnel" NO_PROXY=localhost "$GOLEM_VIDEO" generate "a boat" \
    --model kling-v2-6 --quiet
assert_eq "$(<"$WORK/tunnel.log")" "$said" "what the proxy was asked for"

serve refusing proxy refuse
waits_for "403" "${trusted[@]}" HTTPS_PROXY="http://user:proxy-secret@127.0.0.1:$PORT"
waits_for "found no address for the proxy" "${trusted[@]}" HTTPS_PROXY=http://proxy.invalid:3128
waits_for "could not connect" "${trusted[@]}" HTTPS_PROXY=http://127.0.0.1:1
settle $((jobs + 3))
assert_lacks "$(cat "$WORK"/*.err)" "proxy-secret"
assert_contains "$(<"$WORK/refusing.log")" "Proxy-Authorization"
assert_lacks "$(<"$WORK/refusing.log")" "$KLING_API_KEY"

finish
