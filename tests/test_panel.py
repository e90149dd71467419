"""The chat panel's model: what is shown, whatever Twilio sends and in whatever order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fake_chat import (
    AGENT,
    GUEST,
    FakeChannel,
    FakeClient,
    FakeMedia,
    FakeMember,
    FakePage,
    FakeUser,
    Room,
)
from twilio.base.exceptions import TwilioRestException

from helpers.panel import ChatPanelModel
from helpers.panel.records import Change, display_name, person

UNAUTHORIZED = TwilioRestException(403, "/Messages", "User unauthorized for command", 50107)


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def channel(room: Room) -> FakeChannel:
    """The customer's view of a chat with an agent."""
    return room.with_agent()


@pytest.fixture
def model(channel: FakeChannel) -> ChatPanelModel:
    return ChatPanelModel(channel)


def bodies(model: ChatPanelModel) -> list[str | None]:
    return [message.body for message in model.messages]


def changes_of(model: ChatPanelModel) -> list[Change]:
    """Collect the changes from now on."""
    changes: list[Change] = []
    model.observe(changes.append)
    return changes


def raising(failure: Exception) -> Callable[..., Any]:
    def fail(*_arguments: object) -> None:
        raise failure

    return fail


class TestTheTranscript:
    def test_shows_earlier_messages_and_new_ones(self, room, channel):
        room.write(AGENT, "before")
        model = ChatPanelModel(channel)
        room.write(GUEST, "now")
        assert [(m.author, m.body, m.own) for m in model.messages] == [
            (AGENT, "before", False),
            (GUEST, "now", True),
        ]

    def test_is_in_the_order_of_the_index_whatever_the_order_of_arrival(self, channel, model):
        elsewhere = Room()
        first, second, third = [elsewhere.write(AGENT, body) for body in "123"]
        for message in (third, first, second):
            channel.emit("messageAdded", message)
        assert bodies(model) == ["1", "2", "3"]

    def test_has_each_message_once_even_if_twilio_emits_it_twice(self, room, channel, model):
        message = room.write(AGENT, "once")
        channel.emit("messageAdded", message)
        assert bodies(model) == ["once"]

    def test_marks_an_edited_message(self, room, model):
        message = room.write(AGENT, "helo")
        room.edit(message, "hello")
        assert [(m.body, m.edited) for m in model.messages] == [("hello", True)]

    def test_does_not_call_a_change_of_attributes_an_edit(self, room, channel, model):
        message = room.write(AGENT, "hello")
        channel.emit("messageUpdated", {"message": message, "update_reasons": ["attributes"]})
        assert [m.edited for m in model.messages] == [False]

    def test_keeps_an_edit_that_overtook_its_message(self, room, channel, model):
        message = Room().write(AGENT, "edited")
        channel.emit("messageUpdated", {"message": message, "update_reasons": ["body"]})
        message.body = "first version"
        channel.emit("messageAdded", message)
        assert [(m.body, m.edited) for m in model.messages] == [("edited", True)]

    def test_forgets_a_removed_message_for_good(self, room, channel, model):
        message = room.write(AGENT, "oops")
        room.remove(message)
        channel.emit("messageAdded", message)
        assert bodies(model) == []

    def test_ignores_an_edit_of_history_that_was_never_loaded(self, room, channel):
        old = room.write(AGENT, "old")
        for number in range(5):
            room.write(AGENT, f"{number}")
        model = ChatPanelModel(channel, page_size=2)
        room.edit(old, "older")
        assert bodies(model) == ["3", "4"]

    def test_says_who_joined_and_left_and_where(self, room, model):
        room.write(AGENT, "first")
        room.emit("memberJoined", FakeMember("agent_bob"))
        room.emit("memberLeft", FakeMember(GUEST))
        assert [(n.text, n.after) for n in model.notices] == [
            ("agent_bob joined", 0),
            ("You left", 0),
        ]

    def test_calls_people_by_their_friendly_names_where_they_have_one(self, room, channel):
        channel.client.users[AGENT] = FakeUser(AGENT, "Alice")
        model = ChatPanelModel(channel)
        room.write(AGENT, "hello")
        room.emit("typingStarted", FakeMember(AGENT))
        assert [typist.name for typist in model.status.typing] == ["Alice"]
        room.emit("memberLeft", FakeMember(AGENT))
        assert [message.name for message in model.messages] == ["Alice"]
        assert [notice.text for notice in model.notices] == ["Alice left"]
        assert model.you.name == GUEST

    def test_requests_a_name_once_and_does_without_where_it_is_refused(self, room, channel):
        lookups = []
        channel.client.get_user = lambda identity: (
            lookups.append(identity) or raising(UNAUTHORIZED)()
        )
        model = ChatPanelModel(channel)
        room.channels[1].set_all_messages_consumed()
        room.write(AGENT, "hello")
        assert lookups == [GUEST, AGENT]
        assert [message.name for message in model.messages] == [AGENT]
        assert "50107" in str(model.error)

    def test_names_the_role_that_flex_wrote_into_the_member(self, room, model):
        room.write(AGENT, "hello")
        assert [m.role for m in model.messages] == ["agent"]
        assert model.status.role == "guest"


