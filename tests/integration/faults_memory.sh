# The program without one of its allocations, each run another one: it stops with the words for it, or says what it
# could not do, or goes on; and the same command again leads to the film, with one create. SEED chooses the ones.
source "$(dirname "$0")/lib.sh"
shim=$BUILD_DIR/tests/libmemory_fault.so
: "${SEED:=$RANDOM}" "${ROUNDS:=12}" "${AT_ONCE:=4}"
echo "seed $SEED"
RANDOM=$SEED
ulimit -c 0
start_sandbox

wish() { # KEY NAME=VALUE
    timeout -s KILL 120 env LD_PRELOAD="$shim" "$2" "$GOLEM_VIDEO" generate "a boat" --model kling-v2-6 \
        --idempotency-key "$1" -o "$WORK/$1.mp4" --no-progress
}

wish whole MEMORY_FAULT_COUNT="$WORK/count" >"$WORK/out" 2>"$WORK/err" ||
    fail "the program with the shim" "$(<"$WORK/err")"
count=$(<"$WORK/count")
((count > 1000)) || fail "only $count allocations were counted"
echo "$count allocations"

without() { # N
    CODE=0
    wish "n$1" MEMORY_FAULT_AT="$1" >"$WORK/$1.out" 2>"$WORK/$1.err" || CODE=$?
    echo "$CODE" >"$WORK/$1.code"
}

stopped=0 refused=0
rounds=()
for ((round = 0; round < ROUNDS; round++)); do
    # The first ones are the opening's; the work's own come late, so that every part gets its share.
    rounds+=($((count * round / ROUNDS + (RANDOM * 32768 + RANDOM) % (count / ROUNDS) + 1)))
done
for ((i = 0; i < ROUNDS; i += AT_ONCE)); do
    asking=()
    for n in "${rounds[@]:i:AT_ONCE}"; do
        without "$n" &
        asking+=("$!")
    done
    wait "${asking[@]}"
done
for n in "${rounds[@]}"; do
    said=$(<"$WORK/$n.err")
    case $(<"$WORK/$n.code") in
    0) assert_film "$WORK/n$n.mp4" ;;
    134)
        stopped=$((stopped + 1))
        assert_contains "$said" "out of memory"
        ;;
    [3-9] | 10)
        refused=$((refused + 1))
        [[ ${said,,} == *memory* ]] || fail "no word of memory without allocation $n" "$said"
        ;;
    *) fail "exit code $(<"$WORK/$n.code") without allocation $n" "$said" ;;
    esac
done
echo "$stopped stopped, $refused refused, $((ROUNDS - stopped - refused)) unharmed"
((stopped > 0)) || fail "none of $ROUNDS stopped"

for n in "${rounds[@]}"; do
    assert_exit 0 timeout 120 "$GOLEM_VIDEO" generate "a boat" --model kling-v2-6 --idempotency-key "n$n" \
        -o "$WORK/again.mp4" --quiet
    assert_film "$WORK/again.mp4"
done
assert_eq "$(ledger length)" $((ROUNDS + 1)) "creates"
assert_eq "$(ledger 'map(.external_id) | unique | length')" $((ROUNDS + 1)) "jobs among the creates"

finish
