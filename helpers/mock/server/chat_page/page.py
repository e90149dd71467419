"""Serves the chat pages: their files, a copy of the SDK if there is one, and the back end.

The page loads only its own files and Twilio's SDK, and only pages of this machine, such as
JupyterLab's, may frame it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ....javascript import KIT
from ... import MockTwilio
from ...core.credentials import Credentials
from ...core.wording import predicate
from ...realtime.connection import base_of
from ..body import BoundedBody
from ..origin_check import LOOPBACK_ORIGIN, OriginCheck, Origins
from . import sdk_copy
from .backend import BackEnd, CustomerTokens, NotACustomer, NotReady
from .conversations_backend import ConversationsBackEnd
from .sdk_copy import BrowserSdk
from .web_chats import WebChats

_STATIC = Path(__file__).parent / "static"
_FILES = {
    KIT: "text/javascript",  # explicit, since Windows may take scripts for plain text
    **dict.fromkeys(sorted(_STATIC.glob("*.js")), "text/javascript"),
    _STATIC / "chat.css": "text/css",
    _STATIC / "icon.svg": "image/svg+xml",
}
_HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
FRAMED_BY = (
    "'self' http://127.0.0.1:* http://localhost:* https://127.0.0.1:* https://localhost:*"
    " vscode-webview: vscode-file:"
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _Start(BaseModel, extra="forbid"):
    identity: str | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "Visitor"


class _Renewal(BaseModel, extra="forbid"):
    identity: str


class _FilledIn(BaseModel):
    formData: dict[str, Any] = {}  # noqa: N815 - the page's word


class _Refresh(BaseModel):
    token: str


AnyBackEnd = TypeVar("AnyBackEnd", bound=CustomerTokens)


@dataclass(frozen=True, slots=True)
class PageKind:
    """A page: its path, its script, the SDK that the script is for, and its back end."""

    path: str
    script: str
    sdk: BrowserSdk
    back_end: type[BackEnd] | type[ConversationsBackEnd]


ON_CHAT = PageKind("/chat", "chat.js", sdk_copy.CHAT, BackEnd)
ON_CONVERSATIONS = PageKind(
    "/conversations", "conversations.js", sdk_copy.CONVERSATIONS, ConversationsBackEnd
)


class ChatPage:
    """One of the pages, with one mock account behind it.

    It loads Twilio's SDK from a copy: the one given (or NoSuchCopy), or that the environment
    names, or that npm installed near the working directory; without any, from Twilio's CDN. Its
    back end answers it, and pages of `origins`, without credentials.
    """

    def __init__(
        self,
        kind: PageKind,
        mock: MockTwilio,
        origins: Origins,
        copy: str | os.PathLike[str] | None = None,
    ) -> None:
        self._kind = kind
        self._origins = origins
        self._named_copy = kind.sdk.named(copy)
        self._credentials = mock.credentials
        self._back_end = back_end_of(kind.back_end, mock)

    @property
    def routes(self) -> list[BaseRoute]:
        """Routes below its path; the back end's for it, pages of `origins` or credentials."""
        start, token = self._back_end.start, self._back_end.token
        back_end = [
            _json_route("/session", _Start, lambda body: asdict(start(body.identity, body.name))),
            _json_route("/token", _Renewal, lambda body: {"token": token(body.identity)}),
        ]
        return [
            Route("/", self._page),
            Route(f"/{self._kind.sdk.place.name}", self._sdk),
            *(for_pages(each, self._credentials, self._origins) for each in back_end),
            *(Route(f"/{path.name}", _file(path)) for path in _FILES),
        ]

    def _copy(self) -> Path | None:
        return self._named_copy or self._kind.sdk.nearest()

    def _page(self, request: Request) -> Response:
        sdk = self._kind.sdk
        source = sdk.cdn if self._copy() is None else sdk.place.name
        page = (_STATIC / "index.html").read_text("utf-8")
        page = page.replace(sdk_copy.CHAT.cdn, source).replace(ON_CHAT.script, self._kind.script)
        policy = {"Content-Security-Policy": _policy(host_of(request), sdk)}
        return HTMLResponse(page, headers=HEADERS | policy)

    def _sdk(self, request: Request) -> Response:
        """The SDK, for pages of other origins too: a widget in JupyterLab loads it from here."""
        headers = HEADERS | {"Access-Control-Allow-Origin": "*"}
        copy = self._copy()
        if copy is None:
            sdk = self._kind.sdk
            advice = f"No copy here: run `npm install {sdk.package}`, or load {sdk.cdn}"
            return JSONResponse({"error": advice}, 404, headers)
        return FileResponse(copy, headers=headers, media_type="text/javascript")


