"""Invitations, from asking to joining or declining; a user's own view of its channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import refused, roles

from helpers import Account, ChatClient, ChatError


@pytest.fixture
def private(service: Any) -> Any:
    """A private channel with a message in it."""
    channel = service.channels(service.channels.create(type="private").sid)
    channel.messages.create(body="secret")
    return channel


@pytest.fixture
def invite(service: Any, private: Any) -> Any:
    """Eve's invitation to it."""
    service.users.create(identity="eve")
    return private.invites.create(identity="eve")


@pytest.fixture
def eve(acting_as: Callable[[str], Any]) -> Any:
    """The chat service as eve reaches it."""
    return acting_as("eve")


def views(service: Any, identity: str = "eve") -> list[tuple[str, str]]:
    return [
        (view.channel_sid, view.status) for view in service.users(identity).user_channels.list()
    ]


# -- asking


def test_an_invitation_has_what_twilio_documents(
    account: Account, service: Any, private: Any, invite: Any
) -> None:
    own, sid = account.credentials, private.fetch().sid
    assert (invite.sid[:2], invite.identity, invite.created_by) == ("IN", "eve", "system")
    assert (invite.account_sid, invite.service_sid) == (own.account_sid, own.chat_service_sid)
    assert (invite.channel_sid, invite.role_sid) == (sid, roles(service)["channel user"])
    assert invite.date_created == invite.date_updated
    assert invite.url == f"{private.fetch().url}/Invites/{invite.sid}"


def test_invitations_are_found_listed_and_taken_back(
    service: Any, private: Any, invite: Any
) -> None:
    service.users.create(identity="adam")
    other = private.invites.create(identity="adam")
    assert [found.sid for found in private.invites.list()] == [invite.sid, other.sid]
    assert [found.sid for found in private.invites.list(identity=["adam"])] == [other.sid]
    assert private.invites(invite.sid).fetch().identity == "eve"
    assert private.invites(invite.sid).delete() is True
    with refused(404, 20404):
        private.invites(invite.sid).fetch()
    assert [found.sid for found in private.invites.list()] == [other.sid]
    assert views(service) == []


def test_an_identity_without_a_user_cannot_be_invited(private: Any) -> None:
    with refused(404, 20404, "/Invites was not found"):
        private.invites.create(identity="nobody")
    assert private.invites.list() == []


def test_nobody_is_invited_twice_or_while_a_member(private: Any, invite: Any) -> None:
    with refused(409, 50212):
        private.invites.create(identity="eve")
    private.members.create(identity="jane")
    with refused(409, 50404):
        private.invites.create(identity="jane")
    assert [found.identity for found in private.invites.list()] == ["eve"]


def test_an_invitation_gives_a_channel_role_of_its_service(
    service: Any, private: Any, invite: Any
) -> None:
    service.users.create(identity="adam")
    with refused(400, 50101):
        private.invites.create(identity="adam", role_sid=roles(service)["service user"])
    with refused(404, 50100):
        private.invites.create(identity="adam", role_sid="RL" + "0" * 32)
    assert [found.identity for found in private.invites.list()] == ["eve"]


def test_a_chat_user_invites_with_the_permission_only_and_in_its_own_name(
    service: Any, private: Any, acting_as: Callable[[str], Any]
) -> None:
    private.members.create(identity="jane")
    for identity in ("eve", "adam"):
        service.users.create(identity=identity)
    own = acting_as("jane").channels(private.fetch().sid)
    with refused(403, 50107, "inviteMember"):
        own.invites.create(identity="eve")
    private.members("jane").update(role_sid=roles(service)["channel admin"])
    assert own.invites.create(identity="eve").created_by == "jane"
    with refused(403, 50205):
        own.invites.create(identity="adam", role_sid=roles(service)["channel admin"])


# -- joining


def test_who_is_invited_sees_a_private_channel_but_not_what_is_in_it(
    private: Any, invite: Any, eve: Any
) -> None:
    own = eve.channels(private.fetch().sid)
    assert own.fetch().type == "private"
    with refused(403, 50400):
        own.messages.list()
    with refused(403, 50400):
        own.members.list()
    with refused(403, 50400):
        own.messages.create(body="hello")


def test_who_is_invited_joins_a_private_channel_and_uses_the_invitation_up(
    service: Any, private: Any, invite: Any, eve: Any
) -> None:
    sid = private.fetch().sid
    assert views(service) == [(sid, "invited")]
    assert service.users("eve").fetch().joined_channels_count == 0
    eve.channels(sid).members.create(identity="eve")
    assert views(service) == [(sid, "joined")]
    assert service.users("eve").fetch().joined_channels_count == 1
    assert private.invites.list() == []
    assert [message.body for message in eve.channels(sid).messages.list()] == ["secret"]


def test_a_chat_client_joins_by_invitation(account: Account, private: Any, invite: Any) -> None:
    with ChatClient(account, account.chat_token("eve")) as chat:
        assert chat.get_subscribed_channels() == []
        channel = chat.get_channel_by_sid(private.fetch().sid).join()
        assert channel.send_message("hello") == 1
        assert [found.sid for found in chat.get_subscribed_channels()] == [channel.sid]


def test_who_joins_by_invitation_has_the_role_it_gives(
    service: Any, private: Any, eve: Any
) -> None:
    service.users.create(identity="eve")
    admin = roles(service)["channel admin"]
    private.invites.create(identity="eve", role_sid=admin)
    assert eve.channels(private.fetch().sid).members.create(identity="eve").role_sid == admin


