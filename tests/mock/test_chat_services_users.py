"""Chat services with their settings and limits, and the users in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support import everything, refused

from helpers import Account

NOWHERE = "IS" + "0" * 32


# -- services


def test_a_new_service_has_twilios_defaults_and_four_roles(client: Any) -> None:
    made = client.chat.v2.services.create(friendly_name="Second")
    service = client.chat.v2.services(made.sid).fetch()
    assert (service.sid[:2], service.friendly_name) == ("IS", "Second")
    assert (service.read_status_enabled, service.reachability_enabled) == (True, False)
    assert (service.typing_indicator_timeout, service.webhook_method) == (5, "POST")
    assert service.limits == {"channel_members": 100, "user_channels": 250}
    roles = client.chat.v2.services(made.sid).roles.list()
    assert {(role.friendly_name, role.type) for role in roles} == {
        ("service admin", "deployment"),
        ("service user", "deployment"),
        ("channel admin", "channel"),
        ("channel user", "channel"),
    }
    by_name = {role.friendly_name: role.sid for role in roles}
    assert service.default_service_role_sid == by_name["service user"]
    assert service.default_channel_role_sid == by_name["channel user"]
    assert service.default_channel_creator_role_sid == by_name["channel admin"]


def test_a_nested_setting_is_changed_and_its_neighbours_are_kept(service: Any) -> None:
    changed = service.update(limits_channel_members=7, notifications_new_message_enabled=True)
    assert changed.limits == {"channel_members": 7, "user_channels": 250}
    assert changed.notifications["new_message"]["enabled"] is True
    assert changed.notifications["added_to_channel"]["enabled"] is False
    assert service.fetch().limits == changed.limits


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"limits_channel_members": 0}, 50061),
        ({"limits_channel_members": 1001}, 50061),
        ({"limits_user_channels": 1001}, 50060),
        ({"default_channel_role_sid": "RL" + "0" * 32}, 50100),
        ({}, 20161),
    ],
)
def test_a_setting_that_is_not_acceptable_is_refused(
    account: Account, service: Any, changes: dict[str, Any], code: int
) -> None:
    before = everything(account)
    with refused(404 if code == 50100 else 400, code):
        service.update(**changes)
    assert everything(account) == before


def test_a_default_role_must_be_of_the_right_kind(service: Any) -> None:
    roles = {role.friendly_name: role.sid for role in service.roles.list()}
    with refused(400, 50101):
        service.update(default_channel_role_sid=roles["service user"])
    with refused(400, 50102):
        service.update(default_service_role_sid=roles["channel user"])


def test_deleting_a_service_deletes_all_in_it_and_nothing_else(
    account: Account, client: Any, channel: Any
) -> None:
    channel.messages.create(body="stays")
    before = everything(account)
    made = client.chat.v2.services.create(friendly_name="Second")
    inside = client.chat.v2.services(made.sid)
    inside.channels.create(unique_name="here")
    inside.channels("here").members.create(identity="user-42")
    inside.channels("here").messages.create(body="goes")
    assert inside.delete() is True
    with refused(404, 20404, f"The requested resource /Services/{made.sid} was not found"):
        inside.fetch()
    assert everything(account) == before


def test_what_is_in_one_service_is_not_found_in_another(client: Any, channel: Any) -> None:
    other = client.chat.v2.services(client.chat.v2.services.create(friendly_name="Other").sid)
    sid = channel.fetch().sid
    channel.members.create(identity="user-42")
    for ask in (
        lambda: other.channels(sid).fetch(),
        lambda: other.channels(sid).messages.create(body="x"),
        lambda: other.users("user-42").fetch(),
        lambda: client.chat.v2.services(NOWHERE).fetch(),
    ):
        with refused(404, 20404):
            ask()
    assert channel.fetch().messages_count == 0


# -- users


def test_a_user_is_found_by_its_sid_and_by_its_identity(service: Any) -> None:
    made = service.users.create(
        identity="user@example.com", friendly_name="Jane", attributes='{"plan": "pro"}'
    )
    for key in (made.sid, "user@example.com"):
        user = service.users(key).fetch()
        assert (user.sid, user.identity, user.friendly_name) == (
            made.sid,
            "user@example.com",
            "Jane",
        )
        assert (json.loads(user.attributes), user.joined_channels_count) == ({"plan": "pro"}, 0)
        assert (user.is_online, user.is_notifiable) == (None, None)
    assert set(made.links) == {"user_channels", "user_bindings"}
    assert made.url.endswith(f"/Users/{made.sid}")


def test_identities_are_told_apart_by_case(service: Any) -> None:
    first, second = service.users.create(identity="Jane"), service.users.create(identity="jane")
    assert first.sid != second.sid
    assert service.users("jane").fetch().sid == second.sid


@pytest.mark.parametrize(
    ("identity", "status", "code"),
    [
        ("taken", 409, 50201),
        ("system", 400, 50203),
        ("", 400, 50204),
        ("US" + "0" * 32, 400, 50206),
        ("x" * 257, 400, 50207),
    ],
)
def test_an_identity_that_is_not_acceptable_is_refused(
    account: Account, service: Any, identity: str, status: int, code: int
) -> None:
    service.users.create(identity="taken")
    before = everything(account)
    with refused(status, code):
        service.users.create(identity=identity)
    assert everything(account) == before


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({}, 400, 20161),
        ({"attributes": "no JSON"}, 400, 50304),
        ({"attributes": "[,]"}, 400, 50304),
        ({"attributes": '{"x": NaN}'}, 400, 50304),
        ({"attributes": json.dumps({"x": "y" * 5000})}, 400, 50303),
        ({"friendly_name": "x" * 257}, 400, 50003),
        ({"role_sid": "RL" + "0" * 32}, 404, 50100),
    ],
)
def test_a_user_update_that_is_not_acceptable_changes_nothing(
    account: Account, service: Any, changes: dict[str, Any], status: int, code: int
) -> None:
    service.users.create(identity="user-42")
    before = everything(account)
    with refused(status, code):
        service.users("user-42").update(**changes)
    assert everything(account) == before


def test_a_user_update_keeps_what_it_does_not_name(account: Account, service: Any) -> None:
    account.clock.freeze()
    service.users.create(identity="user-42", friendly_name="Jane", attributes='{"a": 1}')
    account.clock.advance(60)
    changed = service.users("user-42").update(friendly_name="Janet")
    assert (changed.friendly_name, changed.attributes) == ("Janet", '{"a": 1}')
    assert (changed.date_updated - changed.date_created).total_seconds() == 60


def test_a_deleted_user_leaves_its_channels_and_its_messages_stay(
    service: Any, channel: Any
) -> None:
    channel.members.create(identity="user-42")
    channel.messages.create(body="hello", from_="user-42")
    assert service.users("user-42").delete() is True
    with refused(404, 20404):
        service.users("user-42").fetch()
    assert channel.members.list() == []
    assert channel.fetch().members_count == 0
    assert [(m._from, m.body) for m in channel.messages.list()] == [("user-42", "hello")]


# -- a user's view of its channels


def test_a_user_sees_the_channels_it_is_in(service: Any, channel: Any) -> None:
    member = channel.members.create(identity="user-42")
    [view] = service.users("user-42").user_channels.list()
    assert (view.channel_sid, view.member_sid) == (channel.fetch().sid, member.sid)
    assert (view.status, view.notification_level) == ("joined", "default")
    assert (view.last_consumed_message_index, view.unread_messages_count) == (None, None)
    fetched = service.users("user-42").user_channels(view.channel_sid).fetch()
    assert (fetched.user_sid, fetched.member_sid) == (view.user_sid, member.sid)


def test_a_user_moves_its_read_horizon_and_mutes_in_its_view(service: Any, channel: Any) -> None:
    channel.members.create(identity="user-42")
    for body in ("a", "b", "c"):
        channel.messages.create(body=body)
    sid = channel.fetch().sid
    view = service.users("user-42").user_channels(sid)
    changed = view.update(last_consumed_message_index=0, notification_level="muted")
    assert (changed.unread_messages_count, changed.notification_level) == (2, "muted")
    member = channel.members("user-42").fetch()
    assert member.last_consumed_message_index == 0
    assert member.last_consumption_timestamp is not None
    with refused(400, 20161):
        view.update()


def test_leaving_by_the_users_view_takes_it_out(service: Any, channel: Any) -> None:
    channel.members.create(identity="user-42")
    view = service.users("user-42").user_channels(channel.fetch().sid)
    assert view.delete() is True
    assert channel.fetch().members_count == 0
    assert service.users("user-42").fetch().joined_channels_count == 0
    with refused(404, 20404):
        view.fetch()
