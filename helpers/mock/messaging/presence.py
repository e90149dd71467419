"""Presence of chat users: online while they have a connection, by whatever door it came."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress

from ..core.context import Actor, Backend, Context
from ..core.database import DatabaseClosed
from . import users
from .resources import Service, User


class Presence:
    """Counts the connections of each user, and marks users online from first to last."""

    def __init__(self, backend: Backend, account_sid: str) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._connections: Counter[Actor] = Counter()
        self._lock = threading.Lock()

    def count(self, actor: Actor, change: int) -> None:
        """Count a user's connection that begins (1) or has ended (-1)."""
        with self._lock:
            before = self._connections[actor]
            after = self._connections[actor] = before + change
            if not after:
                del self._connections[actor]
        if bool(before) != bool(after):
            self._mark(actor.service_sid, actor.identity, online=bool(after))

    def renew(self) -> None:
        """Mark users as their connections say, once an account was opened or put back."""
        with self._lock:
            connected = {(actor.service_sid, actor.identity) for actor in self._connections}
        marked = self._backend.store.select(User, {"is_online": True})
        online = {(user.service_sid, user.identity) for user in marked}
        for user in online ^ connected:
            self._mark(*user, online=user in connected)

    def is_shown(self, service_sid: str | None) -> bool:
        """Return whether a service has reachability enabled: shows its users which are online."""
        service = self._backend.store.first(Service, sid=service_sid)
        return service is not None and service.reachability_enabled

    def _mark(self, service_sid: str | None, identity: str | None, *, online: bool) -> None:
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            user = users.find(ctx, service_sid or "", identity or "")
            if user is not None:
                users.mark_online(ctx, user, online=online)


class ChatConnection:
    """A chat user's connection, from now until it is closed."""

    def __init__(self, presence: Presence, actor: Actor) -> None:
        self._presence = presence
        self._actor = actor
        self._once = threading.Lock()
        presence.count(actor, 1)

    @property
    def shows_reachability(self) -> bool:
        """Reachability setting of the user's service."""
        return self._presence.is_shown(self._actor.service_sid)

    def close(self) -> None:
        """End the connection; repeating it does nothing, nor does it in an account that closed."""
        if self._once.acquire(blocking=False):
            with suppress(DatabaseClosed):
                self._presence.count(self._actor, -1)
