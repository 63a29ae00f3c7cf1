# The OpenAI wire of golem-video serve, with curl as its client: three encodings of one wish, files, lists, content,
# what is made of films, tenants, repetitions.
source "$(dirname "$0")/lib.sh"

# http METHOD PATH [CURL ARGUMENT...]: leaves STATUS, BODY, and the headers in $WORK/head.
http() {
    local method=$1 path=$2
    shift 2
    STATUS=$(curl -sS -X "$method" "$@" -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' "$SERVER$path")
    BODY=$(tr -d '\0' <"$WORK/body")
}
json() { # METHOD PATH JSON [CURL ARGUMENT...]
    local method=$1 path=$2 body=$3
    shift 3
    http "$method" "$path" -H 'content-type: application/json' -d "$body" "$@"
}
header() { # NAME
    { grep -i "^$1:" "$WORK/head" || true; } | tail -1 | cut -d' ' -f2- | tr -d '\r'
}
field() { # JQ
    jq -r "$1" <<<"$BODY"
}
answered() { # STATUS
    [[ $STATUS == "$1" ]] || fail "status $STATUS instead of $1" "$BODY"
    checked
}
refused_with() { # STATUS CODE PARAM
    answered "$1"
    assert_eq "$(field '"\(.error.code) \(.error.param)"')" "$2 $3" "code and param of $BODY"
}
request_of() { # ID
    http GET "/v1/videos/$1"
    answered 200
    field '.golem_video.request'
}
is() { # STATUS ID
    [[ $(curl -sS "$SERVER/v1/videos/$2" | jq -r .status) == "$1" ]]
}
has_ended() { # ID
    is completed "$1" || is failed "$1"
}
completes() { # ID
    eventually 120 has_ended "$1"
    http GET "/v1/videos/$1"
    [[ $(field .status) == completed ]] || fail "video $1 did not complete" "$BODY"
    checked
}

blob_path() { # SHA256
    echo "$GOLEM_VIDEO_STORE/blobs/${1:0:2}/${1:2:62}"
}

start_sandbox
start_server --alias sora-2=kling/kling-v2-6
make_image "$WORK/first.png" 1280x720

# ---- one wish, however it is written ----------------------------------------------------------------

json POST /v1/videos '{"prompt":"a cat","model":"sora-2","seconds":5,"size":"1280x720",
    "golem_video":{"config":{"negative_prompt":"dogs","enable_audio":false},"metadata":{"shot":"12"}}}'
answered 200
first=$(field .id)
assert_eq "$(field '[.object, .status, .progress, .model, .seconds, .size, .prompt, .error] | join(" ")')" \
    "video queued 0 sora-2 5 1280x720 a cat "
assert_eq "$(field '.golem_video | "\(.provider) \(.model) \(.metadata.shot) \(has("request"))"')" \
    "kling kling-v2-6 12 false"
assert_eq "$(header openai-poll-after-ms)" 500
assert_contains "$(header x-request-id)" req_
wanted=$(request_of "$first")
assert_eq "$(jq -r '.config | to_entries[] | "\(.key)=\(.value)"' <<<"$wanted" | sort | paste -sd' ')" \
    "aspect_ratio=landscape duration_seconds=5 enable_audio=false model=kling-v2-6 negative_prompt=dogs resolution=hd"

parts=(-F 'prompt=a cat' -F model=sora-2 -F seconds=5 -F size=1280x720 -F 'golem_video[config][negative_prompt]=dogs'
    -F 'golem_video[config][enable_audio]=false' -F 'golem_video[metadata][shot]=12')
http POST /v1/videos "${parts[@]}"
answered 200
assert_eq "$(request_of "$(field .id)")" "$wanted" "multipart"
http POST /v1/videos "${parts[@]}" -H 'Transfer-Encoding: chunked'
answered 200
assert_eq "$(request_of "$(field .id)")" "$wanted" "chunked multipart"
http POST /v1/videos "${parts[@]//-F/--data-urlencode}"
answered 200
assert_eq "$(request_of "$(field .id)")" "$wanted" "urlencoded"
http POST /v1/videos -F 'prompt=a cat' -F model=sora-2 -F seconds=5.0 -F size=1280x720 \
    -F 'golem_video={"config":{"negative_prompt":"dogs","enable_audio":false},"metadata":{"shot":"12"}};type=text/plain'
answered 200
assert_eq "$(request_of "$(field .id)")" "$wanted" "our object as one part"


# ---- pictures ---------------------------------------------------------------------------------------

