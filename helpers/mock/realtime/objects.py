"""The Sync objects that stand behind chat in Twilio's JavaScript SDKs, declared.

A channel is a document, a list of messages and a map of its members; a user is two maps. None of
them is kept: each is a view of chat's own resources, found by a name or SID made from its owner's
SID. (Names of a channel's objects are the SDKs' own; the others, and the SIDs, are the mock's.)
"""

from __future__ import annotations

from dataclasses import dataclass

from ..call import Call
from ..errors import TwilioError
from ..messaging import permissions
from ..messaging.resources import Channel, User
from ..sids import SID

_HOST = "https://cds.us1.twilio.com"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of Sync object.

    Attributes:
        kind: `document`, `list` or `map`.
        prefix: Of its SIDs.
        owner: What it is a view of.
        suffix: Its name is the owner's SID and this.
        turn: Digits by which the owner's SID is turned to make the object's, so that two maps of
            one owner differ.
    """

    kind: str
    prefix: str
    owner: type[Channel] | type[User]
    suffix: str
    turn: int = 0

    def name(self, owner_sid: str) -> str:
        """`CH....channel` and the like."""
        return f"{owner_sid}.{self.suffix}"

    def sid(self, owner_sid: str) -> str:
        """The object's SID."""
        digits = owner_sid[2:]
        return f"{self.prefix}{digits[self.turn :]}{digits[: self.turn]}"

    def owner_sid(self, sid: str) -> str:
        """The owner's SID, from the object's."""
        digits = sid[2:]
        back = len(digits) - self.turn
        return f"{_PREFIXES[self.owner]}{digits[back:]}{digits[:back]}"

    def url(self, owner_sid: str) -> str:
        """Where a client reads it."""
        return f"{_HOST}/v3/{self.kind.capitalize()}s/{self.sid(owner_sid)}"


_PREFIXES: dict[type[Channel] | type[User], str] = {Channel: "CH", User: "US"}

DOCUMENT = Sort("document", "ET", Channel, "channel")
MESSAGES = Sort("list", "ES", Channel, "messages")
ROSTER = Sort("map", "MP", Channel, "roster")
CHANNELS = Sort("map", "MP", User, "channels", turn=1)
INFO = Sort("map", "MP", User, "info", turn=2)

SORTS = (DOCUMENT, MESSAGES, ROSTER, CHANNELS, INFO)
OF_A_CHANNEL = (DOCUMENT, MESSAGES, ROSTER)
OF_A_USER = (CHANNELS, INFO)
_BY_SUFFIX = {sort.suffix: sort for sort in SORTS}


@dataclass(frozen=True, slots=True)
class SyncObject:
    """One Sync object, with the resource it is a view of."""

    sort: Sort
    owner: Channel | User

    @property
    def sid(self) -> str:
        """ET, ES or MP and 32 digits."""
        return self.sort.sid(self.owner.sid)

    @property
    def name(self) -> str:
        """What clients open it by."""
        return self.sort.name(self.owner.sid)

    @property
    def url(self) -> str:
        """Where a client reads it."""
        return self.sort.url(self.owner.sid)


def find(call: Call, kind: str, key: str) -> SyncObject:
    """The object of a name or SID, if the acting chat user may see it.

    Raises:
        TwilioError: 20404, there is none; 50300 or 50400, the user may not see it.
    """
    found = _by_sid(call, kind, key) if SID.match(key) else _by_name(call, kind, key)
    if found is None or found.owner.service_sid != call.actor.service_sid:
        raise TwilioError(20404, f"Sync {kind} {key[:80]} was not found")
    _admit(call, found)
    return found


def _by_name(call: Call, kind: str, name: str) -> SyncObject | None:
    owner_sid, _, suffix = name.partition(".")
    sort = _BY_SUFFIX.get(suffix)
    return None if sort is None or sort.kind != kind else _owned(call, sort, owner_sid)


def _by_sid(call: Call, kind: str, sid: str) -> SyncObject | None:
    sorts = [sort for sort in SORTS if sort.kind == kind and sort.prefix == sid[:2]]
    owned = (_owned(call, sort, sort.owner_sid(sid)) for sort in sorts)
    return next((found for found in owned if found is not None), None)


def _owned(call: Call, sort: Sort, owner_sid: str) -> SyncObject | None:
    owner = call.store.first(sort.owner, sid=owner_sid)
    return None if owner is None else SyncObject(sort, owner)


def _admit(call: Call, found: SyncObject) -> None:
    owner = found.owner
    if isinstance(owner, Channel):
        permissions.see(call, owner)
        if found.sort is not DOCUMENT:
            permissions.look_inside(call, owner)
    elif found.sort is CHANNELS:
        permissions.own_only(call, owner)
