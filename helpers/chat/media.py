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

from ..json_object import json_object

MEDIA_SERVICE = "https://mcs.us1.twilio.com/v1/Services"
"""Twilio's media service; the SDK has no resource for it."""
UNKNOWN = "application/octet-stream"


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


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send."""

    content: bytes = field(repr=False)
    content_type: str
    filename: str | None = None

    @classmethod
    def of(cls, media: str | Path | Mapping[str, Any]) -> Upload:
        """Make one from a path or the Chat SDK's object: `content_type`, `media`, `filename`.

        Raises:
            ValueError: The object lacks a content type or content, which the Chat SDK refuses too.
            OSError: The file cannot be read.
        """
        if isinstance(media, Mapping):
            content, content_type = media.get("media"), media.get("content_type")
            if not isinstance(content, bytes) or not content or not content_type:
                raise ValueError("give media={'content_type': 'image/png', 'media': b'...'}")
            return cls(content, str(content_type), media.get("filename"))
        path = Path(media)
        return cls(path.read_bytes(), mimetypes.guess_type(path.name)[0] or UNKNOWN, path.name)


class MediaService:
    """Twilio's media service as one chat client uses it.

    Args:
        rest: The user's SDK client.
        service_sid: IS...
        in_kernel: Whether `rest` reaches a mock in this kernel, which has no address.
    """

    def __init__(self, rest: Client, service_sid: str, *, in_kernel: bool) -> None:
        self._rest = rest
        self._base = f"{MEDIA_SERVICE}/{service_sid}/Media"
        self._in_kernel = in_kernel

    def upload(self, upload: Upload) -> str:
        """Upload a file and return its SID.

        Raises:
            TwilioRestException: 50511, the content type; 50512, the size.
        """
        answer = self._rest.request(
            "POST",
            self._base,
            params={"Filename": upload.filename} if upload.filename else None,
            data=upload.content,
            headers={"Content-Type": upload.content_type},
        )
        return str(self._document("POST", answer)["sid"])

    def temporary_url(self, sid: str) -> str:
        """Return a URL of the content that works for a few minutes."""
        media = self._document("GET", self._rest.request("GET", f"{self._base}/{sid}"))
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
