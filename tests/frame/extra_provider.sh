#!/usr/bin/env bash
# A provider folder outside the tree is compiled and registered by naming it; one without C files is refused.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/toy" "$work/hollow"
cat >"$work/toy/toy.c" <<'C'
#include "core/provider.h"
const struct gv_provider gv_provider_toy = {.name = "toy", .title = "Toy"};
C
cat >"$work/toy/toy_sandbox.c" <<'C'
#include "core/emulator.h"
const struct gv_emulator gv_emulator_toy = {.name = "toy"};
C

configure() {
    cmake -S . -B "$work/build" -G Ninja -DGOLEM_VIDEO_TESTS=OFF -DGOLEM_VIDEO_EXTRA_PROVIDERS="$1" >"$work/log" 2>&1
}

configure "$work/toy" || { cat "$work/log" >&2; exit 1; }
objects=$(ninja -C "$work/build" -t targets all |
    grep -oE '^[^:]*gv_providers.dir/[^:]*(toy|toy_sandbox|generated/providers)\.c\.o')
[ "$(wc -l <<<"$objects")" = 3 ]
# shellcheck disable=SC2086 # one object a word
ninja -C "$work/build" $objects >"$work/log" || { cat "$work/log" >&2; exit 1; }
symbols=$(cd "$work/build" && nm $objects)
grep -q 'U gv_provider_toy' <<<"$symbols" && grep -q 'U gv_emulator_toy' <<<"$symbols"

if configure "$work/hollow"; then
    echo "a provider folder without C files was taken" >&2
    exit 1
fi
grep -q 'has no C files' "$work/log"
