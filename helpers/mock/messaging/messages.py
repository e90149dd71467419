"""Messages: sent, edited and removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from ..core.context import Context
from ..core.errors import Refused
from ..core.store import Store
from . import channels, media, members
from .events import ChannelStateEvent, DeliveryEvent, MessageEvent, TypingEvent
from .permissions import Permission, own_member, require
from .refusals import Reason
from .resources import Channel, DeliveryReceipt, Member, Message, Service

MAX_TEXT = 1_600
"""Characters of a message that goes out by SMS or WhatsApp (documented)."""


class MessageFields(TypedDict, total=False):
    """Fields of a message that can change."""

    author: str
    body: str | None
    attributes: str
    last_updated_by: str
    subject: str | None
    date_created: float
    date_updated: float


_REACHED = {"sent": (), "delivered": ("sent",), "read": ("sent", "delivered")}
"""Statuses that each status goes beyond."""
_OWN_AND_ANY = {
    ("edit", "body"): (Permission.EDIT_OWN_MESSAGE, Permission.EDIT_ANY_MESSAGE),
    ("edit", "attributes"): (
        Permission.EDIT_OWN_MESSAGE_ATTRIBUTES,
        Permission.EDIT_ANY_MESSAGE_ATTRIBUTES,
    ),
    ("delete", "body"): (Permission.DELETE_OWN_MESSAGE, Permission.DELETE_ANY_MESSAGE),
}


def send(
    ctx: Context,
    channel: Channel,
    *,
    media_sids: Sequence[str] = (),
    **fields: Unpack[MessageFields],
) -> Message:
    """Add a message at the end of a channel; an inactive one becomes active, timers start anew.

    The author is the acting chat user, or for account credentials the one named, member or not,
    `system` by default (specified; observed for the non-member).

    Raises:
        Refused: CHANNEL_CLOSED; MEDIA_NOT_FOUND; MEDIA_SENT; TEXT_TOO_LONG; NOT_A_MEMBER or
            NOT_PERMITTED, a chat user.
    """
    before = channel.state
    has_timers = channel.inactive_after is not None or channel.closed_after is not None
    if has_timers or before != "active":
        channels.refuse_closed(ctx, channel)
        before = channel.state_at(ctx.now)
    attached = [media.pick(ctx, channel, sid) for sid in media_sids] if media_sids else []
    identity = ctx.actor.identity
    writer: Member | None = None
    if identity is not None:
        writer = own_member(ctx, channel)
        permission = Permission.SEND_MEDIA_MESSAGE if attached else Permission.SEND_MESSAGE
        require(ctx, channel.service_sid, permission, channel)
    author = fields["author"] = ctx.actor.author or identity or fields.get("author") or "system"
    has_phones = ctx.store.last_seq(DeliveryReceipt) > 0  # most accounts have nobody with one
    if author != identity:
        writer = None
        if has_phones:
            writer = members.writer(ctx.store, channel.sid, author)
        elif author != "system" and channel.members_count:
            writer = ctx.store.first(Member, channel_sid=channel.sid, identity=author)
    if not attached:
        fields["body"] = fields.get("body") or ""  # (specified)
    reached: list[Member] = []
    if has_phones:
        reached = _reached(ctx, channel.sid, fields["author"])
        _refuse_long(reached, fields.get("body"))
    edits = (fields.get("last_updated_by"), fields.get("date_updated"))
    message = ctx.create(
        Message,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        index=channel.next_index,
        type="media" if attached else "text",
        media=[media.description(each) for each in attached] if attached else None,
        member_sid=writer.sid if writer else None,
        was_edited=edits != (None, None),
        **fields,
    )
    for each in attached:
        ctx.store.save(each, channel_sid=channel.sid, message_sid=message.sid)
    counts: dict[str, Any] = {
        "messages_count": channel.messages_count + 1,
        "next_index": message.index + 1,
        "last_message_sid": message.sid,
        "active_at": ctx.now,
    }
    if channel.state != "active" or has_timers:
        counts["state"] = "active"
    ctx.store.save(channel, **counts)
    for member in reached:
        _send_on(ctx, message, member)
    ctx.emit(MessageEvent("added", channel, message, ctx.actor))
    if before == "inactive":
        ctx.emit(ChannelStateEvent(channel, before, "event", ctx.actor))
    return message


def _reached(ctx: Context, channel_sid: str, author: str) -> list[Member]:
    """Return the members whom a message of this author goes out to through other networks."""
    found = members.without_identity(ctx, channel_sid)
    return [member for member in found if member.name != author]


def _refuse_long(reached: list[Member], body: str | None) -> None:
    """Raise where a text would go out to a phone, and is too long for that."""
    if reached and body is not None and len(body) > MAX_TEXT:
        raise Refused(Reason.TEXT_TOO_LONG, length=len(body), limit=MAX_TEXT)


def _send_on(ctx: Context, message: Message, member: Member) -> None:
    """Note that a message was sent to a member of another network."""
    ctx.create(
        DeliveryReceipt,
        service_sid=message.service_sid,
        channel_sid=message.channel_sid,
        message_sid=message.sid,
        member_sid=member.sid,
        network_sid=ctx.sids.new("MM" if message.media else "SM"),
    )


def has_receipts(store: Store) -> bool:
    """Return whether a message can have receipts; in most accounts nobody has a phone."""
    return store.last_seq(DeliveryReceipt) > 0


def delivery(store: Store, message: Message) -> dict[str, Any] | None:
    """Return how many of its recipients a message has come to: all, some or none (specified)."""
    receipts = store.select(DeliveryReceipt, {"message_sid": message.sid})
    if not receipts:
        return None
    reached = [{each.status, *_REACHED.get(each.status, ())} for each in receipts]
    counts = {
        status: sum(status in each for each in reached)
        for status in ("sent", "delivered", "read", "failed", "undelivered")
    }
    shown = {
        status: "none" if not count else "all" if count == len(receipts) else "some"
        for status, count in counts.items()
    }
    return {"total": len(receipts), **shown}


def update_receipt(
    ctx: Context, receipt: DeliveryReceipt, *, status: str, error_code: int = 0
) -> DeliveryReceipt:
    """Note how far a message came to a member without an identity."""
    ctx.update(receipt, status=status, error_code=error_code)
    channel = channels.find(ctx, receipt.channel_sid)
    ctx.emit(DeliveryEvent(channel, receipt, ctx.actor))
    return receipt


def update(ctx: Context, message: Message, **changes: Unpack[MessageFields]) -> Message:
    """Edit a message; it counts as edited from then on.

    Raises:
        Refused: MEDIA_BODY_FIXED, a file without text; CHANNEL_CLOSED; TEXT_TOO_LONG;
            NOT_PERMITTED or MESSAGE_FIELDS_FIXED, a chat user.
    """
    if "body" in changes and message.media and message.body is None:
        raise Refused(Reason.MEDIA_BODY_FIXED)
    channel = channels.find(ctx, message.channel_sid)
    channels.refuse_closed(ctx, channel)
    for field in ("body", "attributes"):
        if field in changes:
            _permit(ctx, channel, message, "edit", field)
    _refuse_long(_reached(ctx, channel.sid, message.author), changes.get("body"))
    values: dict[str, Any] = {**changes}
    if ctx.actor.identity is not None:
        values = {name: values[name] for name in ("body", "attributes") if name in values}
        if not values:
            raise Refused(Reason.MESSAGE_FIELDS_FIXED)
    values.setdefault("last_updated_by", ctx.actor.name)
    ctx.store.save(message, **{"date_updated": ctx.now, "was_edited": True, **values})
    ctx.emit(MessageEvent("updated", channel, message, ctx.actor, tuple(values)))
    return message


def remove(ctx: Context, message: Message) -> None:
    """Delete a message; its index is not used again.

    Raises:
        Refused: NOT_PERMITTED to a chat user.
    """
    channel = channels.find(ctx, message.channel_sid)
    _permit(ctx, channel, message, "delete", "body")
    ctx.store.remove(message)
    ctx.store.remove_all(DeliveryReceipt, message_sid=message.sid)
    changes: dict[str, Any] = {"messages_count": channel.messages_count - 1}
    if channel.last_message_sid == message.sid:
        left = ctx.store.select(Message, {"channel_sid": channel.sid}, order="desc", limit=1)
        changes["last_message_sid"] = left[0].sid if left else None
    ctx.store.save(channel, **changes)
    ctx.emit(MessageEvent("removed", channel, message, ctx.actor))


def _permit(ctx: Context, channel: Channel, message: Message, verb: str, field: str) -> None:
    own, of_anyone = _OWN_AND_ANY[verb, field]
    permission = own if ctx.actor.identity == message.author else of_anyone
    require(ctx, channel.service_sid, permission, channel)


def type_in(ctx: Context, channel: Channel) -> int:
    """Show the other members that the acting chat user is typing.

    Returns:
        Seconds the indicator lasts (the service's typing indicator timeout).

    Raises:
        Refused: NOT_A_MEMBER.
    """
    member = own_member(ctx, channel)
    service = ctx.store.first(Service, sid=channel.service_sid)
    timeout = service.typing_indicator_timeout if service else 5
    ctx.emit(TypingEvent(channel, member, timeout))
    return timeout
