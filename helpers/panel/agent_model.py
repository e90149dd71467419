"""Model of an agent's panel: everything `AgentPanel` displays, without any widget.

It can be tested and used without a browser: `model.accept(model.status.offers[0].sid)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..flex_ui import ignore_not_found, is_agent
from ..lazy import renamed
from .events import PanelModel, Subscriptions
from .protocols import Handler
from .records import AgentStatus, Alert, ConversationView, OfferView, conversation_view, offer_view

if TYPE_CHECKING:
    from ..desk import AcceptedTask, AgentDesk, Offer

__all__ = ["AgentPanelModel", "AgentStatus", "ConversationView", "OfferView"]

GONE = Alert("panel", "error", "This offer is gone: it was withdrawn, or answered elsewhere.")
OVER = Alert("panel", "error", "This conversation is over.")


class AgentPanelModel(PanelModel[AgentStatus, AgentStatus]):
    """State of one agent's desk; closing the model leaves the desk open."""

    def __init__(self, desk: AgentDesk) -> None:
        super().__init__(AgentStatus(agent=desk.agent, identity=desk.identity))
        self.desk = desk
        self._offers: dict[str, Offer] = {}
        self._conversations: dict[str, AcceptedTask] = {}
        self._customers: dict[str, str] = {}
        self._following: dict[str, Subscriptions] = {}
        events: dict[str, Handler] = {
            "offersChanged": self._offers_changed,
            "activityChanged": lambda activity: self._set(activity=activity),
            "problemChanged": self._problem_changed,
            "conversationStarted": self._started,
            "conversationEnded": self._ended,
        }
        self._subscriptions.listen(desk, events)  # before looking, so that nothing falls between
        self._attempt("Could not read the desk", self._load)

    def __repr__(self) -> str:
        return f"AgentPanelModel({self.desk.agent!r})"

    def conversation(self, sid: str) -> AcceptedTask | None:
        """Return the accepted task of this reservation, until it is over."""
        return self._conversations.get(sid)

    tell = renamed("notify")

    def notify(self) -> None:
        """Notify the observers of the current status, in its turn among the changes."""
        with self._announcer:
            self._announcer.queue(self._status)

    # -- actions

    def go_available(self) -> None:
        """Take chats from now on."""
        self._act("Could not go available", self.desk.go_available)

    def go_offline(self) -> None:
        """Take no more chats."""
        self._act("Could not go offline", self.desk.go_offline)

    def accept(self, sid: str) -> None:
        """Accept the offer with this reservation SID."""
        self._answer("Could not accept", sid, self.desk.accept)

    def reject(self, sid: str) -> None:
        """Reject the offer with this reservation SID."""
        self._answer("Could not reject", sid, self.desk.reject)

    def wrap_up(self, sid: str) -> None:
        """End the chat of a conversation."""
        self._conclude("Could not wrap up", sid, lambda conversation: conversation.wrap_up())

    def complete(self, sid: str) -> None:
        """Finish the task of a conversation."""
        self._conclude("Could not complete", sid, lambda conversation: conversation.complete())

    def leave(self, sid: str) -> None:
        """Leave the chat of a conversation whose task ended elsewhere."""
        self._conclude("Could not leave", sid, self.desk.leave)

    def close(self) -> None:
        """Unsubscribe from the desk and its chats, and remove the observers; the desk stays."""
        super().close()
        for sid in tuple(self._following):
            self._following.pop(sid).close()

    # -- events of the desk

    def _load(self) -> None:
        for conversation in tuple(self.desk.conversations):
            self._started(conversation)
        self._offers_changed(self.desk.offers)

    def _problem_changed(self, problem: str | None) -> None:
        """Show why the desk cannot look for offers, until it can."""
        alert = self.status.alert
        if problem is not None:
            text = f"The desk cannot look for offers: {problem}"
            self._set(alert=Alert("connection", "warning", text))
        elif alert is not None and alert.topic == "connection":
            self._set(alert=None)

    def _offers_changed(self, offers: list[Offer]) -> None:
        views = tuple(offer_view(offer, self._customer(offer)) for offer in offers)
        with self._announcer:
            self._offers = {offer.sid: offer for offer in offers}
            self._update(offers=views)
        self._set(activity=self.desk.activity)  # TaskRouter changes it after a rejection

    def _started(self, conversation: AcceptedTask) -> None:
        view = self._described(conversation)
        with self._announcer.lock:
            if view.sid in self._conversations:
                return
            self._conversations[view.sid] = conversation
            self._update(conversations=(*self._status.conversations, view))
        if conversation.channel is not None:  # its end may come from outside this panel
            following = self._following[view.sid] = Subscriptions(self._handler_failed)
            handlers: dict[str, Handler] = {"updated": lambda _event: self._refresh(conversation)}
            following.listen(conversation.channel, handlers)
        self._announcer.flush()

    def _ended(self, conversation: AcceptedTask) -> None:
        sid = conversation.offer.sid
        if following := self._following.pop(sid, None):
            following.close()
        with self._announcer:
            self._conversations.pop(sid, None)
            kept = tuple(view for view in self._status.conversations if view.sid != sid)
            self._update(conversations=kept)

    def _refresh(self, conversation: AcceptedTask) -> None:
        now = self._described(conversation)
        with self._announcer:
            views = self._status.conversations
            self._update(conversations=tuple(now if v.sid == now.sid else v for v in views))

    # -- people

    def _described(self, conversation: AcceptedTask) -> ConversationView:
        return conversation_view(conversation, self._customer(conversation.offer))

    def _customer(self, offer: Offer) -> str:
        """Return the customer's identity, as the chat's members have it; empty without a chat."""
        if offer.sid not in self._customers:
            found = self._attempt("Could not read the members", lambda: self._guests(offer))
            self._customers[offer.sid] = next(iter(found or ()), "")
        return self._customers[offer.sid]

    def _guests(self, offer: Offer) -> list[str]:
        if offer.channel_sid is not None:
            with ignore_not_found():
                members = self.desk.chat_of(offer.channel_sid).members.list()
                return [
                    one.identity for one in members if one.identity and not is_agent(one.attributes)
                ]
        return []

    # -- failures

    def _answer(self, what: str, sid: str, answer: Callable[[Offer], object]) -> None:
        offer = self._offers.get(sid)
        if offer is None:
            self._set(alert=GONE)
        else:
            self._act(what, lambda: answer(offer))

    def _conclude(self, what: str, sid: str, act: Callable[[AcceptedTask], object]) -> None:
        conversation = self._conversations.get(sid)
        if conversation is None:
            self._set(alert=OVER)
            return
        self._act(what, lambda: act(conversation))
        if sid in self._conversations:  # after a refusal, too: the task's status explains it
            self._attempt("Could not read the task", lambda: self._refresh(conversation))

    def _act(self, what: str, call: Callable[[], object]) -> None:
        self._set(alert=None)
        self._attempt(what, call)

    def _change(self, status: AgentStatus) -> AgentStatus:
        return status

    def _observer_failed(self, change: AgentStatus, failure: Exception) -> None:
        if change.alert is None:  # a view that cannot show an alert would fail for ever
            self.report("Could not show the desk", failure)
