"""Serves the chat page: its files, the SDK's copy where there is one, and the back end.

The page loads nothing but its own files and Twilio's SDK, and only pages of this machine, such as
JupyterLab's, may frame it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ....javascript import KIT
from ... import MockTwilio
from ..origin_check import OriginCheck
from . import sdk_copy
from .backend import BackEnd, NoFlexFlow, NotACustomer

PATH = "/chat"
_STATIC = Path(__file__).parent / "static"
_FILES = {
    KIT: "text/javascript",  # said here, since Windows may take scripts for mere text
    _STATIC / "chat.js": "text/javascript",
    _STATIC / "view.js": "text/javascript",
    _STATIC / "chat.css": "text/css",
    _STATIC / "icon.svg": "image/svg+xml",
}
_SDK = "twilio-chat.min.js"
_HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
_FRAMED_BY = (
    "'self' http://127.0.0.1:* http://localhost:* https://127.0.0.1:* https://localhost:*"
    " vscode-webview: vscode-file:"
)
_HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Start(_Question):
    identity: str | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "Visitor"


class _Renewal(_Question):
    identity: str


class ChatPage:
    """The page at `PATH`, with one mock account behind it.

    Args:
        mock: The account.
        chat_sdk: A copy of Twilio's Chat SDK for browsers. By default the one that
            `TWILIO_CHAT_SDK` names, or that npm has put near the working directory; without any,
            the page loads the SDK from Twilio's CDN.

    Raises:
        NoSuchCopy: A copy was named, and is not there.
    """

    def __init__(self, mock: MockTwilio, chat_sdk: str | os.PathLike[str] | None = None) -> None:
        self._named_copy = sdk_copy.named(chat_sdk)
        self._credentials = mock.credentials
        client = Client(
            mock.credentials.account_sid, mock.credentials.auth_token, http_client=mock.http_client
        )
        self._back_end = BackEnd(
            client,
            chat_service_sid=mock.credentials.chat_service_sid,
            api_key=mock.credentials.api_key,
            api_secret=mock.credentials.api_secret,
            now=mock.clock.now,
        )

    @property
    def routes(self) -> list[BaseRoute]:
        """What may be asked below `PATH`; the back end only by this page, or with credentials."""
        back_end = Router(
            [_asked("/session", _Start, self._start), _asked("/token", _Renewal, self._renew)]
        )
        guarded = OriginCheck(back_end, self._credentials)
        return [
            Route("/", self._page),
            Route(f"/{_SDK}", self._sdk),
            Route("/session", guarded),
            Route("/token", guarded),
            *(Route(f"/{path.name}", _file(path)) for path in _FILES),
        ]

    def _copy(self) -> Path | None:
        return self._named_copy or sdk_copy.nearest()

    def _page(self, request: Request) -> Response:
        page = (_STATIC / "index.html").read_text("utf-8")
        if self._copy() is not None:
            page = page.replace(sdk_copy.CDN, _SDK)
        policy = {"Content-Security-Policy": _policy(request.headers.get("host", ""))}
        return HTMLResponse(page, headers=_HEADERS | policy)

    def _sdk(self, request: Request) -> Response:
        """The SDK, for pages of other origins too: a widget in JupyterLab loads it from here."""
        anybody = {"Access-Control-Allow-Origin": "*"}
        copy = self._copy()
        if copy is None:
            advice = f"No copy here: run `npm install twilio-chat`, or load {sdk_copy.CDN}"
            return JSONResponse({"error": advice}, 404, _HEADERS | anybody)
        return FileResponse(copy, headers=_HEADERS | anybody, media_type="text/javascript")

    def _start(self, asked: _Start) -> dict[str, Any]:
        return asdict(self._back_end.start(asked.identity, asked.name))

    def _renew(self, asked: _Renewal) -> dict[str, Any]:
        return {"token": self._back_end.token(asked.identity)}


def _file(path: Path) -> Callable[[Request], Response]:
    return lambda _: FileResponse(path, headers=_HEADERS, media_type=_FILES[path])


def _policy(host: str) -> str:
    """What the page may load; not every browser takes `self` to cover WebSockets."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        f"default-src 'self'; script-src 'self' {sdk_copy.CDN.partition('/sdk')[0]};"
        f" connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; object-src 'none';"
        f" frame-ancestors {_FRAMED_BY}"
    )


def _asked(path: str, model: type[_Question], answer: Callable[[Any], dict[str, Any]]) -> Route:
    """A question with a JSON body, answered on a worker thread."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            question = model.model_validate_json(body)
            return JSONResponse(await run_in_threadpool(answer, question), headers=_HEADERS)
        except ValidationError as error:
            what = "; ".join(f"{problem['loc']}: {problem['msg']}" for problem in error.errors())
            raise HTTPException(400, f"This takes a JSON object. {what}") from None
        except NotACustomer as error:
            raise HTTPException(403, str(error)) from None
        except NoFlexFlow as error:
            raise HTTPException(409, str(error)) from None
        except TwilioRestException as error:
            raise HTTPException(502, f"Twilio refused: {error.code} {error.msg}") from None

    return Route(path, endpoint, methods=["POST"])
