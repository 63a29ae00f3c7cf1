# Every row of Kling's table of error codes as a user meets it: exit code, error, what was billed, what to do.
source "$(dirname "$0")/lib.sh"
start_sandbox

# For refusals: the code, the exit code, the error's code, whether asking again may help, a part of the message.
refusals='
1000 8 internal_error     false KLING_API_KEY
1001 8 internal_error     false KLING_API_KEY
1002 8 internal_error     false KLING_API_KEY
1003 8 internal_error     true  clock
1004 8 internal_error     true  clock
1100 5 quota_exceeded     false support
1101 5 quota_exceeded     false bill
1102 5 quota_exceeded     false balance
1103 4 unsupported_feature false permission
1200 3 invalid_input      false parameters
1201 3 invalid_input      false parameters
1202 8 internal_error     false KLING_BASE_URL
1203 4 unsupported_feature false model
1300 6 generation_failed  false policy
1301 6 generation_failed  false policy
1304 5 quota_exceeded     false whitelist
'
ask() {
    run gv generate "a boat" --model kling-v2-6 --json
}

refused() { # FAULT CODE EXIT ERROR RETRYABLE PART
    faults "create:$1:$2"
    ask
    assert_eq "$CODE" "$3" "exit code of $1:$2"
    assert_eq "$(jq -c .error.code <<<"$OUT")" "\"$4\"" "error of $1:$2"
    assert_eq "$(jq -c '[.error.provider, .error.provider_code, .error.retryable, .error.charged, .error.stage]' \
        <<<"$OUT")" "[\"kling\",\"$2\",$5,\"no\",\"create\"]" "error of $1:$2"
    assert_contains "$(jq -r .error.message <<<"$OUT")" "code $2"
    assert_contains "$(jq -r .error.message <<<"$OUT")" "$6"
    assert_contains "$ERR" "golem-video: Kling refused"
}

while read -r code exit error retryable part; do
    [[ -n $code ]] || continue
    refused burst "$code" "$exit" "$error" "$retryable" "$part"
    refused code "$code" "$exit" "$error" "$retryable" "$part"
done <<<"$refusals"
assert_eq "$(ledger length)" 0 "creates that were refused"

# A clock that is wrong is forgiven once: signed again, the create is accepted.
for code in 1003 1004; do
    faults "create:burst:$code*1"
    ask
    assert_eq "$CODE" 0 "exit code after one $code"
done

# What passes is waited for, and the job goes on; the lost ones are looked up before they are sent again.
for code in 1302 1303 5000 5001 5002; do
    faults "create:burst:$code*1,query:burst:$code*1"
    ask
    assert_eq "$CODE" 0 "exit code after one $code"
    assert_eq "$(jq -r .status <<<"$OUT")" succeeded
done
assert_eq "$(ledger length)" 7 "creates that were accepted"

# A task that is paid for is never given up because Kling won't show it: the job waits for a person, then goes on.
for code in 1000 1004 1102 1103 1200 1201 1203 1304; do
    faults "query:burst:$code"
    ask
    assert_eq "$CODE" 9 "exit code of a query refused with $code"
    assert_contains "$(jq -r .uncertain <<<"$OUT")" "code $code"
    assert_contains "$ERR" "--look-up"
    faults ""
    assert_exit 0 gv resolve "$(newest_job)" --look-up --wait --quiet
    assert_film "$OUT"
done
assert_eq "$(ledger length)" 15 "creates after look-ups"

# The same for the calls of a lip-sync: refused, it is over before anything is paid; the codes are told.
film=$(newest_job)
for route in tts identify; do
    faults "$route:burst:1102"
    creates=$(ledger 'map(select(.product == "advanced-lip-sync")) | length')
    assert_exit 5 gv lip-sync --video-id "$film" --text "Good morning" --voice oversea_male1 --json
    assert_eq "$(jq -r '.error.provider_code' <<<"$OUT")" 1102
    assert_eq "$(ledger 'map(select(.product == "advanced-lip-sync")) | length')" "$creates"
done

# A code that nobody knows is nobody's refusal: looked up, and the job ends with its film.
faults "create:burst:9999*1"
ask
assert_eq "$CODE" 0 "exit code after an unknown code"

finish
