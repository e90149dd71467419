"""Compares a user's channels, as REST shows them, with the client's, and emits the differences.

A sync delivers each message once and in order however often it is repeated: it continues from the
last index delivered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from twilio.base.exceptions import TwilioException

from ..flex_ui import in_path
from .channel import Channel, ChannelBook, emit, emit_updated, refresh
from .errors import ChatError, TransientError, as_chat_error
from .records import Member, Message
from .session import ChatSession

_log = logging.getLogger(__name__)
WINDOW = 50
"""Latest messages of a channel in which edits and removals are noticed."""
NOT_A_MEMBER = (50400, 50430)
"""Refusals of a user who is not in a channel, in Chat's words and in Conversations'."""


@contextmanager
def _understood() -> Iterator[None]:
    """Turn answers that do not have the form of Twilio's into failures that may pass."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        _log.debug("an answer could not be understood", exc_info=True)
        raise TransientError("an answer that cannot be understood", type(error).__name__) from error
    except TwilioException as error:
        if not as_chat_error(error).status and not isinstance(error, ChatError):  # no refusal
            raise TransientError("an answer that cannot be understood", str(error)) from error
        raise


@contextmanager
def _ended_if_gone() -> Iterator[None]:
    """End a sync where the channel, or the user's place in it, is gone."""
    try:
        with _understood():
            yield
    except TwilioException as error:
        refusal = as_chat_error(error)
        if refusal.status != HTTPStatus.NOT_FOUND and refusal.code not in NOT_A_MEMBER:
            raise


class _LastSeen:
    """State of one channel as last delivered."""

    def __init__(self, messages: list[Message], members: list[Member]) -> None:
        self.last_index = messages[-1].index if messages else -1
        self.window = {message.index: message for message in messages}
        self.members = {member.sid: member for member in members}


