# Rubbish in documents, flags and files: always an answer in time, never a crash, and the field is named.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/girl.png"
make_film "$WORK/talk.mp4" 1
RANDOM=${SEED:=1}
echo "SEED=$SEED"

# refused FIELD COMMAND...: refused as invalid or unsupported, in time, with the field in what is said. FIELD "": any.
refused() {
    local field=$1
    shift
    run timeout 120 "$GOLEM_VIDEO" "$@"
    [[ $CODE == [234] ]] || fail "exit code $CODE: ${*:0:200}" "${OUT:0:2000}"$'\n'"${ERR:0:2000}"
    assert_contains "$ERR" "golem-video: "
    assert_contains "$ERR" "$field"
    ((${#ERR} < 4000)) || fail "a message of ${#ERR} bytes: ${*:0:200}" "${ERR:0:2000}"
    checked
}

document() { # FIELD: the document is on standard input
    cat >"$WORK/document"
    refused "$1" submit "$WORK/document" --json
}

# ---- documents that are none -----------------------------------------------------------------------------

printf '' | document ""
printf '{"operation":"generate","input":{"text":"a\\u0000b"}}' | document JSON
printf '{"operation":"generate","input":{"text":"a\0b"}}' | document JSON
printf '{"operation":"generate","input":{"text":"a\xff\xfeb"}}' | document ""
printf '{"operation":"generate","input":{"text":"a\\ud800b"}}' | document ""
printf '{"operation":"generate"}{"operation":"generate"}' | document JSON
printf '[{"operation":"generate"}]' | document ""
printf 'null' | document ""
printf '{"operation":"generate","operation":"extend","input":{"text":"a"}}' | document operation
{ printf '%0.s[' {1..100000}; } | document JSON
{
    printf '{"operation":"generate","input":'
    printf '%0.s{"a":' {1..20000}
} | document JSON
head -c 3000000 /dev/urandom | document ""
{
    printf '{"operation":"generate","input":{"text":"'
    head -c 10000000 /dev/zero | tr '\0' a
    printf '"},"config":{}}'
} | document input
{
    printf '{"operation":"generate","input":{"text":"a"},"config":{},"metadata":{'
    seq -f '"k%.0f":"v",' 1 100000
    printf '"z":"v"}}'
} | document metadata
{
    printf '{"operation":"generate","input":{"text":"a"},"config":{"provider_options":['
    seq -f '{"key":"mode%.0f","value":"v"},' 1 100000
    printf '{"key":"mode","value":"std"}]}}'
} | document provider_options
{
    printf '{"operation":"multi_image","input_images":['
    seq -f '{"url":"http://example.com/%.0f.png"},' 1 100000
    printf '{"url":"http://example.com/a.png"}],"prompt":"x"}'
} | document ""

# ---- wrong values in a good document ----------------------------------------------------------------------

cat >"$WORK/wish.json" <<'JSON'
{"operation": "generate", "provider": "kling", "input": {"text": "a boat"},
 "config": {"model": "kling-v1-6", "duration_seconds": 5, "seed": 1, "guidance_scale": 0.5, "aspect_ratio": "landscape",
            "resolution": "hd", "enable_audio": false, "negative_prompt": "rain",
            "provider_options": {"allow_retired": "true"}},
 "metadata": {"order": "17"}}
JSON
assert_exit 0 gv submit "$WORK/wish.json" --dry-run
values=('"x"' '-1' '1e400' '1e308' '-0.0' '18446744073709551616' '99999999999999999999999999' 'true' '[]' '{}'
    '[[[[[]]]]]' '"\u0000"' '{"url": 5}' '""')
paths=$(jq -r 'paths(scalars) | join(".")' "$WORK/wish.json")
refusals=0
for path in $paths; do
    for value in "${values[@]}"; do
        # jq would make numbers of its own, so the value is put in as text.
        jq --arg p "$path" 'setpath($p / "."; "@@")' "$WORK/wish.json" |
            sed "s/\"@@\"/${value//\\/\\\\}/" >"$WORK/document"
        run timeout 120 "$GOLEM_VIDEO" submit "$WORK/document" --dry-run --json
        case $CODE in
        0) ;;
        2 | 3 | 4)
            refusals=$((refusals + 1))
            [[ $OUT$ERR == *"${path##*.}"* || $ERR == *JSON* ]] ||
                fail "$path = $value: the field is not named" "$ERR"
            ;;
        *) fail "exit code $CODE for $path = $value" "$ERR" ;;
        esac
        checked
    done
done
((refusals > 100)) || fail "only $refusals refusals"

