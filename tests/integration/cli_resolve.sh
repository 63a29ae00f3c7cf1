# Jobs of which nobody knows whether the provider took them: parked, told, and settled by a person in each way.
source "$(dirname "$0")/lib.sh"
start_sandbox

# Speech has no name of the caller's by which it could be asked for: a lost answer parks the job.
park() {
    faults "tts:drop*1"
    assert_exit 9 gv lip-sync --video-id "$film" --text "Good morning" --voice oversea_male1
    parked=$(newest_job)
}

assert_exit 0 gv generate "a girl" --quiet
film=$(newest_job)

# It says what is not known and how it is settled, in every view.
park
assert_contains "$ERR" "golem-video resolve $parked --resubmit"
assert_lacks "$ERR" "--look-up"
assert_lacks "$ERR" "--adopt"
assert_eq "$OUT" ""
assert_exit 9 gv wait "$parked"
assert_exit 9 gv wait "$parked" --json
[[ $(jq -r '.uncertain | length' <<<"$OUT") -gt 0 ]] || fail "no reason in the result" "$OUT"
assert_exit 0 gv poll "$parked"
assert_contains "$OUT" "$parked uncertain: "
assert_contains "$(gv jobs)" uncertain
assert_exit 9 gv fetch "$parked" -o "$WORK/x.mp4"
[[ ! -e $WORK/x.mp4 ]] || fail "fetch wrote a file"

# Without a choice it lists those that this job has, and one that can't settle it is refused with the reason.
assert_exit 2 gv resolve "$parked"
assert_contains "$ERR" "in which way?"
assert_contains "$ERR" "resolve $parked --resubmit"
assert_lacks "$ERR" "--adopt"
assert_exit 3 gv resolve "$parked" --adopt 77
assert_contains "$ERR" "A call that makes speech is no task that could be adopted"
assert_contains "$ERR" "resolve $parked --give-up"
assert_exit 3 gv resolve "$parked" --look-up --json
assert_contains "$(jq -r .error.message <<<"$OUT")" "no way to ask for a call that makes speech"
assert_contains "$(gv poll "$parked")" uncertain
assert_exit 2 gv resolve "$parked" --give-up --resubmit
assert_exit 3 gv resolve "$film"
assert_contains "$ERR" "not parked"

# Sent again, because a person says so, and waited for.
before=$(ledger 'map(select(.product == "tts")) | length')
assert_exit 0 gv resolve "$parked" --resubmit --wait --quiet
assert_film "$OUT"
assert_eq "$(ledger 'map(select(.product == "tts")) | length')" $((before + 1)) "speeches paid"
assert_exit 3 gv resolve "$parked" --resubmit
assert_contains "$ERR" "not parked"

# Given up: the job has failed, and saying so is no failure.
park
assert_exit 0 gv resolve "$parked" --give-up
assert_contains "$OUT" "$parked failed"
run gv wait "$parked"
[[ $CODE == 6 || $CODE == 8 ]] || fail "exit code $CODE of a job given up" "$ERR"

# A parked job can be cancelled.
park
assert_exit 0 gv cancel "$parked"
assert_exit 7 gv wait "$parked"

# Nobody is told to ask where the provider has no way to be asked, neither here nor over HTTP.
start_server
for provider in runway veo; do
    faults "create:drop*1"
    assert_exit 9 gv generate "a boat" --provider "$provider"
    parked=$(newest_job)
    assert_contains "$ERR" "golem-video resolve $parked --adopt"
    assert_lacks "$ERR" "--look-up"
    assert_eq "$(curl -fsS "$SERVER/v1/videos/$parked" | jq -r '.golem_video.resolve | join(" ")')" \
        "adopt resubmit give_up"
    assert_lacks "$(curl -fsS "$SERVER/v1/videos/$parked" | jq -r .golem_video.note)" "--"
    answer=$(curl -sS "$SERVER/v1/videos/$parked/resolve" --json '{"how": "look_up"}')
    assert_eq "$(jq -r '.error | "\(.code) \(.param)"' <<<"$answer")" "invalid_request how"
    assert_contains "$(jq -r .error.message <<<"$answer")" "can't be asked"
    answer=$(curl -sS "$SERVER/v1/videos/$parked/resolve" --json '{"how": "adopt", "task_id": "../../x"}')
    assert_eq "$(jq -r '.error | "\(.code) \(.param)"' <<<"$answer")" "invalid_request task_id"
    # Who polls sees a job that has begun, everywhere.
    assert_eq "$(curl -fsS "$SERVER/v1/videos/$parked" | jq -r .status)" in_progress
    assert_contains "$(curl -fsS "$SERVER/v1/videos?status=in_progress" | jq -r '.data[].id')" "$parked"
    assert_lacks "$(curl -fsS "$SERVER/v1/videos?status=queued" | jq -r '.data[].id')" "$parked"
    curl -fsSN "$SERVER/v1/videos/$parked/events" >"$WORK/events.$provider" &
    PIDS+=("$!")
    eventually 20 grep -q '"parked":true' "$WORK/events.$provider"
    assert_contains "$(<"$WORK/events.$provider")" '"status":"in_progress","parked":true'
done

# A slip of the keyboard costs nothing: the wrong task leads back, as often as it takes, and the right one on.
note_says() { # WORDS
    curl -fsS "$SERVER/v1/videos/$parked" |
        jq -e --arg words "$1" '.golem_video | .parked and (.note | contains($words))'
}
for provider in kling runway; do
    faults "create:drop*1,query:503"
    assert_exit 9 gv generate "a boat" --provider "$provider" --deadline 1
    faults ""
    parked=$(newest_job)
    task=$(ledger 'last | .id')
    assert_exit 9 gv resolve "$parked" --adopt "${task%?}" --wait
    assert_contains "$ERR" "Task ${task%?} was not adopted"
    assert_contains "$ERR" "golem-video resolve $parked --adopt"
    assert_exit 0 curl -fsS "$SERVER/v1/videos/$parked/resolve" --json '{"how": "adopt", "task_id": "no-such-task"}'
    eventually 60 note_says "Task no-such-task was not adopted"
    before=$(ledger length)
    assert_exit 0 gv resolve "$parked" --adopt "$task" --wait --quiet
    assert_film "$OUT"
    assert_eq "$(ledger length)" "$before" "creates"
done
stop_server

# What a job's time was lost with is told with its end.
faults "create:drop*1,query:503"
assert_exit 9 gv generate "a boat" --deadline 1
assert_contains "$ERR" "Kling answered HTTP 503"
assert_contains "$ERR" "The job's time is over. The answer to the create was lost"
faults "query:503"
assert_exit 6 gv generate "a boat" --deadline 1
assert_contains "$ERR" "has not ended"
assert_contains "$ERR" "What came last: Kling answered HTTP 503"
faults ""

finish
