"""The chat panel as a widget: messages to and from the browser, and what is saved."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_chat import FakeChannel, FakeMedia, FakeMember, Room
from twilio.base.exceptions import TwilioRestException

from helpers.panel import ChatPanel

GUEST, AGENT = "abc123", "agent_alice"
UNAUTHORIZED = TwilioRestException(403, "/Messages", "User unauthorized for command", 50107)


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def channel(room: Room) -> FakeChannel:
    """The customer's view of a chat with an agent."""
    channel = room.join(GUEST, "guest")
    room.join(AGENT, "agent")
    return channel


@pytest.fixture
def panel(channel: FakeChannel) -> ChatPanel:
    return ChatPanel(channel)


class Page:
    """A view in the browser, as the kernel knows it: what it sends, and what it is sent."""

    def __init__(self, panel: ChatPanel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = panel.children[0]
        self.sent: list[dict[str, Any]] = []
        monkeypatch.setattr(self.log, "send", self._record)

    def say(self, **content: Any) -> list[dict[str, Any]]:
        """Send a message as the browser does, and return what comes back."""
        before = len(self.sent)
        self.log._handle_custom_msg({"view": "v1", **content}, [])
        return self.sent[before:]

    def _record(self, content: dict[str, Any]) -> None:
        json.dumps(content)  # what cannot be JSON would not get there
        self.sent.append(content)


class TestTheWidget:
    @pytest.fixture
    def page(self, panel, monkeypatch):
        return Page(panel, monkeypatch)

    def test_gives_a_new_view_a_snapshot_addressed_to_it(self, room, panel, page):
        room.write(AGENT, "hello")
        room.emit("memberLeft", FakeMember(AGENT))
        [snapshot] = page.say(type="ready", view="v7")
        assert (snapshot["type"], snapshot["view"]) == ("snapshot", "v7")
        assert [m["body"] for m in snapshot["messages"]] == ["hello"]
        assert [n["text"] for n in snapshot["notices"]] == ["agent_alice left"]
        assert snapshot["status"]["title"] == "Chat with abc123"
        assert snapshot["you"]["identity"] == GUEST

    def test_sends_a_new_message_without_repeating_the_old_ones(self, room, page):
        for number in range(20):
            room.write(AGENT, f"{number}")
        assert [m["body"] for m in page.sent[-1]["messages"]] == ["19"]

    def test_sends_edits_removals_and_notices(self, room, page):
        message = room.write(AGENT, "helo")
        room.edit(message, "hello")
        room.remove(message)
        room.emit("memberJoined", FakeMember("bob"))
        assert [sent["type"] for sent in page.sent] == ["added", "updated", "removed", "notice"]

    def test_answers_a_message_with_its_index(self, page):
        *_, answer = page.say(type="send", key=1, text="hello")
        assert answer == {"type": "sent", "view": "v1", "key": 1, "index": 0}

    def test_answers_a_refused_message_with_the_error_and_no_index(self, channel, page):
        channel.refusal = UNAUTHORIZED
        status, answer = page.say(type="send", key=1, text="hello")
        assert status["status"]["alert"]["code"] == 50107
        assert answer["index"] is None

    def test_gives_the_url_of_a_file_on_request(self, room, page):
        media = FakeMedia("ME1", "image/png", "lamp.png", 123, "https://example.com/lamp")
        message = room.write(AGENT, None, media)
        assert "lamp" not in json.dumps(page.say(type="ready")).replace("lamp.png", "")
        [answer] = page.say(type="media", sid=message.sid)
        assert answer["url"] == "https://example.com/lamp"

    def test_shows_a_file_as_rest_describes_it_and_says_that_it_has_no_url(self, room, panel, page):
        described = {"sid": "ME1", "content_type": "image/png", "filename": "a.png", "size": 9}
        message = room.write(AGENT, None, described)
        assert panel.messages[0].media.filename == "a.png"
        *_, answer = page.say(type="media", sid=message.sid)
        assert answer["url"] is None
        assert "Could not open the file" in panel.model.error

    def test_passes_on_typing_reading_and_earlier(self, room, channel, page, panel):
        room.write(AGENT, "hello")
        page.say(type="read")
        assert channel.consumed == 1
        page.say(type="typing")
        assert page.say(type="earlier") == []

    def test_shows_a_message_it_does_not_understand(self, panel, page):
        page.say(type="no such thing")
        assert "The panel failed" in panel.model.error
        page.say(type="dismiss")
        assert panel.model.error is None

    def test_keeps_the_transcript_out_of_what_a_notebook_saves(self, room, panel):
        room.write(AGENT, "a secret")
        states = [widget.get_state() for widget in (panel, panel.children[0])]
        assert "a secret" not in repr(states)

    def test_is_short_and_the_same_on_every_run_as_text(self, panel):
        text = "ChatPanel('Chat with abc123', as='abc123')"
        bundle = panel._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert (repr(panel), data["text/plain"]) == (text, text)

    def test_shows_a_given_title_instead_of_the_channels_name(self, channel, monkeypatch):
        panel = ChatPanel(channel, title="The customer")
        [snapshot] = Page(panel, monkeypatch).say(type="ready")
        assert snapshot["status"]["title"] == "The customer"
        assert repr(panel) == "ChatPanel('The customer', as='abc123')"

    def test_can_be_driven_without_a_browser(self, panel):
        assert panel.send("hello") == 0
        assert [message.body for message in panel.messages] == ["hello"]

    def test_lets_go_of_the_channel_when_closed(self, channel, panel):
        panel.close()
        assert (channel.listeners, channel.client.listeners) == (0, 0)

    def test_shows_both_ends_of_a_chat_side_by_side(self, room, channel):
        customer, agent = ChatPanel(channel), ChatPanel(room.channels[1])
        customer.send("hello")
        assert [(m.own, m.body) for m in agent.messages] == [(False, "hello")]
