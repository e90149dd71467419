"""An agent's desk as a Jupyter widget: a thin view over `AgentPanelModel`.

Customers' names and messages are never part of a widget's state, which notebooks may save: a view
that appears says `ready` and is sent them, as in the chat panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
from ipywidgets import Layout, VBox

from ..javascript import joined
from .agent_model import AgentPanelModel
from .records import AgentStatus, ConversationView
from .still import Still, desk_html
from .widget import STYLES, ChatPanel

if TYPE_CHECKING:
    from ..desk import AgentDesk

_HERE = Path(__file__).parent
CHAT_HEIGHT = "354px"
"""Height that makes it, with head and bar, as tall as a customer's panel."""


class _AgentView(anywidget.AnyWidget):
    """A part of the panel: sends its state to the browser, and does what is clicked there."""

    _css = STYLES

    def __init__(self, model: AgentPanelModel, **actions: Callable[[Any], object]) -> None:
        super().__init__(layout=Layout(width="auto", flex="none"))
        self._agent = model
        self._actions = {"ready": lambda _content: None, **actions}
        self.on_msg(self._receive)

    def shown(self) -> dict[str, Any]:
        """Return what the browser shows."""
        raise NotImplementedError

    def show(self) -> None:
        """Send every view its current state."""
        self.send({"type": "show", **self.shown()})

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        try:
            self._actions[content["type"]](content)
        except Exception as failure:
            self._agent.report("The panel failed", failure)
        self.show()


class AgentHead(_AgentView):
    """Head of the panel: the agent, the activity, the offers and the alert."""

    _esm = joined(_HERE / "agent_head.js")

    def __init__(self, model: AgentPanelModel, accept: Callable[[Any], object]) -> None:
        super().__init__(
            model,
            available=lambda _content: model.go_available(),
            offline=lambda _content: model.go_offline(),
            accept=accept,
            reject=lambda content: model.reject(content["sid"]),
            dismiss=lambda _content: model.dismiss_alert(),
        )

    def shown(self) -> dict[str, Any]:
        """Return the status without its conversations."""
        shown = asdict(self._agent.status)
        shown["talking"] = len(shown.pop("conversations"))
        shown["offers"] = [{**o, "since": o["since"].isoformat()} for o in shown["offers"]]
        return shown


class ConversationBar(_AgentView):
    """Bar above a chat: the customer, the task's status, and the buttons that end it."""

    _esm = joined(_HERE / "agent_bar.js")

    def __init__(self, model: AgentPanelModel, view: ConversationView) -> None:
        super().__init__(
            model,
            wrap_up=lambda _content: model.wrap_up(view.sid),
            complete=lambda _content: model.complete(view.sid),
            leave=lambda _content: model.leave(view.sid),
        )
        self.view = view

    def shown(self) -> dict[str, Any]:
        """Return the conversation, and which buttons can be used."""
        names = ("can_wrap_up", "can_complete", "can_leave")
        return {**asdict(self.view), **{name: getattr(self.view, name) for name in names}}


class ConversationPanel(VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """An accepted conversation: its bar, and its chat if it has one."""

    def __init__(self, model: AgentPanelModel, view: ConversationView) -> None:
        self.bar = ConversationBar(model, view)
        self.chat: ChatPanel | None = None
        conversation = model.conversation(view.sid)
        if conversation is not None and conversation.channel is not None:
            self.chat = ChatPanel(conversation.channel)
            self.chat.layout = Layout(width="auto", height=CHAT_HEIGHT, margin="0")
        children = [part for part in (self.bar, self.chat) if part is not None]
        super().__init__(children=children, layout=Layout(width="auto", flex="none"))
        self.add_class("fcl-conversation")

    def focus(self) -> None:
        """Move the focus to the chat's field, or to the bar, once they appear."""
        if self.chat is not None:
            self.chat.focus()

    def show(self, view: ConversationView) -> None:
        """Show the task's status."""
        if view != self.bar.view:
            self.bar.view = view
            self.bar.show()

    def close(self) -> None:
        """Close the chat and remove the conversation from the page."""
        if "chat" in self.__dict__:
            self.bar.close()
            if self.chat is not None:
                self.chat.close()
        super().close()


class AgentPanel(Still, VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """An agent's desk in a notebook: offers to answer, and the accepted chats.

    Show it beside the customer's panel: `side_by_side(ChatPanel(channel), AgentPanel(desk))`.
    `layout` is ipywidgets' own. The buttons are methods of `model`: `model.accept(sid)`. Readers
    without a kernel see `html()`.
    """

    def __init__(self, desk: AgentDesk) -> None:
        self.model = AgentPanelModel(desk)
        self._head = AgentHead(self.model, self._accept)
        self._accepted: str | None = None
        self._panels: dict[str, ConversationPanel] = {}
        layout = Layout(width="100%", max_width="600px", margin="4px", overflow="visible")
        super().__init__(children=[self._head], layout=layout)
        self.add_class("fcl-agent")
        self.model.observe(self._show)
        self.model.notify()

    def __repr__(self) -> str:  # the same on every run, as notebooks store it
        return f"AgentPanel({self.model.desk.agent!r})"

    @property
    def chats(self) -> list[ChatPanel]:
        """Chat panels of the current conversations, oldest first."""
        return [panel.chat for panel in self._panels.values() if panel.chat is not None]

    def html(self) -> str:
        """Return the desk and its chats as HTML without scripts."""
        status = self.model.status
        chats = []
        for view in status.conversations:
            panel = self._panels.get(view.sid)
            chat = panel.chat.html() if panel and panel.chat else None
            chats.append((view.name, view.status, chat))
        return desk_html(status, chats)

    def _accept(self, content: dict[str, Any]) -> None:
        """Accept an offer that was clicked: its chat gets the focus, which the button loses."""
        self._accepted = content["sid"]
        try:
            self.model.accept(content["sid"])
        finally:
            self._accepted = None

    def close(self) -> None:
        """Unsubscribe from the desk and remove the panel from the page; the desk stays open."""
        if "_panels" in self.__dict__:  # also called when a half-made panel is discarded
            self.model.close()
            self._head.close()
            for panel in self._panels.values():
                panel.close()
        super().close()

    def _show(self, status: AgentStatus) -> None:
        """Show one status; called for one at a time, in order."""
        self._head.show()
        views = {view.sid: view for view in status.conversations}
        gone = [self._panels.pop(sid) for sid in tuple(self._panels) if sid not in views]
        for sid, view in views.items():
            if sid not in self._panels:
                self._panels[sid] = ConversationPanel(self.model, view)
                if sid == self._accepted:
                    self._panels[sid].focus()
            self._panels[sid].show(view)
        self.children = (self._head, *self._panels.values())  # traitlets sends only changes
        for panel in gone:
            panel.close()
