"""Chat's webhooks: names of events, and the parameters that are posted.

The parameters of channel updates were seen in production (observed); those of the other events
follow them and Conversations' (inferred).
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from ..core.clock import iso_milliseconds
from ..core.context import Backend, Context
from ..core.events import Event
from ..core.parameters import form_name
from ..core.store import Resource, Store
from ..messaging.events import ChannelEvent, MemberEvent, MessageEvent, UserEvent
from ..messaging.resources import Channel, Member, Message, Service, User
from ..webhooks.delivery import log_failure
from ..webhooks.outbox import Payload, ServiceHooks, WebhookDialect

NAME = "chat"
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
CHANNEL_EVENTS = (
    *(name for name, _ in _EVENTS.values() if not name.startswith(("onUser", "onChannelAdded"))),
    _SENT_MEDIA,  # observed
)
"""Filters of a channel webhook: what comes after it was made, in its channel."""
SERVICE_EVENTS = frozenset(name for name in (*_BEFORE, *_BEFORE.values()) if name)
"""Filters of a service's webhooks; it may keep others, which match no event."""
_NEW_MESSAGE = frozenset({"MessageSid", "Index", "DateCreated"})
_NOT_YET = {
    "onMessageSend": _NEW_MESSAGE,
    "onMediaMessageSend": _NEW_MESSAGE,
    "onChannelAdd": frozenset({"ChannelSid", "DateCreated", "DateUpdated"}),
    "onMemberAdd": frozenset({"MemberSid", "DateCreated"}),
}
"""Parameters that a pre-event lacks, as they do not exist yet (documented for SIDs)."""
_RENAMED = {"author": "From", "last_updated_by": "ModifiedBy", "type": "ChannelType"}
_FIELDS: dict[type[Resource], tuple[str, ...]] = {
    Channel: ("friendly_name", "unique_name", "attributes", "type", "created_by"),
    Message: ("index", "body", "author", "attributes", "last_updated_by"),
    Member: ("identity", "role_sid", "attributes", "last_consumed_message_index"),
    User: ("identity", "friendly_name", "attributes", "role_sid"),
}
_PARAMETERS: dict[type[Resource], dict[str, str]] = {
    kind: {_RENAMED.get(name) or form_name(name): name for name in names}
    for kind, names in _FIELDS.items()
}
"""Parameters of each kind -> the field they show."""
_MEDIA = {f"Media{form_name(name)}": name for name in ("sid", "filename", "content_type", "size")}


def payload_for(backend: Backend, event: Event) -> Payload | None:
    """Return the event's name and parameters; None for one without a webhook."""
    about: Channel | Member | Message | User
    match event:
        case MessageEvent():
            about = event.message
        case ChannelEvent():
            about = event.channel
        case MemberEvent():
            about = event.member
        case UserEvent(change="added" | "updated"):
            about = event.user
        case _:
            return None
    kind, is_new = type(about), event.change == "added"
    name, _ = _EVENTS[type(event), event.change]
    media = about.media[0] if isinstance(about, Message) and about.media else {}
    shows_update = not is_new or isinstance(about, Channel)
    values = {
        "EventType": _SENT_MEDIA if media and is_new else name,
        "AccountSid": about.account_sid,
        "InstanceSid": about.service_sid,
        "ChannelSid": getattr(about, "channel_sid", None),
        "ClientIdentity": event.actor.identity,
        "Source": event.actor.source,
        "RetryCount": 0,
        f"{kind.__name__}Sid": about.sid,
        **{parameter: getattr(about, field) for parameter, field in _PARAMETERS[kind].items()},
        "DateCreated": iso_milliseconds(about.date_created),
        "DateUpdated": iso_milliseconds(about.date_updated) if shows_update else None,
        **{parameter: media.get(field) for parameter, field in _MEDIA.items()},
    }
    texts = {key: str(value) for key, value in values.items() if value is not None}
    return Payload(texts["EventType"], texts)


def payload_before(backend: Backend, event: Event) -> Payload | None:
    """Return the pre-event that goes before this event; None where there is none."""
    after = payload_for(backend, event)
    name = None if after is None else _BEFORE.get(after.name)
    if after is None or name is None:
        return None
    unknown = _NOT_YET.get(name, frozenset())
    known = {key: text for key, text in after.parameters.items() if key not in unknown}
    return Payload(name, {**known, "EventType": name})


def unknown_filters(service: Any) -> list[str]:
    """Return the filters of a service that no webhook ever fires for, each with its fault."""
    found = []
    for name in service.webhook_filters or ():
        if name not in SERVICE_EVENTS:
            near = get_close_matches(str(name), SERVICE_EVENTS, n=1)
            hint = f"; {near[0]} is one" if near else ""
            found.append(
                f"{str(name)[:40]!r} is no event of Chat's webhooks, and never fires{hint}"
            )
    return found


def log_unknown_filters(ctx: Context, service: Service) -> None:
    """Put a service's filters that never fire into the log of deliveries, as failed ones."""
    url = service.post_webhook_url or service.pre_webhook_url or ""
    for fault in unknown_filters(service):
        log_failure(ctx, "webhook_filters", url, fault)


def _hooks_of(store: Store, service_sid: str) -> ServiceHooks | None:
    service = store.shared(Service, service_sid)
    if service is None or not (service.pre_webhook_url or service.post_webhook_url):
        return None
    return ServiceHooks(
        service.pre_webhook_url,
        service.post_webhook_url,
        service.webhook_method,
        service.webhook_filters,
        service.pre_webhook_retry_count,
        service.post_webhook_retry_count,
    )


DIALECT = WebhookDialect(
    payload_for=payload_for,
    payload_before=payload_before,
    hooks_of=_hooks_of,
    noun="channel",
    new_message="onMessageSent",
    changeable={
        "body": "Body",
        "attributes": "Attributes",
        "friendly_name": "FriendlyName",
        "unique_name": "UniqueName",
    },
)
