# Server-sent events: a job's whole history, live, from where a client left off, whoever drives the job; and all jobs'.
source "$(dirname "$0")/lib.sh"
start_sandbox --speed 20
assert_exit 0 gv token alice --tokens "$WORK/tokens"
alice=$OUT
assert_exit 0 gv token bob --tokens "$WORK/tokens"
bob=$OUT
start_server --tokens "$WORK/tokens"

call() { # TOKEN PATH CURL-ARGUMENTS...
    local token=$1 path=$2
    shift 2
    curl -sS -m 60 -H "Authorization: Bearer $token" "$@" "$SERVER$path"
}
create() { # TOKEN
    call "$1" /v1/videos -H "Content-Type: application/json" -d '{"prompt":"a paper boat","model":"kling-v2-6"}' |
        jq -r .id
}
# The data of the events of one kind, an array.
events_of() { # KIND <EVENTS
    awk -v kind="$1" '$1 == "event:" { is = $2 == kind } $1 == "data:" && is { sub(/^data: /, ""); print }' | jq -s .
}

# ---- one job -------------------------------------------------------------------------------------------------

# All that happens comes to who watches all; a stranger sees nothing.
call "$alice" /v1/videos/events -N >"$WORK/all" &
PIDS+=("$!")
call "$bob" /v1/videos/events -N >"$WORK/bobs" &
PIDS+=("$!")
eventually 10 test -s "$WORK/all"
eventually 10 test -s "$WORK/bobs"

job=$(create "$alice")
assert_contains "$job" gv_
call "$alice" "/v1/videos/$job/events" -N >"$WORK/live"
ids=$(sed -n 's/^id: //p' "$WORK/live" | tr '\n' ' ')
assert_eq "$ids" "$(seq -s ' ' "$(wc -w <<<"$ids")") " "events' ids"
assert_eq "$(events_of end <"$WORK/live" | jq -r '.[0] | "\(.id) \(.object) \(.status) \(.progress)"')" \
    "$job video completed 100"
assert_eq "$(events_of transition <"$WORK/live" | jq -r 'last | "\(.effect) \(.status) \(.parked) \(.id)"')" \
    "succeed completed false $job"
assert_eq "$(events_of transition <"$WORK/live" | jq -r '.[0] | "\(.event) \(.status)"')" "accepted queued"
# It is what the log says.
wanted=$(gv log "$job" --json | jq -c 'map({seq, at_ms, event, phase, effect})')
assert_eq "$(events_of transition <"$WORK/live" | jq -c 'map({seq, at_ms, event, phase, effect})')" "$wanted"

# Later, the same again; from behind an event, the rest; and of a stranger's job nothing.
call "$alice" "/v1/videos/$job/events" >"$WORK/later"
assert_eq "$(events_of transition <"$WORK/later" | jq -c 'map({seq, at_ms, event, phase, effect})')" "$wanted"
call "$alice" "/v1/videos/$job/events" -H "Last-Event-ID: 2" >"$WORK/rest"
assert_eq "$(sed -n 's/^id: //p' "$WORK/rest" | head -1)" 3
last=$(wc -w <<<"$ids")
call "$alice" "/v1/videos/$job/events" -H "Last-Event-ID: $last" >"$WORK/none"
assert_eq "$(events_of transition <"$WORK/none" | jq length)" 0
assert_eq "$(events_of end <"$WORK/none" | jq length)" 1
assert_eq "$(call "$bob" "/v1/videos/$job/events" -o "$WORK/body" -w '%{http_code}')" 404
assert_eq "$(call "$alice" "/v1/videos/$job/events" -H "Last-Event-ID: x" -o "$WORK/body" -w '%{http_code}')" 400

has_end() { # FILE JOB
    events_of transition <"$1" | jq -e --arg j "$2" 'any(.[]; .id == $j and .status == "completed")'
}
eventually 10 has_end "$WORK/all" "$job"
assert_eq "$(events_of transition <"$WORK/all" | jq -c 'map({seq, at_ms, event, phase, effect})')" \
    "$(jq -c '.[1:]' <<<"$wanted")" "live events of all jobs, behind the one of the acceptance"
assert_eq "$(events_of transition <"$WORK/bobs" | jq length)" 0

# ---- a job that another process drives -------------------------------------------------------------------------

gv generate "a paper boat" --model kling-v2-6 --quiet >"$WORK/out" 2>"$WORK/err" &
driver=$!
PIDS+=("$driver")
stop_server
assert_eq "$CODE" 0
start_server # without tokens: everybody's jobs
other() {
    [[ $(newest_job) != "$job" ]]
}
eventually 30 other
theirs=$(newest_job)
curl -sS -m 60 -N "$SERVER/v1/videos/$theirs/events" >"$WORK/theirs"
assert_eq "$(events_of end <"$WORK/theirs" | jq -r '.[0].status')" completed
wait "$driver"
assert_eq "$(events_of transition <"$WORK/theirs" | jq length)" "$(gv log "$theirs" --json | jq length)"

# ---- many watchers, some of whom are gone -----------------------------------------------------------------------

watchers() {
    curl -fsS "$SERVER/metrics" | sed -n 's/^golem_video_watchers //p'
}
pids=()
for i in $(seq 20); do
    curl -sS -m 60 -N "$SERVER/v1/videos/events" >"$WORK/watch.$i" 2>"$WORK/watch.err" &
    pids+=("$!")
done
PIDS+=("${pids[@]}")
all_watch() {
    [[ $(watchers) == 20 ]]
}
eventually 30 all_watch
kill "${pids[@]:0:10}"
half=$(curl -sS -m 20 "$SERVER/v1/videos" -H "Content-Type: application/json" \
    -d '{"prompt":"a kite","model":"kling-v2-6"}' | jq -r .id)
curl -sS -m 60 -N "$SERVER/v1/videos/$half/events" >"$WORK/half"
assert_eq "$(events_of end <"$WORK/half" | jq -r '.[0].status')" completed
for i in $(seq 11 20); do
    eventually 10 has_end "$WORK/watch.$i" "$half"
done
some_watch() {
    [[ $(watchers) == 10 ]]
}
eventually 30 some_watch
stop_server
assert_eq "$CODE" 0
wait "${pids[@]:10}" || fail "a watcher's stream broke" "$(<"$WORK/watch.err")"

finish
