#!/usr/bin/env bash
# tools/sim: what is asked of the simulation reaches its programs, and what can't be meant is refused before any runs.
set -euo pipefail
tool=$PWD/tools/sim
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

for provider in acme other; do
    printf '#!/bin/sh\necho "%s ${SIM_SEED-} ${SIM_SECONDS-}" >>"$0.ran"\n' "$provider" >"$folder/sim.${provider}_test"
    chmod +x "$folder/sim.${provider}_test"
done

# runs WANTED PROVIDER SEED SECONDS: what the programs were told.
runs() {
    rm -f "$folder"/*.ran
    "$tool" "$folder" "${@:2}" || true
    local ran
    ran=$(cat "$folder"/*.ran)
    if [ "$ran" != "$1" ]; then
        echo "tools/sim ${*:2} ran '$ran', not '$1'" >&2
        failures=$((failures + 1))
    fi
}

# refused WORD PROVIDER SEED SECONDS
refused() {
    rm -f "$folder"/*.ran
    local said code=0
    said=$("$tool" "$folder" "${@:2}" 2>&1) || code=$?
    if [ "$code" != 2 ] || ! grep -qF "$1" <<<"$said" || compgen -G "$folder/*.ran" >/dev/null; then
        echo "tools/sim ${*:2} was not refused as '$1': exit code $code, $said" >&2
        failures=$((failures + 1))
    fi
}

runs 'acme 7 ' acme 7 60
runs $'acme 7 \nother 7 ' all 7 60
runs $'acme  30\nother  30' all '' 60
refused 'no simulation of none' none 7 60
for seed in abc -1 1.5 0x7 '7 8' 7x 99999999999999999999; do
    refused 'SEED' acme "$seed" 60
done
refused 'SIM_SECONDS' acme '' soon
[ "$failures" = 0 ]
