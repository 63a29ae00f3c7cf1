# What `providers` shows is what validates: every model with all that is known of it, and each length that is listed is
# taken, each one that is not is refused.
source "$(dirname "$0")/lib.sh"
start_sandbox
make_image "$WORK/a.png" 1280x720
make_film "$WORK/film.mp4" 2

assert_exit 0 gv providers --json
printf '%s\n' "$OUT" >"$WORK/providers.json"
assert_eq "$(jq -r 'map(.name) | sort | join(" ")' "$WORK/providers.json")" "kling runway stability veo"
assert_eq "$(jq -r '.[] | .models[] | select((.takes | length) == 0
    or (.audio | IN("never", "optional", "always") | not)
    or (.prices | type) != "array" or ((.prices | length) > 0 and .prices_seen == null)
    or (.prices_seen != null and (.prices_seen | test("^20[0-9]{2}-[0-9]{2}(-[0-9]{2})?$") | not))
    or (.retired_on == null and .successor != null)
    or ((.duration_seconds | length) > 0 and .duration_seconds_default == null)
    or ((.duration_seconds | length) > 0 and (.duration_seconds_default as $d | .duration_seconds | index($d)) == null)
    or ((.resolutions | length) > 0 and (.resolution_default as $d | .resolutions | index($d)) == null)
    ) | .name' "$WORK/providers.json")" "" "models with gaps"

# The table for people has the same.
assert_exit 0 gv providers
for provider in kling veo runway stability; do
    assert_contains "$OUT" "$provider"
done
while read -r provider model seen price; do
    [[ ${shown:-} == "$provider" ]] || run gv providers "$provider"
    shown=$provider
    row=$(grep -E "^$model " <<<"$OUT") || fail "no row of $model" "$OUT"
    [[ $seen == null ]] || assert_contains "$row" "$seen"
    [[ $price == null ]] || assert_contains "$row" "$price"
done < <(jq -r '.[] | .name as $p | .models[] | ([.prices[] | .usd_per_second // .usd_flat] | min) as $least
    | "\($p) \(.name) \(.prices_seen) \($least)"' "$WORK/providers.json")

# The wish that suits what a model takes: text first, else a picture, else a film.
wish_for() { # PROVIDER TAKES
    case " $2 " in
        *" text "*) wish=(generate x) ;;
        *" image "*) wish=(generate x --image "$WORK/a.png") ;;
        *" video "*) wish=(generate x --video "$WORK/film.mp4") ;;
        *) wish=() ;;
    esac
}

# tried CODE PROVIDER MODEL MORE...: by the model's name, with whatever it needs to be reached at all.
tried() {
    local code=$1 provider=$2 model=$3
    shift 3
    run gv "${wish[@]}" --provider "$provider" --model "$model" --option allow_retired=true "${reach[@]}" \
        --dry-run --json "$@"
    [[ $CODE == "$code" ]] || fail "$provider $model $*: exit code $CODE instead of $code" "$OUT$ERR"
    checked
}

models=0
while read -r provider model retired listed unlisted takes; do
    wish_for "$provider" "$takes"
    [[ ${#wish[@]} -gt 0 ]] || continue
    reach=()
    if [[ $provider == veo && $model == veo-3.1-lite-generate-preview ]]; then
        reach=(--option surface=gemini) # the only one that Vertex never had
    fi
    models=$((models + 1))
    if [[ $listed == - ]]; then
        tried 4 "$provider" "$model" --duration 31
    else
        tried 0 "$provider" "$model" --duration "$listed"
        assert_eq "$(jq -r .model <<<"$OUT")" "$model"
        tried 3 "$provider" "$model" --duration "$unlisted"
    fi
    assert_contains "$ERR" "--duration"
    if [[ $retired != - && $provider != stability ]]; then
        run gv "${wish[@]}" --provider "$provider" --model "$model" "${reach[@]}" --dry-run
        [[ $CODE == 3 ]] || fail "$provider $model is retired, and yet: exit code $CODE" "$ERR"
        assert_contains "$ERR" "allow_retired"
    fi
done < <(jq -r '.[] | .name as $p | .models[] | .duration_seconds as $s |
    "\($p) \(.name) \(if .retired_on then "retired" else "-" end) \($s[-1] // "-") \(if ($s | length) == 0 then "-" else
    [range(1; 40)] - $s | first end) \(.takes | join(" "))"' "$WORK/providers.json")
((models > 45)) || fail "only $models models were tried"
assert_eq "$(ledger length)" 0
assert_eq "$(curl -fsS "$SANDBOX/_sandbox/requests" | jq '[.[] | add // 0] | add')" 0 "requests of dry runs"
finish
