"""Clients that are slow, broken, hostile or many. wire_client.py PORT WHAT [TOKEN [ARGUMENT...]] prints what came."""
import socket
import sys
import threading
import time

MUCH = 300  # of some 50 KB


def connect():
    s = socket.create_connection(("127.0.0.1", port), 20)
    s.settimeout(20)
    return s


def send(s, *parts):
    try:
        s.sendall(b"".join(p if isinstance(p, bytes) else p.encode() for p in parts))
    except ConnectionError:
        pass


def receive(s):
    """All that comes until the other end closes."""
    got = b""
    try:
        while part := s.recv(65536):
            got += part
    except ConnectionError:
        pass
    return got


def head(first, *more):
    lines = [first, "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, *more, "", ""])


def post(*more):
    return head("POST /v1/videos HTTP/1.1", "Content-Type: application/json", *more)


def status(answer):
    return answer.split(b"\r\n")[0].decode()


def raw():
    """The bytes of standard input as they are."""
    s = connect()
    send(s, sys.stdin.buffer.read())
    try:
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    sys.stdout.buffer.write(receive(s))


def pipeline():
    """Ten requests without waiting for answers."""
    s = connect()
    send(s, head("GET /healthz HTTP/1.1") * 9, head("GET /healthz HTTP/1.1", "Connection: close"))
    print(receive(s).count(b"HTTP/1.1 200"))


def expect(path, kind, length):
    """Asks whether to go on, and never sends more."""
    s = connect()
    send(s, head(f"POST {path} HTTP/1.1", f"Content-Type: {kind}", f"Content-Length: {length}", "Expect: 100-continue"))
    print(status(receive(s)))


def cut():
    """Bodies that end before they should."""
    for n in range(20):
        s = connect()
        send(s, post("Content-Length: 5000"), b"{" * n * 100)
        s.close()


def chunks(count):
    """A body in so many chunks of one byte."""
    s = connect()
    send(s, post("Connection: close", "Transfer-Encoding: chunked"), b"1\r\n \r\n" * int(count), b"0\r\n\r\n")
    print(status(receive(s)))


def late():
    """Half of a request, and the other half once a line comes on standard input."""
    s = connect()
    send(s, post("Content-Length: 100"), b" " * 50)
    print("half", flush=True)
    sys.stdin.readline()
    send(s, b" " * 50)
    print(status(receive(s)), flush=True)


def hold(count):
    """So many connections with requests that trickle and never end, until the server has closed them all."""
    held = [connect() for _ in range(int(count))]
    for i, s in enumerate(held):
        send(s, "GET /healthz HTTP/1.1\r\nX-Slow: " if i % 2 else post("Content-Length: 10000"))
    print("held", flush=True)
    while held:
        for s in list(held):
            try:
                s.sendall(b"x")
            except OSError:
                held.remove(s)
        time.sleep(0.1)
    print("all were closed", flush=True)


def much():
    """A connection that has asked for far more than sockets hold; small segments, so that each reading of it is heard."""
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 200)
    s.settimeout(20)
    s.connect(("127.0.0.1", port))
    send(s, head("GET /openapi.json HTTP/1.1") * MUCH, head("GET /openapi.json HTTP/1.1", "Connection: close"))
    return s


def sip():
    """Takes an answer so slowly that it would last for an hour."""
    s = much()
    for _ in range(600):
        s.recv(20)
        time.sleep(0.1)


def stroll():
    """Takes answers slowly, but not too slowly, for a while, and then the rest. Where this machine let it wait for
    longer than that, being cut off proves nothing, and it begins again."""
    longest = 0
    s = much()
    got = b""
    try:
        for _ in range(40):
            began = time.monotonic()
            got += s.recv(16384)
            time.sleep(0.1)
            longest = max(longest, time.monotonic() - began)
        got += receive(s)
    except ConnectionResetError:
        if longest < 0.4:
            raise
        stroll()
        return
    print(got.count(b"HTTP/1.1 200"), flush=True)


def load():
    """Asks again and again until the server is gone; what is answered must be whole."""
    whole, broken, begun = [], [], threading.Event()

    def ask():
        while True:
            try:
                s = connect()
            except OSError:
                return
            send(s, head("GET /openapi.json HTTP/1.1", "Connection: close"))
            got = receive(s)
            s.close()
            if not got:
                return  # it lay in the queue of a socket that was closed
            top, _, body = got.partition(b"\r\n\r\n")
            lengths = [int(x.split(b":")[1]) for x in top.split(b"\r\n") if x.lower().startswith(b"content-length")]
            (whole if lengths == [len(body)] else broken).append(got)
            begun.set()

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for t in threads:
        t.start()
    begun.wait(20)
    print("asking", flush=True)
    for t in threads:
        t.join()
    print(f"{len(broken)} broken answers", flush=True)


port, what = int(sys.argv[1]), sys.argv[2]
token = sys.argv[3] if len(sys.argv) > 3 else ""
globals()[what](*sys.argv[4:])
