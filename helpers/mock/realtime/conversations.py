"""How chat's resources are shown to the SDKs over their connection, in either SDK's spelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..messaging import channels, members, messages, users
from ..messaging.resources import Channel, Member, Service, User, UserChannel
from ..rest import chat_v2
from ..rest.collection import Arguments, Collection, Operation, not_found
from ..rest.http import Reply, Request, last
from ..rest.listing import Page, PageRequest, PageSizes, fetch_page
from ..rest.media_v1 import PUBLIC_HOST
from . import sync_objects

HOST = "aim.us1.twilio.com"
"""All hosts a client may name are this one."""
BASE = f"https://{HOST}/Client/v1"
CONVERSATIONS = f"{BASE}/Conversations"
MINE = f"{BASE}/MyConversations"
USERS = f"{BASE}/Users"
TYPING = f"{BASE}/Typing"


def inside(ctx: Context, **more: str) -> dict[str, str]:
    """A path within the acting user's service."""
    return {"ServiceSid": ctx.actor.service_sid or "", **more}


def user_of(ctx: Context, key: str) -> User:
    """The user of an identity or SID."""
    found: User = chat_v2.USERS.resolve(ctx, inside(ctx), key)
    return found


def shown_channel(ctx: Context, channel: Channel) -> dict[str, Any]:
    """A channel as the acting user has it."""
    user = user_of(ctx, ctx.actor.identity or "")
    view = members.find_user_channel(ctx, user.sid, channel.sid)
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


def shown_member(member: Member) -> dict[str, Any]:
    """A member of a channel."""
    return {
        "sid": member.sid,
        "identity": member.identity,
        "role_sid": member.role_sid,
        "attributes": member.attributes,
        "last_read_message_index": member.last_consumed_message_index,
        "url": f"{CONVERSATIONS}/{member.channel_sid}/Participants/{member.sid}",
    }


def shown_user(user: User) -> dict[str, Any]:
    """A user, with where its changes are told."""
    return {
        "identity": user.identity,
        "friendly_name": user.friendly_name,
        "attributes": user.attributes,
        "is_online": bool(user.is_online),
        "is_notifiable": bool(user.is_notifiable),
        "sync_unique_name": sync_objects.INFO.name(user.sid),
        "sync_objects": {"user_info_map": sync_objects.INFO.name(user.sid)},
        "url": f"{USERS}/{quote(user.identity, safe='')}",
    }


def page_of(shown: list[Any], key: str, page: Page) -> dict[str, Any]:
    """A page of a list, with the tokens of the pages around it."""
    previous, following = page.previous_token, page.next_token
    meta = {"previous_token": previous, "prev_token": previous, "next_token": following}
    return {key: shown, "meta": meta}


PAGES = PageSizes(100, 100)
MOST_MEDIA = 1
"""Files a message carries (inferred from Chat, whose model this is)."""

Handler = Callable[[Context, Arguments, Request], Any]


# -- start-up


def configure(ctx: Context, arguments: Arguments, request: Request) -> Any:
    """Everything a client needs to know to begin."""
    service, user = _service(ctx), user_of(ctx, ctx.actor.identity or "")
    media = f"{request.base}/{PUBLIC_HOST}/v1/Services/{service.sid}"
    return {
        "identity": user.identity,
        "options": {
            "consumption_report_interval": f"PT{service.consumption_report_interval}S",
            "user_infos_to_subscribe": 100,
            "reachability_enabled": service.reachability_enabled,
            "http_cache_interval": "PT5S",
            "my_conversations_page_size": PAGES.default,
            "media_attachments_count_limit": MOST_MEDIA,
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
            "my_conversations": MINE,
            "conversations": CONVERSATIONS,
            "users": USERS,
            "current_user": f"{USERS}/{quote(user.identity, safe='')}",
            "typing": TYPING,
            "media_service": f"{media}/Media",
            "media_set_service": f"{media}/MediaSet",
            "messages_receipts": f"{BASE}/Receipts",
        },
    }


def _service(ctx: Context) -> Service:
    found: Service = chat_v2.SERVICES.resolve(ctx, {}, ctx.actor.service_sid or "")
    return found


# -- channels


def _channel(ctx: Context, arguments: Arguments) -> Channel:
    found: Channel = chat_v2.CHANNELS.resolve(ctx, inside(ctx), arguments["Channel"])
    return found


def _list_public(ctx: Context, arguments: Arguments, request: Request) -> Any:
    where = {"service_sid": ctx.actor.service_sid, "type": "public"}
    page = fetch_page(ctx.store, Channel, where, PageRequest.read(request.query, PAGES))
    return page_of([shown_channel(ctx, channel) for channel in page.items], "conversations", page)


