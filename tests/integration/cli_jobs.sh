# Following and managing jobs: jobs, poll, wait, log, cancel, fetch, Ctrl-C.
source "$(dirname "$0")/lib.sh"
start_sandbox

# A job that takes as long as it is said to: detached, it runs at the provider.
faults "query:status:processing"
assert_exit 0 gv generate "a slow boat" --detach --quiet
slow=$OUT
assert_eq "$(ledger length)" 1
assert_exit 0 gv poll "$slow"
assert_contains "$OUT" "$slow running"
assert_exit 0 gv poll "$slow" --json
assert_eq "$(jq -r .status <<<"$OUT")" running
assert_exit 10 gv wait "$slow" --timeout 0.3
assert_contains "$ERR" "golem-video wait $slow"
assert_exit 10 gv wait "$slow" --timeout 0 --json
assert_eq "$(jq -r .status <<<"$OUT")" running
assert_exit 10 gv fetch "$slow"
assert_contains "$ERR" "no film yet"
assert_exit 3 gv resolve "$slow" --look-up
assert_contains "$ERR" "not parked"

# Lists.
assert_eq "$(gv jobs --json | jq -r '.[0].id')" "$slow"
assert_eq "$(gv jobs --json --status running | jq length)" 1
assert_eq "$(gv jobs --json --status succeeded | jq length)" 0
assert_eq "$(gv jobs --json --provider kling | jq length)" 1
assert_eq "$(gv jobs --json --provider veo | jq length)" 0
assert_exit 0 gv jobs
assert_contains "$OUT" "$slow"
assert_contains "$OUT" running

# Ctrl-C leaves the job to the provider and says how to go on.
"$GOLEM_VIDEO" wait "$slow" >"$WORK/out" 2>"$WORK/err" &
waiter=$!
PIDS+=("$waiter")
catches_interrupts() {
    local mask
    [[ /proc/$1/exe -ef $GOLEM_VIDEO ]] || return 1 # still the shell, which catches them too
    mask=$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status")
    ((0x$mask & 2))
}
eventually 120 catches_interrupts "$waiter"
kill -INT "$waiter"
CODE=0
wait "$waiter" || CODE=$?
assert_eq "$CODE" 10 "exit code after Ctrl-C"
assert_contains "$(<"$WORK/err")" "golem-video wait $slow"
assert_eq "$(ledger length)" 1

# Cancelling says what becomes of the provider's work; then there is nothing to cancel.
assert_exit 0 gv cancel "$slow"
[[ -n $OUT ]] || fail "cancel said nothing"
assert_exit 3 gv cancel "$slow"
assert_contains "$ERR" cancel
assert_exit 7 gv wait "$slow"
assert_exit 0 gv poll "$slow"
assert_contains "$OUT" cancelled
assert_contains "$(gv jobs)" cancelled

# From here on films are quick.
faults ""
assert_exit 0 gv generate "a boat" --quiet
done_job=$(newest_job)
assert_exit 0 gv poll "$done_job"
assert_contains "$OUT" "$done_job succeeded"
assert_contains "$OUT" "video/mp4"
assert_exit 0 gv wait "$done_job"
assert_film "$OUT"
(
    cd "$WORK"
    assert_exit 0 gv fetch "$done_job"
    assert_eq "$OUT" "./$done_job.mp4"
    assert_film "$done_job.mp4"
)
assert_exit 0 gv fetch "$done_job" -o "$WORK/copy.mp4" --json
assert_eq "$(jq -r '.videos[0].sha256' <<<"$OUT")" "$(sha256sum <"$WORK/copy.mp4" | cut -d' ' -f1)"
assert_eq "$(gv jobs --json --limit 1 | jq length)" 1

# The log tells the whole story, in order.
assert_exit 0 gv log "$done_job"
assert_contains "$OUT" start
assert_contains "$OUT" succe
assert_exit 0 gv log "$done_job" --json
assert_eq "$(jq 'map(.seq) == [range(1; length + 1)]' <<<"$OUT")" true
assert_exit 0 gv generate "a boat" --detach --quiet
assert_exit 0 gv log "$OUT" --follow
assert_contains "$OUT" succe

# Jobs that aren't there.
for command in poll wait cancel log fetch "resolve --look-up"; do
    # shellcheck disable=SC2086
    assert_exit 3 gv $command gv_01k6yq5t1wz8q4y0n3j2v7b9xd
    assert_contains "$ERR" "gv_01k6yq5t1wz8q4y0n3j2v7b9xd"
done

# Collecting takes what nobody needs, when it is a day old, and nothing else.
stray=$GOLEM_VIDEO_STORE/blobs/00/$(printf '0%.0s' {1..62})
mkdir -p "${stray%/*}" && echo stray >"$stray"
assert_exit 0 gv collect --json
assert_eq "$OUT" '{"removed":0}'
echo half >"$GOLEM_VIDEO_STORE/partial/.dead.part"
find "$GOLEM_VIDEO_STORE/blobs" "$GOLEM_VIDEO_STORE/partial" -exec touch -d "2 weeks ago" {} +
assert_exit 0 gv collect
assert_contains "$OUT" "2 files removed"
assert_exit 0 gv fetch "$done_job" -o "$WORK/kept.mp4"
assert_film "$WORK/kept.mp4"

finish
