# The sandbox's Veo with Google's SDK and the AI SDK as its clients, and golem-video's requests beside Google's SDK's.
source "$(dirname "$0")/lib.sh"
install_sdk veo
start_sandbox
make_image "$WORK/first.png" 1280x720
make_image "$WORK/last.png" 1280x720 brown

make_film "$WORK/clip.mp4" 2

# shape NAME: the size, the seconds and whether there is sound.
shape() {
    film_info "$WORK/$1.mp4" | jq -r '[(.streams[] | select(.codec_type == "video") | "\(.width)x\(.height)"),
        (.format.duration | tonumber | round), (.streams[] | select(.codec_type == "audio") | "sound")] | join(" ")'
}

assert_exit 0 node "$PLACE/test.mjs" "$WORK"
while read -r name wanted; do
    assert_eq "$(shape "$name")" "$wanted" "$name"
done <<'END'
text 1280x720 4 sound
stored 1280x720 4 sound
extended 1280x720 11 sound
frames 1280x720 6 sound
references 1280x720 8 sound
fields 1080x1920 4
ai_text 720x1280 4
ai_image 1280x720 4 sound
ai_frames 1280x720 4 sound
ai_stored 1280x720 4 sound
END
# Tokens are kept: one for each client that signs in.
assert_eq "$(curl -fsS "$SANDBOX/_sandbox/requests" | jq .veo.token)" 4 "tokens fetched"

assert_exit 0 node "$PLACE/same.mjs" "$WORK"
finish
