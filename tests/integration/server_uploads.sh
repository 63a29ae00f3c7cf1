# Large files into golem-video serve: streamed to disk, whatever they come in; the server's memory stays small.
source "$(dirname "$0")/lib.sh"

MEGABYTE=1048576
BYTES=$((300 * MEGABYTE)) HIGH_WATER_KB_MAX=$((100 * 1024))

# A film that goes on in a box which says that it is to be skipped; the file is sparse.
make_film "$WORK/film.mp4" 5
python3 - "$WORK/film.mp4" "$WORK/large.mp4" "$BYTES" <<'END'
import os, struct, sys
film = open(sys.argv[1], "rb").read()
total = int(sys.argv[3])
with open(sys.argv[2], "wb") as out:
    out.write(film + struct.pack(">I4s", total - len(film), b"free"))
    out.truncate(total)
END

high_water_kb() {
    awk '/^VmHWM/ { print $2 }' "/proc/$SERVER_PID/status"
}
post() { # PATH CURL ARGUMENT...: leaves STATUS, BODY
    local path=$1
    shift
    STATUS=$(curl -sS -o "$WORK/body" -w '%{http_code}' "$@" "$SERVER$path")
    BODY=$(<"$WORK/body")
}
stored() { # FILE
    [[ -s $GOLEM_VIDEO_STORE/$1 ]]
}

start_sandbox
start_server
echo "before: $(high_water_kb) KB"

post /v1/videos -F prompt=go -F model=veo/veo-3.1-generate-001 -F "golem_video[input][video]=@$WORK/large.mp4"
assert_eq "$STATUS" 200 "$BODY"
job=$(jq -r .id <<<"$BODY")
sha=$(curl -sS "$SERVER/v1/videos/$job" | jq -r .golem_video.request.input.video.blob.sha256)
assert_eq "$sha" "$(sha256sum <"$WORK/large.mp4" | cut -d' ' -f1)"
echo "after $((BYTES / MEGABYTE)) MB of multipart: $(high_water_kb) KB"

# The same as base64, in chunks, as a client would that pipes it: in JSON, and as the text of a form's field, which is
# how the official clients send a data: URL.
piped() { # CONTENT-TYPE <BODY
    curl -sS -X POST -H "content-type: $1" -T - "$SERVER/v1/videos" >"$WORK/body"
    job=$(jq -r .id "$WORK/body")
    assert_eq "$(curl -sS "$SERVER/v1/videos/$job" | jq -r .golem_video.request.input.video.blob.sha256)" "$sha" \
        "$1: $(head -c 500 "$WORK/body")"
    echo "after as much base64 in $1: $(high_water_kb) KB"
    checked
}
model=veo/veo-3.1-generate-001
{ printf '{"prompt":"go","model":"%s","golem_video":{"input":{"video":{"bytes":{' "$model"
    printf '"mime_type":"video/mp4","base64":"'
    base64 -w0 "$WORK/large.mp4"
    printf '"}}}}}'; } | piped application/json
part() { # NAME: its text follows
    printf -- '--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' "$1"
}
{ part prompt && printf 'go\r\n' && part model && printf '%s\r\n' "$model"
    part 'golem_video[input][video][url]'
    printf 'data:video/mp4;base64,'
    base64 -w0 "$WORK/large.mp4"
    printf '\r\n--B--\r\n'; } | piped 'multipart/form-data; boundary=B'
{ printf 'prompt=go&model=%s&golem_video[input][video][bytes][mime_type]=video/mp4' "$model"
    printf '&golem_video[input][video][bytes][base64]='
    base64 -w0 "$WORK/large.mp4" | sed 's/+/%2B/g;s/=/%3D/g'; } | piped application/x-www-form-urlencoded
(($(high_water_kb) < HIGH_WATER_KB_MAX)) || fail "the server grew to $(high_water_kb) KB"
checked
stop_server
finish
