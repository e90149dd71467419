"""The server's application: composes doors and decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Router, WebSocketRoute
from starlette.types import ASGIApp

from .. import MockTwilio
from ..realtime.door import PATH as REALTIME_PATH
from .control import Control
from .door import RestDoor
from .guard import Guard
from .requests import Requests

WORKERS = 48
"""Requests under way at once; more wait. One may wait for a webhook's answer for seconds."""


def application(mock: MockTwilio) -> Starlette:
    """An ASGI application that serves one mock account."""
    requests = Requests(mock.clock)
    workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="mock-request")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        workers.shutdown(wait=False, cancel_futures=True)

    control = Router(routes=Control(mock).routes)
    return Starlette(
        routes=[
            Mount("/_mock", Guard(control, mock.credentials)),
            WebSocketRoute(REALTIME_PATH, mock.realtime),
            Mount("/", _open_to_pages(RestDoor(mock.handle, requests, workers))),
        ],
        exception_handlers={HTTPException: _refused},
        lifespan=lifespan,
    )


def _open_to_pages(door: ASGIApp) -> ASGIApp:
    """Let web pages of any origin use it; credentials are their own business."""
    middleware = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
    )
    return middleware.cls(door, *middleware.args, **middleware.kwargs)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)
