# kill -9 of the server under load, again and again: every accepted wish becomes one film and was created once, whoever
# of the callers heard the answer.
source "$(dirname "$0")/lib.sh"
start_sandbox

kills=6 callers=4 wishes=8

# Each caller sends its wishes one after another under a key of its own, until each was answered, and then follows them
# to their ends. It knows nothing of the kills but that connections break.
cat >"$WORK/caller.py" <<'END'
import http.client, json, sys, time

port, caller, wishes = (int(word) for word in sys.argv[1:4])


def ask(method, path, body=None, headers={}):
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)  # the server is being started again
            continue
        finally:
            connection.close()
        assert answer.status == 200, (method, path, answer.status, text)
        return json.loads(text)


ids = []
for i in range(wishes):
    which = {"metadata": {"wish": f"{caller}.{i}"}}  # of equal wishes the sandbox makes one film
    wish = json.dumps({"prompt": "a boat", "model": "kling/kling-v2-6", "golem_video": which})
    headers = {"content-type": "application/json", "idempotency-key": f"{caller}.{i}"}
    first = ask("POST", "/v1/videos", wish, headers)
    assert ask("POST", "/v1/videos", wish, headers)["id"] == first["id"]
    ids.append(first["id"])
for i, job in enumerate(ids):
    while (video := ask("GET", f"/v1/videos/{job}"))["status"] in ("queued", "in_progress"):
        time.sleep(0.05)
    assert video["status"] == "completed" and video["golem_video"]["metadata"] == {"wish": f"{caller}.{i}"}, video
    print(job)
END

start_server
callings=()
for ((caller = 0; caller < callers; caller++)); do
    python3 "$WORK/caller.py" "$SERVER_PORT" "$caller" "$wishes" >"$WORK/ids.$caller" 2>"$WORK/caller.$caller.err" &
    callings+=("$!")
    PIDS+=("$!")
done

has_created() { # COUNT
    (($(ledger length) >= $1))
}
# A kill for every few creates that the provider saw, so that they are spread over the whole load.
for ((kill = 1; kill <= kills; kill++)); do
    eventually 60 has_created $((kill * callers * wishes / (kills + 1)))
    stop_server KILL
    assert_eq "$CODE" 137
    start_server
done

for ((caller = 0; caller < callers; caller++)); do
    wait "${callings[caller]}" || fail "caller $caller" "$(<"$WORK/caller.$caller.err")"
    assert_eq "$(wc -l <"$WORK/ids.$caller")" "$wishes"
done
assert_eq "$(cat "$WORK"/ids.* | sort -u | wc -l)" $((callers * wishes)) "jobs"
assert_eq "$(ledger length)" $((callers * wishes)) "creates at the provider"
assert_eq "$(ledger 'map(.external_id) | unique | length')" $((callers * wishes)) "names in the ledger"
stop_server
assert_eq "$CODE" 0
finish
