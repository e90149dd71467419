r"""Twilsock frames: what Twilio's JavaScript SDKs send and take inside one WebSocket message.

    TWILSOCK V3.0 <H>\r\n<header: JSON of H bytes>\r\n<payload: header.payload_size bytes>

Sizes count bytes of UTF-8. Pure: no connection, no clock. The format was read off the SDKs'
published sources (observed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

LARGEST = 256 * 1024
"""Bytes of a frame taken (the mock's own limit); a message's body and attributes are far below."""

_PREAMBLE = re.compile(rb"TWILSOCK V3\.0 ([0-9]{1,7})\r\n")
_ACKNOWLEDGEMENT = b'{"method":"reply"'
_JSON = "application/json"


class FrameError(ValueError):
    """What came is no Twilsock frame; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A header and what it announces; `payload` is the raw bytes."""

    header: Mapping[str, Any]
    payload: bytes = field(default=b"", repr=False)

    @property
    def method(self) -> str:
        """What the frame is about, such as `init`, `message` or `reply`."""
        return str(self.header.get("method"))

    def json(self) -> Any:
        """The payload as JSON; None where there is none.

        Raises:
            FrameError: It is not JSON.
        """
        return _json(self.payload, "payload") if self.payload else None


def encode(header: Mapping[str, Any], payload: Any = None) -> bytes:
    """A frame with this header; `payload` becomes JSON, None stands for no payload."""
    body = b"" if payload is None else orjson.dumps(payload)
    typed = {} if payload is None else {"payload_type": _JSON}
    head = orjson.dumps({**header, **typed, "payload_size": len(body)})
    return b"TWILSOCK V3.0 %d\r\n%b\r\n%b" % (len(head), head, body)


def decode(data: bytes) -> Frame:
    """Take a frame apart.

    Raises:
        FrameError: It is too large, cut short, too long, or no frame at all.
    """
    if len(data) > LARGEST:
        raise FrameError(f"a frame of {len(data)} bytes; at most {LARGEST} are taken")
    start = _PREAMBLE.match(data)
    if start is None:
        raise FrameError("it does not begin with 'TWILSOCK V3.0 ' and the header's size")
    end = start.end() + int(start[1])
    if data[end : end + 2] != b"\r\n":
        raise FrameError("the header is not as long as announced")
    header, payload = _header(data[start.end() : end]), data[end + 2 :]
    if header.get("payload_size", 0) != len(payload):
        raise FrameError("the payload is not as long as announced")
    return Frame(header, payload)


def _header(text: bytes) -> dict[str, Any]:
    header = _json(text, "header")
    if not isinstance(header, dict):
        raise FrameError("the header is not a JSON object")
    return header


def _json(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise FrameError(f"the {what} is not JSON") from None


def is_acknowledgement(data: bytes) -> bool:
    """Whether an SDK acknowledges what it was sent, told without taking the frame apart.

    Every frame to a client comes back as one of these, so they must cost next to nothing.
    """
    start = data.find(b"\r\n", 14, 24)
    return start > 0 and data.startswith(_ACKNOWLEDGEMENT, start + 2)
