# Stability, both ends over HTTP: films from pictures and from text, in the size asked for, paid once; no video API;
# crops.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/tall.png" 600x900

video_size() { # FILE
    film_info "$1" | jq -r '.streams[] | select(.codec_type == "video") | "\(.width)x\(.height)"'
}

ask() { # METHOD PATH [CURL ARGUMENT...]
    local method=$1 path=$2
    shift 2
    curl -sS -X "$method" -H "Authorization: Bearer sandbox-key" "$STABILITY_BASE_URL$path" "$@"
}

# Never chosen by default: a wish that names nobody goes to another provider.
assert_exit 0 gv generate "a paper boat" --quiet
assert_eq "$(ledger '[.[] | select(.provider == "stability")] | length')" 0

# From a picture: cropped and scaled to the nearest size, or to the ratio asked for.
assert_exit 0 gv generate --provider stability --image "$WORK/tall.png" -o "$WORK/tall.mp4"
assert_film "$WORK/tall.mp4"
assert_eq "$(video_size "$WORK/tall.mp4")" 576x1024
assert_exit 0 gv generate --provider stability --image "$WORK/tall.png" --aspect-ratio square --seed 7 --json
assert_eq "$(jq -r '.videos[0] | "\(.width)x\(.height)"' <<<"$OUT")" 768x768
assert_eq "$(jq -r '.videos[0].generation_id | length' <<<"$OUT")" 64
assert_contains "$(gv log "$(newest_job)")" "seed 7"

# By URL it is fetched first.
serve_folder "$WORK"
assert_exit 0 gv generate --provider stability --image "$FOLDER_URL/tall.png" --allow-private -o "$WORK/by-url.mp4"
assert_eq "$(video_size "$WORK/by-url.mp4")" 576x1024

# From text: one picture, one film.
before=$(ledger length)
assert_exit 0 gv generate "a paper boat" --provider stability -o "$WORK/boat.mp4"
assert_eq "$(video_size "$WORK/boat.mp4")" 1024x576
assert_eq "$(ledger ".[$before:] | map(.product) | join(\" \")")" "stable-image image-to-video"
assert_eq "$(ledger ".[$before:] | map(.usd) | add")" 0.23

# The same film for who asks for bytes and for who asks for JSON.
form=(-F seed=5 -F "image=@$WORK/frame.png;type=image/png")
make_image "$WORK/frame.png" 1024x576
id=$(ask POST /v2beta/image-to-video "${form[@]}" | jq -r .id)
raw_film_came() {
    [[ $(ask GET "/v2beta/image-to-video/result/$id" -o "$WORK/raw.mp4" -D "$WORK/head" -w '%{http_code}') == 200 ]]
}
eventually 120 raw_film_came
assert_contains "$(<"$WORK/head")" "finish-reason: SUCCESS"
assert_contains "$(<"$WORK/head")" "seed: 5"
assert_film "$WORK/raw.mp4"
ask GET "/v2beta/image-to-video/result/$id" -H "Accept: application/json" -D "$WORK/head" -o "$WORK/answer"
assert_contains "$(<"$WORK/head")" "application/json; type=video/mp4"
assert_eq "$(jq -r .video "$WORK/answer" | base64 -d | sha256sum)" "$(sha256sum <"$WORK/raw.mp4")"

# Without a video API nothing is paid, from a picture or from text.
before=$(ledger length)
faults "create:retired"
assert_exit 4 gv generate "a paper boat" --provider stability
assert_contains "$ERR" "STABILITY_BASE_URL"
assert_exit 4 gv generate --provider stability --image "$WORK/tall.png"
assert_contains "$ERR" "retired"
assert_eq "$(ledger length)" "$before"
faults ""

# A lost answer parks the job; what was made is paid once.
faults "draw:drop*1"
assert_exit 9 gv generate "a paper boat" --provider stability
assert_eq "$(ledger length)" $((before + 1))
faults "create:drop*1"
assert_exit 9 gv generate --provider stability --image "$WORK/tall.png"
assert_eq "$(ledger length)" $((before + 2))

# Cut short on its way, the film is asked for again.
faults "query:truncate*1,query:500*1"
assert_exit 0 gv generate --provider stability --image "$WORK/tall.png" -o "$WORK/again.mp4"
assert_film "$WORK/again.mp4"
assert_eq "$(ledger length)" $((before + 3))
finish