http POST /v1/videos -F prompt=go -F model=kling/kling-v2-6 -F "input_reference=@$WORK/first.png"
answered 200
picture=$(field .id)
wanted=$(request_of "$picture")
assert_eq "$(jq -r .input.image.data.blob.sha256 <<<"$wanted")" "$(sha256sum <"$WORK/first.png" | cut -d' ' -f1)"
{ printf '{"prompt":"go","model":"kling/kling-v2-6","input_reference":{"image_url":"data:image/png;base64,'
    base64 -w0 "$WORK/first.png"
    printf '"}}'; } >"$WORK/data.json"
json POST /v1/videos "@$WORK/data.json"
answered 200
assert_eq "$(request_of "$(field .id)")" "$wanted" "a data: URL"
echo "no picture" >"$WORK/text.png"
http POST /v1/videos -F prompt=go -F "input_reference=@$WORK/text.png"
refused_with 400 invalid_request input_reference
http POST /v1/videos -F "prompt=@$WORK/first.png" -F model=sora-2
refused_with 400 invalid_request prompt

# ---- what is refused --------------------------------------------------------------------------------

created=$(ledger length)
json POST /v1/videos '{"prompt":"p","style":"oil"}'
refused_with 400 invalid_request style
json POST /v1/videos '{"prompt":"p","model":"sora-2-pro"}'
refused_with 400 model_not_found model
json POST /v1/videos '{"prompt":"p","golem_video":{"config":{"seed":"x"}}}'
refused_with 400 invalid_request golem_video.config.seed
json POST /v1/videos '{"prompt":"p","model":"sora-2","seconds":"7"}'
refused_with 400 invalid_request seconds
json POST /v1/videos '{"prompt":"p","model":"sora-2","size":"3840x2160"}'
refused_with 400 invalid_request size
json POST /v1/videos '{"prompt":"p","characters":[{"id":"char_1"}]}'
refused_with 400 unsupported characters
json POST /v1/videos '{"prompt":"p","input_reference":{"file_id":"file_1"}}'
refused_with 400 unsupported input_reference.file_id
json POST /v1/videos '{"prompt":"p","golem_video":{"callback_url":"https://example.com/"}}'
refused_with 400 invalid_request golem_video.callback_url
http POST /v1/videos -F prompt=p -F prompt=q
refused_with 400 invalid_request prompt
json POST /v1/videos '{"prompt":'
refused_with 400 invalid_request null
http POST /v1/videos -H 'content-type: text/plain' -d 'prompt=p'
answered 415
http POST /v1/videos -d '{"prompt":"p"}'
refused_with 400 invalid_request content-type
# What is no medium is no file, however many letters it has; what should be one is refused by its name.
letters=$(head -c 5000 /dev/zero | tr '\0' a)
data_url=data:image/png\;base64,$letters
json POST /v1/videos/check "{\"prompt\":\"$letters\",\"model\":\"veo/veo-3.1-generate-001\"}"
answered 200
json POST /v1/videos "{\"prompt\":\"p\",\"input_reference\":{\"image_url\":\"$letters\"}}"
refused_with 400 invalid_request input_reference
json POST /v1/videos "{\"prompt\":\"p\",\"input_reference\":{\"image_url\":\"$data_url\"}}"
refused_with 400 invalid_request input_reference.image_url
http POST /v1/videos -F prompt=p --form-string "input_reference[image_url]=$data_url"
refused_with 400 invalid_request input_reference.image_url
bytes="{\"base64\":\"$letters\",\"mime_type\":\"image/png\"}"
json POST /v1/videos "{\"golem_video\":{\"input\":{\"image\":{\"data\":{\"bytes\":$bytes}}}}}"
refused_with 400 invalid_request golem_video.input.image.data.bytes.base64

# Metadata are shown in every list, so they are small; how many is the caller's own count.
with_metadata() { # PAIRS BYTES
    jq -nc --argjson pairs "$1" --argjson bytes "$2" '{prompt: "p", model: "sora-2", seconds: 5, golem_video:
        {metadata: [range($pairs) | {key: tostring, value: ("v" * $bytes)}] | from_entries}}' >"$WORK/metadata"
    json POST /v1/videos/check "@$WORK/metadata"
}
with_metadata 1000 1
answered 200
with_metadata 1001 1
refused_with 400 invalid_request golem_video.metadata
with_metadata 5 4000
refused_with 400 invalid_request golem_video.metadata
with_metadata 1 4097
refused_with 400 invalid_request golem_video.metadata.0
http POST /v1/videos/characters -F name=n -F "video=@$WORK/first.png"
refused_with 400 unsupported null
json POST /v1/videos/check '{"prompt":"p","model":"sora-2","seconds":5}'
answered 200
assert_eq "$(field '"\(.object) \(.model) \(.request.method)"')" "video.check kling-v2-6 POST"
assert_eq "$(ledger length)" "$created" "creates after refusals"

