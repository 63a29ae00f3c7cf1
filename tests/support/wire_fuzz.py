"""Requests that are broken in every way: wire_fuzz.py PORT COUNT, SEED from the environment replays, ONLY=N sends the
Nth connection alone. What comes back must be answers, none of the server's own failure, and every connection must come
to an end."""
import os
import random
import re
import socket
import struct
import sys
import threading
import time

port, count = int(sys.argv[1]), int(sys.argv[2])
seed = int(os.environ.get("SEED") or time.time_ns() % 10**9)
AT_ONCE = 16
SECONDS_MAX = 30  # of a connection, from its end of what it sends to the server's

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded",
         "parts": "multipart/form-data; boundary=b"}
PATHS = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/", "/page/main.js", "/v1/videos", "/v1/videos/models",
         "/v1/videos?limit=2&order=asc&after=gv_01k6yq5t1wz8q4y0n3j2v7b9xd", "/v1/videos/gv_01k6yq5t1wz8q4y0n3j2v7b9xd",
         "/v1/videos/gv_01k6yq5t1wz8q4y0n3j2v7b9xd/content?variant=thumbnail&index=1&expires=1&signature=a",
         "/v1/voices?language=zh", "/v1/webhook_endpoints", "/v1/webhook_event_types", "/v1/videos/x/log?after=1"]
POSTS = ["/v1/videos", "/v1/videos/check", "/v1/videos/edits", "/v1/videos/extensions", "/v1/videos/x/remix",
         "/v1/videos/x/cancel", "/v1/videos/x/resolve", "/v1/webhook_endpoints", "/callbacks/kling", "/nothing"]
# A model that is not there: none of the creates that survive becomes a job.
BODIES = {
    "json": b'{"prompt":"a boat","model":"kling/none","seconds":5,"size":"1280x720",'
            b'"input_reference":{"image_url":"data:image/png;base64,iVBORw0KGgo="},'
            b'"golem_video":{"config":{"seed":1,"camera_control":{"simple":{}}}}}',
    "form": b"prompt=a+boat&model=kling%2Fnone&golem_video%5Bconfig%5D%5Bseed%5D=1&characters[][id]=a",
    "parts": b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na boat\r\n'
             b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nkling/none\r\n'
             b'--b\r\nContent-Disposition: form-data; name="input_reference"; filename="a.png"\r\n'
             b"Content-Type: image/png\r\n\r\n" + PNG + b"\r\n--b--\r\n",
}


class Request:
    def __init__(self, rng):
        self.rng = rng
        self.kind = rng.choice([None, *TYPES])
        self.method, self.path = ("GET", rng.choice(PATHS)) if self.kind is None else ("POST", rng.choice(POSTS))
        if rng.random() < 0.05:
            self.method = rng.choice(["HEAD", "DELETE", "OPTIONS", "PUT", "TRACE", "CONNECT", "get", "X" * 40])
        self.version = "HTTP/1.1"
        self.headers = [b"Host: 127.0.0.1"]
        self.body = BODIES.get(self.kind, b"")
        if self.kind:
            self.headers.append(f"Content-Type: {TYPES[self.kind]}".encode())
        self.length = f"Content-Length: {len(self.body)}".encode() if self.kind else None
        self.chunked = None
        if rng.random() < 0.5:
            self.headers.append(b"Connection: close")

    def bytes(self):
        body = self.body if self.chunked is None else self.chunked
        headers = [*self.headers, *([self.length] if self.length else [])]
        top = f"{self.method} {self.path} {self.version}".encode("latin-1", "replace")
        return b"\r\n".join([top, *headers, b"", body])


# ---- what is done to a request --------------------------------------------------------------------------------


