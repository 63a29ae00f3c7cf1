# Broken bytes by the thousand on the server's sockets. Afterwards it answers as before, holds no more than before, and
# ends well. SEED replays, CONNECTIONS says how many.
source "$(dirname "$0")/lib.sh"
: "${CONNECTIONS:=1500}" "${GROWTH_KIB_MAX:=65536}"

fuzz() { # CONNECTIONS
    python3 "$SOURCE_DIR/tests/support/wire_fuzz.py" "$SERVER_PORT" "$1" ||
        fail "a connection" "$(tail -20 "$WORK/server.err")"
}
memory_kib() {
    awk '/^VmRSS/ { print $2 }' "/proc/$SERVER_PID/status"
}
open_files() {
    ls "/proc/$SERVER_PID/fd" | wc -l
}
children() {
    cat /proc/"$SERVER_PID"/task/*/children
}
is() { # COMMAND VALUE
    [[ $("$1") == "$2" ]]
}

start_sandbox
GOLEM_VIDEO_IDLE_MS=1000 GOLEM_VIDEO_BODY_BYTES_MAX=400000 start_server --allow-private
# What the first requests leave behind for good, such as threads' stacks and the files of the store.
SEED=1 fuzz 200
idle_files=$(open_files) idle_children=$(children) idle_kib=$(memory_kib)

fuzz "$CONNECTIONS"
curl -fsS -m 10 "$SERVER/healthz" >"$WORK/out" || fail "the server does not answer any more" "$(<"$WORK/server.err")"
assert_eq "$(jq -r .status "$WORK/out")" ok
assert_eq "$(curl -fsS -m 10 "$SERVER/v1/videos" | jq -c .data)" "[]" "jobs of broken requests"
assert_eq "$(ledger length)" 0 "creates of broken requests"
eventually 20 is open_files "$idle_files"
eventually 20 is children "$idle_children"
under_way() {
    curl -fsS -m 10 "$SERVER/metrics" | awk '/^golem_video_requests_under_way / { print $2 }'
}
eventually 20 is under_way 1
if [[ -z ${SANITIZED:-} ]]; then # a sanitizer keeps what was freed
    kib=$(memory_kib)
    echo "memory: $idle_kib KiB before, $kib KiB after"
    ((kib < idle_kib + GROWTH_KIB_MAX)) || fail "$kib KiB where there were $idle_kib"
fi
assert_lacks "$(<"$WORK/server.err")" "runtime error"
stop_server
assert_eq "$CODE" 0 "exit code after all that"
finish
