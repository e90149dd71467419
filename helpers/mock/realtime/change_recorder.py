"""Turns what happens in chat into changes of Sync objects, within its transaction.

The log is always kept, for clients that are away; what changed is only spelled out where a client
is there to be told, which costs nothing for objects nobody has open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..core.context import Backend
from ..core.events import Event
from ..messaging.events import (
    ChannelEvent,
    InviteEvent,
    MemberEvent,
    MessageEvent,
    UserChannelEvent,
    UserEvent,
)
from ..messaging.resources import Channel, Invite, Member, UserChannel
from . import notices, sync_objects
from .change_log import DOCUMENT_KEY, ChangeLog, message_id
from .notices import Notice
from .sync_objects import SyncType

HEARD: tuple[type[Event], ...] = (
    ChannelEvent,
    InviteEvent,
    MemberEvent,
    MessageEvent,
    UserChannelEvent,
    UserEvent,
)
_INFO_KEYS = {
    "attributes": "attributes",
    "friendly_name": "friendlyName",
    "is_online": "reachability",
    "is_notifiable": "reachability",
}


@dataclass(slots=True)
class SyncChanged(Event):
    """A Sync object changed, and somebody has it open.

    `merges` where only the latest matters: what follows soon after takes its place.
    """

    object_sid: str
    notice: Notice
    merges: bool = False


@dataclass(slots=True)
class AccessLost(Event):
    """A user may not follow these objects any more, from an event on."""

    service_sid: str
    identity: str
    object_sids: tuple[str, ...]
    event_id: int


class ChangeRecorder:
    """Keeps the log, and notes news of objects that are `wanted`."""

    def __init__(self, backend: Backend, log: ChangeLog, wanted: Callable[[str], bool]) -> None:
        self._backend = backend
        self._store = backend.store
        self._log = log
        self._wanted = wanted
        self._by_kind: dict[type[Event], Callable[[Any], None]] = {
            MessageEvent: self._message,
            MemberEvent: self._member,
            ChannelEvent: self._channel,
            InviteEvent: self._invite,
            UserChannelEvent: self._view,
            UserEvent: self._user,
        }

    def record(self, event: Event) -> None:
        """Take up one event of chat."""
        self._by_kind[type(event)](event)

    def _message(self, event: MessageEvent) -> None:
        message, sort, owner = event.message, sync_objects.MESSAGES, event.channel.sid
        sid, key = sort.sid(owner), str(message.index)
        came = message_id(message)
        if event.change == "added":
            event_id = came
        elif event.change == "updated":
            event_id = self._log.updated(sid, key, came)
        else:
            event_id = self._log.removed(sid, key, came)
        if self._wanted(sid):
            data = sync_objects.message(self._store, message)
            self._item(sort, owner, event.change, message.index, data, event_id)
        if event.change == "added":
            self._last_message(event, event_id)
        elif event.change == "removed":
            self._document(event.channel)

    def _last_message(self, event: MessageEvent, event_id: int) -> None:
        sort, owner = sync_objects.DOCUMENT, event.channel.sid
        if self._wanted(sort.sid(owner)):
            data = sync_objects.channel_document(event.channel, event.message)
            notice = notices.document(sort, owner, data, event_id, self._backend.clock.now())
            self._backend.events.emit(SyncChanged(sort.sid(owner), notice, merges=True))

    def _document(self, channel: Channel) -> None:
        sort = sync_objects.DOCUMENT
        sid = sort.sid(channel.sid)
        event_id = self._log.updated(sid, DOCUMENT_KEY)
        if self._wanted(sid):
            data = sync_objects.document(self._store, channel)
            now = self._backend.clock.now()
            self._note(sid, notices.document(sort, channel.sid, data, event_id, now))

    def _member(self, event: MemberEvent) -> None:
        member = event.member
        if event.change == "removed":
            self._leave(event.channel, member)
            return
        self._roster(event.change, member)
        if event.change == "added" or "last_consumed_message_index" in event.reasons:
            self._own(member.user_sid, event.channel.sid)

    def _roster(self, change: str, member: Member) -> None:
        sort, owner = sync_objects.ROSTER, member.channel_sid
        note = {
            "added": self._log.added,
            "updated": self._log.updated,
            "removed": self._log.removed,
        }
        event_id = note[change](sort.sid(owner), member.sid)
        if self._wanted(sort.sid(owner)):
            self._item(sort, owner, change, member.sid, sync_objects.roster_item(member), event_id)

    def _leave(self, channel: Channel, member: Member) -> None:
        """The leaver is told first, then follows the channel no more, then the others are told."""
        self._gone_for(member)
        closed = [sync_objects.MESSAGES, sync_objects.ROSTER]
        if channel.type == "private":
            closed.append(sync_objects.DOCUMENT)
        sids = tuple(sort.sid(channel.sid) for sort in closed)
        lost = AccessLost(member.service_sid, member.identity, sids, self._log.current())
        self._backend.events.emit(lost)
        self._roster("removed", member)

    def _own(self, user_sid: str, channel_sid: str) -> None:
        """A user's own view of a channel has come or changed."""
        sort = sync_objects.CHANNELS
        sid = sort.sid(user_sid)
        known = self._log.find(sid, channel_sid)
        is_new = known is None or known.removed
        event_id = (self._log.added if is_new else self._log.updated)(sid, channel_sid)
        if not self._wanted(sid):
            return
        view = self._store.first(UserChannel, user_sid=user_sid, channel_sid=channel_sid)
        if view is not None:
            data = sync_objects.own_channel(self._store, view)
            self._item(
                sort, user_sid, "added" if is_new else "updated", channel_sid, data, event_id
            )

    def _gone_for(self, who: Member | Invite | UserChannel) -> None:
        sort = sync_objects.CHANNELS
        sid = sort.sid(who.user_sid)
        event_id = self._log.removed(sid, who.channel_sid)
        if self._wanted(sid):
            self._item(sort, who.user_sid, "removed", who.channel_sid, None, event_id)

    def _channel(self, event: ChannelEvent) -> None:
        if event.change == "updated":
            self._document(event.channel)
        elif event.change == "removed":
            for view in self._store.select(UserChannel, {"channel_sid": event.channel.sid}):
                self._gone_for(view)
            self._forget(sync_objects.OF_A_CHANNEL, event.channel.sid)

    def _invite(self, event: InviteEvent) -> None:
        if event.change == "added":
            self._own(event.invite.user_sid, event.channel.sid)
        else:
            self._gone_for(event.invite)

    def _view(self, event: UserChannelEvent) -> None:
        self._own(event.view.user_sid, event.channel.sid)

    def _user(self, event: UserEvent) -> None:
        user = event.user
        if event.change == "removed":
            self._forget(sync_objects.OF_A_USER, user.sid)
            return
        sort = sync_objects.INFO
        data = sync_objects.user_info(user)
        for key in {_INFO_KEYS[reason] for reason in event.reasons if reason in _INFO_KEYS}:
            event_id = self._log.updated(sort.sid(user.sid), key)
            if self._wanted(sort.sid(user.sid)):
                self._item(sort, user.sid, "updated", key, data[key], event_id)

    def _forget(self, sorts: Iterable[SyncType], owner_sid: str) -> None:
        now = self._backend.clock.now()
        for sort in sorts:
            sid = sort.sid(owner_sid)
            self._log.forget(sid)
            if self._wanted(sid):
                self._note(sid, notices.gone(sort, owner_sid, self._log.next_id(), now))

    def _item(
        self, sort: SyncType, owner: str, change: str, key: str | int, data: Any, event_id: int
    ) -> None:
        now = self._backend.clock.now()
        self._note(sort.sid(owner), notices.item(sort, owner, change, key, data, event_id, now))

    def _note(self, object_sid: str, notice: Notice) -> None:
        self._backend.events.emit(SyncChanged(object_sid, notice))
