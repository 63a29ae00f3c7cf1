# Operation documents: files, standard input, what is wrong with them, and idempotency.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/first.png"

cat >"$WORK/wish.json" <<END
{"operation": "generate", "provider": "kling",
 "input": {"image": {"data": {"path": "$WORK/first.png"}, "prompt": "slow zoom", "role": "first"}},
 "config": {"model": "kling-v2-6", "duration_seconds": 5, "provider_options": {"mode": "pro"}},
 "metadata": {"order": "17"}}
END

# The id stands alone on its line; the job is found by it.
assert_exit 0 gv submit "$WORK/wish.json" --quiet
id=$OUT
[[ $id =~ ^gv_[0-9a-hjkmnp-tv-z]{26}$ ]] || fail "no job id" "$id"
assert_exit 0 gv wait "$id" -o "$WORK/film.mp4"
assert_film "$WORK/film.mp4"
assert_eq "$(gv jobs --json | jq -r '.[0].metadata.order')" 17

# From standard input, waiting for the end: the id first, then the film.
assert_exit 0 gv submit - --wait --quiet < <(jq 'del(.provider)' "$WORK/wish.json")
assert_eq "$(wc -l <<<"$OUT")" 2
assert_film "$(tail -1 <<<"$OUT")"
assert_exit 0 gv submit "$WORK/wish.json" --wait --json
assert_eq "$(jq -r .status <<<"$OUT")" succeeded

# The wish by text, with options as the list of the WIT.
assert_exit 0 gv submit - --wait --quiet <<'END'
{"operation": "generate", "input": {"text": "a boat"},
 "config": {"model": "kling-v2-6", "provider_options": [{"key": "mode", "value": "std"}], "seed": null}}
END

# What is wrong names the member.
accepted=$(ledger length)
wrong() { # FIELD JQ-FILTER
    assert_exit 3 gv submit - --json < <(jq "$2" "$WORK/wish.json")
    assert_eq "$(jq -r '.error.field' <<<"$OUT")" "$1" "field of $2"
    assert_contains "$ERR" "golem-video: "
}
wrong operation '.operation = "paint"'
wrong config.colour '.config.colour = "red"'
wrong config.duration_seconds '.config.duration_seconds = "five"'
wrong config.aspect_ratio '.config.aspect_ratio = "5:4"'
wrong input.image.role '.input.image.role = "middle"'
wrong colour '.colour = 1'
wrong metadata.order '.metadata.order = [17]'
assert_exit 3 gv submit - <<<'{"operation": "generate"'
assert_contains "$ERR" "JSON"
assert_exit 3 gv submit - </dev/null
assert_exit 3 gv submit "$WORK/nowhere.json"
assert_contains "$ERR" nowhere.json
assert_eq "$(ledger length)" "$accepted" "creates after bad documents"

# Idempotency: the same key and wish give the same job, at the same time too; another wish is refused.
assert_exit 0 gv submit "$WORK/wish.json" --idempotency-key k1 --quiet
id=$OUT
assert_exit 0 gv submit "$WORK/wish.json" --idempotency-key k1 --quiet
assert_eq "$OUT" "$id"
accepted=$(ledger length)
for i in 1 2 3 4; do
    gv submit "$WORK/wish.json" --idempotency-key k2 --quiet >"$WORK/same.$i" &
    pids[i]=$!
done
for i in 1 2 3 4; do
    wait "${pids[i]}" || fail "a submit with the same key failed"
done
assert_eq "$(sort -u "$WORK"/same.? | wc -l)" 1 "ids under one key"
assert_eq "$(ledger length)" $((accepted + 1)) "creates under one key"
assert_exit 3 gv submit - --idempotency-key k1 --json < <(jq '.config.duration_seconds = 10' "$WORK/wish.json")
assert_eq "$(jq -r '.error.field' <<<"$OUT")" idempotency_key

finish
