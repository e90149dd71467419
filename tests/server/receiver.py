"""A web server that webhooks are posted to, and that remembers them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

PATIENCE = 60
"""Seconds after which a delivery counts as never coming."""


class Receiver:
    """Server that answers 200 to every post and keeps its parameters."""

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        self._changed = threading.Condition()
        record = self._record

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the sender was killed meanwhile
                    return
                record(dict(parse_qsl(body.decode())))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *about: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _record(self, parameters: dict[str, str]) -> None:
        with self._changed:
            self.received.append(parameters)
            self._changed.notify_all()

    def wait_until(self, holds: Callable[[list[dict[str, str]]], bool]) -> bool:
        """Wait until it holds of what was received. Returns False on timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: holds(self.received), PATIENCE)

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *about: object) -> None:
        self._server.shutdown()
        self._server.server_close()
