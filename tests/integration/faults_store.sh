# A store that can't be used, or for which the process lacks something: clear words and exit code 8, nothing is sent,
# and with the cause gone the same wish goes through.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/girl.png"
wish=(generate "slow zoom" --image "$WORK/girl.png" --model kling-v2-6)

refused_store() { # PART STORE COMMAND...
    local part=$1 store=$2
    shift 2
    GOLEM_VIDEO_STORE=$store assert_exit 8 timeout 120 "$@"
    assert_contains "$ERR" "$part"
    assert_contains "$ERR" "$store"
    assert_eq "$(ledger length)" "$creates" "creates on $store"
}

assert_exit 0 gv "${wish[@]}" --quiet
creates=1

# ---- a path that is no store -----------------------------------------------------------------------------

echo "words" >"$WORK/file"
mkdir "$WORK/foreign" "$WORK/newer"
sqlite3 "$WORK/foreign/journal.db" "CREATE TABLE songs (name TEXT)"
cp "$GOLEM_VIDEO_STORE/journal.db" "$WORK/newer/journal.db"
sqlite3 "$WORK/newer/journal.db" "PRAGMA user_version=9999" >"$WORK/out"
for command in jobs "generate x --model kling-v2-6"; do
    read -r -a words <<<"$command"
    refused_store "Not a directory" "$WORK/file/store" "$GOLEM_VIDEO" "${words[@]}"
    refused_store "a file is where a folder should be" "$WORK/file" "$GOLEM_VIDEO" "${words[@]}"
    refused_store "another program's SQLite database" "$WORK/foreign" "$GOLEM_VIDEO" "${words[@]}"
    refused_store "a newer golem-video wrote it (schema 9999" "$WORK/newer" "$GOLEM_VIDEO" "${words[@]}"
done
assert_eq "$(sqlite3 "$WORK/newer/journal.db" "PRAGMA user_version; SELECT count(*) FROM jobs" | tr '\n' ' ')" "9999 1 "

# ---- somebody else's ------------------------------------------------------------------------------------------

# Root may write everywhere, so that it becomes somebody else first.
as_other=()
if [[ $(id -u) == 0 ]]; then
    as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 755 "$WORK" "$GOLEM_VIDEO_STORE"
else
    chmod -w "$GOLEM_VIDEO_STORE" "$GOLEM_VIDEO_STORE"/*
fi
if "${as_other[@]}" test -x "$WORK" && "${as_other[@]}" "$GOLEM_VIDEO" help >/dev/null 2>&1; then
    refused_store "accessible to this user" "$GOLEM_VIDEO_STORE" "${as_other[@]}" "$GOLEM_VIDEO" jobs
    refused_store "accessible to this user" "$GOLEM_VIDEO_STORE" "${as_other[@]}" "$GOLEM_VIDEO" generate x
else
    echo "another user can't run the program: not tried"
fi
chmod -R u+w "$GOLEM_VIDEO_STORE"

# ---- file descriptors -------------------------------------------------------------------------------------------

# From too few for anything to enough: refused with the limit named, or all the way to the film; a job that was
# accepted waits for what others give back, and says so.
over_or_waits() { # PID
    ! kill -0 "$1" || { grep -q accepted "$WORK/err" && grep -qE "no address answered|Too many open" "$WORK/err"; }
}
limited() { # LIMIT
    local driver
    (ulimit -n "$1" && exec "$GOLEM_VIDEO" "${wish[@]}" --no-progress) >"$WORK/out" 2>"$WORK/err" &
    driver=$!
    PIDS+=("$driver")
    eventually 120 over_or_waits "$driver"
    kill "$driver" 2>/dev/null || true
    CODE=0
    wait "$driver" || CODE=$?
    OUT=$(<"$WORK/out")
    ERR=$(<"$WORK/err")
}
refusals=0
limits=(6 10 13 15 17 18 19 20 21 22 23)
for limit in "${limits[@]}"; do
    limited "$limit"
    case $CODE in
    0) assert_film "$OUT" ;;
    8)
        refusals=$((refusals + 1))
        assert_contains "$ERR" "limit on open files"
        assert_eq "$(ledger length)" "$creates" "creates with $limit file descriptors"
        ;;
    10) assert_contains "$ERR" "goes on without us" ;;
    *) fail "exit code $CODE with $limit file descriptors" "$ERR" ;;
    esac
    creates=$(ledger length)
done
((refusals > 3 && refusals < ${#limits[@]})) || fail "$refusals of ${#limits[@]} limits were refused"

# Jobs that a short process accepted and left are ended by the next one.
for job in $(gv jobs --json | jq -r '.[] | select(.result.status != "succeeded") | .id'); do
    assert_exit 0 gv wait "$job" --quiet
done
creates=$(ledger length)
assert_eq "$(gv jobs --json --limit 50 | jq length)" "$creates" "jobs and creates"

# ---- a limit on file sizes: instead of the signal's sudden end -----------------------------------------------

faults "download:big:3000000"
(ulimit -f 2000 && exec "$GOLEM_VIDEO" generate "a boat" --model kling-v2-6 --no-progress) >/dev/null \
    2>"$WORK/driver.err" &
driver=$!
PIDS+=("$driver")
eventually 120 grep -q "raise the limit on file sizes" "$WORK/driver.err"
kill -TERM "$driver"
CODE=0
wait "$driver" || CODE=$?
assert_eq "$CODE" 10 "exit code of a job that waits"
faults ""
assert_exit 0 gv wait "$(newest_job)" --quiet
assert_film "$OUT"
assert_eq "$(ledger length)" $((creates + 1)) "creates at the end"

finish
