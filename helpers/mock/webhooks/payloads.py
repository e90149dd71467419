"""What a webhook says: the event's name and its parameters.

The parameters of channel updates were seen in production (observed); those of the other events
follow them and Conversations' (inferred).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

from ..core.clock import iso
from ..core.context import Actor
from ..core.events import Event
from ..messaging.events import BEFORE, ChannelEvent, MemberEvent, MessageEvent, UserEvent
from ..messaging.resources import Channel, Member, Message, User

_MESSAGE = {"added": "onMessageSent", "updated": "onMessageUpdated", "removed": "onMessageRemoved"}
_CHANNEL = {
    "added": "onChannelAdded",
    "updated": "onChannelUpdated",
    "removed": "onChannelDestroyed",
}
_MEMBER = {"added": "onMemberAdded", "updated": "onMemberUpdated", "removed": "onMemberRemoved"}
_USER = {"added": "onUserAdded", "updated": "onUserUpdated"}


_NEW_MESSAGE = frozenset({"MessageSid", "Index", "DateCreated"})
_NOT_YET = {
    "onMessageSend": _NEW_MESSAGE,
    "onMediaMessageSend": _NEW_MESSAGE,
    "onChannelAdd": frozenset({"ChannelSid", "DateCreated", "DateUpdated"}),
    "onMemberAdd": frozenset({"MemberSid", "DateCreated"}),
}
"""What a pre-event cannot say, as it does not exist yet (documented for SIDs)."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One event in a webhook's words.

    Attributes:
        name: e.g. `onMessageSent`.
        service_sid: The chat service it happened in.
        channel_sid: The channel, or None for what happens to users.
        parameters: Name -> text, as they are posted.
    """

    name: str
    service_sid: str
    channel_sid: str | None
    parameters: dict[str, str]


def _payload(
    name: str,
    actor: Actor,
    about: Channel | Member | Message | User,
    channel_sid: str | None,
    **parameters: Any,
) -> Payload:
    """Puts what every event says before what this one says; what is unset is left out."""
    said = {
        "EventType": name,
        "AccountSid": about.account_sid,
        "InstanceSid": about.service_sid,
        "ChannelSid": channel_sid,
        "ClientIdentity": actor.identity,
        "Source": actor.source,
        "RetryCount": 0,
        **parameters,
    }
    texts = {name: str(value) for name, value in said.items() if value is not None}
    return Payload(name, about.service_sid, channel_sid, texts)


def payload_before(telling: Payload) -> Payload | None:
    """The pre-event that goes before this one; None where there is none."""
    name = BEFORE.get(telling.name)
    if name is None:
        return None
    unknown = _NOT_YET.get(name, frozenset())
    known = {key: text for key, text in telling.parameters.items() if key not in unknown}
    return replace(telling, name=name, parameters={**known, "EventType": name})


def payload_for(event: Event) -> Payload | None:
    """The event in a webhook's words; None for one that webhooks are not told of."""
    actor = getattr(event, "actor", None)
    if actor is None or not actor.webhooks:
        return None
    return _payload_for(event)


@singledispatch
def _payload_for(event: Event) -> Payload | None:
    return None


@_payload_for.register
def _(event: MessageEvent) -> Payload:
    message = event.message
    name = _MESSAGE[event.change]
    if message.media and event.change == "added":
        name = "onMediaMessageSent"
    media = message.media or {}
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


@_payload_for.register
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


@_payload_for.register
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


@_payload_for.register
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
