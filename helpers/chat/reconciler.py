"""Compares what REST says of a user's channels with what the client knows, and tells the news.

One survey delivers each message once and in order however often it is repeated, since it goes on
from the last index it has seen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from twilio.base.exceptions import TwilioException

from .errors import ChatError, TransientError, as_chat_error
from .records import Member, Message, in_path

if TYPE_CHECKING:
    from .channel import Channel
    from .client import ChatClient

_log = logging.getLogger(__name__)
WINDOW = 50
"""Latest messages of a channel in which edits and removals are noticed."""


class _Seen:
    """What is known of one channel."""

    def __init__(self, last_index: int, members: dict[str, Member]) -> None:
        self.last_index = last_index
        self.window: dict[int, Message] = {}
        self.members = members

    def knows(self, about: Message | Member) -> bool:
        if isinstance(about, Message):
            return about.index <= self.last_index
        return about.sid in self.members

    def take(self, about: Message | Member, *, gone: bool) -> None:
        kept: dict[Any, Any] = self.members
        key: int | str = about.sid
        if isinstance(about, Message):
            self.last_index = max(self.last_index, about.index)
            kept, key = self.window, about.index
            kept.pop(key - WINDOW, None)
        if gone:
            kept.pop(key, None)
        else:
            kept[key] = about


class Reconciler:
    """One client's view of its channels, brought up to date by `look()`."""

    def __init__(self, client: ChatClient) -> None:
        self._client = client
        self._seen: dict[str, _Seen] = {}

    def begin(self) -> None:
        """Learn the channels as they are; nothing of it is news."""
        with _understood():
            for sid, status in self._channels().items():
                if status == "joined":
                    self._keep(self._client.joined(self._fetch(sid)))
                elif status == "invited":
                    self._client.invited(self._fetch(sid))

    def meet(self, sid: str) -> None:
        """Follow a channel from now on if it is joined, rather than from the next look on."""
        if sid not in self._seen and self._channels().get(sid) == "joined":
            self.look_into(sid)

    def newest_index(self, sid: str) -> int | None:
        """The newest message known in a channel, -1 for none; None for one not followed."""
        seen = self._seen.get(sid)
        return None if seen is None else seen.last_index

    def _join(self, sid: str) -> None:
        """Follow a channel and then tell of it, so that what a handler does in it is news."""
        known = self._client.known(sid)
        was_invited = known is not None and known.status == "invited"
        channel = self._client.joined(self._fetch(sid))
        self._keep(channel)
        self._client.tell_joined(channel, is_new=not was_invited)

    def invited(self, sid: str) -> bool:
        """Tell of an invitation; whether it is one that was not known."""
        known = self._client.known(sid)
        if known is not None and known.status == "invited":
            return False
        with _understood():
            channel = self._client.invited(self._fetch(sid))
        self._client.tell_invited(channel, is_new=known is None)
        return True

    def _keep(self, channel: Channel) -> None:
        """Start following a channel; what it holds already is history, not news."""
        seen = _Seen(-1, {member.sid: member for member in self._members(channel.sid)})
        for message in self._latest(channel.sid, WINDOW):
            seen.take(message, gone=False)
        own = next((m for m in seen.members.values() if m.identity == self._client.identity), None)
        channel.last_consumed_message_index = own.last_consumed_message_index if own else None
        self._seen[channel.sid] = seen

    def heard(self, channel_sid: str, event: str, about: Message | Member) -> bool:
        """Something came by other means; whether it is news."""
        seen = self._seen.get(channel_sid)
        if seen is None or (event in ("messageAdded", "memberJoined") and seen.knows(about)):
            return False
        seen.take(about, gone=event in ("messageRemoved", "memberLeft"))
        return True

    def look(self) -> bool:
        """Tell what is new; whether anything was."""
        with _understood():
            now = self._channels()
            gone = [sid for sid in self._followed() if sid not in now]
            for sid in gone:
                self.leave(sid, removed=self._is_gone(sid))
            looks = {"joined": self.look_into, "invited": self._look_at_invitation}
            news = [looks[status](sid) for sid, status in now.items() if status in looks]
            return bool(gone) or any(news)

    def leave_all(self) -> None:
        """Follow nothing any more: the account knows none of it."""
        for sid in self._followed():
            self.leave(sid, removed=True)

    def _followed(self) -> list[str]:
        return [*self._seen, *self._client.invitations()]

    def _is_gone(self, sid: str) -> bool:
        """Whether a channel is no more, rather than left by this client's user."""
        try:
            self._fetch(sid)
        except TwilioException as error:
            refusal = as_chat_error(error)
            if isinstance(error, TransientError) or refusal.status not in (403, 404):
                raise
            return bool(refusal.status == 404)
        return False

    def look_into(self, sid: str) -> bool:
        """The same for one channel; nothing where it, or the user's place in it, is gone by now."""
        return self._unless_gone(self._look_into, sid)

    def _look_at_invitation(self, sid: str) -> bool:
        return self._unless_gone(self.invited, sid)

    def _unless_gone(self, look: Callable[[str], bool], sid: str) -> bool:
        try:
            with _understood():
                return look(sid)
        except TwilioException as error:
            refusal = as_chat_error(error)
            if refusal.status == 404 or refusal.code == 50400:  # none, or not a member
                return False
            raise

    def _look_into(self, sid: str) -> bool:
        channel = self._client.known(sid)
        if channel is None or sid not in self._seen:
            self._join(sid)
            return True
        rest = self._fetch(sid)
        if rest.date_created != channel.date_created:  # another account's, with the same SIDs
            self.leave(sid, removed=True)
            self._join(sid)
            return True
        reasons = channel.take(rest)
        if reasons:
            self._client.tell_updated(channel, reasons)
        members = self._tell_members(channel)
        return self._tell_messages(channel) or members or bool(reasons)

    def leave(self, sid: str, *, removed: bool = False) -> None:
        """Follow a channel no longer, and tell of it."""
        self._seen.pop(sid, None)
        channel = self._client.known(sid)
        if channel is not None:
            self._client.left(channel, removed=removed)

    def _tell_messages(self, channel: Channel) -> bool:
        seen = self._seen[channel.sid]
        latest = self._since(channel.sid, seen.last_index)
        news = self._tell_changes(channel, seen, {message.index: message for message in latest})
        for message in latest:
            if message.index > seen.last_index:
                seen.last_index = message.index
                self._client.tell(channel, "messageAdded", message)
                news = True
        seen.window = {message.index: message for message in latest[-WINDOW:]}
        return news

    def _tell_changes(self, channel: Channel, seen: _Seen, now: dict[int, Message]) -> bool:
        """Edits and removals among the messages that are known and still in sight."""
        oldest = min(now) if len(now) >= WINDOW else 0  # fewer are all there are
        news = False
        for index, before in seen.window.items():
            after = now.get(index)
            if (after is None and index >= oldest) or (after and after.sid != before.sid):
                self._client.tell(channel, "messageRemoved", before)
                news = True
            if after is not None and after.sid != before.sid:  # the account was put back meanwhile
                self._client.tell(channel, "messageAdded", after)
            elif after is not None and after != before:
                reasons = [n for n in ("body", "attributes") if _differ(before, after, n)]
                about = {"message": after, "update_reasons": reasons}
                self._client.tell(channel, "messageUpdated", about)
                news = True
        return news

    def _tell_members(self, channel: Channel) -> bool:
        seen = self._seen[channel.sid]
        now = {member.sid: member for member in self._members(channel.sid)}
        before, seen.members = seen.members, now
        for sid in before.keys() - now.keys():
            self._client.tell(channel, "memberLeft", before[sid])
        for sid, member in now.items():
            if member.identity == self._client.identity:
                channel.last_consumed_message_index = member.last_consumed_message_index
            if sid not in before:
                self._client.tell(channel, "memberJoined", member)
            elif member != before[sid]:
                names = ("attributes", "last_consumed_message_index", "role_sid")
                reasons = [name for name in names if _differ(before[sid], member, name)]
                about = {"member": member, "update_reasons": reasons}
                self._client.tell(channel, "memberUpdated", about)
        return before != now

    @property
    def _service(self) -> Any:
        return self._client.polled_service

    def _channels(self) -> dict[str, str]:
        """The channels of this client's user, by SID, with its status in them."""
        user = self._service.users(in_path(self._client.identity))
        return {channel.channel_sid: channel.status for channel in user.user_channels.list()}

    def _fetch(self, sid: str) -> Any:
        return self._service.channels(sid).fetch()

    def _members(self, channel_sid: str) -> list[Member]:
        return [Member.of(rest) for rest in self._service.channels(channel_sid).members.list()]

    def _latest(self, channel_sid: str, count: int) -> list[Message]:
        newest = self._service.channels(channel_sid).messages.list(order="desc", limit=count)
        return [Message.of(rest, self._client.media_url) for rest in reversed(newest)]

    def _since(self, channel_sid: str, last_index: int) -> list[Message]:
        """The latest messages, ascending: at least the window, and everything not seen yet."""
        found: list[Message] = []
        stream = self._service.channels(channel_sid).messages.stream(order="desc", page_size=WINDOW)
        for rest in stream:
            message = Message.of(rest, self._client.media_url)
            found.append(message)
            if message.index <= last_index and len(found) >= WINDOW:
                break
        return found[::-1]


@contextmanager
def _understood() -> Iterator[None]:
    """Answers in here are Twilio's; one that has not the form of Twilio's is trouble."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        _log.debug("an answer could not be understood", exc_info=True)
        raise TransientError("an answer that cannot be understood", type(error).__name__) from error
    except TwilioException as error:
        if not as_chat_error(error).status and not isinstance(error, ChatError):  # no refusal
            raise TransientError("an answer that cannot be understood", str(error)) from error
        raise


def _differ(before: object, after: object, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))
