"""Channels, members, invitations and users in Twilio's own JavaScript SDKs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from javascript import JavaScriptClient, Refused, Sdk

from helpers import Account, ChatClient

Start = Callable[..., JavaScriptClient]


@pytest.fixture
def jane(start: Start) -> JavaScriptClient:
    return start("jane")


@pytest.fixture
def bob(start: Start) -> JavaScriptClient:
    return start("bob")


in_chat_only = pytest.mark.parametrize("sdk", ["twilio-chat"], indirect=True)
"""Conversations has neither invitations nor public channels."""


@pytest.mark.usefixtures("creators")
def test_a_channel_is_created_joined_changed_left_and_deleted(
    service: Any, sdk: Sdk, jane: JavaScriptClient
) -> None:
    made = jane.ask(
        "create", {"friendlyName": "Mine", "uniqueName": "mine", "attributes": {"n": 1}}
    )
    sid = made["sid"]
    kept = service.channels("mine").fetch()
    assert (kept.sid, kept.type, kept.created_by, kept.attributes) == (
        sid,
        "public" if sdk.name == "twilio-chat" else "private",
        "jane",
        '{"n":1}',
    )
    jane.ask("join", sid)
    assert jane.wait_for("channelJoined")["sid"] == sid
    admin = service.channels(sid).members("jane").fetch().role_sid
    assert service.roles(admin).fetch().friendly_name == "channel admin"

    jane.ask("rename", sid, "Ours")
    assert "friendlyName" in jane.wait_for("channelUpdated", name="Ours")["reasons"]
    jane.ask("setAttributes", sid, {"n": 2})
    assert jane.wait_for("channelUpdated", attributes={"n": 2})
    assert service.channels(sid).fetch().friendly_name == "Ours"

    jane.ask("leave", sid)
    assert jane.wait_for("channelLeft")["sid"] == sid
    assert service.channels(sid).members.list() == []


@pytest.mark.usefixtures("creators")
def test_a_deleted_channel_is_gone_for_all_members(
    service: Any, jane: JavaScriptClient, bob: JavaScriptClient
) -> None:
    sid = jane.ask("create", {"friendlyName": "Mine"})["sid"]
    jane.ask("join", sid)
    jane.wait_for("channelJoined")
    jane.ask("add", sid, "bob")
    bob.wait_for("channelJoined", sid=sid)
    jane.ask("destroy", sid)
    for client in (jane, bob):
        assert client.wait_for("channelRemoved")["sid"] == sid
    assert [channel.sid for channel in service.channels.list()] == []


def test_what_changes_over_rest_is_emitted(channel: Any, jane: JavaScriptClient) -> None:
    channel.members.create(identity="jane")
    sid = jane.wait_for("channelJoined")["sid"]
    channel.update(friendly_name="Renamed", attributes=json.dumps({"step": 2}))
    event = jane.wait_for("channelUpdated", name="Renamed")
    assert event["attributes"] == {"step": 2}
    channel.members("jane").delete()
    assert jane.wait_for("channelLeft")["sid"] == sid


def test_members_join_change_and_leave(channel: Any, service: Any, jane: JavaScriptClient) -> None:
    channel.members.create(identity="jane")
    jane.wait_for("channelJoined")
    sid = channel.fetch().sid
    assert [member["identity"] for member in jane.ask("members", sid)] == ["jane"]

    bob = channel.members.create(identity="bob")
    event = jane.wait_for("memberJoined", identity="bob")
    assert (event["sid"], event["role"]) == (bob.sid, bob.role_sid)

    bob.update(attributes='{"desk": 7}')
    assert jane.wait_for("memberUpdated", identity="bob")["attributes"] == {"desk": 7}
    jane.ask("setMemberAttributes", sid, "jane", {"tier": "gold"})
    assert json.loads(channel.members("jane").fetch().attributes) == {"tier": "gold"}

    bob.delete()
    assert jane.wait_for("memberLeft")["identity"] == "bob"
    assert [
        event["identity"] for event in jane.all("memberJoined") if event["identity"] == "bob"
    ] == ["bob"]


def test_a_member_who_left_receives_no_more_events(channel: Any, jane: JavaScriptClient) -> None:
    channel.members.create(identity="jane")
    jane.wait_for("channelJoined")
    sid = channel.fetch().sid
    jane.ask("messages", sid)
    channel.messages.create(body="before", from_="bob")
    jane.wait_for("messageAdded", body="before")
    jane.ask("leave", sid)
    jane.wait_for("channelLeft")
    channel.messages.create(body="after", from_="bob")
    channel.members.create(identity="jane")
    jane.wait_for("channelJoined")
    assert [event["body"] for event in jane.all("messageAdded")] == ["before"]
    assert [each["body"] for each in jane.ask("messages", sid)["items"]] == ["before", "after"]


def test_a_forbidden_action_is_refused_with_50107(
    channel: Any, service: Any, jane: JavaScriptClient
) -> None:
    channel.members.create(identity="jane")
    channel.members.create(identity="bob")
    sid = jane.wait_for("channelJoined")["sid"]
    for act, *arguments in (("destroy",), ("take", "bob"), ("rename", "x"), ("add", "eve")):
        with pytest.raises(Refused) as refused:
            jane.ask(act, sid, *arguments)
        assert (refused.value.status, refused.value.code) == (403, 50107), act
    assert channel.fetch().friendly_name == "Support"
    assert len(channel.members.list()) == 2


HIDDEN = {"twilio-chat": (404, 50300), "@twilio/conversations": (403, 50430)}
"""Refusals of a private channel to those who are not in it, by SDK."""


def test_a_private_channel_is_hidden_from_who_is_not_in_it(
    service: Any, sdk: Sdk, jane: JavaScriptClient
) -> None:
    secret = service.channels.create(friendly_name="Secret", type="private")
    with pytest.raises(Refused) as refused:
        jane.ask("find", secret.sid)
    assert (refused.value.status, refused.value.code) == HIDDEN[sdk.name]
    service.channels(secret.sid).members.create(identity="jane")
    assert jane.wait_for("channelJoined")["name"] == "Secret"
    service.channels(secret.sid).members("jane").delete()
    jane.wait_for("channelLeft")
    assert jane.wait_for("channelRemoved")["sid"] == secret.sid


@pytest.mark.usefixtures("creators")
def test_a_private_channel_is_its_creators_to_see_join_and_fill(
    service: Any, sdk: Sdk, jane: JavaScriptClient, bob: JavaScriptClient
) -> None:
    secret = {"uniqueName": "vip", "friendlyName": "VIP"}
    if sdk.name == "twilio-chat":
        secret["isPrivate"] = True
    made = jane.ask("create", secret)
    assert (made["name"], made["by"], made["status"]) == ("VIP", "jane", "notParticipating")
    assert jane.ask("findByName", "vip")["sid"] == made["sid"]
    for find, key in (("find", made["sid"]), ("findByName", "vip")):
        with pytest.raises(Refused) as refused:
            bob.ask(find, key)
        assert (refused.value.status, refused.value.code) == HIDDEN[sdk.name]
    jane.ask("join", made["sid"])
    assert jane.wait_for("channelJoined")["sid"] == made["sid"]
    jane.ask("add", made["sid"], "bob")
    assert bob.wait_for("channelJoined")["name"] == "VIP"
    if sdk.name == "twilio-chat":
        service.users.create(identity="ann")
        jane.ask("invite", made["sid"], "ann")
        [invite] = service.channels("vip").invites.list()
        assert (invite.identity, invite.created_by) == ("ann", "jane")
    assert service.channels("vip").fetch().type == "private"


@pytest.mark.usefixtures("creators")
@in_chat_only
def test_an_invitation_is_emitted_accepted_and_declined(
    channel: Any, service: Any, jane: JavaScriptClient, bob: JavaScriptClient
) -> None:
    sid = channel.fetch().sid
    channel.invites.create(identity="bob")
    assert bob.wait_for("channelInvited")["status"] == "invited"
    bob.ask("decline", sid)
    bob.wait_for("channelLeft")
    assert channel.invites.list() == []

    mine = jane.ask("create", {"friendlyName": "Mine"})["sid"]
    jane.ask("join", mine)
    jane.wait_for("channelJoined")
    jane.ask("members", mine)  # who joins before they are read is no event
    jane.ask("invite", mine, "bob")
    assert bob.wait_for("channelInvited", sid=mine)["status"] == "invited"
    bob.ask("join", mine)
    assert bob.wait_for("channelJoined", sid=mine)["status"] == "joined"
    assert jane.wait_for("memberJoined")["identity"] == "bob"


@in_chat_only
def test_who_logs_in_finds_the_invitations_that_wait(
    channel: Any, service: Any, start: Start
) -> None:
    service.users.create(identity="ann")
    channel.invites.create(identity="ann")
    ann = start("ann")
    assert ann.wait_for("channelInvited")["sid"] == channel.fetch().sid


def test_every_channel_of_a_long_list_is_found(service: Any, start: Start) -> None:
    sids = [service.channels.create(friendly_name=str(number)).sid for number in range(120)]
    for sid in sids:
        service.channels(sid).members.create(identity="ann")
    ann = start("ann")
    for _ in sids:
        ann.wait_for("channelJoined")
    assert {event["sid"] for event in ann.all("channelJoined")} == set(sids)


@in_chat_only
def test_public_channels_are_listed_page_by_page(service: Any, jane: JavaScriptClient) -> None:
    names = [f"c{number:03}" for number in range(105)]
    for name in names:
        service.channels.create(unique_name=name)
    first = jane.ask("publicOnes")
    assert (first["items"], first["previous"], first["next"]) == (names[:100], False, True)
    second = jane.ask("nextOnes")
    assert (second["items"], second["previous"], second["next"]) == (names[100:], True, False)


def test_muting_is_stored_and_emitted(channel: Any, service: Any, jane: JavaScriptClient) -> None:
    channel.members.create(identity="jane")
    sid = jane.wait_for("channelJoined")["sid"]
    jane.ask("mute", sid)
    assert jane.wait_for("channelUpdated", level="muted")["sid"] == sid
    [own] = service.users("jane").user_channels.list()
    assert own.notification_level == "muted"


def test_users_are_found_and_their_changes_emitted(
    service: Any, jane: JavaScriptClient, bob: JavaScriptClient
) -> None:
    assert jane.ask("user", "bob")["name"] is None
    bob.ask("nameMyself", "Bob B.")
    assert jane.wait_for("userUpdated", identity="bob")["name"] == "Bob B."
    service.users("bob").update(attributes='{"team": "blue"}')
    assert jane.wait_for("userUpdated", attributes={"team": "blue"})["identity"] == "bob"
    assert service.users("bob").fetch().friendly_name == "Bob B."


def test_reachability_is_emitted_where_the_service_enables_it(
    account: Account, service: Any, start: Start
) -> None:
    service.update(reachability_enabled=True)
    jane = start("jane")
    service.users.create(identity="ann")
    assert jane.ask("user", "ann")["online"] is False
    assert jane.wait_for("userUpdated", identity="ann", online=False)  # unknown before
    ann = start("ann")
    assert jane.wait_for("userUpdated", identity="ann", online=True)
    assert service.users("ann").fetch().is_online is True
    ann.leave()
    assert jane.wait_for("userUpdated", identity="ann", online=False)
    with ChatClient(account, account.chat_token("ann")) as chat:
        assert jane.wait_for("userUpdated", identity="ann", online=True)
        assert (chat.get_user("jane").online, chat.user.online) == (True, True)
    assert jane.wait_for("userUpdated", identity="ann", online=False)
