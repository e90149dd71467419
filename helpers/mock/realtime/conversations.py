"""REST dialect of the JavaScript SDKs: operations and JSON, in either SDK's spelling.

`twilio-chat` is given links under `/Client/v1` and refused in Chat's words, `@twilio/conversations`
links under `/Client/v2` and Conversations' words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from pydantic import Field

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import NOT_SIMULATED, Refusals, TwilioError
from ..core.parameters import Parameters, form_name
from ..core.store import R
from ..messaging import channels, members, messages, users
from ..messaging.resources import (
    Channel,
    DeliveryReceipt,
    Member,
    Service,
    User,
    UserChannel,
)
from ..rest import chat_parameters as given
from ..rest import chat_v2, chat_words, conversations_parameters, conversations_words
from ..rest.collection import Arguments, Collection, Operation, not_found
from ..rest.conversations_views import RENAMED
from ..rest.http import Reply, Request, last
from ..rest.listing import PageRequest, PageSizes, fetch_page
from ..rest.media_v1 import PUBLIC_HOST
from ..rest.views import view
from . import sync_objects

HOST = "aim.us1.twilio.com"
"""Stands for every host that a client names."""
PAGES = PageSizes(100, 100)
MAX_MEDIA = {"v1": 1, "v2": 10}
"""Files that a message of each SDK carries; the second is inferred."""

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


def _base(request: Request) -> str:
    """The URL under which a client was given its links, `/Client/v1` or `/Client/v2`."""
    _, client, version, *_ = request.path.split("/")
    return f"https://{HOST}/{client}/{version}"


# -- JSON


def _channel_json(ctx: Context, channel: Channel, request: Request) -> dict[str, Any]:
    """A channel as the acting user has it."""
    view = members.find_user_channel(ctx, _acting_user(ctx).sid, channel.sid)
    member = members.member_of(ctx, view) if view else None
    read = member.last_consumed_message_index if member else None
    url = f"{_base(request)}/Conversations/{channel.sid}"
    return {
        "sid": channel.sid,
        "channel_sid": channel.sid,
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
        "members_count": channel.members_count,
        "state": sync_objects.state(channel, ctx.now),
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


def _member_json(ctx: Context, member: Member, request: Request) -> dict[str, Any]:
    return {
        "sid": member.sid,
        "identity": member.identity,
        "role_sid": member.role_sid,
        "attributes": member.attributes,
        "messaging_binding": member.messaging_binding,
        "last_read_message_index": member.last_consumed_message_index,
        "url": f"{_base(request)}/Conversations/{member.channel_sid}/Participants/{member.sid}",
    }


def _user_json(ctx: Context, user: User, request: Request) -> dict[str, Any]:
    return {
        "identity": user.identity,
        "friendly_name": user.friendly_name,
        "attributes": user.attributes,
        **{name: bool(value) for name, value in users.reachability(ctx, user).items()},
        "sync_unique_name": sync_objects.INFO.name(user.sid),
        "sync_objects": {"user_info_map": sync_objects.INFO.name(user.sid)},
        "url": f"{_base(request)}/Users/{quote(user.identity, safe='')}",
    }


def _page(ctx: Context, request: Request, kind: type[R], **where: Any) -> tuple[list[R], Any]:
    """Items of a page, and the tokens of the pages around it."""
    page = fetch_page(ctx.store, kind, where, PageRequest.read(request.query, PAGES))
    before, after = page.previous_token, page.next_token
    return page.items, {"previous_token": before, "prev_token": before, "next_token": after}


# -- start-up


def _configure(version: str, ctx: Context, arguments: Arguments, request: Request) -> Any:
    """Limits, links and Sync objects that a client starts with."""
    service, user, base = _service(ctx, arguments), _acting_user(ctx), _base(request)
    media = f"{request.base}/{PUBLIC_HOST}/v1/Services/{service.sid}"
    return {
        "identity": user.identity,
        "options": {
            "consumption_report_interval": f"PT{service.consumption_report_interval}S",
            "user_infos_to_subscribe": 100,
            "reachability_enabled": service.reachability_enabled,
            "http_cache_interval": "PT5S",
            "my_conversations_page_size": PAGES.default,
            "media_attachments_count_limit": MAX_MEDIA[version],
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
            "my_conversations": f"{base}/MyConversations",
            "conversations": f"{base}/Conversations",
            "users": f"{base}/Users",
            "current_user": f"{base}/Users/{quote(user.identity, safe='')}",
            "typing": f"{base}/Typing",
            "media_service": f"{media}/Media",
            "media_set_service": f"{media}/MediaSet",
            "messages_receipts": f"{base}/Conversations/%s/Messages/%s/Receipts",
        },
    }


# -- channels


def _list_public(key: str, ctx: Context, arguments: Arguments, request: Request) -> Any:
    own = ctx.actor.service_sid
    found, meta = _page(ctx, request, Channel, service_sid=own, type="public")
    return {key: [_channel_json(ctx, each, request) for each in found], "meta": meta}


def _list_mine(key: str, ctx: Context, arguments: Arguments, request: Request) -> Any:
    sid = last(request.query, "ChannelSid")
    only = {} if sid is None else {"channel_sid": sid}
    views, meta = _page(ctx, request, UserChannel, user_sid=_acting_user(ctx).sid, **only)
    mine = [channels.find(ctx, view.channel_sid) for view in views]
    return {key: [_channel_json(ctx, each, request) for each in mine], "meta": meta}


def _list_for_session(ctx: Context, arguments: Arguments, request: Request) -> Any:
    """List the acting user's channels, as the older SDKs start with."""
    views, meta = _page(ctx, request, UserChannel, user_sid=_acting_user(ctx).sid)
    items = {each.channel_sid: sync_objects.own_channel(ctx.store, each) for each in views}
    return {
        "channels": [
            {
                "channel_sid": sid,
                "status": item["status"],
                "channel": item["channel"],
                "messages": item["messages"],
                "roster": item["roster"],
                "last_consumed_message_index": item["lastConsumedMessageIndex"],
                "notification_level": item["notificationLevel"],
            }
            for sid, item in items.items()
        ],
        "meta": meta,
    }


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
    return _channel_json(ctx, channel, request)


