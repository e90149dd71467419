"""The Chat SDK in a cell as a Jupyter widget: a thin view over `SdkModel`.

The SDK runs in the browser, so the browser must reach the mock. Neither the chat nor the token is
part of the widget's state, which notebooks may save.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
from ipywidgets import HTML, Layout

from .. import html
from ..account import Account
from ..javascript import joined
from ..masking import log_exception
from ..mock.server.chat_page.sdk_copy import CHAT
from .sdk_model import ANY, SdkEvent, SdkModel

_HERE = Path(__file__).parent
_log = logging.getLogger(__name__)


class NotServed(RuntimeError):
    """The mock is not served, so no browser can reach it."""


class ChatPageFrame(HTML):  # type: ignore[misc]  # ipywidgets is untyped
    """A customer's chat page in a frame of a notebook.

    Args:
        url: Of the page, e.g. `http://127.0.0.1:8787/chat?identity=...`.
        title: Name of the frame, for screen readers.
    """

    def __init__(self, url: str, title: str = "Customer's chat page") -> None:
        page = f'src="{html.escaped(url)}" title="{html.escaped(title)}"'
        super().__init__(f'<iframe {page} width="400" height="480"></iframe>')
        self.title = title

    def __repr__(self) -> str:  # without its URL, which differs from run to run
        return f"ChatPageFrame({self.title!r})"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        text = f"{self.title} runs here while the notebook is open in a browser."
        return _with_html(super()._repr_mimebundle_(**options), f"<p>{html.escaped(text)}</p>")


class SdkEventList(HTML):  # type: ignore[misc]  # ipywidgets is untyped
    """A table of the SDK's events that grows as they arrive, whether or not a cell is running."""

    def __init__(self, sdk: SdkModel) -> None:
        super().__init__()
        self._sdk = sdk
        sdk.on(ANY, lambda _: self._show())
        self._show()

    def __repr__(self) -> str:  # the same on every run, as notebooks store it
        return "SdkEventList()"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return _with_html(super()._repr_mimebundle_(**options), self.value)

    def _show(self) -> None:
        said = [(e.name, e.data) for e in self._sdk.events if e.name != "connectionStateChanged"]
        rows = [(name, data.get("author", ""), data.get("body", "")) for name, data in said]
        waiting = "<p>Events appear here as the browser's SDK emits them. None so far.</p>"
        self.value = html.table(rows, ("event", "author", "body")) if rows else waiting


class ChatSdkWidget(anywidget.AnyWidget):
    """Twilio's JavaScript Chat SDK, logged in to one chat.

    Args:
        account: From `connect()`; a mock in this kernel must be served: `account.mock.serve()`.
        channel_sid: CH..., a channel that the token's user is a member of.
        token: An access token, from `account.chat_token(identity)`.

    Raises:
        NotServed: The mock is not served.
    """

    _esm = joined(_HERE / "sdk_widget.js")
    _css = _HERE / "sdk_widget.css"

    def __init__(self, account: Account, channel_sid: str, token: str) -> None:
        log_in = {**_way_to(account), "token": token, "channel_sid": channel_sid}
        super().__init__(layout=Layout(width="100%", max_width="600px", margin="4px"))
        self.channel_sid = channel_sid
        self._sdk = SdkModel(self.send, log_in)
        self.on_msg(self._receive)

    def __repr__(self) -> str:  # the same on every run, as notebooks store it
        return f"ChatSdkWidget({self.channel_sid!r})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        text = "Twilio's Chat SDK runs here while the notebook is open in a browser."
        return _with_html(data, f"<p>{text}</p>"), metadata

    @property
    def events(self) -> list[SdkEvent]:
        """Events of the SDK so far, oldest first; the latest thousand."""
        return self._sdk.events

    def event_list(self) -> SdkEventList:
        """Return a view of the events that grows as they arrive."""
        return SdkEventList(self._sdk)

    @property
    def connection_state(self) -> str:
        """State of the SDK's connection, e.g. `connected`; `no browser yet` before the first."""
        return self._sdk.state

    @property
    def problem(self) -> str | None:
        """Reason why the browser has no chat, or a refusal; None without either."""
        return self._sdk.problem

    def on(self, event: str, handler: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """Call `handler` with the data of every such event; decorates without one.

        It runs on the thread that receives the browser's message, and not while a cell is running.
        The output of its print() is shown nowhere: keep it, or show it in a widget.
        """
        return self._sdk.on(event, handler)

    def off(self, event: str, handler: Callable[..., Any]) -> None:
        """Stop calling `handler` at such an event."""
        self._sdk.off(event, handler)

    def send_message(self, text: str) -> None:
        """Make the browser's SDK send a message, once there is a browser.

        It is sent after this cell: the message then arrives as `messageAdded`.
        """
        self._sdk.order("sendMessage", text)

    def typing(self) -> None:
        """Make the SDK signal the others that you are typing."""
        self._sdk.order("typing")

    def update_token(self, token: str) -> None:
        """Give the SDK a new token, as is due at `tokenAboutToExpire`."""
        self._sdk.log_in["token"] = token
        self._sdk.order("updateToken", token)

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        try:
            self._sdk.handle(message)
        except Exception:  # Jupyter would drop it
            log_exception(_log, "a browser's message could not be handled")
            raise


def _with_html(bundle: dict[str, Any] | None, still: str) -> dict[str, Any]:
    """Add HTML for readers without a kernel."""
    return {**(bundle or {}), "text/html": still}


def _way_to(account: Account) -> dict[str, Any]:
    """Return where the browser gets the SDK, and where that connects."""
    if account.mock is None:
        return {"sdk": [CHAT.cdn], "mock": None}
    base = account.mock.url
    if base is None:
        raise NotServed(
            "A browser cannot reach the mock inside this kernel: call account.mock.serve() first"
        )
    return {"sdk": [f"{base}/chat/twilio-chat.min.js", CHAT.cdn], "mock": base}
