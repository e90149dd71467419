"""An agent's panel: what it shows of the desk, and what its buttons do; Flex on a mock."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from helpers import AgentDesk, AgentPanel, ChatClient, connect
from helpers.panel.agent_model import AgentPanelModel

ATTACK = "<img src=x onerror=alert(1)>"


class Lab:
    """An account with a task Flex flow, alice's desk, and customers who write to it."""

    def __init__(self) -> None:
        self.account = connect()
        client = self.account.client
        self.workspace = client.taskrouter.v1.workspaces.list()[0]
        self.flow = client.flex_api.v1.flex_flow.create(
            friendly_name="Custom chat",
            chat_service_sid=self.account.credentials.chat_service_sid,
            channel_type="custom",
            integration_type="task",
            integration_workspace_sid=self.workspace.sid,
            integration_workflow_sid=self.workspace.workflows.list()[0].sid,
            integration_channel="chat",
        )
        self.desk = AgentDesk(self.account, "alice")

    def write(self, identity: str = "abc123", name: str = "Jane") -> Any:
        """A customer's view of a new chat in which they said hello."""
        made = self.account.client.flex_api.v1.channel.create(
            flex_flow_sid=self.flow.sid,
            identity=identity,
            chat_user_friendly_name=name,
            chat_friendly_name=f"Chat with {identity}",
            target=identity,
        )
        client = ChatClient(self.account, self.account.chat_token(identity))
        channel = client.get_channel_by_sid(made.sid)
        channel.send_message("hello")
        return channel

    def task(self) -> Any:
        return self.workspace.tasks.list()[0]


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab()
    yield lab
    lab.desk.close()


@pytest.fixture
def model(lab: Lab) -> Iterator[AgentPanelModel]:
    model = AgentPanelModel(lab.desk)
    model.go_available()
    yield model
    model.close()


@pytest.fixture
def talk(lab, model) -> SimpleNamespace:
    """A chat that alice has accepted: the customer's channel, and the reservation's SID."""
    customer = lab.write()
    sid = model.status.offers[0].sid
    model.accept(sid)
    return SimpleNamespace(customer=customer, sid=sid)


def test_no_offer_waits_at_first(lab):
    status = AgentPanelModel(lab.desk).status
    assert (status.agent, status.activity) == ("alice", "Offline")
    assert (status.offers, status.conversations, status.alert) == ((), (), None)


def test_the_activity_follows_the_toggle_and_the_desk(lab, model):
    assert (model.status.activity, lab.desk.activity) == ("Available", "Available")
    model.go_offline()
    assert lab.desk.activity == "Offline"
    lab.desk.go("Break")
    assert model.status.activity == "Break"


def test_an_offer_says_who_waits_and_on_what_channel(lab, model):
    lab.write()
    [offer] = model.status.offers
    assert (offer.name, offer.channel) == ("Jane", "custom")
    assert "channelSid" not in dict(offer.details)


def test_an_offer_shows_further_attributes_as_short_texts(lab, model):
    attributes = {"name": ATTACK, "order": 4711, "notes": "n" * 200, "tags": ["a"], "empty": ""}
    queue = lab.workspace.workflows.list()[0].sid
    lab.workspace.tasks.create(attributes=json.dumps(attributes), workflow_sid=queue)
    [offer] = model.status.offers
    assert (offer.name, offer.channel) == (ATTACK, "no chat")
    assert offer.details == (("order", "4711"), ("notes", "n" * 79 + "…"), ("tags", '["a"]'))


def test_a_panel_that_comes_late_shows_what_is_already_there(lab):
    lab.desk.go_available()
    lab.write()
    lab.desk.accept()
    lab.write("xyz", "Joe")
    status = AgentPanelModel(lab.desk).status
    names = [view.name for view in (*status.conversations, *status.offers)]
    assert names[:1] == ["Jane"]
    assert [view.status for view in status.conversations] == ["assigned"]


def test_accepting_turns_an_offer_into_a_conversation(lab, model, talk):
    assert model.status.offers == ()
    [view] = model.status.conversations
    assert (view.name, view.status, view.has_chat) == ("Jane", "assigned", True)
    assert (view.can_wrap_up, view.can_complete) == (True, False)
    assert model.conversation(talk.sid).channel.sid == talk.customer.sid


def test_wrapping_up_ends_the_chat_and_allows_completion(model, talk):
    model.wrap_up(talk.sid)
    [view] = model.status.conversations
    assert (view.can_wrap_up, view.can_complete) == (False, True)
    assert talk.customer.is_ended


def test_completing_ends_the_conversation(lab, model, talk):
    model.wrap_up(talk.sid)
    model.complete(talk.sid)
    assert (model.status.conversations, model.status.alert) == ((), None)
    assert lab.task().assignment_status == "completed"


def test_a_conversation_wrapped_up_in_code_is_shown_so(lab, model, talk):
    lab.desk.conversations[0].wrap_up()
    assert [view.status for view in model.status.conversations] == ["wrapping"]


def test_rejecting_passes_the_task_on(lab, model):
    lab.write()
    sid = model.status.offers[0].sid
    model.reject(sid)
    assert sid not in [offer.sid for offer in model.status.offers]
    assert lab.desk.worker.reservations(sid).fetch().reservation_status == "rejected"


def test_what_twilio_refuses_comes_back_with_its_code(lab, model, talk):
    lab.task().update(assignment_status="completed", reason="elsewhere")
    model.wrap_up(talk.sid)
    assert "Could not wrap up" in model.status.alert.text
    assert f"(Twilio error {model.status.alert.code})" in model.status.alert.text
    assert model.status.alert.code > 10000
    assert [view.status for view in model.status.conversations] == ["completed"]
    model.dismiss_alert()
    assert model.status.alert is None


