"""A way to a mock that fails on command, and an ear for what a chat client emits."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from twilio.http import HttpClient
from twilio.http.response import Response

PATIENCE = 10
"""Seconds after which something awaited counts as never coming."""


def throttled() -> Response:
    body = {"code": 20429, "message": "Too Many Requests", "status": 429}
    return Response(429, json.dumps(body))


class Door(HttpClient):
    """Passes requests on to a mock, unless `fault` answers or raises instead.

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
    """Polls wait at the door until the block is done, so that they find all of it at once."""
    done = threading.Event()
    door.fault = lambda _method, _url: None if done.wait(PATIENCE) else throttled()
    yield
    done.set()


def threads_of(identity: str) -> list[threading.Thread]:
    """The threads that poll for somebody."""
    return [thread for thread in threading.enumerate() if thread.name == f"chat-poll-{identity}"]


def say(channel: Any, *bodies: str) -> None:
    """Sends messages of an agent."""
    for body in bodies:
        channel.messages.create(body=body, from_="agent")


class Heard:
    """What an emitter told, in order, as (event, argument); can be waited for."""

    def __init__(self, emitter: Any, *events: str) -> None:
        self.all: list[tuple[str, Any]] = []
        self._news = threading.Condition()
        for event in events:
            emitter.on(event, self._ear(event))

    def _ear(self, event: str) -> Callable[..., None]:
        def hear(*about: Any) -> None:
            with self._news:
                self.all.append((event, about[0] if about else None))
                self._news.notify_all()

        return hear

    def wait_for(self, count: int) -> list[Any]:
        """The arguments, once there are `count` of them."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.all) >= count, PATIENCE), self.all
            return self.about

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.all]

    @property
    def about(self) -> list[Any]:
        return [about for _, about in self.all]

    @property
    def bodies(self) -> list[str]:
        return [message.body for message in self.about]
