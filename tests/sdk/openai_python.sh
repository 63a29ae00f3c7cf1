# golem-video's server with the official OpenAI client for Python, where it is installed.
source "$(dirname "$0")/lib.sh"
python3 -c 'from openai import OpenAI; OpenAI.videos' 2>"$WORK/import" ||
    skip "the module openai with its videos is missing: $(tail -1 "$WORK/import")"

start_sandbox
make_image "$WORK/first.png" 1280x720
make_film "$WORK/film.mp4" 5
TOKEN=$(gv token one --tokens "$WORK/tokens")
OTHER_TOKEN=$(gv token two --tokens "$WORK/tokens")
export TOKEN OTHER_TOKEN
start_server --tokens "$WORK/tokens" --allow-private
export SERVER SANDBOX

client() { # WHAT
    assert_exit 0 timeout 240 python3 -W ignore::DeprecationWarning \
        "$SOURCE_DIR/tests/sdk/openai_python/test.py" "$1" "$WORK/first.png" "$WORK/film.mp4"
    echo "$OUT"
}
client calls

# A film that takes its time.
stop_sandbox
start_sandbox --speed 15
client polls
stop_server
assert_eq "$CODE" 0 "exit code of the server"
finish
