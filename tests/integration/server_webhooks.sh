#!/bin/bash
# Events of jobs that ended: signed, sent until they arrive, lost by no crash; and what providers report to us.
. "$(dirname "$0")/lib.sh"

export GOLEM_VIDEO_WEBHOOK_RETRY_MS=50 GOLEM_VIDEO_ALLOW_PRIVATE=1
CALLBACK_KEY=$(printf 'a secret of thirty-two bytes, yes' | base64)
SANDBOX_KEY=$(printf 'what the sandbox signs its own by' | base64)

# A receiver that keeps what it got, a line of JSON each, and refuses the first N posts to /fail/N/...
cat >"$WORK/receiver.py" <<'END'
import collections, http.server, json, re, sys
seen = collections.Counter()
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        seen[self.path] += 1
        fails = re.match(r"/fail/(\d+)/", self.path)
        status = 503 if fails and seen[self.path] <= int(fails[1]) else 302 if self.path == "/moved" else 200
        line = {"path": self.path, "status": status, "body": body}
        line |= {name: self.headers.get("webhook-" + name) for name in ("id", "timestamp", "signature")}
        with open(sys.argv[1], "a") as log:
            log.write(json.dumps(line) + "\n")
        self.send_response(status)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Receiver)
print(server.server_address[1], flush=True)
server.serve_forever()
END

start_receiver() { # [PORT]
    exec {RECEIVER_FD}< <(exec python3 -u "$WORK/receiver.py" "$WORK/received" "${1:-0}")
    RECEIVER_PID=$!
    PIDS+=("$RECEIVER_PID")
    read -r -t 30 RECEIVER_PORT <&"$RECEIVER_FD" || fail "the receiver did not start"
    RECEIVER=http://127.0.0.1:$RECEIVER_PORT
}

# What came on a path, a JSON array.
received() { # PATH [JQ]
    jq -cs --arg p "$1" "map(select(.path == \$p)) | ${2:-.}" "$WORK/received"
}

has_received() { # PATH COUNT
    (($(received "$1" length) >= $2))
}

has_arrived() { # PATH
    received "$1" 'any(.status == 200)' | grep -q true
}

api() { # METHOD PATH [JSON]
    curl -sS -X "$1" "$SERVER$2" ${3:+-H 'content-type: application/json' --data-binary "$3"}
}

endpoint() { # PATH: makes one; sets ENDPOINT, SECRET
    local made
    made=$(api POST /v1/webhook_endpoints "{\"url\":\"$RECEIVER$1\",\"name\":\"test\",
        \"event_types\":[\"video.completed\",\"video.failed\"]}")
    ENDPOINT=$(jq -r .id <<<"$made")
    SECRET=$(jq -r .signing_secret <<<"$made")
    assert_contains "$SECRET" whsec_
}

# A film asked for; sets JOB.
film() { # [MEMBERS OF golem_video]
    local made
    made=$(api POST /v1/videos "{\"prompt\":\"a boat\",\"model\":\"kling/kling-v2-6\",\"golem_video\":{${1:-}}}")
    JOB=$(jq -r .id <<<"$made")
    assert_contains "$JOB" gv_
}

# Whether one of the line's signatures is the secret's.
is_signed() { # LINE SECRET
    python3 - "$1" "$2" <<'END'
import base64, hashlib, hmac, json, sys
line, secret = json.loads(sys.argv[1]), base64.b64decode(sys.argv[2].removeprefix("whsec_"))
text = f'{line["id"]}.{line["timestamp"]}.{line["body"]}'.encode()
wanted = "v1," + base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
sys.exit(wanted not in line["signature"].split(" "))
END
}

serve() {
    start_server --public-url "http://127.0.0.1:$SERVER_PORT" "$@"
}

