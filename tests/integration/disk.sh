# A store on a disk that is full, or fills up at a bad moment, or can't be written: clear words, and nothing is lost.
# It mounts in a namespace of its own, where that is allowed: nobody else sees it, and it goes with the last process.
if [[ -z ${NAMESPACE_TRIED:-} ]] && unshare -rm true 2>/dev/null; then
    exec env NAMESPACE_TRIED=1 unshare -rm bash "$0"
fi
source "$(dirname "$0")/lib.sh"
disk=$WORK/disk
mkdir "$disk"
mount -t tmpfs -o size=128m golem-video-test "$disk" 2>/dev/null || { echo "skipped: can't mount a tmpfs"; exit 0; }
at_end() {
    umount -l "$disk"
}
start_sandbox
export GOLEM_VIDEO_STORE=$disk/store

fill() { # BYTES LEFT
    rm -f "$disk/ballast"
    local free
    free=$(df --output=avail -B1 "$disk" | tail -1)
    # A file's own blocks may take a little of what is free.
    fallocate -l "$((free - $1))" "$disk/ballast" 2>/dev/null || fallocate -l "$((free - $1 - 65536))" "$disk/ballast"
}

relieve() {
    rm -f "$disk/ballast"
}

# Full before anything: refused with the reason, and nothing is sent; with room it goes.
gv jobs >/dev/null
fill 0
run gv generate "a boat" --model kling-v2-6
assert_eq "$CODE" 8 "exit code on a full disk"
assert_contains "$ERR" "No space left on device"
assert_contains "$ERR" "$disk/store"
assert_eq "$(ledger length)" 0 "creates on a full disk"
relieve
timed assert_exit 0 gv generate "a boat" --model kling-v2-6 --quiet
assert_film "$OUT"

# Full when the answer to a paid create comes: the job waits for room to write it down, and can be left at any time.
# What was paid is found again by its name.
faults "create:slow:1500"
"$GOLEM_VIDEO" generate "a boat" --model kling-v2-6 >"$WORK/out" 2>"$WORK/err" &
driver=$!
PIDS+=("$driver")
eventually 120 grep -q submitting "$WORK/err"
fill 0
accepted() {
    [[ $(ledger length) == 2 ]]
}
eventually 120 accepted
kill -TERM "$driver"
CODE=0
wait "$driver" || CODE=$?
assert_eq "$CODE" 10 "exit code of a job that can't be written down"
relieve
faults ""
assert_exit 0 gv wait "$(newest_job)" --quiet
assert_film "$OUT"
assert_eq "$(ledger length)" 2 "creates after the disk was full"

# No room for the film: it waits for room, and for a person when its time is over. The film is fetched then.
faults "download:big:80000000"
fill 40000000
run gv generate "a boat" --model kling-v2-6 --deadline "$ENOUGH"
assert_eq "$CODE" 9 "exit code without room for the film"
assert_contains "$ERR" "No space left on device"
assert_contains "$ERR" "could not be fetched"
relieve
faults ""
assert_exit 0 gv resolve "$(newest_job)" --look-up --wait --quiet
assert_film "$OUT"
assert_eq "$(ledger length)" 3 "creates at the end"

# Tidying up works on a disk that is nearly full, and removes nothing that a job needs.
touch -d '2 weeks ago' "$disk/store/partial/dead.part"
dd if=/dev/zero of="$disk/store/partial/dead.part" bs=1M count=8 status=none
touch -d '2 weeks ago' "$disk/store/partial/dead.part"
find "$disk/store/blobs" -type f -exec touch -d '2 weeks ago' {} +
fill 1000000
assert_exit 0 gv collect
[[ ! -e $disk/store/partial/dead.part ]] || fail "what a dead download left is still there"
relieve
for job in $(gv jobs --json | jq -r '.[].id'); do
    assert_exit 0 gv wait "$job" --quiet
    assert_film "$OUT"
done

# Read-only: jobs can't be made, and the reason is told.
mount -o remount,ro "$disk"
for command in jobs "generate x"; do
    read -r -a words <<<"$command"
    assert_exit 8 gv "${words[@]}"
    assert_contains "$ERR" "Read-only file system"
done
mount -o remount,rw "$disk"
assert_eq "$(gv jobs --json --status succeeded | jq length)" 3

finish
