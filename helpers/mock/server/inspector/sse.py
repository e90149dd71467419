"""Server-sent events for open pages: topics of changes, without their contents.

A change only adds a topic to each page's set; a slow page gets all topics since as one event.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ... import MockTwilio
from ...core.events import Event, PutBack
from ...messaging.events import ChannelEvent, InviteEvent, MemberEvent, MessageEvent, UserEvent
from ...studio.events import ExecutionEvent, MessageRouted
from ...taskrouter.events import TaskRouterEvent
from ...webhooks.outbox import AttemptFinished, DeliveryDue, PreEventRequested
from ..request_log import ServedRequests

BEAT = 2.0
"""Seconds between two events of the clock, which has no event of its own."""
PAUSE = 0.1
"""Seconds between two events for a page, at least."""

_EVENTS: dict[str, tuple[type[Event], ...]] = {
    "channels": (ChannelEvent, InviteEvent, MemberEvent, MessageEvent, UserEvent),
    "tasks": (TaskRouterEvent,),
    "executions": (ExecutionEvent, MessageRouted),
    "webhooks": (PreEventRequested, DeliveryDue, AttemptFinished),
    "requests": (),
}
"""Topics, and the types of event that belong to each; requests have none."""
_TOPICS: dict[type[Event], tuple[str, ...]] = {
    PutBack: tuple(_EVENTS),
    **{kind: (topic,) for topic, kinds in _EVENTS.items() for kind in kinds},
}


class _OpenPage:
    """One open page, with the topics to be sent to it; `woken` ends the wait of `take()`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.woken = asyncio.Event()
        self._lock = threading.Lock()
        self._topics: set[str] = set()

    def add(self, topics: Iterable[str]) -> None:
        """Add topics, from any thread."""
        with self._lock:
            is_waiting = not self._topics
            self._topics.update(topics)
        if is_waiting and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.woken.set)

    async def take(self) -> list[str]:
        """The topics added since, once there are any or a beat has passed."""
        try:
            await asyncio.wait_for(self.woken.wait(), BEAT)
        except TimeoutError:
            return []
        self.woken.clear()
        with self._lock:
            topics, self._topics = self._topics, set()
        return sorted(topics)


class ChangeStream:
    """The stream of changes; follows the account only while a page is open."""

    def __init__(self, mock: MockTwilio, requests: ServedRequests) -> None:
        self._mock = mock
        self._requests = requests
        self._pages: tuple[_OpenPage, ...] = ()
        self._stop: list[Callable[[], None]] = []
        self._is_over = False

    @property
    def routes(self) -> list[Route]:
        """Routes of the stream."""
        return [Route("/news", self._open, methods=["GET"])]

    def end(self) -> None:
        """End every stream, so that none delays the server's stop."""
        self._is_over = True
        for page in self._pages:
            page.woken.set()

    async def _open(self, request: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=headers)

    async def _stream(self) -> AsyncIterator[bytes]:
        page = _OpenPage()
        if not self._pages:
            self._stop = [
                self._mock.follow_all(lambda event: self._send(*_TOPICS.get(type(event), ()))),
                self._requests.follow(lambda request: self._send("requests")),
            ]
        self._pages = (*self._pages, page)
        try:
            yield b"retry: 1000\n\n" + self._beat()
            while not self._is_over:
                if topics := await page.take():
                    yield _event("news", topics)
                    await asyncio.sleep(PAUSE)
                else:
                    yield self._beat()
        finally:
            self._pages = tuple(each for each in self._pages if each is not page)
            if not self._pages:
                for stop in self._stop:
                    stop()

    def _beat(self) -> bytes:
        clock = self._mock.clock
        return _event("clock", {"now": clock.now(), "is_frozen": clock.is_frozen})

    def _send(self, *topics: str) -> None:
        if topics:
            for page in self._pages:
                page.add(topics)


def _event(name: str, about: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(about))
