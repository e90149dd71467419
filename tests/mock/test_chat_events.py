"""Every event of chat that a follower is given: what it is about, and in which order."""

from __future__ import annotations

from typing import Any

from helpers import Account
from helpers.mock.rest import event_feed

NAMES = {
    "typingStarted",
    *(
        name
        for table in (
            *(event_feed._CHANNEL, event_feed._MEMBER, event_feed._MESSAGE),
            *(event_feed._USER, event_feed._INVITE),
        )
        for name in table.values()
    ),
}


def test_every_event_is_given_with_what_it_is_about(account: Account, service: Any) -> None:
    assert account.mock is not None
    mock, seen = account.mock, []
    stop = mock.follow(seen.append)
    channel = service.channels.create(unique_name="support")
    jane = channel.members.create(identity="jane")
    message = channel.messages.create(body="Hi", from_="jane")
    service.users.create(identity="bob")
    invite = channel.invites.create(identity="bob")
    mock.type_in(account.chat_token("jane"), channel.sid)
    message.update(body="Hello")
    jane.update(last_consumed_message_index=0)
    channel.update(friendly_name="Renamed")
    service.users("bob").update(friendly_name="Bob")
    invite.delete()
    message.delete()
    jane.delete()
    service.users("bob").delete()
    channel.delete()
    told = [(each.name, each.identity, each.reasons) for each in seen]
    assert told == [
        ("channelAdded", None, ()),
        ("userAdded", "jane", ()),
        ("memberJoined", "jane", ()),
        ("messageAdded", "jane", ()),
        ("userAdded", "bob", ()),
        ("channelInvited", "bob", ()),
        ("typingStarted", "jane", ()),
        ("messageUpdated", "jane", ("body", "last_updated_by")),
        (
            "memberUpdated",
            "jane",
            ("last_consumed_message_index", "last_consumption_timestamp"),
        ),
        ("channelUpdated", None, ("friendly_name",)),
        ("userUpdated", "bob", ("friendly_name",)),
        ("inviteRemoved", "bob", ()),
        ("messageRemoved", "jane", ()),
        ("memberLeft", "jane", ()),
        ("userRemoved", "bob", ()),
        ("channelRemoved", None, ()),
    ]
    assert {each.name for each in seen} == NAMES
    of_users = {each.name for each in seen if each.channel_sid is None}
    assert of_users == {"userAdded", "userUpdated", "userRemoved"}
    assert {each.channel_sid for each in seen if each.name not in of_users} == {channel.sid}
    assert [each.timeout for each in seen if each.timeout is not None] == [5]
    shown = {each.name: each.resource for each in seen}
    assert shown["messageUpdated"]["body"] == "Hello"
    assert shown["messageAdded"]["body"] == "Hi"
    assert shown["channelUpdated"]["friendly_name"] == "Renamed"
    assert shown["channelInvited"]["sid"] == channel.sid
    assert shown["memberUpdated"]["last_consumed_message_index"] == 0
    before = len(seen)
    stop()
    service.channels.create()
    assert len(seen) == before
