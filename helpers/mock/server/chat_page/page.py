"""Serves the chat page: its files, a copy of the SDK if there is one, and the back end.

The page loads only its own files and Twilio's SDK, and only pages of this machine, such as
JupyterLab's, may frame it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ....javascript import KIT
from ... import MockTwilio
from ...core.wording import predicate
from ..body import BoundedBody
from ..origin_check import LOOPBACK_ORIGIN, OriginCheck, Origins
from . import sdk_copy
from .backend import BackEnd, NoFlexFlow, NotACustomer

PATH = "/chat"
_STATIC = Path(__file__).parent / "static"
_FILES = {
    KIT: "text/javascript",  # explicit, since Windows may take scripts for plain text
    _STATIC / "chat.js": "text/javascript",
    _STATIC / "flow.js": "text/javascript",
    _STATIC / "outbox.js": "text/javascript",
    _STATIC / "text.js": "text/javascript",
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


class _Start(BaseModel, extra="forbid"):
    identity: str | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "Visitor"


class _Renewal(BaseModel, extra="forbid"):
    identity: str


class ChatPage:
    """The page at `PATH`, with one mock account behind it.

    It loads Twilio's Chat SDK from a copy: the one given (or NoSuchCopy), or that `TWILIO_CHAT_SDK`
    names, or that npm installed near the working directory; without any, from Twilio's CDN. Its
    back end answers it, and pages of `origins`, without credentials.
    """

    def __init__(
        self, mock: MockTwilio, chat_sdk: str | os.PathLike[str] | None, origins: Origins
    ) -> None:
        self._origins = origins
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
        """Routes below `PATH`; the back end's for this page, pages of `origins` or credentials."""
        start, token = self._back_end.start, self._back_end.token
        back_end = [
            _json_route("/session", _Start, lambda body: asdict(start(body.identity, body.name))),
            _json_route("/token", _Renewal, lambda body: {"token": token(body.identity)}),
        ]
        return [
            Route("/", self._page),
            Route(f"/{_SDK}", self._sdk),
            *(Route(each.path, self._for_pages(each)) for each in back_end),
            *(Route(f"/{path.name}", _file(path)) for path in _FILES),
        ]

    def _for_pages(self, route: Route) -> ASGIApp:
        checked = OriginCheck(BoundedBody(route), self._credentials, self._origins)
        return CORSMiddleware(
            checked,
            allow_origins=self._origins.named,
            allow_origin_regex=LOOPBACK_ORIGIN,
            allow_methods=["POST"],
            allow_headers=["Content-Type"],
            allow_private_network=True,
        )

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
        headers = _HEADERS | {"Access-Control-Allow-Origin": "*"}
        copy = self._copy()
        if copy is None:
            advice = f"No copy here: run `npm install twilio-chat`, or load {sdk_copy.CDN}"
            return JSONResponse({"error": advice}, 404, headers)
        return FileResponse(copy, headers=headers, media_type="text/javascript")


def _file(path: Path) -> Callable[[Request], Response]:
    return lambda _: FileResponse(path, headers=_HEADERS, media_type=_FILES[path])


def _policy(host: str) -> str:
    """The page's content security policy; not every browser takes `self` to cover WebSockets."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        f"default-src 'self'; script-src 'self' {sdk_copy.CDN.partition('/sdk')[0]};"
        f" connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; object-src 'none';"
        f" frame-ancestors {_FRAMED_BY}"
    )


def _json_route(
    path: str, model: type[BaseModel], answer: Callable[[Any], dict[str, Any]]
) -> Route:
    """A route with a JSON body, answered on a worker thread."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            given = model.model_validate_json(body)
            return JSONResponse(await run_in_threadpool(answer, given), headers=_HEADERS)
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'the body'} {predicate(each)}"
                for each in error.errors()
            )
            raise HTTPException(400, f"This takes a JSON object: {faults}") from None
        except NotACustomer as error:
            raise HTTPException(403, str(error)) from None
        except NoFlexFlow as error:
            raise HTTPException(409, str(error)) from None
        except TwilioRestException as error:
            raise HTTPException(502, f"Twilio refused: {error.code} {error.msg}") from None

    return Route(path, endpoint, methods=["POST"])