start_receiver
SANDBOX_WEBHOOK_SECRET=whsec_$SANDBOX_KEY start_sandbox
SERVER_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export GOLEM_VIDEO_WEBHOOK_SECRET=whsec_$CALLBACK_KEY KLING_WEBHOOK_SECRET=whsec_$SANDBOX_KEY
serve

# ---- endpoints --------------------------------------------------------------------------------------

assert_eq "$(api GET /v1/webhook_event_types | jq -c .data)" '["video.completed","video.failed"]'
assert_eq "$(api GET /v1/webhook_endpoints | jq -c '[.object, .data, .first_id, .has_more]')" '["list",[],null,false]'
endpoint /one
FIRST=$ENDPOINT
endpoint /two
assert_eq "$(api GET /v1/webhook_endpoints | jq -c '[.data[].id]')" "[\"$ENDPOINT\",\"$FIRST\"]" "newest first"
assert_eq "$(api GET '/v1/webhook_endpoints?limit=1' | jq -c '[.has_more, .last_id]')" "[true,\"$ENDPOINT\"]"
assert_eq "$(api GET "/v1/webhook_endpoints?after=$ENDPOINT" | jq -r '.data[].id')" "$FIRST"
shown=$(api GET "/v1/webhook_endpoints/$FIRST")
assert_eq "$(jq -c '[.object, .name, .event_types, .enabled, has("signing_secret")]' <<<"$shown")" \
    '["webhook_endpoint","test",["video.completed","video.failed"],true,false]'
assert_lacks "$shown" "${SECRET:0:20}"
changed=$(api POST "/v1/webhook_endpoints/$FIRST" '{"name":"other","event_types":["video.failed"]}')
assert_eq "$(jq -c '[.name, .event_types, .url]' <<<"$changed")" "[\"other\",[\"video.failed\"],\"$RECEIVER/one\"]"
wrong_endpoint() { # PARAM JSON
    assert_eq "$(api POST /v1/webhook_endpoints "$2" | jq -r '.error | .type + " " + .param')" \
        "invalid_request_error $1" "$2"
}
wrong_endpoint url '{"name":"a","event_types":["video.completed"]}'
wrong_endpoint url '{"name":"a","url":"ftp://example.com/","event_types":["video.failed"]}'
wrong_endpoint name '{"name":"","url":"http://example.com/","event_types":["video.failed"]}'
wrong_endpoint event_types '{"name":"a","url":"http://example.com/"}'
wrong_endpoint event_types '{"name":"a","url":"http://example.com/","event_types":["batch.completed"]}'
wrong_endpoint colour '{"name":"a","url":"http://example.com/","event_types":["video.failed"],"colour":"red"}'
test=$(api POST "/v1/webhook_endpoints/$ENDPOINT/test" '{"event_type":"video.completed"}')
assert_eq "$(jq -c '[.object, .success, .status_code, .event_type]' <<<"$test")" \
    '["webhook_endpoint.test",true,200,"video.completed"]'
is_signed "$(received /two '.[0]')" "$SECRET" || fail "a test's signature"
assert_eq "$(api DELETE "/v1/webhook_endpoints/$ENDPOINT" | jq -c '[.object, .deleted]')" \
    '["webhook_endpoint.deleted",true]'
assert_eq "$(api GET "/v1/webhook_endpoints/$ENDPOINT" | jq -r .error.code)" not_found
assert_lacks "$(strings "$GOLEM_VIDEO_STORE/journal.db"* | cat)" "${SECRET:6:30}"

# ---- an event, tried until it arrives --------------------------------------------------------------

endpoint /fail/2/hook
film
eventually 60 has_arrived /fail/2/hook
assert_eq "$(received /fail/2/hook 'map(.status)')" '[503,503,200]'
assert_eq "$(received /fail/2/hook 'map(.id) | unique | length')" 1 "ids of the tries"
assert_eq "$(received /fail/2/hook '.[0].body | fromjson | [.type, .object, .data.id, (.id | startswith("evt_"))]')" \
    "[\"video.completed\",\"event\",\"$JOB\",true]"
