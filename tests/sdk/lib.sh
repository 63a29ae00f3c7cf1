# What the tests with official SDKs share. Sourced first. Ends the test with 77, and says why, where it can't be run.
source "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"

skip() {
    echo "skipped: $1"
    exit 77
}

# install_packages FOLDER NAME: a copy of the folder for this test alone. Its packages lie beside the build and are
# kept, so that only the first run needs the network; of tests that run at once the others wait for the one that
# installs them. Sets PLACE.
install_packages() {
    local wanted present packages lock
    command -v node >/dev/null || skip "node is missing"
    command -v npm >/dev/null || skip "npm is missing"
    wanted=$(jq -r '.engines.node | ltrimstr(">=")' "$1/package.json")
    present=$(node -p 'process.versions.node.split(".")[0]')
    ((present >= wanted)) || skip "node is of version $present; its packages want $wanted or newer"

    PLACE=$WORK/$2 packages=${BUILD_DIR:-$WORK}/sdk/$2
    mkdir -p "$PLACE" "$packages"
    cp "$1"/* "$PLACE"
    exec {lock}>"$packages/lock"
    flock "$lock"
    cmp -s "$1/package-lock.json" "$packages/installed" || fetch_packages "$1" "$packages"
    exec {lock}>&-
    ln -s "$packages/node_modules" "$PLACE/node_modules"
}

fetch_packages() { # FROM TO
    cp "$1"/package*.json "$2"
    if ! (cd "$2" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >"$WORK/npm" 2>&1); then
        if grep -qE 'code (EUSAGE|EINTEGRITY)' "$WORK/npm"; then
            fail "the packages are not those of the lock file" "$(<"$WORK/npm")"
        fi
        skip "npm can't install the packages: $(head -1 "$WORK/npm")"
    fi
    cp "$1/package-lock.json" "$2/installed"
}

# install_sdk NAME: likewise the folder NAME beside this file, with what all SDK tests share.
install_sdk() {
    install_packages "$SOURCE_DIR/tests/sdk/$1" "$1"
    cp "$SOURCE_DIR"/tests/sdk/*.mjs "$PLACE"
}
