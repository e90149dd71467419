"""Messages sent and received while requests are throttled, time out, break off or get nonsense."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from doors import say
from fire import AMBIGUOUS, FAULTS, NO_EFFECT, Fire, Waits, hurried, sends
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import PATIENCE, EventLog, examples
from twilio.http.response import Response

from helpers import Account, ChatClient, ChatError
from helpers.chat import Channel, OutcomeUnknown

_numbers = itertools.count()


class Party:
    """A chat user with an HTTP client of their own."""

    def __init__(self, account: Account, identity: str, wait: Any = hurried) -> None:
        self.fire = Fire(account.mock)
        remote = Account("shared", account.credentials, self.fire)
        self.chat = ChatClient(remote, remote.chat_token(identity), poll_seconds=0.005, wait=wait)
        self.received = EventLog(self.chat, "messageAdded")
        [self.channel] = self.chat.get_subscribed_channels()

    def renew(self) -> None:
        """Goes on with a token that outlives an hour that only the server's clock has passed."""
        self.chat.update_token(self.chat.account.chat_token(self.chat.identity, ttl=2 * 3600))


@contextmanager
def two_of_them(account: Account, service: Any) -> Iterator[tuple[Party, Party, Any]]:
    """Two people in a new channel, and the channel as the account has it."""
    number = next(_numbers)
    channel = service.channels(service.channels.create().sid)
    with ExitStack() as stack:
        parties = []
        for name in ("a", "b"):
            channel.members.create(identity=f"{name}{number}")
            parties.append(Party(account, f"{name}{number}"))
            stack.enter_context(parties[-1].chat)
        yield parties[0], parties[1], channel


def try_to_send(channel: Channel, body: str) -> int | ChatError:
    try:
        return channel.send_message(body)
    except ChatError as error:
        return error


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def sender(account: Account, channel: Any, waits: Waits) -> Iterator[Party]:
    """A member whose own requests fail, but not the polls."""
    channel.members.create(identity="user-42")
    party = Party(account, "user-42", waits)
    with party.chat:
        yield party


def bodies(channel: Any) -> list[str]:
    return [message.body for message in channel.messages.list()]


# -- whatever happens


_scripts = st.lists(st.sampled_from(FAULTS), max_size=40)


@settings(
    max_examples=examples(40),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    sending=_scripts,
    receiving=_scripts,
    texts=st.lists(st.sampled_from(["yes", "no", "ok"]), min_size=1, max_size=6),
)
def test_every_message_is_stored_once_and_emitted_once_and_in_order(
    account: Account, service: Any, sending: list[str], receiving: list[str], texts: list[str]
) -> None:
    with two_of_them(account, service) as (ann, bob, channel):
        ann.fire.burn(sending)
        bob.fire.burn(receiving)
        results = [(body, try_to_send(ann.channel, body)) for body in texts]
        ann.fire.burn(())
        say(channel, "that was all")
        there = [(message.index, message.body) for message in channel.messages.list()]
        for party in (ann, bob):
            party.received.wait_for(len(there))
            assert [(m.index, m.body) for m in party.received.arguments] == there

    arrived = [(index, body) for body, index in results if isinstance(index, int)]
    unknown = [body for body, error in results if isinstance(error, OutcomeUnknown)]
    assert arrived == sorted(arrived)
    assert len(set(arrived)) == len(arrived)
    assert set(arrived) <= set(there)
    others = [body for index, body in there[:-1] if (index, body) not in arrived]
    assert all(unknown.count(body) >= others.count(body) for body in others)


