# Runway's five scenarios, by flags and by documents, and the three honest ends of a cancel.
source "$(dirname "$0")/lib.sh"

# Runway fetches over https from hosts with a name; a certificate of our own makes this machine one.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>"$WORK/openssl.err"
export SSL_CERT_FILE=$WORK/cert.pem GOLEM_VIDEO_ALLOW_PRIVATE=1
start_sandbox --speed 20
make_image "$WORK/first.png" 1280x720
make_image "$WORK/last.png" 1280x720 orange
serve_folder_https "$WORK" "$WORK/cert.pem" "$WORK/key.pem"
runway=(--provider runway)

# Text to video: at once where the model can, else by way of a picture.
assert_exit 0 gv generate "a boat" "${runway[@]}" --duration 3 --aspect-ratio 16:9 -o "$WORK/text.mp4"
assert_shape "$WORK/text.mp4" "1280x720 3 s 24 fps 0 sounds"
submitted "$WORK/text2.mp4" "$(jq -n '{operation: "generate", provider: "runway", input: {text: "a boat"},
    config: {duration_seconds: 3, aspect_ratio: "landscape"}}')"
assert_shape "$WORK/text2.mp4" "1280x720 3 s 24 fps 0 sounds"
assert_eq "$(products 0)" "text_to_video text_to_video"
assert_exit 0 gv generate "a boat" "${runway[@]}" --model gen4_turbo --duration 2 --aspect-ratio square \
    -o "$WORK/two.mp4"
assert_shape "$WORK/two.mp4" "960x960 2 s 24 fps 0 sounds"
assert_eq "$(products 2)" "text_to_image image_to_video"

# Image to video from a file, the client killed while it polls.
killed_while_polling runway "$WORK/image.mp4" generate "slow zoom" "${runway[@]}" --image "$WORK/first.png" --duration 3
assert_shape "$WORK/image.mp4" "1280x720 3 s 24 fps 0 sounds"
assert_eq "$(products 4)" image_to_video
jq -n --arg path "$WORK/first.png" '{operation: "generate", provider: "runway",
    input: {image: {data: {path: $path}, prompt: "slow zoom"}}, config: {duration_seconds: 3}}' >"$WORK/image.json"
killed_while_polling runway "$WORK/image2.mp4" submit "$WORK/image.json" --wait
assert_shape "$WORK/image2.mp4" "1280x720 3 s 24 fps 0 sounds"
assert_eq "$(products 5)" image_to_video

# By two paid steps, killed in the middle: each once.
killed_while_polling runway "$WORK/two2.mp4" generate "two steps" "${runway[@]}" --model gen4_turbo --duration 2
assert_eq "$(products 6)" "text_to_image image_to_video"

# The picture at a URL as the last frame: as the model takes it.
last=$(jq -n --arg url "$FOLDER_URL/last.png" '{operation: "generate", provider: "runway",
    input: {image: {data: {url: $url}, prompt: "end here", role: "last"}}, config: {model: "seedance2_fast",
    duration_seconds: 4, enable_audio: false, aspect_ratio: "landscape", resolution: "sd"}}')
assert_exit 0 gv generate "end here" "${runway[@]}" --model seedance2_fast --image "$FOLDER_URL/last.png" \
    --image-role last --duration 4 --no-audio --aspect-ratio 16:9 --resolution sd -o "$WORK/last.mp4"
assert_shape "$WORK/last.mp4" "864x496 4 s 24 fps 0 sounds"
submitted "$WORK/last2.mp4" "$last"
assert_shape "$WORK/last2.mp4" "864x496 4 s 24 fps 0 sounds"
assert_exit 0 gv generate "morph" "${runway[@]}" --model veo3.1_fast --image "$WORK/first.png" \
    --last-frame "$WORK/last.png" --duration 4 -o "$WORK/both.mp4"
assert_shape "$WORK/both.mp4" "1280x720 4 s 24 fps 1 sounds"
refused 4 "--image-role" generate x "${runway[@]}" --image "$FOLDER_URL/last.png" --image-role last
refused_document 4 input.image.role "$(jq '.config = {}' <<<"$last")"
refused 3 "https" generate x "${runway[@]}" --image "http://example.com/last.png"

# Video to video, and a larger film.
before=$(ledger length)
assert_exit 0 gv generate "snow" "${runway[@]}" --video "$WORK/text.mp4" -o "$WORK/snow.mp4"
assert_shape "$WORK/snow.mp4" "1280x720 3 s 24 fps 0 sounds"
submitted "$WORK/snow2.mp4" "$(jq -n --arg path "$WORK/text.mp4" '{operation: "generate", provider: "runway",
    input: {video: {path: $path}}, config: {provider_options: {prompt: "snow"}}}')"
assert_shape "$WORK/snow2.mp4" "1280x720 3 s 24 fps 0 sounds"
assert_exit 0 gv upscale "$WORK/text.mp4" "${runway[@]}" --option resolution=1k -o "$WORK/large.mp4"
assert_shape "$WORK/large.mp4" "1920x1080 3 s 24 fps 0 sounds"
submitted "$WORK/large2.mp4" "$(jq -n --arg path "$WORK/text.mp4" '{operation: "upscale_video", provider: "runway",
    input: {path: $path}, provider_options: {resolution: "1k"}}')"
assert_shape "$WORK/large2.mp4" "1920x1080 3 s 24 fps 0 sounds"
assert_eq "$(products "$before")" "video_to_video video_to_video video_upscale video_upscale"

# ---- cancel -----------------------------------------------------------------------------------------------------

# Stopped there: a task at work is deleted, and asked about first.
stop_sandbox
start_sandbox --speed 1
gone() { # JOB: nothing but an end that was asked for
    assert_exit 7 gv wait "$1" --json
    assert_eq "$(jq -r '.error.code' <<<"$OUT")" cancelled
}
assert_exit 0 gv generate "a slow boat" "${runway[@]}" --detach --quiet
job=$OUT
assert_exit 0 gv cancel "$job"
assert_contains "$OUT" "Runway stopped and removed task"
assert_eq "$(requests runway delete)" 1
gone "$job"

# Finished there already: not deleted, billed, and said so. The end is known here only by asking.
stop_sandbox
start_sandbox --speed 1
faults "query:status:RUNNING"
assert_exit 0 gv generate "a quick boat" "${runway[@]}" --duration 2 --detach --quiet
job=$OUT
is_over() {
    [[ $(ledger '.[-1].status') == succeeded ]]
}
eventually 120 is_over
faults ""
deletes=$(requests runway delete)
assert_exit 0 gv cancel "$job"
assert_contains "$OUT" "was finished already and is billed"
assert_eq "$(requests runway delete)" "$deletes" "deletes of a finished film"
gone "$job"

# Not known: the answers to DELETE and to what follows it are lost, or Runway's word can't be understood.
assert_exit 0 gv generate "a lost boat" "${runway[@]}" --detach --quiet
job=$OUT
faults "query:status:PAUSED"
assert_exit 0 gv cancel "$job"
assert_contains "$OUT" "is not known"
assert_contains "$OUT" "PAUSED"
faults ""
gone "$job"
finish
