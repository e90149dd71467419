"""An agent's desk as a Jupyter widget: a thin view over `AgentPanelModel`.

Who waits and what they wrote is never part of a widget's state, which notebooks may save: a view
that appears says `ready` and is told, as in the chat panel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import anywidget
from ipywidgets import Layout, VBox

from .agent_model import AgentPanelModel
from .agent_records import AgentStatus, ConversationView
from .widget import STYLES, ChatPanel, joined

if TYPE_CHECKING:
    from ..desk import AgentDesk

CHAT_HEIGHT = "354px"
"""With the head and the bar above it as tall as a customer's panel."""


class _AgentView(anywidget.AnyWidget):
    """A part of the panel: is told what to show, and asks for what was clicked."""

    _css = STYLES

    def __init__(self, model: AgentPanelModel, asks: Mapping[str, Callable[[], object]]) -> None:
        super().__init__(layout=Layout(width="auto", flex="none"))
        self._agent = model
        self._asks = asks
        self.on_msg(self._receive)

    def told(self) -> dict[str, Any]:
        """What the browser shall show."""
        raise NotImplementedError

    def ask(self, content: dict[str, Any]) -> None:
        """Do what was clicked."""
        self._asks[content["type"]]()

    def show(self) -> None:
        """Tell every view what it shall show now."""
        self.send({"type": "show", **self.told()})

    def _receive(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        try:
            if content["type"] != "ready":
                self.ask(content)
        except Exception as failure:  # Jupyter would drop it
            self._agent.report("The panel failed", failure)
        self.show()


class AgentHead(_AgentView):
    """Who the agent is, what they are doing, who waits and what went wrong."""

    _esm = joined(("dom.js", "agent_view.js", "agent_head.js"))

    def __init__(self, model: AgentPanelModel) -> None:
        available, offline = model.go_available, model.go_offline
        asks = {"available": available, "offline": offline, "dismiss": model.dismiss_alert}
        super().__init__(model, asks)

    def ask(self, content: dict[str, Any]) -> None:
        """Do what was clicked; an answer names its offer."""
        answers = {"accept": self._agent.accept, "reject": self._agent.reject}
        if content["type"] in answers:
            answers[content["type"]](content["sid"])
        else:
            super().ask(content)

    def told(self) -> dict[str, Any]:
        """The status without its conversations."""
        status = self._agent.status
        told = {**asdict(status), "talking": len(status.conversations)}
        del told["conversations"]
        told["offers"] = [{**o, "since": o["since"].isoformat()} for o in told["offers"]]
        return told


class ConversationBar(_AgentView):
    """Above a chat: with whom it is, how far the task is, and what ends it."""

    _esm = joined(("dom.js", "agent_view.js", "agent_bar.js"))

    def __init__(self, model: AgentPanelModel, view: ConversationView) -> None:
        asks = {"wrap_up": model.wrap_up, "complete": model.complete, "leave": model.leave}
        super().__init__(model, {name: partial(ask, view.sid) for name, ask in asks.items()})
        self.view = view

    def told(self) -> dict[str, Any]:
        """The conversation, and which buttons can be used."""
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
        children = [self.bar, self.chat] if self.chat is not None else [self.bar]
        super().__init__(children=children, layout=Layout(width="auto", flex="none"))
        self.add_class("fcl-conversation")

    def show(self, view: ConversationView) -> None:
        """Show how far the task is."""
        if view != self.bar.view:
            self.bar.view = view
            self.bar.show()

    def close(self) -> None:
        """Let go of the chat and remove the conversation from the page."""
        if "chat" in self.__dict__:
            self.bar.close()
            if self.chat is not None:
                self.chat.close()
        super().close()


class AgentPanel(VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """An agent's desk in a notebook: offers to answer, and the chats that came of them.

    Show it in a cell beside the customer's panel: `HBox([ChatPanel(channel), AgentPanel(desk)])`.
    `layout` is ipywidgets' own.
    """

    def __init__(self, desk: AgentDesk) -> None:
        self.model = AgentPanelModel(desk)
        self._head = AgentHead(self.model)
        self._talks: dict[str, ConversationPanel] = {}
        layout = Layout(width="100%", max_width="600px", margin="4px", overflow="visible")
        super().__init__(children=[self._head], layout=layout)
        self.model.observe(self._show)
        self.model.tell()

    def __repr__(self) -> str:
        """Short, and the same on every run: notebooks store it and tests compare it."""
        return f"AgentPanel({self.model.desk.agent!r})"

    @property
    def chats(self) -> list[ChatPanel]:
        """The chat panels of the conversations under way, oldest first."""
        return [talk.chat for talk in self._talks.values() if talk.chat is not None]

    def close(self) -> None:
        """Unsubscribe from the desk and remove the panel from the page; the desk stays open."""
        if "_talks" in self.__dict__:  # also called when a half-made panel is discarded
            self.model.close()
            self._head.close()
            for talk in self._talks.values():
                talk.close()
        super().close()

    def _show(self, status: AgentStatus) -> None:
        """Called for one status at a time, in order."""
        self._head.show()
        views = {view.sid: view for view in status.conversations}
        gone = [self._talks.pop(sid) for sid in tuple(self._talks) if sid not in views]
        for sid, view in views.items():
            if sid not in self._talks:
                self._talks[sid] = ConversationPanel(self.model, view)
            self._talks[sid].show(view)
        self.children = (self._head, *self._talks.values())  # traitlets tells only of changes
        for talk in gone:
            talk.close()