def test_threads_that_send_the_same_words_into_one_channel_do_not_take_each_others_for_theirs(
    sender: Party, channel: Any
) -> None:
    sender.fire.burn(["time-out, before", "reset, after", "throttled", "none"] * 8, sends)
    results: list[int] = []

    def talk() -> None:
        results.extend(sender.channel.send_message("yes") for _ in range(6))

    threads = [threading.Thread(target=talk) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(results) == list(range(18))
    assert bodies(channel) == ["yes"] * 18


# -- one message


@pytest.mark.parametrize("fault", NO_EFFECT)
def test_a_message_that_was_not_taken_is_sent_again(
    sender: Party, channel: Any, fault: str
) -> None:
    sender.fire.burn([fault] * 4, sends)
    assert sender.channel.send_message("hello") == 0
    assert bodies(channel) == ["hello"]
    assert len(sender.fire.suffered) == 4


@pytest.mark.parametrize("when", ["after", "before"])
@pytest.mark.parametrize("fault", AMBIGUOUS)
def test_a_message_that_may_have_arrived_is_sent_again_only_if_it_did_not(
    sender: Party, channel: Any, fault: str, when: str
) -> None:
    say(channel, "welcome")
    sender.received.wait_for(1)
    assert sender.channel.send_message("yes") == 1
    sender.fire.burn([f"{fault}, {when}"], sends)
    assert sender.channel.send_message("yes") == 2
    assert bodies(channel) == ["welcome", "yes", "yes"]
    assert len(sender.fire.suffered) == 1


def test_the_same_words_of_another_author_are_not_taken_for_the_message(
    sender: Party, channel: Any, service: Any
) -> None:
    channel.members.create(identity="user-43")
    sender.fire.burn(["time-out, before"], sends)
    channel.messages.create(body="yes", from_="user-43")
    assert sender.channel.send_message("yes") == 1
    assert [message._from for message in channel.messages.list()] == ["user-43", "user-42"]


def test_attributes_and_files_distinguish_messages_too(sender: Party, channel: Any) -> None:
    sender.fire.burn(["time-out, after"], sends)
    assert sender.channel.send_message("yes", {"answer_to": 1}) == 0
    sender.fire.burn(["time-out, after"], sends)
    file = {"content_type": "text/plain", "media": b"a file", "filename": "a.txt"}
    assert sender.channel.send_message(media=file) == 1
    first, second = channel.messages.list()
    assert (first.attributes, second.media["filename"]) == ('{"answer_to": 1}', "a.txt")


def test_a_file_whose_upload_fails_is_uploaded_again(sender: Party, channel: Any) -> None:
    sender.fire.burn(["time-out, after", "throttled"], lambda _method, uri: "/Media" in uri)
    file = {"content_type": "text/plain", "media": b"a file"}
    assert sender.channel.send_message(media=file) == 0
    assert [message.type for message in channel.messages.list()] == ["media"]
    assert len(sender.fire.suffered) == 2


def test_a_message_changed_on_its_way_is_not_sent_twice_nor_called_delivered(
    sender: Party, service: Any, channel: Any, webhooks: Any
) -> None:
    service.update(pre_webhook_url="https://bot.example.com", webhook_filters=["onMessageSend"])
    webhooks.register("https://bot.example.com", lambda _request: {"body": "[censored]"})
    sender.fire.burn(["time-out, after"], sends)
    with pytest.raises(OutcomeUnknown, match="It is not known whether the message arrived"):
        sender.channel.send_message("a secret")
    assert bodies(channel) == ["[censored]"]


def test_a_message_that_cannot_be_looked_up_is_of_unknown_fate(sender: Party, channel: Any) -> None:
    dead = itertools.chain(["time-out, after"], itertools.repeat("time-out, before"))
    sender.fire.burn(dead)
    with pytest.raises(OutcomeUnknown, match=r"no answer in time\. Look at get_messages\(\)"):
        sender.channel.send_message("hello?")
    sender.fire.burn(())
    assert bodies(channel) == ["hello?"]


def test_a_message_that_could_not_be_sent_in_a_minute_is_given_up_and_is_not_there(
    sender: Party, channel: Any, waits: Waits
) -> None:
    sender.fire.burn(itertools.repeat("throttled"), sends)
    with pytest.raises(ChatError, match="Not sent: throttled: Too Many Requests") as given_up:
        sender.channel.send_message("hello?")
    assert (given_up.value.status, given_up.value.code) == (429, 20429)
    assert not isinstance(given_up.value, OutcomeUnknown)
    assert bodies(channel) == []
    sender.fire.burn(())
    assert sender.channel.send_message("hello?") == 0


def test_a_refusal_is_raised_at_once(sender: Party, channel: Any, waits: Waits) -> None:
    channel.members("user-42").delete()
    with pytest.raises(ChatError) as refused:
        sender.channel.send_message("let me in")
    assert refused.value.code == 50400
    assert len([s for s in waits.requested if s > 0.5]) == 0


def test_sending_ends_when_the_client_is_shut_down(sender: Party, channel: Any) -> None:
    def shut_down(_method: str, _uri: str) -> bool:
        if sends(_method, _uri):
            sender.chat._session.closing.set()
        return sends(_method, _uri)

    sender.fire.burn(["time-out, after"], shut_down)
    with pytest.raises(OutcomeUnknown, match="shut down"):
        sender.channel.send_message("good-bye")
    assert bodies(channel) == ["good-bye"]


def test_a_token_that_expires_while_a_message_is_tried_again_ends_that(
    sender: Party, account: Account, channel: Any
) -> None:
    def expire(method: str, uri: str) -> bool:
        if sends(method, uri) and not sender.fire.suffered:
            account.clock.advance(3601)
        return sends(method, uri)

    sender.fire.burn(["refused connection"], expire)
    with pytest.raises(ChatError) as refused:
        sender.channel.send_message("too late")
    assert refused.value.code == 20104
    assert bodies(channel) == []
    sender.renew()
    assert sender.channel.send_message("in time") == 0


# -- how long it waits, and what it says


def test_it_waits_as_long_as_the_server_requests(sender: Party, channel: Any, waits: Waits) -> None:
    sender.fire.burn(["throttled for a while"], sends)
    waits.requested.clear()
    sender.channel.send_message("hello")
    [requested] = [seconds for seconds in waits.requested if seconds > 0.5]
    assert 2.0 <= requested <= 2.4


def test_the_waits_of_the_poll_grow_to_a_minute_and_no_further(sender: Party, waits: Waits) -> None:
    errors = EventLog(sender.chat, "connectionError")
    waits.requested.clear()
    sender.fire.burn(itertools.repeat("reset, before"))
    errors.wait_for(12)
    long = [seconds for seconds in waits.requested if seconds > 0.5]
    for number, seconds in enumerate(long[:9]):
        expected = min(60, 2**number)
        assert 0.8 * expected <= seconds <= 1.2 * expected, long
    assert max(long) > 40


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("throttled for a while", "throttled, next try in 2."),
        ("refused connection", "the server cannot be reached, next try in "),
        ("time-out, before", "no answer in time, next try in "),
        ("reset, before", "the connection broke, next try in "),
        ("unavailable, before", "server error 503, next try in "),
        ("HTML of a proxy, before", "an answer that is not Twilio's (HTTP 502), next try in "),
        ("another API, before", "an answer that is not Twilio's (HTTP 200), next try in "),
    ],
)
def test_the_client_says_what_is_the_matter_until_it_is_over(
    sender: Party, channel: Any, fault: str, problem: str
) -> None:
    states = EventLog(sender.chat, "connectionStateChanged")
    shown: list[str | None] = []
    sender.chat.on("connectionError", lambda _: shown.append(sender.chat.connection_problem))
    assert sender.chat.connection_problem is None
    sender.fire.burn([fault] * 5)
    states.wait_for(2)
    assert states.arguments == ["connecting", "connected"]
    assert sender.chat.connection_problem is None
    assert len(shown) == 5
    assert all(text is not None and text.startswith(problem) for text in shown), shown


