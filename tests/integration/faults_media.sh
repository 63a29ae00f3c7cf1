# A media helper that is missing, can't be run, dies or hangs: an input is refused with the reason before anything is
# sent, a film that came is kept without its measures, and nothing waits for ever.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/girl.png"
real=$GOLEM_VIDEO_MEDIA
export GOLEM_VIDEO_LOG=warn
make_helper() { # NAME SCRIPT
    printf '#!/bin/sh\n%s\n' "$2" >"$WORK/$1"
    chmod +x "$WORK/$1"
}
make_helper killed 'kill -KILL $$'
make_helper hanging 'exec sleep 1000'
make_helper mute 'exit 0'
make_helper loud 'exec cat /dev/zero'
make_helper broken 'echo nonsense; exit 1'
make_helper closed 'chmod -x "$0"'
chmod -x "$WORK/closed"

ask() { # HELPER NAME ARGUMENT...: in a store of its own
    local helper=$1 name=$2
    shift 2
    CODE=0
    GOLEM_VIDEO_STORE=$WORK/store-$name GOLEM_VIDEO_MEDIA=$WORK/$helper timeout 300 "$GOLEM_VIDEO" "$@" --no-progress \
        >"$WORK/$name.out" 2>"$WORK/$name.err" || CODE=$?
    echo "$CODE" >"$WORK/$name.code"
}

told() { # NAME CODE PART
    [[ $(<"$WORK/$1.code") == "$2" ]] || fail "exit code of $1: $(<"$WORK/$1.code") instead of $2" "$(<"$WORK/$1.err")"
    assert_contains "$(<"$WORK/$1.err")" "$3"
}

# The waits of the hanging one are long, so all go side by side.
asking=()
for helper in nowhere closed killed mute loud broken hanging; do
    ask "$helper" "input-$helper" generate "slow zoom" --image "$WORK/girl.png" --model kling-v2-6 &
    asking+=("$!")
done
for helper in killed hanging; do
    ask "$helper" "film-$helper" generate "a boat" --model kling-v2-6 &
    asking+=("$!")
done
wait "${asking[@]}"

told input-nowhere 8 "$WORK/nowhere can't be run: No such file or directory"
told input-closed 8 "$WORK/closed can't be run: Permission denied"
told input-killed 8 "ended by signal 9"
told input-mute 8 "without saying why"
told input-loud 8 "bytes"
told input-broken 8 "without saying why"
told input-hanging 8 "took longer than"
for helper in killed hanging; do
    told "film-$helper" 0 "its measures are not known"
    assert_film "$(<"$WORK/film-$helper.out")"
done
assert_eq "$(ledger length)" 2 "creates"

# With the real one the same wish goes.
export GOLEM_VIDEO_MEDIA=$real GOLEM_VIDEO_STORE=$WORK/store-input-killed
assert_exit 0 gv generate "slow zoom" --image "$WORK/girl.png" --model kling-v2-6 --quiet
assert_film "$OUT"

finish
