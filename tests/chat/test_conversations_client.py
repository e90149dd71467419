"""The client of Flex Conversations: the SDK's names, over Conversations' REST API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from doors import Door

from helpers import Account, ChatError, ChatPanel, ConversationsClient, connect
from helpers.chat import Conversation, Participant


@pytest.fixture
def jane(account: Account) -> Iterator[ConversationsClient]:
    with ConversationsClient(account, account.chat_token("jane")) as client:
        yield client


@pytest.fixture
def made(account: Account) -> Any:
    """A conversation with jane and bob in it, as the SDK for servers names it."""
    conversations = account.client.conversations.v1.conversations
    found = conversations(conversations.create(friendly_name="Support", unique_name="s").sid)
    for identity in ("jane", "bob"):
        found.participants.create(identity=identity)
    return found


@pytest.fixture
def conversation(made: Any, jane: ConversationsClient) -> Conversation:
    return jane.get_conversation_by_unique_name("s")


def test_its_requests_are_those_of_conversations(
    account: Account, conversation: Conversation
) -> None:
    conversation.send_message("hi")
    conversation.set_all_messages_read()
    hosts = {entry.host for entry in account.requests if entry.by == "jane"}
    assert hosts == {"conversations.twilio.com"}


def test_a_message_is_sent_and_comes_back_as_an_event(
    conversation: Conversation, made: Any
) -> None:
    received: list[Any] = []
    conversation.on("messageAdded", received.append)
    assert conversation.send_message("Where is my order?", {"lang": "en"}) == 0
    [message] = received
    assert (message.author, message.body, message.attributes) == (
        "jane",
        "Where is my order?",
        {"lang": "en"},
    )
    [stored] = made.messages.list()
    assert (stored.author, stored.body) == ("jane", "Where is my order?")
    assert [each.body for each in conversation.get_messages().items] == ["Where is my order?"]
    assert conversation.get_messages_count() == 1


def test_events_have_the_names_of_the_sdk(jane: ConversationsClient, made: Any) -> None:
    seen: list[tuple[str, Any]] = []
    for event in ("conversationJoined", "participantJoined", "conversationUpdated"):
        jane.on(event, lambda about, event=event: seen.append((event, about)))
    made.participants.create(identity="ann")
    made.update(friendly_name="Sales")
    (joined, ann), (updated, change) = seen
    assert (joined, ann.identity, type(ann)) == ("participantJoined", "ann", Participant)
    assert updated == "conversationUpdated"
    assert change["conversation"].friendly_name == "Sales"
    assert change["update_reasons"] == ["friendly_name"]


def test_a_handler_is_taken_off(conversation: Conversation) -> None:
    received: list[Any] = []
    conversation.on("messageAdded", received.append)
    conversation.off("messageAdded", received.append)
    conversation.send_message("hi")
    assert received == []


def test_a_conversation_that_a_user_is_added_to_is_joined(
    jane: ConversationsClient, account: Account
) -> None:
    joined: list[Conversation] = []
    jane.on("conversationJoined", joined.append)
    conversations = account.client.conversations.v1.conversations
    sid = conversations.create(friendly_name="New").sid
    conversations(sid).participants.create(identity="jane")
    [new] = joined
    assert (new.sid, new.status, new.friendly_name) == (sid, "joined", "New")
    assert [each.sid for each in jane.get_subscribed_conversations()] == [sid]


@pytest.mark.usefixtures("creators")
def test_one_is_created_joined_filled_and_left(jane: ConversationsClient) -> None:
    own = jane.create_conversation(friendly_name="Mine", attributes={"topic": "x"})
    assert own.attributes == {"topic": "x"}
    own.join()
    own.add("bob", {"vip": True})
    own.add_non_chat_participant("+15005550006", "+15005550001")
    people = {one.identity: one.attributes for one in own.get_participants()}
    assert people == {"jane": {}, "bob": {"vip": True}, None: {}}
    own.remove_participant("bob")
    assert own.get_participant_by_identity("bob") is None
    assert own.get_participants_count() == 2
    own.leave()
    assert own.status == "notParticipating"


def test_the_read_horizon_moves(conversation: Conversation, made: Any) -> None:
    for number in range(3):
        made.messages.create(body=str(number), author="bob")
    assert conversation.get_unread_messages_count() is None
    assert conversation.update_last_read_message_index(0) == 2
    assert conversation.advance_last_read_message_index(1) == 1
    assert conversation.set_all_messages_read() == 0
    assert conversation.last_read_message_index == 2
    assert conversation.set_all_messages_unread() is None


def test_a_closed_conversation_refuses_in_its_own_words(
    conversation: Conversation, made: Any
) -> None:
    conversation.send_message("one")
    made.update(state="closed")
    assert conversation.state == "closed"
    with pytest.raises(ChatError) as refused:
        conversation.send_message("two")
    assert (refused.value.status, refused.value.code) == (400, 50377)
    assert [each.body for each in conversation.get_messages().items] == ["one"]


def test_a_stranger_is_refused(account: Account, made: Any) -> None:
    with (
        ConversationsClient(account, account.chat_token("eve")) as eve,
        pytest.raises(ChatError) as refused,
    ):
        eve.get_conversation_by_unique_name("s")
    assert refused.value.code == 50430


def test_a_file_is_sent(conversation: Conversation, made: Any) -> None:
    media = {"content_type": "text/plain", "media": b"note", "filename": "note.txt"}
    index = conversation.send_message(media=media)
    [message] = conversation.get_messages().items
    assert (message.index, message.type, message.media.filename) == (index, "media", "note.txt")
    assert [each["filename"] for each in made.messages.list()[0].media] == ["note.txt"]


def test_a_conversation_that_is_joined_again_is_alive(
    jane: ConversationsClient, conversation: Conversation, made: Any
) -> None:
    made.participants("jane").delete()
    assert conversation.status == "notParticipating"
    made.participants.create(identity="jane")
    again, received = jane.get_conversation_by_sid(conversation.sid), []
    again.on("messageAdded", received.append)
    made.messages.create(body="Welcome back", author="bob")
    assert (again.status, [each.body for each in received]) == ("joined", ["Welcome back"])


@pytest.mark.parametrize("read", ["", "/Participants", "/Messages"])
def test_being_removed_while_a_poll_reads_is_leaving_and_no_refusal(
    account: Account, made: Any, read: str
) -> None:
    door = Door(account.mock)
    remote = Account("shared", account.credentials, door)
    left: list[Conversation] = []

    def remove(_method: str, url: str) -> None:
        if url.partition("?")[0].endswith(f"/Conversations/{made.fetch().sid}{read}"):
            door.fault = lambda _method, _url: None
            made.participants("jane").delete()

    token = account.chat_token("jane")
    with ConversationsClient(remote, token, poll_seconds=60) as jane:
        jane.on("conversationLeft", left.append)
        door.fault = remove
        jane._chat._feed._poll()
        jane._chat._feed._poll()
        assert (jane.connection_state, len(left)) == ("connected", 1)


def test_an_own_message_is_edited_and_removed(conversation: Conversation, made: Any) -> None:
    conversation.send_message("helo")
    [message] = conversation.get_messages().items
    assert message.update_body("hello").body == "hello"
    assert made.messages.list()[0].body == "hello"
    message.remove()
    assert made.messages.list() == []


def test_a_served_mock_is_polled_in_the_same_words(account: Account, made: Any) -> None:
    assert account.mock is not None
    received: list[str] = []
    with account.mock.serve() as server:
        shared = connect(server.url)
        token = shared.chat_token("jane")
        with ConversationsClient(shared, token, poll_seconds=0.01) as jane:
            conversation = jane.get_conversation_by_unique_name("s")
            jane.on("messageAdded", lambda message: received.append(message.body))
            conversation.send_message("over HTTP")
            made.messages.create(body="and back", author="bob")
            jane._chat._feed._poll()
    assert received == ["over HTTP", "and back"]


def test_a_person_with_a_phone_is_a_participant_without_an_identity(
    account: Account, made: Any
) -> None:
    phone = {"messaging_binding_address": "+15550142"}
    first = made.participants.create(**phone, messaging_binding_proxy_address="+15550100")
    with ConversationsClient(account, account.chat_token("jane")) as jane:
        conversation = jane.get_conversation_by_unique_name("s")
        panel = ChatPanel(conversation).model
        assert [one.identity for one in conversation.get_participants()] == ["jane", "bob", None]
        first.delete()
        made.participants.create(**phone, messaging_binding_proxy_address="+15550101")
        account.mock.phone("+15550142").send("Hello", to="+15550101")  # type: ignore[union-attr]
    assert [notice.text for notice in panel.notices] == ["Somebody left", "Somebody joined"]
    assert (panel.messages[-1].name, panel.status.alert) == ("+15550142", None)


def test_a_panel_shows_a_conversation_and_its_end(conversation: Conversation, made: Any) -> None:
    panel = ChatPanel(conversation)
    assert panel.send("Hello") == 0
    made.messages.create(author="bob", body="Hi Jane")
    assert [each.body for each in panel.messages] == ["Hello", "Hi Jane"]
    made.update(state="closed")
    assert panel.model.ended
    assert panel.send("One more") is None
    assert "This conversation is closed" in panel.model.error
    from helpers.tables import transcript

    assert list(transcript(conversation)["body"]) == ["Hello", "Hi Jane"]


def test_timers_that_change_are_no_reason_that_the_sdk_knows(
    jane: ConversationsClient, conversation: Conversation, made: Any
) -> None:
    reasons: list[list[str]] = []
    jane.on("conversationUpdated", lambda change: reasons.append(change["update_reasons"]))
    made.update(timers_closed="PT10M")
    jane.account.clock.advance(601)
    assert reasons == [[], ["state"]]
    assert conversation.state == "closed"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda it, _: it.get_conversation_by_sid(""), "get_conversation_by_sid(): sid"),
        (lambda it, _: it.get_conversation_by_unique_name(5), "unique_name(): unique_name"),
        (lambda _, it: it.update_last_read_message_index(-1), "update_last_read_message_index()"),
        (lambda _, it: it.advance_last_read_message_index("1"), "advance_last_read_message_in"),
    ],
)
def test_an_argument_of_another_kind_is_named_by_the_method_that_was_called(
    jane: ConversationsClient, conversation: Conversation, call: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        call(jane, conversation)


def test_a_participant_of_any_identity_is_removed(
    account: Account, conversation: Conversation, made: Any
) -> None:
    made.participants.create(identity="a/b?c#d%e")
    admin = next(
        each.sid
        for each in account.client.conversations.v1.roles.list()
        if "removeParticipant" in each.permissions and each.type == "conversation"
    )
    made.participants("jane").update(role_sid=admin)
    conversation.remove_participant("a/b?c#d%e")
    assert [one.identity for one in conversation.get_participants()] == ["jane", "bob"]