# ---- content ----------------------------------------------------------------------------------------

# Only the four words of the wire, whole numbers, and none that falls.
last=0
until is completed "$first"; do
    http GET "/v1/videos/$first"
    assert_contains " queued in_progress completed " " $(field .status) "
    [[ $(field .progress) =~ ^[0-9]+$ ]] || fail "progress $(field .progress)"
    (($(field .progress) >= last)) || fail "progress fell from $last" "$BODY"
    last=$(field .progress)
done
http GET "/v1/videos/$first"
assert_eq "$(field '"\(.progress) \(.seconds) \(.size) \(.completed_at != null)"')" "100 5 1280x720 true"
link=$(field .golem_video.content_url)

http GET "/v1/videos/$first/content"
answered 200
cp "$WORK/body" "$WORK/film.mp4"
assert_film "$WORK/film.mp4"
sum=$(sha256sum <"$WORK/film.mp4" | cut -d' ' -f1)
size=$(stat -c %s "$WORK/film.mp4")
assert_eq "$(header content-type) $(header content-length) $(header etag)" "video/mp4 $size \"$sum\""
assert_contains "$(header content-disposition)" "filename=\"$first.mp4\""
for variant in thumbnail spritesheet; do
    http GET "/v1/videos/$first/content?variant=$variant"
    answered 200
    assert_eq "$(header content-type)" image/jpeg
    assert_eq "$(file -b --mime-type "$WORK/body")" image/jpeg
done
http GET "/v1/videos/$first/content?variant=poster"
refused_with 400 invalid_request variant
http GET "/v1/videos/$first/content?index=1"
refused_with 404 not_found index

range() { # WANTED FROM COUNT CURL ARGUMENT...
    local status=$1 from=$2 count=$3
    shift 3
    http GET "/v1/videos/$first/content" "$@"
    answered "$status"
    cmp <(tail -c +$((from + 1)) "$WORK/film.mp4" | head -c "$count") "$WORK/body" || fail "other bytes with $*"
}
range 206 100 50 -H 'Range: bytes=100-149'
assert_eq "$(header content-range) $(header content-length)" "bytes 100-149/$size 50"
range 206 $((size - 7)) 7 -H 'Range: bytes=-7'
range 206 0 9 -H 'Range: bytes=0-8' -H "If-Range: \"$sum\""
range 200 0 "$size" -H 'Range: bytes=0-8' -H 'If-Range: "other"'
range 200 0 "$size" -H 'Range: bytes=0-8,20-30'
http GET "/v1/videos/$first/content" -H "Range: bytes=$size-"
answered 416
assert_eq "$(header content-range)" "bytes */$size"
http GET "/v1/videos/$first/content" -H "If-None-Match: \"$sum\""
answered 304
assert_eq "$(stat -c %s "$WORK/body")" 0 "bytes of a 304"
curl -sS --head "$SERVER/v1/videos/$first/content" -o "$WORK/head"
assert_eq "$(header content-length) $(header etag)" "$size \"$sum\""

# What is stored was changed behind the program's back: nothing of it is handed out, and no error is kept in its place.
damaged() { # VARIANT FILE
    cp "$2" "$WORK/whole"
    printf 'not this' | dd of="$2" bs=1 seek=1000 conv=notrunc status=none
    http GET "/v1/videos/$first/content?variant=$1" -H 'Range: bytes=0-99'
}
film=$GOLEM_VIDEO_STORE/blobs/${sum:0:2}/${sum:2}
damaged video "$film"
refused_with 500 internal_error null
assert_contains "$(field .error.message)" "$film is damaged: its content has changed"
assert_eq "$(header etag)$(header cache-control)$(header content-disposition)$(header content-range)" ""
http GET "/v1/videos/$first/content?variant=thumbnail"
refused_with 500 internal_error null
truncate -s 1000 "$film"
http GET "/v1/videos/$first/content"
refused_with 500 internal_error null
assert_contains "$(field .error.message)" "1000 bytes where $size were stored"
cp "$WORK/whole" "$film"
http GET "/v1/videos/$first/content"
answered 200
assert_eq "$(sha256sum <"$WORK/body" | cut -d' ' -f1)" "$sum"

