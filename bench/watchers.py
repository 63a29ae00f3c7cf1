#!/usr/bin/env python3
"""Does one server hold 10,000 queued jobs and 2,000 watchers? bench/watchers.py GOLEM_VIDEO [JOBS [WATCHERS]]

A sandbox with one slot, taken by a film that takes hours, keeps the jobs queued. Prints one line a figure, with its unit; latencies also as
multiples of the same server's GET /healthz in the same minute, since machines differ and are busy with other things."""
import http.client, json, os, re, selectors, signal, socket, subprocess, sys, tempfile, threading, time

program, jobs, watchers = sys.argv[1], *(int(n) for n in (sys.argv[2:] + ["10000", "2000"][len(sys.argv) - 2 :]))
CALLERS = 16


def start(*words, env):
    process = subprocess.Popen([program, *words], stdout=subprocess.PIPE, env=env, text=True)
    return process, re.search(r"http://([\d.]+):(\d+)", process.stdout.readline())


def memory_mib(pid, name):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(name + r":\s+(\d+)", status.read())[1]) / 1024


def per_mille(times, at):
    return sorted(times)[min(len(times) - 1, len(times) * at // 1000)] * 1e3


def show(what, value, unit):
    print(f"{what:<52}{value:>12.2f} {unit}", flush=True)


def call(connection, method, path, body=None):
    headers = {"content-type": "application/json"} if body else {}
    began = time.monotonic()
    connection.request(method, path, body and json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 200, (method, path, answer.status, text)
    return time.monotonic() - began, text


def timed(method, path, count):
    connection = http.client.HTTPConnection(*address, timeout=60)
    times = [call(connection, method, path)[0] for _ in range(count)]
    connection.close()
    return times


def create(share, times, ids):
    connection = http.client.HTTPConnection(*address, timeout=60)
    for _ in range(share):
        wish = {"prompt": "a paper boat", "model": "kling/kling-v2-6", "seconds": "5"}
        seconds, text = call(connection, "POST", "/v1/videos", wish)
        times.append(seconds)
        ids.append(json.loads(text)["id"])
    connection.close()


def watch(path):
    sock = socket.create_connection(address, timeout=60)
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n\r\n".encode())
    return sock


def read_until(sockets, wanted, seconds):
    """Reads all of them until each has shown `wanted`; when each did, since the call."""
    selector, began, seen = selectors.DefaultSelector(), time.monotonic(), {}
    kept = {sock: b"" for sock in sockets}
    for sock in sockets:
        selector.register(sock, selectors.EVENT_READ)
    while len(seen) < len(sockets):
        assert time.monotonic() - began < seconds, f"{len(seen)} of {len(sockets)} watchers saw {wanted}"
        for key, _ in selector.select(1):
            data = key.fileobj.recv(65536)
            assert data, "a watcher was cut off"
            kept[key.fileobj] = kept[key.fileobj][-200:] + data
            if wanted in kept[key.fileobj] and key.fileobj not in seen:
                seen[key.fileobj] = time.monotonic() - began
    return list(seen.values())


with tempfile.TemporaryDirectory() as folder:
    env = dict(os.environ, GOLEM_VIDEO_STORE=f"{folder}/store")
    sandbox, at = start("sandbox", "--port", "0", "--state", f"{folder}/sandbox", "--faults", "slots:1",
                        "--speed", "0.001", env=env)
    words = subprocess.run([program, "sandbox", "env", "--port", at[2]], capture_output=True, text=True, check=True)
    env.update(re.findall(r"export (\w+)='([^']*)'", words.stdout))
    server, at = start("serve", "--listen", "127.0.0.1:0", env=env)
    address = at[1], int(at[2])
    try:
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
        base = per_mille(timed("GET", "/healthz", 2000), 500)
        show("GET /healthz p50", base, "ms")
        show("memory at rest", memory_mib(server.pid, "VmRSS"), "MiB")

        times, ids = [], []
        began = time.monotonic()
        threads = [threading.Thread(target=create, args=(jobs // CALLERS, times, ids)) for _ in range(CALLERS)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        assert len(ids) == jobs // CALLERS * CALLERS, "a create failed"
        show(f"{len(ids)} creates by {CALLERS} callers, each on disk", len(ids) / (time.monotonic() - began), "/s")
        for at_mille in 500, 990:
            show(f"create p{at_mille / 10:g}", per_mille(times, at_mille), "ms")
        show("memory with them queued", memory_mib(server.pid, "VmRSS"), "MiB")

        one = sorted(ids)[0]
        began = time.monotonic()
        sockets = [watch(f"/v1/videos/{one}/events") for _ in range(watchers)]
        read_until(sockets, b"event: transition", 120)
        show(f"{watchers} watchers, each with the history so far", time.monotonic() - began, "s")
        show("memory with them watching", memory_mib(server.pid, "VmRSS"), "MiB")
        for path in f"/v1/videos/{one}", "/v1/videos?limit=20":
            p50 = per_mille(timed("GET", path, 500), 500)
            show(f"GET {path.replace(one, 'ID')} p50 meanwhile", p50, f"ms ({p50 / base:.1f} x healthz)")

        canceller = threading.Thread(target=timed, args=("POST", f"/v1/videos/{one}/cancel", 1))
        canceller.start()
        heard = read_until(sockets, b"event: end", 60)
        canceller.join()
        for at_mille in 500, 999:
            p = per_mille(heard, at_mille)
            show(f"a cancel is seen by the watchers p{at_mille / 10:g}", p, f"ms ({p / base:.0f} x healthz)")
        show("memory peak", memory_mib(server.pid, "VmHWM"), "MiB")
        server.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert server.wait(60) == 0, "the server did not end well"
        show("graceful stop", time.monotonic() - began, "s")
    finally:
        for process in server, sandbox:
            process.kill()
