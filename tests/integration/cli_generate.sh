# generate, with everything that it takes: what is asked for is what comes out, and what can't be is refused.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/first.png"
make_image "$WORK/last.png" 640x640 orange
make_image "$WORK/mask.png" 640x640 white

# From a text: the film has the length and shape asked for.
assert_exit 0 gv generate "a paper boat" --model kling-v2-6 --duration 5 --aspect-ratio 16:9 -o "$WORK/boat.mp4"
assert_eq "$OUT" "$WORK/boat.mp4"
assert_contains "$ERR" "accepted"
assert_film "$WORK/boat.mp4"
info=$(film_info "$WORK/boat.mp4")
assert_eq "$(jq -r '.streams[] | select(.codec_type == "video") | "\(.width)x\(.height)"' <<<"$info")" 1280x720
assert_eq "$(jq -r '.format.duration | tonumber | round' <<<"$info")" 5
assert_eq "$(ledger length)" 1

# Without -o the path of the stored film is all that standard output has.
assert_exit 0 gv generate "a paper boat" --model kling-v2-6 --aspect-ratio portrait --quiet
assert_film "$OUT"
assert_eq "$ERR" ""
assert_eq "$(film_info "$OUT" | jq -r '.streams[] | select(.codec_type == "video") | .width < .height')" true

# A folder gets a file by the job's name.
mkdir "$WORK/films"
assert_exit 0 gv generate "a paper boat" -o "$WORK/films"
assert_eq "$OUT" "$WORK/films/$(newest_job).mp4"
assert_film "$OUT"

# With --json standard output is the video-result alone, read from the file itself.
assert_exit 0 gv generate "a paper boat" --json --duration 10 --model kling-v2-6
assert_eq "$(jq -r .status <<<"$OUT")" succeeded
assert_eq "$(jq -r '.videos | length' <<<"$OUT")" 1
assert_eq "$(jq -r '.videos[0].duration_seconds | round' <<<"$OUT")" 10
path=$(jq -r '.videos[0].uri | ltrimstr("file://")' <<<"$OUT")
assert_eq "$(jq -r '.videos[0].sha256' <<<"$OUT")" "$(sha256sum <"$path" | cut -d' ' -f1)"
assert_eq "$(jq -r '.videos[0].bytes' <<<"$OUT")" "$(stat -c %s "$path")"

# From a picture, with a last frame, and with the picture as the last frame.
assert_exit 0 gv generate "slow zoom" --image "$WORK/first.png" -o "$WORK/zoom.mp4"
assert_film "$WORK/zoom.mp4"
assert_exit 0 gv generate "morph" --image "$WORK/first.png" --last-frame "$WORK/last.png" --resolution 1080p \
    --model kling-v2-6 --no-audio -o "$WORK/morph.mp4"
assert_film "$WORK/morph.mp4"
assert_exit 0 gv generate "end here" --image "$WORK/last.png" --image-role last --model kling-v1-6 \
    --option allow_retired=true --resolution fhd -o "$WORK/end.mp4"
assert_film "$WORK/end.mp4"

# A picture that is none, too small, or not there is refused before anything is sent.
accepted=$(ledger length)
echo "no picture" >"$WORK/text.png"
assert_exit 3 gv generate x --image "$WORK/text.png"
assert_contains "$ERR" "--image"
make_image "$WORK/small.png" 64x64
assert_exit 3 gv generate x --image "$WORK/small.png"
assert_contains "$ERR" "--image"
assert_exit 3 gv generate x --image "$WORK/nowhere.png"
assert_contains "$ERR" "nowhere.png"
assert_eq "$(ledger length)" "$accepted" "creates after refusals"

# Masks and cameras, on the models that have them; elsewhere they are refused, not dropped.
old=(--option allow_retired=true --duration 5)
assert_exit 0 gv generate "wave" --image "$WORK/first.png" --model kling-v1 "${old[@]}" --static-mask "$WORK/mask.png" \
    --dynamic-mask "$WORK/mask.png" --trajectory "100,100;200,220;300,300" -o "$WORK/mask.mp4"
