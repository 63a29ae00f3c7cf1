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
export GOLEM_VIDEO_MEDIA=$work/usr/libexec/golem-video/golem-video-media

mkdir "$work/store"
"$work/usr/bin/golem-video" sandbox --port 0 --speed 200 --store "$work/store" >"$work/sandbox.out" 2>"$work/sandbox.err" &
sandbox=$!
port=
for _ in $(seq 300); do
    port=$(grep -oE '127\.0\.0\.1:[0-9]+' "$work/sandbox.out" "$work/sandbox.err" -h | head -n 1 | cut -d: -f2) && [ -n "$port" ] && break
    kill -0 "$sandbox" || { cat "$work/sandbox.err" >&2; exit 1; }
    sleep 0.1
done
eval "$("$work/usr/bin/golem-video" sandbox env --port "$port")"

cp examples/generate.c "$work"
cd "$work"
# shellcheck disable=SC2046 # the flags are words
cc generate.c $(pkg-config --cflags --libs golem-video) -o generate
GOLEM_VIDEO_STORE=$work/store GOLEM_VIDEO_POLL_MS=50 ./generate "a paper boat on a rainy street" boat.mp4
ffprobe -v error -select_streams v -show_entries stream=codec_name -of csv=p=0 boat.mp4 | grep -q .
