"""An HTTP client to a mock that fails on command."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from support import PATIENCE
from twilio.http import HttpClient
from twilio.http.response import Response


def throttled() -> Response:
    body = {"code": 20429, "message": "Too Many Requests", "status": 429}
    return Response(429, json.dumps(body))


class Door(HttpClient):
    """HTTP client that forwards requests to a mock, unless `fault` answers or raises instead.

    `fault` takes the method and the URL and returns a response, or None to let the request pass.
    """

    def __init__(self, mock: Any) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._mock = mock
        self.fault: Callable[[str, str], Response | None] = lambda _method, _url: None
        self.failures = 0

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        try:
            answer = self.fault(method, uri)
        except Exception:
            self.failures += 1
            raise
        if answer is None:
            return self._mock.http_client.request(method, uri, *args, **kwargs)
        self.failures += 1
        return answer


@contextmanager
def unread(door: Door) -> Iterator[None]:
    """Hold polls back until the block is done, so that they find all of it at once."""
    done = threading.Event()
    door.fault = lambda _method, _url: None if done.wait(PATIENCE) else throttled()
    yield
    done.set()


def threads_of(identity: str) -> list[threading.Thread]:
    """Return the threads that poll for an identity."""
    return [thread for thread in threading.enumerate() if thread.name == f"chat-poll-{identity}"]


def say(channel: Any, *bodies: str) -> None:
    """Send messages of an agent."""
    for body in bodies:
        channel.messages.create(body=body, from_="agent")
