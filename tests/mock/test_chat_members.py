"""Members of a channel, and how far each has read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from support import everything, refused, roles

from helpers import Account

READ_AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def test_a_member_is_found_by_its_sid_and_by_its_identity(service: Any, channel: Any) -> None:
    made = channel.members.create(
        identity="user@example.com", attributes='{"member_type": "guest"}'
    )
    for key in (made.sid, "user@example.com"):
        member = channel.members(key).fetch()
        assert (member.sid, member.identity) == (made.sid, "user@example.com")
        assert json.loads(member.attributes) == {"member_type": "guest"}
        assert (member.last_consumed_message_index, member.last_consumption_timestamp) == (
            None,
            None,
        )
        assert member.role_sid == roles(service)["channel user"]
    assert made.url == f"{channel.fetch().url}/Members/{made.sid}"


def test_adding_an_unknown_identity_makes_its_user(service: Any, channel: Any) -> None:
    channel.members.create(identity="user-42")
    [user] = service.users.list()
    assert (user.identity, user.joined_channels_count) == ("user-42", 1)
    assert channel.fetch().members_count == 1


def test_whoever_created_the_channel_gets_the_creators_role(service: Any) -> None:
    made = service.channels.create(created_by="owner")
    owner = service.channels(made.sid).members.create(identity="owner")
    guest = service.channels(made.sid).members.create(identity="guest")
    assert owner.role_sid == roles(service)["channel admin"]
    assert guest.role_sid == roles(service)["channel user"]


def test_members_are_listed_in_order_of_arrival_and_filtered(channel: Any) -> None:
    for identity in ("c", "a", "b"):
        channel.members.create(identity=identity)
    assert [member.identity for member in channel.members.list()] == ["c", "a", "b"]
    assert [member.identity for member in channel.members.list(identity=["b", "c"])] == ["c", "b"]


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ({"identity": "inside"}, 409, 50404),
        ({"identity": "system"}, 400, 50203),
        ({"identity": "US" + "0" * 32}, 400, 50206),
        ({"identity": "x" * 257}, 400, 50207),
        ({"identity": "new", "role_sid": "RL" + "0" * 32}, 404, 50100),
        ({"identity": "new", "attributes": "no JSON"}, 400, 50304),
        ({"identity": "new", "last_consumed_message_index": "far"}, 400, 50406),
        ({"identity": "new", "last_consumed_message_index": -1}, 400, 50406),
    ],
)
def test_a_member_that_is_not_acceptable_is_not_added_and_makes_no_user(
    account: Account, channel: Any, values: dict[str, Any], status: int, code: int
) -> None:
    channel.members.create(identity="inside")
    before = everything(account)
    with refused(status, code):
        channel.members.create(**values)
    assert everything(account) == before


def test_a_service_role_is_no_channel_role(account: Account, service: Any, channel: Any) -> None:
    before = everything(account)
    with refused(400, 50101):
        channel.members.create(identity="user-42", role_sid=roles(service)["service admin"])
    assert everything(account) == before


def test_a_full_channel_takes_nobody_else(account: Account, service: Any, channel: Any) -> None:
    service.update(limits_channel_members=2)
    for identity in ("a", "b"):
        channel.members.create(identity=identity)
    before = everything(account)
    with refused(403, 50403):
        channel.members.create(identity="c")
    assert everything(account) == before
    channel.members("a").delete()
    assert channel.members.create(identity="c").identity == "c"


def test_a_user_in_its_limit_of_channels_joins_no_other(
    account: Account, service: Any, channel: Any
) -> None:
    service.update(limits_user_channels=1)
    channel.members.create(identity="busy")
    other = service.channels(service.channels.create().sid)
    before = everything(account)
    with refused(403, 50208):
        other.members.create(identity="busy")
    assert everything(account) == before


def test_a_member_that_left_can_come_back_with_a_new_membership(service: Any, channel: Any) -> None:
    first = channel.members.create(identity="user-42")
    assert channel.members("user-42").delete() is True
    assert (channel.fetch().members_count, channel.members.list()) == (0, [])
    with refused(404, 20404):
        channel.members("user-42").delete()
    assert service.users("user-42").fetch().joined_channels_count == 0
    assert channel.members.create(identity="user-42").sid != first.sid


# -- the read horizon


def test_a_read_horizon_is_dated_when_it_moves(account: Account, channel: Any) -> None:
    account.clock.freeze(READ_AT)
    channel.members.create(identity="user-42")
    channel.messages.create(body="hello")
    moved = channel.members("user-42").update(last_consumed_message_index=0)
    assert (moved.last_consumed_message_index, moved.last_consumption_timestamp) == (0, READ_AT)


def test_a_read_horizon_may_be_given_with_its_date(channel: Any) -> None:
    made = channel.members.create(
        identity="user-42", last_consumed_message_index=3, last_consumption_timestamp=READ_AT
    )
    assert (made.last_consumed_message_index, made.last_consumption_timestamp) == (3, READ_AT)


def test_a_read_horizon_can_be_taken_away(channel: Any) -> None:
    channel.members.create(identity="user-42", last_consumed_message_index=0)
    cleared = channel.members("user-42").update(last_consumed_message_index="")
    assert (cleared.last_consumed_message_index, cleared.last_consumption_timestamp) == (None, None)


def test_unread_messages_are_those_above_the_horizon_that_still_exist(
    service: Any, channel: Any
) -> None:
    channel.members.create(identity="user-42")
    sids = [channel.messages.create(body=str(number)).sid for number in range(5)]
    view = service.users("user-42").user_channels(channel.fetch().sid)
    assert view.fetch().unread_messages_count is None
    channel.members("user-42").update(last_consumed_message_index=1)
    assert view.fetch().unread_messages_count == 3
    channel.messages(sids[3]).delete()
    channel.messages(sids[0]).delete()
    assert view.fetch().unread_messages_count == 2
    channel.members("user-42").update(last_consumed_message_index=99)
    assert view.fetch().unread_messages_count == 0


# -- updates


def test_a_read_horizon_beyond_the_last_message_is_kept(service: Any, channel: Any) -> None:
    channel.members.create(identity="user-42", last_consumed_message_index=9)
    channel.messages.create(body="hi")
    own = service.users("user-42").user_channels(channel.fetch().sid)
    assert (own.fetch().last_consumed_message_index, own.fetch().unread_messages_count) == (9, 0)


def test_an_update_keeps_what_it_does_not_name(channel: Any) -> None:
    channel.members.create(identity="user-42", attributes='{"a": 1}', last_consumed_message_index=2)
    changed = channel.members("user-42").update(attributes='{"b": 2}')
    assert (changed.attributes, changed.last_consumed_message_index) == ('{"b": 2}', 2)


def test_a_member_can_be_given_another_role(service: Any, channel: Any) -> None:
    channel.members.create(identity="user-42")
    admin = roles(service)["channel admin"]
    assert channel.members("user-42").update(role_sid=admin).role_sid == admin


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({}, 400, 20161),
        ({"attributes": "{"}, 400, 50304),
        ({"attributes": json.dumps({"x": "y" * 5000})}, 400, 50303),
        ({"role_sid": "RL" + "0" * 32}, 404, 50100),
        ({"last_consumed_message_index": "x"}, 400, 50406),
        ({"last_consumption_timestamp": "soon"}, 400, 20001),
    ],
)
def test_an_update_that_is_not_acceptable_changes_nothing(
    account: Account, channel: Any, changes: dict[str, Any], status: int, code: int
) -> None:
    channel.members.create(identity="user-42")
    before = everything(account)
    with refused(status, code):
        channel.members("user-42").update(**changes)
    assert everything(account) == before
