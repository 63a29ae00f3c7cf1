# Every cell of "which provider does what": it works, or it is refused before anything is sent, with a reason that names
# the option or the function. A cell that works is shown by --dry-run; the scenarios make the films.
source "$(dirname "$0")/lib.sh"
export GOLEM_VIDEO_ALLOW_PRIVATE=1
start_sandbox
make_image "$WORK/a.png" 1280x720
make_image "$WORK/b.png" 1280x720 orange
make_film "$WORK/film.mp4" 4
make_sound "$WORK/sound.mp3" 4
serve_folder "$WORK"
a=$WORK/a.png b=$WORK/b.png film=$WORK/film.mp4 url=$FOLDER_URL https=https://example.com
old="--option allow_retired=true"
image="generate x --image $a"
mute="generate --image $a"
speech="lip-sync --text hello --voice oversea_male1 --language en --video"

# cell PROVIDER OUTCOME PART COMMAND...: OUTCOME is the exit code, 0 for a wish that would be sent.
cell() {
    local provider=$1 code=$2 part=$3
    shift 3
    local dry=(--dry-run --json)
    [[ $1 == voices ]] && dry=(--json)
    run gv "$@" --provider "$provider" "${dry[@]}"
    [[ $CODE == "$code" ]] || fail "$provider: exit code $CODE instead of $code: $*" "$OUT$ERR"
    ((code == 0)) || assert_contains "$ERR" "$part"
    checked
}

# One row a cell: provider, exit code, what a refusal names, the command.
while IFS='|' read -r provider code part command; do
    [[ -z $provider || $provider == "#"* ]] && continue
    read -r provider code <<<"$provider $code"
    part=$(sed 's/^ *//; s/ *$//' <<<"$part")
    # shellcheck disable=SC2086
    cell "$provider" "$code" "$part" $command
