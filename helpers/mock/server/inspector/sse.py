"""Tells open pages that something has changed: topics, not contents, as server-sent events.

Whoever acts only leaves a topic; a page that is slow or busy gets all that came meanwhile as one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

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
from ..request_log import ServedRequest, ServedRequests

BEAT = 2.0
"""Seconds between two looks at the clock, which tells nobody when it is moved."""
PAUSE = 0.1
"""Seconds between two pieces of news for a page, at least."""

CHANNELS, TASKS, EXECUTIONS, WEBHOOKS = "channels", "tasks", "executions", "webhooks"
REQUESTS = "requests"
EVERYTHING = frozenset({CHANNELS, TASKS, EXECUTIONS, WEBHOOKS, REQUESTS})
_TOPICS: dict[type[Event], frozenset[str]] = {
    **dict.fromkeys(
        (ChannelEvent, InviteEvent, MemberEvent, MessageEvent, UserEvent), frozenset({CHANNELS})
    ),
    **dict.fromkeys((ExecutionEvent, MessageRouted), frozenset({EXECUTIONS})),
    **dict.fromkeys((PreEventRequested, DeliveryDue, AttemptFinished), frozenset({WEBHOOKS})),
    TaskRouterEvent: frozenset({TASKS}),
    PutBack: EVERYTHING,
}


class _Listener:
    """One open page: topics that it has not been told of yet."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._lock = threading.Lock()
        self._topics: set[str] = set()

    def tell(self, topics: frozenset[str]) -> None:
        """Leave topics, from any thread."""
        with self._lock:
            is_waiting = not self._topics
            self._topics |= topics
        if is_waiting and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.wake)

    def wake(self) -> None:
        """Have it look up, from the loop's own thread."""
        self._woken.set()

    async def take(self) -> list[str]:
        """The topics left since, once there are any or a beat has passed."""
        try:
            await asyncio.wait_for(self._woken.wait(), BEAT)
        except TimeoutError:
            return []
        self._woken.clear()
        with self._lock:
            topics, self._topics = self._topics, set()
        return sorted(topics)


class ChangeStream:
    """The stream of what changes; follows the account only while a page is open."""

    def __init__(self, mock: MockTwilio, requests: ServedRequests) -> None:
        self._mock = mock
        self._requests = requests
        self._listeners: tuple[_Listener, ...] = ()
        self._stop: list[Callable[[], None]] = []
        self._is_over = False

    @property
    def routes(self) -> list[Route]:
        """What may be asked."""
        return [Route("/news", self._open, methods=["GET"])]

    def end(self) -> None:
        """End every stream, so that none holds up the server's stop."""
        self._is_over = True
        for listener in self._listeners:
            listener.wake()

    async def _open(self, request: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=headers)

    async def _stream(self) -> AsyncIterator[bytes]:
        listener = _Listener()
        self._join(listener)
        try:
            yield b"retry: 1000\n\n" + self._beat()
            while not self._is_over:
                if topics := await listener.take():
                    yield _event("news", topics)
                    await asyncio.sleep(PAUSE)
                else:
                    yield self._beat()
        finally:
            self._leave(listener)

    def _beat(self) -> bytes:
        clock = self._mock.clock
        return _event("clock", {"now": clock.now(), "is_frozen": clock.is_frozen})

    def _join(self, listener: _Listener) -> None:
        if not self._listeners:
            self._stop = [self._mock.follow_all(self._hear), self._requests.follow(self._heed)]
        self._listeners = (*self._listeners, listener)

    def _leave(self, listener: _Listener) -> None:
        self._listeners = tuple(each for each in self._listeners if each is not listener)
        if not self._listeners:
            for stop in self._stop:
                stop()

    def _hear(self, event: Event) -> None:
        topics = _TOPICS.get(type(event))
        if topics:
            self._tell(topics)

    def _heed(self, answered: ServedRequest) -> None:
        self._tell(frozenset({REQUESTS}))

    def _tell(self, topics: frozenset[str]) -> None:
        for listener in self._listeners:
            listener.tell(topics)


def _event(name: str, about: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(about))
