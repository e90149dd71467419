"""The server's application: composes its parts by path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...json_object import json_object
from ...masking import mask
from ...request_log import LoggedRequest
from .. import MockTwilio
from ..core.errors import TwilioError
from ..realtime.endpoint import PATH as REALTIME_PATH
from ..realtime.event_bridge import PATH as BRIDGE_PATH
from ..rest import flex_users, iam_v1
from ..rest.http import MOCK_HEADER, TOKEN_USER, Reply, credentials_of
from .actions import Actions
from .body import BoundedBody
from .chat_page.page import ON_CHAT, ON_CONVERSATIONS, ChatPage, web_chat_routes
from .control import Control
from .frame_door import PREFIX, READY, FrameDoor, ready
from .front_ends.page import FRONT_ENDS, FrontEndPage
from .inspector import Pages
from .inspector.exports import Exports
from .inspector.sse import ChangeStream
from .inspector.state import StateApi
from .origin_check import (
    CHALLENGE,
    LOOPBACK_ORIGIN,
    OriginCheck,
    Origins,
    PageHeaders,
    is_loopback,
    name_of,
)
from .request_log import LogEntry, ServedRequests
from .rest_app import Prepared, RestApp

_FOR_BROWSERS = re.compile(
    r"/(mcs\.([a-z0-9-]+\.)*twilio\.com/|flex-api\.twilio\.com/v[12]/Web(Channels|Chats)\b)"
)
"""Media and web channels: what Twilio's own JavaScript calls over HTTP from a page."""
_FROM_ELSEWHERE = (
    "From another machine this needs the account's credentials (account SID and auth token, as"
    " basic auth)"
)
_MARK = (MOCK_HEADER.lower().encode(), b"flex-chat-lab")
WEB_CHATS_PATH = "/webchats"
"""Server of `twilio-webchat-react-app`: the page's `REACT_APP_SERVER_URL` leads to it."""
REDIRECT_PATH = "/redirect.js"
"""Script that leads a page's requests for Twilio's hosts here; holds nothing of the account."""
_REDIRECT = Path(__file__).with_name("redirect.js")
_FRESH = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_EVENT_BRIDGE = re.compile(rf"/event-bridge(\.[a-z0-9-]+)*\.twilio\.com{BRIDGE_PATH}")
WORKERS, READERS = 48, 8
"""Requests under way at once; more wait. One may wait for a webhook's answer for seconds."""


_FOR_VISITORS = (f"/{iam_v1.HOST}/", *(each.path for each in FRONT_ENDS))
CHAT_PATHS = (ON_CHAT.path, ON_CONVERSATIONS.path)
PAGE_PATHS = (*CHAT_PATHS, WEB_CHATS_PATH, *(each.path for each in FRONT_ENDS))
_OWN_PATHS = ("/", *PAGE_PATHS, REDIRECT_PATH)
_OWN_STARTS = (PREFIX, "/_mock", *(f"{page}/" for page in PAGE_PATHS), REALTIME_PATH)


