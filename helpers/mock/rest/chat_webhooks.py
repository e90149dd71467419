"""Chat's webhooks: names of events, and the parameters that are posted.

The parameters of channel updates were seen in production (observed); those of the other events
follow them and Conversations' (inferred).
"""

from __future__ import annotations

from ..core.clock import iso
from ..core.events import Event
from ..messaging.events import ChannelEvent, MemberEvent, MessageEvent, UserEvent
from ..messaging.resources import Channel, Member, Message, User
from ..webhooks.outbox import Payload, WebhookDialect

NAME = "chat"
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
_SENT_MEDIA = "onMediaMessageSent"
_EVENTS: dict[tuple[type[Event], str], tuple[str, str | None]] = {
    (MessageEvent, "added"): ("onMessageSent", "onMessageSend"),
    (MessageEvent, "updated"): ("onMessageUpdated", "onMessageUpdate"),
    (MessageEvent, "removed"): ("onMessageRemoved", "onMessageRemove"),
    (ChannelEvent, "added"): ("onChannelAdded", "onChannelAdd"),
    (ChannelEvent, "updated"): ("onChannelUpdated", "onChannelUpdate"),
    (ChannelEvent, "removed"): ("onChannelDestroyed", "onChannelDestroy"),
    (MemberEvent, "added"): ("onMemberAdded", "onMemberAdd"),
    (MemberEvent, "updated"): ("onMemberUpdated", "onMemberUpdate"),  # inferred
    (MemberEvent, "removed"): ("onMemberRemoved", "onMemberRemove"),
    (UserEvent, "added"): ("onUserAdded", None),
    (UserEvent, "updated"): ("onUserUpdated", "onUserUpdate"),
}
"""Name of each event, and of the pre-event that goes before it."""
_BEFORE = {_SENT_MEDIA: "onMediaMessageSend", **dict(_EVENTS.values())}  # the former inferred
_NEW_MESSAGE = frozenset({"MessageSid", "Index", "DateCreated"})
_NOT_YET = {
    "onMessageSend": _NEW_MESSAGE,
    "onMediaMessageSend": _NEW_MESSAGE,
    "onChannelAdd": frozenset({"ChannelSid", "DateCreated", "DateUpdated"}),
    "onMemberAdd": frozenset({"MemberSid", "DateCreated"}),
}
"""Parameters that a pre-event lacks, as they do not exist yet (documented for SIDs)."""


_MESSAGE = {
    "MessageSid": "sid",
    "Index": "index",
    "Body": "body",
    "From": "author",
    "Attributes": "attributes",
    "ModifiedBy": "last_updated_by",
}
_CHANNEL = {
    "FriendlyName": "friendly_name",
    "UniqueName": "unique_name",
    "Attributes": "attributes",
    "ChannelType": "type",
    "CreatedBy": "created_by",
}
_MEMBER = {
    "MemberSid": "sid",
    "Identity": "identity",
    "RoleSid": "role_sid",
    "Attributes": "attributes",
    "LastConsumedMessageIndex": "last_consumed_message_index",
}
_USER = {
    "UserSid": "sid",
    "Identity": "identity",
    "FriendlyName": "friendly_name",
    "Attributes": "attributes",
    "RoleSid": "role_sid",
}
_MEDIA = {
    "MediaSid": "sid",
    "MediaFilename": "filename",
    "MediaContentType": "content_type",
    "MediaSize": "size",
}


def payload_for(event: Event) -> Payload | None:
    """Return the event's name and parameters; None for one without a webhook."""
    about: Channel | Member | Message | User
    channel_sid: str | None
    match event:
        case MessageEvent():
            about, fields, channel_sid = event.message, _MESSAGE, event.channel.sid
        case ChannelEvent():
            about, fields, channel_sid = event.channel, _CHANNEL, event.channel.sid
        case MemberEvent():
            about, fields, channel_sid = event.member, _MEMBER, event.channel.sid
        case UserEvent(change="added" | "updated"):
            about, fields, channel_sid = event.user, _USER, None
        case _:
            return None
    name, _ = _EVENTS[type(event), event.change]
    media = about.media[0] if isinstance(about, Message) and about.media else {}
    if media and event.change == "added":
        name = _SENT_MEDIA
    shows_update = event.change != "added" or isinstance(about, Channel)
    values = {
        "EventType": name,
        "AccountSid": about.account_sid,
        "InstanceSid": about.service_sid,
        "ChannelSid": channel_sid,
        "ClientIdentity": event.actor.identity,
        "Source": event.actor.source,
        "RetryCount": 0,
        **{parameter: getattr(about, field) for parameter, field in fields.items()},
        "DateCreated": iso(about.date_created),
        "DateUpdated": iso(about.date_updated) if shows_update else None,
        **{parameter: media.get(field) for parameter, field in _MEDIA.items()},
    }
    texts = {key: str(value) for key, value in values.items() if value is not None}
    return Payload(name, texts)


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
