"""Twilio's REST APIs over HTTP, as an ASGI application.

`https://HOST/path` is reached at `BASE/HOST/path`; a `Host: chat.twilio.com` header with the plain
path works too.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar

import orjson
from starlette.types import Message, Receive, Scope, Send

from ...masking import log_exception
from ..core.bounds import MAX_FORM, MAX_MEDIA, MAX_UNDER_WAY, RETRY_AFTER, SMALL_BODY
from ..core.database import DatabaseClosed
from ..core.errors import TwilioError
from ..faults import Faults, Match
from ..http_client import Handle
from ..realtime.connection import CUT, LEFT, base_of
from ..rest.http import (
    FORM,
    TOKEN_USER,
    ClientGone,
    Reply,
    Request,
    credentials_in,
    header_name,
    read_request,
)
from .body import BodyCut, BodyReader
from .request_log import ServedRequests

Header = tuple[bytes, bytes]
Answer = tuple[Message, Message]
"""The messages of a response, its start and its body."""
Prepared = Callable[[bytes, Callable[[Answer], None]], bool]
"""Takes a body; writes the answer before it returns True, or leaves the request to others."""
Prepare = Callable[[Scope], Prepared | None]
T = TypeVar("T")

_log = logging.getLogger(__name__)

MAX_WAIT = 300.0
"""Seconds after which a request that a fault leaves without an answer is cut off."""
_UNANSWERED = Reply(0)
_STOPPED = TwilioError(
    20503, "The mock is stopping; a request that was under way may have had its effect or not"
)
_STOPPING = Reply(_STOPPED.status, _STOPPED.body())
_THRONG = TwilioError(20429, f"More than {MAX_UNDER_WAY} requests are under way")
_THRONGED = Reply(_THRONG.status, _THRONG.body(), {"Retry-After": str(RETRY_AFTER)})
ANSWERED = "mock.answered"
"""The calls to make once a request's answer has been written, in its scope's extensions."""
_NO_PAGE: tuple[Header, ...] = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
)
"""Headers of uploaded files: a page among them must not run as one of the mock's own."""

_CHAT_USER = re.compile(rb"(?i:basic)\s+" + re.escape(base64.b64encode(f"{TOKEN_USER}:".encode())))
_TWILIO_HOST = re.compile(r"[a-z0-9.-]{1,240}\.twilio\.com\Z")