class ServerApp:
    """One mock account as an ASGI application.

    Requests for Twilio's hosts go straight to the REST application, past everything else, for
    speed.

    Args:
        mock: The account.
        at_once: Whether small writes are answered on the event loop itself, as by `RestApp`.
        chat_sdk: A copy of Twilio's Chat SDK, as `ChatPage` takes it.
        allow_origins: Origins of pages that may use the account, besides those of this machine.
        is_open: Whether other machines reach it.

    Raises:
        NoSuchCopy: A copy was named that does not exist.
        ValueError: One of the origins is none.
    """

    def __init__(
        self,
        mock: MockTwilio,
        *,
        at_once: bool,
        chat_sdk: str | os.PathLike[str] | None = None,
        allow_origins: Iterable[str] = (),
        is_open: bool = False,
    ) -> None:
        self._origins = Origins(allow_origins)
        self._mock = mock
        self._is_open = is_open
        chat_page = ChatPage(ON_CHAT, mock, self._origins, chat_sdk)
        conversations_page = ChatPage(ON_CONVERSATIONS, mock, self._origins)
        self.frames = FrameDoor(
            (REDIRECT_PATH, REALTIME_PATH, *(f"{each.path}/" for each in FRONT_ENDS))
        )
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="mock-request")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="mock-read")
        requests = ServedRequests(mock.clock)
        threads = self._workers, self._readers
        self._rest = RestApp(
            mock.handle, mock.authenticate, mock.faults, requests, *threads, at_once=at_once
        )
        requests.follow(lambda entry: mock.requests.add(partial(_logged, entry)))
        mock.realtime.on_request(partial(requests.add, by_chat_sdk=True))
        allowed: dict[str, Any] = {
            "allow_methods": ["GET", "POST", "DELETE"],
            "allow_headers": ["*"],
            "allow_private_network": True,
        }
        self._rest_for_pages = CORSMiddleware(
            self._rest,
            allow_origins=self._origins.named,
            allow_origin_regex=LOOPBACK_ORIGIN,
            **allowed,
        )
        self._rest_for_flex_ui = CORSMiddleware(
            self._rest,
            allow_origins=self._origins.named,
            allow_origin_regex=LOOPBACK_ORIGIN,
            allow_credentials=True,
            **allowed,
        )
        self._rest_for_browsers = CORSMiddleware(self._rest, allow_origins=["*"], **allowed)
        self._changes = ChangeStream(mock, requests)
        inspector, control = Pages(), Control(mock, requests)
        own = Router(
            routes=[
                *control.routes,
                *Actions(mock, control).routes,
                *StateApi(mock, requests, lambda: control.done).routes,
                *Exports(mock, requests).routes,
                *self._changes.routes,
                Mount("/inspector", inspector),
            ]
        )
        self._pages = Starlette(
            routes=[
                Mount(ON_CHAT.path, routes=chat_page.routes),
                Mount(ON_CONVERSATIONS.path, routes=conversations_page.routes),
                Mount(WEB_CHATS_PATH, routes=web_chat_routes(mock, self._origins)),
                *(Mount(each.path, routes=FrontEndPage(each, mock).routes) for each in FRONT_ENDS),
                WebSocketRoute(REALTIME_PATH, mock.realtime),
                Route(REDIRECT_PATH, lambda request: FileResponse(_REDIRECT, headers=_FRESH)),
                Mount("/_mock", OriginCheck(BoundedBody(own), mock.credentials)),
                Route("/", OriginCheck(inspector, mock.credentials)),
            ],
            exception_handlers={HTTPException: _refused},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on to the part it is for, unless a foreign page may have made it."""
        if scope["path"].startswith(PREFIX):
            led = self.frames.led(scope)
            if led is not None and led["path"] == READY:
                await ready()(scope, receive, send)
                return
            scope = led or scope
        if scope["type"] != "http":
            await self._connect(scope, receive, send)
            return
        page = PageHeaders(scope["headers"])
        if page.has_valid_host and _is_twilios(page):
            send = _marked(send)
        await self._part_for(scope, page)(scope, receive, send)

    def prepare(self, scope: Scope) -> Prepared | None:
        """Return what answers requests with this head past everything else, if `RestApp` can."""
        page = PageHeaders(scope["headers"])
        if self._part_for(scope, page) is not self._rest or _is_twilios(page):
            return None
        return self._rest.prepare(scope)

    def _part_for(self, scope: Scope, page: PageHeaders) -> ASGIApp:
        """Return what answers a request; a refusal where a foreign page may have made it."""
        if not page.has_valid_host:
            return _refuse(400, "The Host header names no host")
        is_own = _is_own_path(scope["path"])
        if page.origins and not is_own and _is_for_browsers(HTTPConnection(scope)):
            return self._rest_for_browsers
        if refusal := self._refusal(scope, page, is_own=is_own):
            return refusal
        if is_own:
            return self._pages
        if not page.origins:
            return self._rest
        is_flex_ui = scope["path"].startswith(f"/{flex_users.FLEX}/")  # sends its cookies along
        return self._rest_for_flex_ui if is_flex_ui else self._rest_for_pages

    def _refusal(self, scope: Scope, page: PageHeaders, *, is_own: bool) -> Response | None:
        refusal = self._origins.refusal(page, scope["method"], is_open=self._is_open)
        if refusal and not (is_own and _is_file_of_page(scope)):
            return _refuse(403, refusal)
        if (
            self._is_open
            and _is_for_visitors(page, scope["path"])
            and not self._is_near(scope, page.hosts[0])
        ):
            return _refuse(401, _FROM_ELSEWHERE)
        return None

    def _is_near(self, scope: Scope, host: str) -> bool:
        """Check that a request comes from this machine, or has the account's credentials.

        A foreign name may have been made to lead here (DNS rebinding), so it proves nothing.
        """
        given = credentials_of(HTTPConnection(scope).headers.get("authorization", ""))
        return (is_loopback(scope["client"][0]) and not self._origins.is_foreign_name(host)) or (
            given is not None and self._mock.credentials.open(*given)
        )

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a WebSocket on; a worker's only if no foreign page may have opened it."""
        page = PageHeaders(scope["headers"])
        host = page.hosts[0].partition(":")[0] if page.has_valid_host else ""
        if not any(map(_EVENT_BRIDGE.fullmatch, (scope["path"], f"/{host}{scope['path']}"))):
            await self._pages(scope, receive, send)
        elif host and not self._origins.refusal(page, "GET", is_open=self._is_open):
            await self._mock.event_bridge(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})  # refused with 403

    def stop(self) -> None:
        """End every endless response; called when the server stops."""
        self._rest.stop()
        self._changes.end()

    def close(self) -> None:
        """End the workers, each after its current request."""
        for threads in (self._workers, self._readers):
            threads.shutdown(wait=False, cancel_futures=True)


