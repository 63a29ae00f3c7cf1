# --dry-run shows the first request as it would be sent, what it would cost and what is not used; it sends nothing,
# cuts files out and has no secret.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/a.png" 1280x720
sha256=$(sha256sum "$WORK/a.png" | cut -d' ' -f1)
secrets=()
while read -r name; do
    [[ -n ${!name:-} ]] && secrets+=("${!name}")
done < <(gv providers --json | jq -r '.[].settings[] | select(.secret) | .name')
((${#secrets[@]} >= 4)) || fail "the sandbox sets ${#secrets[@]} secrets"

# shown PROVIDER METHOD URL-PART BODY-FILTER WANTED ARGUMENT...
shown() {
    local provider=$1 method=$2 part=$3 filter=$4 wanted=$5 secret
    shift 5
    assert_exit 0 gv "$@" --provider "$provider" --scheduler euler --dry-run --json
    assert_eq "$(jq -r '.request.method' <<<"$OUT")" "$method" "method of $*"
    assert_contains "$(jq -r '.request.url' <<<"$OUT")" "$SANDBOX/$provider/"
    assert_contains "$(jq -r '.request.url' <<<"$OUT")" "$part"
    assert_contains "$(jq -r '.request.body' <<<"$OUT" | jq -Rrs "$filter")" "$wanted"
    assert_eq "$(jq -r '.provider' <<<"$OUT")" "$provider"
    assert_eq "$(jq -r '.usd > 0' <<<"$OUT")" true
    assert_contains "$(jq -r '.warnings[]' <<<"$OUT")" scheduler
    for secret in "${secrets[@]}"; do
        assert_lacks "$OUT$ERR" "$secret"
    done
    assert_exit 0 gv "$@" --provider "$provider" --scheduler euler --dry-run
    assert_contains "$OUT" "method: $method"
    assert_contains "$OUT" "usd: "
    assert_contains "$OUT" scheduler
}

shown kling POST /v1/videos/text2video 'fromjson.prompt' "a boat" generate "a boat"
shown kling POST /v1/videos/image2video 'fromjson.image' "base64 of blob $sha256" generate x --image "$WORK/a.png"
shown veo POST :predictLongRunning 'fromjson.instances[0].prompt' "a boat" generate "a boat"
shown veo POST /projects/sandbox-project/ 'fromjson.instances[0].image.bytesBase64Encoded' "base64 of blob $sha256" \
    generate x --image "$WORK/a.png"
shown runway POST /v1/text_to_video 'fromjson.promptText' "a boat" generate "a boat"
shown runway POST /v1/image_to_video 'fromjson.promptImage | tostring' "base64 of blob $sha256" \
    generate x --image "$WORK/a.png"
shown runway POST /v1/text_to_image 'fromjson.promptText' "a boat" generate "a boat" --model gen4_turbo
shown stability POST /v2beta/image-to-video . 'name="none"' generate "a boat"

# A price is what people would write, not what doubles add up to.
assert_exit 0 gv generate "a boat" --model veo-3.1-fast-generate-001 --resolution 4k --duration 6 --dry-run --json
assert_contains "$OUT" '"usd":1.8,'

# Where something comes before the first request, that is shown: a picture is scaled, a file is fetched.
assert_exit 0 gv generate --image "$WORK/a.png" --provider stability --dry-run --json
assert_eq "$(jq -r .scale <<<"$OUT")" 1024x576
assert_exit 0 gv generate x --image https://example.com/a.png --provider veo --dry-run --json
assert_eq "$(jq -r .fetch <<<"$OUT")" https://example.com/a.png

# What only shows when the request is put together is refused here too.
(
    export VEO_PRIVATE_KEY=
    unset VEO_PROJECT_ID
    assert_exit 3 gv generate x --provider veo --dry-run
    assert_contains "$ERR" VEO_
)
assert_eq "$(ledger length)" 0
assert_eq "$(curl -fsS "$SANDBOX/_sandbox/requests" | jq '[.[] | add // 0] | add')" 0 "requests of dry runs"
assert_eq "$(gv jobs --json | jq length)" 0
finish
