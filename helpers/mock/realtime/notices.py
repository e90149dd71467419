"""Twilsock frames, and the notices of Sync and chat that the server sends in them. Pure.

A notice has one `event`, never a list of `events`: the Sync 3.0 in the prebuilt browser bundle
cannot read a list, and newer ones take both (observed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson

from ..core.bounds import MAX_FRAME, MAX_NESTING, is_too_deep
from ..core.clock import iso
from .sync_objects import DOCUMENT, SyncType

_PREAMBLE = re.compile(rb"TWILSOCK V3\.0 ([0-9]{1,7})\r\n")
_ACKNOWLEDGEMENT = b'{"method":"reply"'


class FrameError(ValueError):
    """Data that is no Twilsock frame; the message names the fault."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A header and its raw payload."""

    header: Mapping[str, Any]
    payload: bytes = field(default=b"", repr=False)

    @property
    def method(self) -> str:
        """Purpose of the frame, such as `init`, `message` or `reply`."""
        return str(self.header.get("method"))

    def json(self) -> Any:
        """The payload as JSON, None for an empty one; FrameError if it is not JSON."""
        return _json(self.payload, "payload") if self.payload else None


def encode(header: Mapping[str, Any], payload: Any = None) -> bytes:
    """A frame with this header; the payload is JSON, as bytes or yet to be encoded."""
    typed = {} if payload is None else {"payload_type": "application/json"}
    body = b"" if payload is None else payload
    if not isinstance(body, bytes):
        body = orjson.dumps(payload)
    head = orjson.dumps({**header, **typed, "payload_size": len(body)})
    return b"TWILSOCK V3.0 %d\r\n%b\r\n%b" % (len(head), head, body)


def status_of(code: int) -> dict[str, Any]:
    """An HTTP status, as headers carry it."""
    return {"code": code, "status": HTTPStatus(code).name}


def reply(frame: Frame, code: int, payload: Any = None, **header: Any) -> bytes:
    """A frame that answers another."""
    usual = {"method": "reply", "id": frame.header.get("id"), "status": status_of(code)}
    return encode(usual | header, payload)


def decode(data: bytes) -> Frame:
    """Parse a frame; FrameError if it is too large, cut short, too long, or none at all."""
    if len(data) > MAX_FRAME:
        raise FrameError(f"a frame of {len(data)} bytes; at most {MAX_FRAME} are taken")
    start = _PREAMBLE.match(data)
    if start is None:
        raise FrameError("it does not begin with 'TWILSOCK V3.0 ' and the header's size")
    end = start.end() + int(start[1])
    if data[end : end + 2] != b"\r\n":
        raise FrameError("the header is not as long as announced")
    header, payload = _json(data[start.end() : end], "header"), data[end + 2 :]
    if not isinstance(header, dict):
        raise FrameError("the header is not a JSON object")
    if header.get("payload_size", 0) != len(payload):
        raise FrameError("the payload is not as long as announced")
    return Frame(header, payload)


def _json(text: bytes, what: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise FrameError(f"the {what} is not JSON") from None
    if text.count(b"{") + text.count(b"[") > MAX_NESTING and is_too_deep(value):
        raise FrameError(f"the {what} has more than {MAX_NESTING} levels")
    return value


def is_acknowledgement(data: bytes) -> bool:
    """Recognise an SDK's acknowledgement without parsing it, as every frame to it gets one."""
    start = data.find(b"\r\n", 14, 24)
    return start > 0 and data.startswith(_ACKNOWLEDGEMENT, start + 2)


# -- notices

SYNC = "twilio.sync.event"
TYPING = "twilio.ipmsg.typing_indicator"


@dataclass(frozen=True, slots=True)
class SyncNotice:
    """One event of a Sync object."""

    event_type: str
    event: dict[str, Any]

    @property
    def event_id(self) -> int:
        """Its place in the order of events."""
        return int(self.event["id"])

    def payload(self) -> dict[str, Any]:
        """Payload of a notification."""
        return {"event_protocol_version": 4, "event_type": self.event_type, "event": self.event}


class ItemChange(NamedTuple):
    """An item was `added`, `updated` or `removed`."""

    change: str
    key: str | int
    data: Any
    event_id: int


def item(sync_type: SyncType, owner_sid: str, changed: ItemChange, at: float) -> SyncNotice:
    """An item of a list or map has changed."""
    kind, event_id = sync_type.kind, changed.event_id
    event = _event(sync_type, owner_sid, event_id, at)
    event |= {f"item_{sync_type.item_label}": changed.key, "item_data": changed.data}
    if changed.change != "removed":
        event |= {
            f"{kind}_revision": str(event_id),
            "item_url": f"{sync_type.url(owner_sid)}/Items/{changed.key}",
            "item_revision": str(event_id),
            "date_expires": None,
        }
    return SyncNotice(f"{kind}_item_{changed.change}", event)


def document(owner_sid: str, data: Any, event_id: int, at: float) -> SyncNotice:
    """A document has new content, all of which is sent."""
    event = _event(DOCUMENT, owner_sid, event_id, at)
    event |= {"document_revision": str(event_id), "document_data": data}
    return SyncNotice("document_updated", event)


def gone(sync_type: SyncType, owner_sid: str, event_id: int, at: float) -> SyncNotice:
    """The whole object was removed."""
    return SyncNotice(f"{sync_type.kind}_removed", _event(sync_type, owner_sid, event_id, at))


def _event(sync_type: SyncType, owner_sid: str, event_id: int, at: float) -> dict[str, Any]:
    sid = sync_type.sid(owner_sid)
    return {"id": event_id, "date_created": iso(at), f"{sync_type.kind}_sid": sid}


def subscription(state: str, correlation: Any, event: dict[str, Any]) -> dict[str, Any]:
    """Payload that says that a subscription is `established`, `canceled` or `failed`."""
    return {**SyncNotice(f"subscription_{state}", event).payload(), "correlation_id": correlation}


def typing(channel_sid: str, identity: str, timeout: int) -> dict[str, Any]:
    """A member is typing; one second more, so that the indicator of continued typing never ends."""
    return {"channel_sid": channel_sid, "identity": identity, "typing_timeout": timeout + 1}
