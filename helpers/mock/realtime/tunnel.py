"""Requests inside Twilsock frames: read, answered by the account's application, put back.

A request becomes one of the REST dialects' own, so that permissions, error codes and pre-event
webhooks are the same as over HTTP.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from ...masking import log_exception
from ..core.context import Actor
from ..core.database import DatabaseClosed
from ..core.errors import TwilioError
from ..core.parameters import form_name
from ..rest.application import Application
from ..rest.collection import Operation
from ..rest.http import Reply, Request
from ..rest.router import OperationRouter
from . import notices
from .conversations import HOST
from .notices import Frame, FrameError

_log = logging.getLogger(__name__)
_NULLABLE = frozenset({"last_consumed_message_index", "last_read_message_index"})
"""Parameters that a client clears by sending null; any other null stands for an absent one."""


def read(frame: Frame, base: str) -> Request:
    """The request a frame carries, or FrameError; over HTTP its client is served at `base`."""
    http = frame.header.get("http_request")
    if not isinstance(http, dict):
        raise FrameError("a message without http_request")
    method, path, params = http.get("method"), http.get("path"), http.get("params") or {}
    if not (isinstance(method, str) and isinstance(path, str) and isinstance(params, dict)):
        raise FrameError("http_request needs method, path and params")
    form = {
        form_name(name) if name[:1].islower() else name: value
        for name, value in read_body(frame).items()
        if value is not None or name in _NULLABLE
    }
    query: dict[str, str | list[str]] = {
        name: [unquote(str(each)) for each in value]
        if isinstance(value, list)
        else unquote(str(value))
        for name, value in params.items()
    }
    return Request(method.upper(), HOST, path, query, form, base=base)


def read_body(frame: Frame) -> Mapping[str, Any]:
    """The parameters in a frame's payload, with the client's own names."""
    payload_type = str(frame.header.get("payload_type", ""))
    if payload_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(frame.payload.decode("utf-8", "replace"), keep_blank_values=True))
    body = frame.json()
    return body if isinstance(body, dict) else {}


OnRequest = Callable[[Request, Reply, bytes, float], None]
"""Takes a request, its answer, the answer's JSON as bytes, and the milliseconds it took."""


class Tunnel:
    """Answers requests that come through a connection, and calls `on_request` for each."""

    def __init__(self, application: Application, operations: Iterable[Operation]) -> None:
        self._application = application
        self._router = OperationRouter(operations, complete=())
        self.on_request: OnRequest = lambda request, reply, content, milliseconds: None

    def answer(self, actor: Actor, frame: Frame, request: Request) -> bytes:
        """Return the frame of the answer to a request."""
        reply, content = self.perform(actor, request)
        return answer_frame(frame, reply.status, content)

    def perform(self, actor: Actor, request: Request) -> tuple[Reply, bytes]:
        """Answer as the REST application would; every refusal is Twilio's error document."""
        started = time.perf_counter()
        try:
            operation, arguments = self._router.find(request.method, HOST, request.path)
            reply = self._application.perform(actor, operation, arguments, request)
        except TwilioError as error:
            reply = Reply(error.status, error.body())
        except DatabaseClosed:
            stopping = TwilioError(20503, "The mock is stopping; it answers when it runs again")
            reply = Reply(stopping.status, stopping.body())
        except Exception:
            log_exception(_log, "a request through a realtime connection failed")
            reply = Reply(500, {"code": 20500, "message": "The mock failed; its log says why"})
        content = b"" if reply.json is None else orjson.dumps(reply.json)
        self.on_request(request, reply, content, (time.perf_counter() - started) * 1000)
        return reply, content


def answer_frame(frame: Frame, status: int, content: bytes) -> bytes:
    """The frame that answers a request; the outer status only confirms its receipt."""
    return notices.reply(
        frame,
        200,
        content or None,
        http_status=notices.status_of(status),
        http_headers={"Content-Type": "application/json"},
    )
