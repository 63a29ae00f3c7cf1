# The server's frame: who is let in, what is refused and how, clients that are slow, broken or hostile, and its end.
source "$(dirname "$0")/lib.sh"
start_sandbox

# Raw bytes over sockets, where curl is too polite: tests/support/wire_client.py.
wire() { # WHAT ARGUMENT...
    python3 "$SOURCE_DIR/tests/support/wire_client.py" "$SERVER_PORT" "$@"
}

# Status in CODE, headers in HEAD, body in the file.
fetch() { # FILE CURL-ARGUMENTS...
    : >"$1"
    CODE=$(curl -sS -m 30 -o "$1" -D "$WORK/head" -w '%{http_code}' "${@:2}") || fail "curl ${*:2}"
    HEAD=$(tr -d '\r' <"$WORK/head")
}
# Likewise, body in OUT.
ask() { # CURL-ARGUMENTS...
    fetch "$WORK/body" "$@"
    OUT=$(<"$WORK/body")
}
field() { # NAME: of HEAD
    sed -n "s/^$1: //Ip" <<<"$HEAD"
}

answers() { # STATUS CODE CURL-ARGUMENTS...
    local status=$1 code=$2
    shift 2
    ask "$@"
    assert_eq "$CODE" "$status" "status of $*"
    assert_contains "${HEAD,,}" "x-request-id: req_"
    if [[ -n $code ]]; then
        assert_eq "$(jq -r '.error.code' <<<"$OUT")" "$code" "code of $*"
        assert_eq "$(jq -r '.error | keys | join(" ")' <<<"$OUT")" "code message param type"
    fi
}

# ---- what does not start ------------------------------------------------------------------------------

assert_exit 3 gv serve --listen 0.0.0.0:0
assert_contains "$ERR" "golem-video token"
assert_exit 3 gv serve --listen "[::]:0"
assert_exit 3 gv serve --listen nowhere
assert_contains "$ERR" "ADDR:PORT"
assert_exit 3 gv serve --tokens "$WORK/none"
assert_exit 3 gv serve --public-url "https://example.com/below"
GOLEM_VIDEO_ALIASES=sora-2 assert_exit 3 gv serve
GOLEM_VIDEO_IDLE_MS=soon assert_exit 3 gv serve
assert_exit 3 gv serve --alias sora-2=kling/none
assert_contains "$ERR" 'there is no such model'
assert_exit 2 gv token "a b" --tokens "$WORK/tokens"
assert_exit 2 gv token alice

assert_exit 8 bash -c 'ulimit -n 64; exec "$0" serve' "$GOLEM_VIDEO"
assert_contains "$ERR" "ulimit -Hn"

# ---- without tokens: this machine only, and no page of elsewhere -----------------------------------------

start_server
assert_contains "$SERVER" http://127.0.0.1:
answers 200 "" "$SERVER/healthz"
answers 200 "" "$SERVER/readyz"
answers 200 "" "$SERVER/metrics"
for host in localhost localhost:$SERVER_PORT 127.0.0.1 "[::1]:80"; do
    answers 200 "" -H "Host: $host" "$SERVER/metrics"
    answers 200 "" -H "Host: $host" "$SERVER/openapi.json"
done
for host in evil.example 127.0.0.1.evil.example "localhost@evil.example" 10.0.0.1; do
    answers 403 host_not_allowed -H "Host: $host" "$SERVER/openapi.json"
    answers 403 host_not_allowed -H "Host: $host" -X POST "$SERVER/v1/videos"
done
post=(-X POST -H "Content-Type: application/json" -d "{}")
for origin in http://evil.example "http://127.0.0.1:1" null "http://localhost.evil.example"; do
    answers 403 origin_not_allowed -H "Origin: $origin" "${post[@]}" "$SERVER/v1/videos"
    answers 403 origin_not_allowed -H "Origin: $origin" -X DELETE "$SERVER/v1/videos/x"
