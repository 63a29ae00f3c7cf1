# Kling's five scenarios, by flags and by documents: what it makes has the shape asked for, what it hasn't is refused.
source "$(dirname "$0")/lib.sh"
export GOLEM_VIDEO_ALLOW_PRIVATE=1
start_sandbox --speed 20
make_image "$WORK/first.png" 1280x720
make_image "$WORK/last.png" 1280x720 orange
serve_folder "$WORK"
kling=(--provider kling)

# Text to video.
text=$(jq -n '{operation: "generate", provider: "kling", input: {text: "a boat"},
    config: {model: "kling-v2-6", duration_seconds: 5, aspect_ratio: "landscape"}}')
assert_exit 0 gv generate "a boat" "${kling[@]}" --model kling-v2-6 --duration 5 --aspect-ratio 16:9 -o "$WORK/text.mp4"
assert_shape "$WORK/text.mp4" "1280x720 5 s 24 fps 0 sounds"
submitted "$WORK/text2.mp4" "$text"
cmp "$WORK/text.mp4" "$WORK/text2.mp4" || fail "equal wishes, unequal films"
assert_eq "$(products 0)" "text2video text2video"

# Image to video from a file, the client killed while it polls.
killed_while_polling kling "$WORK/image.mp4" generate "slow zoom" "${kling[@]}" --model kling-v2-6 \
    --image "$WORK/first.png"
assert_shape "$WORK/image.mp4" "1280x720 5 s 24 fps 0 sounds"
assert_eq "$(products 2)" image2video
image=$(jq -n --arg path "$WORK/first.png" '{operation: "generate", provider: "kling",
    input: {image: {data: {path: $path}, prompt: "slow zoom"}}, config: {model: "kling-v2-6"}}')
echo "$image" >"$WORK/image.json"
killed_while_polling kling "$WORK/image2.mp4" submit "$WORK/image.json" --wait
assert_shape "$WORK/image2.mp4" "1280x720 5 s 24 fps 0 sounds"
assert_eq "$(products 3)" image2video

# The picture at a URL as the last frame alone, which one old model takes; and as the last frame beside a first.
old=(--model kling-v1-6 --option allow_retired=true --resolution fhd)
assert_exit 0 gv generate "end here" "${kling[@]}" "${old[@]}" --image "$FOLDER_URL/last.png" --image-role last \
    -o "$WORK/last.mp4"
assert_shape "$WORK/last.mp4" "1920x1080 5 s 24 fps 0 sounds"
submitted "$WORK/last2.mp4" "$(jq -n --arg url "$FOLDER_URL/last.png" '{operation: "generate", provider: "kling",
    input: {image: {data: {url: $url}, prompt: "end here", role: "last"}}, config: {model: "kling-v1-6",
    resolution: "fhd", provider_options: {allow_retired: "true"}}}')"
cmp "$WORK/last.mp4" "$WORK/last2.mp4" || fail "equal wishes, unequal films"
assert_exit 0 gv generate "morph" "${kling[@]}" --model kling-v3 --image "$FOLDER_URL/first.png" \
    --last-frame "$FOLDER_URL/last.png" --duration 3 -o "$WORK/both.mp4"
assert_shape "$WORK/both.mp4" "1280x720 3 s 24 fps 0 sounds"
last=$(jq -n --arg url "$FOLDER_URL/last.png" '{operation: "generate", provider: "kling",
    input: {image: {data: {url: $url}, role: "last"}}, config: {model: "kling-v3"}}')
refused 4 "--image-role" generate x "${kling[@]}" --model kling-v3 --image "$FOLDER_URL/last.png" --image-role last
refused_document 4 input.image.role "$last"

# Video to video: by URL, at the models that take one; a file can't be sent, and is refused before it is tried.
assert_exit 0 gv generate "snow falls" "${kling[@]}" --model kling-v3-omni --video "$FOLDER_URL/text.mp4" \
    -o "$WORK/snow.mp4"
assert_shape "$WORK/snow.mp4" "1280x720 5 s 24 fps 0 sounds"
submitted "$WORK/snow2.mp4" "$(jq -n --arg url "$FOLDER_URL/text.mp4" '{operation: "generate", provider: "kling",
    input: {video: {url: $url}}, config: {model: "kling-v3-omni", provider_options: {prompt: "snow falls"}}}')"
refused 3 "--video" generate x "${kling[@]}" --model kling-v3-omni --video "$WORK/text.mp4"
refused_document 3 input.video "$(jq -n --arg path "$WORK/text.mp4" '{operation: "generate", provider: "kling",
    input: {video: {path: $path}}, config: {model: "kling-v3-omni"}}')"
refused 4 "--video" generate x "${kling[@]}" --model kling-v2-6 --video "$FOLDER_URL/text.mp4"

# Upscaling: not there.
refused 4 "pscal" upscale "$WORK/text.mp4" "${kling[@]}"
refused_document 4 operation "$(jq -n --arg path "$WORK/text.mp4" '{operation: "upscale_video", provider: "kling",
    input: {path: $path}}')"

assert_eq "$(ledger '[.[].external_id] | length == (unique | length)')" true
finish
