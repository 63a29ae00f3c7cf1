# On a terminal: a line is redrawn while it goes, and what a command came to is told once, whole, and last.
source "$(dirname "$0")/lib.sh"
start_sandbox

# on_terminal COMMAND...: its output as a terminal gets it, in OUT; its exit code in CODE.
on_terminal() {
    CODE=0
    python3 - "$@" >"$WORK/screen" <<'END' || CODE=$?
import os, pty, sys
pid, screen = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        data = os.read(screen, 4096)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
    OUT=$(tr -d '\r' <"$WORK/screen")
}

assert_once() { # PART
    assert_eq "$(grep -o -F -- "$1" <<<"$OUT" | wc -l || true)" 1 "times that \"$1\" is told"
}

# The second part comes behind the first.
assert_order() {
    assert_contains "${OUT#*"$1"}" "$2"
}

# A failure.
on_terminal "$GOLEM_VIDEO" generate "a boat [fail: the boat sank]"
assert_eq "$CODE" 6
assert_once "the boat sank"
assert_contains "$OUT" "golem-video: Kling failed task"
assert_order "golem-video: Kling failed task" "the provider does not charge for it"

# A refusal.
on_terminal "$GOLEM_VIDEO" generate "a boat" --model nope
assert_eq "$CODE" 3
assert_once "model nope"

# A job that is parked: what is not known, then what settles it.
on_terminal "$GOLEM_VIDEO" generate "a girl" --quiet
film=$(newest_job)
faults "tts:drop*1"
on_terminal "$GOLEM_VIDEO" lip-sync --video-id "$film" --text "Good morning" --voice oversea_male1
assert_eq "$CODE" 9
assert_once "The answer to a call that makes speech"
assert_order "The answer to a call that makes speech" "settle it with one of"
assert_order "settle it with one of" "--resubmit"

# Its end by hand.
on_terminal "$GOLEM_VIDEO" resolve "$(newest_job)" --give-up
assert_once "Given up by hand"

# A film: its lines, and its path alone at the end.
on_terminal "$GOLEM_VIDEO" generate "a boat" -o "$WORK/boat.mp4"
assert_eq "$CODE" 0
assert_contains "$OUT" "running: Kling has it as task"
assert_eq "$(tail -n 1 <<<"$OUT" | sed 's/.*\x1b\[K//')" "$WORK/boat.mp4"

finish