done
answers 404 not_found -H "Origin: $SERVER" -X DELETE "$SERVER/v1/videos/x"
answers 200 "" "$SERVER/"
assert_contains "$HEAD" "default-src 'self'"
assert_contains "$HEAD" "nosniff"
assert_contains "$OUT" "<html"
etag=$(field ETag)
answers 304 "" -H "If-None-Match: $etag" "$SERVER/"
assert_eq "$OUT" ""
answers 404 not_found "$SERVER/page/../server.c" --path-as-is
answers 404 not_found "$SERVER/page/%2e%2e%2fserver.key"
answers 200 "" -I "$SERVER/openapi.json"

# Each file of the program has two forms, as it is and compressed, which caches must not take for each other.
form() { # STATUS CODING FILE CURL-ARGUMENTS...: TAG and BYTES of what is answered
    fetch "${@:3}"
    assert_eq "$CODE $(field Content-Encoding) $(field Vary)" "$1 $2 Accept-Encoding" "${*:4}"
    TAG=$(field ETag) BYTES=$(field Content-Length)
}
for path in / /page/main.js /page/style.css /page/icon.svg /openapi.json; do
    url=$SERVER$path zip="Accept-Encoding: br, gzip;q=0.5"
    form 200 "" "$WORK/plain" "$url"
    plain_tag=$TAG plain_bytes=$BYTES
    form 200 gzip "$WORK/zipped" -H "$zip" "$url"
    gzip_tag=$TAG gzip_bytes=$BYTES
    gzip -dc "$WORK/zipped" | cmp - "$WORK/plain"
    assert_eq "$(stat -c %s "$WORK/plain" "$WORK/zipped" | paste -sd' ')" "$plain_bytes $gzip_bytes"
    ((gzip_bytes < plain_bytes)) || fail "$path has $plain_bytes bytes, and compressed $gzip_bytes"
    [[ $plain_tag != "$gzip_tag" ]] || fail "$path has the tag $plain_tag in both forms"
    form 200 gzip "$WORK/out" -I -H "$zip" "$url"
    assert_eq "$TAG $BYTES" "$gzip_tag $gzip_bytes" "HEAD $path"
    form 200 "" "$WORK/out" -H "Accept-Encoding: gzip;q=0, *" "$url"
    assert_eq "$TAG" "$plain_tag" "$path where gzip is forbidden"
    form 304 "" "$WORK/out" -H "If-None-Match: $plain_tag" "$url"
    form 304 "" "$WORK/out" -H "If-None-Match: W/$gzip_tag" -H "$zip" "$url"
    assert_eq "$TAG" "$gzip_tag" "$path unchanged"
    form 200 gzip "$WORK/out" -H "If-None-Match: $plain_tag" -H "$zip" "$url"
    form 200 "" "$WORK/out" -H "If-None-Match: $gzip_tag" "$url"
done
answers 200 "" -H "Accept-Encoding: gzip" "$SERVER/v1/videos/models"
assert_eq "$(field Content-Encoding)" "" "an answer of the API"
assert_exit 8 gv serve --listen "127.0.0.1:$SERVER_PORT"
assert_contains "$ERR" "127.0.0.1:$SERVER_PORT: binding: Address already in use; another program"

# Refused while most of it is still to come, which is read all the same: who is cut off sends it again.
{
    echo '{"prompt": '
    head -c 12000000 /dev/zero | tr '\0' ' '
} >"$WORK/large"
answers 400 invalid_request -H "Content-Type: application/json" --data-binary "@$WORK/large" \
    -H "Transfer-Encoding: chunked" "$SERVER/v1/videos"
answers 415 unsupported_media_type -H "Content-Encoding: gzip" "${post[@]}" "$SERVER/v1/videos"
assert_eq "$(field Accept-Encoding)" identity
answers 400 unknown_parameter "$SERVER/v1/videos?statu=failed"
assert_eq "$(jq -r .error.param <<<"$OUT")" statu
assert_contains "$OUT" "it takes after limit order status provider"
answers 400 unknown_parameter "$SERVER/v1/videos/x?after="
answers 200 "" "$SERVER/healthz?from=here"
stop_server
assert_eq "$CODE" 0 "exit code of a server that was told to end"
assert_eq "$(stat -c %a "$GOLEM_VIDEO_STORE/server.key")" 600