def _list_mine(ctx: Context, arguments: Arguments, request: Request) -> Any:
    where = {"user_sid": user_of(ctx, ctx.actor.identity or "").sid}
    page = fetch_page(ctx.store, UserChannel, where, PageRequest.read(request.query, PAGES))
    mine = [channels.find(ctx, view.channel_sid) for view in page.items]
    return page_of([shown_channel(ctx, channel) for channel in mine], "conversations", page)


def _fetch(ctx: Context, arguments: Arguments, request: Request) -> Any:
    return shown_channel(ctx, _channel(ctx, arguments))


def _mine(ctx: Context, arguments: Arguments) -> tuple[Channel, UserChannel]:
    channel = _channel(ctx, arguments)
    view = members.find_user_channel(ctx, user_of(ctx, ctx.actor.identity or "").sid, channel.sid)
    if view is None:
        raise not_found(f"/v1/MyConversations/{arguments['Channel']}")
    return channel, view


def _fetch_mine(ctx: Context, arguments: Arguments, request: Request) -> Any:
    return shown_channel(ctx, _mine(ctx, arguments)[0])


def _update_mine(ctx: Context, arguments: Arguments, request: Request) -> Any:
    channel, view = _mine(ctx, arguments)
    form = dict(request.form)
    if "LastReadMessageIndex" in form:
        form["LastConsumedMessageIndex"] = form.pop("LastReadMessageIndex")
    members.update_user_channel(ctx, view, members.UserChannelChanges.read(form))
    return shown_channel(ctx, channel)


def _create(ctx: Context, arguments: Arguments, request: Request) -> Any:
    new = channels.NewChannel.read(request.form)
    return shown_channel(ctx, channels.create(ctx, _service(ctx), new))


def _update(ctx: Context, arguments: Arguments, request: Request) -> Any:
    changes = channels.ChannelChanges.read(request.form)
    return shown_channel(ctx, channels.update(ctx, _channel(ctx, arguments), changes))


def _delete(ctx: Context, arguments: Arguments, request: Request) -> None:
    channels.delete(ctx, _channel(ctx, arguments))


# -- what is in a channel


def _item(ctx: Context, collection: Collection, arguments: Arguments) -> Any:
    within = inside(ctx, ChannelSid=arguments["Channel"])
    return collection.resolve(ctx, within, arguments["Key"])


_NOT_TAKEN = ("Subject", "ContentSid", "ContentVariables")


def _send(ctx: Context, arguments: Arguments, request: Request) -> Any:
    form = dict(request.form)
    for name in _NOT_TAKEN:
        if form.get(name):
            raise TwilioError(NOT_SIMULATED, f"{name} of a message is not simulated by this mock")
    if form.get("MediaSids"):
        form["MediaSid"] = _one_media(form["MediaSids"])
    new = messages.NewMessage.read(form)
    sent = messages.send(ctx, _channel(ctx, arguments), new)
    return {"sid": sent.sid, "index": sent.index}


def _one_media(sids: Any) -> str:
    if not isinstance(sids, list):
        raise TwilioError(20001, "media_sids must be a list")
    if len(sids) > MOST_MEDIA:
        raise TwilioError(
            NOT_SIMULATED, f"A message with {len(sids)} files is not simulated; send one at a time"
        )
    return str(sids[0])


def _edit(ctx: Context, arguments: Arguments, request: Request) -> Any:
    changes = messages.MessageChanges.read(request.form)
    edited = messages.update(ctx, _item(ctx, chat_v2.MESSAGES, arguments), changes)
    return {"sid": edited.sid, "index": edited.index}


def _remove_message(ctx: Context, arguments: Arguments, request: Request) -> None:
    messages.remove(ctx, _item(ctx, chat_v2.MESSAGES, arguments))


def _add_member(ctx: Context, arguments: Arguments, request: Request) -> Any:
    new = members.NewMember.read(request.form)
    return shown_member(members.add(ctx, _channel(ctx, arguments), new))


def _update_member(ctx: Context, arguments: Arguments, request: Request) -> Any:
    changes = members.MemberChanges.read(request.form)
    return shown_member(members.update(ctx, _item(ctx, chat_v2.MEMBERS, arguments), changes))


def _remove_member(ctx: Context, arguments: Arguments, request: Request) -> None:
    members.remove(ctx, _item(ctx, chat_v2.MEMBERS, arguments))


