"""Who is online: whoever has a connection, where the service tells of it (reachability)."""

from __future__ import annotations

import threading
from collections import Counter

from ..call import Actor, Call
from ..ground import Ground
from ..messaging import users
from ..messaging.resources import Service, User


class Presence:
    """Counts the connections of each user, and marks those who come first and leave last."""

    def __init__(self, ground: Ground, account_sid: str) -> None:
        self._ground = ground
        self._account_sid = account_sid
        self._connections: Counter[tuple[str | None, str | None]] = Counter()
        self._lock = threading.Lock()

    def nobody(self) -> None:
        """Nobody is connected yet, whoever was when the account was last open."""
        with self._ground.transaction():
            call = Call(self._ground, self._account_sid)
            for user in call.store.select(User, {"is_online": True}):
                users.mark_online(call, user, online=False)

    def came(self, actor: Actor) -> None:
        """A connection of this user has been opened."""
        with self._lock:
            self._connections[_who(actor)] += 1
            is_first = self._connections[_who(actor)] == 1
        if is_first:
            self._mark(actor, online=True)

    def went(self, actor: Actor) -> None:
        """A connection of this user has ended."""
        with self._lock:
            self._connections[_who(actor)] -= 1
            is_last = self._connections[_who(actor)] <= 0
            if is_last:
                del self._connections[_who(actor)]
        if is_last:
            self._mark(actor, online=False)

    def _mark(self, actor: Actor, *, online: bool) -> None:
        with self._ground.transaction():
            call = Call(self._ground, self._account_sid)
            service = call.store.first(Service, sid=actor.service_sid)
            user = users.find(call, actor.service_sid or "", actor.identity or "")
            if service is not None and service.reachability_enabled and user is not None:
                users.mark_online(call, user, online=online)


def _who(actor: Actor) -> tuple[str | None, str | None]:
    return actor.service_sid, actor.identity
