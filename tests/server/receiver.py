"""A web server that webhooks are posted to, and that remembers them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

PATIENCE = 20
"""Seconds after which a delivery counts as never coming."""


class Receiver:
    """Answers 200 to every post and keeps its parameters."""

    def __init__(self) -> None:
        self.received: list[dict[str, str]] = []
        self._news = threading.Condition()
        hear = self._hear

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # whoever posted was killed meanwhile
                    return
                hear(dict(parse_qsl(body.decode())))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *about: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _hear(self, parameters: dict[str, str]) -> None:
        with self._news:
            self.received.append(parameters)
            self._news.notify_all()

    def wait_until(self, holds: Callable[[list[dict[str, str]]], bool]) -> bool:
        """Whether it holds of what was received, in time."""
        with self._news:
            return self._news.wait_for(lambda: holds(self.received), PATIENCE)

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *about: object) -> None:
        self._server.shutdown()
        self._server.server_close()
