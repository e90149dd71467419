"""The chat panel as a widget: messages to and from the browser, and what is saved."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from fake_chat import AGENT, GUEST, FakeChannel, FakeMedia, FakeMember, Room
from twilio.base.exceptions import TwilioRestException

from helpers.panel import ChatPanel, side_by_side

UNAUTHORIZED = TwilioRestException(403, "/Messages", "User unauthorized for command", 50107)


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def channel(room: Room) -> FakeChannel:
    """The customer's view of a chat with an agent."""
    return room.with_agent()


@pytest.fixture
def panel(channel: FakeChannel) -> ChatPanel:
    return ChatPanel(channel)


class Page:
    """A view in the browser, as the kernel knows it: what it sends, and what it is sent."""

    def __init__(self, panel: ChatPanel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = panel.children[0]
        self.sent: list[dict[str, Any]] = []
        monkeypatch.setattr(self.log, "send", self._record)

    def say(self, *buffers: bytes, **content: Any) -> list[dict[str, Any]]:
        """Send a message as the browser does, and return what comes back."""
        before = len(self.sent)
        self.log._handle_custom_msg({"view": "v1", **content}, list(buffers))
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
        assert answer == {"type": "sent", "view": "v1", "key": 1, "index": 0, "failure": None}

    def test_answers_a_refused_message_with_the_error_and_no_index(self, channel, panel, page):
        channel.refusal = UNAUTHORIZED
        status, answer = page.say(type="send", key=1, text="hello")
        assert status["status"]["alert"]["code"] == 50107
        assert (answer["index"], answer["failure"]) == (None, panel.model.error)
        [snapshot] = page.say(type="ready", view="v2")
        assert snapshot["draft"] == "hello"

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
        assert page.say(type="earlier", before=0) == []

    def test_sends_a_long_chat_in_parts(self, room, page):
        for number in range(250):
            room.write(AGENT, f"{number}")

        def part(**request: Any) -> list[Any]:
            *_, sent = page.say(**request)
            shown = [message["index"] for message in sent["messages"]]
            return [shown[0], shown[-1], sent["at_start"], sent["at_end"]]

        assert part(type="ready") == [150, 249, False, True]
        assert part(type="earlier", before=150) == [50, 149, False, False]
        assert part(type="earlier", before=50) == [0, 49, True, False]
        assert part(type="later", after=49) == [50, 149, False, False]
        assert part(type="show", index=120) == [70, 169, False, False]
        assert part(type="latest") == [150, 249, False, True]

    def test_sends_each_notice_with_the_messages_it_stands_among(self, room, page):
        for number in range(150):
            room.write(AGENT, f"{number}")
            if number in (10, 120, 149):
                room.emit("memberJoined", FakeMember(f"bob-{number}"))
        [snapshot] = page.say(type="ready")
        *_, earlier = page.say(type="earlier", before=50)
        assert [one["name"] for one in snapshot["notices"]] == ["bob-120", "bob-149"]
        assert [one["name"] for one in earlier["notices"]] == ["bob-10"]

    def test_says_where_reading_stopped(self, room, channel, monkeypatch):
        room.write(AGENT, "one")
        channel.set_all_messages_consumed()
        room.write(AGENT, "two")
        [snapshot] = Page(ChatPanel(channel), monkeypatch).say(type="ready")
        assert snapshot["read_index"] == 0

    def test_edits_and_deletes_ones_own_messages(self, panel, page):
        panel.send("helo")
        sid = panel.messages[0].sid
        *_, answer = page.say(type="edit", sid=sid, text="hello")
        assert (answer["done"], panel.messages[0].body) == (True, "hello")
        *_, answer = page.say(type="delete", sid=sid)
        assert (answer["done"], panel.messages) == (True, [])

    def test_takes_a_file_part_by_part_and_sends_it_when_complete(self, room, panel, page):
        about = {"type": "part", "key": 5, "name": "a.txt", "content_type": "text/plain", "size": 6}
        assert page.say(b"abc", **about) == [{"type": "taken", "view": "v1", "key": 5, "size": 3}]
        assert panel.messages == []
        *_, sent = page.say(b"def", **about)
        assert (sent["key"], sent["index"]) == (5, 0)
        assert panel.model.media_url(panel.messages[0].sid).endswith(b64encode(b"abcdef").decode())

    def test_forgets_a_file_that_was_cancelled(self, panel, page):
        about = {"key": 5, "name": "a.txt", "content_type": "text/plain", "size": 6}
        page.say(b"abc", type="part", **about)
        page.say(type="cancel", key=5)
        [answer] = page.say(b"abc", type="part", **about)
        assert (answer["size"], panel.messages) == (3, [])

    def test_refuses_a_file_that_is_too_large_before_it_takes_any_of_it(self, panel, page):
        size = 151 * 1024 * 1024
        page.say(b"abc", type="part", key=5, name="a.mov", content_type="video/mp4", size=size)
        assert "Files may be up to 150 MB; a.mov has 151.0 MB" in panel.model.error

    def test_keeps_back_a_url_that_jupyter_would_drop(self, panel, page):
        panel.send_file({"content_type": "image/png", "media": bytes(2_000_000), "filename": "a"})
        *_, answer = page.say(type="media", sid=panel.messages[0].sid)
        assert (answer["url"], answer["large"]) == (None, True)

    def test_finds_messages(self, room, page):
        for body in ("a lamp", "no", "Lamps"):
            room.write(AGENT, body)
        [found] = page.say(type="search", text="lamp", deeper=False)
        assert ([hit["index"] for hit in found["hits"]], found["more"]) == ([0, 2], False)

    def test_shows_a_message_it_does_not_understand(self, panel, page):
        page.say(type="no such thing")
        assert "The panel failed" in panel.model.error
        page.say(type="dismiss")
        assert panel.model.error is None

    def test_keeps_the_transcript_out_of_what_a_notebook_saves(self, room, panel):
        room.write(AGENT, "a secret")
        states = [widget.get_state() for widget in (panel, panel.children[0])]
        assert "a secret" not in repr(states)

    def test_stands_as_html_where_there_is_no_kernel(self, room, panel):
        room.write(AGENT, "<script>alert(1)</script>\n  two")
        panel.send("مرحبا")
        panel.send_file({"content_type": "image/png", "media": b"a", "filename": "<a>.png"})
        room.emit("memberLeft", FakeMember(AGENT))
        shown = panel._repr_mimebundle_()["text/html"]
        assert re.findall(r"<(\w+)", shown).count("tr") == 4
        assert not re.search(r"<(script|style|iframe|img|link)\b|javascript:| on\w+=", shown)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;\n  two" in shown
        assert '<div dir="auto">مرحبا</div>' in shown
        assert "File: &lt;a&gt;.png (image/png)" in shown
        assert "agent_alice left" in shown

    def test_is_only_a_widget_where_voila_would_prefer_the_html(self, panel, monkeypatch):
        monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
        bundle = panel._repr_mimebundle_()
        assert sorted(bundle) == ["application/vnd.jupyter.widget-view+json", "text/plain"]

    def test_stands_as_the_same_html_on_every_run(self, room, channel):
        room.write(AGENT, "yesterday", ago=timedelta(days=1))
        before = ChatPanel(channel).html()
        room.messages[0].timestamp += timedelta(hours=1)
        assert ChatPanel(channel).html() == before

    def test_stands_as_the_latest_messages_of_a_long_chat(self, room, panel):
        for number in range(60):
            room.write(AGENT, f"number {number}")
        shown = panel.html()
        assert "10 earlier messages" in shown
        assert "number 9<" not in shown
        assert "number 10<" in shown

    def test_stands_beside_another_one_and_wraps(self, room, channel):
        both = side_by_side(ChatPanel(channel), ChatPanel(room.channels[1], title="Agent"))
        assert both.layout.flex_flow == "row wrap"
        assert [one.layout.min_width for one in both.children] == ["min(100%, 300px)"] * 2
        assert repr(both) == (
            "side_by_side(ChatPanel('Chat with abc123', as='abc123'),"
            " ChatPanel('Agent', as='agent_alice'))"
        )
        shown = both._repr_mimebundle_()["text/html"]
        assert shown.count("<table>") == 2

    def test_moves_the_focus_once_to_the_view_that_appears_next(self, panel, page):
        panel.focus()
        focused = [page.say(type="ready")[0]["focus"] for _ in range(2)]
        assert focused == [True, False]

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
