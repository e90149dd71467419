"""Conversations v1 as `conversations.twilio.com` spells it: Chat's channels, under its own names.

A private channel is a conversation; a public one is not found until Chat v3, whose one operation
is here too, makes it private (documented). Each path exists below a service and below the default
one.
"""

from __future__ import annotations

from typing import Any

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import Refused, TwilioError
from ..core.store import Store
from ..messaging import channels, members, messages, permissions, roles, services, users
from ..messaging.events import ChannelStateEvent
from ..messaging.refusals import Reason
from ..messaging.resources import (
    Channel,
    ChannelWebhook,
    DeliveryReceipt,
    Member,
    Message,
    Role,
    Service,
    User,
    UserChannel,
)
from . import chat_v2
from . import conversations_parameters as given
from .collection import Api, Arguments, Collection, Operation, Write, for_each
from .conversations_views import (
    HOST,
    RENAMED,
    about_messages,
    configuration_of,
    conversation_of,
    own_view,
    place_of,
    role_words,
    state_of,
)
from .conversations_webhooks import NAME as DIALECT
from .conversations_webhooks import SCOPED_EVENTS
from .conversations_words import REFUSALS
from .http import Reply, Request
from .listing import Narrowing, PageSizes, from_date, to_date
from .views import view

FIFTY = PageSizes(50, 50)
MAX_FIRST = 10
"""Participants that a conversation can be made with (documented)."""


def _users_of(store: Store, arguments: Arguments) -> str | None:
    if "ChatServiceSid" in arguments:
        return arguments["ChatServiceSid"]
    found = services.find_default(store)
    return found.sid if found else None


API = Api(HOST, "/v1", REFUSALS, _users_of)
_CHAT_V3 = Api(chat_v2.HOST, "/v3", REFUSALS)


# -- what is special about an operation


def _create_service(ctx: Context, new: given.NewConversationService) -> Service:
    return services.create(ctx, friendly_name=new.friendly_name)


def _add_participant(ctx: Context, conversation: Channel, **new: Any) -> Member:
    binding = new.get("messaging_binding") or {}
    if "address" in binding and "proxy_address" not in binding:
        others = ctx.store.select(Member, {"channel_sid": conversation.sid})
        if not any("projected_address" in (each.messaging_binding or {}) for each in others):
            raise TwilioError(50412, "MessagingBinding.ProxyAddress is required")
    return members.add(ctx, conversation, **new)


def _update_participant(ctx: Context, member: Member, **changes: Any) -> Member:
    if "identity" in changes:
        raise TwilioError(
            50444,
            "An identity can be added to a participant with a projected address and no identity",
        )
    prefix = "messaging_binding__"
    addresses = {
        name.removeprefix(prefix): changes.pop(name)
        for name in list(changes)
        if name.startswith(prefix)
    }
    if addresses:
        _check_addresses(member.messaging_binding or {}, addresses)
        changes["messaging_binding"] = members.rebind(ctx, member, **addresses)
    return members.update(ctx, member, **changes)


def _check_addresses(binding: dict[str, str], changes: dict[str, str | None]) -> None:
    """Raise unless an address is added where there is none, or removed where there is one."""
    for name, text in changes.items():
        removing, adding = _OF_ADDRESSES[name]
        if text is None:
            if name not in binding:
                raise TwilioError(removing, f"The participant has no {name}")
        elif name == "proxy_address" and "address" in binding and name not in binding:
            given.refuse_pair(binding["address"], text)
        elif name == "proxy_address" or binding:
            raise TwilioError(adding, f"The participant takes no {name}: remove it first, if any")


_OF_ADDRESSES = {"proxy_address": (50440, 50441), "projected_address": (50442, 50443)}
"""Codes of addresses that cannot be removed, or added (documented)."""


