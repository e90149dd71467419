"""Chat as the SDKs ask for it through their connection: a REST dialect of its own, on one model.

`twilio-chat` and `@twilio/conversations` spell a few names differently; answers carry both
spellings, and either is taken. Paths are the mock's own, since the SDKs follow links. What the
SDKs read is observed; that nothing else is needed, inferred.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ..call import Call
from ..errors import NOT_SIMULATED, TwilioError
from ..messaging import channels, invites, members, messages, own_view, user_channels, users
from ..messaging.resources import Channel, Member, Service, UserChannel
from ..rest import chat_v2
from ..rest.collection import Arguments, Collection, Operation, not_found
from ..rest.http import Reply, Request, last
from ..rest.media_v1 import PUBLIC_HOST
from ..rest.paging import Asked, PageSizes, fetch
from . import objects, views
from .views import CONVERSATIONS, HOST, MINE, TYPING, USERS

PAGES = PageSizes(100, 100)
MOST_MEDIA = 1
"""Files a message carries (inferred from Chat, whose model this is)."""

Handler = Callable[[Call, Arguments, Request], Any]


# -- start-up


def configure(call: Call, arguments: Arguments, request: Request) -> Any:
    """Everything a client needs to know to begin."""
    service, user = _service(call), views.user_of(call, call.actor.identity or "")
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
            "my_user_info": objects.INFO.name(user.sid),
            "my_conversations": objects.CHANNELS.name(user.sid),
        },
        "links": {
            "my_conversations": MINE,
            "conversations": CONVERSATIONS,
            "users": USERS,
            "current_user": f"{USERS}/{quote(user.identity, safe='')}",
            "typing": TYPING,
            "media_service": f"{media}/Media",
            "media_set_service": f"{media}/MediaSet",
            "messages_receipts": f"{views.BASE}/Receipts",
        },
    }


def _service(call: Call) -> Service:
    found: Service = chat_v2.SERVICES.resolve(call, {}, call.actor.service_sid or "")
    return found


# -- channels


def _channel(call: Call, arguments: Arguments) -> Channel:
    found: Channel = chat_v2.CHANNELS.resolve(call, views.inside(call), arguments["Channel"])
    return found


def _list_public(call: Call, arguments: Arguments, request: Request) -> Any:
    where = {"service_sid": call.actor.service_sid, "type": "public"}
    page = fetch(call.store, Channel, where, Asked.read(request.query, PAGES))
    return views.page_of(
        [views.shown_channel(call, channel) for channel in page.items], "conversations", page
    )


def _list_mine(call: Call, arguments: Arguments, request: Request) -> Any:
    where = {"user_sid": views.user_of(call, call.actor.identity or "").sid}
    page = fetch(call.store, UserChannel, where, Asked.read(request.query, PAGES))
    mine = [channels.find(call, view.channel_sid) for view in page.items]
    return views.page_of(
        [views.shown_channel(call, channel) for channel in mine], "conversations", page
    )


def _fetch(call: Call, arguments: Arguments, request: Request) -> Any:
    return views.shown_channel(call, _channel(call, arguments))


def _mine(call: Call, arguments: Arguments) -> tuple[Channel, UserChannel]:
    channel = _channel(call, arguments)
    view = user_channels.find(call, views.user_of(call, call.actor.identity or "").sid, channel.sid)
    if view is None:
        raise not_found(f"/v1/MyConversations/{arguments['Channel']}")
    return channel, view


def _fetch_mine(call: Call, arguments: Arguments, request: Request) -> Any:
    return views.shown_channel(call, _mine(call, arguments)[0])


def _update_mine(call: Call, arguments: Arguments, request: Request) -> Any:
    channel, view = _mine(call, arguments)
    form = dict(request.form)
    if "LastReadMessageIndex" in form:
        form["LastConsumedMessageIndex"] = form.pop("LastReadMessageIndex")
    own_view.update(call, view, own_view.UserChannelChanges.read(form))
    return views.shown_channel(call, channel)


def _create(call: Call, arguments: Arguments, request: Request) -> Any:
    new = channels.NewChannel.read(request.form)
    return views.shown_channel(call, channels.create(call, _service(call), new))


def _update(call: Call, arguments: Arguments, request: Request) -> Any:
    changes = channels.ChannelChanges.read(request.form)
    return views.shown_channel(call, channels.update(call, _channel(call, arguments), changes))


def _delete(call: Call, arguments: Arguments, request: Request) -> None:
    channels.delete(call, _channel(call, arguments))


# -- what is in a channel


def _item(call: Call, collection: Collection, arguments: Arguments) -> Any:
    within = views.inside(call, ChannelSid=arguments["Channel"])
    return collection.resolve(call, within, arguments["Key"])


_NOT_TAKEN = ("Subject", "ContentSid", "ContentVariables")


def _send(call: Call, arguments: Arguments, request: Request) -> Any:
    form = dict(request.form)
    for name in _NOT_TAKEN:
        if form.get(name):
            raise TwilioError(NOT_SIMULATED, f"{name} of a message is not simulated by this mock")
    if form.get("MediaSids"):
        form["MediaSid"] = _one_media(form["MediaSids"])
    new = messages.NewMessage.read(form)
    sent = messages.send(call, _channel(call, arguments), new)
    return {"sid": sent.sid, "index": sent.index}


def _one_media(sids: Any) -> str:
    if not isinstance(sids, list):
        raise TwilioError(20001, "media_sids must be a list")
    if len(sids) > MOST_MEDIA:
        raise TwilioError(
            NOT_SIMULATED, f"A message with {len(sids)} files is not simulated; send one at a time"
        )
    return str(sids[0])


def _edit(call: Call, arguments: Arguments, request: Request) -> Any:
    changes = messages.MessageChanges.read(request.form)
    edited = messages.update(call, _item(call, chat_v2.MESSAGES, arguments), changes)
    return {"sid": edited.sid, "index": edited.index}


def _remove_message(call: Call, arguments: Arguments, request: Request) -> None:
    messages.remove(call, _item(call, chat_v2.MESSAGES, arguments))


def _add_member(call: Call, arguments: Arguments, request: Request) -> Any:
    new = members.NewMember.read(request.form)
    return views.shown_member(members.add(call, _channel(call, arguments), new))


def _update_member(call: Call, arguments: Arguments, request: Request) -> Any:
    changes = members.MemberChanges.read(request.form)
    return views.shown_member(
        members.update(call, _item(call, chat_v2.MEMBERS, arguments), changes)
    )


def _remove_member(call: Call, arguments: Arguments, request: Request) -> None:
    members.remove(call, _item(call, chat_v2.MEMBERS, arguments))


def _invite(call: Call, arguments: Arguments, request: Request) -> Any:
    new = invites.NewInvite.read(request.form)
    made = invites.create(call, _channel(call, arguments), new)
    return {"sid": made.sid, "identity": made.identity}


def _take_back(call: Call, arguments: Arguments, request: Request) -> None:
    invites.remove(call, _item(call, chat_v2.INVITES, arguments))


def _type(call: Call, arguments: Arguments, request: Request) -> Any:
    sid = last(request.form, "ChannelSid") or last(request.form, "ConversationSid") or ""
    return {"typing_timeout": messages.type_in(call, channels.find(call, str(sid)))}


# -- users


def _list_users(call: Call, arguments: Arguments, request: Request) -> Any:
    sid = last(request.query, "ConversationSid") or last(request.query, "ChannelSid") or ""
    channel = _channel(call, {"Channel": sid})
    where = {"channel_sid": channel.sid}
    page = fetch(call.store, Member, where, Asked.read(request.query, PAGES))
    shown = [views.shown_user(views.user_of(call, member.identity)) for member in page.items]
    return views.page_of(shown, "users", page)


def _fetch_user(call: Call, arguments: Arguments, request: Request) -> Any:
    return views.shown_user(views.user_of(call, arguments["Identity"]))


def _update_user(call: Call, arguments: Arguments, request: Request) -> Any:
    changes = users.UserChanges.read(request.form)
    return views.shown_user(users.update(call, views.user_of(call, arguments["Identity"]), changes))


# -- the table


def _answering(status: int, handler: Handler) -> Callable[[Call, Arguments, Request], Reply]:
    def answer(call: Call, arguments: Arguments, request: Request) -> Reply:
        return Reply(status, handler(call, arguments, request))

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