# Bounds of what is kept with a job, and a NUL told in plain words.
long=$(printf '%0.sk' {1..5000})
assert_exit 3 gv submit - --dry-run < <(jq --arg k "$long" '.metadata = {($k): "x"}' "$WORK/wish.json")
assert_contains "$ERR" "metadata has a key of 5000 bytes; 64 are allowed"
assert_exit 3 gv submit - --dry-run < <(jq --arg v "$long" '.metadata = {order: $v}' "$WORK/wish.json")
assert_contains "$ERR" "metadata.order has 5000 bytes; 4096 are allowed"
assert_exit 3 gv submit - --dry-run <<<'{"operation": "gene\u0000rate"}'
assert_contains "$ERR" "a NUL character (\u0000) is not allowed"
assert_lacks "$ERR" "JSON_ALLOW_NUL"
assert_exit 4 gv lip-sync --video "$WORK/talk.mp4" --text "Good morning" --provider runway
assert_contains "$ERR" "no voices"

# Bytes of a good document, changed at random.
for ((n = 0; n < ${ROUNDS:-60}; n++)); do
    cp "$WORK/wish.json" "$WORK/document"
    for ((k = RANDOM % 4; k >= 0; k--)); do
        printf "\\x$(printf %02x $((RANDOM % 256)))" |
            dd of="$WORK/document" bs=1 seek=$((RANDOM % 400)) conv=notrunc status=none
    done
    run timeout 120 "$GOLEM_VIDEO" submit "$WORK/document" --dry-run --json
    [[ $CODE == [0234] ]] || fail "exit code $CODE, round $n of seed $SEED" "$(<"$WORK/document")"$'\n'"$ERR"
    checked
done

# ---- the command line ---------------------------------------------------------------------------------------

refused "" generate $'bad \xff\xfe bytes'
refused "--model" generate x --model ""
refused "--duration" generate x --duration 1e300
refused "--duration" generate x --duration -5
refused "--duration" generate x --duration inf
refused "--seed" generate x --seed 0x7fffffffffffffffff
refused "" generate ""
refused "" generate "$(printf '%0.sa' {1..100000})"
refused "" poll "$(printf '%0.sa' {1..100000})"
refused "" poll "../../etc/passwd"
refused "" wait $'gv_\n\e[31m'
refused "--idempotency-key" generate x --idempotency-key ""
run gv wait $'gv_\e[31mred'
assert_lacks "$ERR" $'\e'
assert_exit 6 gv generate $'[fail: red \e[31m, bell \a]' --model kling-v2-6
assert_contains "$ERR" "red  [31m"
assert_lacks "$ERR" $'\e'
assert_exit 0 gv log "$(newest_job)"
assert_lacks "$OUT" $'\e'

# ---- files that are not what they are called -------------------------------------------------------------------

accepted=$(ledger length)
mkdir "$WORK/folder.png"
mkfifo "$WORK/pipe.png"
: >"$WORK/empty.png"
echo "words" >"$WORK/text.png"
head -c 100 "$WORK/girl.png" >"$WORK/short.png"
head -c 20 "$WORK/girl.png" >"$WORK/shorter.png"
ln -s "$WORK/loop.png" "$WORK/loop.png"
printf 'P6 1 1 255 abc' | ffmpeg -v error -y -f ppm_pipe -i - "$WORK/dot.png"
cp "$WORK/talk.mp4" "$WORK/film.png"
head -c 500000 /dev/urandom >"$WORK/noise.png"
{ printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\xff\xff\xff\xff'; head -c 1000 /dev/zero; } >"$WORK/huge.png"
for name in folder pipe empty text shorter loop dot film noise huge nowhere; do
    refused "--image" generate x --image "$WORK/$name.png"
done
refused "--image" generate x --image /dev/zero
refused "--image" generate x --image /dev/full
refused "--image" generate x --image ""
refused "--image" generate x --image "http://"
refused "--image" generate x --image "file:///etc/passwd"
refused "--image" generate x --image "http://127.0.0.1:1/a.png"
head -c $(($(stat -c %s "$WORK/talk.mp4") / 2)) "$WORK/talk.mp4" >"$WORK/short.mp4"
refused "--video" lip-sync --video "$WORK/short.mp4" --text x --voice oversea_male1
refused "--video" lip-sync --video "$WORK/girl.png" --text x --voice oversea_male1
refused "--audio" lip-sync --video "https://example.com/a.mp4" --audio "$WORK/girl.png"
if [[ $(id -u) != 0 ]]; then
    cp "$WORK/girl.png" "$WORK/locked.png"
    chmod 000 "$WORK/locked.png"
    refused "--image" generate x --image "$WORK/locked.png"
fi
assert_eq "$(ledger length)" "$accepted" "creates after rubbish"
assert_eq "$(gv jobs --json | jq length)" 1 "jobs after rubbish"

finish
