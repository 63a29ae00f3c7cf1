# What the integration tests share: a fresh store, a sandbox, the program, and assertions that name their line.
# Sourced first by every script. GOLEM_VIDEO and GOLEM_VIDEO_MEDIA name the programs under test.
set -Eeuo pipefail

: "${GOLEM_VIDEO:?the path of golem-video}"
SOURCE_DIR=${SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}

# A test is the same whoever runs it: of its caller it has neither open files, which would count against limits, nor
# language, mask, proxies and settings; credentials least of all, for nothing may reach a provider.
for file in /proc/self/fd/*; do
    fd=${file##*/}
    if ((fd > 2)) && [[ ! $file -ef $0 ]]; then eval "exec $fd>&-"; fi
done
umask 022
export LC_ALL=C
foreign='^((GOLEM_VIDEO|KLING|RUNWAY|RUNWAYML|STABILITY|VEO|GOOGLE|GEMINI|OPENAI|SSL_CERT|CURL)_|[a-z]+_proxy$)'
for name in $(compgen -e | grep -iE "$foreign"); do
    [[ $name == GOLEM_VIDEO_MEDIA ]] || unset "$name"
done

# How many times slower than a quiet machine this one may be: limits of time guard against hanging only.
: "${PATIENCE:=5}"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/golem-video-test.XXXXXX")
export GOLEM_VIDEO_STORE=$WORK/store GOLEM_VIDEO_POLL_MS=50
export XDG_DATA_HOME=$WORK/data CURL_HOME=$WORK
CHECKS=0
PIDS=()

# Those of PIDS that still run; a number may be somebody else's by now.
ours() {
    local pid
    for pid in ${PIDS[@]+"${PIDS[@]}"}; do
        ! grep -qsx "PPid:[[:space:]]*$$" "/proc/$pid/status" || echo "$pid"
    done
}