# A picture can be made again.
http GET "/v1/videos/$first/content?variant=thumbnail"
picture_sum=$(header etag | tr -d '"')
damaged thumbnail "$GOLEM_VIDEO_STORE/blobs/${picture_sum:0:2}/${picture_sum:2}"
answered 206
http GET "/v1/videos/$first/content?variant=thumbnail"
answered 200
assert_eq "$(sha256sum <"$WORK/body" | cut -d' ' -f1)" "$(header etag | tr -d '"')"

# ---- lists ------------------------------------------------------------------------------------------

http GET "/v1/videos?limit=100"
all=$(field '.data[].id')
http GET "/v1/videos?limit=3"
assert_eq "$(field '"\(.object) \(.has_more) \(.data | length)"')" "list true 3"
assert_eq "$(field '"\(.first_id) \(.last_id)"')" "$(field '"\(.data[0].id) \(.data[2].id)"')"
paged=$(field '.data[].id')
while [[ $(field .has_more) == true ]]; do
    http GET "/v1/videos?limit=3&after=$(field .last_id)"
    paged+=$'\n'$(field '.data[].id')
done
assert_eq "$paged" "$all" "all pages"
http GET "/v1/videos?limit=100&order=asc"
assert_eq "$(field '.data[].id')" "$(tac <<<"$all")" "the other way round"
http GET "/v1/videos?after=$(tail -1 <<<"$all")"
assert_eq "$(field '"\(.data | length) \(.has_more) \(.last_id)"')" "0 false null"
http GET "/v1/videos?status=completed&provider=kling&limit=100"
assert_contains "$(field '.data[].id')" "$first"
assert_eq "$(field '[.data[].status] | unique | join(" ")')" completed
http GET "/v1/videos?status=succeeded"
refused_with 400 invalid_request status
http GET "/v1/videos?limit=101"
refused_with 400 invalid_request limit
# A page is bounded in bytes too; what it leaves out comes with the next one.
jq -nc '{prompt: ("\"" * 120000), model: "veo/veo-3.1-generate-001"}' >"$WORK/wordy"
for i in $(seq 20); do
    json POST /v1/videos "@$WORK/wordy"
    answered 200
    wordy=$(field .id)
done
http GET "/v1/videos?limit=20"
assert_eq "$(field .has_more)" true
(($(stat -c %s "$WORK/body") < 5 * 1048576)) || fail "a list of $(stat -c %s "$WORK/body") bytes"
pages=0 paged=$(field '.data[].id')
until [[ $(wc -l <<<"$paged") -ge 20 ]]; do
    http GET "/v1/videos?limit=20&after=$(field .last_id)"
    paged+=$'\n'$(field '.data[].id')
    pages=$((pages + 1))
done
assert_contains "$paged" "$wordy"
assert_eq "$pages $(sort -u <<<"$paged" | wc -l)" "1 $(wc -l <<<"$paged")" "further pages, and jobs that came once"
# Its Video has no room in a stream of events, which ends all the same.
curl -sS -m 120 -N "$SERVER/v1/videos/$wordy/events" >"$WORK/events"
http GET "/v1/videos/$wordy"
assert_eq "$(grep -A1 '^event: end' "$WORK/events" | sed -n 's/^data: //p')" "$(field '{id, object, status} | tojson')"

http GET "/v1/videos/models"
assert_eq "$(field '.aliases["sora-2"] as $alias | "\($alias) \([.data[] | select(.id == $alias)] | length)"')" \
    "kling/kling-v2-6 1"
http GET "/v1/voices?provider=kling&language=en"
assert_eq "$(field '[.data[].language] | unique | join(" ")')" en

# ---- films of films ---------------------------------------------------------------------------------

json POST /v1/videos '{"prompt":"a boat","model":"runway/gemini_omni_flash"}'
answered 200
source_job=$(field .id)
http POST /v1/videos -F prompt=dance -F model=kling/kling-v1-6 \
    -F 'golem_video[config][provider_options][allow_retired]=true'
answered 200
short=$(field .id)
json POST "/v1/videos/$first/remix" '{"prompt":"at night"}'
refused_with 400 unsupported model
assert_contains "$BODY" "runway/aleph2"
completes "$source_job"
json POST "/v1/videos/$source_job/remix" '{"prompt":"at night"}'
answered 200
remix=$(field .id)
assert_eq "$(field '"\(.remixed_from_video_id) \(.prompt) \(.golem_video.model)"')" \
    "$source_job at night gemini_omni_flash"
