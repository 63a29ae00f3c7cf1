# A damaged journal: told with the file's name and what to do, never read as an empty store, never a crash. What can
# still be read is still handed out, and with the file put back the jobs go on.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/girl.png"
whole=$WORK/whole store=$WORK/damaged
export GOLEM_VIDEO_STORE=$whole
assert_exit 0 gv generate "a boat" --model kling-v2-6 --quiet
done_job=$(newest_job)
faults "query:status:processing"
assert_exit 0 gv generate "slow zoom" --image "$WORK/girl.png" --model kling-v2-6 --detach --quiet
going_job=$(newest_job)
faults ""
creates=$(ledger length)

damaged() { # COMMAND...: on a copy of the store
    rm -rf "$store"
    cp -a "$whole" "$store"
    GOLEM_VIDEO_STORE=$store
    "$@"
}

overwrite() { # FILE OFFSET BYTES
    dd if=/dev/urandom of="$1" bs=1 seek="$2" count="$3" conv=notrunc status=none
}

# tells PART COMMAND...: refused with these words, and the file's name, within a time.
tells() {
    local part=$1
    shift
    assert_exit 8 timeout 120 "$GOLEM_VIDEO" "$@"
    assert_contains "$ERR$OUT" "$part"
    assert_contains "$ERR$OUT" "$store/journal.db"
}

# ---- the whole file -------------------------------------------------------------------------------------

for part in "-s 0" "-s 4000" "-s 20000"; do
    read -r -a size <<<"$part"
    damaged truncate "${size[@]}" "$store/journal.db"
    words="sqlite3 journal.db .recover"
    [[ $part == "-s 0" ]] && words="is empty, but the store has been used"
    tells "$words" jobs
    tells "$words" wait "$going_job"
    tells "$words" generate "a boat" --model kling-v2-6
    tells "$words" doctor
done
damaged rm "$store/journal.db"
tells "is missing, but the store has been used" jobs
[[ ! -e $store/journal.db ]] || fail "a new journal was begun beside the films of the old one"
damaged overwrite "$store/journal.db" 0 100
tells "put the file back from a copy" jobs

# ---- a page ---------------------------------------------------------------------------------------------

# The sandbox makes the film when it is first asked for; with that done a wait is short.
damaged true
assert_exit 0 gv wait "$going_job" --quiet

# Whatever page it is, no command crashes, hangs, or tells what is not so; and doctor finds it.
pages=$(($(stat -c %s "$whole/journal.db") / 4096))
found=0
for ((page = 0; page < pages; page++)); do
    damaged overwrite "$store/journal.db" $((page * 4096)) 4096
    run timeout 120 "$GOLEM_VIDEO" doctor
    [[ $CODE == 0 ]] || found=$((found + 1))
    for command in "jobs --json" "wait $done_job --json" "log $done_job"; do
        read -r -a words <<<"$command"
        run timeout 120 "$GOLEM_VIDEO" "${words[@]}"
        case $CODE in
        0) [[ $OUT == *"$done_job"* || $OUT == *succeeded* ]] || fail "$command of page $page" "$OUT" ;;
        8) [[ $ERR == *"$store/journal.db"* ]] || fail "$command of page $page names no file" "$ERR" ;;
        *) fail "exit code $CODE of $command, page $page" "$ERR" ;;
        esac
        checked
    done
    run timeout 120 "$GOLEM_VIDEO" wait "$going_job" --timeout 10
    [[ $CODE == 0 || $CODE == 8 ]] || fail "exit code $CODE of a job that goes on, page $page" "$ERR"
    checked
done
((found >= pages / 2)) || fail "doctor found $found of $pages damaged pages"

# ---- a value, which SQLite takes for what was written ---------------------------------------------------

spoil() { # JOB COLUMN VALUE
    sqlite3 "$store/journal.db" "PRAGMA ignore_check_constraints=1; UPDATE jobs SET $2='$3' WHERE id='$1'"
}

for column in request metadata outputs error warnings status; do
    damaged spoil "$done_job" "$column" '{nonsense'
    assert_exit 8 gv jobs
    assert_contains "$ERR" "$done_job"
    assert_contains "$ERR" "damaged"
done
for column in outputs error warnings; do
    damaged spoil "$done_job" "$column" '{nonsense'
    assert_exit 8 gv wait "$done_job" -o "$WORK/none.mp4"
    assert_contains "$ERR" "its $column can't be read"
    [[ ! -e $WORK/none.mp4 ]] || fail "a film of a job whose row is damaged"
done
damaged spoil "$done_job" outputs '[]'
assert_exit 8 gv wait "$done_job"
for column in request state; do
    damaged spoil "$going_job" "$column" '{nonsense'
    assert_exit 8 timeout 120 "$GOLEM_VIDEO" wait "$going_job"
    assert_contains "$ERR" "its $column can't be read"
    assert_exit 0 gv wait "$done_job" --quiet
done
assert_eq "$(ledger length)" "$creates" "creates from damaged journals"

# ---- a server -------------------------------------------------------------------------------------------

# Whoever balances load or watches a job hears of it.
page=$(sqlite3 "$whole/journal.db" "SELECT rootpage FROM sqlite_master WHERE name = 'history'")
damaged overwrite "$store/journal.db" $(((page - 1) * 4096)) 4096
start_server
is_not_ready() {
    [[ $(curl -sS -m 30 -o "$WORK/ready" -w '%{http_code}' "$SERVER/readyz") == 503 ]]
}
eventually 60 is_not_ready
assert_contains "$(jq -r .journal "$WORK/ready")" "$store/journal.db"
curl -sS -m 60 -N "$SERVER/v1/videos/$going_job/events" >"$WORK/events"
assert_contains "$(<"$WORK/events")" "event: fault"
assert_contains "$(sed -n 's/^data: //p' "$WORK/events" | jq -r .message)" "$store/journal.db"
stop_server

# ---- put back, the job goes on --------------------------------------------------------------------------

damaged overwrite "$store/journal.db" 4096 8192
cp "$whole/journal.db" "$store/journal.db"
assert_exit 0 gv wait "$going_job" --quiet
assert_film "$OUT"
assert_eq "$(ledger length)" "$creates" "creates at the end"

finish
