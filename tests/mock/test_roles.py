"""Roles, and what they let a chat user do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import everything, refused, roles

from helpers import Account

NOBODY = "0" * 32


def make_role(service: Any, *permissions: str, kind: str = "channel") -> Any:
    return service.roles.create(friendly_name="custom", type=kind, permission=list(permissions))


@pytest.fixture
def own(acting_as: Callable[[str], Any], janes: Any) -> Any:
    """The channel as jane reaches it, who is a plain member."""
    return acting_as("jane").channels(janes.sid)


# -- roles


def test_a_role_has_what_twilio_documents(account: Account, service: Any) -> None:
    made = make_role(service, "sendMessage", "leaveChannel", "sendMessage")
    assert (made.sid[:2], made.friendly_name, made.type) == ("RL", "custom", "channel")
    assert made.permissions == ["sendMessage", "leaveChannel"]
    assert made.account_sid == account.credentials.account_sid
    assert made.service_sid == account.credentials.chat_service_sid
    assert made.url == f"https://chat.twilio.com/v2/Services/{made.service_sid}/Roles/{made.sid}"
    assert made.date_created == made.date_updated
    assert service.roles(made.sid).fetch().permissions == made.permissions


def test_an_update_replaces_the_permissions_and_keeps_the_rest(
    account: Account, service: Any
) -> None:
    account.clock.freeze()
    made = make_role(service, "sendMessage", "leaveChannel")
    account.clock.advance(60)
    changed = service.roles(made.sid).update(permission=["sendMediaMessage"])
    assert (changed.permissions, changed.friendly_name) == (["sendMediaMessage"], "custom")
    assert (changed.date_updated - made.date_updated).total_seconds() == 60


@pytest.mark.parametrize(
    ("kind", "permission", "code"),
    [
        ("channel", "sendMessages", 50104),
        ("channel", "createChannel", 50104),
        ("channel", "", 50104),
        ("deployment", "sendMessage", 50104),
        ("deployment", "sendMediaMessage", 50104),
        ("service", "sendMessage", 50105),
    ],
)
def test_a_permission_must_exist_for_the_type_of_the_role(
    service: Any, kind: str, permission: str, code: int
) -> None:
    with refused(400, code):
        make_role(service, permission, kind=kind)
    assert len(service.roles.list()) == 5


def test_a_role_needs_a_name_and_a_permission(service: Any) -> None:
    with refused(400, 20001, "Permission"):
        service.roles.create(friendly_name="custom", type="channel", permission=[])
    with refused(400, 50003):
        service.roles.create(friendly_name="x" * 65, type="channel", permission=["sendMessage"])
    made = make_role(service, "sendMessage")
    with refused(400, 20001, "Permission"):
        service.roles(made.sid).update(permission=[])
    with refused(400, 50104):
        service.roles(made.sid).update(permission=["createChannel"])
    assert service.roles(made.sid).fetch().permissions == ["sendMessage"]


@pytest.mark.parametrize("name", ["service user", "channel user", "channel admin"])
def test_a_default_role_cannot_be_deleted(service: Any, name: str) -> None:
    with refused(409, 20409):
        service.roles(roles(service)[name]).delete()
    assert name in roles(service)


def test_a_role_can_be_deleted_once_nothing_gives_it_and_nobody_has_it(
    service: Any, channel: Any
) -> None:
    made, defaults = make_role(service, "sendMessage"), roles(service)
    service.update(default_channel_role_sid=made.sid)
    member = channel.members.create(identity="jane")
    assert member.role_sid == made.sid
    with refused(409, 20409, "default"):
        service.roles(made.sid).delete()
    service.update(default_channel_role_sid=defaults["channel user"])
    with refused(409, 20409, "Somebody"):
        service.roles(made.sid).delete()
    channel.members("jane").update(role_sid=defaults["channel user"])
    assert service.roles(made.sid).delete() is True
    with refused(404, 20404):
        service.roles(made.sid).fetch()


def test_a_role_that_an_invitation_gives_cannot_be_deleted(service: Any, channel: Any) -> None:
    made = make_role(service, "sendMessage")
    service.users.create(identity="jane")
    channel.invites.create(identity="jane", role_sid=made.sid)
    with refused(409, 20409, "Somebody"):
        service.roles(made.sid).delete()
    channel.invites("jane").delete()
    assert service.roles(made.sid).delete() is True


def test_a_service_role_somebody_has_cannot_be_deleted(service: Any) -> None:
    made = make_role(service, "createChannel", kind="deployment")
    service.users.create(identity="jane", role_sid=made.sid)
    with refused(409, 20409, "Somebody"):
        service.roles(made.sid).delete()
    service.users("jane").delete()
    assert service.roles(made.sid).delete() is True


@pytest.mark.parametrize(("default", "code"), [("channel", 50101), ("service", 50102)])
def test_a_default_role_must_exist_and_be_of_the_right_type(
    service: Any, default: str, code: int
) -> None:
    other = {"channel": "service user", "service": "channel user"}[default]
    name = f"default_{default}_role_sid"
    with refused(400, code):
        service.update(**{name: roles(service)[other]})
    with refused(404, 50100):
        service.update(**{name: f"RL{NOBODY}"})


def test_a_role_of_another_service_cannot_be_given(client: Any, channel: Any) -> None:
    other = client.chat.v2.services(client.chat.v2.services.create(friendly_name="Other").sid)
    with refused(404, 50100):
        channel.members.create(identity="jane", role_sid=roles(other)["channel user"])
    assert channel.members.list() == []


def test_roles_are_the_accounts_to_manage(
    account: Account, service: Any, acting_as: Callable[[str], Any]
) -> None:
    before = everything(account)
    with refused(403, 20403):
        acting_as("jane").roles.list()
    with refused(403, 20403):
        make_role(acting_as("jane"), "sendMessage")
    assert everything(account) == before
    assert len(service.roles.list()) == 5


# -- what they let a chat user do


def test_a_permission_counts_from_the_moment_it_is_given_or_taken(
    service: Any, channel: Any, own: Any
) -> None:
    made = make_role(service, "sendMessage")
    channel.members("jane").update(role_sid=made.sid)
    own.messages.create(body="may")
    service.roles(made.sid).update(permission=["leaveChannel"])
    with refused(403, 50107, "sendMessage"):
        own.messages.create(body="may not")
    service.roles(made.sid).update(permission=["sendMessage", "leaveChannel"])
    own.messages.create(body="may again")
    assert [message.body for message in channel.messages.list()] == ["may", "may again"]


def test_the_account_needs_no_permission(service: Any, channel: Any, own: Any) -> None:
    mute = make_role(service, "leaveChannel")
    channel.members("jane").update(role_sid=mute.sid)
    assert channel.messages.create(from_="jane", body="for jane")._from == "jane"
    with refused(403, 50107):
        own.messages.create(body="by jane")


@pytest.mark.parametrize(
    ("permission", "act"),
    [
        ("sendMessage", lambda own: own.messages.create(body="hello")),
        ("editOwnMessage", lambda own: own.messages(mine(own)).update(body="edited")),
        (
            "editOwnMessageAttributes",
            lambda own: own.messages(mine(own)).update(attributes='{"a": 1}'),
        ),
        ("deleteOwnMessage", lambda own: own.messages(mine(own)).delete()),
        ("editAnyMessage", lambda own: own.messages(others(own)).update(body="edited")),
        (
            "editAnyMessageAttributes",
            lambda own: own.messages(others(own)).update(attributes='{"a": 1}'),
        ),
        ("deleteAnyMessage", lambda own: own.messages(others(own)).delete()),
        ("leaveChannel", lambda own: own.members("jane").delete()),
        ("removeMember", lambda own: own.members("agent").delete()),
        ("addMember", lambda own: own.members.create(identity="friend")),
        ("inviteMember", lambda own: own.invites.create(identity="supervisor")),
        ("editOwnMemberAttributes", lambda own: own.members("jane").update(attributes="{}")),
        ("editAnyMemberAttributes", lambda own: own.members("agent").update(attributes="{}")),
        ("editChannelName", lambda own: own.update(friendly_name="Sales")),
        ("editChannelAttributes", lambda own: own.update(attributes="{}")),
        ("destroyChannel", lambda own: own.delete()),
    ],
)
def test_one_permission_allows_one_thing(
    service: Any, channel: Any, own: Any, permission: str, act: Callable[[Any], Any]
) -> None:
    channel.members.create(identity="agent")
    service.users.create(identity="supervisor")
    for author in ("jane", "agent"):
        channel.messages.create(from_=author, body=author)
    only = make_role(service, "sendMediaMessage")
    channel.members("jane").update(role_sid=only.sid)
    with refused(403, 50107, permission):
        act(own)
    service.roles(only.sid).update(permission=[permission])
    assert act(own)


def mine(own: Any) -> str:
    return str(own.messages.list()[0].sid)


def others(own: Any) -> str:
    return str(own.messages.list()[1].sid)


@pytest.mark.parametrize(
    ("permission", "act"),
    [
        ("createChannel", lambda user, sid: user.channels.create(unique_name="mine")),
        ("joinChannel", lambda user, sid: user.channels(sid).members.create(identity="eve")),
        ("addMember", lambda user, sid: user.channels(sid).members.create(identity="adam")),
        ("editOwnUserInfo", lambda user, sid: user.users("eve").update(friendly_name="Eve")),
        ("editAnyUserInfo", lambda user, sid: user.users("jane").update(friendly_name="J")),
        ("destroyChannel", lambda user, sid: user.channels(sid).delete()),
        ("editChannelName", lambda user, sid: user.channels(sid).update(friendly_name="S")),
    ],
)
@pytest.mark.usefixtures("janes")
def test_a_service_role_counts_in_every_channel(
    service: Any, channel: Any, acting_as: Callable[[str], Any], permission: str, act: Any
) -> None:
    only = make_role(service, "editAnyMemberAttributes", kind="deployment")
    service.users.create(identity="eve", role_sid=only.sid)
    sid = channel.fetch().sid
    with refused(403, 50107, permission):
        act(acting_as("eve"), sid)
    service.roles(only.sid).update(permission=[permission])
    assert act(acting_as("eve"), sid)