def test_who_is_added_while_invited_has_the_role_of_the_invitation_unless_told_otherwise(
    service: Any, private: Any
) -> None:
    found = roles(service)
    for identity in ("eve", "adam"):
        service.users.create(identity=identity)
        private.invites.create(identity=identity, role_sid=found["channel admin"])
    added = private.members.create(identity="eve")
    told = private.members.create(identity="adam", role_sid=found["channel user"])
    assert [added.role_sid, told.role_sid] == [found["channel admin"], found["channel user"]]
    assert private.invites.list() == []


def test_an_invitation_to_a_public_channel_needs_no_permission_to_join(
    service: Any, channel: Any, eve: Any
) -> None:
    only = service.roles.create(
        friendly_name="outsider", type="deployment", permission=["editOwnUserInfo"]
    )
    service.users.create(identity="eve", role_sid=only.sid)
    sid = channel.fetch().sid
    with refused(403, 50107, "joinChannel"):
        eve.channels(sid).members.create(identity="eve")
    channel.invites.create(identity="eve")
    assert eve.channels(sid).members.create(identity="eve").identity == "eve"


# -- declining


@pytest.mark.parametrize(
    "decline",
    [
        lambda eve, sid: eve.channels(sid).invites("eve").delete(),
        lambda eve, sid: eve.users("eve").user_channels(sid).delete(),
    ],
    ids=["the invitation", "the own view"],
)
def test_who_declines_no_longer_sees_a_private_channel_and_can_be_asked_again(
    service: Any, private: Any, invite: Any, eve: Any, decline: Callable[[Any, str], Any]
) -> None:
    sid = private.fetch().sid
    assert decline(eve, sid) is True
    assert (private.invites.list(), views(service)) == ([], [])
    with refused(404, 50300):
        eve.channels(sid).members.create(identity="eve")
    again = private.invites.create(identity="eve")
    assert again.sid != invite.sid
    assert views(service) == [(sid, "invited")]


def test_nobody_else_declines_for_who_is_invited(
    service: Any, private: Any, invite: Any, acting_as: Callable[[str], Any]
) -> None:
    sid = private.fetch().sid
    with refused(404, 50300):
        acting_as("stranger").channels(sid).invites(invite.sid).delete()
    private.members.create(identity="jane")
    with refused(403, 50107, "inviteMember"):
        acting_as("jane").channels(sid).invites(invite.sid).delete()
    with refused(403, 50107, "own"):
        acting_as("jane").users("eve").user_channels(sid).delete()
    assert views(service) == [(sid, "invited")]


def test_nobody_joins_by_an_invitation_that_was_taken_back(
    account: Account, private: Any, invite: Any
) -> None:
    with ChatClient(account, account.chat_token("eve")) as chat:
        channel = chat.get_channel_by_sid(private.fetch().sid)
        private.invites(invite.sid).delete()
        with pytest.raises(ChatError) as refusal:
            channel.join()
    assert refusal.value.code == 50300
    assert private.members.list() == []


def test_invitations_go_with_their_channel_and_with_their_user(
    service: Any, private: Any, channel: Any, invite: Any
) -> None:
    channel.invites.create(identity="eve")
    private.delete()
    assert views(service) == [(channel.fetch().sid, "invited")]
    service.users("eve").delete()
    assert channel.invites.list() == []
    service.users.create(identity="eve")
    assert views(service) == []
    assert channel.invites.create(identity="eve").identity == "eve"


# -- a user's own view


def test_a_view_of_a_channel_one_is_invited_to_has_no_member_yet(
    service: Any, private: Any, invite: Any, eve: Any
) -> None:
    sid = private.fetch().sid
    view = eve.users("eve").user_channels(sid).fetch()
    user_sid = service.users("eve").fetch().sid
    assert (view.status, view.member_sid, view.user_sid) == ("invited", None, user_sid)
    assert (view.last_consumed_message_index, view.unread_messages_count) == (None, None)
    assert view.links["member"] is None
    with refused(403, 50400):
        eve.users("eve").user_channels(sid).update(last_consumed_message_index=0)


def test_a_channel_is_muted_for_one_user_only(
    service: Any, channel: Any, janes: Any, acting_as: Callable[[str], Any]
) -> None:
    channel.members.create(identity="agent")
    view = acting_as("jane").users("jane").user_channels(janes.sid)
    assert view.fetch().notification_level == "default"
    assert view.update(notification_level="muted").notification_level == "muted"
    assert view.fetch().notification_level == "muted"
    others = service.users("agent").user_channels(janes.sid).fetch()
    assert (others.notification_level, others.status) == ("default", "joined")
    with refused(400, 20001, "NotificationLevel"):
        view.update(notification_level="quiet")
    assert view.update(notification_level="default").notification_level == "default"


def test_muting_takes_a_permission(
    service: Any, channel: Any, janes: Any, acting_as: Callable[[str], Any]
) -> None:
    only = service.roles.create(friendly_name="talker", type="channel", permission=["sendMessage"])
    channel.members("jane").update(role_sid=only.sid)
    with refused(403, 50107, "editNotificationLevel"):
        acting_as("jane").users("jane").user_channels(janes.sid).update(notification_level="muted")
    muted = service.users("jane").user_channels(janes.sid).update(notification_level="muted")
    assert muted.notification_level == "muted"


def test_a_chat_user_reaches_its_own_view_only(
    channel: Any, janes: Any, acting_as: Callable[[str], Any]
) -> None:
    channel.members.create(identity="agent")
    others = acting_as("jane").users("agent").user_channels
    with refused(403, 50107, "own"):
        others.list()
    with refused(403, 50107, "own"):
        others(janes.sid).update(notification_level="muted")
    assert [view.status for view in acting_as("jane").users("jane").user_channels.list()] == [
        "joined"
    ]
