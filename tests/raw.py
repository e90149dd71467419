"""Bytes sent to a server as they are, and its answer."""

from __future__ import annotations

import socket
from base64 import b64encode
from urllib.parse import urlsplit

from helpers.mock import DEMO_VALUES

AUTH = (DEMO_VALUES["TWILIO_ACCOUNT_SID"], DEMO_VALUES["TWILIO_AUTH_TOKEN"])
BASIC = b"Authorization: Basic " + b64encode(":".join(AUTH).encode()) + b"\r\n"


def head(url: str, method: str, path: str, *headers: bytes) -> bytes:
    """The head of a request that ends its connection."""
    host = urlsplit(url).netloc.encode()
    start = b"%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
    return start % (method.encode(), path.encode(), host) + b"".join(headers) + b"\r\n"


def exchange(url: str, data: bytes, *, half_close: bool = True, timeout: float = 30) -> bytes:
    """Send these bytes and end, then read until the server ends."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout) as connection:
        answer = b""
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except ConnectionError:  # it was cut off
            pass
        return answer


def status(answer: bytes) -> int | None:
    """Status of an answer; None for none."""
    return int(answer.split(b" ", 2)[1]) if answer else None