class RestApp:
    """An ASGI application that has each request answered on a worker thread.

    Args:
        handle: Answers a request; may wait, for example for a webhook's answer.
        authenticate: Checks user name and password, and raises a `TwilioError` for wrong ones.
        faults: The faults that requests meet.
        requests: The log of requests and answers.
        workers: Threads for requests, so that one that waits does not block others.
        readers: Threads for requests that only read, which wait for no webhook.
        at_once: Whether small writes with the account's credentials are answered on the event
            loop itself, which saves two changes of thread. Right where they wait for nothing: no
            disk, and no function of this process.
    """

    def __init__(
        self,
        handle: Handle,
        authenticate: Callable[[tuple[str, str] | None], object],
        faults: Faults,
        requests: ServedRequests,
        workers: Executor,
        readers: Executor,
        *,
        at_once: bool = False,
    ) -> None:
        self._handle = handle
        self._authenticate = authenticate
        self._faults = faults
        self._requests = requests
        self._workers = workers
        self._readers = readers
        self._at_once = at_once
        self._stopping = asyncio.Event()
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, even a cancelled one: the server stops and waits no longer.

        One whose body is cut off is dropped, as is one whose client left before it was carried out;
        one too many is refused.
        """
        if self._under_way >= MAX_UNDER_WAY:
            for message in answer_of(_THRONGED, _content(_THRONGED)):
                await send(message)
            return
        answered: list[Callable[[], None]] = []
        scope["extensions"][ANSWERED] = answered
        try:
            await self._respond(scope, receive, send)
        finally:
            for call in answered:
                call()

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Answer | _FaultyRequest | None
        self._under_way += 1
        try:
            body = BodyReader(receive)
            if await body.read(SMALL_BODY):
                if self._at_once and _is_quick(scope):
                    answer = self._answer(scope, body.content)
                else:
                    threads = self._readers if scope["method"] == "GET" else self._workers
                    answer = await _on(threads, self._answer, scope, body.content)
            else:
                answer = await self._answer_large(scope, body)
            if isinstance(answer, _FaultyRequest):
                answer = await self._apply_fault(answer, scope, receive)
        except BodyCut:
            return
        except ClientGone:
            await _disconnected(receive)  # uvicorn would answer for an application that returns
            return
        except asyncio.CancelledError:
            answer = answer_of(_STOPPING, _content(_STOPPING))
        finally:
            self._under_way -= 1
        for message in answer or ():
            await send(message)

    async def _answer_large(self, scope: Scope, body: BodyReader) -> Answer | _FaultyRequest:
        """Answer a request with a large body, which is read only if credentials and size allow."""
        started = time.perf_counter()
        request = Request(scope["method"], "", "")
        try:
            headers, host, path = _head(scope)
            auth = credentials_in(headers)
            request = Request(scope["method"], host, path, headers=headers, auth=auth)
            await self._in_worker(self._authenticate, auth)
            is_form = headers.get("Content-Type", FORM).lower().startswith(FORM)
            is_file = host.startswith("mcs.") and not is_form
            limit = MAX_MEDIA if is_file else MAX_FORM
            if await body.read(limit):
                return await self._in_worker(self._answer, scope, body.content)
            message = f"The body is larger than {limit} bytes"
            code = 50512 if is_file else 413  # the latter is not a Twilio code
            reply = Reply(413, {"code": code, "message": message, "status": 413})
        except TwilioError as error:
            reply = Reply(error.status, error.body())
        await body.discard(scope)
        return self._logged(request, reply, started)

    def stop(self) -> None:
        """End every wait that a fault causes; on the event loop."""
        self._stopping.set()

    async def _in_worker(self, work: Callable[..., T], *arguments: Any) -> T:
        return await _on(self._workers, work, *arguments)

    def prepare(self, scope: Scope) -> Prepared | None:
        """Return what answers small writes with this head at once; None for what may wait."""
        if not _is_quick(scope):
            return None
        try:
            headers, host, path = _head(scope)
        except TwilioError:
            return None
        base = base_of(scope, headers.get("Host", ""))
        headers.pop("Content-Length", None)  # another for each
        read = partial(read_request, "POST", host, path, "", headers, base=base)

        def answer(body: bytes, write: Callable[[Answer], None]) -> bool:
            if len(body) > SMALL_BODY or self._faults.armed or self._under_way >= MAX_UNDER_WAY:
                return False
            request = read(body=body)
            try:
                write(self._carry_out(request))
            finally:
                for call in request.when_answered:
                    call()
            return True

        return answer

    def _answer(self, scope: Scope, body: bytes) -> Answer | _FaultyRequest:
        try:
            request = _request(scope, body, scope["extensions"][ANSWERED])
        except TwilioError as error:
            return _refusal(error)
        match = self._faults.meet(request)
        if match is None:
            request.has_left = scope["extensions"][LEFT]["now"]
            return self._carry_out(request)
        return _FaultyRequest(
            match, request, self._reply(request) if match.phase == "after" else None
        )

    def _carry_out(self, request: Request) -> Answer:
        started = time.perf_counter()
        return self._logged(request, self._reply(request), started)

    def _logged(self, request: Request, reply: Reply, started: float) -> Answer:
        content = _content(reply)
        self._requests.add(request, reply, content, (time.perf_counter() - started) * 1000)
        return answer_of(reply, content)

    def _reply(self, request: Request) -> Reply:
        try:
            return self._handle(request)
        except DatabaseClosed:
            return _STOPPING
        except ClientGone:
            self._requests.add(request, _UNANSWERED, b"", 0)
            raise
        except Exception:
            log_exception(_log, "%s %s%s failed", request.method, request.host, request.path)
            return Reply(500, {"code": 20500, "message": "The mock failed; its log says why"})

    async def _apply_fault(
        self, faulty: _FaultyRequest, scope: Scope, receive: Receive
    ) -> Answer | None:
        """Apply a fault; None where the client gets no answer, or did not wait for one."""
        match, request, reply = faulty.match, faulty.request, faulty.reply
        gone = asyncio.ensure_future(_disconnected(receive))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            delay = MAX_WAIT if match.drop == "timeout" else match.delay
            await asyncio.wait((gone, stopping), timeout=delay, return_when=asyncio.FIRST_COMPLETED)
            is_gone = gone.done()
            if reply is None and match.is_only_late:
                reply = await self._in_worker(self._reply, request)
            reply = match.reply or reply
            if reply is not None and match.drop is None:
                answer = await self._in_worker(self._logged, request, reply, time.perf_counter())
                return None if is_gone else answer
            self._requests.add(request, _UNANSWERED, b"", 0)
            if not is_gone:
                scope["extensions"][CUT]["now"]()
                await gone  # uvicorn would answer for an application that returns before
            return None
        finally:
            gone.cancel()
            stopping.cancel()


async def _on(threads: Executor, work: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, work, *arguments)


def _is_quick(scope: Scope) -> bool:
    """Recognise a write that waits for no pre-event webhook, as a chat user's may."""
    if scope["method"] != "POST":
        return False
    for name, value in scope["headers"]:
        if name == b"x-twilio-token" or (name == b"authorization" and _CHAT_USER.match(value)):
            return False
    return True


