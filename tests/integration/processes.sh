# Several processes on one store: drivers killed and interrupted in every phase, taken over, cancelled from outside.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/girl.png"
wish=(generate "a boat" --model kling-v2-6 --no-progress)

# background NAME ARGUMENT...: runs the program; its pid in BACKGROUND, what it says in $WORK/NAME.out and .err.
background() {
    local name=$1
    shift
    "$GOLEM_VIDEO" "$@" >"$WORK/$name.out" 2>"$WORK/$name.err" &
    BACKGROUND=$!
    PIDS+=("$BACKGROUND")
}

ended() { # PID: its exit code in CODE
    CODE=0
    wait "$1" || CODE=$?
}

# What is looked for lasts a moment only, so that the journal itself is asked: that takes no process of golem-video.
journal() { # SQL
    sqlite3 -readonly -cmd ".timeout 10000" "$GOLEM_VIDEO_STORE/journal.db" "$1"
}

phase_is() { # JOB PHASE
    [[ $(journal "SELECT phase FROM jobs WHERE id = '$1'") == "$2" ]]
}

last_job() {
    journal "SELECT max(id) FROM jobs"
}

# driven NAME: a driver in the background and the id of its job in JOB.
driven() {
    local before
    before=$(last_job 2>/dev/null) || true # there may be no store yet
    background "$1" "${wish[@]}"
    eventually 120 job_after "$before"
    JOB=$(last_job)
}

job_after() {
    local now
    now=$(last_job) && [[ -n $now && $now != "$1" ]]
}

# Two wait for one job; both get the same film.
driven driver
driver=$BACKGROUND
background one wait "$JOB"
one=$BACKGROUND
background two wait "$JOB"
two=$BACKGROUND
for pid in "$driver" "$one" "$two"; do
    ended "$pid"
    assert_eq "$CODE" 0 "exit code of one of three"
done
assert_film "$(<"$WORK/one.out")"
assert_eq "$(<"$WORK/one.out")" "$(<"$WORK/two.out")"
assert_eq "$(<"$WORK/one.out")" "$(<"$WORK/driver.out")"
assert_eq "$(ledger length)" 1

# The driver dies while another waits: that one takes over and ends it.
faults "query:status:processing" # until it is said otherwise
driven driver
driver=$BACKGROUND
eventually 120 phase_is "$JOB" running
background one wait "$JOB"
one=$BACKGROUND
kill -KILL "$driver"
ended "$driver"
faults ""
ended "$one"
assert_eq "$CODE" 0 "exit code of the one that took over"
assert_film "$(<"$WORK/one.out")"
assert_eq "$(ledger length)" 2

# Cancelled from another process: the driver ends, and both say so.
faults "query:status:processing"
driven driver
driver=$BACKGROUND
eventually 120 phase_is "$JOB" running
assert_exit 0 gv cancel "$JOB"
assert_contains "$OUT" "task"
ended "$driver"
assert_eq "$CODE" 7 "exit code of the driver of a cancelled job"
assert_contains "$(<"$WORK/driver.err")" "cancelled"
assert_exit 7 gv wait "$JOB"
assert_eq "$(ledger length)" 3

# Cancelled while the create is under way: it is awaited, and the task is named.
faults "create:slow:1000"
driven driver
driver=$BACKGROUND
eventually 120 phase_is "$JOB" submitting
assert_exit 0 gv cancel "$JOB"
task=$(ledger '.[-1].id')
assert_contains "$OUT" "$task"
ended "$driver"
assert_eq "$CODE" 7
assert_eq "$(ledger length)" 4
creates=4

# Interrupted and terminated in every phase: exit code 10 and the way back, which leads to the film.
phases="submitting:create:slow:3000 looking_up:create:drop*1,query:slow:3000,list:slow:3000
    running:query:status:processing
    fetching:download:slow:3000"
for signal in INT TERM; do
    for row in $phases; do
        phase=${row%%:*}
        faults "${row#*:}"
        driven driver
        driver=$BACKGROUND
        eventually 120 phase_is "$JOB" "$phase"
        kill "-$signal" "$driver"
        ended "$driver"
        assert_eq "$CODE" 10 "exit code after SIG$signal while $phase"
        assert_contains "$(<"$WORK/driver.err")" "golem-video wait $JOB"
        faults ""
        assert_exit 0 gv wait "$JOB" --quiet
        assert_film "$OUT"
        creates=$((creates + 1))
        assert_eq "$(ledger length)" "$creates" "creates after SIG$signal while $phase"
    done
done

finish
