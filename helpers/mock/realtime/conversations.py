"""Chat's REST dialect of the JavaScript SDKs: operations and JSON, in either SDK's spelling."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import Parameters
from ..core.store import R
from ..messaging import channels, members, messages, users
from ..messaging.resources import Channel, Member, Service, User, UserChannel
from ..rest import chat_parameters as given
from ..rest import chat_v2
from ..rest.chat_words import REFUSALS
from ..rest.collection import Arguments, Collection, Operation, not_found
from ..rest.http import Reply, Request, last
from ..rest.listing import PageRequest, PageSizes, fetch_page
from ..rest.media_v1 import PUBLIC_HOST
from . import sync_objects

HOST = "aim.us1.twilio.com"
"""Stands for every host that a client names."""
BASE = f"https://{HOST}/Client/v1"
CONVERSATIONS = f"{BASE}/Conversations"
USERS = f"{BASE}/Users"
PAGES = PageSizes(100, 100)
MAX_MEDIA = 1
"""Files a message carries (inferred from Chat, whose model this is)."""

Handler = Callable[[Context, Arguments, Request], Any]
Item = Callable[[Context, Arguments], Any]
"""Resolves a path's arguments."""


def _in_service(ctx: Context, **more: str) -> dict[str, str]:
    """Path arguments within the acting user's service."""
    return {"ServiceSid": ctx.actor.service_sid or "", **more}


def _user(ctx: Context, arguments: Arguments) -> User:
    return chat_v2.USERS.resolve(ctx, _in_service(ctx), arguments["Identity"])


def _acting_user(ctx: Context) -> User:
    return _user(ctx, {"Identity": ctx.actor.identity or ""})


def _service(ctx: Context, arguments: Arguments) -> Service:
    return chat_v2.SERVICES.resolve(ctx, {}, ctx.actor.service_sid or "")


def _channel(ctx: Context, arguments: Arguments) -> Channel:
    return chat_v2.CHANNELS.resolve(ctx, _in_service(ctx), arguments["Channel"])


def _inside(collection: Collection[Any, Any]) -> Item:
    """Resolve an item inside a channel."""
    return lambda ctx, arguments: collection.resolve(
        ctx, _in_service(ctx, ChannelSid=arguments["Channel"]), arguments["Key"]
    )


# -- JSON


def _channel_json(ctx: Context, channel: Channel) -> dict[str, Any]:
    """A channel as the acting user has it."""
    view = members.find_user_channel(ctx, _acting_user(ctx).sid, channel.sid)
    member = members.member_of(ctx, view) if view else None
    read = member.last_consumed_message_index if member else None
    url = f"{CONVERSATIONS}/{channel.sid}"
    return {
        "sid": channel.sid,
        "conversation_sid": channel.sid,
        "unique_name": channel.unique_name,
        "friendly_name": channel.friendly_name,
        "attributes": channel.attributes,
        "created_by": channel.created_by,
        "type": channel.type,
        "date_created": iso(channel.date_created),
        "date_updated": iso(channel.date_updated),
        "messages_count": channel.messages_count,
        "participants_count": channel.members_count,
        "status": view.status if view else "notParticipating",
        "notification_level": view.notification_level if view else None,
        "last_consumed_message_index": read,
        "last_read_message_index": read,
        "unread_messages_count": members.unread_count(ctx, member) if member else None,
        "sync_objects": {
            "conversation": sync_objects.DOCUMENT.name(channel.sid),
            "messages": sync_objects.MESSAGES.name(channel.sid),
            "participants": sync_objects.ROSTER.name(channel.sid),
        },
        "url": url,
        "links": {
            "messages": f"{url}/Messages",
            "participants": f"{url}/Participants",
            "invites": f"{url}/Invites",
        },
    }


def _member_json(ctx: Context, member: Member) -> dict[str, Any]:
    return {
        "sid": member.sid,
        "identity": member.identity,
        "role_sid": member.role_sid,
        "attributes": member.attributes,
        "last_read_message_index": member.last_consumed_message_index,
        "url": f"{CONVERSATIONS}/{member.channel_sid}/Participants/{member.sid}",
    }


def _user_json(ctx: Context, user: User) -> dict[str, Any]:
    return {
        "identity": user.identity,
        "friendly_name": user.friendly_name,
        "attributes": user.attributes,
        **{name: bool(value) for name, value in users.reachability(ctx, user).items()},
        "sync_unique_name": sync_objects.INFO.name(user.sid),
        "sync_objects": {"user_info_map": sync_objects.INFO.name(user.sid)},
        "url": f"{USERS}/{quote(user.identity, safe='')}",
    }


def _page(ctx: Context, request: Request, kind: type[R], **where: Any) -> tuple[list[R], Any]:
    """Items of a page, and the tokens of the pages around it."""
    page = fetch_page(ctx.store, kind, where, PageRequest.read(request.query, PAGES))
    before, after = page.previous_token, page.next_token
    return page.items, {"previous_token": before, "prev_token": before, "next_token": after}