def _update_mine(ctx: Context, arguments: Arguments, request: Request) -> Any:
    channel, view = _mine(ctx, arguments)
    form = dict(request.form)
    if "LastReadMessageIndex" in form:
        form["LastConsumedMessageIndex"] = form.pop("LastReadMessageIndex")
    members.update_user_channel(ctx, view, **given.UserChannelChanges.read(form).given())
    return _channel_json(ctx, channel, request)


# -- reads and writes


Render = Callable[[Context, Any, Request], Any]


def _read(item: Item, render: Render) -> Handler:
    """Return a handler that shows an item."""
    return lambda ctx, arguments, request: render(ctx, item(ctx, arguments), request)


def _write(
    act: Callable[..., Any],
    item: Item,
    parameters: type[Parameters] | None = None,
    render: Render = lambda ctx, result, request: None,
) -> Handler:
    """Return a handler that acts on an item with the request's parameters, and shows the result."""

    def handle(ctx: Context, arguments: Arguments, request: Request) -> Any:
        new = parameters.read(request.form).given() if parameters else {}
        return render(ctx, act(ctx, item(ctx, arguments), **new), request)

    return handle


class _MessageEdit(given.MessageChanges):
    author: given.Author | None = None


class _MessageToSend(given.NewMessageOrFile):
    author: given.Author | None = None
    media_sids: list[str] = Field(default_factory=list)


_MESSAGE, _MEMBER = _inside(chat_v2.MESSAGES), _inside(chat_v2.MEMBERS)


def _fields(*names: str) -> Render:
    return lambda ctx, item, request: {name: getattr(item, name) for name in names}


_message_json = _fields("sid", "index")


def _send(version: str, ctx: Context, arguments: Arguments, request: Request) -> Any:
    form = dict(request.form)
    for name in ("Subject", "ContentSid", "ContentVariables"):
        if form.get(name):
            raise TwilioError(NOT_SIMULATED, f"{name} of a message is not simulated by this mock")
    if sid := form.pop("MediaSid", None):
        form["MediaSids"] = [str(sid)]
    new = _MessageToSend.read(form).given()
    if len(new.get("media_sids", ())) > MAX_MEDIA[version]:
        raise TwilioError(20001, f"A message has at most {MAX_MEDIA[version]} files")
    return _message_json(ctx, messages.send(ctx, _channel(ctx, arguments), **new), request)


