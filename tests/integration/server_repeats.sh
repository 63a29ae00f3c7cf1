# Asking twice over HTTP: keys, the official clients' own repetitions, also when they overtake, a server that is killed
# in between; a full queue.
source "$(dirname "$0")/lib.sh"

create() { # JSON [CURL ARGUMENT...]: leaves STATUS, BODY, JOB
    local body=$1
    shift
    STATUS=$(curl -sS -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' -H 'content-type: application/json' -d "$body" \
        "$@" "$SERVER/v1/videos")
    BODY=$(<"$WORK/body")
    JOB=$(jq -r '.id // ""' <<<"$BODY")
}
code() {
    jq -r '"\(.error.code) \(.error.param)"' <<<"$BODY"
}
replayed() {
    grep -ci '^idempotent-replayed: true' "$WORK/head" || true
}
has_created() { # COUNT
    (($(ledger length) >= $1))
}

start_sandbox
start_server
wish='{"prompt":"a cat","model":"kling/kling-v2-6"}'

# ---- with a key -------------------------------------------------------------------------------------

create "$wish" -H 'Idempotency-Key: one'
assert_eq "$STATUS $(replayed)" "200 0"
first=$JOB answer=$BODY
eventually 30 has_created 1
create "$wish" -H 'Idempotency-Key: one'
assert_eq "$STATUS $JOB $(replayed)" "200 $first 1"
assert_eq "$BODY" "$answer" "the first answer again"
create '{"prompt":"a cat","model":"kling/kling-v2-6","golem_video":{"idempotency_key":"one"}}'
assert_eq "$STATUS $JOB" "200 $first"
create '{"prompt":"a dog","model":"kling/kling-v2-6"}' -H 'Idempotency-Key: one'
assert_eq "$STATUS $(code)" "422 idempotency_key_reused idempotency_key"
create "$wish" -H "Idempotency-Key: $(printf 'k%.0s' {1..256})"
assert_eq "$STATUS $(code)" "400 invalid_request Idempotency-Key"
create '{"prompt":"a cat","golem_video":{"idempotency_key":"other"}}' -H 'Idempotency-Key: one'
assert_eq "$STATUS $(code)" "400 invalid_request idempotency_key"

# ---- the official clients' repetitions --------------------------------------------------------------

create "$wish" -H 'X-Stainless-Retry-Count: 0'
second=$JOB
[[ $second != "$first" ]] || fail "two wishes became one"
create "$wish" -H 'X-Stainless-Retry-Count: 1'
assert_eq "$JOB $(replayed)" "$second 1"
# Other bytes, the same fields.
JOB=$(curl -sS -F 'prompt=a cat' -F model=kling/kling-v2-6 -H 'X-Stainless-Retry-Count: 2' "$SERVER/v1/videos" |
    jq -r .id)
assert_eq "$JOB" "$second"
create '{"prompt":"a dog","model":"kling/kling-v2-6"}' -H 'X-Stainless-Retry-Count: 1'
[[ $JOB != "$second" ]] || fail "another wish was taken for a repetition"
third=$JOB

# ---- killed in between ------------------------------------------------------------------------------

eventually 30 has_created 3
create "$wish" -H 'Idempotency-Key: killed' -H 'X-Stainless-Retry-Count: 0'
fourth=$JOB
stop_server KILL
start_server
create "$wish" -H 'Idempotency-Key: killed' -H 'X-Stainless-Retry-Count: 1'
assert_eq "$STATUS $JOB $(replayed)" "200 $fourth 1"
create '{"prompt":"a hare","model":"kling/kling-v2-6"}' -H 'X-Stainless-Retry-Count: 0'
fifth=$JOB
stop_server KILL
start_server
create '{"prompt":"a hare","model":"kling/kling-v2-6"}' -H 'X-Stainless-Retry-Count: 1'
assert_eq "$STATUS $JOB" "200 $fifth"
for job in "$first" "$second" "$third" "$fourth" "$fifth"; do
    assert_exit 0 gv wait "$job" --quiet
done
assert_eq "$(ledger length)" 5 "creates at the provider"
assert_eq "$(curl -sS "$SERVER/v1/videos" | jq '.data | length')" 5 "jobs"

# ---- a repetition that overtakes what it repeats ------------------------------------------------------

begin_create() { # JSON: sends all of it but the last byte, over FIRST
    exec {FIRST}<>"/dev/tcp/127.0.0.1/$SERVER_PORT"
    printf 'POST /v1/videos HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n' >&"$FIRST"
    printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' "${#1}" "${1:0:-1}" >&"$FIRST"
    eventually 30 under_way 2
}
under_way() { # COUNT, with the question itself
    (($(curl -fsS "$SERVER/metrics" | awk '/^golem_video_requests_under_way / { print $2 }') == $1))
}
repeat() { # JSON; without the first one's connection, which is over when this shell closes it
    (
        exec {FIRST}<&-
        exec curl -sS -H 'content-type: application/json' -H 'X-Stainless-Retry-Count: 1' -d "$1" "$SERVER/v1/videos"
    ) >"$WORK/repetition" &
    REPETITION=$!
    eventually 30 under_way 3
}
jobs_of() { # PROMPT
    curl -fsS "$SERVER/v1/videos?limit=100" | jq --arg p "$1" '[.data[] | select(.prompt == $p)] | length'
}

body='{"prompt":"an owl","model":"kling/kling-v2-6"}'
begin_create "$body"
repeat "$body"
create "$wish" -H 'Idempotency-Key: meanwhile' # with a key nobody waits
assert_eq "$STATUS" 200
assert_exit 0 gv wait "$JOB" --quiet
assert_eq "$(wc -c <"$WORK/repetition")" 0 "bytes of an answer before the first send is decided"
printf '}' >&"$FIRST"
first=$(sed '1,/^\r$/d' <&"$FIRST" | jq -r .id)
wait "$REPETITION"
assert_eq "$(jq -r .id "$WORK/repetition")" "$first"
assert_eq "$(jobs_of 'an owl')" 1 "jobs"
exec {FIRST}<&-

body='{"prompt":"a fox","model":"kling/kling-v2-6"}'
begin_create "$body"
repeat "$body"
exec {FIRST}<&- # its client gave up
wait "$REPETITION"
second=$(jq -r .id "$WORK/repetition")
assert_eq "$(jobs_of 'a fox')" 1 "jobs"
for job in "$first" "$second"; do
    assert_exit 0 gv wait "$job" --quiet
done

begin_create "$body"
repeat "$body"
kill "$SERVER_PID" # who stops can't wait, and makes nothing
wait "$REPETITION"
assert_eq "$(jq -r .error.code "$WORK/repetition")" create_under_way
exec {FIRST}<&-
wait "$SERVER_PID"
exec {SERVER_FD}<&-

# ---- a full queue -----------------------------------------------------------------------------------

faults "query:status:processing"
GOLEM_VIDEO_QUEUE_MAX=2 start_server
create '{"prompt":"one","model":"kling/kling-v2-6"}' -H 'Idempotency-Key: full'
full=$JOB
create '{"prompt":"two","model":"kling/kling-v2-6"}'
waiting=$JOB
create '{"prompt":"three","model":"kling/kling-v2-6"}'
assert_eq "$STATUS $(code)" "429 queue_full null"
assert_contains "$(<"$WORK/head")" "Retry-After: 5"
assert_contains "$(<"$WORK/head")" "retry-after-ms: 5000"
create '{"prompt":"three","model":"kling/kling-v2-6"}' -H 'Idempotency-Key: another'
assert_eq "$STATUS $(code)" "429 queue_full null"
create '{"prompt":"three","model":"kling/kling-v2-6"}' -H 'X-Stainless-Retry-Count: 1'
assert_eq "$STATUS $(code)" "429 queue_full null"
create '{"prompt":"one","model":"kling/kling-v2-6"}' -H 'Idempotency-Key: full' # what was accepted still stands
assert_eq "$STATUS $JOB $(replayed)" "200 $full 1"
create '{"prompt":"two","model":"kling/kling-v2-6"}' -H 'X-Stainless-Retry-Count: 1'
assert_eq "$STATUS $JOB $(replayed)" "200 $waiting 1"
STATUS=$(curl -sS -o "$WORK/body" -w '%{http_code}' -X POST "$SERVER/v1/videos/$waiting/cancel")
became=$(jq -r '"\(.status) \(.error.code) \(.golem_video.cancelled) \(.golem_video | has("message"))"' "$WORK/body")
assert_eq "$STATUS $became" "200 failed cancelled true true"
has_room() {
    create '{"prompt":"three","model":"kling/kling-v2-6"}' && [[ $STATUS == 200 ]]
}
eventually 20 has_room
stop_server
finish
