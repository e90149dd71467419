"""Invitations, as a chat client receives them, in the mock's kernel and by polling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fire import hurried
from support import EventLog

from helpers import Account, ChatClient, ChatError

NAMES = (
    "channelAdded",
    "channelInvited",
    "channelJoined",
    "channelLeft",
    "channelRemoved",
)


@pytest.fixture
def private(service: Any) -> Any:
    """A private channel, as the SDK names it."""
    return service.channels(service.channels.create(type="private", friendly_name="Secret").sid)


@pytest.fixture(params=["in the kernel", "by polling"])
def guest(
    request: pytest.FixtureRequest, account: Account, remote: Account
) -> Iterator[ChatClient]:
    """A chat client of user-42, who is in no channel."""
    where = account if request.param == "in the kernel" else remote
    token = where.chat_token("user-42")
    with ChatClient(where, token, poll_seconds=0.01, wait=hurried) as client:
        yield client


def test_an_invitation_is_emitted_and_can_be_accepted(guest: ChatClient, private: Any) -> None:
    events, received = EventLog(guest, *NAMES), EventLog(guest, "messageAdded")
    private.invites.create(identity="user-42")
    _, invited = events.wait_for(2)
    assert (invited.friendly_name, invited.status) == ("Secret", "invited")
    assert guest.get_subscribed_channels() == []
    assert guest.get_channel_by_sid(invited.sid) is invited
    invited.join()
    events.wait_for(3)
    private.messages.create(body="welcome")
    received.wait_for(1)
    assert events.names == ["channelAdded", "channelInvited", "channelJoined"]
    assert guest.get_subscribed_channels() == [invited]
    assert invited.status == "joined"


@pytest.mark.parametrize(
    "end",
    [
        lambda invited, _private: invited.decline(),
        lambda _invited, private: private.invites(private.invites.list()[0].sid).delete(),
        lambda _invited, private: private.delete(),
    ],
    ids=["declined", "withdrawn", "channel deleted"],
)
def test_an_invitation_that_ends_is_emitted(
    guest: ChatClient, private: Any, end: Callable[[Any, Any], object]
) -> None:
    events = EventLog(guest, *NAMES)
    private.invites.create(identity="user-42")
    _, invited = events.wait_for(2)
    end(invited, private)
    events.wait_for(4)
    assert events.names == ["channelAdded", "channelInvited", "channelLeft", "channelRemoved"]
    assert invited.status == "notParticipating"
    with pytest.raises(ChatError):
        guest.get_channel_by_sid(invited.sid)


def test_invitations_of_others_are_not_emitted(
    guest: ChatClient, private: Any, service: Any, channel: Any
) -> None:
    events = EventLog(guest, *NAMES)
    service.users.create(identity="user-43")
    private.invites.create(identity="user-43")
    channel.members.create(identity="user-42")
    events.wait_for(2)
    assert events.names == ["channelAdded", "channelJoined"]


def test_an_invitation_from_before_connecting_is_known(
    account: Account, service: Any, private: Any
) -> None:
    service.users.create(identity="user-42")
    private.invites.create(identity="user-42")
    with ChatClient(account, account.chat_token("user-42")) as guest:
        sid = private.fetch().sid
        assert guest.get_channel_by_sid(sid).status == "invited"
        events = EventLog(guest, *NAMES)
        guest.get_channel_by_sid(sid).join()
        assert events.names == ["channelJoined"]
