# Every fault of the sandbox, and what the design promises for it: the film or a clear word, and one create per job.
source "$(dirname "$0")/lib.sh"
export GOLEM_VIDEO_STALL_MS=700
start_sandbox
make_image "$WORK/girl.png"

creates=0
wish=(generate "a boat" --model kling-v2-6)

# survives FAULTS [MODEL]: the job ends with its film all the same, paid once.
survives() {
    echo "$1"; faults "$1"
    run gv generate "a boat" --model "${2:-kling-v2-6}" --json
    [[ $CODE == 0 ]] || fail "exit code $CODE under $1" "$ERR"
    assert_film "$(jq -r '.videos[0].uri | ltrimstr("file://")' <<<"$OUT")"
    creates=$((creates + 1))
    assert_eq "$(ledger length)" "$creates" "creates under $1"
}

# parks FAULTS PART: the film can't be fetched; a person is told, and with the cause mended the job goes on.
parks() {
    echo "$1"; faults "$1"
    run gv "${wish[@]}"
    [[ $CODE == 9 ]] || fail "exit code $CODE under $1" "$ERR"
    assert_contains "$ERR" "$2"
    assert_contains "$ERR" "resolve $(newest_job) --look-up"
    creates=$((creates + 1))
    assert_eq "$(ledger length)" "$creates" "creates under $1"
    faults ""
    assert_exit 0 gv resolve "$(newest_job)" --look-up --wait --quiet
    assert_film "$OUT"
    assert_eq "$(ledger length)" "$creates" "creates after a look-up"
}

# ---- the create --------------------------------------------------------------------------------------

for fault in drop refuse-drop 500 502 503 504 html late-500 late-502 late-503 late-504; do
    survives "create:$fault*1"
done
for fault in drop html late-500; do
    survives "create:$fault*1" kling-3.0-turbo
done
survives "create:burst:1302*2,create:burst:1303*2"
survives "create:drop*1,query:invisible:800"
survives "create:slow:400"
survives "create:drop*1,query:drop*1,list:drop*1,query:html*1"

# ---- queries -----------------------------------------------------------------------------------------

for fault in drop refuse-drop 500 html late-500 burst:1303 code:5000; do
    survives "query:$fault*2"
done
survives "query:status:processing*2"
survives "query:no-duration"

# A status that nobody knows is an error in its own words: neither "still running" nor "not charged" is guessed.
faults "query:status:paused"
assert_exit 6 gv "${wish[@]}" --json
assert_eq "$(jq -c '[.error.code, .error.charged]' <<<"$OUT")" '["generation_failed","unknown"]'
assert_contains "$(jq -r .error.message <<<"$OUT")" '"paused"'
creates=$((creates + 1))

# ---- downloads ---------------------------------------------------------------------------------------

for fault in truncate stall wrong-length error-page 500 503 html drop refuse-drop slow:300; do
    survives "download:$fault*1"
done
survives "download:no-range,download:truncate*2"
survives "download:expired*1"
parks "download:expired" "403"

# What may pass is tried again until the job's time is over; then a person is asked, for the film is paid.
timed survives ""
wish+=(--deadline "$ENOUGH")
parks "download:error-page" "could not be fetched"
parks "download:500" "could not be fetched"

# ---- clocks ------------------------------------------------------------------------------------------

# With the key pair the token is signed again by the provider's clock, once.
(
    unset KLING_API_KEY
    export KLING_ACCESS_KEY=sandbox-access KLING_SECRET_KEY=sandbox-secret
    for seconds in 90 -90 86400 -86400; do
        survives "any:skew:$seconds"
        echo "$creates" >"$WORK/creates"
    done
)
creates=$(<"$WORK/creates")

# ---- ends that a user meets ----------------------------------------------------------------------------

faults ""
assert_exit 6 gv generate "[fail: the boat sank]" --model kling-v2-6 --json
assert_eq "$(jq -c '[.error.code, .error.charged, .error.stage]' <<<"$OUT")" '["generation_failed","no","render"]'
assert_contains "$(jq -r .error.message <<<"$OUT")" "the boat sank"
creates=$((creates + 1))
assert_exit 6 gv generate "[moderate]" --model kling-v2-6 --json
assert_eq "$(jq -r .error.code <<<"$OUT")" generation_failed
faults "create:retired"
assert_exit 3 gv generate "a boat" --model kling-v1 --option allow_retired=true --json
assert_contains "$(jq -r .error.message <<<"$OUT")" "kling-v1"
faults "slots:1"
survives "slots:1"
faults ""
export KLING_API_KEY=sandbox-poor
assert_exit 5 gv "${wish[@]}" --json
assert_eq "$(jq -r .error.provider_code <<<"$OUT")" 1102
assert_eq "$(ledger length)" "$creates" "creates at the end"
assert_eq "$(ledger '[.[].external_id] | length == (unique | length)')" true

finish
