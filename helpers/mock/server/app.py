"""The server's application: composes doors and decides nothing."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

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
from .inspector.pages import pages
from .inspector.sse import ChangeStream
from .inspector.state import StateApi
from .origin_check import OriginCheck
from .request_log import ServedRequests
from .rest_app import RestApp

WORKERS = 48
"""Requests under way at once; more wait. One may wait for a webhook's answer for seconds."""


class ServerApp:
    """One mock account as an ASGI application.

    Requests for Twilio's hosts go straight to the REST door, past everything else: they are what
    speed matters for.

    Args:
        mock: The account.
        at_once: Whether small writes are answered on the event loop itself, as `RestDoor` says.
        chat_sdk: A copy of Twilio's Chat SDK, as `ChatPage` takes it.

    Raises:
        NoSuchCopy: The copy that was named is not there.
    """

    def __init__(
        self,
        mock: MockTwilio,
        *,
        at_once: bool,
        chat_sdk: str | os.PathLike[str] | None = None,
    ) -> None:
        self._chat_page = ChatPage(mock, chat_sdk)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="mock-request")
        requests = ServedRequests(mock.clock)
        door = RestApp(mock.handle, mock.faults, requests, self._workers, at_once=at_once)
        mock.realtime.tell_requests(requests.add_of_chat_sdk)
        self._door = door
        self._door_for_pages = CORSMiddleware(
            door, allow_origins=["*"], allow_methods=["GET", "POST", "DELETE"], allow_headers=["*"]
        )
        self._news = ChangeStream(mock, requests)
        self._pages = self._compose(mock, requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on to the part it is for."""
        if scope["type"] != "http" or _is_for_people(scope):
            await self._pages(scope, receive, send)
        elif any(name == b"origin" for name, _ in scope["headers"]):
            await self._door_for_pages(scope, receive, send)
        else:
            await self._door(scope, receive, send)

    def leave(self) -> None:
        """End what would otherwise go on for ever; called when the server stops."""
        self._door.leave()
        self._news.end()

    def close(self) -> None:
        """Let the workers go, each after the request it is at."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _compose(self, mock: MockTwilio, requests: ServedRequests) -> Starlette:
        inspector = pages()
        own = Router(
            routes=[
                *Control(mock).routes,
                *StateApi(mock, requests).routes,
                *self._news.routes,
                Mount("/inspector", inspector),
            ]
        )

        return Starlette(
            routes=[
                Mount(CHAT_PATH, routes=self._chat_page.routes),
                WebSocketRoute(REALTIME_PATH, mock.realtime),
                Mount("/_mock", OriginCheck(own, mock.credentials)),
                Route("/", OriginCheck(inspector, mock.credentials)),
            ],
            exception_handlers={HTTPException: _refused},
        )


def _is_for_people(scope: Scope) -> bool:
    """Whether a path is the mock's own rather than one of Twilio's hosts'."""
    path: str = scope["path"]
    own = ("/_mock", f"{CHAT_PATH}/", REALTIME_PATH)
    return path in ("/", CHAT_PATH) or path.startswith(own)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # it is registered for this class
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
