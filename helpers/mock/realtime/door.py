"""Twilio's JavaScript chat SDKs, connected to one account: puts the parts together."""

from __future__ import annotations

import asyncio
import weakref
from concurrent.futures import ThreadPoolExecutor

from ..events import Event
from ..ground import Ground
from ..messaging.events import TypingEvent
from ..rest.application import Application
from . import chat, notices, objects
from .connection import Connection, Receive, Scope, Send
from .feeds import Feeds
from .log import Log
from .presence import Presence
from .recording import HEARD, AccessLost, Recorder, SyncNews
from .session import Parts
from .subscriptions import Subscriptions
from .sync import SyncReads
from .tunnel import Tunnel

PATH = "/v3/wsconnect"
WORKERS = 16
"""Requests of all clients under way at once; one may wait for a webhook's answer for seconds."""


class Realtime:
    """Serves connections at `PATH`; an ASGI application for WebSockets.

    Follows the account from the moment it is made; an account that has none pays nothing.
    """

    def __init__(self, ground: Ground, application: Application, account_sid: str) -> None:
        log, feeds = Log(ground.store), Feeds()
        operations = (*chat.OPERATIONS, *SyncReads(chat.HOST, log).operations)
        self._feeds = feeds
        self._parts = Parts(
            ground,
            application,
            account_sid,
            feeds,
            Presence(ground, account_sid),
            Tunnel(application, operations),
            Subscriptions(ground, account_sid, log, feeds),
        )
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="mock-realtime")
        self._connections: weakref.WeakSet[Connection] = weakref.WeakSet()
        ground.events.record_with(Recorder(ground, log, feeds.is_wanted).record, *HEARD)
        ground.events.subscribe(feeds.hear, SyncNews, AccessLost)
        ground.events.subscribe(self._hear_typing, TypingEvent)

    def __repr__(self) -> str:
        return f"<Realtime with {len(self)} connections>"

    def __len__(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket."""
        self._feeds.loop = asyncio.get_running_loop()
        connection = Connection(self._parts, self._workers, scope)
        self._connections.add(connection)
        try:
            await connection.run(receive, send)
        finally:
            self._connections.discard(connection)

    def hang_up(self, reason: str) -> None:
        """End every connection, from any thread; the SDKs come back by themselves."""
        for connection in tuple(self._connections):
            connection.hang_up(1012, reason)

    def _hear_typing(self, event: Event) -> None:
        assert isinstance(event, TypingEvent)  # noqa: S101 - subscribed to no other
        sid = objects.MESSAGES.sid(event.channel.sid)
        if self._feeds.is_wanted(sid):
            identity = event.member.identity
            told = notices.typing(event.channel.sid, identity, event.timeout)
            self._feeds.tell_others(sid, identity, self._feeds.worded(told, notices.TYPING))
