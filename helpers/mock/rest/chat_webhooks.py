"""Chat's webhooks: names of events, and the parameters that are posted.

The parameters of channel updates were seen in production (observed); those of the other events
follow them and Conversations' (inferred).
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from ..core.clock import iso
from ..core.context import Actor
from ..core.events import Event
from ..messaging.events import ChannelEvent, MemberEvent, MessageEvent, UserEvent
from ..messaging.resources import Channel, Member, Message, User
from ..webhooks.payloads import Payload, WebhookDialect

NAME = "chat"
_MESSAGE = {"added": "onMessageSent", "updated": "onMessageUpdated", "removed": "onMessageRemoved"}
_CHANNEL = {
    "added": "onChannelAdded",
    "updated": "onChannelUpdated",
    "removed": "onChannelDestroyed",
}
_MEMBER = {"added": "onMemberAdded", "updated": "onMemberUpdated", "removed": "onMemberRemoved"}
_USER = {"added": "onUserAdded", "updated": "onUserUpdated"}
MESSAGES_SENT = ("onMessageSent", "onMediaMessageSent")
CHANNEL_EVENTS = (
    "onMessageSent",
    "onMessageUpdated",
    "onMessageRemoved",
    "onMediaMessageSent",  # observed
    "onChannelUpdated",
    "onChannelDestroyed",
    "onMemberAdded",
    "onMemberUpdated",  # inferred
    "onMemberRemoved",
)
"""Filters of a channel webhook: what comes after it was made, in its channel."""
_BEFORE = {
    "onMessageSent": "onMessageSend",
    "onMessageUpdated": "onMessageUpdate",
    "onMessageRemoved": "onMessageRemove",
    "onMediaMessageSent": "onMediaMessageSend",  # inferred
    "onChannelAdded": "onChannelAdd",
    "onChannelUpdated": "onChannelUpdate",
    "onChannelDestroyed": "onChannelDestroy",
    "onMemberAdded": "onMemberAdd",
    "onMemberUpdated": "onMemberUpdate",  # inferred
    "onMemberRemoved": "onMemberRemove",
    "onUserUpdated": "onUserUpdate",
}
"""The pre-event that goes before each; `onUserAdded` has none."""
_NEW_MESSAGE = frozenset({"MessageSid", "Index", "DateCreated"})
_NOT_YET = {
    "onMessageSend": _NEW_MESSAGE,
    "onMediaMessageSend": _NEW_MESSAGE,
    "onChannelAdd": frozenset({"ChannelSid", "DateCreated", "DateUpdated"}),
    "onMemberAdd": frozenset({"MemberSid", "DateCreated"}),
}
"""Parameters that a pre-event lacks, as they do not exist yet (documented for SIDs)."""


def _payload(
    name: str,
    actor: Actor,
    about: Channel | Member | Message | User,
    channel_sid: str | None,
    **parameters: Any,
) -> Payload:
    """Return the parameters of every event, then these; unset ones are left out."""
    values = {
        "EventType": name,
        "AccountSid": about.account_sid,
        "InstanceSid": about.service_sid,
        "ChannelSid": channel_sid,
        "ClientIdentity": actor.identity,
        "Source": actor.source,
        "RetryCount": 0,
        **parameters,
    }
    texts = {name: str(value) for name, value in values.items() if value is not None}
    return Payload(name, texts)


@singledispatch
def payload_for(event: Event) -> Payload | None:
    """Return the event's name and parameters; None for one without a webhook."""
    return None


@payload_for.register
def _(event: MessageEvent) -> Payload:
    message = event.message
    name = _MESSAGE[event.change]
    if message.media and event.change == "added":
        name = "onMediaMessageSent"
    media = message.media[0] if message.media else {}
    return _payload(
        name,
        event.actor,
        message,
        message.channel_sid,
        MessageSid=message.sid,
        Index=message.index,
        Body=message.body,
        From=message.author,
        Attributes=message.attributes,
        DateCreated=iso(message.date_created),
        DateUpdated=None if event.change == "added" else iso(message.date_updated),
        ModifiedBy=message.last_updated_by,
        MediaSid=media.get("sid"),
        MediaFilename=media.get("filename"),
        MediaContentType=media.get("content_type"),
        MediaSize=media.get("size"),
    )


@payload_for.register
def _(event: ChannelEvent) -> Payload:
    channel = event.channel
    return _payload(
        _CHANNEL[event.change],
        event.actor,
        channel,
        channel.sid,
        FriendlyName=channel.friendly_name,
        UniqueName=channel.unique_name,
        Attributes=channel.attributes,
        ChannelType=channel.type,
        CreatedBy=channel.created_by,
        DateCreated=iso(channel.date_created),
        DateUpdated=iso(channel.date_updated),
    )


@payload_for.register
def _(event: MemberEvent) -> Payload:
    member = event.member
    return _payload(
        _MEMBER[event.change],
        event.actor,
        member,
        member.channel_sid,
        MemberSid=member.sid,
        Identity=member.identity,
        RoleSid=member.role_sid,
        Attributes=member.attributes,
        LastConsumedMessageIndex=member.last_consumed_message_index,
        DateCreated=iso(member.date_created),
        DateUpdated=None if event.change == "added" else iso(member.date_updated),
    )


@payload_for.register
def _(event: UserEvent) -> Payload | None:
    user = event.user
    if event.change not in _USER:
        return None
    return _payload(
        _USER[event.change],
        event.actor,
        user,
        None,
        UserSid=user.sid,
        Identity=user.identity,
        FriendlyName=user.friendly_name,
        Attributes=user.attributes,
        RoleSid=user.role_sid,
        DateCreated=iso(user.date_created),
        DateUpdated=None if event.change == "added" else iso(user.date_updated),
    )


def payload_before(event: Event) -> Payload | None:
    """Return the pre-event that goes before this event; None where there is none."""
    after = payload_for(event)
    name = None if after is None else _BEFORE.get(after.name)
    if after is None or name is None:
        return None
    unknown = _NOT_YET.get(name, frozenset())
    known = {key: text for key, text in after.parameters.items() if key not in unknown}
    return Payload(name, {**known, "EventType": name})


DIALECT = WebhookDialect(
    payload_for=payload_for,
    payload_before=payload_before,
    new_message="onMessageSent",
    changeable={
        "body": "Body",
        "attributes": "Attributes",
        "friendly_name": "FriendlyName",
        "unique_name": "UniqueName",
    },
)