def _add_participant(ctx: Context, arguments: Arguments, request: Request) -> Any:
    """Add an identity, or somebody with an address on another network."""
    form = dict(request.form)
    binding: Any = form.pop("MessagingBinding", None) or {}
    if not isinstance(binding, dict):
        raise TwilioError(20001, "messaging_binding must be an object")
    form |= {
        f"MessagingBinding.{form_name(name)}": value
        for name, value in binding.items()
        if value is not None
    }
    new = conversations_parameters.NewParticipant.read(form).given()
    return _member_json(ctx, members.add(ctx, _channel(ctx, arguments), **new), request)


def _empty_page(key: str) -> Handler:
    """Return a handler that shows no items, of something that the mock never has."""
    meta = {"previous_token": None, "next_token": None}
    return lambda ctx, arguments, request: {key: [], "meta": meta}


_receipt = view(DeliveryReceipt, rename=RENAMED)


def _list_receipts(ctx: Context, arguments: Arguments, request: Request) -> Any:
    message = _MESSAGE(ctx, arguments)
    found, meta = _page(ctx, request, DeliveryReceipt, message_sid=message.sid)
    return {"delivery_receipts": [_receipt(each, "") for each in found], "meta": meta}


def _make(ctx: Context, service: Service, *, type: str = "private", **fields: Any) -> Channel:
    """Make a channel: a private one (observed), as `@twilio/conversations` names no type."""
    if type == "private":
        return channels.create_private(ctx, service, **fields)
    return channels.create(ctx, service, type=type, **fields)


def _type(ctx: Context, arguments: Arguments, request: Request) -> Any:
    sid = last(request.form, "ChannelSid") or last(request.form, "ConversationSid") or ""
    return {"typing_timeout": messages.type_in(ctx, channels.find(ctx, str(sid)))}


# -- users


def _list_users(ctx: Context, arguments: Arguments, request: Request) -> Any:
    sid = last(request.query, "ConversationSid") or last(request.query, "ChannelSid") or ""
    channel = _channel(ctx, {"Channel": sid})
    found, meta = _page(ctx, request, Member, channel_sid=channel.sid)
    seen = [_user(ctx, {"Identity": each.identity}) for each in found if each.identity]
    return {"users": [_user_json(ctx, user, request) for user in seen], "meta": meta}


# -- operations


