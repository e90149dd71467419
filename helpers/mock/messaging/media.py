"""Files: uploaded once, sent once, fetched over links that expire."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Any

from ..core.context import Context
from ..core.errors import Refused
from ..core.store import Store
from .permissions import look_inside, see
from .refusals import Reason
from .resources import Channel, Media, Service

LINK_SECONDS = 300
"""Seconds a link to the content works (inferred)."""
MEGABYTE = 1024 * 1024
_RENEWED = "link_keys_renewed"
_EARLIER_KEY = "LK"
_CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;.*)?")


def upload(
    ctx: Context, service: Service, content: bytes, content_type: str, filename: str | None
) -> Media:
    """Keep a file.

    Raises:
        Refused: MEDIA_TYPE_BAD, missing or malformed; MEDIA_TOO_LARGE, larger than the service's
            limit (150 MB).
    """
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise Refused(Reason.MEDIA_TYPE_BAD)
    limit = service.media["size_limit_mb"]
    if len(content) > limit * MEGABYTE:
        raise Refused(Reason.MEDIA_TOO_LARGE, limit=limit)
    return ctx.create(
        Media,
        sid=ctx.sids.new(Media.prefix),
        service_sid=service.sid,
        channel_sid=None,
        message_sid=None,
        author=ctx.actor.identity,
        content=content,
        content_type=content_type,
        filename=filename,
        category="media",
        size=len(content),
        link_key=secrets.token_hex(),
    )


def pick(ctx: Context, channel: Channel, sid: str) -> Media:
    """Return the media to send with a message.

    Raises:
        Refused: MEDIA_NOT_FOUND in the service; MEDIA_SENT already.
    """
    media = ctx.store.first(Media, sid=sid, service_sid=channel.service_sid)
    if media is None or not is_open(ctx, media):
        raise Refused(Reason.MEDIA_NOT_FOUND, sid=sid[:40])
    if media.message_sid is not None:
        raise Refused(Reason.MEDIA_SENT, sid=media.sid)
    return media


def is_open(ctx: Context, media: Media) -> bool:
    """Return False for a file that to a chat user does not exist (inferred).

    Such a file was sent in a channel that is gone, or another uploaded it and has not sent it yet.

    Raises:
        Refused: CHANNEL_HIDDEN, NOT_A_MEMBER; as for the message that it was sent with.
    """
    if ctx.actor.identity is None:
        return True
    if media.channel_sid is None:
        return media.author == ctx.actor.identity
    channel = ctx.store.first(Channel, sid=media.channel_sid)
    if channel is not None:
        see(ctx, channel)
        look_inside(ctx, channel)
    return channel is not None


def renew_keys(store: Store) -> None:
    """Replace, once, the keys of earlier versions, which followed from the account's seed."""
    if store.read_fact(_RENEWED):
        return
    store.write_fact(_RENEWED, True)
    for media in store.select(Media):
        if media.link_key.startswith(_EARLIER_KEY):
            store.save(media, link_key=secrets.token_hex())


WITHOUT_KEYS: dict[str, Any] = {
    "facts": {_RENEWED: None},
    "values": {("media", "link_key"): _EARLIER_KEY},
}
"""Facts and values of a file whose keys are to be made anew when it is opened."""


def description(media: Media) -> dict[str, Any]:
    """Return a file as its message keeps it."""
    return {name: getattr(media, name) for name in ("sid", "size", "content_type", "filename")}


def signature(media: Media, expires: int) -> str:
    """Return the signature of a link to the content that ends at `expires` (epoch seconds)."""
    link = f"{media.sid}.{expires}"
    return hmac.new(media.link_key.encode(), link.encode(), hashlib.sha256).hexdigest()


def check_link(ctx: Context, media: Media, expires: str | None, given: str) -> None:
    """Check a temporary link to the content.

    Raises:
        Refused: LINK_EXPIRED, or not one of ours; fetch the media again.
    """
    until = int(expires) if expires and re.fullmatch(r"[0-9]{1,12}", expires) else 0
    expected = signature(media, until)
    matches = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    if until <= ctx.now or not matches:
        raise Refused(Reason.LINK_EXPIRED)