# -- start-up


def _configure(ctx: Context, arguments: Arguments, request: Request) -> Any:
    """Limits, links and Sync objects that a client starts with."""
    service, user = _service(ctx, arguments), _acting_user(ctx)
    media = f"{request.base}/{PUBLIC_HOST}/v1/Services/{service.sid}"
    return {
        "identity": user.identity,
        "options": {
            "consumption_report_interval": f"PT{service.consumption_report_interval}S",
            "user_infos_to_subscribe": 100,
            "reachability_enabled": service.reachability_enabled,
            "http_cache_interval": "PT5S",
            "my_conversations_page_size": PAGES.default,
            "media_attachments_count_limit": MAX_MEDIA,
            "media_attachment_size_limit_in_mb": service.media["size_limit_mb"],
            "media_attachments_total_size_limit_in_mb": service.media["size_limit_mb"],
            "email_histories_allowed_mime_types": [],
            "email_bodies_allowed_mime_types": [],
        },
        "sync_objects": {
            "my_user_info": sync_objects.INFO.name(user.sid),
            "my_conversations": sync_objects.CHANNELS.name(user.sid),
        },
        "links": {
            "my_conversations": f"{BASE}/MyConversations",
            "conversations": CONVERSATIONS,
            "users": USERS,
            "current_user": f"{USERS}/{quote(user.identity, safe='')}",
            "typing": f"{BASE}/Typing",
            "media_service": f"{media}/Media",
            "media_set_service": f"{media}/MediaSet",
            "messages_receipts": f"{BASE}/Receipts",
        },
    }


# -- channels


def _list_public(ctx: Context, arguments: Arguments, request: Request) -> Any:
    own = ctx.actor.service_sid
    found, meta = _page(ctx, request, Channel, service_sid=own, type="public")
    return {"conversations": [_channel_json(ctx, each) for each in found], "meta": meta}


def _list_mine(ctx: Context, arguments: Arguments, request: Request) -> Any:
    views, meta = _page(ctx, request, UserChannel, user_sid=_acting_user(ctx).sid)
    mine = [channels.find(ctx, view.channel_sid) for view in views]
    return {"conversations": [_channel_json(ctx, each) for each in mine], "meta": meta}


def _mine(ctx: Context, arguments: Arguments) -> tuple[Channel, UserChannel]:
    channel = _channel(ctx, arguments)
    view = members.find_user_channel(ctx, _acting_user(ctx).sid, channel.sid)
    if view is None:
        raise not_found(f"/v1/MyConversations/{arguments['Channel']}")
    return channel, view


def _fetch_mine(ctx: Context, arguments: Arguments, request: Request) -> Any:
    channel = _channel(ctx, arguments)
    if channel.created_by != ctx.actor.identity:  # a creator need not have joined (observed)
        _mine(ctx, arguments)
    return _channel_json(ctx, channel)


def _update_mine(ctx: Context, arguments: Arguments, request: Request) -> Any:
    channel, view = _mine(ctx, arguments)
    form = dict(request.form)
    if "LastReadMessageIndex" in form:
        form["LastConsumedMessageIndex"] = form.pop("LastReadMessageIndex")
    members.update_user_channel(ctx, view, **given.UserChannelChanges.read(form).given())
    return _channel_json(ctx, channel)


# -- reads and writes


def _read(item: Item, render: Callable[[Context, Any], Any]) -> Handler:
    """Return a handler that shows an item."""
    return lambda ctx, arguments, _request: render(ctx, item(ctx, arguments))


def _write(
    act: Callable[..., Any],
    item: Item,
    parameters: type[Parameters] | None = None,
    render: Callable[[Context, Any], Any] = lambda ctx, result: None,
) -> Handler:
    """Return a handler that acts on an item with the request's parameters, and shows the result."""

    def handle(ctx: Context, arguments: Arguments, request: Request) -> Any:
        new = parameters.read(request.form).given() if parameters else {}
        return render(ctx, act(ctx, item(ctx, arguments), **new))

    return handle


class _MessageEdit(given.MessageChanges):
    author: given.Author | None = None


class _MessageToSend(given.NewMessageOrFile):
    author: given.Author | None = None


_MESSAGE, _MEMBER = _inside(chat_v2.MESSAGES), _inside(chat_v2.MEMBERS)


def _fields(*names: str) -> Callable[[Context, Any], dict[str, Any]]:
    return lambda ctx, item: {name: getattr(item, name) for name in names}


_message_json = _fields("sid", "index")


