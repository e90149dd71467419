"""Serves a page with one of Twilio's front ends, and the script of it that is on this machine.

Only this machine's pages, such as JupyterLab's, may frame it, and it loads nothing from elsewhere.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ... import MockTwilio
from ..chat_page.page import FRAMED_BY, HEADERS, host_of, sockets_at
from ..chat_page.sdk_copy import WEB_CHAT, BrowserSdk

_STATIC = Path(__file__).parent / "static"
_STYLE = _STATIC / "front_end.css"


class NothingToShow(Exception):
    """The account lacks what the front end needs; the message says what, and what to do."""


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """One of Twilio's front ends.

    Attributes:
        path: Path of its page.
        title: Title of its page.
        package: Its script.
        command: Name by which `python -m helpers.front_ends` brings the script.
        start: Script of the page that starts it with its settings.
        settings: Its settings for an account, of a page's query; NothingToShow if there are none.
    """

    path: str
    title: str
    package: BrowserSdk
    command: str
    start: Path
    settings: Callable[[Client, Mapping[str, str]], dict[str, Any]]


class FrontEndPage:
    """The page of one front end, with one mock account behind it.

    Raises:
        NoSuchCopy: The environment names a copy that does not exist.
    """

    def __init__(self, front_end: FrontEnd, mock: MockTwilio) -> None:
        self._front_end = front_end
        self._named_copy = front_end.package.named()
        own = mock.credentials
        self._client = Client(own.account_sid, own.auth_token, http_client=mock.http_client)

    @property
    def routes(self) -> list[BaseRoute]:
        """Routes below its path."""
        start = self._front_end.start
        return [
            Route("/", self._page),
            Route(f"/{self._front_end.package.place.name}", self._script),
            Route(f"/{start.name}", lambda _: _file(start, "text/javascript")),
            Route(f"/{_STYLE.name}", lambda _: _file(_STYLE, "text/css")),
        ]

    def _copy(self) -> Path | None:
        return self._named_copy or self._front_end.package.nearest()

    def _page(self, request: Request) -> Response:
        policy = {"Content-Security-Policy": _policy(request)}
        try:
            settings = self._settings(request)
        except NothingToShow as reason:
            body = f'<p role="alert">{html.escape(str(reason))}</p>'
            return HTMLResponse(self._with(body), 404, HEADERS | policy)
        scripts = ("../redirect.js", self._front_end.package.place.name, self._front_end.start.name)
        data = json.dumps(settings).replace("<", "\\u003c")
        body = f'<div id="root"></div><script type="application/json" id="settings">{data}</script>'
        body += "".join(f'<script src="{script}"></script>' for script in scripts)
        return HTMLResponse(self._with(body), headers=HEADERS | policy)

    def _settings(self, request: Request) -> dict[str, Any]:
        if self._copy() is None:
            raise NothingToShow(missing(self._front_end))
        return self._front_end.settings(self._client, request.query_params)

    def _with(self, body: str) -> str:
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{self._front_end.title}</title><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="{_STYLE.name}"></head><body>{body}</body></html>'
        )

    def _script(self, _: Request) -> Response:
        copy = self._copy()
        if copy is None:
            return Response(missing(self._front_end), 404, HEADERS, "text/plain")
        return _file(copy, "text/javascript")


def missing(front_end: FrontEnd) -> str:
    """Return the sentence that says how to bring a front end that is not here."""
    package = front_end.package
    return (
        f"{front_end.title} is not on this machine, as it is Twilio's and not shipped with this"
        f" project. Run `python -m helpers.front_ends {front_end.command}` once, then reload this"
        f" page; or name a copy of {package.place.name} in {package.variable}."
    )


def _file(path: Path, media_type: str) -> Response:
    return FileResponse(path, headers=HEADERS, media_type=media_type)


def _policy(request: Request) -> str:
    """The page's content security policy; Twilio's scripts make code of their templates."""
    return (
        "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:;"
        f" font-src 'self' data:; media-src 'self' data: blob:;"
        f" connect-src 'self'{sockets_at(host_of(request))}; base-uri 'none'; form-action 'none';"
        f" object-src 'none'; frame-ancestors {FRAMED_BY}"
    )


def _web_chat_settings(client: Client, query: Mapping[str, str]) -> dict[str, Any]:
    """The account and the Flex Flow of a web chat: the one that is named, or the first."""
    flows = client.flex_api.v1.flex_flow
    sid = query.get("flow")
    try:
        flow = (
            flows(sid).fetch()
            if sid
            else next((each for each in flows.list() if each.channel_type == "web"), None)
        )
    except TwilioRestException as error:
        raise NothingToShow(f"Flex Flow {str(sid)[:40]}: {error.code} {error.msg}") from None
    if flow is None or flow.channel_type != "web":
        raise NothingToShow(
            "The web chat needs a Flex Flow with ChannelType web: name one as ?flow=FO..., or make"
            " one with client.flex_api.v1.flex_flow.create(channel_type='web', ...)"
        )
    return {"accountSid": flow.account_sid, "flexFlowSid": flow.sid}


WEB_CHAT_PAGE = FrontEnd(
    "/webchat",
    "Twilio's web chat widget",
    WEB_CHAT,
    "webchat",
    _STATIC / "webchat.js",
    _web_chat_settings,
)
FRONT_ENDS = (WEB_CHAT_PAGE,)
