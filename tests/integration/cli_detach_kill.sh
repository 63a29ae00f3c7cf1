# kill -9 at many moments, then wait: each job ends with its film, and each was sent once.
source "$(dirname "$0")/lib.sh"
start_sandbox --speed 40

# Creates under a key; the id is printed as soon as it is a promise. The same command again is the way back, whatever
# had happened.
killed_after() { # MS
    local name=$WORK/kill-$1 pid
    local command=(generate "a boat" --idempotency-key "kill-$1" --model kling-v2-6 -o "$name.mp4" --quiet)
    "$GOLEM_VIDEO" "${command[@]}" >/dev/null 2>&1 &
    pid=$!
    sleep "$(($1 / 1000)).$(printf '%03d' $(($1 % 1000)))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    timeout 300 "$GOLEM_VIDEO" "${command[@]}" >/dev/null 2>"$name.err"
}

at_once=4
moments=(5 10 15 20 25 30 40 50 60 80 100 130 170 220 280 350 450 600 800 1000 1200 1400 1700)
for ((i = 0; i < ${#moments[@]}; i += at_once)); do
    killing=()
    for ms in "${moments[@]:i:at_once}"; do
        killed_after "$ms" &
        killing+=("$!")
    done
    for pid in "${killing[@]}"; do
        wait "$pid" || fail "a command that was given again" "$(cat "$WORK"/kill-*.err)"
    done
done
for ms in "${moments[@]}"; do
    assert_film "$WORK/kill-$ms.mp4"
done

jobs=$(gv jobs --json)
assert_eq "$(jq length <<<"$jobs")" "${#moments[@]}"
assert_eq "$(jq 'all(.result.status == "succeeded")' <<<"$jobs")" true
assert_eq "$(ledger length)" "${#moments[@]}" "creates"
assert_eq "$(ledger '[.[].external_id] | unique | length')" "${#moments[@]}" "jobs among the creates"

# Detached and killed while others wait for the same job: all get the same film.
assert_exit 0 gv generate "a boat" --detach --quiet
id=$OUT
for i in 1 2 3; do
    "$GOLEM_VIDEO" wait "$id" >"$WORK/wait.$i" 2>/dev/null &
    waiters[i]=$!
    PIDS+=("${waiters[i]}")
done
sleep 0.05
kill -KILL "${waiters[1]}" 2>/dev/null || true
wait "${waiters[1]}" 2>/dev/null || true
for i in 2 3; do
    wait "${waiters[i]}" || fail "a waiter failed after another was killed"
    assert_film "$(<"$WORK/wait.$i")"
done
assert_eq "$(<"$WORK/wait.2")" "$(<"$WORK/wait.3")"
assert_eq "$(ledger length)" $((${#moments[@]} + 1)) "creates"

finish
