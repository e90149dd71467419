"""Files in a chat: uploaded to Twilio's media service, then sent with one message."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.base.version import Version
from twilio.rest import Client

from ..flex_ui import in_path
from ..json_object import json_object
from .arguments import MEDIA, takes
from .errors import ChatError

MEDIA_SERVICE = "https://mcs.us1.twilio.com/v1/Services"
"""Twilio's media service; the SDK has no resource for it."""
UNKNOWN = "application/octet-stream"
MOST_MEGABYTES = 150
"""Megabytes of a file, at most."""


@dataclass(frozen=True, slots=True)
class Media:
    """File of a media message.

    Attributes:
        sid: ME...
        content_type: e.g. `image/png`.
        filename: Name the sender gave it, if any.
        size: Bytes.
    """

    sid: str
    content_type: str
    filename: str | None
    size: int
    _ask_url: Callable[[str], str] = field(repr=False, compare=False)

    @classmethod
    def of(cls, fields: Mapping[str, Any], ask_url: Callable[[str], str]) -> Media:
        """Make one from its fields in a message; `ask_url` returns the URL of a media SID."""
        return cls(
            fields["sid"], fields["content_type"], fields["filename"], fields["size"], ask_url
        )

    def get_content_temporary_url(self) -> str:
        """Return a URL of the content that a browser can open for a few minutes.

        A mock in this kernel has no address, so its URL is a `data:` URL that holds the content.
        """
        return self._ask_url(self.sid)


def check_size(size: int, filename: str | None) -> None:
    """Refuse a file that is too large, before any of it is sent.

    Raises:
        ChatError: 50512.
    """
    if size > MOST_MEGABYTES * 1024 * 1024:
        has = f"{filename or 'this one'} has {size / 1024 / 1024:.1f} MB"
        raise ChatError(50512, f"Files may be up to {MOST_MEGABYTES} MB; {has}")


class MediaService:
    """Twilio's media service, as a chat user's SDK client reaches it: in this kernel or not."""

    def __init__(self, rest: Client, service_sid: str, *, in_kernel: bool) -> None:
        self._rest = rest
        self._base = f"{MEDIA_SERVICE}/{service_sid}/Media"
        self._in_kernel = in_kernel

    @takes(media=MEDIA)
    def upload(self, media: str | Path | Mapping[str, Any]) -> str:
        """Upload a path's file, or the Chat SDK's `content_type`, `media`, `filename`.

        Returns:
            Its SID.

        Raises:
            ValueError: It is neither.
            OSError: The file cannot be read.
            ChatError: 50512, it is too large; nothing was sent.
            TwilioRestException: 50511, the content type.
        """
        if isinstance(media, Mapping):
            content, content_type = media["media"], media["content_type"]
            filename = media.get("filename")
            check_size(len(content), filename)
        else:
            path = Path(media)
            check_size(path.stat().st_size, path.name)
            content, filename = path.read_bytes(), path.name
            content_type = mimetypes.guess_type(filename)[0] or UNKNOWN
        answer = self._rest.request(
            "POST",
            self._base,
            params={"Filename": filename} if filename else None,
            data=content,
            headers={"Content-Type": str(content_type)},
        )
        return str(self._document("POST", answer)["sid"])

    def temporary_url(self, sid: str) -> str:
        """Return a URL of the content that works for a few minutes."""
        media = self._document("GET", self._rest.request("GET", f"{self._base}/{in_path(sid)}"))
        url = str(media["links"]["content_direct_temporary"])
        if not self._in_kernel:
            return url
        content = self._rest.request("GET", url).text.encode("latin-1")
        return f"data:{media['content_type']};base64,{base64.b64encode(content).decode()}"

    def _document(self, method: str, answer: Any) -> dict[str, Any]:
        found = json_object(answer.text)
        if answer.ok and found is not None:
            return found
        refusal = Version.exception(method, self._base, answer, "Unable to create record")
        assert isinstance(refusal, TwilioRestException)  # not RFC 9457
        raise refusal
