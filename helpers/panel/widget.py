"""The chat panel as a Jupyter widget: a thin view over `ChatPanelModel`.

The transcript is never part of the widget's state, which notebooks may save. A view that appears
says `ready` and gets one snapshot, then changes only, so that the thousandth message costs as much
as the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anywidget
from ipywidgets import Layout, VBox

from ..chat.media import MOST_MEGABYTES, check_size
from ..javascript import joined
from .model import ChatPanelModel
from .protocols import Channel, HasChannel
from .records import Change, MessageView, Notice, Status
from .still import Still, chat_html

_HERE = Path(__file__).parent
_TITLE_SHOWN = 60
_PAGE = 100
"""Messages that a view gets at once: it shows a part of a long chat, and requests the rest."""
_MOST_HITS = 1000
_MOST_IN_A_URL = 2_000_000
"""Letters of a `data:` URL: Jupyter drops messages of more than three million."""
_END = 2**53

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
        self.takes_focus = False
        """True if the next view moves the focus to its field, as after an accepted offer."""
        self._chat = model
        self._title = title
        self._uploads: dict[tuple[str, int], bytearray] = {}
        self._answers: dict[str, Callable[[dict[str, Any]], object]] = {
            "ready": self._send_snapshot,
            "send": self._send_message,
            "media": self._send_media_url,
            "part": self._receive_part,
            "cancel": lambda content: self._uploads.pop(_place(content), None),
            "edit": self._edit,
            "delete": self._delete,
            "earlier": self._send_earlier,
            "later": lambda content: self._send_since(content["after"] + 1, content),
            "latest": lambda content: self._send_window(_END, content),
            "show": lambda content: self._send_window(content["index"], content),
            "search": self._send_hits,
            "typing": lambda _content: model.typing(),
            "read": lambda _content: model.mark_read(),
            "dismiss": lambda _content: model.dismiss_alert(),
        }
        self.on_msg(self._receive)
        model.observe(self._show)

    def _receive(
        self, _widget: object, content: dict[str, Any], buffers: Sequence[Any] | None
    ) -> None:
        try:
            self._answers[content["type"]]({**content, "buffers": buffers or ()})
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
        focus, self.takes_focus = self.takes_focus, False
        about = {
            "you": asdict(self._chat.you),
            "status": self._status(self._chat.status),
            "draft": self._chat.draft,
            "read_index": self._chat.read_index,
            "most_megabytes": MOST_MEGABYTES,
            "focus": focus,
        }
        self._answer(content, "snapshot", **about, **self._window(_END))

    def _answer(self, content: Mapping[str, Any], kind: str, **answer: Any) -> None:
        """Answer the view that requested it."""
        self.send({"type": kind, "view": content["view"], **answer})

    def _window(self, index: int) -> dict[str, Any]:
        """Return the messages around an index, and the notices among them."""
        after = self._chat.since(index, _PAGE // 2)
        before = self._chat.before(index, _PAGE - len(after))
        return self._part(before + after)

    def _part(self, messages: list[MessageView]) -> dict[str, Any]:
        """Return a part of the chat, and whether it has the loaded ones' beginning and end."""
        first, last = (messages[0].index, messages[-1].index) if messages else (-1, -1)
        oldest, newest = self._chat.loaded
        notices = [
            _wire(notice)
            for notice in self._chat.notices
            if (first <= oldest or notice.after >= first)
            and (last >= newest or notice.after <= last)
        ]
        return {
            "messages": [_wire(message) for message in messages],
            "notices": notices,
            "at_start": first <= oldest,
            "at_end": last >= newest,
        }

    def _send_window(self, index: int, content: dict[str, Any]) -> None:
        self._answer(content, "window", **self._window(index))

    def _send_since(self, index: int, content: dict[str, Any]) -> None:
        self._answer(content, "later", **self._part(self._chat.since(index, _PAGE)))

    def _send_earlier(self, content: dict[str, Any]) -> None:
        """Send loaded messages from before those of the view, or load some for every view."""
        if known := self._chat.before(content["before"], _PAGE):
            self._answer(content, "earlier", **self._part(known))
        else:
            self._chat.load_earlier()

    def _send_hits(self, content: dict[str, Any]) -> None:
        found = self._chat.search(content["text"], deeper=content["deeper"])
        hits = [{"sid": one.sid, "index": one.index} for one in found[-_MOST_HITS:]]
        about = {"text": content["text"], "more": self._chat.status.has_earlier}
        self._answer(content, "found", hits=hits, **about)

    def _send_message(self, content: dict[str, Any]) -> None:
        self._sent(content, self._chat.send(content["text"]))

    def _sent(self, content: dict[str, Any], index: int | None) -> None:
        failure = self._chat.error if index is None else None
        self._answer(content, "sent", key=content["key"], index=index, failure=failure)

    def _edit(self, content: dict[str, Any]) -> None:
        done = self._chat.edit(content["sid"], content["text"])
        self._answer(content, "altered", sid=content["sid"], done=done)

    def _delete(self, content: dict[str, Any]) -> None:
        done = self._chat.delete(content["sid"])
        self._answer(content, "altered", sid=content["sid"], done=done)

    def _receive_part(self, content: dict[str, Any]) -> None:
        """Keep a part of a file, and send the file once it is complete.

        Parts are small, and each is answered before the next comes, so that a file of any size
        passes a Jupyter server, and its progress can be shown.
        """
        name, size = content["name"], content["size"]
        check_size(size, name)
        file = self._uploads.setdefault(_place(content), bytearray())
        file += b"".join(map(bytes, content["buffers"]))
        if len(file) < size:
            self._answer(content, "taken", key=content["key"], size=len(file))
        else:
            del self._uploads[_place(content)]
            kind = content["content_type"]
            media = {"content_type": kind, "media": bytes(file), "filename": name}
            self._sent(content, self._chat.send_file(media))

    def _send_media_url(self, content: dict[str, Any]) -> None:
        url = self._chat.media_url(content["sid"])
        large = url is not None and len(url) > _MOST_IN_A_URL and url.startswith("data:")
        self._answer(content, "media", sid=content["sid"], url=None if large else url, large=large)

    def _status(self, status: Status) -> dict[str, Any]:
        return {**asdict(status), "title": self._title or status.title}


