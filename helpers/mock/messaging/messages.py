"""Messages: sent, edited and removed."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Moment, Parameters
from . import channels, media
from .events import MessageEvent, TypingEvent
from .limits import Author, Body, SmallAttributes
from .permissions import own_member, require
from .resources import Channel, Message, Service


class NewMessage(Parameters):
    """Parameters of a new message. `author` is spelled `From` in Chat v2."""

    author: Author | None = None
    body: Body | None = None
    attributes: SmallAttributes = "{}"
    media_sid: str | None = None
    date_created: Moment | None = None
    date_updated: Moment | None = None
    last_updated_by: Author | None = None


class MessageChanges(Parameters):
    """Parameters of message update."""

    author: Author | None = None
    body: Body | None = None
    attributes: SmallAttributes | None = None
    date_created: Moment | None = None
    date_updated: Moment | None = None
    last_updated_by: Author | None = None


def send(ctx: Context, channel: Channel, new: NewMessage) -> Message:
    """Add a message at the end of a channel.

    The author is the acting chat user, or for account credentials whoever `From` names, member or
    not, `system` by default (specified; observed for the non-member).

    Raises:
        TwilioError: 50400, the chat user is not a member; 50107, its role cannot send; 50507 or
            50508, the media does not exist or was sent already.
    """
    attached = media.pick(ctx, channel, new.media_sid) if new.media_sid else None
    if ctx.actor.identity is not None:
        own_member(ctx, channel)
        permission = "sendMediaMessage" if attached else "sendMessage"
        require(ctx, channel.service_sid, permission, channel)
    created = new.date_created if new.date_created is not None else ctx.now
    message = ctx.create(
        Message,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        author=ctx.actor.identity or new.author or "system",
        body=None if attached else new.body,
        attributes=new.attributes,
        index=channel.next_index,
        type="media" if attached else "text",
        media=media.description(attached) if attached else None,
        last_updated_by=new.last_updated_by,
        was_edited=new.last_updated_by is not None or new.date_updated is not None,
        date_created=created,
        date_updated=new.date_updated if new.date_updated is not None else created,
    )
    if attached:
        ctx.store.save(attached, channel_sid=channel.sid, message_sid=message.sid)
    ctx.store.save(
        channel,
        messages_count=channel.messages_count + 1,
        next_index=channel.next_index + 1,
        last_message_sid=message.sid,
    )
    ctx.emit(MessageEvent("added", channel, message, ctx.actor))
    return message


def update(ctx: Context, message: Message, changes: MessageChanges) -> Message:
    """Edit a message; it counts as edited from then on.

    Raises:
        TwilioError: 50107, a chat user without the permission to edit it; 50509, the body of a
            media message.
    """
    given = changes.given()
    if "body" in given and message.media is not None:
        raise TwilioError(50509, "The body of a media message cannot be changed")
    channel = channels.find(ctx, message.channel_sid)
    for field, what in (("body", "Message"), ("attributes", "MessageAttributes")):
        if field in given:
            _permit(ctx, channel, message, "edit", what)
    if ctx.actor.identity is not None:
        given = {name: given[name] for name in ("body", "attributes") if name in given}
        if not given:
            raise TwilioError(50107, "A chat user changes a message's body and attributes only")
    given.setdefault("last_updated_by", ctx.actor.name)
    ctx.store.save(message, **{"date_updated": ctx.now, "was_edited": True, **given})
    ctx.emit(MessageEvent("updated", channel, message, ctx.actor, tuple(given)))
    return message


def remove(ctx: Context, message: Message) -> None:
    """Delete a message; its index is not used again.

    Raises:
        TwilioError: 50107, a chat user without the permission to delete it.
    """
    channel = channels.find(ctx, message.channel_sid)
    _permit(ctx, channel, message, "delete", "Message")
    ctx.store.remove(message)
    changes: dict[str, Any] = {"messages_count": channel.messages_count - 1}
    if channel.last_message_sid == message.sid:
        changes["last_message_sid"] = _last_sid(ctx, channel)
    ctx.store.save(channel, **changes)
    ctx.emit(MessageEvent("removed", channel, message, ctx.actor))


def _permit(ctx: Context, channel: Channel, message: Message, verb: str, what: str) -> None:
    whose = "Own" if ctx.actor.identity == message.author else "Any"
    require(ctx, channel.service_sid, f"{verb}{whose}{what}", channel)


def _last_sid(ctx: Context, channel: Channel) -> str | None:
    last = ctx.store.select(Message, {"channel_sid": channel.sid}, order="desc", limit=1)
    return last[0].sid if last else None


def type_in(ctx: Context, channel: Channel) -> int:
    """Tell the other members that the acting chat user is typing.

    Returns:
        Seconds the indicator lasts (the service's typing indicator timeout).

    Raises:
        TwilioError: 50400, the chat user is not a member.
    """
    member = own_member(ctx, channel)
    service = ctx.store.first(Service, sid=channel.service_sid)
    timeout = service.typing_indicator_timeout if service else 5
    ctx.emit(TypingEvent(channel, member, timeout))
    return timeout
