"""The chat panel as a Jupyter widget: a thin view over `ChatPanelModel`.

The transcript is never part of the widget's state, which notebooks may save. A view that appears
says `ready` and gets one snapshot, then changes only, so that the thousandth message costs as much
as the first one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anywidget
from ipywidgets import Layout, VBox

from ..javascript import joined
from .model import ChatPanelModel
from .protocols import Channel
from .records import Change, MessageView, Notice, Status

_HERE = Path(__file__).parent
_TITLE_SHOWN = 60

# The same for every view: each adds them to the page anew, so a part alone would come last and
# override the parts that belong after it.
STYLES = "\n".join(
    (_HERE / name).read_text("utf-8") for name in ("panel.css", "log.css", "agent.css")
)


class ChatLog(anywidget.AnyWidget):
    """The view: sends the browser the chat, and does what it requests."""

    _esm = joined(_HERE / "log.js")
    _css = STYLES

    def __init__(self, model: ChatPanelModel, title: str | None = None) -> None:
        super().__init__(layout=Layout(width="auto", flex="1 1 auto", min_height="0"))
        self._chat = model
        self._title = title
        self._answers: dict[str, Callable[[dict[str, Any]], object]] = {
            "ready": self._send_snapshot,
            "send": self._send_message,
            "media": self._send_media_url,
            "earlier": lambda _content: model.load_earlier(),
            "typing": lambda _content: model.typing(),
            "read": lambda _content: model.mark_read(),
            "dismiss": lambda _content: model.dismiss_alert(),
        }
        self.on_msg(self._receive)
        model.observe(self._show)

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        try:
            self._answers[content["type"]](content)
        except Exception as failure:
            self._chat.report("The panel failed", failure)

    def _show(self, change: Change) -> None:
        if change.kind == "removed":
            self.send({"type": "removed", "sids": [message.sid for message in change.messages]})
        elif change.notice is not None:
            self.send({"type": "notice", "notice": _wire(change.notice)})
        elif change.status is not None:
            self.send({"type": "status", "status": self._status(change.status)})
        else:
            self.send({"type": change.kind, "messages": [_wire(m) for m in change.messages]})

    def _send_snapshot(self, content: dict[str, Any]) -> None:
        self.send(
            {
                "type": "snapshot",
                "view": content["view"],
                "you": asdict(self._chat.you),
                "messages": [_wire(message) for message in self._chat.messages],
                "notices": [_wire(notice) for notice in self._chat.notices],
                "status": self._status(self._chat.status),
            }
        )

    def _send_message(self, content: dict[str, Any]) -> None:
        index = self._chat.send(content["text"])
        self.send({"type": "sent", "view": content["view"], "key": content["key"], "index": index})

    def _send_media_url(self, content: dict[str, Any]) -> None:
        url = self._chat.media_url(content["sid"])
        self.send({"type": "media", "view": content["view"], "sid": content["sid"], "url": url})

    def _status(self, status: Status) -> dict[str, Any]:
        return {**asdict(status), "title": self._title or status.title}


class ChatPanel(VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A chat channel as a panel: show it in a cell, or drive it with `send` and `messages`.

    The channel's client decides who "you" are, so two panels side by side show both ends of a chat.
    `layout` is ipywidgets' own: `panel.layout.height = "600px"`.
    """

    def __init__(self, channel: Channel, title: str | None = None) -> None:
        self.model = ChatPanelModel(channel)
        self._chat_log = ChatLog(self.model, title)
        self._given_title = title
        super().__init__(
            children=[self._chat_log],
            layout=Layout(width="100%", max_width="600px", height="480px", margin="4px"),
        )

    def __repr__(self) -> str:  # the same on every run, as notebooks store it
        title = self._given_title or self.model.status.title
        shown = title if len(title) <= _TITLE_SHOWN else f"{title[: _TITLE_SHOWN - 1]}…"
        return f"ChatPanel({shown!r}, as={self.model.identity!r})"

    @property
    def messages(self) -> list[MessageView]:
        """Messages loaded so far, oldest first."""
        return self.model.messages

    def send(self, text: str) -> int | None:
        """Send a message as a person would and return its index; None if it was not sent.

        This takes the name of ipywidgets' own `send`, which only the log inside needs.
        """
        return self.model.send(text)

    def close(self) -> None:
        """Unsubscribe from the channel and remove the panel from the page."""
        if "model" in self.__dict__:  # also called when a half-made panel is discarded
            self.model.close()
            self._chat_log.close()
        super().close()


def _wire(record: MessageView | Notice) -> dict[str, Any]:
    return {**asdict(record), "timestamp": record.timestamp.isoformat()}
