# The other wishes: voices, lip-sync, effects, extend, multi-image, and a chain of them by job ids.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/girl.png"
make_image "$WORK/dog.png" 640x640 brown
make_sound "$WORK/hello.mp3" 4
make_film "$WORK/talk.mp4"
old=(--option allow_retired=true)

# Voices.
assert_exit 0 gv voices --json
all=$(jq length <<<"$OUT")
assert_exit 0 gv voices --language en --json
english=$(jq length <<<"$OUT")
assert_eq "$(jq -r 'map(.language) | unique | join(",")' <<<"$OUT")" en
assert_exit 0 gv voices --language zh --json
assert_eq $((english + $(jq length <<<"$OUT"))) "$all" "voices of both languages"
assert_exit 0 gv voices
assert_contains "$OUT" "oversea_male1"
for mute in $(gv providers --json | jq -r '.[] | select(.voices == 0) | .name'); do
    assert_exit 4 gv voices --provider "$mute"
done

# A chain: a film, made longer, made to speak; each step takes the job before it.
assert_exit 0 gv generate "a girl" --model kling-v1-6 "${old[@]}" --quiet
first=$(newest_job)
assert_exit 0 gv extend "$first" "she turns" --quiet -o "$WORK/longer.mp4"
assert_film "$WORK/longer.mp4"
second=$(newest_job)
before=$(gv poll "$first" --json 2>"$WORK/err" | jq '.videos[0].duration_seconds')
after=$(gv poll "$second" --json 2>"$WORK/err" | jq '.videos[0].duration_seconds')
assert_eq "$(jq -n "$after > $before")" true "longer than before"
assert_exit 0 gv lip-sync --video-id "$first" --text "Good morning" --voice oversea_male1 -o "$WORK/spoken.mp4"
assert_film "$WORK/spoken.mp4"
assert_eq "$(film_info "$WORK/spoken.mp4" | jq '[.streams[] | select(.codec_type == "audio")] | length')" 1
assert_exit 0 gv lip-sync --video-id "$first" --audio "$WORK/hello.mp3" -o "$WORK/heard.mp4"
assert_film "$WORK/heard.mp4"

# A voice that is not listed needs a language; a speed out of range names its flag.
assert_exit 2 gv lip-sync --video-id "$first" --text x --voice nobody
assert_contains "$ERR" "--language"
assert_exit 3 gv lip-sync --video-id "$first" --text x --voice oversea_male1 --speed 9
assert_contains "$ERR" "--speed"
assert_exit 3 gv lip-sync --video-id gv_01k6yq5t1wz8q4y0n3j2v7b9xd --text x --voice oversea_male1
assert_contains "$ERR" "--video-id"

# Effects with one image and with two.
assert_exit 0 gv effects "$WORK/girl.png" --effect squish -o "$WORK/squish.mp4"
assert_film "$WORK/squish.mp4"
assert_exit 0 gv effects "$WORK/girl.png" --effect heart-gesture --second-image "$WORK/dog.png" -o "$WORK/hearts.mp4"
assert_film "$WORK/hearts.mp4"

# Several images.
assert_exit 0 gv multi-image "$WORK/girl.png" "$WORK/dog.png" --prompt "they meet" -o "$WORK/meet.mp4"
assert_film "$WORK/meet.mp4"
assert_exit 0 gv multi-image "$WORK/girl.png" "$WORK/dog.png" --prompt "they meet" --model kling-v1-6 "${old[@]}" \
    --aspect-ratio square -o "$WORK/meet2.mp4"
assert_film "$WORK/meet2.mp4"

# What the provider hasn't is refused as such.
assert_exit 4 gv upscale "$WORK/talk.mp4" --provider kling
assert_contains "$ERR" "pscal"

# Every wish was sent once.
assert_eq "$(ledger '[.[].external_id | select(. != null)] | length == (unique | length)')" true

finish