class TestEarlierMessages:
    @pytest.fixture
    def long_chat(self, room, channel):
        for number in range(7):
            room.write(AGENT, f"{number}")
        return ChatPanelModel(channel, page_size=3)

    def test_come_a_page_at_a_time(self, long_chat):
        assert bodies(long_chat) == ["4", "5", "6"]
        long_chat.load_earlier()
        assert bodies(long_chat) == ["1", "2", "3", "4", "5", "6"]
        assert long_chat.status.has_earlier

    def test_end_at_the_beginning(self, long_chat):
        for _ in range(5):
            long_chat.load_earlier()
        assert bodies(long_chat) == list("0123456")
        assert not long_chat.status.has_earlier

    def test_are_distinguished_from_new_ones(self, long_chat):
        changes = changes_of(long_chat)
        long_chat.load_earlier()
        assert [[m.body for m in c.messages] for c in changes if c.kind == "earlier"] == [
            ["1", "2", "3"]
        ]

    def test_can_be_requested_again_after_a_failure(self, long_chat, monkeypatch):
        with monkeypatch.context() as broken:
            broken.setattr(FakePage, "prev_page", raising(UNAUTHORIZED))
            long_chat.load_earlier()
        assert "Could not load earlier messages" in long_chat.error
        long_chat.load_earlier()
        assert len(long_chat.messages) == 6


class TestSending:
    def test_returns_the_index_and_shows_the_message(self, room, model):
        room.write(AGENT, "hello")
        assert model.send("hi") == 1
        assert bodies(model) == ["hello", "hi"]

    def test_keeps_code_as_it_was_typed_without_the_blank_lines_around_it(self, model):
        model.send("  \n\n    def f(x):\n\treturn x  \n\n")
        assert bodies(model) == ["    def f(x):\n\treturn x"]

    @pytest.mark.parametrize("blank", ["", "   ", "\n\t"])
    def test_does_nothing_for_blank_text(self, model, blank):
        assert model.send(blank) is None
        assert (bodies(model), model.error) == ([], None)

    def test_keeps_the_draft_and_names_twilios_code_when_refused(self, channel, model):
        channel.refusal = UNAUTHORIZED
        assert model.send("let me in") is None
        assert model.error == "Not sent: User unauthorized for command (Twilio error 50107)"
        assert model.draft == "let me in"

    def test_clears_the_error_and_the_draft_once_it_works(self, channel, model):
        channel.refusal = UNAUTHORIZED
        model.send("let me in")
        model.send("let me in")
        assert (model.error, model.draft) == (None, "")

    def test_sends_the_draft_again_on_request(self, channel, model):
        channel.refusal = UNAUTHORIZED
        model.send("let me in")
        assert model.retry() == 0
        assert (bodies(model), model.draft, model.retry()) == (["let me in"], "", None)

    def test_sends_a_file_and_says_why_one_was_refused(self, channel, model):
        file = {"content_type": "text/plain", "media": b"hello", "filename": "a.txt"}
        channel.refusal = UNAUTHORIZED
        assert model.send_file(file) is None
        assert model.error.startswith("Not sent: User unauthorized")
        assert model.send_file(file) == 0
        assert model.messages[0].media.filename == "a.txt"

    def test_shows_any_other_exception_too(self, channel, model):
        channel.refusal = ConnectionError()
        model.send("hello")
        assert model.error == "Not sent: ConnectionError"


