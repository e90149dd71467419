"""Twilio's own front ends in a frame of a notebook.

The browser loads their page from the kernel's machine, by way of Jupyter's own server where it
cannot reach that machine (jupyter-server-proxy). The page's address holds a secret of this
process, so it goes to the browser as a message and is no part of the state that notebooks save.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anywidget
from ipywidgets import Layout

from .. import html
from ..account import Account
from ..javascript import joined
from ..mock import MockTwilio
from .sdk_widget import NotServed

_HERE = Path(__file__).parent


class FrontEndFrame(anywidget.AnyWidget):
    """A page of a served mock with one of Twilio's front ends, in a frame.

    Args:
        account: From `connect()`, of a mock; one in this kernel must be served.
        page: Path of the page with its query, such as `/webchat/?flow=FO...`.
        title: Name of the frame, for screen readers, and what a reader without a kernel sees.
        width: In CSS.
        height: Pixels.

    Raises:
        NotServed: The mock is not served.
        ValueError: The account is live.
    """

    _esm = joined(_HERE / "frame.js")

    def __init__(
        self, account: Account, page: str, title: str, *, width: str = "100%", height: int = 600
    ) -> None:
        size = {"width": width, "height": f"{height}px"}
        self._start = {"type": "start", "page": page, "title": title, **size, **_way_to(account)}
        super().__init__(layout=Layout(width="100%"))
        self.title = title
        self.problem = ""
        self.on_msg(self._receive)

    def __repr__(self) -> str:  # the same on every run, as notebooks store it
        return f"{type(self).__name__}()"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        text = f"{self.title} runs here while the notebook is open in a browser."
        return {**data, "text/html": f"<p>{html.escaped(text)}</p>"}, metadata

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        match message["type"]:
            case "hello":
                self.send({**self._start, "to": str(message["browser"])})
            case "shown":
                self.problem = str(message["problem"])
            case other:
                raise KeyError(other)


def _way_to(account: Account) -> dict[str, str]:
    """Return where the mock is, and the path below which it lets a frame in under any name."""
    if account.mock is None:
        raise ValueError("Twilio's front ends run on a mock here: take account = connect()")
    if account.mock.url is None:
        raise NotServed(
            "A browser cannot reach the mock inside this kernel: call account.mock.serve() first"
        )
    is_here = isinstance(account.mock, MockTwilio)
    door = account.mock.serve().frame_path if is_here else ""
    return {"mock": account.mock.url, "door": door}


class FlexDesktop(FrontEndFrame):
    """Twilio's Flex desktop in a cell, logged in as a worker.

    Its script is Twilio's own, from npm (`python -m helpers.front_ends flex`). Each desktop is one
    browser session of its worker, who is offline once the last of them is closed.

    Args:
        account: From `connect()`; a mock in this kernel must be served: `account.mock.serve()`.
        worker: Friendly name or SID of the worker.
        version: The version of Flex UI, such as `1` or `2.17`; by default the newest that is here.
        plugin: JavaScript of a Flex plugin's class, `class Hello { init(flex, manager) { ... } }`,
            which the desktop starts with.
        height: Pixels.

    Raises:
        NotServed: The mock is not served.
        ValueError: The account is live; or a plugin is for the mock of another process.
    """

    def __init__(
        self,
        account: Account,
        worker: str = "alice",
        *,
        version: str | None = None,
        plugin: str | None = None,
        height: int = 640,
    ) -> None:
        query = {"worker": worker} | ({"version": version} if version else {})
        if plugin is not None:
            if not isinstance(account.mock, MockTwilio):
                raise ValueError("A plugin is handed to the mock of this kernel: connect()")
            query["plugin"] = account.mock.flex_users.keep_plugin(plugin)
        page = f"/flex/?{urlencode(query)}"
        super().__init__(account, page, f"Twilio's Flex desktop of {worker}", height=height)
        self.worker = worker

    def __repr__(self) -> str:  # the same on every run, as notebooks store it
        return f"FlexDesktop({self.worker!r})"


class FlexWebChat(FrontEndFrame):
    """Twilio's legacy web chat widget in a cell, as a visitor to a web page has it.

    Its script is Twilio's own, from npm (`python -m helpers.front_ends webchat`). Widgets in one
    browser are one visitor, as they are on a page.

    Args:
        account: From `connect()`; a mock in this kernel must be served: `account.mock.serve()`.
        flow: The Flex Flow of the chat, or its SID; by default the account's first for web chats.
    """

    def __init__(self, account: Account, flow: Any = None) -> None:
        sid = getattr(flow, "sid", flow)
        page = f"/webchat/?{urlencode({'flow': sid})}" if sid else "/webchat/"
        super().__init__(account, page, "Twilio's web chat widget", width="400px")
