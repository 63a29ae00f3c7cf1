# Stored files that were changed, cut or removed: noticed before anything of them is handed on or sent.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/girl.png"
assert_exit 0 gv generate "a boat" --model kling-v2-6 --quiet
film=$OUT job=$(newest_job)
cp "$film" "$WORK/film.whole"

flip() { # FILE: one bit in its middle
    python3 - "$1" <<'PY'
import os, sys
with open(sys.argv[1], "r+b") as file:
    file.seek(os.path.getsize(sys.argv[1]) // 2)
    byte = file.read(1)[0]
    file.seek(-1, 1)
    file.write(bytes([byte ^ 16]))
PY
}

cut() {
    truncate -s -1 "$1"
}

refused_film() { # PART
    for command in "wait $job -o $WORK/out.mp4" "wait $job" "wait $job --json"; do
        read -r -a words <<<"$command"
        assert_exit 8 gv "${words[@]}"
        assert_contains "$ERR" "$1"
        assert_contains "$ERR" "$film"
        assert_lacks "$OUT" '"succeeded"'
    done
    [[ ! -e $WORK/out.mp4 ]] || fail "a damaged film was handed out"
    assert_eq "$(find "$WORK" -maxdepth 1 -name 'out.mp4*')" "" "left over from a refused copy"
}

flip "$film"
refused_film "its content has changed"
cp "$WORK/film.whole" "$film"
cut "$film"
refused_film "bytes where"
rm "$film"
refused_film "No such file"
cp "$WORK/film.whole" "$film"
assert_exit 0 gv wait "$job" -o "$WORK/out.mp4" --quiet
cmp "$WORK/out.mp4" "$WORK/film.whole" || fail "another film"

# An input that is damaged after it was accepted: nothing is sent. The first create never came through, which nobody
# can tell from here, so that a person is asked in the end.
creates=$(ledger length)
spoiled() { # DAMAGE PART
    faults "create:refuse-drop"
    "$GOLEM_VIDEO" generate "slow zoom" --image "$WORK/girl.png" --model kling-v2-6 --no-progress \
        >"$WORK/driver.out" 2>"$WORK/driver.err" &
    local driver=$! input
    PIDS+=("$driver")
    eventually 120 grep -q accepted "$WORK/driver.err"
    kill -KILL "$driver"
    wait "$driver" 2>/dev/null || true
    input=$(gv jobs --json --limit 1 | jq -r '.[0].request.input.image.data.blob.sha256')
    input=$GOLEM_VIDEO_STORE/blobs/${input:0:2}/${input:2}
    assert_file "$input"
    "$1" "$input"
    faults ""
    assert_exit 9 timeout 120 "$GOLEM_VIDEO" wait "$(newest_job)"
    assert_contains "$ERR" "$2"
    assert_contains "$ERR" "$input"
    assert_eq "$(ledger length)" "$creates" "creates with a damaged input"
}
spoiled flip "its content has changed"

# Damaged before anything was sent: the job fails with the reason. Pictures of another job's input are the same file.
faults "create:burst:1303*1000"
"$GOLEM_VIDEO" generate "slow zoom" --image "$WORK/girl.png" --model kling-v2-6 --no-progress >/dev/null \
    2>"$WORK/driver.err" &
driver=$!
PIDS+=("$driver")
eventually 120 grep -q submitting "$WORK/driver.err"
input=$(gv jobs --json --limit 1 | jq -r '.[0].request.input.image.data.blob.sha256')
flip "$GOLEM_VIDEO_STORE/blobs/${input:0:2}/${input:2}"
CODE=0
wait "$driver" || CODE=$?
assert_eq "$CODE" 8 "exit code of a job whose input is damaged"
assert_contains "$(<"$WORK/driver.err")" "its content has changed"
faults ""
assert_eq "$(ledger length)" "$creates" "creates with a damaged input"

# The same wish again stores the input anew.
assert_exit 0 gv generate "slow zoom" --image "$WORK/girl.png" --model kling-v2-6 --quiet
assert_film "$OUT"
assert_eq "$(ledger length)" $((creates + 1)) "creates at the end"

finish
