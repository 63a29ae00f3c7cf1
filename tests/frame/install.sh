#!/usr/bin/env bash
# An installed golem-video is enough: one cc line builds the example against it, and it makes a film with the sandbox.
set -euo pipefail
work=$(mktemp -d)
sandbox=
finish() {
    [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true
    [ -z "$sandbox" ] || wait "$sandbox" || true
    rm -rf "$work"
}
trap finish EXIT

cmake --install "$BUILD_DIR" --prefix "$work/usr" >"$work/install.log"
for file in bin/golem-video libexec/golem-video/golem-video-media include/golem_video/golem_video.h; do
    [ -e "$work/usr/$file" ] || { echo "not installed: $file" >&2; exit 1; }
done
libraries=$(dirname "$(find "$work/usr" -name libgolemvideo.so)")
export PKG_CONFIG_PATH=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries
unset GOLEM_VIDEO_MEDIA # the sandbox finds it below its own prefix

mkdir "$work/store"
"$work/usr/bin/golem-video" sandbox --port 0 --speed 200 --store "$work/store" >"$work/sandbox.log" 2>&1 &
sandbox=$!
port=
for _ in $(seq 300); do
    port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/sandbox.log" | head -n 1)
    [ -z "$port" ] || break
    kill -0 "$sandbox" || { cat "$work/sandbox.log" >&2; exit 1; }
    sleep 0.1
done
eval "$("$work/usr/bin/golem-video" sandbox env --port "$port")"

cp examples/generate.c "$work"
cd "$work"
# shellcheck disable=SC2046 # the flags are words
cc generate.c $(pkg-config --cflags --libs golem-video) -o generate
export GOLEM_VIDEO_MEDIA=$work/usr/libexec/golem-video/golem-video-media # the prefix is not the one configured
GOLEM_VIDEO_STORE=$work/store GOLEM_VIDEO_POLL_MS=50 ./generate "a paper boat on a rainy street" boat.mp4
ffprobe -v error -select_streams v -show_entries stream=codec_name -of csv=p=0 boat.mp4 | grep -q .
