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
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from starlette.types import Message, Receive, Scope, Send

from ..core.database import DatabaseClosed
from ..core.errors import TwilioError
from ..faults import Faults, Match
from ..http_client import parsed
from ..rest.http import Reply, Request
from .request_log import ServedRequests

Handle = Callable[[Request], Reply]
Header = tuple[bytes, bytes]
Answer = tuple[Message, Message]
T = TypeVar("T")

_log = logging.getLogger(__name__)

LARGEST_BODY = 160 * 1024 * 1024
"""Bytes; a little above the largest file that Twilio's media service documents."""

SMALL = 64 * 1024
"""Bytes of a body that takes no time worth mentioning to read."""
LONGEST_WAIT = 300.0
"""Seconds after which a request that a fault leaves without an answer is cut off."""
CUT = "mock.cut"
"""The ASGI extension that cuts a connection off."""
_UNANSWERED = Reply(0)
_STOPPING = TwilioError(
    20503, "The mock is stopping; a request that was under way may have had its effect or not"
)
_NO_PAGE: tuple[Header, ...] = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
)
"""Sent with what users upload: a page among it must not run as one of the mock's own, which may
pull the levers."""

_ACCESS_TOKEN_USER = "token"  # noqa: S105 - a user name
_CHAT_USER = re.compile(
    rb"(?i:basic)\s+" + re.escape(base64.b64encode(f"{_ACCESS_TOKEN_USER}:".encode()))
)
_TWILIO_HOST = re.compile(r"[a-z0-9.-]+\.twilio\.com\Z")
_FORM = "application/x-www-form-urlencoded"


class RestApp:
    """An ASGI application that has each request answered on a worker thread.

    Args:
        handle: Answers a request; may wait, for a webhook's answer say.
        faults: Which calls go wrong, and how.
        requests: Where every request and answer is remembered.
        workers: Where requests are answered, so that one that waits holds up nobody else.
        at_once: Whether small writes with the account's credentials are answered on the event
            loop itself, which saves two changes of thread. Right where they wait for nothing: no
            disk, and nobody in this process whom they would call.
    """

    def __init__(
        self,
        handle: Handle,
        faults: Faults,
        requests: ServedRequests,
        workers: Executor,
        *,
        at_once: bool = False,
    ) -> None:
        self._handle = handle
        self._faults = faults
        self._requests = requests
        self._workers = workers
        self._at_once = at_once
        self._leaving = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, cancelled ones too: the server stops and waits no longer."""
        said: Answer | _MatchedFaults | None
        try:
            body = await _body(receive)
            if self._at_once and _is_quick(scope, body):
                said = self._answer(scope, body)
            else:
                said = await self._off_the_loop(self._answer, scope, body)
            if isinstance(said, _MatchedFaults):
                said = await self._strike(said, scope, receive)
        except asyncio.CancelledError:
            said = _refusal(_STOPPING)
        for message in said or ():
            await send(message)

    def leave(self) -> None:
        """Keep nobody waiting on behalf of a fault any more; called on the event loop."""
        self._leaving.set()

    async def _off_the_loop(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work, *arguments)

    def _answer(self, scope: Scope, body: bytes | None) -> Answer | _MatchedFaults:
        try:
            request = _request(scope, body)
        except TwilioError as error:
            return _refusal(error)
        met = self._faults.meet(request)
        if met is None:
            return self._logged(request, self._reply)
        return _MatchedFaults(met, request, self._reply(request) if met.phase == "after" else None)

    def _logged(self, request: Request, answer: Callable[[Request], Reply]) -> Answer:
        started = time.perf_counter()
        reply = answer(request)
        content = reply.content if reply.json is None else orjson.dumps(reply.json)
        self._requests.add(request, reply, content, (time.perf_counter() - started) * 1000)
        return _messages(reply, content)

    def _reply(self, request: Request) -> Reply:
        try:
            return self._handle(request)
        except DatabaseClosed:
            return Reply(_STOPPING.status, _STOPPING.body())
        except Exception:  # the client gets a 500, the log the reason
            _log.exception("%s %s%s failed", request.method, request.host, request.path)
            return Reply(500, {"code": 20500, "message": "The mock failed; its log says why"})

    async def _strike(
        self, struck: _MatchedFaults, scope: Scope, receive: Receive
    ) -> Answer | None:
        """Carry a fault out; None where the client gets no answer, or has not waited for one."""
        met, answered = struck.met, struck.answered
        gone = asyncio.ensure_future(_gone(receive))
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            delay = LONGEST_WAIT if met.drop == "timeout" else met.delay
            await asyncio.wait((gone, leaving), timeout=delay, return_when=asyncio.FIRST_COMPLETED)
            is_gone = gone.done()
            if answered is None and met.is_only_late:
                answered = await self._off_the_loop(self._reply, struck.request)
            reply = met.reply or answered
            if reply is not None and met.drop is None:
                said = await self._off_the_loop(self._logged, struck.request, lambda _: reply)
                return None if is_gone else said
            self._requests.add(struck.request, _UNANSWERED, b"", 0)
            if not is_gone:
                scope["extensions"][CUT]["now"]()
                await gone  # uvicorn would answer for an application that leaves before
            return None
        finally:
            gone.cancel()
            leaving.cancel()


def _is_quick(scope: Scope, body: bytes | None) -> bool:
    """Whether a request is a small write that asks no webhook first, as a chat user's might."""
    if scope["method"] != "POST" or body is None or len(body) > SMALL:
        return False
    return not any(
        name == b"x-twilio-token" or (name == b"authorization" and _CHAT_USER.match(value))
        for name, value in scope["headers"]
    )


async def _gone(receive: Receive) -> None:
    """Come back once the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


@dataclass(slots=True)
class _MatchedFaults:
    """A request that met a fault, and what the account answered if it had its effect."""

    met: Match
    request: Request
    answered: Reply | None


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
        base=f"{scope['scheme']}://{headers.get('Host', '')}",
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


def _refusal(error: TwilioError) -> Answer:
    return _messages(Reply(error.status, error.body()), orjson.dumps(error.body()))


def _messages(reply: Reply, content: bytes) -> Answer:
    headers: list[Header] = [(b"content-length", str(len(content)).encode())]
    if reply.json is not None:
        headers.append((b"content-type", b"application/json"))
    elif content:
        headers += _NO_PAGE
    headers += [
        (name.lower().encode("latin-1"), str(value).encode("latin-1"))
        for name, value in reply.headers.items()
    ]
    return (
        {"type": "http.response.start", "status": reply.status, "headers": headers},
        {"type": "http.response.body", "body": content},
    )
