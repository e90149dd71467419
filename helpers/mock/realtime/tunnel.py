"""Requests inside Twilsock frames: taken apart, answered by the account's application, put back.

Nothing is decided here. A request becomes one of the REST dialects' own, so that permissions, error
codes and pre-event webhooks are the same by every door.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..core.context import Actor
from ..core.errors import TwilioError
from ..core.parameters import form_name
from ..rest.application import Application
from ..rest.collection import Operation
from ..rest.http import Reply, Request
from ..rest.router import OperationRouter
from .conversations import HOST
from .notices import Frame, FrameError, encode

_log = logging.getLogger(__name__)
_FORM = "application/x-www-form-urlencoded"
_NULLABLE = frozenset({"last_consumed_message_index", "last_read_message_index"})
"""What a client clears by sending null; elsewhere null is what was left out."""


@dataclass(frozen=True, slots=True)
class TunnelRequest:
    """What a client asks for inside a frame."""

    method: str
    path: str
    query: Mapping[str, str | list[str]]
    body: Mapping[str, Any] = field(repr=False)


def read(frame: Frame) -> TunnelRequest:
    """The request a frame carries.

    Raises:
        FrameError: It carries none.
    """
    http = frame.header.get("http_request")
    if not isinstance(http, dict):
        raise FrameError("a message without http_request")
    method, path, params = http.get("method"), http.get("path"), http.get("params") or {}
    if not (isinstance(method, str) and isinstance(path, str) and isinstance(params, dict)):
        raise FrameError("http_request needs method, path and params")
    query = {name: _decoded(value) for name, value in params.items()}
    return TunnelRequest(method.upper(), path, query, _body(frame))


def _decoded(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [unquote(str(each)) for each in value]
    return unquote(str(value))


def _body(frame: Frame) -> Mapping[str, Any]:
    if str(frame.header.get("payload_type", "")).startswith(_FORM):
        return dict(parse_qsl(frame.payload.decode("utf-8", "replace"), keep_blank_values=True))
    body = frame.json()
    return body if isinstance(body, dict) else {}


OnRequest = Callable[[Request, Reply, float], None]
"""Hears of a request, its answer, and how many milliseconds that took."""


class Tunnel:
    """Answers requests that come through a connection.

    Attributes:
        told: Hears of every request that was answered.
    """

    def __init__(self, application: Application, operations: Iterable[Operation]) -> None:
        self._application = application
        self._router = OperationRouter(operations, complete=())
        self.told: OnRequest = lambda request, reply, milliseconds: None

    def answer(self, actor: Actor, asked: TunnelRequest, base: str) -> Reply:
        """Answer as the REST application would; every refusal is Twilio's error document.

        `base` is where the client reaches this server over HTTP.
        """
        request = Request(
            method=asked.method,
            host=HOST,
            path=asked.path,
            query=asked.query,
            form=_form(asked.body),
            base=base,
        )
        started = time.perf_counter()
        reply = refusing(lambda: self._perform(actor, request))
        self.told(request, reply, (time.perf_counter() - started) * 1000)
        return reply

    def _perform(self, actor: Actor, request: Request) -> Reply:
        operation, arguments = self._router.find(request.method, HOST, request.path)
        return self._application.perform(actor, operation, arguments, request)


def refusing(act: Callable[[], Reply]) -> Reply:
    """What `act` answers, or its refusal."""
    try:
        return act()
    except TwilioError as error:
        return Reply(error.status, error.body())
    except Exception:  # the client gets a 500, the log the reason
        _log.exception("a request through a realtime connection failed")
        return Reply(500, {"code": 20500, "message": "The mock failed; its log says why"})


def _form(body: Mapping[str, Any]) -> dict[str, Any]:
    """`{"last_read_message_index": 3}` -> `{"LastReadMessageIndex": 3}`."""
    return {
        form_name(name) if name[:1].islower() else name: value
        for name, value in body.items()
        if value is not None or name in _NULLABLE
    }


def answered(frame_id: Any, reply: Reply) -> bytes:
    """The frame that answers a request; the outer status says only that it was taken."""
    header = {
        "method": "reply",
        "id": frame_id,
        "status": {"code": 200, "status": "OK"},
        "http_status": {"code": reply.status, "status": HTTPStatus(reply.status).name},
        "http_headers": {"Content-Type": "application/json"},
    }
    return encode(header, reply.json)