def _create_webhook(ctx: Context, channel: Channel, new: given.NewScopedWebhook) -> ChannelWebhook:
    channels.refuse_closed(ctx, channel)
    channels.refuse_webhook(ctx, channel)
    configuration = new.configuration(new.target, {}, SCOPED_EVENTS)
    if new.target == "webhook":
        configuration["replay_after"] = new.configuration__replay_after
    return channels.add_webhook(ctx, channel, DIALECT, new.target, configuration)


def _update_webhook(
    ctx: Context, webhook: ChannelWebhook, changes: given.ScopedWebhookChanges
) -> ChannelWebhook:
    channels.refuse_closed(ctx, channels.find(ctx, webhook.channel_sid))
    before = webhook.configuration
    configuration = changes.configuration(webhook.type, before, SCOPED_EVENTS)
    configuration["replay_after"] = before.get("replay_after")
    return ctx.update(webhook, configuration=configuration)


def _by_person(ctx: Context, service: Service, names: list[str]) -> Narrowing:
    if "Identity" in names and "Address" in names:
        raise TwilioError(50451, "Give Identity or Address, not both")
    return lambda member: conversation_of(ctx, member).type == "private"


def _of_identity(ctx: Context, service: Service, identities: list[str]) -> Narrowing:
    user = users.find(ctx, service.sid, identities[-1])
    return {"user_sid": [user.sid if user else ""]}


def _of_address(ctx: Context, service: Service, addresses: list[str]) -> Narrowing:
    return lambda member: (member.messaging_binding or {}).get("address") == addresses[-1]


def _by_sid(member: Member) -> tuple[float, ...]:
    """Sort by the conversation's SID, in parts that numbers hold exactly."""
    digits = member.channel_sid[2:]
    parts = (int(digits[at : at + 11], 16) for at in (0, 11, 22))
    return (*map(float, parts), member.seq)


def _private_only(ctx: Context, user: User, names: list[str]) -> Narrowing:
    return lambda own: conversation_of(ctx, own).type == "private"


def _named(ctx: Context, key: str) -> list[str]:
    """Return the SIDs of conversations of any service, by SID or unique name."""
    found = (ctx.store.select(Channel, {name: key}) for name in ("sid", "unique_name"))
    return [each.sid for channels_ in found for each in channels_ if each.type == "private"]


# -- collections, under a service and under the default one

SERVICES: Collection[Any, Service] = Collection(
    within=API,
    segment="Services",
    kind=Service,
    argument="ChatServiceSid",
    open_to_users=(),
    render=lambda service, url: {
        **{name: getattr(service, name) for name in ("sid", "account_sid", "friendly_name")},
        "date_created": iso(service.date_created),
        "date_updated": iso(service.date_updated),
        "url": url,
        "links": {
            "conversations": f"{url}/Conversations",
            "users": f"{url}/Users",
            "roles": f"{url}/Roles",
            "bindings": f"{url}/Bindings",
            "configuration": f"{url}/Configuration",
            "participant_conversations": f"{url}/ParticipantConversations",
            "conversation_with_participants": f"{url}/ConversationWithParticipants",
        },
    },
    create=Write(given.NewConversationService, _create_service),
    delete=services.delete,
)