# ---- tokens ------------------------------------------------------------------------------------------------

assert_exit 0 gv token alice --tokens "$WORK/tokens"
alice=$OUT
assert_eq "$(stat -c %a "$WORK/tokens")" 600
assert_lacks "$(<"$WORK/tokens")" "$alice"
GOLEM_VIDEO_TOKENS=$WORK/tokens assert_exit 0 gv token bob --json
bob=$(jq -r .token <<<"$OUT")

export GOLEM_VIDEO_CONNECTIONS_MAX=40 GOLEM_VIDEO_IDLE_MS=1000 GOLEM_VIDEO_BODY_BYTES_MAX=100000
start_server --tokens "$WORK/tokens" --access-log
as() { # TOKEN CURL-ARGUMENTS...
    printf '%s\n' "header = \"Authorization: Bearer $1\"" >"$WORK/curlrc"
}
as "$alice"
answers 200 "" "$SERVER/healthz"
answers 401 invalid_api_key "$SERVER/metrics"
assert_contains "$HEAD" "WWW-Authenticate: Bearer"
answers 401 invalid_api_key "$SERVER/v1/videos"
answers 401 invalid_api_key "${post[@]}" "$SERVER/v1/videos"
answers 401 invalid_api_key -H "Authorization: Bearer x$alice" "$SERVER/metrics"
answers 401 invalid_api_key -H "Authorization: Basic $alice" "$SERVER/metrics"
answers 401 invalid_api_key "$SERVER/metrics?token=$alice"
answers 200 "" -K "$WORK/curlrc" "$SERVER/metrics"
answers 200 "" -H "authorization: bearer $bob" "$SERVER/metrics"

# A token that is added or taken away counts, by the file's change or by SIGHUP.
assert_exit 0 gv token carol --tokens "$WORK/tokens"
carol=$OUT
status_for() { # TOKEN
    curl -sS -o "$WORK/body" -w '%{http_code}' -H "Authorization: Bearer $1" "$SERVER/metrics"
}
is_status() { # TOKEN STATUS
    [[ $(status_for "$1") == "$2" ]]
}
kill -HUP "$SERVER_PID"
eventually 10 is_status "$carol" 200
curl -sS -m 60 -N -H "Authorization: Bearer $bob" "$SERVER/v1/videos/events" >"$WORK/watched" &
watcher=$!
eventually 10 grep -q "here is golem-video" "$WORK/watched"
grep -v '^bob ' "$WORK/tokens" >"$WORK/tokens.new"
mv "$WORK/tokens.new" "$WORK/tokens"
eventually 10 is_status "$bob" 401
wait "$watcher" || fail "who has lost his token still watches" "$(<"$WORK/watched")"
assert_eq "$(status_for "$carol")" 200
cp "$WORK/tokens" "$WORK/tokens.good"
echo "rubbish" >>"$WORK/tokens"
kill -HUP "$SERVER_PID"
eventually 10 grep -q "stay in force" "$WORK/server.err"
assert_eq "$(status_for "$carol")" 200
: >"$WORK/tokens.empty"
mv "$WORK/tokens.empty" "$WORK/tokens"
eventually 10 is_status "$carol" 401
assert_contains "$(<"$WORK/server.err")" "nobody may ask"
mv "$WORK/tokens.good" "$WORK/tokens"
eventually 10 is_status "$carol" 200

# ---- what is refused -----------------------------------------------------------------------------------------

answers 404 not_found "$SERVER/v2/videos"
answers 404 not_found "${post[@]}" "$SERVER/nothing"
answers 405 method_not_allowed -X PATCH "$SERVER/v1/videos"
assert_contains "$HEAD" "Allow: POST, GET, HEAD"
answers 405 method_not_allowed -X OPTIONS "$SERVER/v1/videos"
assert_lacks "${HEAD,,}" "access-control"
answers 400 unexpected_body -K "$WORK/curlrc" -X DELETE -d "{}" "$SERVER/v1/videos/x"