class TestOnesOwnMessages:
    @pytest.fixture
    def sid(self, model):
        model.send("helo")
        return model.messages[0].sid

    def test_can_be_edited_and_deleted(self, model, sid):
        assert model.edit(sid, "hello\n")
        assert [(one.body, one.edited) for one in model.messages] == [("hello", True)]
        assert model.delete(sid)
        assert model.messages == []

    @pytest.mark.parametrize("act", ["edit", "delete"])
    def test_stay_as_they_are_where_twilio_refuses(self, room, model, sid, act):
        room.refusal = UNAUTHORIZED
        arguments = ("hello",) if act == "edit" else ()
        assert getattr(model, act)(sid, *arguments) is False
        assert model.error.endswith("(Twilio error 50107)")
        assert bodies(model) == ["helo"]

    def test_cannot_be_emptied(self, model, sid):
        assert model.edit(sid, " \n") is False
        assert bodies(model) == ["helo"]

    def test_are_the_only_ones_that_can_be_changed(self, room, model):
        theirs = room.write(AGENT, "hello").sid
        assert (model.edit(theirs, "bye"), model.delete(theirs)) == (False, False)
        assert model.error == "Not deleted: this message is gone, or is not yours."
        assert bodies(model) == ["hello"]


class TestSearch:
    def test_finds_texts_in_any_case_and_files_by_name(self, room, model):
        for body in ("The LAMP", "no", "lamps"):
            room.write(AGENT, body)
        room.write(AGENT, None, FakeMedia("ME1", "image/png", "Lamp.png", 9))
        found = model.search(" lamp ")
        assert [one.body or one.media.filename for one in found] == [
            "The LAMP",
            "lamps",
            "Lamp.png",
        ]
        assert model.search(" ") == []

    def test_loads_earlier_messages_until_one_is_found(self, room, channel):
        for number in range(40):
            room.write(AGENT, f"number {number}")
        model = ChatPanelModel(channel, page_size=5)
        assert model.search("number 21") == []
        assert [one.index for one in model.search("number 21", deeper=True)] == [21]
        assert model.messages[0].index == 20


class TestTheEndOfAChat:
    @pytest.mark.parametrize("attributes", [["INACTIVE"], "INACTIVE", 5, None, True])
    def test_is_not_read_from_attributes_that_are_no_object(self, room, channel, attributes):
        room.attributes = attributes
        model = ChatPanelModel(channel)
        assert model.ended is False
        assert person("bob", attributes).role is None

    @pytest.mark.parametrize("status", ["INACTIVE", "inactive"])
    def test_is_read_from_the_attributes_in_any_case(self, room, channel, status):
        room.attributes = {"status": status}
        assert ChatPanelModel(channel).ended

    def test_comes_with_an_update_and_keeps_what_is_written_then(self, room, model):
        assert not model.ended
        room.end()
        assert model.send("one more thing") is None
        assert "create a new Flex channel" in model.error
        assert (model.draft, bodies(model)) == ("one more thing", [])

    def test_is_over_when_flex_reactivates_the_channel(self, room, channel, model):
        room.end()
        room.attributes = {"status": "ACTIVE"}
        channel.emit("updated", {"channel": channel, "update_reasons": ["attributes"]})
        assert not model.ended

    def test_comes_with_the_removal_of_the_channel(self, channel, model):
        channel.emit("removed", channel)
        assert "removed" in model.status.ended


