"""Access tokens as a chat client lives with them: refused, about to expire, expired, renewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support import EventLog, everything
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant, VideoGrant

from helpers import Account, ChatClient, ChatError, create_chat_token

HOUR = 3600


@pytest.fixture
def sdk_token(account: Account) -> Callable[..., str]:
    """Create a token as the guide does, with some values changed."""

    def make(**changes: Any) -> str:
        own = account.credentials
        values = {
            "account_sid": own.account_sid,
            "signing_key_sid": own.api_key,
            "secret": own.api_secret,
            "grants": [ChatGrant(service_sid=own.chat_service_sid)],
            "identity": "user-42",
        }
        return str(AccessToken(**values | changes).to_jwt())

    return make


# -- refused on connecting


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "x" * 32}, 20107),
        ({"account_sid": "AC" + "f" * 32}, 20103),
        ({"signing_key_sid": "SK" + "f" * 32}, 20103),
        ({"valid_until": 1}, 20104),
        ({"nbf": 4_000_000_000, "valid_until": 4_000_000_001}, 20104),
        ({"grants": [VideoGrant(room="r")]}, 20106),
        ({"identity": None}, 20106),
    ],
    ids=["forged", "other account", "other key", "expired", "far off", "no chat grant", "nobody"],
)
def test_a_token_that_is_no_good_does_not_connect_and_changes_nothing(
    account: Account, sdk_token: Callable[..., str], changes: dict[str, Any], code: int
) -> None:
    before = everything(account)
    token = sdk_token(**changes)
    with pytest.raises(ChatError) as refused:
        ChatClient(account, token)
    assert (refused.value.status, refused.value.code) == (401, code)
    assert token not in str(refused.value)
    assert everything(account) == before


def test_a_token_for_a_service_that_does_not_exist_does_not_connect(
    account: Account, sdk_token: Callable[..., str]
) -> None:
    before = everything(account)
    with pytest.raises(ChatError) as refused:
        ChatClient(account, sdk_token(grants=[ChatGrant(service_sid="IS" + "e" * 32)]))
    assert (refused.value.status, refused.value.code) == (404, 20404)
    assert everything(account) == before


def test_a_token_that_rest_is_given_serves_only_its_own_service(
    account: Account, sdk_token: Callable[..., str]
) -> None:
    other = account.client.chat.v2.services.create(friendly_name="Other")
    token = sdk_token(grants=[ChatGrant(service_sid=other.sid)])
    user = account.client_of_chat_user(token, "user-42")
    with pytest.raises(Exception, match="is for chat service") as refused:
        user.chat.v2.services(account.credentials.chat_service_sid).users("user-42").fetch()
    assert (refused.value.status, refused.value.code) == (403, 20403)


# -- what a connected user may do


def test_a_user_who_is_no_member_cannot_send_to_a_public_channel(
    account: Account, channel: Any
) -> None:
    with ChatClient(account, account.chat_token("stranger")) as stranger:
        before = everything(account)
        found = stranger.get_channel_by_sid(channel.fetch().sid)
        with pytest.raises(ChatError) as refused:
            found.send_message("let me in")
        assert (refused.value.status, refused.value.code) == (403, 50400)
        with pytest.raises(ChatError) as refused:
            found.get_messages()
        assert (refused.value.status, refused.value.code) == (403, 50400)
        assert everything(account) == before


def test_a_private_channel_does_not_exist_for_a_user_who_is_no_member(
    account: Account, service: Any
) -> None:
    private = service.channels.create(type="private", unique_name="secret")
    with ChatClient(account, account.chat_token("stranger")) as stranger:
        for find in (
            lambda: stranger.get_channel_by_sid(private.sid),
            lambda: stranger.get_channel_by_unique_name("secret"),
        ):
            with pytest.raises(ChatError) as refused:
                find()
            assert (refused.value.status, refused.value.code) == (404, 50300)


def test_joining_a_channel_one_is_in_already_is_refused(chat: ChatClient, channel: Any) -> None:
    [joined] = chat.get_subscribed_channels()
    with pytest.raises(ChatError) as refused:
        joined.join()
    assert (refused.value.status, refused.value.code) == (409, 50404)
    assert channel.fetch().members_count == 1


# -- about to expire, expired, renewed


def test_a_token_is_about_to_expire_three_minutes_before_it_does(
    account: Account, chat: ChatClient
) -> None:
    events = EventLog(chat, "tokenAboutToExpire", "tokenExpired")
    account.clock.advance(HOUR - 190)
    assert events.all == []
    account.clock.advance(20)
    assert events.all == [("tokenAboutToExpire", 180)]


def test_a_token_of_three_minutes_is_about_to_expire_at_half_of_its_life(account: Account) -> None:
    account.clock.freeze()
    with ChatClient(account, account.chat_token("user-42", ttl=180)) as chat:
        events = EventLog(chat, "tokenAboutToExpire")
        account.clock.advance(91)
        assert events.all == [("tokenAboutToExpire", 90)]


def test_an_expired_token_is_emitted_and_nothing_works_any_more(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    events = EventLog(chat, "tokenExpired", "connectionStateChanged", "connectionError")
    received = EventLog(chat, "messageAdded")
    [joined] = chat.get_subscribed_channels()
    account.clock.advance(HOUR + 1)
    channel.messages.create(body="unheard")
    assert events.names == ["connectionStateChanged", "connectionError", "tokenExpired"]
    assert chat.connection_state == "denied"
    assert (events.arguments[1]["errorCode"], events.arguments[1]["terminal"]) == (20104, True)
    assert received.all == []
    with pytest.raises(ChatError) as refused:
        joined.send_message("too late")
    assert (refused.value.status, refused.value.code) == (401, 20104)
    assert channel.fetch().messages_count == 1


def test_a_token_renewed_in_time_goes_on_without_a_break(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    events = EventLog(chat, "tokenExpired", "connectionStateChanged", "connectionError")
    chat.on("tokenAboutToExpire", lambda _: chat.update_token(account.chat_token("user-42")))
    received = EventLog(chat, "messageAdded", "memberJoined", "messageUpdated", "memberUpdated")
    channel.members.create(identity="agent")
    message = channel.messages.create(body="before")
    channel.messages(message.sid).update(body="edited")
    account.clock.advance(3 * HOUR)
    channel.messages.create(body="after")
    assert events.all == []
    assert chat.connection_state == "connected"
    assert received.names == ["memberJoined", "messageAdded", "messageUpdated", "messageAdded"]


def test_what_was_missed_while_expired_is_caught_up_once_and_in_order(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    received = EventLog(chat, "messageAdded", "messageUpdated", "messageRemoved")
    members = EventLog(chat, "memberJoined", "memberLeft", "memberUpdated")
    channel.members.create(identity="agent")
    first = channel.messages.create(body="1")
    second = channel.messages.create(body="2")
    channel.messages(first.sid).update(body="1 edited")
    channel.messages(second.sid).delete()
    received_before = len(received.all), len(members.all)
    account.clock.advance(2 * HOUR)
    for body in ("3", "4"):
        channel.messages.create(body=body)
    channel.members("agent").delete()
    assert (len(received.all), len(members.all)) == received_before == (4, 1)
    chat.update_token(account.chat_token("user-42"))
    channel.messages.create(body="5")
    added = [about.body for name, about in received.all if name == "messageAdded"]
    assert added == ["1", "2", "3", "4", "5"]
    assert received.names.count("messageUpdated") == received.names.count("messageRemoved") == 1
    assert members.names == ["memberJoined", "memberLeft"]
    assert chat.connection_state == "connected"


def test_answers_sent_while_catching_up_are_emitted_as_well(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    received = EventLog(chat, "messageAdded")

    def answer(message: Any) -> None:
        if message.author != "user-42":
            chat.get_subscribed_channels()[0].send_message(f"re: {message.body}")

    chat.on("messageAdded", answer)
    account.clock.advance(2 * HOUR)
    for body in ("1", "2"):
        channel.messages.create(body=body)
    chat.update_token(account.chat_token("user-42"))
    assert sorted(received.bodies) == ["1", "2", "re: 1", "re: 2"]
    assert [message.index for message in received.arguments] == [0, 1, 2, 3]


def test_a_channel_joined_or_left_while_expired_is_emitted_on_renewal(
    account: Account, chat: ChatClient, service: Any, channel: Any
) -> None:
    events = EventLog(chat, "channelJoined", "channelLeft")
    account.clock.advance(2 * HOUR)
    other = service.channels.create(friendly_name="Other")
    service.channels(other.sid).members.create(identity="user-42")
    channel.members("user-42").delete()
    chat.update_token(account.chat_token("user-42"))
    assert sorted(events.names) == ["channelJoined", "channelLeft"]
    assert [joined.sid for joined in chat.get_subscribed_channels()] == [other.sid]


# -- renewal refused


@pytest.mark.parametrize("other", ["identity", "service"])
def test_a_token_for_another_user_or_service_needs_its_own_client(
    account: Account, chat: ChatClient, channel: Any, other: str
) -> None:
    received = EventLog(chat, "messageAdded")
    credentials = account.credentials
    if other == "service":
        made = account.client.chat.v2.services.create(friendly_name="Other")
        credentials = replace(credentials, chat_service_sid=made.sid)
    token = create_chat_token(
        account_sid=credentials.account_sid,
        api_key=credentials.api_key,
        api_secret=credentials.api_secret,
        service_sid=credentials.chat_service_sid,
        identity="user-43" if other == "identity" else "user-42",
    )
    with pytest.raises(ChatError, match="client of its own") as refused:
        chat.update_token(token)
    assert refused.value.code == 20101
    assert (chat.identity, chat.service_sid) == ("user-42", account.credentials.chat_service_sid)
    channel.messages.create(body="still heard")
    assert received.bodies == ["still heard"]


def test_a_forged_renewal_is_refused_and_the_old_token_goes_on(
    account: Account, chat: ChatClient, sdk_token: Callable[..., str]
) -> None:
    events = EventLog(chat, "connectionStateChanged", "tokenExpired")
    with pytest.raises(ChatError) as refused:
        chat.update_token(sdk_token(secret="x" * 32))
    assert (refused.value.status, refused.value.code) == (401, 20107)
    [joined] = chat.get_subscribed_channels()
    assert joined.send_message("still here") == 0
    account.clock.advance(HOUR + 1)
    assert events.names == ["connectionStateChanged", "tokenExpired"]


def test_a_client_that_was_shut_down_takes_no_token(account: Account, chat: ChatClient) -> None:
    chat.shutdown()
    events = EventLog(chat, "connectionStateChanged", "tokenAboutToExpire")
    with pytest.raises(ChatError, match="shut down"):
        chat.update_token(account.chat_token("user-42"))
    account.clock.advance(2 * HOUR)
    assert chat.connection_state == "disconnected"
    assert events.all == []


def test_a_token_that_is_none_is_refused_as_by_twilio_and_the_one_in_use_stays(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    for refused_token in ("x.y.z", account.chat_token("somebody-else")):
        with pytest.raises(ChatError) as refused:
            chat.update_token(refused_token)
        assert refused.value.code == 20101
    received = EventLog(chat, "messageAdded")
    channel.messages.create(body="still here")
    assert received.bodies == ["still here"]
    assert chat.connection_state == "connected"


def test_a_new_token_whose_catching_up_is_refused_raises_a_chat_error(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    account.clock.advance(HOUR)  # so that there is something to catch up on
    account.mock.faults.add("ListUserChannel", status=403, code=20403, times=None)
    with pytest.raises(ChatError) as refused:
        chat.update_token(account.chat_token("user-42"))
    assert (refused.value.code, refused.value.status) == (20403, 403)