head -c 100001 /dev/zero | tr '\0' ' ' >"$WORK/large"
json=(-K "$WORK/curlrc" -X POST -H "Content-Type: application/json")
answers 413 request_too_large "${json[@]}" -H "Expect:" --data-binary "@$WORK/large" "$SERVER/v1/videos"
answers 413 request_too_large "${json[@]}" --data-binary "@$WORK/large" "$SERVER/v1/videos"
answers 413 request_too_large "${json[@]}" -H "Transfer-Encoding: chunked" --data-binary "@$WORK/large" \
    "$SERVER/v1/videos"
answers 415 unsupported_media_type -K "$WORK/curlrc" -H "Content-Type: text/csv" --data-binary "@$WORK/large" \
    -H "Transfer-Encoding: chunked" "$SERVER/v1/videos"
# Where the headers tell already, a client that asks first need not send.
kind=application/json
assert_eq "$(wire expect "$alice" /v1/videos "$kind" 100001)" "HTTP/1.1 413 Content Too Large"
assert_eq "$(wire expect x /v1/videos "$kind" 10)" "HTTP/1.1 401 Unauthorized"
assert_eq "$(wire expect "$alice" /nothing "$kind" 10)" "HTTP/1.1 404 Not Found"
assert_eq "$(wire expect "$alice" /v1/videos text/csv 10)" "HTTP/1.1 415 Unsupported Media Type"

# ---- hostile bytes -------------------------------------------------------------------------------------------

# Where two readers could disagree about a request's end, it is refused, and what stands behind it is not read.
host='Host: 127.0.0.1\r\n' chunked='Transfer-Encoding: chunked\r\n'
for headers in "" "$host$host" " X: y\r\n$host" "${host}X : y\r\n" \
    "${host}Content-Length: 2\r\nContent-Length: 12\r\n" \
    "${host}Content-Length: 2\r\n$chunked" "$host$chunked$chunked" "${host}Transfer-Encoding: gzip, chunked\r\n" \
    "${host}Transfer-Encoding: identity\r\n"; do
    printf '%b' "POST /v1/videos HTTP/1.1\r\n$headers\r\n2\r\n{}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n$host\r\n" |
        wire raw >"$WORK/out"
    assert_contains "$(<"$WORK/out")" "HTTP/1.1 400"
    assert_contains "$(<"$WORK/out")" malformed_request
    assert_lacks "$(<"$WORK/out")" "HTTP/1.1 200"
done

# What the library refuses before this server sees it: docs/server.md says what these answers look like.
refused() { # STATUS REQUEST: and the connection closed
    printf '%b' "$2" | wire raw >"$WORK/out"
    assert_contains "$(head -n 1 "$WORK/out")" "HTTP/1.1 $1"
    assert_lacks "$(<"$WORK/out")" "x-request-id"
}
head -c 70000 /dev/zero | tr '\0' 'a' >"$WORK/long"
create="POST /v1/videos HTTP/1.1\r\n$host"
refused 400 "GET /healthz\r\n\r\n"
refused 400 "GET /healthz HTTP/1.1\r\n${host}no colon\r\n\r\n"
refused 400 "${create}Content-Length: -5\r\n\r\n"
refused 413 "${create}Content-Length: 99999999999999999999\r\n\r\n"
refused 414 "GET /$(<"$WORK/long") HTTP/1.1\r\n$host\r\n"
refused 431 "GET /healthz HTTP/1.1\r\n${host}X-Long: $(<"$WORK/long")\r\n\r\n"
refused 505 "GET /healthz HTTP/2.0\r\n$host\r\n"
create+="Authorization: Bearer $alice\r\nContent-Type: application/json\r\n$chunked\r\n"
refused 400 "${create}zz\r\n{}\r\n0\r\n\r\n"
refused 400 "${create}5\r\n{}\r\n0\r\n\r\n"
refused 413 "${create}fffffffffffffffff\r\n{}\r\n0\r\n\r\n"
refused 500 "${create}2;$(<"$WORK/long")\r\n{}\r\n0\r\n\r\n"
head -c 100000 /dev/urandom | wire raw >"$WORK/out"
printf '\r\n\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n' | wire raw >"$WORK/out"
assert_eq "$(wire pipeline)" 10
wire cut "$alice"
chunked=$(wire chunks "$alice" 5000)
assert_contains "$chunked" "HTTP/1.1 400"
logged() {
    grep -q '"bytes_in":5000,' "$WORK/server.err"
}
eventually 10 logged
answers 200 "" "$SERVER/healthz"