class TestTheStatus:
    def test_shows_who_else_is_typing_until_they_stop(self, room, model):
        agent, guest = FakeMember(AGENT), FakeMember(GUEST)
        room.emit("typingStarted", agent)
        room.emit("typingStarted", guest)
        assert model.typing_identities == [AGENT]
        room.emit("typingEnded", agent)
        assert model.typing_identities == []

    def test_does_not_show_someone_typing_whose_message_is_here(self, room, model):
        room.emit("typingStarted", FakeMember(AGENT))
        room.write(AGENT, "done")
        assert model.typing_identities == []

    def test_follows_the_connection(self, channel, model):
        channel.client.become("denied")
        assert model.connection_state == "denied"

    def test_names_twilios_code_for_a_failed_connection_until_it_is_back(self, channel, model):
        error = {"message": "Access Token expired", "errorCode": 20104}
        channel.client.emit("connectionError", error)
        assert model.error == "Connection failed: Access Token expired (Twilio error 20104)"
        channel.client.become("connected")
        assert model.error is None

    def test_says_why_the_connection_is_not_there_until_it_is(self, channel, model):
        channel.client.connection_problem = "throttled, next try in 2.0 s"
        channel.client.become("connecting")
        assert model.status.problem == "throttled, next try in 2.0 s"
        channel.client.connection_problem = "throttled, next try in 4.0 s"
        channel.client.emit("connectionError", {"message": "throttled", "errorCode": 20429})
        assert model.status.problem == "throttled, next try in 4.0 s"
        channel.client.connection_problem = None
        channel.client.become("connected")
        assert model.status.problem is None

    def test_warns_before_the_token_expires_and_says_when_it_has(self, channel, model):
        channel.client.emit("tokenAboutToExpire", 180)
        assert (model.status.alert.level, "soon" in model.error) == ("warning", True)
        channel.client.emit("tokenExpired")
        assert (model.status.alert.level, "has expired" in model.error) == ("error", True)

    def test_knows_how_far_the_others_have_read(self, room, model):
        reader = FakeMember(AGENT, last_consumed_message_index=4)
        room.emit("memberUpdated", {"member": reader, "update_reasons": []})
        assert model.status.seen_index == 4

    def test_is_emitted_only_when_it_changes(self, channel, model):
        changes = changes_of(model)
        channel.client.become("connected")
        assert changes == []


class TestReading:
    def test_is_reported_to_twilio_once_per_change(self, room, channel, model):
        room.write(AGENT, "read me")
        model.mark_read()
        model.mark_read()
        assert channel.consumed == 1

    def test_is_not_reported_for_ones_own_messages(self, channel, model):
        model.send("mine")
        model.mark_read()
        assert channel.consumed == 0


class TestNothingFailsInSilence:
    def test_a_handler_that_fails(self, channel, model):
        channel.emit("messageAdded", object())
        assert "Could not handle messageAdded" in model.error

    def test_a_history_that_cannot_be_loaded(self, channel, monkeypatch):
        monkeypatch.setattr(FakeChannel, "get_messages", raising(UNAUTHORIZED))
        assert "Could not load messages" in ChatPanelModel(channel).error

    def test_an_observer_that_fails_while_the_others_are_still_called(self, room, model):
        model.observe(raising(ValueError("broken view")))
        changes = changes_of(model)
        room.write(AGENT, "hello")
        assert model.error == "Could not show added: broken view"
        assert "added" in [change.kind for change in changes]

    def test_until_the_reader_dismisses_it(self, model):
        model.report("The panel failed", ValueError("why"))
        model.dismiss_alert()
        assert model.error is None


def test_closing_unsubscribes_from_everything(room, channel, model):
    changes = changes_of(model)
    assert channel.listeners > 0
    assert channel.client.listeners > 0
    model.close()
    model.close()
    room.write(AGENT, "unheard")
    assert (channel.listeners, channel.client.listeners, changes) == (0, 0, [])


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("jane_2Edoe_40example_2Ecom", "jane.doe@example.com"),
        ("agent_alice", "agent_alice"),
        ("user_2042", "user_2042"),
    ],
)
def test_a_flex_workers_identity_reads_as_the_address_it_encodes(identity, name):
    assert display_name(identity) == name


def test_the_model_can_be_imported_without_any_widget_library():
    source = "import sys, helpers.panel; print('anywidget' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


def test_old_messages_keep_their_own_time(room, channel):
    message = room.write(AGENT, "yesterday", ago=timedelta(days=1))
    assert ChatPanelModel(channel).messages[0].timestamp == message.timestamp


def test_a_disconnected_client_shows_from_the_start():
    client = FakeClient(GUEST)
    client.connection_state = "disconnected"
    assert ChatPanelModel(FakeChannel(Room(), client)).connection_state == "disconnected"
