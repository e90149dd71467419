"""Connections to a mock that fail in every way, by a script: in process, and on a socket."""

from __future__ import annotations

import base64
import json
import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import requests
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

TWINKLE = 0.002
"""Seconds that a wait takes at most, however long it should be."""
_log = logging.getLogger(__name__)


def hurried(event: threading.Event, seconds: float) -> bool:
    """Wait as a chat client does, but hardly any time."""
    return event.wait(min(seconds, TWINKLE))


class Waits:
    """Wait hardly any time, and record how long it should have been."""

    def __init__(self) -> None:
        self.requested: list[float] = []

    def __call__(self, event: threading.Event, seconds: float) -> bool:
        self.requested.append(seconds)
        return hurried(event, seconds)


def refusal(status: int, code: int, message: str, **headers: str) -> Response:
    body = {"code": code, "message": message, "status": status}
    return Response(status, json.dumps(body), headers)


def throttled(retry_after: str | None = None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Response(429, '{"code": 20429, "message": "Too Many Requests", "status": 429}', headers)


def never_reached() -> Exception:
    """Return the exception that `requests` raises if no server listens."""
    unreachable = NewConnectionError(HTTPConnection("127.0.0.1", 1), "Connection refused")
    return requests.ConnectionError(MaxRetryError(None, "/", unreachable))  # type: ignore[arg-type]


NO_EFFECT: dict[str, Callable[[], Response | Exception]] = {
    "throttled": throttled,
    "throttled for a while": lambda: throttled("2"),
    "refused connection": never_reached,
}
"""Failures after which the request is known to have had no effect."""
AMBIGUOUS: dict[str, Callable[[], Response | Exception]] = {
    "time-out": lambda: requests.ReadTimeout("no answer"),
    "reset": lambda: requests.ConnectionError("Connection aborted."),
    "server error": lambda: refusal(500, 20500, "Internal Server Error"),
    "unavailable": lambda: refusal(503, 20503, "Service Unavailable"),
    "HTML of a proxy": lambda: Response(502, "<html>Bad Gateway</html>"),
    "HTML of a log-in": lambda: Response(200, "<html>Please log in</html>"),
    "half an answer": lambda: Response(200, '{"sid": "IM'),
    "another API": lambda: Response(200, '{"ok": true}'),
    "a list": lambda: Response(200, "[]"),
}
"""Failures that come before or after the request has had its effect."""
FAULTS = (
    "none",
    *NO_EFFECT,
    *(f"{name}, {when}" for name in AMBIGUOUS for when in ("before", "after")),
)


class Fire(HttpClient):
    """HTTP client to a mock; each request meets the next fault, and none once they are used up."""

    def __init__(self, mock: Any) -> None:
        super().__init__(_log, is_async=False)
        self._mock = mock
        self._script: Iterator[str] = iter(())
        self._concerns: Callable[[str, str], bool] = lambda _method, _uri: True
        self._lock = threading.Lock()
        self.suffered: list[str] = []

    def burn(
        self,
        script: Iterable[str],
        concerns: Callable[[str, str], bool] = lambda _method, _uri: True,
    ) -> None:
        """Use these faults up, one for each request that it concerns (by method and URL)."""
        with self._lock:
            self._script, self._concerns = iter(script), concerns

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        with self._lock:
            fault = next(self._script, "none") if self._concerns(method, uri) else "none"
        if fault == "none":
            return self._mock.http_client.request(method, uri, *args, **kwargs)
        self.suffered.append(fault)
        name, _, when = fault.partition(", ")
        if when == "after":
            self._mock.http_client.request(method, uri, *args, **kwargs)
        failure = (NO_EFFECT | AMBIGUOUS)[name]()
        if isinstance(failure, Exception):
            raise failure
        return failure


def sends(method: str, uri: str) -> bool:
    """Return whether this request sends a message."""
    return method == "POST" and uri.endswith("/Messages")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FlakyServer

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = dict(parse_qsl(self.rfile.read(length).decode()))
        fault = self.server.next_fault()
        if fault == "reset":
            self._reset()
        elif fault == "stall":
            self.server.released.wait(10)
            self._reset()
        elif fault == "throttle":
            self._write(throttled("1"))
        else:
            answer = self._forward(form)
            if fault == "reset after":
                self._reset()
            else:
                self._write(answer)

    def _forward(self, form: dict[str, str]) -> Response:
        scheme, _, encoded = self.headers["Authorization"].partition(" ")
        assert scheme == "Basic"
        user, _, password = base64.b64decode(encoded).decode().partition(":")
        return self.server.mock.http_client.request(
            self.command,
            f"https:/{self.path}",
            data=form,
            headers={name: value for name, value in self.headers.items()},  # noqa: C416
            auth=(user, password),
        )

    def _write(self, answer: Response) -> None:
        content = answer.text.encode()
        self.send_response(answer.status_code)
        for name, value in (answer.headers or {}).items():
            self.send_header(name, value)
        if answer.status_code != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class FlakyServer(ThreadingHTTPServer):
    """A mock on a socket that can be stopped, with its connections, and started again."""

    daemon_threads = True

    def __init__(self, mock: Any, port: int = 0, script: Iterable[str] = ()) -> None:
        self.mock = mock
        self.released = threading.Event()
        self._script = iter(script)
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_fault(self) -> str:
        with self._lock:
            return next(self._script, "none")

    def burn(self, script: Iterable[str]) -> None:
        with self._lock:
            self._script = iter(script)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: Any) -> None:
        """Ignore errors of clients that hung up."""

    def stop(self) -> None:
        """Stop, and break every connection, as the end of a process does."""
        self.released.set()
        self.shutdown()
        self.server_close()
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
