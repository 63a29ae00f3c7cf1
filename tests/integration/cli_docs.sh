# What the documentation says is so: its examples run, and the man page has every flag and command of the tables.
source "$(dirname "$0")/lib.sh"
start_sandbox
page=$SOURCE_DIR/docs/man/golem-video.1
tables=$(gv help --json)

for flag in $(jq -r '.commands[].flags[].name' <<<"$tables" | sort -u); do
    grep -Eq -- "Fl Fl (no-)?$flag( |\$)" "$page" || fail "golem-video(1) does not have --$flag"
    checked
done
for command in $(jq -r '.commands[].name' <<<"$tables"); do
    grep -Eq "Cm $command( |\$)" "$page" || fail "golem-video(1) does not have the command $command"
    checked
done
# And nothing that isn't there.
for flag in $(grep -oE 'Fl Fl [a-z-]+' "$page" | sed 's/Fl Fl //' | sort -u); do
    [[ $flag == flag ]] && continue
    jq -e --arg f "$flag" 'any(.commands[].flags[]; .name == $f or (.negatable and "no-" + .name == $f))' \
        <<<"$tables" >/dev/null ||
        fail "golem-video(1) has --$flag, the program has not"
done
if command -v mandoc >/dev/null; then
    for manual in "$SOURCE_DIR"/docs/man/*.[1-8]; do
        lint=$(mandoc -T lint -W warning "$manual" 2>&1) || true
        assert_eq "$lint" "" "mandoc -T lint $manual"
    done
fi

# ---- the examples -----------------------------------------------------------------------------------

stage=$WORK/stage
mkdir "$stage"
make_image "$stage/first.png"
make_image "$stage/last.png" 640x640 orange
for name in face other girl dog; do cp "$stage/first.png" "$stage/$name.png"; done
make_film "$stage/talk.mp4"
cp "$stage/talk.mp4" "$stage/small.mp4"
make_sound "$stage/hello.mp3"
mkdir "$WORK/bin"
ln -s "$GOLEM_VIDEO" "$WORK/bin/golem-video"
export PATH=$WORK/bin:$PATH

# A finished job and a parked or running one stand for the ids that examples show.
gv generate "a girl" --model kling-v1-6 --option allow_retired=true --quiet >/dev/null
finished=$(newest_job)

# Blocks that begin with golem-video or with an id taken from it, without those that serve until they are ended.
blocks() { # FILE
    awk '/^```(sh|bash|console)?$/ && !inside { inside = 1; text = ""; next }
         /^```$/ && inside { inside = 0; if (text ~ /^(golem-video|id=\$\(golem-video)/) printf "%s%c", text, 0; next }
         inside { text = text $0 "\n" }' "$1"
}

for file in "$SOURCE_DIR"/README.md "$SOURCE_DIR"/docs/*.md; do
    [[ -f $file ]] || continue
    while IFS= read -r -d '' block; do
        grep -Eq '^golem-video (sandbox($| -)|serve|doctor --online)' <<<"$block" && continue
        block=$(sed -E "s/gv_[0-9a-hjkmnp-tv-z]{26}/$finished/g" <<<"$block")
        (cd "$stage" && bash -euo pipefail -c "$block") >"$WORK/out" 2>"$WORK/err" ||
            fail "an example of ${file##*/} fails:"$'\n'"$block" "$(tail -20 "$WORK/err")"
        checked
    done < <(blocks "$file")
done

# Help's own examples: each is at least a wish that could be sent.
for command in generate extend effects multi-image lip-sync; do
    example=$(jq -r --arg c "$command" '.commands[] | select(.name == $c) | .example' <<<"$tables")
    example=$(sed -E "s/gv_[0-9a-hjkmnp-tv-z]{26}/$finished/g" <<<"$example")
    (cd "$stage" && bash -euo pipefail -c "$example --dry-run") >"$WORK/out" 2>"$WORK/err" ||
        fail "the example of help $command fails: $example" "$(<"$WORK/err")"
    checked
done

finish