def _is_twilios(page: PageHeaders) -> bool:
    """Recognise a request whose client may believe that Twilio answers."""
    return name_of(page.hosts[0]).endswith(".twilio.com")


def _is_for_visitors(page: PageHeaders, path: str) -> bool:
    """Recognise requests for tokens that need none, and for the pages that ask for such tokens."""
    is_for_them = path.startswith(_FOR_VISITORS) or name_of(page.hosts[0]) == iam_v1.HOST
    return is_for_them and not path.endswith(("/Tokens/refresh", "/Tokens/validate"))


def _marked(send: Send) -> Send:
    """Mark every answer as a mock's: the client may believe that it is Twilio's."""

    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], _MARK]}
        await send(message)

    return send_marked


def _is_own_path(path: str) -> bool:
    """Recognise a path of the mock's own rather than of Twilio's hosts."""
    return path in _OWN_PATHS or path.startswith(_OWN_STARTS)


def _is_file_of_page(scope: Scope) -> bool:
    """Recognise the chat pages' files, which hold nothing of the account."""
    path: str = scope["path"]
    return scope["method"] == "GET" and path.startswith(CHAT_PATHS)


def _logged(entry: LogEntry) -> LoggedRequest:
    """A request as the account's own log has it, beside those of this process."""
    served = entry()
    refusal = None if served.status < 400 else json_object(served.answer)
    return LoggedRequest(
        method=served.method,
        host=served.host,
        path=served.path,
        parameters=served.parameters,
        status=served.status,
        code=served.code,
        milliseconds=served.milliseconds,
        by=served.by,
        note="; ".join(served.notes),
        problem=mask(str((refusal or {}).get("message", ""))),
    )


def _is_for_browsers(connection: HTTPConnection) -> bool:
    """Recognise requests of Twilio's SDKs and widgets, in pages of any origin.

    They bring an access token, or a link that is signed; a page's preflight brings nothing.
    """
    if _FOR_BROWSERS.match(connection.scope["path"]) is None:
        host = connection.headers["host"]
        if _FOR_BROWSERS.match(f"/{host.partition(':')[0]}{connection.scope['path']}") is None:
            return False
    given = credentials_of(connection.headers.get("authorization", ""))
    query: bytes = connection.scope["query_string"]
    return (
        connection.scope["method"] == "OPTIONS"
        or "x-twilio-token" in connection.headers
        or (given is not None and given[0] == TOKEN_USER)
        or (given is None and b"Signature=" in query)
    )


def _refuse(status: int, message: str) -> Response:
    """A refusal that Twilio's libraries and a control's client can read alike."""
    refusal = TwilioError({401: 20003, 403: 20403}.get(status, 20001), message)
    reply = Reply(status, {**refusal.body(), "error": message}, CHALLENGE if status == 401 else {})
    return JSONResponse(reply.json, status, reply.all_headers())


async def _refused(request: Request, error: Any) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
