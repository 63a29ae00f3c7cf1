# The sandbox's Runway with the official TypeScript SDK as its client. 77: what it needs isn't here.
source "$(dirname "$0")/../integration/lib.sh"

skip() {
    echo "skipped: $1"
    exit 77
}
command -v node >/dev/null || skip "node is missing"
command -v npm >/dev/null || skip "npm is missing"

# Installed beside the build and kept, so that only the first run needs the network.
place=${BUILD_DIR:-$WORK}/sdk/runway
mkdir -p "$place"
cp "$SOURCE_DIR"/tests/sdk/runway/* "$place"
if ! cmp -s "$place/package-lock.json" "$place/installed"; then
    (cd "$place" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >"$WORK/npm" 2>&1) ||
        skip "npm can't install the SDK: $(tail -1 "$WORK/npm")"
    cp "$place/package-lock.json" "$place/installed"
fi

start_sandbox
make_image "$WORK/first.png" 1280x720
assert_exit 0 node "$place/test.mjs" "$WORK/first.png"
assert_eq "$(ledger '[.[] | select(.provider == "runway")] | length')" 5
finish
