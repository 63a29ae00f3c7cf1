# What the integration tests share: a fresh store, a sandbox, the program, and assertions that name their line.
# Sourced first by every script. GOLEM_VIDEO and GOLEM_VIDEO_MEDIA name the programs under test.
set -Eeuo pipefail

: "${GOLEM_VIDEO:?the path of golem-video}"
SOURCE_DIR=${SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/golem-video-test.XXXXXX")
export GOLEM_VIDEO_STORE=$WORK/store GOLEM_VIDEO_POLL_MS=${GOLEM_VIDEO_POLL_MS:-50}
export XDG_DATA_HOME=$WORK/data
CHECKS=0
PIDS=()

# Nothing that the caller's shell has may reach a provider.
for name in $(compgen -e | grep -E '^(KLING|RUNWAY|RUNWAYML|STABILITY|VEO|GOOGLE|GEMINI|OPENAI)_' || true); do
    unset "$name"
done

cleanup() {
    local status=$?
    trap - EXIT
    for pid in ${PIDS[@]+"${PIDS[@]}"}; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$WORK"
    exit "$status"
}
trap cleanup EXIT

# fail WHAT [WHAT CAME]: names the lines of the test that led here, the innermost first.
fail() {
    local i where=""
    for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
        [[ ${BASH_SOURCE[i]} == "${BASH_SOURCE[0]}" ]] || where+=":${BASH_LINENO[i - 1]}"
    done
    echo "FAILED ${0##*/}$where: $1" >&2
    [[ $# -gt 1 ]] && printf '%s\n' "$2" | head -40 >&2
    exit 1
}
trap 'fail "a command failed: $BASH_COMMAND"' ERR

checked() {
    CHECKS=$((CHECKS + 1))
}

finish() {
    echo "ok $CHECKS checks"
}

# ---- assertions ---------------------------------------------------------------------------------

assert_eq() { # GOT WANTED [WHAT]
    [[ $1 == "$2" ]] || fail "${3:-value}: wanted \"$2\"" "got \"$1\""
    checked
}

assert_contains() { # TEXT PART
    [[ $1 == *"$2"* ]] || fail "wanted \"$2\" in it" "$1"
    checked
}

assert_lacks() { # TEXT PART
    [[ $1 != *"$2"* ]] || fail "wanted no \"$2\" in it" "$1"
    checked
}

assert_file() { # PATH
    [[ -s $1 ]] || fail "no file $1, or an empty one" "$(ls -l "$(dirname "$1")" 2>&1)"
    checked
}

# Runs a command; leaves its output in OUT and ERR.
run() {
    CODE=0
    "$@" >"$WORK/out" 2>"$WORK/err" || CODE=$?
    OUT=$(<"$WORK/out")
    ERR=$(<"$WORK/err")
}

assert_exit() { # CODE COMMAND...
    local wanted=$1
    shift
    run "$@"
    [[ $CODE == "$wanted" ]] || fail "exit code $CODE instead of $wanted: $*" "$OUT"$'\n'"$ERR"
    checked
}

# eventually SECONDS COMMAND...: until the command succeeds.
eventually() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || fail "did not come true in time: $*"
        sleep 0.05
    done
    checked
}

# ---- the programs ---------------------------------------------------------------------------------

gv() {
    "$GOLEM_VIDEO" "$@"
}

# start_sandbox [FLAG...]: runs one, and sends this script's golem-video there. Sets SANDBOX, SANDBOX_PORT, SANDBOX_PID.
start_sandbox() {
    local fifo=$WORK/sandbox.fifo line speed=(--speed 1000)
    [[ " $* " == *" --speed "* ]] && speed=()
    rm -f "$fifo"
    mkfifo "$fifo"
    "$GOLEM_VIDEO" sandbox --port "${SANDBOX_PORT:-0}" --state "$WORK/sandbox" "${speed[@]}" "$@" \
        >"$fifo" 2>"$WORK/sandbox.err" &
    SANDBOX_PID=$!
    PIDS+=("$SANDBOX_PID")
    exec {SANDBOX_FD}<"$fifo"
    read -r -t 30 line <&"$SANDBOX_FD" || fail "the sandbox did not start" "$(<"$WORK/sandbox.err")"
    SANDBOX=$line
    SANDBOX_PORT=${line##*:}
    use_sandbox
}

use_sandbox() {
    eval "$("$GOLEM_VIDEO" sandbox env --port "$SANDBOX_PORT")"
}

# serve_folder FOLDER: over HTTP, as any web server would. Sets FOLDER_URL.
serve_folder() {
    local line
    exec {FOLDER_FD}< <(cd "$1" && exec python3 -u -m http.server 0 --bind 127.0.0.1 2>/dev/null)
    PIDS+=("$!")
    read -r -t 30 line <&"$FOLDER_FD" || fail "the web server did not start"
    FOLDER_URL=$(grep -oE 'http://[0-9.]+:[0-9]+' <<<"$line")
}

stop_sandbox() {
    kill "$SANDBOX_PID"
    wait "$SANDBOX_PID" || true
    exec {SANDBOX_FD}<&-
}

# The accepted creates, a JSON array, through a jq filter.
ledger() { # [JQ ARGUMENTS...]
    curl -fsS "$SANDBOX/_sandbox/ledger" | jq .creates | jq -r "$@"
}

# Replaces the fault script of the running sandbox; "" for none.
faults() { # SCRIPT
    curl -fsS --data-binary "$1" "$SANDBOX/_sandbox/faults" >/dev/null
}

# ---- films and pictures ----------------------------------------------------------------------------

film_info() { # FILE
    ffprobe -v error -of json -show_format -show_streams "$1"
}

assert_film() { # FILE
    assert_file "$1"
    [[ $(film_info "$1" | jq '[.streams[] | select(.codec_type == "video")] | length') == 1 ]] || fail "$1 is no film"
    checked
}

make_image() { # FILE [SIZE [COLOUR]]
    ffmpeg -v error -y -f lavfi -i "color=${3:-teal}:s=${2:-640x640}:d=1" -frames:v 1 "$1"
}

make_film() { # FILE [SECONDS]
    ffmpeg -v error -y -f lavfi -i "testsrc=s=1280x720:r=24:d=${2:-5}" -pix_fmt yuv420p "$1"
}

make_sound() { # FILE [SECONDS]
    ffmpeg -v error -y -f lavfi -i "sine=f=440:d=${2:-4}" "$1"
}

# The id of the newest job of the store.
newest_job() {
    gv jobs --json --limit 1 | jq -r '.[0].id'
}
