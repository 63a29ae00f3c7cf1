# A wall clock that steps while jobs go on, and between two processes: no job fails for it, none is paid twice, tokens
# are signed by the provider's time, and films come home.
source "$(dirname "$0")/lib.sh"
shim=$BUILD_DIR/tests/libclock_shift.so
[[ -e $shim ]] || { echo "skipped: no $shim"; exit 0; }
start_sandbox
unset KLING_API_KEY
export KLING_ACCESS_KEY=sandbox-access KLING_SECRET_KEY=sandbox-secret # tokens with iat and exp
export CLOCK_SHIFT=$WORK/shift
hour=3600 day=86400

shifted() { # COMMAND...
    LD_PRELOAD=$shim "$@"
}

set_clock() { # SECONDS, in one go
    echo "$1" >"$CLOCK_SHIFT.new"
    mv "$CLOCK_SHIFT.new" "$CLOCK_SHIFT"
}

# The shim does what it shall.
set_clock $((-10 * day))
behind=$(($(date +%s) - $(LD_PRELOAD=$shim date +%s)))
((behind > 9 * day && behind < 11 * day)) || fail "the shifted clock is $behind s behind"

creates=0
# steps BEFORE DURING AFTER: the clock when the job is accepted, while its task is made, and for the process that ends
# the job after the first was killed.
steps() {
    echo "$1 $2 $3"
    set_clock "$1"
    faults "query:status:processing"
    shifted "$GOLEM_VIDEO" generate "a boat" --model kling-v2-6 --no-progress >"$WORK/out" 2>"$WORK/driver.err" &
    local driver=$! job asked
    PIDS+=("$driver")
    eventually 120 grep -q "Kling has it" "$WORK/driver.err"
    creates=$((creates + 1))
    set_clock "$2"
    asked=$(requests kling query)
    eventually 120 has_asked kling "$((asked + 3))"
    kill -0 "$driver" || fail "the driver ended when the clock stepped" "$(<"$WORK/driver.err")"
    kill -KILL "$driver"
    wait "$driver" 2>/dev/null || true
    set_clock "$3"
    faults ""
    job=$(grep -oE 'gv_[0-9a-z]+' "$WORK/driver.err" | head -1)
    assert_exit 0 shifted timeout 120 "$GOLEM_VIDEO" wait "$job" -o "$WORK/film.mp4" --quiet
    assert_film "$WORK/film.mp4"
    rm "$WORK/film.mp4"
    assert_eq "$(ledger length)" "$creates" "creates with the clock at $1, $2, $3"
}

steps 0 $((-2 * hour)) 0
steps 0 $((3 * hour)) $((3 * hour)) # beyond the deadline
steps $((-day)) 0 $((-day))
steps "$day" "$((-400 * day))" "$day"

# Jobs of a process whose clock stepped back are told apart, and all are found.
set_clock 0
assert_eq "$(gv jobs --json | jq '[.[].id] | unique | length')" "$creates" "jobs"
assert_eq "$(gv jobs --json | jq '[.[] | select(.result.status == "succeeded")] | length')" "$creates" "finished jobs"

finish