async def _disconnected(receive: Receive) -> None:
    """Wait until the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


@dataclass(slots=True)
class _FaultyRequest:
    """A request that met a fault, and the account's reply if it had its effect."""

    match: Match
    request: Request
    reply: Reply | None


@lru_cache(maxsize=512)
def _spelled(name: bytes) -> str:
    return header_name(name.decode("latin-1"))


def _head(scope: Scope) -> tuple[dict[str, str], str, str]:
    """Headers, host and path of a request."""
    headers = {_spelled(name): value.decode("latin-1") for name, value in scope["headers"]}
    return headers, *_address(headers.get("Host", ""), scope["raw_path"].decode("latin-1"))


def _request(scope: Scope, body: bytes, answered: list[Callable[[], None]]) -> Request:
    headers, host, path = _head(scope)
    base = base_of(scope, headers.get("Host", ""))
    query = scope["query_string"].decode("latin-1")
    request = read_request(scope["method"], host, path, query, headers, body, base)
    request.when_answered = answered
    return request


def _address(host: str, path: str) -> tuple[str, str]:
    """The Twilio host of a request, and the path there."""
    named = host.partition(":")[0]
    if _TWILIO_HOST.match(named):
        return named, path
    first, _, rest = path.lstrip("/").partition("/")
    if _TWILIO_HOST.match(first):
        return first, f"/{rest}"
    raise TwilioError(
        20404,
        f"{path} names no host of Twilio's. https://chat.twilio.com/v2/Services is reached at"
        f" http://{host}/chat.twilio.com/v2/Services, and this account's contents are shown at"
        f" http://{host}/",
    )


def _content(reply: Reply) -> bytes:
    return reply.content if reply.json is None else orjson.dumps(reply.json)


@lru_cache(maxsize=64)
def _lower(name: str) -> bytes:
    return name.lower().encode("latin-1")


def _refusal(error: TwilioError) -> Answer:
    reply = Reply(error.status, error.body())
    return answer_of(reply, _content(reply))


def answer_of(reply: Reply, content: bytes) -> Answer:
    """Return the messages of a reply whose content is encoded."""
    headers: list[Header] = [(b"content-length", b"%d" % len(content))]
    if reply.json is None and content:
        headers += _NO_PAGE
    headers += [
        (_lower(name), str(value).encode("latin-1")) for name, value in reply.all_headers().items()
    ]
    return (
        {"type": "http.response.start", "status": reply.status, "headers": headers},
        {"type": "http.response.body", "body": content},
    )
