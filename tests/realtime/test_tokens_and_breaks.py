"""Tokens that end and connections that break, as Twilio's own JavaScript SDKs live through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from javascript import JavaScriptClient, Refused, in_the_bundle_too

from helpers import Account
from helpers.mock.server.running import BackgroundServer

Start = Callable[..., JavaScriptClient]


@pytest.fixture
def mock(account: Account) -> Any:
    return account.mock


@pytest.fixture
def jane(start: Start, channel: Any) -> JavaScriptClient:
    """Jane, in the channel and listening."""
    channel.members.create(identity="jane")
    client = start("jane")
    client.wait_for("channelJoined")
    client.ask("messages", channel.fetch().sid)
    channel.messages.create(body="first", from_="bob")
    client.wait_for("messageAdded", body="first")
    return client


def bodies(client: JavaScriptClient) -> list[str]:
    return [event["body"] for event in client.all("messageAdded")]


def test_a_bad_token_ends_in_denied(start: Start) -> None:
    client = start("jane", "no.token.atall", ready=False)
    client.wait_for("connectionStateChanged", value="denied")
    refusal = client.wait_for("connectionError")
    assert (refusal["terminal"], refusal["code"]) == (True, 20101)
    assert "Not an access token" in refusal["message"]


def test_a_token_for_a_service_that_is_not_there_is_denied(
    account: Account, mock: Any, start: Start, client: Any
) -> None:
    client.chat.v2.services(account.credentials.chat_service_sid).delete()
    jane = start("jane", ready=False)
    assert jane.wait_for("connectionError")["code"] == 50050


def test_an_expired_token_is_reported_as_such(account: Account, mock: Any, start: Start) -> None:
    token = account.chat_token("jane", ttl=180)
    mock.clock.advance(181)
    client = start("jane", token, ready=False)
    client.wait_for("tokenExpired")
    assert client.wait_for("connectionError")["code"] == 20104
    client.wait_for("connectionStateChanged", value="denied")


def test_a_token_about_to_expire_is_announced_and_can_be_renewed(
    account: Account, mock: Any, channel: Any, jane: JavaScriptClient
) -> None:
    mock.clock.advance(3600 - 179)
    jane.wait_for("tokenAboutToExpire")
    jane.ask("updateToken", account.chat_token("jane", ttl=7200))
    mock.clock.advance(3000)
    channel.messages.create(body="still here", from_="bob")
    jane.wait_for("messageAdded", body="still here")
    assert jane.all("tokenExpired") == []


@in_the_bundle_too
def test_after_its_token_has_expired_a_client_goes_on_with_a_new_one(
    account: Account, mock: Any, channel: Any, jane: JavaScriptClient
) -> None:
    mock.clock.advance(3601)
    channel.messages.create(body="unheard", from_="bob")
    jane.wait_for("tokenExpired")
    jane.ask("updateToken", account.chat_token("jane"))
    jane.wait_for("messageAdded", body="unheard")
    assert bodies(jane) == ["first", "unheard"]


def test_a_token_for_another_user_is_refused(account: Account, jane: JavaScriptClient) -> None:
    with pytest.raises(Refused):
        jane.ask("updateToken", account.chat_token("bob"))
    assert "another user" in jane.wait_for("connectionError")["message"]


@in_the_bundle_too
def test_a_dropped_socket_catches_up_with_nothing_lost_or_doubled(
    mock: Any, channel: Any, jane: JavaScriptClient
) -> None:
    sid = channel.fetch().sid
    kept = [channel.messages.create(body=f"kept {n}", from_="bob") for n in range(3)]
    jane.wait_for("messageAdded", body="kept 2")
    jane.ask("members", channel.fetch().sid)
    mock.realtime.hang_up("as if a network had failed")
    jane.wait_for("connectionStateChanged", value="connecting")

    for number in range(20):
        channel.messages.create(body=f"missed {number}", from_="bob")
    kept[0].update(body="edited")
    channel.messages(kept[1].sid).delete()
    channel.members.create(identity="ann")
    channel.update(friendly_name="Renamed")
    short = channel.messages.create(body="short-lived", from_="bob")
    channel.messages(short.sid).delete()

    assert jane.wait_for("messageUpdated")["body"] == "edited"
    assert jane.wait_for("messageRemoved")["body"] == "kept 1"
    assert jane.wait_for("memberJoined", identity="ann")
    assert jane.wait_for("channelUpdated", name="Renamed")
    jane.wait_for("messageAdded", body="missed 19")
    channel.messages.create(body="last", from_="bob")
    jane.wait_for("messageAdded", body="last")
    assert bodies(jane) == [
        "first",
        *(f"kept {n}" for n in range(3)),
        *(f"missed {n}" for n in range(20)),
        "last",
    ]
    assert len(jane.all("messageUpdated")) == len(jane.all("messageRemoved")) == 1
    assert [event["identity"] for event in jane.all("memberJoined")] == ["jane", "ann"][1:]
    assert len(jane.ask("messages", sid, 100)["items"]) == 24


@in_the_bundle_too
def test_more_than_a_thousand_missed_messages_come_in_order(
    mock: Any, channel: Any, jane: JavaScriptClient
) -> None:
    mock.realtime.hang_up("as if a network had failed")
    jane.wait_for("connectionStateChanged", value="connecting")
    for number in range(1100):
        channel.messages.create(body=str(number), from_="bob")
    jane.wait_for("messageAdded", body="1099")
    assert bodies(jane) == ["first", *map(str, range(1100))]


def test_who_was_removed_meanwhile_finds_the_channel_left(
    mock: Any, channel: Any, jane: JavaScriptClient
) -> None:
    mock.realtime.hang_up("as if a network had failed")
    jane.wait_for("connectionStateChanged", value="connecting")
    channel.members("jane").delete()
    channel.messages.create(body="not for jane", from_="bob")
    jane.wait_for("channelLeft")
    assert bodies(jane) == ["first"]


def test_a_server_that_stops_and_starts_again_is_found(
    account: Account, mock: Any, channel: Any, server: BackgroundServer, jane: JavaScriptClient
) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    server.close()
    jane.wait_for("connectionStateChanged", value="connecting")
    channel.messages.create(body="while it was down", from_="bob")
    with BackgroundServer(mock, port=port):
        jane.wait_for("messageAdded", body="while it was down")
        assert jane.ask("send", channel.fetch().sid, "back again") == 2
        jane.wait_for("messageAdded", body="back again")
    assert bodies(jane) == ["first", "while it was down", "back again"]


def test_when_the_account_is_put_back_clients_are_cut_off_and_come_back(
    mock: Any, channel: Any, jane: JavaScriptClient
) -> None:
    with mock.snapshot():
        channel.messages.create(body="never was", from_="bob")
        jane.wait_for("messageAdded", body="never was")
    jane.wait_for("connectionStateChanged", value="connecting")
    assert jane.ask("counts", channel.fetch().sid)[0] == 1