_fetch = _read(_channel, _channel_json)
_fetch_user = _read(_user, _user_json)
_create = _write(_make, _service, given.NewChannel, _channel_json)
_update = _write(channels.update, _channel, given.ChannelChanges, _channel_json)
_edit = _write(messages.update, _MESSAGE, _MessageEdit, _message_json)
_remove_message = _write(messages.remove, _MESSAGE)
_add_member = _write(members.add, _channel, given.NewMember, _member_json)
_update_member = _write(members.update, _MEMBER, given.MemberChanges, _member_json)
_remove_member = _write(members.remove, _MEMBER)
_invite = _write(members.invite, _channel, given.NewInvite, _fields("sid", "identity"))
_withdraw_invite = _write(members.withdraw_invite, _inside(chat_v2.INVITES))
_update_user = _write(users.update, _user, given.UserChanges, _user_json)
_CHANNEL = "/Conversations/{Channel}"
_PARTICIPANT = f"{_CHANNEL}/Participants/{{Key}}"
_SHARED: tuple[tuple[str, str, str, int, Handler], ...] = (
    ("ListMyConversation", "GET", "/MyConversations", 200, partial(_list_mine, "conversations")),
    ("FetchMyConversation", "GET", "/MyConversations/{Channel}", 200, _fetch_mine),
    ("UpdateMyConversation", "POST", "/MyConversations/{Channel}", 200, _update_mine),
    ("CreateConversation", "POST", "/Conversations", 201, _create),
    ("FetchConversation", "GET", _CHANNEL, 200, _fetch),
    ("UpdateConversation", "POST", _CHANNEL, 200, _update),
    ("DeleteConversation", "DELETE", _CHANNEL, 204, _write(channels.delete, _channel)),
    ("EditMessage", "POST", _CHANNEL + "/Messages/{Key}", 200, _edit),
    ("RemoveMessage", "DELETE", _CHANNEL + "/Messages/{Key}", 204, _remove_message),
    ("UpdateParticipant", "POST", _PARTICIPANT, 200, _update_member),
    ("RemoveParticipant", "DELETE", _PARTICIPANT, 204, _remove_member),
    ("Type", "POST", "/Typing", 200, _type),
    ("ListUser", "GET", "/Users", 200, _list_users),
    ("FetchUser", "GET", "/Users/{Identity}", 200, _fetch_user),
    ("UpdateUser", "POST", "/Users/{Identity}", 200, _update_user),
)
_OF_CHAT: tuple[tuple[str, str, str, int, Handler], ...] = (
    ("FetchConfiguration", "GET", "/Configuration", 200, partial(_configure, "v1")),
    ("ListConversation", "GET", "/Conversations", 200, partial(_list_public, "conversations")),
    ("SendMessage", "POST", _CHANNEL + "/Messages", 201, partial(_send, "v1")),
    ("AddParticipant", "POST", _CHANNEL + "/Participants", 201, _add_member),
    ("Invite", "POST", _CHANNEL + "/Invites", 201, _invite),
    ("TakeInvitationBack", "DELETE", _CHANNEL + "/Invites/{Key}", 204, _withdraw_invite),
)
_RECEIPTS = f"{_CHANNEL}/Messages/{{Key}}/Receipts"
_OF_CONVERSATIONS: tuple[tuple[str, str, str, int, Handler], ...] = (
    ("FetchConfiguration", "GET", "/Configuration", 200, partial(_configure, "v2")),
    ("SendMessage", "POST", _CHANNEL + "/Messages", 201, partial(_send, "v2")),
    ("AddParticipant", "POST", _CHANNEL + "/Participants", 201, _add_participant),
    ("ListReceipt", "GET", _RECEIPTS, 200, _list_receipts),
    (
        "ListRecipient",
        "GET",
        _CHANNEL + "/MessageRecipients",
        200,
        _empty_page("message_recipients"),
    ),
    ("ListContentTemplate", "GET", "/ContentTemplates", 200, _empty_page("templates")),
)


def _operations(base: str, refusals: Refusals, *declared: Any) -> Iterator[Operation]:
    for name, method, path, status, handler in declared:

        def handle(
            ctx: Context,
            arguments: Arguments,
            request: Request,
            status: int = status,
            handler: Handler = handler,
        ) -> Reply:
            return Reply(status, handler(ctx, arguments, request))

        yield Operation(name, method, HOST, f"/{base}{path}", handle, refusals=refusals)


_OF_SESSIONS: tuple[tuple[str, str, str, int, Handler], ...] = (
    ("ListChannel", "GET", "/Channels", 200, partial(_list_public, "channels")),
    ("FetchChannel", "GET", "/Channels/{Channel}", 200, _fetch),
    ("ListMyChannel", "GET", "/MyChannels", 200, partial(_list_mine, "channels")),
    ("FetchMyChannel", "GET", "/MyChannels/{Channel}", 200, _fetch_mine),
    ("ListSyncChannel", "GET", "/SyncList", 200, _list_for_session),
)
"""Requests of the older SDKs beside their commands."""
_INVITES = tuple(each for each in _OF_CHAT if "Invites" in each[2])
OPERATIONS = (
    *_operations("Client/v1", chat_words.REFUSALS, *_SHARED, *_OF_CHAT, *_OF_SESSIONS),
    *_operations(
        "Client/v2",
        conversations_words.REFUSALS,
        *_SHARED,
        *_OF_CONVERSATIONS,
        *_OF_SESSIONS,
        *_INVITES,
    ),
    *_operations("v1", chat_words.REFUSALS, ("TypeInSession", "POST", "/typing", 200, _type)),
)
