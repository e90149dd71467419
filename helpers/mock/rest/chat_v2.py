"""Programmable Chat v2 as `chat.twilio.com` spells it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..call import Call
from ..messaging import channels, members, messages, permissions, services, users
from ..messaging.members import MemberChanges, NewMember, UserChannelChanges
from ..messaging.messages import MessageChanges, NewMessage
from ..messaging.resources import Channel, Member, Message, Role, Service, User
from .collection import Arguments, Collection, Operation, Write, not_found
from .http import Reply, Request
from .paging import Asked, PageSizes, fetch
from .views import view

HOST = "chat.twilio.com"


def _channel_extra(channel: Channel, url: str) -> dict[str, Any]:
    links = {
        name.lower(): f"{url}/{name}" for name in ("Members", "Messages", "Invites", "Webhooks")
    }
    last = channel.last_message_sid
    return {"links": links | {"last_message": f"{url}/Messages/{last}" if last else None}}


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
    render=view(Role),
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
    render=view(Member, omit=("user_sid", "notification_level")),
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

USER_CHANNELS_PATH = f"{USERS.path}/{{UserSid}}/Channels"
USER_CHANNEL_SIZES = PageSizes(50, 50)


def user_channel_json(call: Call, member: Member, base: str) -> dict[str, Any]:
    """A user's view of a channel it is in: no resource of its own, but a face of its membership."""
    channel = f"https://{HOST}/v2/Services/{member.service_sid}/Channels/{member.channel_sid}"
    return {
        "account_sid": member.account_sid,
        "service_sid": member.service_sid,
        "channel_sid": member.channel_sid,
        "user_sid": member.user_sid,
        "member_sid": member.sid,
        "status": "joined",
        "last_consumed_message_index": member.last_consumed_message_index,
        "unread_messages_count": members.unread_count(call, member),
        "notification_level": member.notification_level,
        "url": f"{base}/{member.channel_sid}",
        "links": {"channel": channel, "member": f"{channel}/Members/{member.sid}"},
    }


def _user_channels_base(user: User) -> str:
    return f"https://{HOST}/v2/Services/{user.service_sid}/Users/{user.sid}/Channels"


def _user(call: Call, arguments: Arguments) -> User:
    found: User = USERS.resolve(call, arguments, arguments["UserSid"])
    return found


def _user_channel(call: Call, arguments: Arguments) -> tuple[User, Member]:
    user = _user(call, arguments)
    channel = CHANNELS.resolve(call, arguments, arguments["ChannelSid"])
    member = call.store.first(Member, channel_sid=channel.sid, user_sid=user.sid)
    if member is None:
        service, key = arguments["ServiceSid"], quote(arguments["ChannelSid"], safe="")
        raise not_found(f"/v2/Services/{service}/Users/{user.sid}/Channels/{key}")
    return user, member


def _list_user_channels(call: Call, arguments: Arguments, request: Request) -> Reply:
    user = _user(call, arguments)
    asked = Asked.read(request.query, USER_CHANNEL_SIZES)
    page = fetch(call.store, Member, {"user_sid": user.sid}, asked)
    base = _user_channels_base(user)
    rendered = [user_channel_json(call, member, base) for member in page.items]
    return Reply(200, page.envelope("channels", base, [], rendered))


def _fetch_user_channel(call: Call, arguments: Arguments, request: Request) -> Reply:
    user, member = _user_channel(call, arguments)
    return Reply(200, user_channel_json(call, member, _user_channels_base(user)))


_UPDATE_USER_CHANNEL = Write(
    UserChannelChanges, members.update_user_channel, status=200, needs_parameters=True
)


def _update_user_channel(call: Call, arguments: Arguments, request: Request) -> Reply:
    user, member = _user_channel(call, arguments)
    changed = members.update_user_channel(call, member, _UPDATE_USER_CHANNEL.read(request))
    return Reply(200, user_channel_json(call, changed, _user_channels_base(user)))


def _delete_user_channel(call: Call, arguments: Arguments, request: Request) -> Reply:
    _, member = _user_channel(call, arguments)
    members.remove(call, member)
    return Reply(204)


_ITEM = f"{USER_CHANNELS_PATH}/{{ChannelSid}}"
USER_CHANNELS = [
    Operation("ListUserChannel", "GET", HOST, USER_CHANNELS_PATH, _list_user_channels),
    Operation("FetchUserChannel", "GET", HOST, _ITEM, _fetch_user_channel),
    Operation("UpdateUserChannel", "POST", HOST, _ITEM, _update_user_channel),
    Operation("DeleteUserChannel", "DELETE", HOST, _ITEM, _delete_user_channel),
]

COLLECTIONS = (SERVICES, ROLES, USERS, CHANNELS, MEMBERS, MESSAGES)
OPERATIONS = [op for collection in COLLECTIONS for op in collection.operations()] + USER_CHANNELS