def back_end_of(kind: type[AnyBackEnd], mock: MockTwilio) -> AnyBackEnd:
    """Return a back end of a kind with a mock account behind it."""
    own = mock.credentials
    return kind(
        Client(own.account_sid, own.auth_token, http_client=mock.http_client),
        chat_service_sid=own.chat_service_sid,
        api_key=own.api_key,
        api_secret=own.api_secret,
        now=mock.clock.now,
    )


def for_pages(route: Route, credentials: Credentials, origins: Origins) -> Route:
    """Return a route that answers pages of the origins, this machine and the credentials."""
    answered = CORSMiddleware(
        OriginCheck(BoundedBody(route), credentials, origins),
        allow_origins=origins.named,
        allow_origin_regex=LOOPBACK_ORIGIN,
        allow_methods=["POST"],
        allow_headers=["Content-Type"],
        allow_private_network=True,
    )
    return Route(route.path, answered)


def web_chat_routes(mock: MockTwilio, origins: Origins) -> list[BaseRoute]:
    """Routes of the server that `twilio-webchat-react-app` has in its clone."""
    server = back_end_of(WebChats, mock)
    routes = (
        _json_route("/initWebchat", _FilledIn, lambda body: asdict(server.start(body.formData))),
        _json_route("/refreshToken", _Refresh, lambda body: asdict(server.renew(body.token))),
    )
    return [for_pages(each, mock.credentials, origins) for each in routes]


def _file(path: Path) -> Callable[[Request], Response]:
    return lambda _: FileResponse(path, headers=HEADERS, media_type=_FILES[path])


def host_of(request: Request) -> str:
    """Name and port by which the browser has this server."""
    base = base_of(request.scope, request.headers.get("host", ""))
    return base.partition("://")[2].partition("/")[0]


def sockets_at(host: str) -> str:
    """A page's WebSockets as a source of its policy; not every browser takes `self` to be them."""
    return f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""


def _policy(host: str, sdk: BrowserSdk) -> str:
    """The page's content security policy."""
    return (
        f"default-src 'self'; script-src 'self' {'/'.join(sdk.cdn.split('/')[:3])};"
        f" connect-src 'self'{sockets_at(host)}; base-uri 'none'; form-action 'none';"
        f" object-src 'none'; frame-ancestors {FRAMED_BY}"
    )


def _json_route(
    path: str, model: type[BaseModel], answer: Callable[[Any], dict[str, Any]]
) -> Route:
    """A route with a JSON body, answered on a worker thread."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            given = model.model_validate_json(body)
            return JSONResponse(await run_in_threadpool(answer, given), headers=HEADERS)
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'the body'} {predicate(each)}"
                for each in error.errors()
            )
            raise HTTPException(400, f"This takes a JSON object: {faults}") from None
        except NotACustomer as error:
            raise HTTPException(403, str(error)) from None
        except NotReady as error:
            raise HTTPException(409, str(error)) from None
        except TwilioRestException as error:
            raise HTTPException(502, f"Twilio refused: {error.code} {error.msg}") from None

    return Route(path, endpoint, methods=["POST"])
