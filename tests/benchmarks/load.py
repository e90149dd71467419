"""Creates messages over raw keep-alive sockets, the next as soon as the answer is there.

python -m tests.benchmarks.load URL CHANNEL CONNECTIONS SECONDS

Prints one line of JSON: the count, requests a second, milliseconds of one: median, that of 99 %.
"""

import base64
import json
import selectors
import socket
import statistics
import sys
import time
from urllib.parse import urlsplit

from helpers.mock import Credentials

from .measuring import keep_on_core

WARM_UP = 1.0


def request_to(host, channel):
    """One request, whole, as it goes over the wire."""
    known = Credentials.demo()
    auth = base64.b64encode(f"{known.account_sid}:{known.auth_token}".encode()).decode()
    body = "Body=How+can+I+help%3F&From=alice"
    path = f"/chat.twilio.com/v2/Services/{known.chat_service_sid}/Channels/{channel}/Messages"
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {auth}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def is_whole(data):
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    assert b" 201 " in head[:20], head
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


def main(url, channel, connections, seconds):
    keep_on_core(1)
    place = urlsplit(url)
    request = request_to(place.netloc, channel)
    waiting, taken = selectors.DefaultSelector(), []
    for _ in range(int(connections)):
        made = socket.create_connection((place.hostname, place.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        state = {"sent": time.perf_counter(), "data": b""}
        waiting.register(made, selectors.EVENT_READ, state)
        made.sendall(request)
    now, count = time.perf_counter(), 0
    begins, ends = now + WARM_UP, now + WARM_UP + float(seconds)
    while now < ends:
        for key, _ in waiting.select():
            state = key.data
            state["data"] += key.fileobj.recv(65536)
            if not is_whole(state["data"]):
                continue
            now, count = time.perf_counter(), count + 1
            if now > begins:
                taken.append(now - state["sent"])
            state["sent"], state["data"] = now, b""
            key.fileobj.sendall(request)
    taken.sort()
    print(
        json.dumps(
            {
                "count": count,
                "rate": len(taken) / float(seconds),
                "median": 1000 * statistics.median(taken),
                "last": 1000 * taken[int(len(taken) * 0.99)],
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
