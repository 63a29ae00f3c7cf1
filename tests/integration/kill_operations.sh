# kill -9 at seeded random moments of every operation that Kling has: the film is the one of an undisturbed run, and
# nothing was sent twice. KILLS: how often each operation is killed. SEED: of the moments.
source "$(dirname "$0")/lib.sh"
RANDOM=${SEED:=1}
: "${KILLS:=1}"
echo "SEED=$SEED KILLS=$KILLS"
export GOLEM_VIDEO_ALLOW_PRIVATE=1
start_sandbox
make_image "$WORK/girl.png"
make_image "$WORK/dog.png" 640x640 brown
make_image "$WORK/mask.png" 640x640 white
make_sound "$WORK/hello.mp3" 4
old=(--option allow_retired=true)
serve_folder "$WORK"

gv generate "a girl" --model kling-v1-6 "${old[@]}" --quiet >/dev/null
source_job=$(newest_job)

frames="--image|$WORK/girl.png|--last-frame|$WORK/dog.png"
masks="--static-mask|$WORK/mask.png|--dynamic-mask|$WORK/mask.png|--trajectory|100,100;200,220;300,300"
declare -A operations=(
    [text]='generate|a boat|--model|kling-v2-6'
    [image]="generate|she waves|--image|$WORK/girl.png"
    [image_url]="generate|she waves|--image|$FOLDER_URL/girl.png"
    [frames]="generate|morph|$frames|--model|kling-v2-6|--no-audio|--resolution|1080p"
    [camera]='generate|fly|--model|kling-v1|--option|allow_retired=true|--camera|simple:zoom=5'
    [masks]="generate|wave|--image|$WORK/girl.png|--model|kling-v1|--option|allow_retired=true|$masks"
    [speech]="lip-sync|--video-id|$source_job|--text|Good morning|--voice|oversea_male1"
    [sound]="lip-sync|--video-id|$source_job|--audio|$WORK/hello.mp3"
    [effect]="effects|$WORK/girl.png|--effect|squish"
    [effect_dual]="effects|$WORK/girl.png|--effect|heart-gesture|--second-image|$WORK/dog.png"
    [extend]="extend|$source_job|she turns"
    [multi_image]="multi-image|$WORK/girl.png|$WORK/dog.png|--prompt|they meet"
    [gen2_text]='generate|a boat|--model|kling-3.0-turbo'
    [gen2_image]="generate|she waves|--image|$WORK/girl.png|--model|kling-3.0-turbo"
)

# The film of a job as far as it is the same for equal wishes.
film_of() { # JOB
    gv poll "$1" --json 2>/dev/null | jq -c '.videos[0] | {sha256, bytes, width, height, duration_seconds}'
}

products() { # FIRST: of the creates from there on
    ledger --argjson n "$1" '.[$n:] | map(.product) | sort | join(" ")'
}

sleep_ms() {
    sleep "$(($1 / 1000)).$(printf '%03d' $(($1 % 1000)))"
}

# Runs the program and kills it so many milliseconds later, if it still runs.
killed_after() { # MS ARGUMENT...
    local ms=$1 pid
    shift
    "$GOLEM_VIDEO" "$@" >/dev/null 2>&1 &
    pid=$!
    PIDS+=("$pid")
    sleep_ms "$ms"
    if kill -KILL "$pid" 2>/dev/null; then kills=$((kills + 1)); fi
    wait "$pid" 2>/dev/null || true
}

kills=0 unaccepted=0 uncertain=0 accepted=0
one_kill() { # NAME MS_MAX CREATES FILM ARGUMENT...
    local name=$1 ms=$((RANDOM % $2)) again=$((RANDOM % $2)) creates=$3 film=$4 before first job
    shift 4
    before=$(newest_job)
    first=$(ledger length)
    echo "$name: killed after $ms ms"
    killed_after "$ms" "$@"
    job=$(newest_job)
    if [[ $job == "$before" ]]; then
        unaccepted=$((unaccepted + 1))
        assert_eq "$(products "$first")" "" "$name: creates without a job"
        return
    fi
    accepted=$((accepted + 1))
    if ((RANDOM % 2)); then
        echo "  wait killed after $again ms"
        killed_after "$again" wait "$job"
    fi
    run gv wait "$job" --quiet
    if [[ $CODE == 9 && $name =~ ^(speech|sound)$ ]]; then
        uncertain=$((uncertain + 1))
        echo "  uncertain: $ERR"
        assert_exit 0 gv resolve "$job" --resubmit --wait --quiet
    else
        assert_eq "$CODE" 0 "$name: exit code of wait ($ERR)"
        assert_eq "$(products "$first")" "$creates" "$name: creates"
    fi
    assert_eq "$(film_of "$job")" "$film" "$name: film"
}

for name in ${ONLY:-$(printf '%s\n' "${!operations[@]}" | sort)}; do
    IFS='|' read -r -a wish <<<"${operations[$name]}"
    first=$(ledger length)
    assert_exit 0 gv "${wish[@]}" --quiet
    creates=$(products "$first")
    film=$(film_of "$(newest_job)")
    # Once more for the time that it takes when the film is made already.
    begun=${EPOCHREALTIME/./}
    assert_exit 0 gv "${wish[@]}" --quiet
    ms_max=$(((${EPOCHREALTIME/./} - begun) / 1000 + 1))
    assert_eq "$(film_of "$(newest_job)")" "$film" "$name: the film of an equal wish"
    echo "$name: $ms_max ms, $creates"
    for ((n = 0; n < KILLS; n++)); do
        one_kill "$name" "$ms_max" "$creates" "$film" "${wish[@]}"
    done
done

once='[.[].external_id | select(. != null)] | length == (unique | length)'
assert_eq "$(ledger "$once")" true "external ids once each"
((accepted > 0)) || fail "no job was accepted before its kill"
echo "$kills kills, $accepted accepted, $unaccepted not accepted, $uncertain uncertain"
finish
