"""Files: uploaded once, sent once, fetched over links that expire."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

from ..core.context import Context
from ..core.errors import TwilioError
from .resources import Channel, Media, Service

LINK_SECONDS = 300
"""How long a link to the content works (inferred)."""
MEGABYTE = 1024 * 1024
_CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;.*)?")


def upload(
    ctx: Context, service: Service, content: bytes, content_type: str, filename: str | None
) -> Media:
    """Keep a file.

    Raises:
        TwilioError: 50511, the content type is missing or malformed; 50512, the file is larger
            than the service's limit (150 MB).
    """
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise TwilioError(50511, "Content-Type must be the file's media type, such as image/png")
    limit = service.media["size_limit_mb"]
    if len(content) > limit * MEGABYTE:
        raise TwilioError(50512, f"Media is too large: at most {limit} MB")
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
        link_key=ctx.sids.new("LK"),
    )


def pick(ctx: Context, channel: Channel, sid: str) -> Media:
    """The media to send with a message.

    Raises:
        TwilioError: 50507, there is none in the service; 50508, it was sent already.
    """
    media = ctx.store.first(Media, sid=sid, service_sid=channel.service_sid)
    if media is None:
        raise TwilioError(50507, f"Media {sid[:40]} not found in this service; upload it first")
    if media.message_sid is not None:
        raise TwilioError(50508, f"Media {media.sid} was sent already; upload the file again")
    return media


def description(media: Media) -> dict[str, Any]:
    """How a message shows its media."""
    return {
        "sid": media.sid,
        "size": media.size,
        "content_type": media.content_type,
        "filename": media.filename,
    }


def signature(media: Media, expires: int) -> str:
    """What makes a link to the content good until `expires` (epoch seconds)."""
    link = f"{media.sid}.{expires}"
    return hmac.new(media.link_key.encode(), link.encode(), hashlib.sha256).hexdigest()


def check_link(ctx: Context, media: Media, expires: str | None, given: str) -> None:
    """Check a temporary link to the content.

    Raises:
        TwilioError: 20403, the link is not one of ours or has expired; fetch the media again.
    """
    until = int(expires) if expires and re.fullmatch(r"[0-9]{1,12}", expires) else 0
    expected = signature(media, until)
    matches = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    if until <= ctx.now or not matches:
        raise TwilioError(20403, "This link has expired or is not valid; fetch the media again")