class ChatPanel(Still, VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A chat channel as a panel: show it in a cell, or drive it from Python.

    The channel's client decides who "you" are, so two panels show both ends of a chat; put them
    beside each other with `side_by_side()`. `layout` is ipywidgets' own:
    `panel.layout.height = "600px"`. Whatever the mouse can do has a method here: `send()`,
    `send_file()`, `edit()`, `delete()`, `retry()`, `search()`; failures are in `model.error`.
    Readers without a kernel see `html()`, the chat as it was when the panel was displayed.
    """

    def __init__(self, channel: Channel | HasChannel, title: str | None = None) -> None:
        self.model = ChatPanelModel(
            channel.chat_channel if isinstance(channel, HasChannel) else channel
        )
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

    def send_file(self, media: str | Path | Mapping[str, Any]) -> int | None:
        """Send a file of up to 150 MB and return its index; None if it was not sent.

        `media` is its path, or `{"content_type": "image/png", "media": b"...", "filename": ...}`.
        """
        return self.model.send_file(media)

    def retry(self) -> int | None:
        """Send the text that could not be sent again; returns as `send()` does."""
        return self.model.retry()

    def edit(self, sid: str, text: str) -> bool:
        """Replace the text of one's own message, by its SID; False if Twilio refuses."""
        return self.model.edit(sid, text)

    def delete(self, sid: str) -> bool:
        """Delete one's own message, by its SID; False if Twilio refuses."""
        return self.model.delete(sid)

    def search(self, text: str, *, deeper: bool = False) -> list[MessageView]:
        """Return the messages with this text; `deeper` loads earlier ones until one is found."""
        return self.model.search(text, deeper=deeper)

    def html(self) -> str:
        """Return the latest messages as HTML without scripts, and without times."""
        title = self._given_title or self.model.status.title
        model = self.model
        return chat_html(title, model.identity, model.messages, model.notices, model.status.ended)

    def focus(self) -> None:
        """Move the focus to the field of the next view of this panel, when it appears."""
        self._chat_log.takes_focus = True

    def close(self) -> None:
        """Unsubscribe from the channel and remove the panel from the page."""
        if "model" in self.__dict__:  # also called when a half-made panel is discarded
            self.model.close()
            self._chat_log.close()
        super().close()


def _place(content: Mapping[str, Any]) -> tuple[str, int]:
    """Return the place of a file on its way: the view, and its number there."""
    return content["view"], content["key"]


def _wire(record: MessageView | Notice) -> dict[str, Any]:
    return {**asdict(record), "timestamp": record.timestamp.isoformat()}
