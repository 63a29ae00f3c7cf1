# The command line as such: help, flags wherever they stand, bad values that name their flag, exit codes.
source "$(dirname "$0")/lib.sh"

tables=$(gv help --json)

# Help lists every command, and each command its own flags and no others.
assert_exit 0 gv help
for command in $(jq -r '.commands[].name' <<<"$tables"); do
    assert_contains "$(gv help)" "  $command "
    assert_exit 0 gv help "$command"
    page=$OUT
    assert_contains "$page" "Example"
    assert_exit 0 gv "$command" --help
    assert_eq "$OUT" "$page" "$command --help"
    for flag in $(jq -r --arg c "$command" '.commands[] | select(.name == $c) | .flags[].name' <<<"$tables"); do
        [[ $page =~ --(\[no-\])?$flag ]] || fail "help $command does not list --$flag" "$page"
    done
done
assert_lacks "$(gv help voices)" "--detach"
assert_exit 0 gv --help
assert_exit 0 gv -h
assert_exit 0 gv version
assert_eq "$OUT" "golem-video $(gv version --json | jq -r .version)"
assert_exit 0 gv --version

# What can't be read is exit code 2 and names the nearest thing.
assert_exit 2 gv
assert_exit 2 gv genrate x
assert_contains "$ERR" 'did you mean "generate"?'
assert_exit 2 gv help nothing
assert_exit 2 gv generate x --sed 5
assert_contains "$ERR" "did you mean --seed?"
assert_exit 2 gv generate x --frobnicate
assert_contains "$ERR" "no flag --frobnicate"
assert_exit 2 gv voices --detach
assert_contains "$ERR" "--detach is not a flag of voices"
assert_exit 2 gv generate a paper boat
assert_contains "$ERR" "quotes"
assert_exit 2 gv wait
assert_contains "$ERR" "wait needs JOB"
assert_exit 2 gv generate
assert_contains "$ERR" "prompt"
assert_exit 2 gv generate x --seed 1 --seed 2
assert_contains "$ERR" "--seed is given twice"
assert_exit 2 gv generate x --seed
assert_contains "$ERR" "--seed needs a value"
assert_exit 2 gv generate x --model --json
assert_contains "$ERR" "--model=--json"
assert_exit 2 gv generate x --audio=yes
assert_contains "$ERR" "--audio takes no value"

# Every bad value names its flag and says what came.
bad() { # FLAG VALUE [COMMAND...]
    local flag=$1 value=$2
    shift 2
    assert_exit 2 gv "${@:-generate}" "$flag" "$value"
    assert_contains "$ERR" "$flag"
    assert_contains "$ERR" "\"$value\""
}
bad --seed -1
bad --seed 1.5
bad --seed 18446744073709551616
bad --duration long
bad --duration nan
bad --guidance-scale 7x
bad --aspect-ratio 5:4
bad --resolution 8k
bad --camera sideways
bad --camera simple:spin=3
bad --camera simple:pan=far
bad --trajectory 1,2,3
bad --trajectory 5
bad --trajectory ";"
bad --option novalue
bad --option =x
bad --metadata novalue
bad --deadline -3
bad --image-role middle
bad --language fr lip-sync
bad --speed fast lip-sync
bad --status lost jobs
bad --limit many jobs
bad --timeout soon wait x
bad --effect spin effects a.png

# Flags that don't go together.
assert_exit 2 gv generate x --image a.png --video b.mp4
assert_exit 2 gv generate x --image-role last
assert_exit 2 gv effects a.png --effect hug
assert_contains "$ERR" "--second-image"
assert_exit 2 gv effects a.png --effect squish --second-image b.png
assert_exit 2 gv lip-sync --video a.mp4
assert_exit 2 gv lip-sync --video a.mp4 --text x
assert_contains "$ERR" "--voice"
assert_exit 2 gv lip-sync --video a.mp4 --video-id b --audio c.mp3
assert_exit 2 gv lip-sync --video a.mp4 --audio c.mp3 --speed 2
assert_exit 3 gv resolve x
assert_exit 2 gv resolve x --look-up --give-up
assert_exit 2 gv generate x --detach -o a.mp4
assert_exit 2 gv sandbox stop
assert_exit 2 gv sandbox --port 70000

# A place that can't be written is refused before anything is sent.
assert_exit 2 gv generate x -o -
assert_contains "$ERR" "--output"
mkfifo "$WORK/pipe"
assert_exit 2 gv generate x -o "$WORK/pipe"
assert_contains "$ERR" "neither a file nor a folder"
assert_exit 2 gv generate x -o "$WORK/nowhere/film.mp4"
assert_contains "$ERR" "$WORK/nowhere"

# Flags stand anywhere, in both forms, and -- ends them.
start_sandbox
model() {
    jq -r '.model' <<<"$OUT"
}
assert_exit 0 gv --dry-run --json --model kling-v2-6 generate "a boat"
assert_eq "$(model)" kling-v2-6
assert_exit 0 gv generate --model=kling-v2-6 "a boat" --dry-run --json
assert_eq "$(model)" kling-v2-6
assert_exit 0 gv --no-audio generate "a boat" --model kling-v2-6 --json --dry-run
assert_exit 0 gv generate --dry-run --json -- --help
assert_contains "$OUT" '"--help"'

# With --json an error is an object on standard output too.
assert_exit 2 gv generate x --seed y --json
assert_eq "$(jq -r '.error.field' <<<"$OUT")" --seed
assert_contains "$ERR" "golem-video: --seed"
assert_exit 3 gv generate x --duration 400 --model kling-v2-6 --json
assert_eq "$(jq -r '.error.code' <<<"$OUT")" invalid_input
assert_eq "$(jq -r '.error.field' <<<"$OUT")" config.duration_seconds
assert_contains "$ERR" "--duration"
assert_exit 3 gv poll gv_01k6yq5t1wz8q4y0n3j2v7b9xd --json
assert_eq "$(jq -r '.error.code' <<<"$OUT")" invalid_input
assert_exit 4 gv upscale https://example.com/a.mp4 --provider kling

# Without credentials and without a provider the message says what would help.
(
    for name in $(gv providers --json | jq -r '.[].settings[].name'); do unset "$name"; done
    assert_exit 3 gv generate x
    assert_contains "$ERR" KLING_
    assert_contains "$ERR" --sandbox
)

# A store that can't be is an internal error with the reason.
: >"$WORK/plain"
assert_exit 8 gv jobs --store "$WORK/plain/store"
assert_contains "$ERR" "$WORK/plain"

# Output that can't be written is not taken for success.
if [[ -w /dev/full ]]; then
    CODE=0
    gv help >/dev/full 2>"$WORK/err" || CODE=$?
    assert_eq "$CODE" 8 "exit code on a full disk"
fi

# The doctor tells what is there and never what it is.
export KLING_API_KEY=a-secret-that-must-not-show
assert_exit 0 gv doctor
assert_contains "$OUT" "store"
assert_contains "$OUT" "kling credentials"
assert_lacks "$OUT$ERR" "$KLING_API_KEY"
assert_exit 0 gv doctor --json
assert_eq "$(jq -r '.[] | select(.question == "store") | .verdict' <<<"$OUT")" ok

# Providers come from the table.
assert_exit 0 gv providers
assert_contains "$OUT" kling
assert_exit 0 gv providers kling
assert_contains "$OUT" kling-v2-6
assert_exit 3 gv providers nobody

finish