class Reconciler:
    """One client's view of its channels, brought up to date by `sync()`."""

    def __init__(self, session: ChatSession, book: ChannelBook) -> None:
        self._session = session
        self._book = book
        self._seen: dict[str, _LastSeen] = {}

    def load(self) -> None:
        """Load current channels without emitting events."""
        with _understood():
            for sid, status in self._statuses().items():
                if status in ("joined", "invited"):
                    channel = self._book.enter(self._fetch(sid), status)
                    if status == "joined":
                        self._remember(channel)

    def follow_channel(self, sid: str) -> None:
        """Follow a channel from now on if it is joined, rather than from the next sync on."""
        with _understood():
            if sid not in self._seen and self._statuses().get(sid) == "joined":
                self.sync_channel(sid)

    def newest_index(self, sid: str) -> int | None:
        """Return the newest index delivered, -1 for none; None for a channel not followed."""
        seen = self._seen.get(sid)
        return None if seen is None else seen.last_index

    def sync(self) -> bool:
        """Emit what changed since the last sync. Returns whether anything did."""
        with _understood():
            now = self._statuses()
            gone = [sid for sid in self._followed() if sid not in now]
            for sid in gone:
                self.forget(sid, removed=self._is_deleted(sid))
            syncs = {"joined": self.sync_channel, "invited": self.sync_invitation}
            changes = [syncs[status](sid) for sid, status in now.items() if status in syncs]
            return bool(gone) or any(changes)

    def sync_channel(self, sid: str) -> bool:
        """Do the same for one channel that the user is in, unless that is over by now."""
        channel = self._book.channels.get(sid)
        with _ended_if_gone():
            if channel is None or sid not in self._seen:
                self._join(sid)
                return True
            fields = self._fetch(sid)
            if fields["date_created"] != channel.date_created:  # another account's, with equal SIDs
                self.forget(sid, removed=True)
                self._join(sid)
                return True
            reasons = refresh(channel, fields)
            if reasons:
                emit_updated(channel, reasons)
            members = self._sync_members(channel)
            return self._sync_messages(channel) or members or bool(reasons)
        return False

    def sync_invitation(self, sid: str) -> bool:
        """Do the same for one channel that the user is invited into."""
        known = self._book.channels.get(sid)
        if known is not None and known.status == "invited":
            return False
        with _ended_if_gone():
            channel = self._book.enter(self._fetch(sid), "invited")
            self._book.emit_entered(channel, is_new=known is None)
            return True
        return False

    def apply_message(self, sid: str, event: str, message: Message) -> bool:
        """Take in an event that came without a sync. Returns whether it is new."""
        seen = self._seen.get(sid)
        if seen is None or (event == "messageAdded" and message.index <= seen.last_index):
            return False
        seen.last_index = max(seen.last_index, message.index)
        seen.window.pop(message.index - WINDOW, None)
        seen.window[message.index] = message
        if event == "messageRemoved":
            del seen.window[message.index]
        return True

    def apply_member(self, sid: str, event: str, member: Member) -> bool:
        """Take in an event that came without a sync. Returns whether it is new."""
        seen = self._seen.get(sid)
        if seen is None or (event == "memberJoined" and member.sid in seen.members):
            return False
        seen.members[member.sid] = member
        if event == "memberLeft":
            del seen.members[member.sid]
        return True

    def forget(self, sid: str, *, removed: bool = False) -> None:
        """Stop following a channel, and emit that the user left it or that it was deleted."""
        self._seen.pop(sid, None)
        self._book.leave(sid, removed=removed)

    def forget_all(self) -> None:
        """Stop following every channel: the account knows none of them."""
        for sid in self._followed():
            self.forget(sid, removed=True)

    def _followed(self) -> list[str]:
        return [*self._seen, *(channel.sid for channel in self._book.of_status("invited"))]

    def _is_deleted(self, sid: str) -> bool:
        """Tell a channel that was deleted from one that the user left."""
        try:
            self._fetch(sid)
        except TwilioException as error:
            refusal = as_chat_error(error)
            if isinstance(error, TransientError) or refusal.status not in (403, 404):
                raise
            return bool(refusal.status == HTTPStatus.NOT_FOUND)
        return False

    def _join(self, sid: str) -> None:
        """Follow a channel before emitting that, so that a handler's acts in it are delivered."""
        known = self._book.channels.get(sid)
        was_invited = known is not None and known.status == "invited"
        channel = self._book.enter(self._fetch(sid), "joined")
        self._remember(channel)
        self._book.emit_entered(channel, is_new=not was_invited)

    def _remember(self, channel: Channel) -> None:
        """Start following a channel; what it holds already raises no events."""
        members = self._members(channel.sid)
        newest = self._messages(channel.sid).list(order="desc", limit=WINDOW)
        own = next((m for m in members if m.identity == self._session.identity), None)
        channel.last_consumed_message_index = own.last_consumed_message_index if own else None
        self._seen[channel.sid] = _LastSeen([self._message(each) for each in newest[::-1]], members)

    def _sync_messages(self, channel: Channel) -> bool:
        """Emit edits and removals among the known messages still in sight, then new messages."""
        seen = self._seen[channel.sid]
        latest = self._since(channel.sid, seen.last_index)
        now = {message.index: message for message in latest}
        oldest = min(now) if len(now) >= WINDOW else 0  # fewer are all there are
        changed = False
        for index, before in seen.window.items():
            after = now.get(index)
            if (after is None and index >= oldest) or (after and after.sid != before.sid):
                emit(channel, "messageRemoved", before)
                changed = True
            if after is not None and after.sid != before.sid:  # the account was put back meanwhile
                emit(channel, "messageAdded", after)
            elif after is not None and after != before:
                reasons = _changed(before, after, ("body", "attributes"))
                emit(channel, "messageUpdated", after, reasons)
                changed = True
        for message in latest:
            if message.index > seen.last_index:
                seen.last_index = message.index
                emit(channel, "messageAdded", message)
                changed = True
        seen.window = {message.index: message for message in latest[-WINDOW:]}
        return changed

    def _sync_members(self, channel: Channel) -> bool:
        seen = self._seen[channel.sid]
        now = {member.sid: member for member in self._members(channel.sid)}
        before, seen.members = seen.members, now
        for sid in before.keys() - now.keys():
            emit(channel, "memberLeft", before[sid])
        for sid, member in now.items():
            if member.identity == self._session.identity:
                channel.last_consumed_message_index = member.last_consumed_message_index
            if sid not in before:
                emit(channel, "memberJoined", member)
            elif member != before[sid]:
                names = ("attributes", "last_consumed_message_index", "role_sid")
                reasons = _changed(before[sid], member, names)
                emit(channel, "memberUpdated", member, reasons)
        return before != now

    def _statuses(self) -> dict[str, str]:
        """Return the user's status in each of its channels, by SID."""
        user = self._session.polled_service.users(in_path(self._session.identity))
        places = (_fields(each, "channel_sid", "status") for each in user.user_channels.list())
        return {place["channel_sid"]: place["status"] for place in places}

    def _fetch(self, sid: str) -> dict[str, Any]:
        return _fields(self._session.polled_service.channels(sid).fetch(), "sid", "date_created")

    def _members(self, sid: str) -> list[Member]:
        members = self._session.polled_service.channels(sid).members.list()
        return [Member.of(_fields(member, "sid")) for member in members]

    def _messages(self, sid: str) -> Any:
        return self._session.polled_service.channels(sid).messages

    def _message(self, instance: Any) -> Message:
        fields = _fields(instance, "sid", "index", "date_created")
        return Message.of(fields, self._session)

    def _since(self, sid: str, last_index: int) -> list[Message]:
        """Return the latest messages, ascending: the window, and all that were not seen yet."""
        found: list[Message] = []
        for instance in self._messages(sid).stream(order="desc", page_size=WINDOW):
            found.append(self._message(instance))
            if found[-1].index <= last_index and len(found) >= WINDOW:
                break
        return found[::-1]


def _fields(instance: Any, *required: str) -> dict[str, Any]:
    """Fields of an SDK's instance; the SDK makes one of an answer without them, too."""
    fields = dict(vars(instance))
    if missing := [name for name in required if fields[name] is None]:
        raise ValueError(f"without {' and '.join(missing)}")
    return fields


def _changed(before: object, after: object, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if getattr(before, name) != getattr(after, name)]
