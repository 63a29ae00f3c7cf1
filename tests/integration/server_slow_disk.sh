# A disk that keeps the server waiting: clients that have sent what they had to are not taken for slow ones.
source "$(dirname "$0")/lib.sh"
start_sandbox
GOLEM_VIDEO_IDLE_MS=1000 start_server --allow-private
cat >"$WORK/client.py" <<'END'
import socket, sqlite3, sys

port, journal = int(sys.argv[1]), sys.argv[2]
WORKERS, LATE = 32, 16  # together fewer than the endpoints that may be


def send(text):
    sock = socket.create_connection(("127.0.0.1", port), 30)
    sock.sendall(text.encode())
    return sock


def read(sock):
    came = b""
    while part := sock.recv(65536):
        came += part
    return came


def ask():
    body = '{"name":"n","url":"http://127.0.0.1:9/","event_types":["video.completed"]}'
    return send("POST /v1/webhook_endpoints HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")


def outlast_a_slow_client():
    """One that comes after all that was sent, as an answer that needs no worker proves."""
    assert read(send("GET / HTTP/2.0\r\n\r\n")).startswith(b"HTTP/1.1 505")
    assert read(send("GET ")) == b""


disk = sqlite3.connect(journal, isolation_level=None)
disk.execute("BEGIN IMMEDIATE")  # nothing can be written any more
waiting = [ask() for _ in range(WORKERS)]
outlast_a_slow_client()  # by now every worker has one of them, and waits
waiting += [ask() for _ in range(LATE)]
outlast_a_slow_client()
outlast_a_slow_client()  # the first may have been cut by the library, whose clock is not that of the server's own limit
disk.execute("ROLLBACK")
answers = [read(sock)[:15] for sock in waiting]
assert answers == [b"HTTP/1.1 200 OK"] * (WORKERS + LATE), answers
END
assert_exit 0 python3 "$WORK/client.py" "$SERVER_PORT" "$GOLEM_VIDEO_STORE/journal.db"
stop_server
assert_eq "$CODE" 0 "exit code"
finish
