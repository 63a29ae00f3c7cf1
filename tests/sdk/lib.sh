# What the tests with official SDKs share. Sourced first. Ends the test with 77, and says why, where it can't be run.
source "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"

skip() {
    echo "skipped: $1"
    exit 77
}

# install_sdk NAME: the folder NAME with its packages, beside the build and kept, so that only the first run needs the
# network. Sets PLACE.
install_sdk() {
    local wanted present
    command -v node >/dev/null || skip "node is missing"
    command -v npm >/dev/null || skip "npm is missing"
    wanted=$(jq -r '.engines.node | ltrimstr(">=")' "$SOURCE_DIR/tests/sdk/$1/package.json")
    present=$(node -p 'process.versions.node.split(".")[0]')
    ((present >= wanted)) || skip "node is of version $present; the SDK wants $wanted or newer"

    PLACE=${BUILD_DIR:-$WORK}/sdk/$1
    mkdir -p "$PLACE"
    cp "$SOURCE_DIR"/tests/sdk/*.mjs "$SOURCE_DIR/tests/sdk/$1"/* "$PLACE"
    cmp -s "$PLACE/package-lock.json" "$PLACE/installed" && return
    if ! (cd "$PLACE" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >"$WORK/npm" 2>&1); then
        if grep -qE 'code (EUSAGE|EINTEGRITY)' "$WORK/npm"; then
            fail "the packages are not those of the lock file" "$(<"$WORK/npm")"
        fi
        skip "npm can't install the SDK: $(head -1 "$WORK/npm")"
    fi
    cp "$PLACE/package-lock.json" "$PLACE/installed"
}