def _collections(prefix: str, **place: Any) -> Collection[Any, Channel]:
    """Declare conversations and what is in them; `chat_service_sid` is shown under a service.

    Returns:
        The conversations.
    """
    hidden = () if prefix else ("service_sid",)
    conversations = Collection(
        segment="Conversations",
        scope="service_sid",
        lookup=("sid", "unique_name"),
        kind=Channel,
        noun=f"{prefix}Conversation",
        argument="ConversationSid",
        only={"type": "private"},
        filters={
            "StartDate": from_date("date_created", "StartDate"),
            "EndDate": to_date("date_created", "EndDate"),
            "State": lambda ctx, _, states: lambda item: item.state_at(ctx.now) in states,
        },
        rank=lambda item: (-(item.active_at or item.date_created), -item.seq),
        guard=permissions.can_see,
        hidden=Reason.CHANNEL_HIDDEN,
        missing=Reason.CHANNEL_NOT_FOUND,
        render=view(
            Channel,
            omit=(
                *(name for name in chat_v2.INTERNAL if name != "messaging_service_sid"),
                *("type", "created_by", "members_count", "messages_count"),
            ),
            rename=RENAMED,
            links={
                "participants": "Participants",
                "messages": "Messages",
                "webhooks": "Webhooks",
                "export": "Export",
            },
        ),
        details=for_each(state_of),
        create=Write(given.NewConversation, channels.create_private, spread=True),
        update=Write(given.ConversationChanges, channels.update, spread=True),
        delete=channels.delete,
        **place,
    )
    inside: dict[str, Any] = {
        "within": conversations,
        "scope": "channel_sid",
        "enter": permissions.look_inside,
    }
    Collection(
        segment="Participants",
        lookup=("sid", "identity"),
        kind=Member,
        noun=f"{prefix}ConversationParticipant",
        missing=Reason.MEMBER_NOT_FOUND,
        render=view(Member, omit=("user_sid", *hidden), rename=RENAMED, dates=chat_v2.READ),
        create=Write(given.NewParticipant, _add_participant, spread=True),
        update=Write(given.ParticipantChanges, _update_participant, spread=True),
        delete=members.remove,
        **inside,
    )
    texts = Collection(
        segment="Messages",
        kind=Message,
        noun=f"{prefix}ConversationMessage",
        argument="MessageSid",
        ordered=True,
        render=view(
            Message,
            omit=("type", "last_updated_by", "was_edited", "subject", "member_sid", *hidden),
            rename=RENAMED,
            links={"delivery_receipts": "Receipts", "channel_metadata": "ChannelMetadata"},
        ),
        details=about_messages,
        create=Write(given.NewConversationMessage, messages.send, spread=True),
        update=Write(given.ConversationMessageChanges, messages.update, spread=True),
        delete=messages.remove,
        **inside,
    )
    Collection(
        within=texts,
        segment="Receipts",
        key="delivery_receipts",
        kind=DeliveryReceipt,
        noun=f"{prefix}ConversationMessageReceipt",
        sizes=FIFTY,
        render=view(DeliveryReceipt, omit=hidden, rename=RENAMED),
    )
    Collection(
        segment="Webhooks",
        kind=ChannelWebhook,
        noun=f"{prefix}ConversationScopedWebhook",
        sizes=PageSizes(5, 5),
        only={"dialect": DIALECT},
        missing=Reason.WEBHOOK_NOT_FOUND,
        render=view(
            ChannelWebhook,
            omit=("dialect", *hidden),
            rename=RENAMED | {"type": "target"},
            extra=configuration_of,
        ),
        create=Write(given.NewScopedWebhook, _create_webhook),
        update=Write(given.ScopedWebhookChanges, _update_webhook),
        delete=Context.remove,
        **inside | {"enter": permissions.account_only},
    )
    people = Collection(
        segment="Users",
        scope="service_sid",
        lookup=("sid", "identity"),
        kind=User,
        noun=f"{prefix}User",
        argument="UserSid",
        sizes=FIFTY,
        open_to_users=("List", "Create", "Fetch", "Update"),
        render=view(
            User,
            omit=("joined_channels_count",),
            rename=RENAMED,
            links={"user_conversations": "Conversations"},
        ),
        details=for_each(users.reachability),
        create=Write(given.NewConversationsUser, users.create, spread=True),
        update=Write(given.ConversationsUserChanges, users.update, spread=True),
        delete=users.delete,
        **place,
    )
    Collection(
        within=people,
        segment="Conversations",
        lookup=("channel_sid",),
        keys_of=_named,
        item_key="channel_sid",
        kind=UserChannel,
        noun=f"{prefix}UserConversation",
        sizes=FIFTY,
        only={"status": "joined"},
        default=_private_only,
        enter=permissions.own_only,
        render=view(UserChannel, omit=("status",), rename=RENAMED),
        details=for_each(own_view),
        update=Write(given.UserConversationChanges, members.update_user_channel, spread=True),
        delete=members.leave_channel,
    )
    Collection(
        segment="Roles",
        scope="service_sid",
        kind=Role,
        noun=f"{prefix}Role",
        sizes=FIFTY,
        open_to_users=(),
        render=view(Role, omit=("is_default",), rename=RENAMED, extra=role_words),
        create=Write(given.NewConversationsRole, roles.create, spread=True),
        update=Write(given.ConversationsRoleChanges, roles.update, spread=True),
        delete=roles.delete,
        **place,
    )
    Collection(
        segment="ParticipantConversations",
        scope="service_sid",
        key="conversations",
        kind=Member,
        noun=f"{prefix}ParticipantConversation",
        sizes=FIFTY,
        simulated=("List",),
        open_to_users=(),
        filters={"Identity": _of_identity, "Address": _of_address},
        default=_by_person,
        rank=_by_sid,
        render=lambda member, url: {},
        details=for_each(place_of),
        **place,
    )
    return conversations