assert_film "$WORK/mask.mp4"
assert_exit 0 gv generate "fly" --model kling-v1 "${old[@]}" --camera simple:zoom=5 -o "$WORK/camera.mp4"
assert_film "$WORK/camera.mp4"
assert_exit 0 gv generate "fly" --model kling-v1 "${old[@]}" --camera down-back -o "$WORK/camera.mp4"
assert_exit 4 gv generate "fly" --model kling-v2-6 --camera down-back
assert_contains "$ERR" "--camera"
assert_exit 4 gv generate x --image "$WORK/first.png" --model kling-v2-6 --static-mask "$WORK/mask.png"
assert_contains "$ERR" "--static-mask"

# Sound.
assert_exit 0 gv generate "a drum" --model kling-v3 --audio --duration 5 -o "$WORK/loud.mp4"
assert_eq "$(film_info "$WORK/loud.mp4" | jq '[.streams[] | select(.codec_type == "audio")] | length')" 1
assert_exit 0 gv generate "a drum" --model kling-v3 --no-audio --duration 5 -o "$WORK/still.mp4"
assert_eq "$(film_info "$WORK/still.mp4" | jq '[.streams[] | select(.codec_type == "audio")] | length')" 0
assert_exit 4 gv generate "a drum" --model kling-v2-5-turbo --audio
assert_contains "$ERR" "--audio"

# A hint that can't be followed is a warning, a retired model is refused with its successor.
assert_exit 0 gv generate "a boat" --model kling-v2-6 --scheduler euler --quiet
assert_contains "$ERR" "warning"
assert_contains "$ERR" "scheduler"
assert_exit 3 gv generate "a boat" --model kling-v1
assert_contains "$ERR" "kling-v3"
assert_contains "$ERR" "allow_retired"
assert_exit 3 gv generate "a boat" --option nonsense=1
assert_contains "$ERR" "nonsense"
assert_exit 3 gv generate "a boat" --provider nobody
assert_contains "$ERR" "--provider"

# --dry-run sends nothing and tells the price.
accepted=$(ledger length)
jobs=$(gv jobs --json | jq length)
assert_exit 0 gv generate "a boat" --model kling-v2-6 --dry-run --json
assert_eq "$(jq -r '.provider + " " + .model' <<<"$OUT")" "kling kling-v2-6"
assert_eq "$(jq -r '.usd > 0' <<<"$OUT")" true
assert_exit 0 gv generate "a boat" --model kling-v2-6 --dry-run
assert_contains "$OUT" "kling-v2-6"
assert_eq "$(ledger length)" "$accepted" "creates after dry runs"
assert_eq "$(gv jobs --json | jq length)" "$jobs" "jobs after dry runs"

# --sandbox finds the one that runs on the same store.
accepted=$(ledger length)
assert_exit 0 gv generate "a boat" --sandbox --quiet
assert_film "$OUT"
assert_eq "$(ledger length)" $((accepted + 1)) "creates at the running sandbox"

# Without one: no credentials, no server, a store of its own, and rehearsals at the same time take turns.
(
    for name in $(gv providers --json | jq -r '.[].settings[].name'); do unset "$name"; done
    export GOLEM_VIDEO_STORE=$WORK/elsewhere
    gv generate "a boat" --sandbox --quiet >"$WORK/other" &
    other=$!
    assert_exit 0 gv generate "a boat" --sandbox -o "$WORK/rehearsed.mp4"
    assert_film "$WORK/rehearsed.mp4"
    wait "$other" || fail "the other rehearsal failed"
    assert_film "$(<"$WORK/other")"
    assert_eq "$(gv jobs --json | jq length)" 0
    assert_eq "$(gv jobs --json --sandbox | jq length)" 2
)

# On a terminal one line is redrawn, and it never reaches the last column.
if command -v script >/dev/null; then
    faults "download:slow:700"
    for columns in 12 20 80; do
        script -qec "stty cols $columns; '$GOLEM_VIDEO' generate 'a boat' >'$WORK/place'" /dev/null \
            </dev/null >"$WORK/terminal"
        redrawn=$(tr '\r' '\n' <"$WORK/terminal" | grep -F $'\033[K' | sed $'s/\033\\[K.*//')
        assert_contains "$redrawn" "ing  0"
        widest=$(awk '{ if (length > n) n = length } END { print n }' <<<"$redrawn")
        ((widest < columns)) || fail "a redrawn line of $widest columns on a terminal of $columns" "$redrawn"
        assert_film "$(<"$WORK/place")"
    done
    script -qec "'$GOLEM_VIDEO' generate 'a boat' --no-progress" /dev/null </dev/null >"$WORK/terminal"
    assert_lacks "$(<"$WORK/terminal")" $'\033'
fi

finish
