"""How the server speaks HTTP and WebSockets: uvicorn's protocols, bounded and made fast."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import struct
import sys
from functools import lru_cache, partial
from http import HTTPStatus
from math import inf
from typing import Any, NoReturn, cast

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from ...masking import log_exception
from ..core.bounds import (
    MAX_CONNECTIONS,
    MAX_HEAD,
    MAX_HEADER_NAME,
    MAX_HEADERS,
    MAX_STALL,
    MIN_RATE,
    RETRY_AFTER,
    SMALL_BODY,
)
from ..realtime.connection import CUT, LEFT, SEND
from ..realtime.notices import is_acknowledgement
from ..rest.http import Reply
from .rest_app import Answer, Prepare, Prepared, answer_of

KEEP_ALIVE = 75
"""Seconds an idle connection stays open: longer than chat clients pause between polls, so that none
is closed at the very moment of a request."""
MOST_KNOWN, LARGEST_KNOWN = 8, 2048
"""Heads of requests that a connection knows again, and bytes of one."""
_PLAIN_PATH = re.compile(rb"/[\w.~-][\w.~/-]*")
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,5})(?=\r\n)", re.IGNORECASE)
_SMALL = range(SMALL_BODY + 1)
_NOT_PLAIN = frozenset((b"expect", b"x-forwarded-for", b"x-forwarded-proto"))
"""Headers that uvicorn attends to."""
_WHOLE_BINARY = 0x82
"""First byte of a binary message in one frame."""
_SHOWN = 48
"""Bytes of a message that tell an acknowledgement."""
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

_log = logging.getLogger(__name__)


class CuttingProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, whose connection the application may cut off without an answer.

    The head of a request is bounded while it arrives, since it is kept before anybody can look
    at it. A request that arrives too slowly is refused, so that it keeps no connection from others.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_one_too_many = False
        self._is_arriving = False
        self._is_watched = False
        self._began = 0.0
        self._is_in_head = False
        self._is_head_too_large = False
        self._head_size = 0
        self._arrived = 0
        self._is_held = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection; one that stays silent ends as an idle one does."""
        super().connection_made(transport)
        self._extensions: dict[str, dict[object, object]] = {
            CUT: {"now": partial(_cut, transport)},
            LEFT: {"now": transport.is_closing},
        }
        self._is_one_too_many = len(self.connections) > _most_connections()
        self.timeout_keep_alive_task = self.loop.call_later(
            MAX_STALL if self._is_one_too_many else KEEP_ALIVE, self.timeout_keep_alive_handler
        )

    def data_received(self, data: bytes) -> None:
        """Take data up to the end of the head that may be too large."""
        if self._is_one_too_many:
            self._refuse(429, "There are too many connections", **{"Retry-After": str(RETRY_AFTER)})
            return
        self._arrived += len(data)
        super().data_received(data)
        if self._is_in_head and self._arrived > MAX_HEAD and not self.transport.is_closing():
            self._refuse_head()
        if self._is_arriving and not self._is_watched:
            self._watch(MAX_STALL)

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self._is_in_head, self._head_size, self._arrived = True, 0, 0
        self._is_arriving, self._began = True, self.loop.time()
        self.scope["extensions"] = self._extensions.copy()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request's path."""
        self._head_size += len(url)
        if self._head_size > MAX_HEAD:
            self._end_head()
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._head_size = size = self._head_size + len(name) + len(value)
        if size > MAX_HEAD or len(self.headers) >= MAX_HEADERS or len(name) > MAX_HEADER_NAME:
            self._end_head()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the answer to a request."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        self._is_arriving = False
        super().on_message_complete()

    def _write(self, answer: Answer, *, ends: bool = False) -> None:
        """Write an answer, and end the connection if its client or the server wants that."""
        start, content = answer
        lines = [_status_line(start["status"])]
        for name, value in (*self.server_state.default_headers, *start["headers"]):
            if _CONTROL.search(value):
                raise ValueError(f"The header {name!r} of an answer has a control character")
            lines += (name, b": ", value, b"\r\n")
        if ends := ends or not self.parser.should_keep_alive():
            lines.append(b"connection: close\r\n")
        self.transport.write(b"".join((*lines, b"\r\n", content["body"])))
        if ends:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser refused."""
        if self._is_head_too_large:
            self._refuse_head()
        else:
            self._refuse(400, msg)

    def _end_head(self) -> NoReturn:
        self._is_head_too_large = True
        raise ValueError("the head is too large")  # ends the parsing

    def _watch(self, seconds: float) -> None:
        self._is_watched = True
        self.loop.call_later(seconds, self._check_progress)

    def _check_progress(self) -> None:
        """Refuse a request that is still arriving, unless it is fast enough or waits for others."""
        self._is_watched = False
        if self.transport.is_closing() or not self._is_arriving:
            return
        now, cycle = self.loop.time(), self.cycle
        is_answered = not self._is_held and cycle is not None and cycle.response_started
        is_behind = self._is_in_head and cycle and not cycle.response_complete
        if is_behind or self.flow.read_paused:
            self._began = now
        if now - self._began < MAX_STALL + self._arrived / MIN_RATE:
            self._watch(min(1, MAX_STALL))
        elif is_answered and not self._is_in_head:
            self.transport.close()
        else:
            self._refuse(408, "The request took too long to arrive")

    def _refuse_head(self) -> None:
        self._refuse(431, "The head of the request is too large")

    def _refuse(self, status: int, message: str, **headers: str) -> None:
        """Answer in Twilio's shape, and end the connection."""
        code = {400: 20001, 429: 20429}.get(status, status)  # the others are no Twilio codes
        reply = Reply(status, {"code": code, "message": message, "status": status}, headers)
        self._write(answer_of(reply, orjson.dumps(reply.json)), ends=True)


