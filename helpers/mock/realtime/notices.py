"""What the server tells clients of its own accord, as Sync and chat word it. Pure.

Always one `event`, never a list of `events`: the Sync 3.0 in the prebuilt browser bundle cannot
read a list, and newer ones take both (observed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..core.clock import iso
from .sync_objects import SyncType

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


SYNC = "twilio.sync.event"
TYPING = "twilio.ipmsg.typing_indicator"
VERSION = 4


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened to a Sync object."""

    event_type: str
    event: dict[str, Any]

    @property
    def event_id(self) -> int:
        """Where it stands in the order of events."""
        return int(self.event["id"])

    def payload(self) -> dict[str, Any]:
        """What a notification carries."""
        return {
            "event_protocol_version": VERSION,
            "event_type": self.event_type,
            "event": self.event,
        }


def item(
    sort: SyncType, owner_sid: str, change: str, key: str | int, data: Any, event_id: int, at: float
) -> Notice:
    """An item was `added`, `updated` or `removed`."""
    kind, label = sort.kind, item_label(sort)
    event = {
        **_happened(sort, owner_sid, event_id, at),
        f"item_{label}": key,
        "item_data": data,
    }
    if change != "removed":
        event |= {
            f"{kind}_revision": str(event_id),
            "item_url": f"{sort.url(owner_sid)}/Items/{key}",
            "item_revision": str(event_id),
            "date_expires": None,
        }
    return Notice(f"{kind}_item_{change}", event)


def document(sort: SyncType, owner_sid: str, data: Any, event_id: int, at: float) -> Notice:
    """A document has other content now; all of it is told."""
    event = _happened(sort, owner_sid, event_id, at)
    event |= {"document_revision": str(event_id), "document_data": data}
    return Notice("document_updated", event)


def gone(sort: SyncType, owner_sid: str, event_id: int, at: float) -> Notice:
    """The whole object is gone."""
    return Notice(f"{sort.kind}_removed", _happened(sort, owner_sid, event_id, at))


def _happened(sort: SyncType, owner_sid: str, event_id: int, at: float) -> dict[str, Any]:
    return {"id": event_id, "date_created": iso(at), f"{sort.kind}_sid": sort.sid(owner_sid)}


def item_label(sort: SyncType) -> str:
    """What the place of an item is called: an `index` in a list, a `key` in a map."""
    return "index" if sort.kind == "list" else "key"


def notification(frame_id: str, message_type: str, payload: Any) -> bytes:
    """A frame that tells a client something."""
    header = {"method": "notification", "id": frame_id, "message_type": message_type}
    return encode(header, payload)


def established(
    object_sid: str, kind: str, correlation: Any, event_id: int, *, complete: bool
) -> dict[str, Any]:
    """The client is up to date up to an event; not `complete`, it shall ask for the rest."""
    status = "completed" if complete else "interrupted"
    return _subscription(
        "established",
        correlation,
        {
            "object_sid": object_sid,
            "object_type": kind,
            "replay_status": status,
            "last_event_id": event_id,
        },
    )


def canceled(object_sid: str, kind: str, correlation: Any) -> dict[str, Any]:
    """The client is told of the object no more."""
    about = {"object_sid": object_sid, "object_type": kind}
    return _subscription("canceled", correlation, about)


def failed(
    object_sid: str, kind: str, correlation: Any, error: dict[str, object]
) -> dict[str, Any]:
    """The client cannot be told of the object."""
    about = {"object_sid": object_sid, "object_type": kind, "error": error}
    return _subscription("failed", correlation, about)


def _subscription(outcome: str, correlation: Any, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "event_protocol_version": VERSION,
        "event_type": f"subscription_{outcome}",
        "correlation_id": correlation,
        "event": event,
    }


def typing(channel_sid: str, identity: str, timeout: int) -> dict[str, Any]:
    """A member is typing; a second is added so that one who types on never stops between."""
    return {"channel_sid": channel_sid, "identity": identity, "typing_timeout": timeout + 1}