assert_eq "$(request_of "$remix" | jq -r .input.video.blob.sha256)" \
    "$(curl -sS "$SERVER/v1/videos/$source_job" | jq -r '.golem_video.videos[0].sha256')"
http POST /v1/videos/edits -F 'prompt=in snow' -F "video[id]=$source_job"
answered 200
edit=$(field .id)
assert_eq "$(field '"\(.remixed_from_video_id) \(.prompt)"')" "null in snow"
make_film "$WORK/own.mp4" 5
http POST /v1/videos/edits -F 'prompt=in rain' -F "video=@$WORK/own.mp4" -F model=runway/gemini_omni_flash
answered 200
completes "$short"
http POST /v1/videos/extensions -F 'prompt=she turns' -F seconds=5 -F "video[id]=$short"
answered 200
longer=$(field .id)
assert_contains "$(field '.golem_video.warnings[0]')" "seconds is not used"
assert_eq "$(field '"\(.golem_video.operation) \(.prompt)"')" "extend_video she turns"
http POST /v1/videos/extensions -F prompt=on -F seconds=5 -F "video=@$WORK/own.mp4"
refused_with 400 unsupported video
http POST /v1/videos/edits -F prompt=p -F 'video[id]=gv_00000000000000000000000000'
answered 404
for job in "$remix" "$edit" "$longer"; do
    completes "$job"
done

# ---- stopping, deleting -----------------------------------------------------------------------------

http POST "/v1/videos/$first/cancel"
refused_with 400 video_ended video_id
json POST "/v1/videos/$first/resolve" '{"how":"look_up"}'
refused_with 400 video_ended video_id
http GET "/v1/videos/$first/log?after=1"
assert_eq "$(field '"\(.object) \(.data[0].seq)"')" "list 2"
faults 'query:status:processing'
json POST /v1/videos '{"prompt":"never","model":"sora-2"}'
waiting=$(field .id)
http DELETE "/v1/videos/$waiting"
refused_with 400 video_in_progress video_id
http POST "/v1/videos/$waiting/cancel"
answered 200
faults ""
http POST /v1/videos -F prompt=once -F seconds=10 -F model=kling/kling-v2-6 -F "input_reference=@$WORK/first.png"
answered 200
picture=$(field .id)
completes "$picture"
http GET "/v1/videos/$picture/content"
answered 200
film=$(blob_path "$(header etag | tr -d '"')")
http GET "/v1/videos/$picture/content?variant=thumbnail"
answered 200
blobs_before=$(find "$GOLEM_VIDEO_STORE/blobs" -type f | wc -l)
[[ -f $film ]] || fail "the film is not in $film"
exec {reading}<"$film" # a download under way
http DELETE "/v1/videos/$picture"
answered 200
assert_eq "$(field '"\(.id) \(.object) \(.deleted)"')" "$picture video.deleted true"
for path in "" /content /log; do
    http GET "/v1/videos/$picture$path"
    refused_with 404 not_found video_id
done
http DELETE "/v1/videos/$picture"
answered 404

# Its film and the poster go at once, and the picture, which other jobs came with too, stays.
[[ ! -e $film ]] || fail "the deleted film is still there"
assert_eq "$(find "$GOLEM_VIDEO_STORE/blobs" -type f | wc -l)" $((blobs_before - 2)) "files after deleting"
[[ -f $(blob_path "$(sha256sum <"$WORK/first.png")") ]] || fail "an input of other jobs is gone"
cat <&$reading >"$WORK/read.mp4"
assert_film "$WORK/read.mp4"
stop_server

# ---- what crashes left ------------------------------------------------------------------------------

stray() { # TEXT: a file that no job needs, two days old
    local path
    path=$(blob_path "$(sha256sum <<<"$1")")
    mkdir -p "${path%/*}"
    echo "$1" >"$path"
    touch -d "2 weeks ago" "$path"
    echo "$path"
}
gone() {
    [[ ! -e $1 ]]
}
find "$GOLEM_VIDEO_STORE/blobs" -type f -exec touch -d "2 weeks ago" {} +
assert_exit 0 gv collect # pictures of wishes that were refused
kept=$(find "$GOLEM_VIDEO_STORE/blobs" -type f | sort)
early=$(stray early)
GOLEM_VIDEO_COLLECT_MS=100 start_server
eventually 30 gone "$early"
late=$(stray late)
eventually 30 gone "$late"
assert_eq "$(find "$GOLEM_VIDEO_STORE/blobs" -type f | sort)" "$kept" "files that jobs need"
stop_server
finish
