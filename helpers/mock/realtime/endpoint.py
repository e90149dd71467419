"""Twilio's JavaScript chat SDKs, connected to one account: puts the parts together."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from ..core.context import Backend
from ..core.events import Event
from ..messaging.events import TypingEvent
from ..messaging.resources import Member
from ..rest.application import Application
from . import conversations, notices
from .change_log import ChangeLog
from .change_recorder import HEARD, AccessLost, ChangeRecorder, SyncChanged
from .connection import ClientConnection, Receive, Scope, Send
from .conversations import HOST
from .feeds import Feeds, Subscriptions
from .session import Parts, Presence
from .sync import SyncReads
from .tunnel import OnRequest, Tunnel

PATH = "/v3/wsconnect"
WORKERS = 16
"""Requests of all clients under way at once; one may wait for a webhook's answer for seconds."""


class Realtime:
    """Serves connections at `PATH`; an ASGI application for WebSockets.

    Follows the account from its first connection, or `listen()`; until then it costs nothing.
    """

    def __init__(self, backend: Backend, application: Application, account_sid: str) -> None:
        log, feeds = ChangeLog(backend.store), Feeds()
        operations = (*conversations.OPERATIONS, *SyncReads(HOST, log).operations)
        self._feeds = feeds
        self._parts = Parts(
            backend,
            application,
            account_sid,
            feeds,
            Presence(backend, account_sid),
            Tunnel(application, operations),
            Subscriptions(backend, account_sid, log, feeds),
        )
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="mock-realtime")
        self._recorder = ChangeRecorder(backend, log, feeds.is_wanted)
        self._is_listening = False

    def __repr__(self) -> str:
        return f"<Realtime with {len(self)} connections>"

    def __len__(self) -> int:
        """How many clients are connected."""
        return len(self._feeds.clients)

    def listen(self) -> None:
        """Keep the log of what changes; twice does nothing."""
        if self._is_listening:
            return
        self._is_listening = True
        self._parts.presence.nobody()
        events = self._parts.backend.events
        events.on_emit(self._recorder.record, *HEARD)
        events.subscribe(self._feeds.handle, SyncChanged, AccessLost)
        events.subscribe(self._hear_typing, TypingEvent)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket."""
        self.listen()
        self._feeds.loop = asyncio.get_running_loop()
        connection = ClientConnection(self._parts, self._workers, scope)
        self._feeds.clients.add(connection)
        try:
            await connection.run(receive, send)
        finally:
            self._feeds.clients.discard(connection)

    def tell_requests(self, told: OnRequest) -> None:
        """Have `told` called, on worker threads, for every request that clients send."""
        self._parts.tunnel.told = told

    def hang_up(self, reason: str) -> None:
        """End every connection, from any thread; the SDKs come back by themselves."""
        for client in tuple(self._feeds.clients):
            client.hang_up(1012, reason)

    def _hear_typing(self, event: Event) -> None:
        """Tell the other members; the SDKs take for granted that nobody hears of himself."""
        assert isinstance(event, TypingEvent)  # subscribed to no other type
        channel, typist = event.channel, event.member.identity
        members = self._parts.backend.store.select(Member, {"channel_sid": channel.sid})
        others = {member.identity for member in members} - {typist}
        told = notices.typing(channel.sid, typist, event.timeout)
        frame = self._feeds.worded(told, notices.TYPING)
        self._feeds.tell_users(channel.service_sid, others, frame)
