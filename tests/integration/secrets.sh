# Credentials reach the provider and nothing else: not the store, logs at their loudest, outputs, errors or arguments.
source "$(dirname "$0")/lib.sh"
export GOLEM_VIDEO_LOG=trace
start_sandbox
make_image "$WORK/girl.png"
mkdir "$WORK/said"
unset KLING_API_KEY

n=0
# said COMMAND...: keeps all that it says.
said() {
    n=$((n + 1))
    "$@" >"$WORK/said/$n.out" 2>"$WORK/said/$n.err" || true
}

everything() { # what a job may meet
    said gv generate "a boat" --model kling-v2-6
    said gv generate "a boat" --model kling-v2-6 --json
    said gv generate "she waves" --image "$WORK/girl.png" --json
    said gv generate "a boat" --model kling-v2-6 --dry-run --json
    faults "create:drop*1"
    said gv generate "a boat" --model kling-v2-6
    faults "create:html*1"
    GOLEM_VIDEO_LOG_FORMAT=json said gv generate "a boat" --model kling-v2-6
    faults "create:burst:1002"
    said gv generate "a boat" --model kling-v2-6 --json
    faults "any:skew:86400"
    said gv generate "a boat" --model kling-v2-6 --json
    faults ""
    said gv generate "a boat" --model kling-3.0-turbo --json
    KLING_BASE_URL=http://127.0.0.1:1/kling said gv generate "a boat" --deadline 1 --json
    said gv jobs --json
    said gv log "$(newest_job)" --json
    said gv doctor
    said gv doctor --json
    said gv providers --json
}

# found TEXT: the files in which it is, in the store and in what was said.
found() {
    grep -rlaF -- "$1" "$GOLEM_VIDEO_STORE" "$WORK/said" || true
}

lacks_secret() { # TEXT
    local part
    assert_eq "$(found "$1")" "" "files that have the secret $1"
    part=$(printf %s "$1" | base64 -w0)
    assert_eq "$(found "${part:0:12}")" "" "files that have the secret $1 in base64"
}

# The right ones.
export KLING_API_KEY=sandbox-key
everything
assert_contains "$(cat "$WORK"/said/*.err)" "Authorization"
[[ -n $(found "a boat") ]] || fail "the search finds nothing at all"
lacks_secret sandbox-key

unset KLING_API_KEY
export KLING_ACCESS_KEY=sandbox-access KLING_SECRET_KEY=sandbox-secret
everything
lacks_secret sandbox-secret
lacks_secret sandbox-access
assert_eq "$(found eyJhbGciOi)" "" "files that have a token"
unset KLING_ACCESS_KEY KLING_SECRET_KEY

# Unusual ones: with signs that JSON, URLs, formats and shells take for their own, and long.
for key in 'k3y"with\quotes' '%s%n%x$HOME`id`' 'a/b?c=d&e#f' "schlüssel-ßecret" "$(printf 'x%.0s' {1..3000})"; do
    export KLING_API_KEY=$key
    said gv generate "a boat" --model kling-v2-6
    said gv generate "a boat" --model kling-v2-6 --json
    said gv doctor --json
    assert_eq "$(found "$key")" "" "files that have the key $key"
    assert_eq "$(found "${key:0:9}")" "" "files that begin to have the key $key"
done

# A line break would make a header of its own: nothing begins, the setting is named, and its value is not told.
export KLING_API_KEY=$'evil\r\nX-Injected: 1'
assert_exit 3 timeout 120 "$GOLEM_VIDEO" generate "a boat" --model kling-v2-6
assert_contains "$ERR" "KLING_API_KEY holds a control character"
assert_lacks "$ERR" "X-Injected"
assert_eq "$(found X-Injected)" ""

# Links of inputs and of results carry signatures: logs at their loudest, errors and results show them without.
export KLING_API_KEY=sandbox-key RUNWAYML_API_SECRET=sandbox-key GOLEM_VIDEO_ALLOW_PRIVATE=1
mkdir "$WORK/pictures"
cp "$WORK/girl.png" "$WORK/pictures"
serve_folder "$WORK/pictures"
link=$FOLDER_URL/girl.png?sig=input-signature
for image in "$link" "$WORK/girl.png"; do
    [[ $image == "$link" ]] && model=kling-v2-6 || model=gen4_turbo
    said gv generate "she waves" --model "$model" --image "$image"
    [[ -f $(<"$WORK/said/$n.out") ]] || fail "no film by $model" "$(<"$WORK/said/$n.err")"
    said gv log "$(newest_job)" --json
done
assert_contains "$(cat "$WORK"/said/*.err)" "\"$FOLDER_URL/girl.png\""
said gv generate "she waves" --model gen4_turbo --image "http://me:input-password@127.0.0.1/x.png"
said gv generate "she waves" --model gen4_turbo --image "ftp://127.0.0.1/x.png?sig=input-signature"
for secret in input-signature input-password; do
    assert_eq "$(grep -rlaF -- "$secret" "$WORK/said" || true)" "" "what was said has $secret"
done
assert_eq "$(grep -rlaiE '[?&](x-amz-)?(sig|sign|signature|token)=[^ *]' "$WORK/said" || true)" "" \
    "files that have a signed link"

finish