class PromptProtocol(CuttingProtocol):
    """Answers small writes as soon as their bodies are there: without a task, by a single write.

    The application's `prepare` takes the head of one and returns what answers it. A client that
    keeps its connection sends the same heads again, but for the lengths of the bodies; those are
    known, and not parsed again.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._prepare: Prepare = cast(Any, self.config.app).prepare
        self._answer: Prepared | None = None
        self._body = bytearray()
        self._start = b""
        """Data of a request from its first byte on, to know its head again."""
        self._waits = b""
        """Data of a request with a known head, while its body is on its way."""
        self._known: dict[bytes, Prepared] = {}

    def data_received(self, data: bytes) -> None:
        """Take data: a request that is known, or what is to be parsed."""
        may_wait = not self._waits
        if not may_wait:
            data = self._end_wait() + data
        if self._is_arriving:
            super().data_received(data)
        elif not self._is_known(data, may_wait=may_wait):
            self._start = data
            super().data_received(data)

    def _is_known(self, data: bytes, *, may_wait: bool) -> bool:
        """Answer a request whose head is known, or wait for its body. Returns False for others."""
        head, begins, length = _parts(data)
        answer = self._known.get(head)
        if answer is None or not self._is_free():
            return False
        missing = begins + length - len(data)
        if missing > 0 and may_wait:
            self._unset_keepalive_if_required()
            self._waits, self._is_held = data, True
            self._is_arriving, self._began, self._arrived = True, self.loop.time(), len(data)
            if not self._is_watched:
                self._watch(MAX_STALL)
            return True
        return missing == 0 and self._is_answered(answer, data[begins:])

    def _end_wait(self) -> bytes:
        data, self._waits = self._waits, b""
        self._is_held = self._is_arriving = False
        return data

    def on_headers_complete(self) -> None:
        """Ask for what answers a request at once, or start its answer as uvicorn does."""
        self._is_in_head = False
        if self._is_plain():
            path = self.url.decode("ascii")
            own = {"method": "POST", "path": path, "raw_path": self.url, "query_string": b""}
            self._answer = self._prepare({**self.scope, **own})
            self._is_held = self._answer is not None
        if not self._is_held:
            self._start = b""
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._is_held:
            self._body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of a request, and answer it if that was prepared."""
        answer, body, start = self._answer, bytes(self._body), self._start
        self._start = b""
        if answer is None or not self._is_answered(answer, body):
            self._release()
            super().on_message_complete()
            return
        self._is_arriving = False
        self._forget()
        head, _, _ = _parts(start)
        if head:
            if len(self._known) == MOST_KNOWN:
                self._known.clear()
            self._known[head] = answer

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser refused."""
        self._forget()
        super().send_400_response(msg)

    def shutdown(self) -> None:
        """End as uvicorn does: a request that is under way may still be answered."""
        if self._waits:
            super().data_received(self._end_wait())
        self._release()
        super().shutdown()

    def _is_free(self) -> bool:
        """Check that no earlier request is under way, and that an answer can be written."""
        cycle = self.cycle
        is_idle = cycle is None or cycle.response_complete
        return is_idle and not (self.flow.write_paused or self.transport.is_closing())

    def _is_plain(self) -> bool:
        """Recognise a small write that needs nothing of uvicorn's."""
        parser = self.parser
        return (
            parser.get_method() == b"POST"
            and self._is_free()
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and _PLAIN_PATH.fullmatch(self.url) is not None
            and _NOT_PLAIN.isdisjoint(headers := dict(self.headers))
            and int(headers.get(b"content-length", b"-1")) in _SMALL
        )

    def _is_answered(self, answer: Prepared, body: bytes) -> bool:
        try:
            is_answered = answer(body, self._write)
        except Exception:
            log_exception(_log, "a request failed")
            self._refuse(500, "The mock failed; its log says why")
            return True
        if is_answered:
            self.on_response_complete()
        return is_answered

    def _release(self) -> None:
        """Start the answer to a request that was held, as uvicorn does."""
        if self._answer is not None:
            body = bytes(self._body)
            self._forget()
            super().on_headers_complete()
            if body:
                super().on_body(body)

    def _forget(self) -> None:
        self._answer, self._is_held = None, False
        self._body.clear()


class TwilsockProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket protocol, for connections that carry many small frames.

    The application may send without waiting and cut off a client that does not read. A message
    that only acknowledges a frame is dropped on arrival: there are as many as there are frames, so
    most are recognised before they are parsed.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_asked_for = False
        self._to_come: float = 0
        """Bytes until the next frame begins, where that can be known; else infinite."""

    def data_received(self, data: bytes) -> None:
        """Take data; a handshake that makes no sense ends the connection."""
        if self._is_asked_for and self._is_only_acknowledgements(data):
            return
        self._is_asked_for = True  # uvicorn passes on the handshake first, by itself
        try:
            super().data_received(data)
        except UnicodeError:  # a path that is not ASCII
            self.transport.close()
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def _is_only_acknowledgements(self, data: bytes) -> bool:
        """Find where the next frame begins. Returns whether all before can be dropped."""
        at, can_be = self._to_come, self._to_come == 0
        while at < len(data):
            begins = int(at)
            head = data[begins : begins + 14]
            extra = {126: 2, 127: 8}.get(head[1] & 127, 0) if len(head) > 1 else 8
            mask = head[2 + extra : 6 + extra]
            if len(mask) < 4:  # the frame's head is cut off, or it has no mask
                at = inf
                break
            begins += 6 + extra
            at = begins + (int.from_bytes(head[2 : 2 + extra]) if extra else head[1] & 127)
            shown = data[begins : begins + _SHOWN]
            can_be = can_be and head[0] == _WHOLE_BINARY and is_acknowledgement(_xor(shown, mask))
        self._to_come = at - len(data)
        return can_be and at == len(data)

    def handle_connect(self, event: Any) -> None:
        """Start a connection."""
        super().handle_connect(event)
        if self.conn.handshake_exc is None:
            self.scope["extensions"] |= {
                CUT: {"now": partial(_cut, self.transport)},
                SEND: {"now": self._send_now},
            }

    def handle_bytes(self, event: Any) -> None:
        """Handle a message, except an acknowledgement."""
        if not (event.fin and is_acknowledgement(event.data)):
            super().handle_bytes(event)

    def send_receive_event_to_app(self) -> None:
        """Pass a message on; of a text, which no client sends, only that there is one."""
        if self.curr_msg_data_type == "text":
            self.frames = [b""]
        super().send_receive_event_to_app()

    def _send_now(self, data: bytes | str) -> bool:
        """Send a message at once, unless earlier ones wait. Returns whether it was sent."""
        is_open = self.conn.state is State.OPEN and not (self.close_sent or self.disconnected)
        if not (is_open and self.writable.is_set()):
            return False
        self.transport.write(_framed(data))
        return True


def _most_connections() -> int:
    """Bound of open connections: the database and webhooks need files, too."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if files < 0 else min(MAX_CONNECTIONS, files * 4 // 5)


def _cut(transport: asyncio.Transport) -> None:
    if not transport.is_closing():  # else its socket is gone, as its client is
        reset = struct.pack("ii", 1, 0)  # no lingering: the client sees a reset
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    transport.abort()


def _parts(data: bytes) -> tuple[bytes, int, int]:
    """Head of a request but for its body's length, where the body begins, and its length or -1."""
    begins = data.find(b"\r\n\r\n") + 4
    length = _LENGTH.search(data, 0, begins) if begins <= LARGEST_KNOWN else None
    if length is None:
        return b"", 0, -1
    return data[: length.start(1)] + data[length.end(1) : begins], begins, int(length[1])


@lru_cache(maxsize=4)
def _framed(data: bytes | str) -> bytes:
    """Return a message's bytes on the wire: the same to every client that is sent it."""
    if isinstance(data, str):
        return Frame(Opcode.TEXT, data.encode()).serialize(mask=False)
    return Frame(Opcode.BINARY, data).serialize(mask=False)


def _xor(data: bytes, mask: bytes) -> bytes:
    """Return data of a client, which masks all that it sends, as it was; up to `_SHOWN` bytes."""
    size = len(data)
    key = int.from_bytes((mask * (_SHOWN // 4))[:size])
    return (int.from_bytes(data) ^ key).to_bytes(size)


@lru_cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
