"""Who asks, and what they work on: handed to every product function.

A product never sees an HTTP request; this is what it sees instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from .events import Event
from .ground import Ground
from .store import R


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the account through REST, or a chat user through an access token.

    `webhooks` says whether the action fires webhooks: always for a chat user, for REST only
    when the `X-Twilio-Webhook-Enabled` header is true (documented).
    """

    identity: str | None = None
    service_sid: str | None = None
    webhooks: bool = False

    @property
    def source(self) -> str:
        """`SDK` for a chat user, `API` for account credentials, as webhooks report it."""
        return "API" if self.identity is None else "SDK"

    @property
    def name(self) -> str:
        """The identity that acts; `system` for account credentials (specified)."""
        return self.identity or "system"


ACCOUNT = Actor()


class Call:
    """One unit of work on one account."""

    __slots__ = ("account_sid", "actor", "events", "ground", "now", "sids", "store")

    def __init__(self, ground: Ground, account_sid: str, actor: Actor = ACCOUNT) -> None:
        self.ground = ground
        self.account_sid = account_sid
        self.actor = actor
        self.store = ground.store
        self.sids = ground.sids
        self.events = ground.events
        self.now = ground.clock.now()

    def note(self, event: Event) -> None:
        """Remember what happened, to be told after the commit."""
        self.ground.events.note(event)

    def setting(self, kind: type[R], sid: str | None) -> R | None:
        """The resource of a SID, only to read: the same object until one of its kind changes.

        For what is read often and changes seldom.
        """
        if sid is None:
            return None
        return self.store.work_out(kind, sid, lambda: self.store.first(kind, sid=sid))