for i in 0 1 2; do
    is_signed "$(received /fail/2/hook ".[$i]")" "$SECRET" || fail "the signature of try $i"
done
assert_eq "$(received /one length)" 0 "what was not asked for"

# ---- many for one that fails -------------------------------------------------------------------------

SOLE=$ENDPOINT OLD=$SECRET
endpoint /fail/4/many
for i in 1 2 3 4 5; do film; done
arrived_many() { # JQ
    received /fail/4/many "map(select(.status == 200) | .id) | $1"
}
all_arrived() {
    [[ $(arrived_many 'unique | length') == 5 ]]
}
eventually 60 all_arrived
assert_eq "$(arrived_many length)" 5 "posts that arrived"
assert_eq "$(received /fail/4/many 'map(select(.status != 200)) | length')" 4 "posts that did not"
api DELETE "/v1/webhook_endpoints/$ENDPOINT" >"$WORK/deleted"
ENDPOINT=$SOLE
before=8 # posts to the first of the two: three tries, and these films
eventually 60 has_received /fail/2/hook "$before"

# ---- the secret is changed --------------------------------------------------------------------------

rotated=$(api POST "/v1/webhook_endpoints/$ENDPOINT/rotate_secret" '{"keep_old_secret_active_for_24_hours":true}')
NEW=$(jq -r .signing_secret <<<"$rotated")
[[ $NEW != "$OLD" ]] || fail "the secret is the same"
film
eventually 60 has_received /fail/2/hook $((before + 1))
is_signed "$(received /fail/2/hook '.[-1]')" "$OLD" || fail "the old secret within its day"
is_signed "$(received /fail/2/hook '.[-1]')" "$NEW" || fail "the new secret"
api POST "/v1/webhook_endpoints/$ENDPOINT/rotate_secret" >"$WORK/rotated"
film
eventually 60 has_received /fail/2/hook $((before + 2))
if is_signed "$(received /fail/2/hook '.[-1]')" "$NEW"; then fail "an old secret that was not kept"; fi
is_signed "$(received /fail/2/hook '.[-1]')" "$(jq -r .signing_secret "$WORK/rotated")" || fail "the newest secret"
api DELETE "/v1/webhook_endpoints/$ENDPOINT" >"$WORK/deleted"

# ---- a job's own address ------------------------------------------------------------------------------

film "\"callback_url\":\"$RECEIVER/own\""
eventually 60 has_arrived /own
is_signed "$(received /own '.[0]')" "whsec_$CALLBACK_KEY" || fail "the signature of a callback"
assert_eq "$(received /own '.[0].body | fromjson | .data.id')" "\"$JOB\""

# ---- redirects are answers, and after three days nobody tries any more ----------------------------------

endpoint /moved
film
eventually 60 has_received /moved 2
assert_eq "$(received /elsewhere length)" 0 "followed redirects"
stop_server
pending() { # [SQL]
    python3 - "$GOLEM_VIDEO_STORE/journal.db" "${1:-}" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
if sys.argv[2]:
    db.execute(sys.argv[2])
    db.commit()
print(db.execute("SELECT count(*) FROM docs WHERE space='webhook_delivery'").fetchone()[0])
END
}
age="json_set(value, '$.created_s', json_extract(value, '$.created_s') - 72 * 3600)"
assert_eq "$(pending "UPDATE docs SET value=$age WHERE space='webhook_delivery'")" 1 "deliveries that wait"
serve
has_given_up() {
    curl -fsS "$SERVER/metrics" | grep -q 'given_up.* 1$'
}
eventually 60 has_given_up
assert_contains "$(<"$WORK/server.err")" "is given up"
assert_eq "$(pending)" 0 "deliveries after one was given up"
api DELETE "/v1/webhook_endpoints/$ENDPOINT" >"$WORK/deleted"

