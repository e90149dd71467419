"""Compares what REST says of a user's channels with what the client knows, and tells the news.

One survey delivers each message once and in order however often it is repeated, since it goes on
from the last index it has seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .records import Member, Message

if TYPE_CHECKING:
    from .channel import Channel
    from .client import ChatClient

WINDOW = 50
"""Latest messages of a channel in which edits and removals are noticed."""


class _Seen:
    """What is known of one channel."""

    def __init__(self, last_index: int, members: dict[str, Member]) -> None:
        self.last_index = last_index
        self.window: dict[int, Message] = {}
        self.members = members


class Survey:
    """One client's view of its channels, brought up to date by `look()`."""

    def __init__(self, client: ChatClient) -> None:
        self._client = client
        self._seen: dict[str, _Seen] = {}

    def begin(self) -> None:
        """Learn the channels as they are; nothing of it is news."""
        for sid in self._joined_sids():
            rest = self._service.channels(sid).fetch()
            self.keep(self._client.joined(sid, rest, news=False), rest)

    def keep(self, channel: Channel, rest: Any) -> None:
        """Start following a channel; what it holds already is history, not news."""
        seen = _Seen(-1, {member.sid: member for member in self._members(channel.sid)})
        self._seen[channel.sid] = seen
        for message in self._latest(channel.sid, WINDOW):
            seen.window[message.index] = message
            seen.last_index = max(seen.last_index, message.index)
        own = next((m for m in seen.members.values() if m.identity == self._client.identity), None)
        channel.last_consumed_message_index = own.last_consumed_message_index if own else None

    def saw(self, channel_sid: str, message: Message) -> bool:
        """A message came by other means; whether it is news."""
        seen = self._seen.get(channel_sid)
        if seen is None or message.index <= seen.last_index:
            return False
        seen.last_index = message.index
        seen.window[message.index] = message
        seen.window.pop(message.index - WINDOW, None)
        return True

    def look(self) -> bool:
        """Tell what is new; whether anything was."""
        joined = self._joined_sids()
        news = self._leave(joined)
        for sid in joined:
            channel = self._client.known(sid)
            rest = self._service.channels(sid).fetch()
            if channel is None or sid not in self._seen:
                channel = self._client.joined(sid, rest)
                self.keep(channel, rest)
                news = True
            else:
                news = self._look_at(channel, rest) or news
        return news

    def _look_at(self, channel: Channel, rest: Any) -> bool:
        reasons = channel.take(rest)
        if reasons:
            self._client.tell_updated(channel, reasons)
        members = self._tell_members(channel)
        return self._tell_messages(channel) or members or bool(reasons)

    def _leave(self, joined: list[str]) -> bool:
        gone = [sid for sid in self._seen if sid not in joined]
        for sid in gone:
            del self._seen[sid]
            channel = self._client.known(sid)
            if channel is not None:
                self._client.left(channel)
        return bool(gone)

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
        oldest = min(now, default=0)
        news = False
        for index, before in seen.window.items():
            after = now.get(index)
            if after is None and (index >= oldest or not now):
                self._client.tell(channel, "messageRemoved", before)
                news = True
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

    def _joined_sids(self) -> list[str]:
        channels = self._service.users(self._client.identity).user_channels.list()
        return [channel.channel_sid for channel in channels if channel.status == "joined"]

    def _members(self, channel_sid: str) -> list[Member]:
        return [Member.of(rest) for rest in self._service.channels(channel_sid).members.list()]

    def _latest(self, channel_sid: str, count: int) -> list[Message]:
        newest = self._service.channels(channel_sid).messages.list(order="desc", limit=count)
        return [Message.of(rest) for rest in reversed(newest)]

    def _since(self, channel_sid: str, last_index: int) -> list[Message]:
        """The latest messages, ascending: at least the window, and everything not seen yet."""
        found: list[Message] = []
        stream = self._service.channels(channel_sid).messages.stream(order="desc", page_size=WINDOW)
        for rest in stream:
            message = Message.of(rest)
            if message.index <= last_index and len(found) >= WINDOW:
                break
            found.append(message)
        return found[::-1]


def _differ(before: object, after: object, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))