# -- a conversation with participants


def _create_with_participants(conversations: Collection[Any, Channel]) -> Operation:
    """Declare the creation of a conversation along with its participants.

    Parameters are checked at once. The answer shows the conversation before they are added; it is
    active afterwards, or closed where one cannot be added (documented).
    """
    write = Write(given.NewConversationWithParticipants, channels.create_private)

    def handle(ctx: Context, arguments: Arguments, request: Request) -> Reply:
        parent = conversations.resolve_parent(ctx, arguments)
        fields = write.read(request)
        people = fields.people
        if len(people) > MAX_FIRST:
            raise TwilioError(50426, f"At most {MAX_FIRST} participants can be given")
        conversation = channels.create_private(ctx, parent, **fields.given())
        shown = conversations.item_json(ctx, arguments, parent, conversation)
        if not people:
            return Reply(201, shown)
        try:
            for person in people:
                _add_participant(ctx, conversation, **person)
        except (Refused, TwilioError):
            channels.update(ctx, conversation, state="closed")
        else:
            ctx.emit(ChannelStateEvent(conversation, "initializing", "event", ctx.actor))
        return Reply(202, {**shown, "state": "initializing"})

    path = f"{conversations.path.rpartition('/')[0]}/ConversationWithParticipants"
    noun = conversations.noun + "WithParticipants"
    return Operation(
        f"Create{noun}", "POST", HOST, path, handle, users_of=_users_of, refusals=REFUSALS
    )


# -- Chat v3


def _migrate(ctx: Context, channel: Channel, _: given.ChannelMigration) -> Channel:
    return channels.make_private(ctx, channel)


_CHATS_SERVICES: Collection[Any, Service] = Collection(
    simulated=(),
    within=_CHAT_V3,
    segment="Services",
    kind=Service,
    render=view(Service),
)
MIGRATION: Collection[Any, Channel] = Collection(
    simulated=("Update",),
    within=_CHATS_SERVICES,
    segment="Channels",
    lookup=("sid", "unique_name"),
    kind=Channel,
    render=view(
        Channel, omit=tuple(name for name in chat_v2.INTERNAL if name != "messaging_service_sid")
    ),
    update=Write(given.ChannelMigration, _migrate),
)
_EVERY = (
    _collections("Service", within=SERVICES),
    _collections("", within=API, inside=services.default),
)
_AT_ONCE = [_create_with_participants(each) for each in _EVERY]


def operations() -> list[Operation]:
    """Return the operations of Conversations v1, with those declared elsewhere, and of Chat v3."""
    return [*API.operations(), *_AT_ONCE, *_CHAT_V3.operations()]