def test_a_conversation_whose_task_ended_elsewhere_can_be_left(lab, model, talk):
    lab.task().update(assignment_status="completed", reason="elsewhere")
    model.wrap_up(talk.sid)
    [view] = model.status.conversations
    assert (view.can_wrap_up, view.can_complete, view.can_leave) == (False, False, True)
    model.leave(talk.sid)
    assert (model.status.conversations, model.status.alert) == ((), None)


def test_an_offer_or_a_conversation_that_is_gone_is_reported(model):
    model.accept("WR" + "0" * 32)
    assert "offer is gone" in model.status.alert.text
    model.complete("WR" + "0" * 32)
    assert "conversation is over" in model.status.alert.text


def test_why_the_desk_cannot_look_for_offers_is_shown_until_it_can(lab, model):
    lab.desk.emit("problemChanged", "no answer in time, next try in 2.0 s")
    text = "The desk cannot look for offers: no answer in time, next try in 2.0 s"
    assert (model.status.alert.text, model.status.alert.level) == (text, "warning")
    lab.desk.emit("problemChanged", None)
    assert model.status.alert is None


def test_the_desk_that_can_look_again_takes_no_other_alert_away(lab, model):
    model.accept("WR0")
    lab.desk.emit("problemChanged", None)
    assert "offer is gone" in model.status.alert.text


def test_the_next_action_takes_the_alert_away(model):
    model.accept("WR" + "0" * 32)
    model.go_offline()
    assert model.status.alert is None


def test_observers_get_every_status_in_order_from_any_thread(lab, model):
    sent: list[Any] = []
    model.observe(sent.append)
    writer = threading.Thread(target=lab.write)
    writer.start()
    writer.join()
    assert len(sent[-1].offers) == 1
    assert sent[-1] == model.status


def test_a_closed_model_is_not_updated(lab, model, talk):
    channel = lab.desk.conversations[0].channel
    before = len(channel.listeners("updated"))
    model.close()
    lab.write("xyz", "Joe")
    assert lab.desk.listeners("offersChanged") == []
    assert len(channel.listeners("updated")) == before - 1
    assert model.status.offers == ()


class TestTheWidget:
    @pytest.fixture
    def panel(self, lab):
        panel = AgentPanel(lab.desk)
        yield panel
        panel.close()

    @pytest.fixture
    def head(self, panel, monkeypatch):
        return Page(panel.children[0], monkeypatch)

    def test_is_short_and_the_same_on_every_run_as_text(self, panel):
        bundle = panel._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert (repr(panel), data["text/plain"]) == ("AgentPanel('alice')",) * 2

    def test_sends_a_new_view_the_current_state(self, head):
        sent = head.say("ready")
        assert (sent["agent"], sent["activity"], sent["offers"]) == ("alice", "Offline", [])

    def test_goes_from_offer_to_the_end_of_a_conversation(self, lab, panel, head, monkeypatch):
        assert head.say("available")["activity"] == "Available"
        customer = lab.write()
        [offer] = head.say("ready")["offers"]
        assert offer["name"] == "Jane"
        assert head.say("accept", sid=offer["sid"])["talking"] == 1
        [chat] = panel.chats
        chat.send("Hello Jane")
        assert [m.body for m in customer.get_messages().items] == ["hello", "Hello Jane"]
        bar = Page(panel.children[1].children[0], monkeypatch)
        assert bar.say("wrap_up")["can_complete"]
        bar.say("complete")
        assert (len(panel.children), panel.chats) == (1, [])
        assert chat.model.ended

    def test_shows_a_task_without_a_chat(self, lab, panel, head):
        head.say("available")
        workflow = lab.workspace.workflows.list()[0].sid
        lab.workspace.tasks.create(attributes='{"name": "Ann"}', workflow_sid=workflow)
        [offer] = head.say("ready")["offers"]
        head.say("accept", sid=offer["sid"])
        assert (len(panel.children), panel.chats) == (2, [])

    def test_shows_a_message_it_does_not_understand(self, head):
        assert "The panel failed" in head.say("no such thing")["alert"]["text"]
        assert head.say("dismiss")["alert"] is None

    def test_keeps_customers_out_of_what_a_notebook_saves(self, lab, panel, head):
        head.say("available")
        lab.write(name="A secret name")
        lab.desk.accept()
        saved = [w.get_state() for w in (panel, *panel.children, *panel.children[1].children)]
        assert "A secret name" not in repr(saved)

    def test_lets_go_of_the_desk_when_closed(self, lab, panel):
        lab.desk.go_available()
        lab.write()
        lab.desk.accept()
        followed = lab.desk.event_names()
        assert any(lab.desk.listeners(event) for event in followed)
        panel.close()
        assert not any(lab.desk.listeners(event) for event in followed)


class Page:
    """A view in the browser, as the kernel knows it."""

    def __init__(self, view: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.view = view
        self.sent: list[dict[str, Any]] = []
        monkeypatch.setattr(view, "send", self._record)

    def say(self, kind: str, **content: Any) -> dict[str, Any]:
        """Send a message as the browser does, and return the last reply."""
        self.view._handle_custom_msg({"type": kind, **content}, [])
        return self.sent[-1]

    def _record(self, content: dict[str, Any]) -> None:
        json.dumps(content)  # what cannot be JSON would not get there
        self.sent.append(content)
