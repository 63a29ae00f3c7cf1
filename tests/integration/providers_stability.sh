# Stability's five scenarios, by flags and by documents: two of them make films, three are refused with their reason.
source "$(dirname "$0")/lib.sh"
export GOLEM_VIDEO_ALLOW_PRIVATE=1
start_sandbox --speed 20
make_image "$WORK/first.png" 1280x960
make_image "$WORK/last.png" 1280x720 orange
make_film "$WORK/film.mp4" 2
serve_folder "$WORK"
stability=(--provider stability)

# Text to video by way of a picture, each paid once.
assert_exit 0 gv generate "a boat" "${stability[@]}" --aspect-ratio 16:9 --seed 7 -o "$WORK/text.mp4"
assert_shape "$WORK/text.mp4" "1024x576 4 s 24 fps 0 sounds"
assert_eq "$(products 0)" "stable-image image-to-video"
submitted "$WORK/text2.mp4" "$(jq -n '{operation: "generate", provider: "stability", input: {text: "a boat"},
    config: {aspect_ratio: "landscape", seed: 7}}')"
assert_shape "$WORK/text2.mp4" "1024x576 4 s 24 fps 0 sounds"
assert_eq "$(products 2)" "stable-image image-to-video"
killed_while_polling stability "$WORK/killed.mp4" generate "a boat by night" "${stability[@]}"
assert_eq "$(products 4)" "stable-image image-to-video"

# Image to video from a file, the client killed while it polls; the picture is cropped and scaled here.
killed_while_polling stability "$WORK/image.mp4" generate "${stability[@]}" --image "$WORK/first.png" \
    --aspect-ratio square --seed 7
assert_shape "$WORK/image.mp4" "768x768 4 s 24 fps 0 sounds"
assert_eq "$(products 6)" image-to-video
jq -n --arg path "$WORK/first.png" '{operation: "generate", provider: "stability",
    input: {image: {data: {path: $path}}}, config: {aspect_ratio: "square", seed: 7}}' >"$WORK/image.json"
killed_while_polling stability "$WORK/image2.mp4" submit "$WORK/image.json" --wait
assert_shape "$WORK/image2.mp4" "768x768 4 s 24 fps 0 sounds"
assert_eq "$(products 7)" image-to-video

# A picture at a URL begins a film; it does not end one, alone or beside a first.
assert_exit 0 gv generate "${stability[@]}" --image "$FOLDER_URL/first.png" --aspect-ratio portrait -o "$WORK/url.mp4"
assert_shape "$WORK/url.mp4" "576x1024 4 s 24 fps 0 sounds"
last=$(jq -n --arg url "$FOLDER_URL/last.png" '{operation: "generate", provider: "stability",
    input: {image: {data: {url: $url}, role: "last"}}, config: {}}')
refused 4 "--image-role" generate "${stability[@]}" --image "$FOLDER_URL/last.png" --image-role last
refused_document 4 input.image.role "$last"
refused 4 "--last-frame" generate "${stability[@]}" --image "$WORK/first.png" --last-frame "$FOLDER_URL/last.png"
refused_document 4 config.lastframe "$(jq '.config.lastframe = .input.image.data | del(.input.image.role)' <<<"$last")"
refused 4 "without words" generate "slow zoom" "${stability[@]}" --image "$WORK/first.png"

# From a video, and upscaling: not there.
refused 4 "--video" generate "${stability[@]}" --video "$WORK/film.mp4"
refused_document 4 input.video "$(jq -n --arg path "$WORK/film.mp4" '{operation: "generate", provider: "stability",
    input: {video: {path: $path}}, config: {}}')"
refused 4 "pscal" upscale "$WORK/film.mp4" "${stability[@]}"
refused_document 4 operation "$(jq -n --arg path "$WORK/film.mp4" '{operation: "upscale_video", provider: "stability",
    input: {path: $path}}')"
finish
