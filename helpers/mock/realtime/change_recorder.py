"""Records events of chat as changes of Sync objects, within the event's transaction.

The log is always kept, for clients that are away; a notice is only made for an object that a
client has open, so that the others cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ..core.context import Backend
from ..core.events import Event
from ..messaging import events
from ..messaging.resources import Channel, Invite, Member, Message, UserChannel
from . import notices, sync_objects
from .change_log import DOCUMENT_KEY, ChangeLog, message_id
from .notices import ItemChange, SyncNotice
from .sync_objects import CHANNELS, DOCUMENT, INFO, MESSAGES, OF_A_CHANNEL, ROSTER, SyncType

_INFO_KEYS = {
    "attributes": "attributes",
    "friendly_name": "friendlyName",
    "is_online": "reachability",
    "is_notifiable": "reachability",
}


class SyncObjectChanged(Event, frozen=True):
    """A Sync object that clients have open has changed."""

    object_sid: str
    notice: SyncNotice
    merges: bool = False  # only the latest matters: one that follows soon takes its place


class AccessLost(Event, frozen=True):
    """A user may not follow these objects any more, from an event on."""

    service_sid: str
    identity: str
    object_sids: tuple[str, ...]
    event_id: int


class ChangeRecorder:
    """Keeps the log, and emits notices of objects that are `wanted`."""

    def __init__(self, backend: Backend, log: ChangeLog, wanted: Callable[[str], bool]) -> None:
        self._backend = backend
        self._store = backend.store
        self._log = log
        self._wanted = wanted
        self.handlers: dict[type[Event], Callable[[Any], None]] = {
            events.MessageEvent: self._on_message,
            events.DeliveryEvent: self._on_delivery,
            events.MemberEvent: self._on_member,
            events.ChannelEvent: self._on_channel,
            events.InviteEvent: self._on_invite,
            events.UserChannelEvent: lambda event: self._update_own_channel(event.view),
            events.UserEvent: self._on_user,
        }

    def _on_message(self, event: events.MessageEvent) -> None:
        message, owner_sid = event.message, event.channel.sid
        sid, arrival = MESSAGES.sid(owner_sid), message_id(message)
        if event.change == "added":
            event_id = arrival
        else:
            event_id = self._log.record(sid, str(message.index), event.change, arrival)
        if self._wanted(sid):
            [data] = sync_objects.messages(self._store, [message])
            self._emit_item(MESSAGES, owner_sid, event.change, message.index, data, event_id)
        if event.change == "added":
            self._update_document(event.channel, message)
        elif event.change == "removed":
            self._update_document(event.channel)

    def _on_delivery(self, event: events.DeliveryEvent) -> None:
        message = self._store.first(Message, sid=event.receipt.message_sid)
        if message is not None:
            self._on_message(events.MessageEvent("updated", event.channel, message, event.actor))

    def _update_document(self, channel: Channel, added: Message | None = None) -> None:
        """Record a document's change; a message that was `added` is its own record."""
        sid = DOCUMENT.sid(channel.sid)
        event_id = message_id(added) if added else self._log.record(sid, DOCUMENT_KEY, "updated")
        if self._wanted(sid):
            now = self._backend.clock.now()
            data = sync_objects.document(self._store, channel, now, added)
            notice = notices.document(channel.sid, data, event_id, now)
            self._emit(sid, notice, merges=added is not None)

    def _on_member(self, event: events.MemberEvent) -> None:
        member, channel = event.member, event.channel
        # the member's notices come first, then the others'
        if event.change == "removed" and member.identity:
            self._remove_own_channel(member)
            self._end_access(channel, member.identity, MESSAGES, ROSTER)
        render = partial(sync_objects.roster_item, member)
        self._change_item(ROSTER, channel.sid, event.change, member.sid, render)
        if event.change == "added" or "last_consumed_message_index" in event.reasons:
            self._update_own_channel(member)

    def _end_access(self, channel: Channel, identity: str, *types: SyncType) -> None:
        """End what a user follows of a channel that it has left; of a private one, everything."""
        ended = OF_A_CHANNEL if channel.type == "private" else types
        sids = tuple(sync_type.sid(channel.sid) for sync_type in ended)
        lost = AccessLost(channel.service_sid, identity, sids, self._log.current())
        self._backend.events.emit(lost)

    def _update_own_channel(self, of: Member | Invite | UserChannel) -> None:
        """Record that a user's own view of a channel was added or updated."""
        if of.user_sid is None:
            return
        sid, channel_sid = CHANNELS.sid(of.user_sid), of.channel_sid
        known = self._log.find(sid, channel_sid)
        change = "added" if known is None or known.removed else "updated"
        event_id = self._log.record(sid, channel_sid, change)
        if not self._wanted(sid):
            return
        view = self._store.first(UserChannel, user_sid=of.user_sid, channel_sid=channel_sid)
        if view is not None:
            data = sync_objects.own_channel(self._store, view)
            self._emit_item(CHANNELS, of.user_sid, change, channel_sid, data, event_id)

    def _remove_own_channel(self, of: Member | Invite | UserChannel) -> None:
        assert of.user_sid is not None
        self._change_item(CHANNELS, of.user_sid, "removed", of.channel_sid, lambda: None)

    def _on_channel(self, event: events.ChannelEvent) -> None:
        if event.change == "updated":
            self._update_document(event.channel)
        elif event.change == "removed":
            for view in self._store.select(UserChannel, {"channel_sid": event.channel.sid}):
                self._remove_own_channel(view)
            self._remove_objects(OF_A_CHANNEL, event.channel.sid)

    def _on_invite(self, event: events.InviteEvent) -> None:
        if event.change == "added":
            self._update_own_channel(event.invite)
        else:
            self._remove_own_channel(event.invite)
            self._end_access(event.channel, event.invite.identity)

    def _on_user(self, event: events.UserEvent) -> None:
        user = event.user
        if event.change == "removed":
            self._remove_objects(sync_objects.OF_A_USER, user.sid)
            return
        data = sync_objects.user_info(user)
        for key in {_INFO_KEYS[reason] for reason in event.reasons if reason in _INFO_KEYS}:
            self._change_item(INFO, user.sid, "updated", key, partial(data.get, key))

    def _remove_objects(self, sync_types: Iterable[SyncType], owner_sid: str) -> None:
        now = self._backend.clock.now()
        for sync_type in sync_types:
            sid = sync_type.sid(owner_sid)
            self._log.forget(sid)
            if self._wanted(sid):
                self._emit(sid, notices.gone(sync_type, owner_sid, self._log.next_id(), now))

    def _change_item(
        self, sync_type: SyncType, owner_sid: str, change: str, key: str, render: Callable[[], Any]
    ) -> None:
        """Record an item's change; its data is only rendered if the object is wanted."""
        sid = sync_type.sid(owner_sid)
        event_id = self._log.record(sid, key, change)
        if self._wanted(sid):
            self._emit_item(sync_type, owner_sid, change, key, render(), event_id)

    def _emit_item(self, sync_type: SyncType, owner_sid: str, *changed: Any) -> None:
        change, now = ItemChange(*changed), self._backend.clock.now()
        self._emit(sync_type.sid(owner_sid), notices.item(sync_type, owner_sid, change, now))

    def _emit(self, object_sid: str, notice: SyncNotice, *, merges: bool = False) -> None:
        self._backend.events.emit(SyncObjectChanged(object_sid, notice, merges))
