# Flat memory: neither a large film nor a large picture makes the program large.
# BIG_BYTES: the film's; the promise is the same for any.
source "$(dirname "$0")/lib.sh"
[[ -x /usr/bin/time ]] || { echo "skipped: no /usr/bin/time"; exit 0; }
: "${BIG_BYTES:=$((2 << 30))}" "${PEAK_KIB_MAX:=65536}"
free=$(df --output=avail -B1 "$WORK" | tail -1)
((free > BIG_BYTES + (1 << 30))) || { echo "skipped: $free bytes free in $WORK"; exit 0; }
start_sandbox

# measured NAME ARGUMENT...: succeeds, and its peak stays below the limit.
measured() {
    local name=$1 begun=$SECONDS peak
    shift
    assert_exit 0 /usr/bin/time -f %M -o "$WORK/peak" "$GOLEM_VIDEO" "$@" --json
    peak=$(tail -1 "$WORK/peak")
    echo "$name: $peak KiB at most, $((SECONDS - begun)) s"
    ((peak < PEAK_KIB_MAX)) || fail "$name: $peak KiB at its peak, $PEAK_KIB_MAX are the limit"
    checked
}

measured "a small film" generate "a boat" --model kling-v2-6

# A picture near the limit of 50 MiB: noise does not compress. It goes out as base64 in JSON.
head -c $((4150 * 4150 * 3)) /dev/urandom |
    ffmpeg -v error -y -f rawvideo -pix_fmt rgb24 -s 4150x4150 -i - -frames:v 1 "$WORK/noise.png"
echo "picture: $(stat -c %s "$WORK/noise.png") bytes"
measured "a large picture" generate "slow zoom" --image "$WORK/noise.png" --model kling-3.0-turbo
assert_eq "$(ledger '.[-1].product')" image-to-video

faults "download:big:$BIG_BYTES"
measured "a large film" generate "a boat" --model kling-v2-6
path=$(jq -r '.videos[0].uri | ltrimstr("file://")' <<<"$OUT")
assert_eq "$(stat -c %s "$path")" "$BIG_BYTES"
assert_eq "$(jq -r '.videos[0].bytes' <<<"$OUT")" "$BIG_BYTES"
assert_film "$path"

finish