def chunk(request):
    """In chunks, some of whose sizes are wrong."""
    rng, data, out = request.rng, request.body or b"x", b""
    request.length = None
    request.headers.append(b"Transfer-Encoding: " + rng.choice([b"chunked"] * 8 + [b"gzip, chunked", b"x"]))
    while data:
        at = rng.randint(1, 200)
        part, data = data[:at], data[at:]
        size = b"%x" % len(part)
        if rng.random() < 0.1:
            size = rng.choice([b"", b"zz", b"-1", b"0x5", b"ffffffffffffffff", b"10000000000000000", b"7fffffff", b" 5",
                               size + b";a=b", size + b";" + b"x" * 9000, b"0" * 9000 + size, b"%x" % (len(part) + 1),
                               b"0", b"\x00"])
        out += size + rng.choice([b"\r\n"] * 40 + [b"\n"]) + part + rng.choice([b"\r\n"] * 40 + [b"", b"\n", b"\r"])
    request.chunked = out + rng.choice([b"0\r\n\r\n"] * 4 + [b"0\r\nX-Trailer: a\r\n\r\n", b"0\r\n", b"",
                                                            b"0\r\n" + b"T: x\r\n" * 5000])


def lengths(request):
    request.length = request.rng.choice([
        b"Content-Length: -5", b"Content-Length: +5", b"Content-Length: 5, 5", b"Content-Length: 99999999999999999999",
        b"Content-Length: 18446744073709551615", b"Content-Length: 0x10", b"Content-Length:",
        b"Content-Length: 1000000", b"Content-Length: 3", b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Content-Length : 5"])


def large(request):
    size = request.rng.choice([1000, 8000, 30000, 70000, 300000])
    where = request.rng.randrange(5)
    if where == 0:
        request.headers.append(b"X-Long: " + b"a" * size)
    elif where == 1:
        request.headers += [b"X-%d: a" % i for i in range(size // 10)]
    elif where == 2:
        request.path += "?" + "a=b&" * (size // 4)
    elif where == 3:
        request.path += "/" + "%41" * (size // 3)
    else:
        request.headers.append(b"Authorization: Bearer " + b"t" * size)


def headers(request):
    rng = request.rng
    odd = [b"", b" folded", b"NoColon", b": none", b"X Space: a", b"X\x00: a", b"X: \xff\x80", b"Expect: 100-continue",
           b"Expect: nothing", b"Connection: close, upgrade", b"Upgrade: h2c", b"Range: bytes=-1",
           b"Range: bytes=9-1,0-0,5-", b"If-None-Match: *", b"Host: evil.example", b"Host: [::1", b"Origin: null",
           b"Authorization: Bearer",
           b"Authorization: Bearer \x7f", b"Content-Type: multipart/form-data",
           b"Content-Type: multipart/form-data; boundary=", b'Content-Type: multipart/form-data; boundary="',
           b"Content-Type: multipart/form-data; boundary=" + b"b" * 300,
           b"Idempotency-Key: " + b"k" * 400, b"X-Stainless-Retry-Count: 99999999999999999999", b"Last-Event-ID: -1",
           b"Content-Encoding: gzip", b"Cookie: " + b"a=b; " * 200]
    for _ in range(rng.randint(1, 4)):
        request.headers.insert(rng.randint(0, len(request.headers)), rng.choice(odd))


def content(request):
    rng = request.rng
    request.body = rng.choice([
        b"[" * 100000, b'{"a":' * 50000, b'{"prompt":"' + b"a" * 300000 + b'"}', b'{"prompt":"\\ud800\xff"}',
        b'{"seconds":1e999999}', b"null", b"{} {}", b"a[b" * 1000, b"&" * 10000, b"a%", b"a%00=%zz",
        b"a[" * 5000 + b"=1", b"a=1&" * 20000, b"a[][]" * 500 + b"=",
        b"--b\r\n" * 2000, b"--b\r\n\r\n\r\n--b--", b"--b--",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        b'--b\r\nContent-Disposition: form-data; name="a\r\n\r\nx\r\n--b--', b"--b\r\nX: " + b"y" * 100000,
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="../../' + b"x" * 5000 + b'"\r\n\r\nx\r\n--b--',
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n' * 300 + b"--b--",
        rng.randbytes(rng.randint(1, 50000))])
    request.length = f"Content-Length: {len(request.body)}".encode()


def line(request):
    rng = request.rng
    request.version = rng.choice(["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "http/1.1", "", "HTTP/1.1 x",
                                  "HTTP/9999999999.1"])
    request.path = rng.choice([request.path, "*", "", "//", "/%", "/%zz", "/v1/../../etc/passwd", "/page/%2e%2e%2f",
                               "http://a/healthz", "/\x00", "/v1/videos/" + "%00" * 9, "/" + "\xff" * 50,
                               "/v1/videos?%=%&&==&limit=99999999999999999999"])


def plain(_):
    pass


SHAPES = [plain, chunk, chunk, lengths, large, headers, headers, content, content, line]


def scramble(rng, data):
    data = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(data)) if data else 0
        what = rng.randrange(4)
        if what == 0 and data:
            data[at] = rng.randrange(256)
        elif what == 1:
            data[at:at] = rng.choice([b"\r\n", b"\n", b"\x00", b" ", b"%", rng.randbytes(9)])
        elif what == 2:
            del data[at : at + rng.randint(1, 20)]
        else:
            data[at:at] = data[at : at + rng.randint(1, 300)]
    return bytes(data)


# ---- a connection ------------------------------------------------------------------------------------------------


def compose(rng):
    """What is sent, and whether it is one request as it should be, which must be answered."""
    if rng.random() < 0.05:
        return rng.randbytes(rng.randint(1, 20000)), False
    requests, shapes = [], []
    for _ in range(rng.choice([1, 1, 1, rng.randint(2, 20)])):
        requests.append(Request(rng))
        shapes.append(rng.choice(SHAPES))
        shapes[-1](requests[-1])
    data = b"".join(request.bytes() for request in requests)
    good = len(requests) == 1 and shapes == [plain]
    if rng.random() < 0.15:
        data, good = scramble(rng, data), False
    if rng.random() < 0.1:
        data, good = data[: rng.randrange(len(data) + 1)], False
    return data, good


def send(sock, rng, data):
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([0, 0, 1, 5])))
    for begin, end in zip([0, *cuts], [*cuts, len(data)]):
        sock.sendall(data[begin:end])


def converse(number):
    rng = random.Random(f"{seed}.{number}")
    data, good = compose(rng)
    # The library takes a client that ends its side while a worker has the body for one that is gone.
    ending = "read" if good else rng.choice(["read"] * 5 + ["half"] * 3 + ["close", "reset"])
    sock = socket.create_connection(("127.0.0.1", port), SECONDS_MAX)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    came = b""
    try:
        send(sock, rng, data)
        if ending == "half":
            sock.shutdown(socket.SHUT_WR)
        if ending == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        while ending in ("half", "read") and (part := sock.recv(65536)):
            came += part
    except TimeoutError:
        raise AssertionError(f"neither answered nor closed; {ending}, {data[:2000]!r}") from None
    except (ConnectionError, OSError):
        pass  # closed while it was being sent to
    finally:
        sock.close()
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", came)]
    assert came == b"" or came.startswith(b"HTTP/1.1 "), f"no answer: {came[:200]!r} to {data[:2000]!r}"
    # 505 is what a version of HTTP gets that there is not; a repeated create may be told to come again.
    allowed = {505, 503} if b'"create_under_way"' in came else {505}
    assert not [s for s in statuses if s >= 500 and s not in allowed], f"{statuses} to {data[:2000]!r}: {came[:500]!r}"
    assert not good or (len(statuses) == 1 and statuses[0] != 505), f"{statuses} to {data!r}: {came[:500]!r}"
    return statuses


tally, faults, lock = {}, [], threading.Lock()
numbers = iter([int(os.environ["ONLY"])] if "ONLY" in os.environ else range(count))


def work():
    while not faults:
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        try:
            statuses = converse(number)
        except (AssertionError, OSError) as error:
            faults.append(f"connection {number} of seed {seed}: {error}")
            return
        with lock:
            for status in statuses or ["none"]:
                tally[status] = tally.get(status, 0) + 1


print(f"seed {seed}: SEED={seed} replays", flush=True)
threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if faults:
    sys.exit("\n".join(faults))
assert "ONLY" in os.environ or {200, 400, 404} <= tally.keys(), f"these requests reach nothing: {tally}"
print(f"ok {count} connections: {dict(sorted(tally.items(), key=str))}")
