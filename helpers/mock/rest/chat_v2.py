"""Programmable Chat v2 as `chat.twilio.com` spells it."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..messaging import (
    channel_webhooks,
    channels,
    members,
    messages,
    permissions,
    push,
    roles,
    services,
    users,
)
from ..messaging.members import MemberChanges, NewMember
from ..messaging.messages import MessageChanges, NewMessage
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
from .collection import Collection, Write
from .listing import PageSizes
from .views import view

HOST = "chat.twilio.com"


def _channel_extra(channel: Channel, url: str) -> dict[str, Any]:
    links = {
        name.lower(): f"{url}/{name}" for name in ("Members", "Messages", "Invites", "Webhooks")
    }
    last = channel.last_message_sid
    return {"links": links | {"last_message": f"{url}/Messages/{last}" if last else None}}


def _user_link(binding: Binding, url: str) -> dict[str, Any]:
    service = url.rsplit("/Bindings/", 1)[0]
    return {"links": {"user": f"{service}/Users/{binding.user_sid}"}}


SERVICES = Collection(
    host=HOST,
    root="/v2",
    segment="Services",
    kind=Service,
    key="services",
    noun="Service",
    render=view(Service, links=("channels", "users", "roles", "bindings")),
    create=Write(services.NewService, services.create),
    update=Write(services.ServiceChanges, services.update, status=200, needs_parameters=True),
    delete=services.delete,
)
ROLES = Collection(
    host=HOST,
    segment="Roles",
    parent=SERVICES,
    scope="service_sid",
    kind=Role,
    key="roles",
    noun="Role",
    render=view(Role, omit=("is_default",)),
    create=Write(roles.NewRole, roles.create),
    update=Write(roles.RoleChanges, roles.update, status=200),
    delete=roles.delete,
)
USERS = Collection(
    host=HOST,
    segment="Users",
    parent=SERVICES,
    scope="service_sid",
    lookup=("sid", "identity"),
    kind=User,
    key="users",
    noun="User",
    render=view(User, links=("user_channels", "user_bindings")),
    create=Write(users.NewUser, users.create),
    update=Write(users.UserChanges, users.update, status=200, needs_parameters=True),
    delete=users.delete,
)
CHANNELS = Collection(
    host=HOST,
    segment="Channels",
    parent=SERVICES,
    scope="service_sid",
    lookup=("sid", "unique_name"),
    kind=Channel,
    key="channels",
    noun="Channel",
    filters={"Type": "type"},
    guard=permissions.see,
    render=view(Channel, omit=("next_index", "last_message_sid"), extra=_channel_extra),
    create=Write(channels.NewChannel, channels.create),
    update=Write(channels.ChannelChanges, channels.update, status=200, needs_parameters=True),
    delete=channels.delete,
)
MEMBERS = Collection(
    host=HOST,
    segment="Members",
    parent=CHANNELS,
    scope="channel_sid",
    lookup=("sid", "identity"),
    kind=Member,
    key="members",
    noun="Member",
    filters={"Identity": "identity"},
    enter=permissions.look_inside,
    render=view(Member, omit=("user_sid",)),
    create=Write(NewMember, members.add),
    update=Write(MemberChanges, members.update, status=200, needs_parameters=True),
    delete=members.remove,
)
MESSAGES = Collection(
    host=HOST,
    segment="Messages",
    parent=CHANNELS,
    scope="channel_sid",
    kind=Message,
    key="messages",
    noun="Message",
    ordered=True,
    enter=permissions.look_inside,
    render=view(
        Message,
        rename={"author": "from"},
        extra=lambda message, _: {"to": message.channel_sid},
    ),
    create=Write(NewMessage, messages.send, rename={"From": "Author"}),
    update=Write(
        MessageChanges,
        messages.update,
        rename={"From": "Author"},
        status=200,
        needs_parameters=True,
    ),
    delete=messages.remove,
)

INVITES = Collection(
    host=HOST,
    segment="Invites",
    parent=CHANNELS,
    scope="channel_sid",
    lookup=("sid", "identity"),
    kind=Invite,
    key="invites",
    noun="Invite",
    filters={"Identity": "identity"},
    render=view(Invite, omit=("user_sid",)),
    create=Write(members.NewInvite, members.invite),
    delete=members.withdraw_invite,
)
WEBHOOKS = Collection(
    host=HOST,
    segment="Webhooks",
    parent=CHANNELS,
    scope="channel_sid",
    kind=ChannelWebhook,
    key="webhooks",
    noun="ChannelWebhook",
    sizes=PageSizes(5, 5),
    enter=permissions.account_only,
    render=view(ChannelWebhook),
    create=Write(channel_webhooks.NewWebhook, channel_webhooks.create),
    update=Write(
        channel_webhooks.WebhookChanges,
        channel_webhooks.update,
        status=200,
        needs_parameters=True,
    ),
    delete=channel_webhooks.delete,
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
    host=HOST,
    segment="Channels",
    parent=USERS,
    scope="user_sid",
    lookup=("channel_sid",),
    item_key="channel_sid",
    kind=UserChannel,
    key="channels",
    noun="UserChannel",
    sizes=PageSizes(50, 50),
    enter=permissions.own_only,
    render=view(UserChannel),
    detail=_own_view,
    update=Write(
        members.UserChannelChanges, members.update_user_channel, status=200, needs_parameters=True
    ),
    delete=members.leave_channel,
)
CREDENTIALS = Collection(
    host=HOST,
    root="/v2",
    segment="Credentials",
    kind=Credential,
    key="credentials",
    noun="Credential",
    sizes=PageSizes(50, 1000),
    render=view(Credential),
    create=Write(push.NewCredential, push.create),
    update=Write(push.CredentialChanges, push.update, status=200, needs_parameters=True),
    delete=push.delete,
)


def _bindings(parent: Collection, scope: str, noun: str, **more: Any) -> Collection:
    return Collection(
        host=HOST,
        segment="Bindings",
        parent=parent,
        scope=scope,
        kind=Binding,
        key="bindings",
        noun=noun,
        sizes=PageSizes(50, 50),
        delete=push.unbind,
        **more,
    )


BINDINGS = _bindings(
    SERVICES,
    "service_sid",
    "Binding",
    filters={"BindingType": "binding_type", "Identity": "identity"},
    render=view(Binding, omit=("user_sid",), extra=_user_link),
)
USER_BINDINGS = _bindings(
    USERS,
    "user_sid",
    "UserBinding",
    enter=permissions.own_only,
    filters={"BindingType": "binding_type"},
    render=view(Binding),
)

COLLECTIONS = (
    SERVICES,
    ROLES,
    USERS,
    CHANNELS,
    MEMBERS,
    MESSAGES,
    INVITES,
    WEBHOOKS,
    USER_CHANNELS,
    CREDENTIALS,
    BINDINGS,
    USER_BINDINGS,
)
OPERATIONS = [operation for collection in COLLECTIONS for operation in collection.operations()]