def _invite(ctx: Context, arguments: Arguments, request: Request) -> Any:
    new = members.NewInvite.read(request.form)
    made = members.invite(ctx, _channel(ctx, arguments), new)
    return {"sid": made.sid, "identity": made.identity}


def _take_back(ctx: Context, arguments: Arguments, request: Request) -> None:
    members.withdraw_invite(ctx, _item(ctx, chat_v2.INVITES, arguments))


def _type(ctx: Context, arguments: Arguments, request: Request) -> Any:
    sid = last(request.form, "ChannelSid") or last(request.form, "ConversationSid") or ""
    return {"typing_timeout": messages.type_in(ctx, channels.find(ctx, str(sid)))}


# -- users


def _list_users(ctx: Context, arguments: Arguments, request: Request) -> Any:
    sid = last(request.query, "ConversationSid") or last(request.query, "ChannelSid") or ""
    channel = _channel(ctx, {"Channel": sid})
    where = {"channel_sid": channel.sid}
    page = fetch_page(ctx.store, Member, where, PageRequest.read(request.query, PAGES))
    shown = [shown_user(user_of(ctx, member.identity)) for member in page.items]
    return page_of(shown, "users", page)


def _fetch_user(ctx: Context, arguments: Arguments, request: Request) -> Any:
    return shown_user(user_of(ctx, arguments["Identity"]))


def _update_user(ctx: Context, arguments: Arguments, request: Request) -> Any:
    changes = users.UserChanges.read(request.form)
    return shown_user(users.update(ctx, user_of(ctx, arguments["Identity"]), changes))


# -- the table


def _answering(status: int, handler: Handler) -> Callable[[Context, Arguments, Request], Reply]:
    def answer(ctx: Context, arguments: Arguments, request: Request) -> Reply:
        return Reply(status, handler(ctx, arguments, request))

    return answer


_TABLE: tuple[tuple[str, str, str, int, Handler], ...] = (
    ("FetchConfiguration", "GET", "/Client/v1/Configuration", 200, configure),
    ("FetchConversationsConfiguration", "GET", "/Client/v2/Configuration", 200, configure),
    ("ListMyConversation", "GET", MINE, 200, _list_mine),
    ("FetchMyConversation", "GET", f"{MINE}/{{Channel}}", 200, _fetch_mine),
    ("UpdateMyConversation", "POST", f"{MINE}/{{Channel}}", 200, _update_mine),
    ("ListConversation", "GET", CONVERSATIONS, 200, _list_public),
    ("CreateConversation", "POST", CONVERSATIONS, 201, _create),
    ("FetchConversation", "GET", f"{CONVERSATIONS}/{{Channel}}", 200, _fetch),
    ("UpdateConversation", "POST", f"{CONVERSATIONS}/{{Channel}}", 200, _update),
    ("DeleteConversation", "DELETE", f"{CONVERSATIONS}/{{Channel}}", 204, _delete),
    ("SendMessage", "POST", f"{CONVERSATIONS}/{{Channel}}/Messages", 201, _send),
    ("EditMessage", "POST", f"{CONVERSATIONS}/{{Channel}}/Messages/{{Key}}", 200, _edit),
    (
        "RemoveMessage",
        "DELETE",
        f"{CONVERSATIONS}/{{Channel}}/Messages/{{Key}}",
        204,
        _remove_message,
    ),
    ("AddParticipant", "POST", f"{CONVERSATIONS}/{{Channel}}/Participants", 201, _add_member),
    (
        "UpdateParticipant",
        "POST",
        f"{CONVERSATIONS}/{{Channel}}/Participants/{{Key}}",
        200,
        _update_member,
    ),
    (
        "RemoveParticipant",
        "DELETE",
        f"{CONVERSATIONS}/{{Channel}}/Participants/{{Key}}",
        204,
        _remove_member,
    ),
    ("Invite", "POST", f"{CONVERSATIONS}/{{Channel}}/Invites", 201, _invite),
    (
        "TakeInvitationBack",
        "DELETE",
        f"{CONVERSATIONS}/{{Channel}}/Invites/{{Key}}",
        204,
        _take_back,
    ),
    ("Type", "POST", TYPING, 200, _type),
    ("ListUser", "GET", USERS, 200, _list_users),
    ("FetchUser", "GET", f"{USERS}/{{Identity}}", 200, _fetch_user),
    ("UpdateUser", "POST", f"{USERS}/{{Identity}}", 200, _update_user),
)

OPERATIONS = tuple(
    Operation(
        name,
        method,
        HOST,
        path.removeprefix(f"https://{HOST}"),
        _answering(status, handler),
    )
    for name, method, path, status, handler in _TABLE
)
