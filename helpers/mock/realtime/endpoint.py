"""Twilio's JavaScript chat SDKs, connected to one account: composes the parts."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.types import Receive, Scope, Send

from ..core.context import Backend
from ..messaging.events import TypingEvent
from ..messaging.presence import Presence
from ..messaging.resources import Member
from ..rest.application import Application
from ..taskrouter.events import TaskRouterEvent
from . import conversations, notices
from .change_log import ChangeLog
from .change_recorder import AccessLost, ChangeRecorder, SyncObjectChanged
from .connection import ClientConnection
from .feeds import Feeds
from .insights import Insights
from .lists import SessionLists
from .session import SessionParts
from .sync import SyncReads
from .tunnel import OnRequest, Tunnel

PATH = "/v3/wsconnect"
WORKERS = 16
"""Requests of all clients under way at once; one may wait for a webhook's answer for seconds."""


class Realtime:
    """Serves connections at `PATH`; an ASGI application for WebSockets.

    Follows the account from its first connection, or `listen()`; until then it costs nothing.
    """

    def __init__(
        self, backend: Backend, application: Application, account_sid: str, presence: Presence
    ) -> None:
        log = ChangeLog(backend.store)
        feeds = Feeds(backend, account_sid, log)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="mock-realtime")
        self._feeds = feeds
        self._insights = Insights(backend, account_sid, feeds, self._workers)
        feeds.follow_insights = self._insights.follow
        reads = SyncReads(log, self._insights.map_of)
        own = (*conversations.OPERATIONS, *self._insights.operations, *reads.operations)
        tunnel = Tunnel(application, own)
        lists = SessionLists(backend, account_sid, tunnel.perform)
        feeds.greet = lists.greet
        self._parts = SessionParts(
            backend, application, account_sid, feeds, presence, tunnel, lists
        )
        self._recorder = ChangeRecorder(backend, log, feeds.is_wanted)
        self._is_listening = False

    def __repr__(self) -> str:
        return f"<Realtime with {len(self)} connections>"

    def __len__(self) -> int:
        """Number of connected clients."""
        return len(self._feeds.clients)

    def listen(self) -> None:
        """Keep the change log from now on; a second call does nothing."""
        if self._is_listening:
            return
        self._is_listening = True
        events = self._parts.backend.events
        for kind, handler in self._recorder.handlers.items():
            events.on_emit(handler, kind)
        events.subscribe(self._feeds.handle, SyncObjectChanged, AccessLost)
        events.subscribe(self._send_typing, TypingEvent)
        events.subscribe(self._insights.handle, TaskRouterEvent)

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

    def on_request(self, call: OnRequest) -> None:
        """Call this, on worker threads, for every request of a client that was answered."""
        self._parts.tunnel.on_request = call

    def hang_up(self, reason: str) -> None:
        """End every connection, from any thread; the SDKs reconnect by themselves."""
        for client in tuple(self._feeds.clients):
            client.hang_up(1012, reason)

    def _send_typing(self, event: Any) -> None:
        """Notify the other members only: the SDKs expect no notice of their own typing."""
        channel, typist = event.channel, event.member.name
        members = self._parts.backend.store.select(Member, {"channel_sid": channel.sid})
        others = {member.name for member in members} - {typist}
        notice = notices.typing(channel.sid, typist, event.timeout)
        frame = self._feeds.notification(notice, notices.TYPING)
        self._feeds.send_to_users(channel.service_sid, others, frame)
