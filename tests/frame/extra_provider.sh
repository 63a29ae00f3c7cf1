#!/usr/bin/env bash
# The provider of docs/providers.md, from a folder outside the tree: it is compiled, registered, and makes a film with
# the sandbox. A folder without C files is refused.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r examples/provider/toy "$work/toy"
mkdir "$work/hollow"

configure() {
    cmake -S . -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DGOLEM_VIDEO_TESTS=OFF \
        -DGOLEM_VIDEO_EXTRA_PROVIDERS="$1" >"$work/log" 2>&1
}

if configure "$work/hollow"; then
    echo "a provider folder without C files was taken" >&2
    exit 1
fi
grep -q 'has no C files' "$work/log"

configure "$work/toy" || { cat "$work/log" >&2; exit 1; }
ninja -C "$work/build" golem-video golem-video-media >"$work/log" || { cat "$work/log" >&2; exit 1; }
program=$work/build/bin/golem-video
export GOLEM_VIDEO_STORE=$work/store GOLEM_VIDEO_MEDIA=$work/build/bin/golem-video-media

[ "$("$program" providers toy --json | jq -r '.[0].models[0].name')" = toy-1 ]
"$program" generate "a paper boat" --provider toy --sandbox --quiet -o "$work/boat.mp4" >"$work/log"
film=$(ffprobe -v error -select_streams v -show_entries stream=width,height,nb_frames -of csv=p=0 "$work/boat.mp4")
[ "$film" = 1280,720,120 ]
[ "$("$program" jobs --sandbox --json | jq -r '.[0] | .provider + " " + .result.status')" = "toy succeeded" ]