def _send(ctx: Context, arguments: Arguments, request: Request) -> Any:
    form = dict(request.form)
    for name in ("Subject", "ContentSid", "ContentVariables"):
        if form.get(name):
            raise TwilioError(NOT_SIMULATED, f"{name} of a message is not simulated by this mock")
    if sids := form.get("MediaSids"):
        if not isinstance(sids, list):
            raise TwilioError(20001, "media_sids must be a list")
        if len(sids) > MAX_MEDIA:
            refusal = f"A message with {len(sids)} files is not simulated; send one at a time"
            raise TwilioError(NOT_SIMULATED, refusal)
        form["MediaSid"] = str(sids[0])
    new = _MessageToSend.read(form).given()
    return _message_json(ctx, messages.send(ctx, _channel(ctx, arguments), **new))


def _type(ctx: Context, arguments: Arguments, request: Request) -> Any:
    sid = last(request.form, "ChannelSid") or last(request.form, "ConversationSid") or ""
    return {"typing_timeout": messages.type_in(ctx, channels.find(ctx, str(sid)))}


# -- users


def _list_users(ctx: Context, arguments: Arguments, request: Request) -> Any:
    sid = last(request.query, "ConversationSid") or last(request.query, "ChannelSid") or ""
    channel = _channel(ctx, {"Channel": sid})
    found, meta = _page(ctx, request, Member, channel_sid=channel.sid)
    seen = [_user(ctx, {"Identity": each.identity}) for each in found if each.identity]
    return {"users": [_user_json(ctx, user) for user in seen], "meta": meta}


# -- operations


def _operation(name: str, method: str, path: str, status: int, handler: Handler) -> Operation:
    def handle(ctx: Context, arguments: Arguments, request: Request) -> Reply:
        return Reply(status, handler(ctx, arguments, request))

    return Operation(name, method, HOST, f"/Client{path}", handle, refusals=REFUSALS)


_fetch = _read(_channel, _channel_json)
_fetch_user = _read(_user, _user_json)
_create = _write(
    partial(channels.create, type="private"), _service, given.NewChannel, _channel_json
)
"""A conversation is private (observed): `@twilio/conversations` names no type."""
_update = _write(channels.update, _channel, given.ChannelChanges, _channel_json)
_edit = _write(messages.update, _MESSAGE, _MessageEdit, _message_json)
_remove_message = _write(messages.remove, _MESSAGE)
_add_member = _write(members.add, _channel, given.NewMember, _member_json)
_update_member = _write(members.update, _MEMBER, given.MemberChanges, _member_json)
_remove_member = _write(members.remove, _MEMBER)
_invite = _write(members.invite, _channel, given.NewInvite, _fields("sid", "identity"))
_withdraw_invite = _write(members.withdraw_invite, _inside(chat_v2.INVITES))
_update_user = _write(users.update, _user, given.UserChanges, _user_json)
_CHANNEL = "/v1/Conversations/{Channel}"
_PARTICIPANT = f"{_CHANNEL}/Participants/{{Key}}"
OPERATIONS = (
    _operation("FetchConfiguration", "GET", "/v1/Configuration", 200, _configure),
    _operation("FetchConversationsConfiguration", "GET", "/v2/Configuration", 200, _configure),
    _operation("ListMyConversation", "GET", "/v1/MyConversations", 200, _list_mine),
    _operation("FetchMyConversation", "GET", "/v1/MyConversations/{Channel}", 200, _fetch_mine),
    _operation("UpdateMyConversation", "POST", "/v1/MyConversations/{Channel}", 200, _update_mine),
    _operation("ListConversation", "GET", "/v1/Conversations", 200, _list_public),
    _operation("CreateConversation", "POST", "/v1/Conversations", 201, _create),
    _operation("FetchConversation", "GET", _CHANNEL, 200, _fetch),
    _operation("UpdateConversation", "POST", _CHANNEL, 200, _update),
    _operation("DeleteConversation", "DELETE", _CHANNEL, 204, _write(channels.delete, _channel)),
    _operation("SendMessage", "POST", _CHANNEL + "/Messages", 201, _send),
    _operation("EditMessage", "POST", _CHANNEL + "/Messages/{Key}", 200, _edit),
    _operation("RemoveMessage", "DELETE", _CHANNEL + "/Messages/{Key}", 204, _remove_message),
    _operation("AddParticipant", "POST", _CHANNEL + "/Participants", 201, _add_member),
    _operation("UpdateParticipant", "POST", _PARTICIPANT, 200, _update_member),
    _operation("RemoveParticipant", "DELETE", _PARTICIPANT, 204, _remove_member),
    _operation("Invite", "POST", _CHANNEL + "/Invites", 201, _invite),
    _operation("TakeInvitationBack", "DELETE", _CHANNEL + "/Invites/{Key}", 204, _withdraw_invite),
    _operation("Type", "POST", "/v1/Typing", 200, _type),
    _operation("ListUser", "GET", "/v1/Users", 200, _list_users),
    _operation("FetchUser", "GET", "/v1/Users/{Identity}", 200, _fetch_user),
    _operation("UpdateUser", "POST", "/v1/Users/{Identity}", 200, _update_user),
)
