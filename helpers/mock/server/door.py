"""The REST door: HTTP requests in, Twilio's answers out.

`https://HOST/path` is reached at `BASE/HOST/path`; a `Host: chat.twilio.com` header with the plain
path works too.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import Executor
from functools import lru_cache

import orjson
from starlette.types import Message, Receive, Scope, Send

from ..errors import TwilioError
from ..rest.http import Reply, Request
from ..sdk import parsed
from .requests import Requests

Handle = Callable[[Request], Reply]
Header = tuple[bytes, bytes]

_log = logging.getLogger(__name__)

LARGEST_BODY = 160 * 1024 * 1024
"""Bytes; a little above the largest file that Twilio's media service documents."""

_TWILIO_HOST = re.compile(r"[a-z0-9.-]+\.twilio\.com\Z")
_ACCESS_TOKEN_USER = "token"  # noqa: S105 - a user name
_FORM = "application/x-www-form-urlencoded"


class RestDoor:
    """An ASGI application that hands each request to `handle` on a worker thread.

    Args:
        handle: Answers a request; may wait, for a webhook's answer say.
        requests: Where every request and answer is remembered.
        workers: Where it runs, so that one that waits holds up nobody else.
    """

    def __init__(self, handle: Handle, requests: Requests, workers: Executor) -> None:
        self._handle = handle
        self._requests = requests
        self._workers = workers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        body = await _body(receive)
        loop = asyncio.get_running_loop()
        start, end = await loop.run_in_executor(self._workers, self._answer, scope, body)
        await send(start)
        await send(end)

    def _answer(self, scope: Scope, body: bytes | None) -> tuple[Message, Message]:
        try:
            request = _request(scope, body)
        except TwilioError as error:
            return _messages(Reply(error.status, error.body()), orjson.dumps(error.body()))
        started = time.perf_counter()
        reply = self._reply(request)
        content = reply.content if reply.json is None else orjson.dumps(reply.json)
        elapsed = (time.perf_counter() - started) * 1000
        self._requests.add(request, reply, content, elapsed)
        return _messages(reply, content)

    def _reply(self, request: Request) -> Reply:
        try:
            return self._handle(request)
        except Exception:  # noqa: BLE001 - the client is told, the log says why
            _log.exception("%s %s%s failed", request.method, request.host, request.path)
            return Reply(500, {"code": 20500, "message": "The mock failed; its log says why"})


async def _body(receive: Receive) -> bytes | None:
    """All of a request's body; None where it is too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        size += len(message.get("body", b""))
        if size <= LARGEST_BODY:
            parts.append(message.get("body", b""))
    return b"".join(parts) if size <= LARGEST_BODY else None


def _request(scope: Scope, body: bytes | None) -> Request:
    if body is None:
        raise TwilioError(50512, f"The body is larger than {LARGEST_BODY} bytes")
    headers = {_usual(name): value.decode("latin-1") for name, value in scope["headers"]}
    host, path = _address(headers.get("Host", ""), scope["raw_path"].decode("latin-1"))
    content_type = headers.get("Content-Type", _FORM)
    is_form = content_type.startswith(_FORM)
    query = scope["query_string"]
    return Request(
        method=scope["method"],
        host=host,
        path=path,
        query=parsed(query.decode("latin-1")) if query else {},
        form=parsed(body.decode("utf-8", "surrogateescape")) if is_form and body else {},
        headers=headers,
        auth=_credentials(headers),
        is_form="json" not in content_type,
        body=b"" if is_form else body,
    )


@lru_cache(maxsize=512)
def _usual(name: bytes) -> str:
    """`b"x-twilio-webhook-enabled"` -> `X-Twilio-Webhook-Enabled`."""
    return "-".join(part.capitalize() for part in name.decode("latin-1").split("-"))


def _address(host: str, path: str) -> tuple[str, str]:
    """The host a request is for and the path there."""
    named = host.partition(":")[0]
    if _TWILIO_HOST.match(named):
        return named, path
    first, _, rest = path.lstrip("/").partition("/")
    if _TWILIO_HOST.match(first):
        return first, f"/{rest}"
    raise TwilioError(
        20404,
        f"{path} names no host of Twilio's. https://chat.twilio.com/v2/Services is reached at"
        f" http://{host}/chat.twilio.com/v2/Services, and what this account holds is shown at"
        f" http://{host}/",
    )


def _credentials(headers: dict[str, str]) -> tuple[str, str] | None:
    """Basic auth, or the access token that Twilio's media client sends in a header of its own."""
    token = headers.get("X-Twilio-Token")
    if token is not None:
        return _ACCESS_TOKEN_USER, token
    return credentials_of(headers.get("Authorization", ""))


def credentials_of(authorization: str) -> tuple[str, str] | None:
    """User name and password of a basic `Authorization` header; None where it is none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def _messages(reply: Reply, content: bytes) -> tuple[Message, Message]:
    headers: list[Header] = [(b"content-length", str(len(content)).encode())]
    if reply.json is not None:
        headers.append((b"content-type", b"application/json"))
    headers += [
        (name.lower().encode("latin-1"), str(value).encode("latin-1"))
        for name, value in reply.headers.items()
    ]
    return (
        {"type": "http.response.start", "status": reply.status, "headers": headers},
        {"type": "http.response.body", "body": content},
    )
