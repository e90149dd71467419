"""The server's application: composes its parts by path."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send

from .. import MockTwilio
from ..realtime.endpoint import PATH as REALTIME_PATH
from .chat_page.page import PATH as CHAT_PATH
from .chat_page.page import ChatPage
from .control import Control
from .inspector import Pages
from .inspector.sse import ChangeStream
from .inspector.state import StateApi
from .origin_check import OriginCheck
from .request_log import ServedRequests
from .rest_app import RestApp

WORKERS = 48
"""Requests under way at once; more wait. One may wait for a webhook's answer for seconds."""


class ServerApp:
    """One mock account as an ASGI application.

    Requests for Twilio's hosts go straight to the REST application, past everything else, for
    speed.

    Args:
        mock: The account.
        at_once: Whether small writes are answered on the event loop itself, as by `RestApp`.
        chat_sdk: A copy of Twilio's Chat SDK, as `ChatPage` takes it.

    Raises:
        NoSuchCopy: A copy was named that does not exist.
    """

    def __init__(
        self,
        mock: MockTwilio,
        *,
        at_once: bool,
        chat_sdk: str | os.PathLike[str] | None = None,
    ) -> None:
        chat_page = ChatPage(mock, chat_sdk)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="mock-request")
        requests = ServedRequests(mock.clock)
        self._rest = RestApp(mock.handle, mock.faults, requests, self._workers, at_once=at_once)
        mock.realtime.on_request(partial(requests.add, by_chat_sdk=True))
        methods = ["GET", "POST", "DELETE"]
        self._rest_for_pages = CORSMiddleware(
            self._rest, allow_origins=["*"], allow_methods=methods, allow_headers=["*"]
        )
        self._changes = ChangeStream(mock, requests)
        inspector = Pages()
        own = Router(
            routes=[
                *Control(mock).routes,
                *StateApi(mock, requests).routes,
                *self._changes.routes,
                Mount("/inspector", inspector),
            ]
        )
        self._pages = Starlette(
            routes=[
                Mount(CHAT_PATH, routes=chat_page.routes),
                WebSocketRoute(REALTIME_PATH, mock.realtime),
                Mount("/_mock", OriginCheck(own, mock.credentials)),
                Route("/", OriginCheck(inspector, mock.credentials)),
            ],
            exception_handlers={HTTPException: _refused},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on to the part it is for."""
        if scope["type"] != "http" or _is_own_path(scope["path"]):
            await self._pages(scope, receive, send)
        elif any(name == b"origin" for name, _ in scope["headers"]):
            await self._rest_for_pages(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    def stop(self) -> None:
        """End every endless response; called when the server stops."""
        self._rest.stop()
        self._changes.end()

    def close(self) -> None:
        """End the workers, each after its current request."""
        self._workers.shutdown(wait=False, cancel_futures=True)


def _is_own_path(path: str) -> bool:
    """Recognise a path of the mock's own rather than of Twilio's hosts."""
    own = ("/_mock", f"{CHAT_PATH}/", REALTIME_PATH)
    return path in ("/", CHAT_PATH) or path.startswith(own)


async def _refused(request: Request, error: Any) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