# Whoever does not end when told to is ended all the same. A script may have more to tidy up: at_end.
cleanup() {
    local status=$? end=$((SECONDS + 10 * PATIENCE)) left
    trap - EXIT ERR
    set +e
    left=$(ours)
    [[ -z $left ]] || kill $left 2>/dev/null
    while left=$(ours) && [[ -n $left ]] && ((SECONDS < end)); do sleep 0.02; done
    [[ -z $left ]] || { kill -KILL $left 2>/dev/null; wait $left; }
    ! declare -F at_end >/dev/null || at_end
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

# eventually SECONDS COMMAND...: until the command succeeds; so long on a quiet machine.
eventually() {
    local end=$((SECONDS + $1 * PATIENCE))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || fail "did not come true in time: $*"
        sleep 0.05
    done
    checked
}

# timed COMMAND...: succeeds; ENOUGH is then a number of seconds that is plenty for the like of it on this machine.
timed() {
    local begun=$SECONDS
    "$@"
    ENOUGH=$(((SECONDS - begun) * 5 + 2))
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
    read -r -t $((30 * PATIENCE)) line <&"$SANDBOX_FD" || fail "the sandbox did not start" "$(<"$WORK/sandbox.err")"
    SANDBOX=$line
    SANDBOX_PORT=${line##*:}
    use_sandbox
}

use_sandbox() {
    eval "$("$GOLEM_VIDEO" sandbox env --port "$SANDBOX_PORT")"
}

# start_server [FLAG...]: golem-video serve, on SERVER_PORT if that is set. Sets SERVER (its URL), SERVER_PORT and
# SERVER_PID.
start_server() {
    local fifo=$WORK/server.fifo line
    rm -f "$fifo"
    mkfifo "$fifo"
    "$GOLEM_VIDEO" serve --listen "127.0.0.1:${SERVER_PORT:-0}" "$@" >"$fifo" 2>"$WORK/server.err" &
    SERVER_PID=$!
    PIDS+=("$SERVER_PID")
    exec {SERVER_FD}<"$fifo"
    read -r -t $((30 * PATIENCE)) line <&"$SERVER_FD" || fail "the server did not start" "$(<"$WORK/server.err")"
    SERVER=$(grep -oE 'https?://[^ ]+' <<<"$line")
    SERVER_PORT=${SERVER##*:}
}

# stop_server [SIGNAL]: and waits for its end; its exit code is in CODE.
stop_server() {
    kill "-${1:-TERM}" "$SERVER_PID"
    CODE=0
    wait "$SERVER_PID" || CODE=$?
    exec {SERVER_FD}<&-
}

# serve_folder FOLDER: over HTTP, as any web server would. Sets FOLDER_URL.
serve_folder() {
    local line
    exec {FOLDER_FD}< <(cd "$1" && exec python3 -u -m http.server 0 --bind 127.0.0.1 2>/dev/null)
    PIDS+=("$!")
    read -r -t $((30 * PATIENCE)) line <&"$FOLDER_FD" || fail "the web server did not start"
    FOLDER_URL=$(grep -oE 'http://[0-9.]+:[0-9]+' <<<"$line")
}

# The same over https, as `localhost`.
serve_folder_https() { # FOLDER CERTIFICATE KEY
    local port
    exec {FOLDER_FD}< <(cd "$1" && exec python3 -u - "$2" "$3" 2>/dev/null <<'END'
import http.server, ssl, sys
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1])
server.serve_forever()
END
    )
    PIDS+=("$!")
    read -r -t $((30 * PATIENCE)) port <&"$FOLDER_FD" || fail "the web server did not start"
    FOLDER_URL=https://localhost:$port
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

# How many requests of a kind the sandbox has seen.
requests() { # PROVIDER ROUTE
    curl -fsS "$SANDBOX/_sandbox/requests" | jq --arg p "$1" --arg r "$2" '.[$p][$r] // 0'
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

# The picture's size, the length in seconds, the frames per second and the number of sounds of a film, as ffprobe
# sees it.
film_shape() { # FILE
    film_info "$1" | jq -r '(.streams[] | select(.codec_type == "video")) as $v |
        "\($v.width)x\($v.height) \(.format.duration | tonumber | round) s \($v.avg_frame_rate | split("/") |
        map(tonumber) | .[0] / .[1] | round) fps \([.streams[] | select(.codec_type == "audio")] | length) sounds"'
}

assert_shape() { # FILE SHAPE
    assert_film "$1"
    assert_eq "$(film_shape "$1")" "$2" "shape of $1"
}

make_image() { # FILE [SIZE [COLOUR]]
    ffmpeg -v error -y -f lavfi -i "color=${3:-teal}:s=${2:-640x640}:d=1" -frames:v 1 "$1"
}

make_film() { # FILE [SECONDS]
    ffmpeg -v error -y -f lavfi -i "testsrc=s=1280x720:r=24:d=${2:-5}" -pix_fmt yuv420p -preset ultrafast "$1"
}

make_sound() { # FILE [SECONDS]
    ffmpeg -v error -y -f lavfi -i "sine=f=440:d=${2:-4}" "$1"
}

# ---- scenarios --------------------------------------------------------------------------------------

has_asked() { # PROVIDER COUNT
    (($(requests "$1" query) > $2))
}

# A wish whose client is killed by -9 while it asks for the task; `wait` in another process then ends the same job.
# Sets JOB; the film is in FILE.
killed_while_polling() { # PROVIDER FILE ARGUMENT...
    local provider=$1 file=$2 asked pid
    shift 2
    asked=$(requests "$provider" query)
    faults "query:slow:20000" # longer than the kill takes
    "$GOLEM_VIDEO" "$@" >"$WORK/killed.out" 2>"$WORK/killed.err" &
    pid=$!
    PIDS+=("$pid")
    eventually 120 has_asked "$provider" "$asked"
    kill -KILL "$pid" || fail "the client ended before it was killed" "$(<"$WORK/killed.err")"
    wait "$pid" 2>/dev/null || true
    faults ""
    JOB=$(newest_job)
    assert_contains "$(<"$WORK/killed.err")$(<"$WORK/killed.out")" "$JOB"
    assert_exit 0 gv wait "$JOB" --quiet -o "$file"
    assert_eq "$(newest_job)" "$JOB" "the newest job after a kill"
}

# The products that were created since the ledger had so many lines.
products() { # COUNT
    ledger --argjson n "$1" '.[$n:] | map(.product) | join(" ")'
}

# The same wish as a document; the film is in FILE.
submitted() { # FILE JSON
    assert_exit 0 gv submit - --wait --quiet -o "$1" <<<"$2"
    assert_film "$1"
}

# A wish that is refused before anything is sent, by flags and with its reason.
refused() { # CODE PART ARGUMENT...
    local code=$1 part=$2 before
    shift 2
    before=$(ledger length)
    assert_exit "$code" gv "$@"
    assert_contains "$ERR" "$part"
    assert_eq "$(ledger length)" "$before" "creates after a refusal of $*"
}

# Likewise as a document, where the member at fault is named.
refused_document() { # CODE FIELD JSON
    local before
    before=$(ledger length)
    assert_exit "$1" gv submit - --json <<<"$3"
    assert_eq "$(jq -r '.error.field' <<<"$OUT")" "$2" "field of $3"
    assert_eq "$(ledger length)" "$before" "creates after a refusal of $3"
}

# The id of the newest job of the store.
newest_job() {
    gv jobs --json --limit 1 | jq -r '.[0].id'
}
