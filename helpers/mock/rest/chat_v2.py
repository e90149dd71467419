"""Programmable Chat v2 as `chat.twilio.com` spells it."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..core.store import Store
from ..messaging import (
    channels,
    members,
    messages,
    permissions,
    push,
    roles,
    services,
    users,
)
from ..messaging.refusals import Reason
from ..messaging.resources import (
    Binding,
    Channel,
    ChannelWebhook,
    Credential,
    Invite,
    Member,
    Message,
    Role,
    Service,
    User,
    UserChannel,
)
from . import chat_parameters as given
from .chat_webhooks import CHANNEL_EVENTS, log_unknown_filters
from .chat_webhooks import NAME as DIALECT
from .chat_words import PERMISSIONS, REFUSALS, ROLE_TYPES, spelled
from .collection import Api, Arguments, Collection, Write, for_each
from .listing import PageSizes
from .views import view

HOST = "chat.twilio.com"
READ = ("last_consumption_timestamp",)


def users_of(store: Store, arguments: Arguments) -> str:
    """Return the service that a path names."""
    return arguments["ServiceSid"]


API = Api(HOST, "/v2", REFUSALS, users_of)


# -- services, roles and users


def _create_service(ctx: Context, new: given.NewService) -> Service:
    return services.create(ctx, friendly_name=new.friendly_name)


def _update_service(ctx: Context, service: Service, **settings: Any) -> Service:
    updated = services.update(ctx, service, **settings)
    if "webhook_filters" in settings:
        log_unknown_filters(ctx, updated)
    return updated


SERVICES = Collection(
    within=API,
    segment="Services",
    kind=Service,
    open_to_users=(),
    render=view(
        Service,
        omit=("media_notification",),
        links={"channels": "Channels", "users": "Users", "roles": "Roles", "bindings": "Bindings"},
    ),
    create=Write(given.NewService, _create_service),
    update=Write(given.ServiceChanges, _update_service, needs_parameters=True, spread=True),
    delete=services.delete,
)


def _role_words(role: Role, _: str) -> dict[str, Any]:
    return {
        "type": ROLE_TYPES[role.type],
        "permissions": spelled(PERMISSIONS, role),
    }


ROLES = Collection(
    within=SERVICES,
    segment="Roles",
    kind=Role,
    open_to_users=(),
    render=view(Role, omit=("is_default",), extra=_role_words),
    create=Write(given.NewRole, roles.create, spread=True),
    update=Write(given.RoleChanges, roles.update, spread=True),
    delete=roles.delete,
)
USERS = Collection(
    within=SERVICES,
    segment="Users",
    lookup=("sid", "identity"),
    kind=User,
    open_to_users=("List", "Create", "Fetch", "Update"),
    render=view(User, links={"user_channels": "Channels", "user_bindings": "Bindings"}),
    details=for_each(users.reachability),
    unlisted=("is_online", "is_notifiable"),
    create=Write(given.NewUser, users.create, spread=True),
    update=Write(given.UserChanges, users.update, needs_parameters=True, spread=True),
    delete=users.delete,
)


# -- channels and what is in them


def _channel_links(channel: Channel, url: str) -> dict[str, Any]:
    links = {
        name.lower(): f"{url}/{name}" for name in ("Members", "Messages", "Invites", "Webhooks")
    }
    last = channel.last_message_sid
    return {"links": links | {"last_message": f"{url}/Messages/{last}" if last else None}}


INTERNAL = (
    "next_index",
    "last_message_sid",
    "state",
    "inactive_after",
    "closed_after",
    "active_at",
    "messaging_service_sid",
    "email_binding",
)
"""Fields of a channel that Chat does not show."""
CHANNELS = Collection(
    within=SERVICES,
    segment="Channels",
    lookup=("sid", "unique_name"),
    kind=Channel,
    filters={"Type": "type"},
    guard=permissions.can_see,
    hidden=Reason.CHANNEL_HIDDEN,
    render=view(Channel, omit=INTERNAL, extra=_channel_links),
    create=Write(given.NewChannel, channels.create, spread=True),
    update=Write(given.ChannelChanges, channels.update, needs_parameters=True, spread=True),
    delete=channels.delete,
)
MEMBERS = Collection(
    within=CHANNELS,
    segment="Members",
    lookup=("sid", "identity"),
    kind=Member,
    filters={"Identity": "identity"},
    enter=permissions.look_inside,
    render=view(Member, omit=("user_sid", "messaging_binding"), dates=READ),
    create=Write(given.NewMember, members.add, spread=True),
    update=Write(given.MemberChanges, members.update, needs_parameters=True, spread=True),
    delete=members.remove,
)
MESSAGES = Collection(
    within=CHANNELS,
    segment="Messages",
    kind=Message,
    ordered=True,
    enter=permissions.look_inside,
    render=view(
        Message,
        omit=("subject", "member_sid"),
        rename={"author": "from"},
        repeat={"to": "channel_sid"},
        firsts=("media",),
    ),
    create=Write(given.NewMessage, messages.send, spread=True),
    update=Write(given.MessageChanges, messages.update, needs_parameters=True, spread=True),
    delete=messages.remove,
)
INVITES = Collection(
    within=CHANNELS,
    segment="Invites",
    lookup=("sid", "identity"),
    kind=Invite,
    filters={"Identity": "identity"},
    render=view(Invite, omit=("user_sid",)),
    create=Write(given.NewInvite, members.invite, spread=True),
    delete=members.withdraw_invite,
)


def _create_webhook(ctx: Context, channel: Channel, new: given.NewWebhook) -> ChannelWebhook:
    channels.refuse_webhook(ctx, channel)
    configuration = new.configuration(new.type, {}, CHANNEL_EVENTS)
    return channels.add_webhook(ctx, channel, DIALECT, new.type, configuration)


def _update_webhook(
    ctx: Context, webhook: ChannelWebhook, changes: given.WebhookChanges
) -> ChannelWebhook:
    configuration = changes.configuration(webhook.type, webhook.configuration, CHANNEL_EVENTS)
    return ctx.update(webhook, configuration=configuration)


WEBHOOKS = Collection(
    within=CHANNELS,
    segment="Webhooks",
    kind=ChannelWebhook,
    sizes=PageSizes(5, 5),
    only={"dialect": DIALECT},
    enter=permissions.account_only,
    render=view(ChannelWebhook, omit=("dialect",)),
    create=Write(given.NewWebhook, _create_webhook),
    update=Write(given.WebhookChanges, _update_webhook, needs_parameters=True),
    delete=Context.remove,
)


def _own_view(ctx: Context, own: UserChannel) -> dict[str, Any]:
    member = members.member_of(ctx, own)
    channel = f"https://{HOST}/v2/Services/{own.service_sid}/Channels/{own.channel_sid}"
    return {
        "last_consumed_message_index": member.last_consumed_message_index if member else None,
        "unread_messages_count": members.unread_count(ctx, member) if member else None,
        "links": {
            "channel": channel,
            "member": f"{channel}/Members/{own.member_sid}" if member else None,
        },
    }


USER_CHANNELS = Collection(
    within=USERS,
    segment="Channels",
    lookup=("channel_sid",),
    item_key="channel_sid",
    kind=UserChannel,
    sizes=PageSizes(50, 50),
    enter=permissions.own_only,
    render=view(UserChannel),
    details=for_each(_own_view),
    update=Write(
        given.UserChannelChanges, members.update_user_channel, needs_parameters=True, spread=True
    ),
    delete=members.leave_channel,
)

# -- push


def _create_credential(ctx: Context, new: given.NewCredential) -> Credential:
    return push.create(ctx, **new.given())


CREDENTIALS = Collection(
    within=API,
    segment="Credentials",
    kind=Credential,
    open_to_users=(),
    sizes=PageSizes(50, 1000),
    render=view(Credential),
    create=Write(given.NewCredential, _create_credential),
    update=Write(given.CredentialChanges, Context.update, needs_parameters=True, spread=True),
    delete=push.delete,
)


def _user_link(binding: Binding, url: str) -> dict[str, Any]:
    service = url.rsplit("/Bindings/", 1)[0]
    return {"links": {"user": f"{service}/Users/{binding.user_sid}"}}


BINDINGS: Collection[Any, Binding] = Collection(
    within=SERVICES,
    segment="Bindings",
    kind=Binding,
    open_to_users=(),
    sizes=PageSizes(50, 50),
    filters={"BindingType": "binding_type", "Identity": "identity"},
    render=view(Binding, omit=("user_sid",), extra=_user_link),
    delete=Context.remove,
)
USER_BINDINGS = Collection(
    within=USERS,
    segment="Bindings",
    kind=Binding,
    noun="UserBinding",
    sizes=PageSizes(50, 50),
    enter=permissions.own_only,
    filters={"BindingType": "binding_type"},
    render=view(Binding),
    delete=Context.remove,
)

OPERATIONS = API.operations()