# ---- slow clients ----------------------------------------------------------------------------------------------

# They hold every connection there may be; their time is bounded, so that others get through.
exec {SLOW_FD}< <(wire hold "$alice" 40)
PIDS+=("$!")
read -r -t 30 line <&"$SLOW_FD"
assert_eq "$line" held
answers 200 "" "$SERVER/healthz"
read -r -t 60 line <&"$SLOW_FD"
assert_eq "$line" "all were closed"

# Who takes answers slowly, but steadily, may take his time; who hardly reads is cut off.
is_cut_off() {
    grep '"path":"/openapi.json"' "$WORK/server.err" | grep -q '"broken_off":true'
}
assert_eq "$(wire stroll "$alice")" 301 "answers to a client that takes its time"
python3 "$SOURCE_DIR/tests/support/wire_client.py" "$SERVER_PORT" sip "$alice" &
PIDS+=("$!")
eventually 30 is_cut_off

# ---- what is logged ----------------------------------------------------------------------------------------------

log=$(<"$WORK/server.err")
assert_lacks "$log" "$alice"
assert_lacks "$log" "$carol"
assert_lacks "$log" "token="
assert_eq "$(grep -c '^{' <<<"$log")" "$(grep '^{' <<<"$log" | jq -s length)" "lines of JSON"
grep '^{' <<<"$log" | jq -es 'any(.[]; .path == "/metrics" and .tenant == "alice")' >"$WORK/out" ||
    fail "no line of alice's" "$log"
metrics=$(curl -fsS -K "$WORK/curlrc" "$SERVER/metrics")
assert_contains "$metrics" 'golem_video_http_requests_total{method="GET",route="/healthz",class="2xx"}'
assert_contains "$metrics" 'golem_video_http_bytes_total{direction="in"}'
assert_eq "$(grep -c '^golem_video_requests_under_way 1$' <<<"$metrics")" 1

# ---- the end, under load ---------------------------------------------------------------------------------------

exec {LOAD_FD}< <(wire load "$carol")
PIDS+=("$!")
read -r -t 30 line <&"$LOAD_FD"
curl -sS -N -m 60 -K "$WORK/curlrc" "$SERVER/v1/videos/events" >"$WORK/events" 2>"$WORK/curl.err" &
watcher=$!
PIDS+=("$watcher")
eventually 10 test -s "$WORK/events"
stop_server
assert_eq "$CODE" 0 "exit code of a server that ends under load"
wait "$watcher" || fail "the watcher's stream broke" "$(<"$WORK/curl.err")"
read -r -t 60 line <&"$LOAD_FD"
assert_eq "$line" "0 broken answers"

# A request that is half there when the end is near is still answered.
unset GOLEM_VIDEO_IDLE_MS
start_server
coproc LATE { wire late; }
PIDS+=("$LATE_PID")
read -r -t 30 line <&"${LATE[0]}"
assert_eq "$line" half
under_way() { # COUNT
    curl -fsS "$SERVER/metrics" | grep -qx "golem_video_requests_under_way $1"
}
eventually 10 under_way 2
kill "$SERVER_PID"
is_refused() {
    ! curl -sS -m 5 "$SERVER/healthz"
}
eventually 10 is_refused
echo >&"${LATE[1]}"
read -r -t 30 line <&"${LATE[0]}"
assert_eq "$line" "HTTP/1.1 400 Bad Request" "answer to what came late"
wait "$SERVER_PID" || fail "the server did not end well" "$(<"$WORK/server.err")"

finish
