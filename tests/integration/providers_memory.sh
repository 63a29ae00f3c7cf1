# Flat memory where films come as base64 inside JSON: answers of 100 MB and more, of Veo with one film or three, and of
# Stability.
# PEAK_KIB_MAX: what the program may have at its peak. BIG_BYTES: of a film.
source "$(dirname "$0")/lib.sh"
[[ -x /usr/bin/time ]] || { echo "skipped: no /usr/bin/time"; exit 0; }
: "${BIG_BYTES:=100000000}" "${PEAK_KIB_MAX:=65536}"
start_sandbox

measured() { # FILMS SHAPE ARGUMENT...
    local films=$1 shape=$2 peak
    shift 2
    assert_exit 0 /usr/bin/time -f %M -o "$WORK/peak" "$GOLEM_VIDEO" generate "a boat" --json "$@"
    peak=$(tail -1 "$WORK/peak")
    echo "$films of $shape: $peak KiB at most"
    ((peak < PEAK_KIB_MAX)) || fail "$peak KiB at its peak, $PEAK_KIB_MAX are the limit"
    assert_eq "$(jq -c '[.videos[].bytes] | unique' <<<"$OUT")" "[$BIG_BYTES]"
    assert_eq "$(jq '.videos | length' <<<"$OUT")" "$films"
    while read -r path sha256; do
        assert_eq "$(sha256sum <"$path" | cut -d' ' -f1)" "$sha256"
        assert_shape "$path" "$shape"
    done < <(jq -r '.videos[] | "\(.uri | ltrimstr("file://")) \(.sha256)"' <<<"$OUT")
}

faults "query:big:$BIG_BYTES"
measured 1 "1280x720 4 s 24 fps 1 sounds" --provider veo --duration 4
measured 3 "1280x720 4 s 24 fps 1 sounds" --provider veo --duration 4 --option sample_count=3
measured 1 "1024x576 4 s 24 fps 0 sounds" --provider stability
finish
