# Several tenants of one server: each sees his own jobs, on every route; links that are signed need no token.
source "$(dirname "$0")/lib.sh"

token_of() { # TENANT
    gv token "$1" --tokens "$WORK/tokens" | tail -1
}
ask() { # TOKEN METHOD PATH [CURL ARGUMENT...]: leaves STATUS, BODY
    local token=$1 method=$2 path=$3
    shift 3
    STATUS=$(curl -sS -X "$method" -H "Authorization: Bearer $token" "$@" -o "$WORK/body" -w '%{http_code}' \
        "$SERVER$path")
    BODY=$(tr -d '\0' <"$WORK/body")
}
code() {
    jq -r .error.code <<<"$BODY"
}

start_sandbox
anna=$(token_of anna)
bert=$(token_of bert)
start_server --tokens "$WORK/tokens"

ask "$anna" POST /v1/videos -F 'prompt=a cat' -F model=kling/kling-v2-6 -H 'Idempotency-Key: one'
assert_eq "$STATUS" 200
job=$(jq -r .id <<<"$BODY")
ask "$bert" POST /v1/videos -F 'prompt=a cat' -F model=kling/kling-v2-6 -H 'Idempotency-Key: one'
assert_eq "$STATUS" 200
other=$(jq -r .id <<<"$BODY")
[[ $job != "$other" ]] || fail "one tenant's key gave another's job"

completed() { # TOKEN ID
    ask "$1" GET "/v1/videos/$2"
    [[ $(jq -r .status <<<"$BODY") == completed ]]
}
eventually 90 completed "$anna" "$job"
link=$(jq -r .golem_video.content_url <<<"$BODY")

# ---- another's is as one that never was -------------------------------------------------------------

none=gv_00000000000000000000000000
for route in "GET /v1/videos/ID" "DELETE /v1/videos/ID" "GET /v1/videos/ID/content" \
    "GET /v1/videos/ID/content?variant=thumbnail" \
    "POST /v1/videos/ID/remix" "POST /v1/videos/ID/cancel" "POST /v1/videos/ID/resolve" "GET /v1/videos/ID/events" \
    "GET /v1/videos/ID/log"; do
    method=${route%% *} path=${route#* }
    ask "$bert" "$method" "${path/ID/$job}"
    assert_eq "$STATUS $(code)" "404 not_found" "$route"
    came=$BODY
    ask "$bert" "$method" "${path/ID/$none}"
    assert_eq "${came//$job/$none}" "$BODY" "$route of another and of nobody"
done
for path in edits extensions; do
    ask "$bert" POST "/v1/videos/$path" -F prompt=p -F seconds=5 -F "video[id]=$job"
    assert_eq "$STATUS $(code)" "404 not_found" "$path"
done
json() { # JSON
    ask "$bert" POST /v1/videos -H 'content-type: application/json' -d "$1"
}
json '{"prompt":"p","model":"kling","golem_video":{"operation":"extend_video","video_id":"'"$job"'"}}'
assert_eq "$STATUS $(jq -r .error.param <<<"$BODY")" "400 golem_video.video_id"
sha=$(jq -r '.golem_video.videos[0].sha256' < <(curl -sS -H "Authorization: Bearer $anna" "$SERVER/v1/videos/$job"))
json '{"prompt":"p","golem_video":{"input":{"video":{"blob":{"sha256":"'"$sha"'","bytes":1,"mime_type":"video/mp4"}}}}}'
assert_eq "$STATUS $(jq -r .error.param <<<"$BODY")" "400 golem_video.input.video"
ask "$bert" GET "/v1/videos?limit=100"
assert_eq "$(jq -r '[.data[].id] | join(" ")' <<<"$BODY")" "$other" "the list of the other"

# ---- tokens and links -------------------------------------------------------------------------------

ask wrong GET "/v1/videos/$job"
assert_eq "$STATUS $(code)" "401 invalid_api_key"
ask wrong GET "/v1/videos/$job/content"
assert_eq "$STATUS $(code)" "401 invalid_api_key"
plain() { # PATH
    STATUS=$(curl -sS -o "$WORK/body" -w '%{http_code}' "$SERVER$1")
}
plain "$link"
assert_eq "$STATUS $(sha256sum <"$WORK/body" | cut -d' ' -f1)" "200 $sha"
for bad in "${link/variant=video/variant=thumbnail}" "${link/index=0/index=1}" "${link/expires=1/expires=2}" \
    "${link/$job/$other}" "${link%?}" "${link/signature=/signature=A}"; do
    plain "$bad"
    assert_eq "$STATUS $(jq -r .error.code "$WORK/body")" "401 link_expired" "$bad"
done
plain "/v1/videos/$job/content"
assert_eq "$STATUS" 401
stop_server
finish
