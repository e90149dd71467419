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

from ... import MockTwilio
from ...core.errors import TwilioError
from ..chat_page.page import FRAMED_BY, HEADERS, host_of, sockets_at
from ..chat_page.sdk_copy import FLEX_1, FLEX_2, WEB_CHAT, BrowserSdk

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
        packages: Versions of its script; a page's query may name one, and has the first that is
            on this machine by default.
        start: Script of the page that starts it with its settings.
        settings: Its settings for an account, of a page's query; NothingToShow if there are none.
        script_of: A script of the user's own that a page's query asks for, where there is one.
    """

    path: str
    title: str
    packages: tuple[BrowserSdk, ...]
    start: Path
    settings: Callable[[MockTwilio, Mapping[str, str]], dict[str, Any]]
    script_of: Callable[[MockTwilio, Mapping[str, str]], str | None] = lambda mock, query: None


class FrontEndPage:
    """The page of one front end, with one mock account behind it.

    Raises:
        NoSuchCopy: The environment names a copy that does not exist.
    """

    def __init__(self, front_end: FrontEnd, mock: MockTwilio) -> None:
        self._front_end = front_end
        self._named_copy = front_end.packages[0].named()
        self._mock = mock

    @property
    def routes(self) -> list[BaseRoute]:
        """Routes below its path."""
        start = self._front_end.start
        return [
            Route("/", self._page),
            Route("/front-end.js", self._script),
            Route("/own.js", self._own_script),
            Route(f"/{start.name}", lambda _: _file(start, "text/javascript")),
            Route(f"/{_STYLE.name}", lambda _: _file(_STYLE, "text/css")),
        ]

    def _copy(self, request: Request) -> Path | None:
        """Return the script of the version that a request names, or of the first that is here."""
        if self._named_copy is not None:
            return self._named_copy
        copies = (each.nearest() for each in self._wanted(request))
        return next(filter(None, copies), None)

    def _wanted(self, request: Request) -> tuple[BrowserSdk, ...]:
        named, packages = request.query_params.get("version"), self._front_end.packages
        return tuple(each for each in packages if named is None or _is_version(each, named))

    def _page(self, request: Request) -> Response:
        policy = {"Content-Security-Policy": _policy(request)}
        try:
            settings = self._settings(request)
        except NothingToShow as reason:
            body = f'<p role="alert">{html.escape(str(reason))}</p>'
            return HTMLResponse(self._with(body), 404, HEADERS | policy)
        query = f"?{request.url.query}" if request.url.query else ""
        scripts = ["../redirect.js", f"front-end.js{query}", self._front_end.start.name]
        if self._front_end.script_of(self._mock, request.query_params) is not None:
            scripts.insert(2, f"own.js{query}")
        data = json.dumps(settings).replace("<", "\\u003c")
        body = f'<div id="root"></div><script type="application/json" id="settings">{data}</script>'
        body += "".join(f'<script src="{html.escape(script)}"></script>' for script in scripts)
        return HTMLResponse(self._with(body), headers=HEADERS | policy)

    def _settings(self, request: Request) -> dict[str, Any]:
        if self._copy(request) is None:
            raise NothingToShow(self._missing(request))
        return self._front_end.settings(self._mock, request.query_params)

    def _with(self, body: str) -> str:
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{self._front_end.title}</title><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="{_STYLE.name}"></head><body>{body}</body></html>'
        )

    def _script(self, request: Request) -> Response:
        copy = self._copy(request)
        if copy is None:
            return Response(self._missing(request), 404, HEADERS, "text/plain")
        return _file(copy, "text/javascript")

    def _own_script(self, request: Request) -> Response:
        text = self._front_end.script_of(self._mock, request.query_params)
        return Response(text or "", 404 if text is None else 200, HEADERS, "text/javascript")

    def _missing(self, request: Request) -> str:
        """Return the sentence that says how to bring a front end that is not here."""
        title, packages = self._front_end.title, self._front_end.packages
        wanted = self._wanted(request)
        if not wanted:
            named = request.query_params["version"][:40]
            versions = ", ".join(each.version for each in packages)
            return f"{title} {named} is not supported here; these versions are: {versions}."
        commands = " or ".join(f"`python -m helpers.front_ends {each.command}`" for each in wanted)
        return (
            f"{title} is not on this machine, as it is Twilio's and not shipped with this project."
            f" Run {commands} once, then reload this page; or name a copy of"
            f" {wanted[0].place.name} in {wanted[0].variable}."
        )


def _is_version(package: BrowserSdk, named: str) -> bool:
    """Check for a version by its whole number or its beginning, such as `2` or `2.17`."""
    return f"{package.version}.".startswith(f"{named}.")


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


def _web_chat_settings(mock: MockTwilio, query: Mapping[str, str]) -> dict[str, Any]:
    """The account and the Flex Flow of a web chat: the one that is named, or the first."""
    flows = mock.client.flex_api.v1.flex_flow
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


def _flex_settings(mock: MockTwilio, query: Mapping[str, str]) -> dict[str, Any]:
    """The account, and the session of a worker: the one that is named, or the first."""
    try:
        session = mock.flex_users.log_in(query.get("worker"))
    except TwilioError as error:
        raise NothingToShow(error.message) from None
    has_plugin = _plugin(mock, query) is not None
    return {
        "accountSid": mock.credentials.account_sid,
        "session": session,
        "hasPlugin": has_plugin,
    }


def _plugin(mock: MockTwilio, query: Mapping[str, str]) -> str | None:
    """The script with the plugin that a page names by its key."""
    text = mock.flex_users.plugins.get(query.get("plugin", ""))
    return None if text is None else f"globalThis.flexPlugin = (\n{text}\n);"


WEB_CHAT_PAGE = FrontEnd(
    "/webchat",
    "Twilio's web chat widget",
    (WEB_CHAT,),
    _STATIC / "webchat.js",
    _web_chat_settings,
)
FLEX_PAGE = FrontEnd(
    "/flex", "Twilio's Flex desktop", (FLEX_2, FLEX_1), _STATIC / "flex.js", _flex_settings, _plugin
)
FRONT_ENDS = (WEB_CHAT_PAGE, FLEX_PAGE)
