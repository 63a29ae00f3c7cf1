# Runway's stand-in as a client meets it: real pictures and films by any way in, uploads as forms, what DELETE takes
# away, and a state that outlives the process.
source "$(dirname "$0")/lib.sh"
start_sandbox --speed 2000
origin=$SANDBOX/runway
assert_eq "$RUNWAYML_BASE_URL" "$origin"
make_image "$WORK/first.png" 1280x720

call() { # METHOD PATH [BODY]: the answer in OUT, its status in CODE.
    local more=()
    [[ $# -gt 2 ]] && more=(--data-binary "$3")
    OUT=$(curl -s -X "$1" -w '\n%{http_code}' -H "Authorization: Bearer $RUNWAY_API_KEY" \
        -H 'X-Runway-Version: 2024-11-06' -H 'Content-Type: application/json' "${more[@]}" "$origin$2")
    CODE=${OUT##*$'\n'}
    OUT=${OUT%$'\n'*}
}

is_over() {
    call GET "/v1/tasks/$1"
    [[ $(jq -r .status <<<"$OUT") =~ ^(SUCCEEDED|FAILED)$ ]]
}

# made ENDPOINT BODY: a task, and its first output. Sets ID, URL.
made() {
    call POST "/v1/$1" "$2"
    [[ $CODE == 200 ]] || fail "$1 $2" "$CODE $OUT"
    ID=$(jq -r .id <<<"$OUT")
    eventually 120 is_over "$ID"
    call GET "/v1/tasks/$ID"
    URL=$(jq -r '.output[0]' <<<"$OUT")
}

# shape URL: what is behind it, as "codec widthxheight frames".
shape() {
    curl -fsS -o "$WORK/output" "$1"
    film_info "$WORK/output" | jq -r '.streams[0] | "\(.codec_name) \(.width)x\(.height) \(.nb_frames // 1)"'
}

# One after another, each from the one before.
made text_to_image '{"model":"gen4_image","promptText":"a boat","ratio":"1360:768"}'
assert_eq "$(shape "$URL")" "png 1360x768 1"
made image_to_video '{"model":"gen4_turbo","promptImage":"'"$URL"'","ratio":"1280:720","duration":2}'
assert_eq "$(shape "$URL")" "h264 1280x720 48"
film=$URL film_id=$ID
cp "$WORK/output" "$WORK/film.mp4"
made video_to_video '{"model":"aleph2","videoUri":"'"$film"'","promptText":"snow"}'
assert_eq "$(shape "$URL")" "h264 1280x720 48"
made video_upscale '{"model":"magnific_video_upscaler_creative","videoUri":"'"$film"'","resolution":"1k"}'
assert_eq "$(shape "$URL")" "h264 1920x1080 48"
made video_upscale '{"model":"enhance_frame_rate","videoUri":"'"$film"'","targetFramerate":"48"}'
assert_eq "$(shape "$URL")" "h264 1280x720 96"
made video_to_video '{"model":"seedance2_5","promptVideo":"'"$film"'","mode":"extend","promptText":"on","duration":4}'
assert_eq "$(shape "$URL")" "h264 1280x720 144"

# A data: URI is measured as it was sent.
data() { # BYTES-OF-FILE
    printf '{"model":"gen4_turbo","ratio":"1280:720","duration":2,"promptImage":"data:image/png;base64,%s"}' \
        "$(base64 -w0 "$1")" >"$WORK/body.json"
}
data "$WORK/first.png"
made image_to_video "@$WORK/body.json"
assert_eq "$(shape "$URL")" "h264 1280x720 48"
head -c 3932160 /dev/zero >"$WORK/large"
data "$WORK/large"
call POST /v1/image_to_video "@$WORK/body.json"
assert_eq "$CODE" 400
assert_contains "$OUT" "5242880 characters"

# What can't be fetched is said at once.
call POST /v1/image_to_video '{"model":"gen4_turbo","ratio":"1280:720","promptImage":"'"$SANDBOX"'/nothing"}'
assert_eq "$(jq -r '.issues[0].message' <<<"$OUT")" 'Failed to fetch asset. Received HTTP response code "404".'

# An upload: fields in their order, the file last, and no key.
call POST /v1/uploads '{"filename":"film.mp4","type":"ephemeral"}'
slot=$OUT
fields=()
while IFS=$'\t' read -r name value; do
    fields+=(-F "$name=$value")
done < <(jq -r '.fields | to_entries[] | [.key, .value] | @tsv' <<<"$slot")
put() { # CURL ARGUMENTS...: the status of a form sent to the storage.
    curl -s -o "$WORK/answer" -w '%{http_code}' "$@" "$(jq -r .uploadUrl <<<"$slot")"
}
assert_eq "$(put -H 'Authorization: Bearer sandbox-key' "${fields[@]}" -F "file=@$WORK/film.mp4")" 400
assert_contains "$(<"$WORK/answer")" "Only one auth mechanism"
assert_eq "$(put -F "file=@$WORK/film.mp4" "${fields[@]}")" 400
assert_eq "$(put "${fields[@]}" -F "file=@$WORK/film.mp4")" 204
uploaded=$(jq -r .runwayUri <<<"$slot")
made video_upscale '{"model":"magnific_video_upscaler_creative","videoUri":"'"$uploaded"'","resolution":"720p"}'
assert_eq "$(shape "$URL")" "h264 1280x720 48"

# DELETE takes the task and its output away, for good.
call DELETE "/v1/tasks/$film_id"
assert_eq "$CODE" 204
assert_eq "$(curl -s -o "$WORK/answer" -w '%{http_code}' "$film")" 404
paid=$(curl -fsS "$SANDBOX/_sandbox/ledger" | jq .total_usd)
call GET /v1/organization
balance=$(jq .creditBalance <<<"$OUT")
stop_sandbox
start_sandbox --speed 2000
call DELETE "/v1/tasks/$film_id"
assert_eq "$CODE" 404
assert_eq "$OUT" '{"error":"Could not find Task"}'
call GET "/v1/tasks/$ID"
assert_eq "$(jq -r .status <<<"$OUT")" SUCCEEDED
call GET /v1/organization
assert_eq "$(jq .creditBalance <<<"$OUT")" "$balance"
assert_eq "$(curl -fsS "$SANDBOX/_sandbox/ledger" | jq .total_usd)" "$paid"
made video_upscale '{"model":"enhance_frame_rate","videoUri":"'"$uploaded"'","targetFramerate":"24"}'
assert_eq "$(ledger '[.[] | select(.product == "upload" or .product == "delete")] | length')" 0
finish
