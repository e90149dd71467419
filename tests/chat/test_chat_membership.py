"""Membership, typing and read horizons, as a chat client in the same kernel receives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support import EventLog

from helpers import Account, ChatClient, ChatError

# -- members, typing, reading


def test_members_that_come_go_and_change_are_emitted_once(chat: ChatClient, channel: Any) -> None:
    [joined] = chat.get_subscribed_channels()
    events = EventLog(joined, "memberJoined", "memberUpdated", "memberLeft")
    channel.members.create(identity="agent", attributes='{"member_type": "agent"}')
    channel.members("agent").update(attributes="{}")
    channel.members("agent").delete()
    assert events.names == ["memberJoined", "memberUpdated", "memberLeft"]
    assert events.arguments[0].attributes == {"member_type": "agent"}
    assert events.arguments[1]["update_reasons"] == ["attributes"]
    assert [member.identity for member in joined.get_members()] == ["user-42"]


def test_deleting_a_user_takes_it_out_of_its_channels_for_the_others_too(
    chat: ChatClient, channel: Any, service: Any
) -> None:
    channel.members.create(identity="agent")
    events = EventLog(chat, "memberLeft")
    service.users("agent").delete()
    assert [member.identity for member in events.arguments] == ["agent"]
    assert channel.fetch().members_count == 1


def test_typing_is_emitted_to_the_others_and_ends_by_itself(
    account: Account, chat: ChatClient, connected: Callable[[str], ChatClient], channel: Any
) -> None:
    channel.members.create(identity="agent")
    agent = connected("agent")
    mine = EventLog(chat, "typingStarted", "typingEnded")
    theirs = EventLog(agent, "typingStarted", "typingEnded")
    [joined] = chat.get_subscribed_channels()
    assert joined.typing() is True
    account.clock.advance(3)
    joined.typing()
    account.clock.advance(3)
    assert theirs.names == ["typingStarted"]
    account.clock.advance(3)
    assert theirs.names == ["typingStarted", "typingEnded"]
    assert [member.identity for member in theirs.arguments] == ["user-42", "user-42"]
    assert mine.all == []


def test_a_message_ends_the_typing_of_its_author(
    chat: ChatClient, connected: Callable[[str], ChatClient], channel: Any
) -> None:
    channel.members.create(identity="agent")
    theirs = EventLog(connected("agent"), "typingStarted", "typingEnded", "messageAdded")
    [joined] = chat.get_subscribed_channels()
    joined.typing()
    joined.send_message("done")
    assert theirs.names == ["typingStarted", "typingEnded", "messageAdded"]


def test_the_read_horizon_counts_what_is_above_it(chat: ChatClient, channel: Any) -> None:
    [joined] = chat.get_subscribed_channels()
    for body in ("a", "b", "c"):
        channel.messages.create(body=body)
    assert joined.get_unconsumed_messages_count() is None
    assert joined.update_last_consumed_message_index(0) == 2
    assert joined.advance_last_consumed_message_index(1) == 1
    assert joined.advance_last_consumed_message_index(0) == 1
    assert joined.set_all_messages_consumed() == 0
    assert joined.last_consumed_message_index == 2
    assert joined.set_no_messages_consumed() is None
    assert channel.members("user-42").fetch().last_consumed_message_index is None


# -- channels


def test_a_channel_joined_later_is_emitted_before_a_message_sent_on_joining(
    chat: ChatClient, service: Any
) -> None:
    events = EventLog(chat, "channelAdded", "channelJoined", "messageAdded")
    chat.on("channelJoined", lambda joined: joined.send_message("here I am"))
    made = service.channels.create(friendly_name="Second")
    service.channels(made.sid).members.create(identity="user-42")
    assert events.names == ["channelAdded", "channelJoined", "messageAdded"]
    assert (events.arguments[0].sid, events.arguments[0].status) == (made.sid, "joined")
    assert events.arguments[2].body == "here I am"


def test_a_channel_left_and_joined_again_stays_the_same_object(
    chat: ChatClient, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    events = EventLog(chat, "channelLeft", "channelJoined")
    received = EventLog(joined, "messageAdded")
    joined.leave()
    assert (joined.status, chat.get_subscribed_channels()) == ("notParticipating", [])
    channel.update(friendly_name="Renamed")
    channel.messages.create(body="unheard")
    joined.join()
    channel.messages.create(body="heard")
    assert events.all == [("channelLeft", joined), ("channelJoined", joined)]
    assert (joined.status, joined.friendly_name) == ("joined", "Renamed")
    assert received.bodies == ["heard"]


@pytest.mark.parametrize("kind", ["public", "private"])
def test_a_channel_that_is_deleted_is_left_and_removed(
    connected: Callable[[str], ChatClient], service: Any, kind: str
) -> None:
    made = service.channels.create(type=kind)
    service.channels(made.sid).members.create(identity="user-42")
    chat = connected("user-42")
    [joined] = chat.get_subscribed_channels()
    events, here = EventLog(chat, "channelLeft", "channelRemoved"), EventLog(joined, "removed")
    service.channels(made.sid).delete()
    assert events.all == [("channelLeft", joined), ("channelRemoved", joined)]
    assert here.arguments == [joined]


def test_the_end_of_a_chat_is_an_update_of_its_channel(chat: ChatClient, channel: Any) -> None:
    [joined] = chat.get_subscribed_channels()
    events = EventLog(joined, "updated")
    channel.update(attributes='{"status": "inactive"}')
    assert [about["update_reasons"] for about in events.arguments] == [["attributes"]]
    assert joined.is_ended
    assert joined.send_message("still accepted at chat level") == 0


@pytest.mark.usefixtures("creators")
def test_own_changes_of_attributes_are_emitted_once(
    connected: Callable[[str], ChatClient], service: Any
) -> None:
    chat = connected("user-42")
    made = chat.create_channel(friendly_name="Mine", unique_name="mine").join()
    events = EventLog(chat, "channelUpdated")
    made.update_attributes({"topic": "pets"})
    assert [about["update_reasons"] for about in events.arguments] == [["attributes"]]
    assert json.loads(service.channels("mine").fetch().attributes) == {"topic": "pets"}
    assert chat.get_channel_by_unique_name("mine") is made


def test_what_a_plain_member_may_not_do_is_refused_and_changes_nothing(
    chat: ChatClient, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    for act in (lambda: joined.add("friend"), lambda: joined.update_attributes({"status": "x"})):
        with pytest.raises(ChatError, match="not authorized") as refused:
            act()
        assert (refused.value.status, refused.value.code) == (403, 50107)
    assert (channel.fetch().attributes, channel.fetch().members_count) == ("{}", 1)


def test_the_same_identity_in_another_service_is_another_user(
    client: Any, chat: ChatClient, caplog: pytest.LogCaptureFixture
) -> None:
    events = EventLog(chat, "channelJoined", "messageAdded")
    other = client.chat.v2.services(client.chat.v2.services.create(friendly_name="Other").sid)
    elsewhere = other.channels(other.channels.create().sid)
    elsewhere.members.create(identity="user-42")
    elsewhere.messages.create(body="hello")
    assert (events.all, caplog.text) == ([], "")


def test_a_member_taken_out_by_an_earlier_follower_is_no_error(
    account: Account, chat: ChatClient, service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def bouncer(event: Any) -> None:
        if event.name == "memberJoined" and event.identity == "late":
            service.channels(event.channel_sid).members("late").delete()

    assert account.mock is not None
    account.mock.follow(bouncer)
    with ChatClient(account, account.chat_token("late")) as late:
        events = EventLog(late, "channelJoined", "channelLeft")
        made = service.channels.create(type="private")
        service.channels(made.sid).members.create(identity="late")
        assert late.get_subscribed_channels() == []
    assert (events.all, caplog.text) == ([], "")


@pytest.mark.parametrize("value", [["vip"], "x", 5, 0, True, False, "", [], {}])
def test_attributes_may_be_any_json(
    chat: ChatClient, channel: Any, service: Any, value: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    events = EventLog(joined, "messageAdded", "memberUpdated", "updated")
    joined.send_message("hi", value)
    text = json.dumps(value)
    assert channel.messages.list()[-1].attributes == text
    channel.members("user-42").update(attributes=text)
    channel.update(attributes=text)
    service.users("user-42").update(attributes=text)
    message, member, updated = events.arguments
    assert (message.attributes, member["member"].attributes) == (value, value)
    assert updated["channel"].attributes == chat.get_user("user-42").attributes == value
    channel.members("user-42").update(role_sid=service.fetch().default_channel_creator_role_sid)
    assert joined.update_attributes(["other"]).attributes == ["other"]
    assert joined.is_ended is False


# -- users


def test_a_client_is_online_while_it_is_connected(
    account: Account, connected: Callable[[str], ChatClient], service: Any
) -> None:
    def online() -> bool | None:
        return service.users("jane").fetch().is_online

    service.update(reachability_enabled=True)
    service.users.create(identity="jane")
    agent = connected("agent")
    assert (agent.get_user("jane").online, agent.user.online) == (False, True)
    events = EventLog(agent, "userUpdated")
    first, second = connected("jane"), connected("jane")
    assert (online(), first.user.online, agent.get_user("jane").online) == (True, True, True)
    first.shutdown()
    assert online() is True
    second.shutdown()
    second.shutdown()
    assert (online(), agent.get_user("jane").online) == (False, False)
    assert [each["user"].online for each in events.arguments] == [True, False]
    assert "reachability_online" in events.arguments[1]["update_reasons"]


def test_reachability_is_shown_where_and_when_the_service_has_it(
    connected: Callable[[str], ChatClient], service: Any
) -> None:
    jane = connected("jane")
    service.users.create(identity="never")
    assert (jane.get_user("jane").online, jane.user.online) == (None, None)
    assert service.users("jane").fetch().is_online is None
    service.update(reachability_enabled=True)
    assert (service.users("jane").fetch().is_online, jane.get_user("jane").online) == (True, True)
    assert service.users("never").fetch().is_online is None
    assert jane.get_user("never").online is False
    assert [user.is_online for user in service.users.list()] == [None, None]


def test_a_client_whose_token_is_over_is_offline_until_it_has_another(
    account: Account, connected: Callable[[str], ChatClient], service: Any
) -> None:
    service.update(reachability_enabled=True)
    chat = connected("jane")
    account.clock.advance(25 * 3600)
    assert chat.connection_state == "denied"
    assert service.users("jane").fetch().is_online is False
    chat.update_token(account.chat_token("jane"))
    assert service.users("jane").fetch().is_online is True


def test_who_is_online_is_known_again_once_the_account_was_put_back(
    account: Account, connected: Callable[[str], ChatClient], service: Any
) -> None:
    service.update(reachability_enabled=True)
    jane, bob = connected("jane"), connected("bob")
    assert account.mock is not None
    with account.mock.snapshot():
        bob.shutdown()
    assert service.users("bob").fetch().is_online is False
    assert service.users("jane").fetch().is_online is True
    jane.shutdown()


def test_updates_of_ones_own_and_of_users_looked_up_are_emitted(
    chat: ChatClient, service: Any
) -> None:
    for identity in ("ann", "bob"):
        service.users.create(identity=identity)
    chat.get_user("ann")
    events = EventLog(chat, "userUpdated")
    for identity in ("ann", "bob", "user-42"):
        service.users(identity).update(friendly_name=identity.title())
    assert [(each["user"].identity, each["update_reasons"]) for each in events.arguments] == [
        ("ann", ["friendly_name"]),
        ("user-42", ["friendly_name"]),
    ]
    assert chat.user.friendly_name == "User-42"


# -- private channels


@pytest.mark.usefixtures("creators")
def test_a_private_channel_is_its_creators_to_see_join_and_fill(
    chat: ChatClient, connected: Callable[[str], ChatClient], service: Any
) -> None:
    guest, stranger = connected("guest"), connected("stranger")
    events = EventLog(guest, "channelInvited")
    made = chat.create_channel(unique_name="vip", is_private=True)
    assert connected("user-42").get_channel_by_unique_name("vip").created_by == "user-42"
    with pytest.raises(ChatError) as hidden:
        stranger.get_channel_by_sid(made.sid)
    assert (hidden.value.status, hidden.value.code) == (404, 50300)
    assert made.join().status == "joined"
    made.add("friend")
    made.invite("guest")
    assert [channel.sid for channel in events.arguments] == [made.sid]
    with pytest.raises(ChatError) as uninvited:
        guest.get_channel_by_sid(made.sid).invite("stranger")
    assert uninvited.value.code == 50107
    assert [member.identity for member in made.get_members()] == ["user-42", "friend"]
