# The server's page in a real browser, against servers whose providers are the sandbox. SHOTS=FOLDER keeps pictures.
source "$(dirname "$0")/../sdk/lib.sh"
CHROMIUM=$(command -v chromium || command -v chromium-browser) || skip "chromium is missing"
install_packages "$SOURCE_DIR/tests/browser" browser
start_sandbox
PICTURE=$WORK/first.png
make_image "$PICTURE" 1280x720

assert_exit 0 gv token somebody --tokens "$WORK/tokens"
TOKEN=$OUT
assert_exit 0 gv token leaver --tokens "$WORK/tokens"
LEAVER=$OUT TOKENS=$WORK/tokens
start_server --store "$WORK/guarded" --tokens "$WORK/tokens"
GUARDED=$SERVER
unset SERVER_PORT
start_server

export CHROMIUM SANDBOX PICTURE TOKEN LEAVER TOKENS GUARDED SERVER WORK
cd "$PLACE"
run node --test --test-concurrency=1 wish.test.mjs job.test.mjs reach.test.mjs
[[ $CODE == 0 ]] || fail "in the browser" "$(grep -A 30 '^not ok' <<<"$OUT")"
checked
finish