done <<END
# generate from text
kling     | 0 |                        | generate x
veo       | 0 |                        | generate x
runway    | 0 |                        | generate x
runway    | 0 |                        | generate x --model gen4_turbo
stability | 0 |                        | generate x
runway    | 4 | text alone             | generate x --model aleph2
kling     | 4 | text alone             | generate x --model kling-v2-1 $old
# from an image, bytes and URL
kling     | 0 |                        | $image
kling     | 0 |                        | generate x --image $url/a.png
veo       | 0 |                        | $image
veo       | 0 |                        | generate x --image $url/a.png
veo       | 0 |                        | generate x --image gs://bucket/a.png
runway    | 0 |                        | $image
runway    | 0 |                        | generate x --image $https/a.png
runway    | 3 | --image                | generate x --image $url/a.png
stability | 0 |                        | $mute
stability | 0 |                        | generate --image $url/a.png
stability | 4 | prompt                 | $image
# role last
kling     | 0 |                        | $image --image-role last --model kling-v1-6 $old --resolution fhd
kling     | 4 | --image-role           | $image --image-role last
veo       | 4 | --image-role           | $image --image-role last
runway    | 0 |                        | $image --image-role last --model seedance2
runway    | 4 | --image-role           | $image --image-role last
stability | 4 | --image-role           | $mute --image-role last
# lastframe
kling     | 0 |                        | $image --last-frame $b
veo       | 0 |                        | $image --last-frame $b
runway    | 0 |                        | $image --last-frame $b --model veo3.1
runway    | 4 | --last-frame           | $image --last-frame $b
stability | 4 | --last-frame           | $mute --last-frame $b
kling     | 3 | --last-frame           | generate x --last-frame $b
veo       | 3 | --last-frame           | generate x --last-frame $b
# from a video
kling     | 0 |                        | generate x --video $url/film.mp4 --model kling-v3-omni
kling     | 3 | --video                | generate x --video $film --model kling-v3-omni
kling     | 4 | --video                | generate x --video $url/film.mp4 --model kling-v3
veo       | 0 |                        | generate x --video $film
veo       | 0 |                        | generate x --video $url/film.mp4
runway    | 0 |                        | generate x --video $film
runway    | 4 | --video                | generate x --video $film --model gen4.5
stability | 4 | --video                | generate x --video $film
# masks and cameras
kling     | 0 |                        | $image --static-mask $b --model kling-v1 $old --duration 5
kling     | 0 |                        | $image --dynamic-mask $b --trajectory 1,1;9,9 --model kling-v1 $old
kling     | 0 |                        | generate x --camera simple:pan=5 --model kling-v1 $old --duration 5
kling     | 4 | --static-mask          | $image --static-mask $b
kling     | 4 | --dynamic-mask         | $image --dynamic-mask $b --trajectory 1,1;9,9
kling     | 4 | --camera               | generate x --camera down-back
veo       | 4 | --static-mask          | $image --static-mask $b
veo       | 4 | --dynamic-mask         | $image --dynamic-mask $b --trajectory 1,1;9,9
veo       | 4 | --camera               | generate x --camera down-back
runway    | 4 | --static-mask          | $image --static-mask $b
runway    | 4 | --dynamic-mask         | $image --dynamic-mask $b --trajectory 1,1;9,9
runway    | 4 | --camera               | generate x --camera down-back
stability | 4 | --static-mask          | $mute --static-mask $b
stability | 4 | --dynamic-mask         | $mute --dynamic-mask $b --trajectory 1,1;9,9
stability | 4 | --camera               | generate x --camera down-back
# lip sync, list voices
kling     | 0 |                        | $speech $url/film.mp4
kling     | 3 | --video                | $speech $film
kling     | 0 |                        | lip-sync --video-id 888560586315854100 --audio $WORK/sound.mp3
veo       | 4 | generate-lip-sync      | $speech $film
runway    | 4 | generate-lip-sync      | $speech $film
stability | 4 | generate-lip-sync      | $speech $film
kling     | 0 |                        | voices
veo       | 4 | voices                 | voices
runway    | 4 | voices                 | voices
stability | 4 | voices                 | voices
# extend-video
kling     | 0 |                        | extend 888560586315854100 on
veo       | 0 |                        | extend gs://bucket/film.mp4 on
veo       | 4 | gs://                  | extend 888560586315854100 on
runway    | 4 | extend-video           | extend 888560586315854100 on
stability | 4 | extend-video           | extend 888560586315854100 on
# upscale-video
kling     | 4 | upscale-video          | upscale $film
veo       | 4 | upscale-video          | upscale $film
runway    | 0 |                        | upscale $film
runway    | 0 |                        | upscale $https/film.mp4
stability | 4 | upscale-video          | upscale $film
# effects, multi-image
kling     | 0 |                        | effects $a --effect squish
kling     | 0 |                        | effects $a --effect hug --second-image $b
veo       | 4 | generate-video-effects | effects $a --effect squish
runway    | 4 | generate-video-effects | effects $a --effect squish
stability | 4 | generate-video-effects | effects $a --effect squish
kling     | 0 |                        | multi-image $a $b --prompt x
veo       | 0 |                        | multi-image $a $b --prompt x
runway    | 0 |                        | multi-image $a $b --prompt x
runway    | 4 | images                 | multi-image $a $b --prompt x --model gen4.5
stability | 4 | multi-image-generation | multi-image $a $b --prompt x
# what would change the film is refused, not dropped
kling     | 4 | --audio                | generate x --audio --model kling-v2-5-turbo
runway    | 4 | --audio                | generate x --audio
stability | 4 | --audio                | generate x --audio
veo       | 3 | --aspect-ratio         | generate x --aspect-ratio 21:9
kling     | 3 | --aspect-ratio         | generate x --aspect-ratio 21:9
stability | 3 | --aspect-ratio         | generate x --aspect-ratio 21:9
runway    | 3 | --resolution           | generate x --resolution uhd
veo       | 3 | --resolution           | generate x --resolution sd
stability | 4 | --resolution           | generate x --resolution hd
stability | 4 | --duration             | generate x --duration 9
runway    | 4 | --negative-prompt      | generate x --negative-prompt rain
END

# A hint is a warning.
for provider in kling veo runway stability; do
    assert_exit 0 gv generate x --scheduler euler --provider "$provider" --dry-run --json
    assert_contains "$(jq -r '.warnings[]' <<<"$OUT")" scheduler
done
assert_eq "$(ledger length)" 0
assert_eq "$(curl -fsS "$SANDBOX/_sandbox/requests" | jq '[.[] | add // 0] | add')" 0 "requests of dry runs"
finish
