#!/usr/bin/env bash
# The shared library exports what the public headers mark GV_API, all of it and nothing else, and the programs other
# than golem-video-media do not load FFmpeg.
set -euo pipefail
declared=$(cat include/golem_video/*.h | grep -v '#define' | tr '\n' ' ' |
    grep -oE 'GV_API [^(;]*\(' | sed -E 's/.*[ *](gv_[a-z_]+)\($/\1/' | sort)
exported=$(nm -D --defined-only "$BUILD_DIR"/libgolemvideo.so | awk '{print $NF}' | grep -v '^_' | sort)

difference=$(diff <(echo "$declared") <(echo "$exported")) || {
    printf 'declared (<) and exported (>) differ:\n%s\n' "$difference" >&2
    exit 1
}
if ldd "$GOLEM_VIDEO" "$BUILD_DIR"/libgolemvideo.so | grep -E 'libav|libsw'; then
    echo "FFmpeg belongs to golem-video-media alone" >&2
    exit 1
fi