# ---- killed between the end and the delivery ------------------------------------------------------------

endpoint /late
kill "$RECEIVER_PID"
wait "$RECEIVER_PID" || true
film
job_is_done() {
    api GET "/v1/videos/$JOB" | jq -e '.status == "completed"'
}
eventually 60 job_is_done
stop_server KILL
start_receiver "$RECEIVER_PORT"
serve
eventually 60 has_arrived /late
assert_eq "$(received /late 'map(.body | fromjson | .data.id) | unique')" "[\"$JOB\"]"

# Ended while no server was there: another program drove it.
film
stop_server KILL
assert_exit 0 gv wait "$JOB" --quiet
serve
late_has() {
    received /late "any(.body | fromjson | .data.id == \"$JOB\")" | grep -q true
}
eventually 60 late_has

# A restart sends nothing again.
count=$(received /late length)
stop_server
serve
film
eventually 60 late_has
assert_eq "$(received /late length)" "$((count + 1))" "posts after a restart"

# ---- what the provider reports ----------------------------------------------------------------------------

events_of() {
    api GET "/v1/videos/$JOB/log" | jq -c '[.data[].event]'
}
assert_eq "$(api POST /v1/videos/check '{"prompt":"a boat","model":"kling/kling-v2-6"}' |
    jq -r .request.body.callback_url)" "http://127.0.0.1:$SERVER_PORT/callbacks/kling" "the address in the create"
woken() {
    events_of | grep -q wake
}
stop_server
GOLEM_VIDEO_POLL_MS=600000 serve
film
eventually 60 job_is_done
woken || fail "the report brought no look" "$(events_of)"

callback() { # BODY [HEADER...]: the status
    local body=$1
    shift
    curl -sS -o "$WORK/answer" -w '%{http_code}' --data-binary "$body" -H 'content-type: application/json' \
        "${@/#/-H}" "$SERVER/callbacks/kling"
}
signature() { # SECRET ID TIME BODY
    printf '%s.%s.%s' "$2" "$3" "$4" | openssl dgst -sha256 -mac HMAC \
        -macopt "hexkey:$(base64 -d <<<"$1" | od -An -tx1 | tr -d ' \n')" -binary | base64
}
body="{\"task_id\":\"1\",\"task_info\":{\"external_task_id\":\"gv-$JOB\"}}"
now=$(date +%s)
assert_eq "$(callback "$body")" 401 "unsigned"
assert_eq "$(callback "$body" "webhook-id: a" "webhook-timestamp: $now" "webhook-signature: v1,AAAA")" 401 "forged"
assert_eq "$(callback "$body" "webhook-id: a" "webhook-timestamp: $now" \
    "webhook-signature: v1,$(signature "$SANDBOX_KEY" a "$now" "$body")")" 200 "signed"
old=$((now - 3600))
assert_eq "$(callback "$body" "webhook-id: a" "webhook-timestamp: $old" \
    "webhook-signature: v1,$(signature "$SANDBOX_KEY" a "$old" "$body")")" 401 "replayed an hour later"
assert_eq "$(curl -sS -o "$WORK/answer" -w '%{http_code}' -X POST "$SERVER/callbacks/nobody")" 404
stop_server
assert_eq "$CODE" 0

# Without a secret nobody is called back.
unset GOLEM_VIDEO_WEBHOOK_SECRET KLING_WEBHOOK_SECRET
serve
refusal=$(api POST /v1/videos "{\"prompt\":\"a boat\",\"golem_video\":{\"callback_url\":\"$RECEIVER/own\"}}")
assert_eq "$(jq -r .error.param <<<"$refusal")" golem_video.callback_url
assert_eq "$(callback "$body" "webhook-id: a" "webhook-timestamp: $now" \
    "webhook-signature: v1,$(signature "$SANDBOX_KEY" a "$now" "$body")")" 401 "signed, and no secret to check it by"
finish
