# Veo's five scenarios, by flags and by documents; safety filters, failed operations, several films, one token.
source "$(dirname "$0")/lib.sh"
export GOLEM_VIDEO_ALLOW_PRIVATE=1
start_sandbox --speed 20
make_image "$WORK/first.png" 1280x720
make_image "$WORK/last.png" 1280x720 orange
serve_folder "$WORK"
veo=(--provider veo)

# Text to video.
assert_exit 0 gv generate "a boat" "${veo[@]}" --duration 4 --aspect-ratio 16:9 -o "$WORK/text.mp4"
assert_shape "$WORK/text.mp4" "1280x720 4 s 24 fps 1 sounds"
submitted "$WORK/text2.mp4" "$(jq -n '{operation: "generate", provider: "veo", input: {text: "a boat"},
    config: {duration_seconds: 4, aspect_ratio: "landscape"}}')"
cmp "$WORK/text.mp4" "$WORK/text2.mp4" || fail "equal wishes, unequal films"
assert_eq "$(ledger length)" 2

# Image to video from a file, the client killed while it polls.
killed_while_polling veo "$WORK/image.mp4" generate "slow zoom" "${veo[@]}" --image "$WORK/first.png" \
    --duration 4 --no-audio
assert_shape "$WORK/image.mp4" "1280x720 4 s 24 fps 0 sounds"
assert_eq "$(ledger length)" 3
jq -n --arg path "$WORK/first.png" '{operation: "generate", provider: "veo",
    input: {image: {data: {path: $path}, prompt: "slow zoom"}}, config: {duration_seconds: 4, enable_audio: false}}' \
    >"$WORK/image.json"
killed_while_polling veo "$WORK/image2.mp4" submit "$WORK/image.json" --wait
cmp "$WORK/image.mp4" "$WORK/image2.mp4" || fail "equal wishes, unequal films"
assert_eq "$(ledger length)" 4

# A picture as the last frame alone is refused; beside a first one it is taken, both fetched from their URLs.
refused 4 "--image-role" generate x "${veo[@]}" --image "$FOLDER_URL/last.png" --image-role last
refused_document 4 input.image.role "$(jq -n --arg url "$FOLDER_URL/last.png" '{operation: "generate", provider: "veo",
    input: {image: {data: {url: $url}, role: "last"}}, config: {}}')"
frames=$(jq -n --arg url "$FOLDER_URL" '{operation: "generate", provider: "veo",
    input: {image: {data: {url: ($url + "/first.png")}, prompt: "morph"}},
    config: {duration_seconds: 4, lastframe: {url: ($url + "/last.png")}}}')
assert_exit 0 gv generate "morph" "${veo[@]}" --image "$FOLDER_URL/first.png" --last-frame "$FOLDER_URL/last.png" \
    --duration 4 -o "$WORK/frames.mp4"
assert_shape "$WORK/frames.mp4" "1280x720 4 s 24 fps 1 sounds"
submitted "$WORK/frames2.mp4" "$frames"
cmp "$WORK/frames.mp4" "$WORK/frames2.mp4" || fail "equal wishes, unequal films"

# Video to video from the first film, into a bucket: the film grows by seven seconds.
assert_exit 0 gv generate "it sails on" "${veo[@]}" --video "$WORK/text.mp4" \
    --option storage_uri=gs://films/a -o "$WORK/longer.mp4"
assert_shape "$WORK/longer.mp4" "1280x720 11 s 24 fps 1 sounds"
JOB=$(newest_job)
assert_contains "$(gv poll "$JOB" --json | jq -r '.videos[0].generation_id')" "gs://films/a/gv-$JOB/"
submitted "$WORK/longer2.mp4" "$(jq -n --arg path "$WORK/text.mp4" '{operation: "generate", provider: "veo",
    input: {video: {path: $path}}, config: {provider_options: {prompt: "it sails on", storage_uri: "gs://films/b"}}}')"
cmp "$WORK/longer.mp4" "$WORK/longer2.mp4" || fail "equal wishes, unequal films"

# Upscaling is not there.
refused 4 "pscal" upscale "$WORK/text.mp4" "${veo[@]}"
refused_document 4 operation "$(jq -n --arg path "$WORK/text.mp4" '{operation: "upscale_video", provider: "veo",
    input: {path: $path}}')"
assert_eq "$(ledger length)" 8

# The filters take every film, or some of them; an operation that ends with an error; a create that is refused.
stop_sandbox
start_sandbox
assert_exit 6 gv generate "a boat [filter]" "${veo[@]}" --json
assert_eq "$(jq -c '[.error.code, .error.charged, .error.stage, .error.provider_code]' <<<"$OUT")" \
    '["generation_failed","no","output","58061214"]'
assert_contains "$ERR" "safety filters withheld every film"
assert_exit 0 gv generate "a boat [filter: 1]" "${veo[@]}" --duration 4 --option sample_count=3 --json
assert_eq "$(jq '.videos | length' <<<"$OUT")" 2
assert_contains "$(gv log "$(newest_job)")" "64151117"
assert_exit 6 gv generate "a boat [fail: 13 the engine stopped]" "${veo[@]}" --json
assert_eq "$(jq -c '[.error.code, .error.charged, .error.stage]' <<<"$OUT")" '["generation_failed","no","render"]'
assert_contains "$ERR" "the engine stopped"
assert_exit 3 gv generate "a boat [fail: 3 Unsupported output video duration]" "${veo[@]}" --json
assert_eq "$(jq -c '[.error.code, .error.charged]' <<<"$OUT")" '["invalid_input","no"]'
assert_exit 6 gv generate "a boat [moderate]" "${veo[@]}" --json
assert_eq "$(jq -c '[.error.code, .error.charged, .error.stage]' <<<"$OUT")" '["generation_failed","no","create"]'

# Three films of one wish, each a file of its own.
before=$(ledger length)
assert_exit 0 gv generate "three boats" "${veo[@]}" --duration 4 --option sample_count=3 -o "$WORK/three.mp4"
for file in three three-2 three-3; do
    assert_shape "$WORK/$file.mp4" "1280x720 4 s 24 fps 1 sounds"
done
assert_eq "$(sha256sum "$WORK"/three*.mp4 | cut -d' ' -f1 | sort -u | wc -l)" 3 "different films"
assert_eq "$(($(ledger length) - before))" 1
assert_eq "$(gv poll "$(newest_job)" --json | jq '.videos | length')" 3

# A process fetches one token for all that it asks: the create, every look at the operation, and the film in its bucket.
before=$(requests veo token)
assert_exit 0 gv generate "a boat" "${veo[@]}" --duration 4 --option storage_uri=gs://films/c --quiet
assert_eq "$(($(requests veo token) - before))" 1 "tokens for a job"
finish