def test_a_denied_client_says_so_and_a_renewed_one_no_more(sender: Party, account: Account) -> None:
    account.clock.advance(3601)
    errors = EventLog(sender.chat, "connectionError")
    if sender.chat.connection_state != "denied":
        errors.wait_for(1)
    assert "expired" in str(sender.chat.connection_problem)
    sender.renew()
    assert (sender.chat.connection_state, sender.chat.connection_problem) == ("connected", None)


def test_a_refusal_in_a_proxys_html_is_not_taken_for_twilios(
    sender: Party, channel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AMBIGUOUS, "HTML of a proxy", lambda: Response(403, "<html>no</html>"))
    errors = EventLog(sender.chat, "connectionError")
    sender.fire.burn(["HTML of a proxy, before"] * 3)
    errors.wait_for(3)
    say(channel, "still here")
    sender.received.wait_for(1)
    assert not any(error["terminal"] for error in errors.arguments)
    assert sender.received.bodies == ["still here"]


@pytest.mark.parametrize(
    "act",
    [
        lambda channel: channel.get_messages(),
        lambda channel: channel.get_members_count(),
        lambda channel: channel.client.get_user("user-42"),
    ],
    ids=["messages", "members", "a user"],
)
def test_what_is_read_is_tried_again_and_what_fails_for_good_is_a_chat_error(
    sender: Party, act: Callable[[Channel], object]
) -> None:
    mine = lambda _method, _uri: _is_own_thread()  # noqa: E731 - not those of the poll
    sender.fire.burn(["time-out, before", "HTML of a log-in, before"], mine)
    act(sender.channel)
    sender.fire.burn(itertools.repeat("reset, before"), mine)
    with pytest.raises(ChatError, match="the connection broke"):
        act(sender.channel)


def _is_own_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
