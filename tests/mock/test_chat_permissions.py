"""What a chat user may do over REST with an access token: what its roles and membership allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import everything, refused, roles

from helpers import Account


@pytest.fixture
def acting(account: Account) -> Callable[[str], Any]:
    """The chat service as a chat user reaches it."""

    def act(identity: str) -> Any:
        user = account.client_of_chat_user(account.chat_token(identity), identity)
        return user.chat.v2.services(account.credentials.chat_service_sid)

    return act


@pytest.fixture
def sid(channel: Any) -> str:
    """A public channel with the members jane and agent and a message of each."""
    for identity in ("jane", "agent"):
        channel.members.create(identity=identity)
        channel.messages.create(body=f"from {identity}", from_=identity)
    return str(channel.fetch().sid)


def test_a_chat_user_sends_edits_and_deletes_as_itself(
    acting: Callable[[str], Any], channel: Any, sid: str
) -> None:
    jane = acting("jane").channels(sid)
    sent = jane.messages.create(body="typo", from_="agent")
    assert sent._from == "jane"
    assert jane.messages(sent.sid).update(body="fixed").last_updated_by == "jane"
    jane.messages(sent.sid).delete()
    assert [message._from for message in channel.messages.list()] == ["jane", "agent"]


@pytest.mark.parametrize(
    "act",
    [
        lambda jane, sid, other: jane.channels(sid).messages(other).update(body="forged"),
        lambda jane, sid, other: jane.channels(sid).messages(other).update(last_updated_by="x"),
        lambda jane, sid, other: jane.channels(sid).messages(other).delete(),
        lambda jane, sid, other: jane.channels(sid).members("agent").delete(),
        lambda jane, sid, other: jane.channels(sid).members.create(identity="friend"),
        lambda jane, sid, other: jane.channels(sid).members("agent").update(attributes="{}"),
        lambda jane, sid, other: (
            jane.channels(sid).members("agent").update(last_consumed_message_index=0)
        ),
        lambda jane, sid, other: jane.channels(sid).update(attributes="{}"),
        lambda jane, sid, other: jane.channels(sid).update(friendly_name="Mine"),
        lambda jane, sid, other: jane.channels(sid).delete(),
        lambda jane, sid, other: jane.users("agent").update(friendly_name="Fool"),
        lambda jane, sid, other: jane.users.create(identity="somebody-else"),
    ],
)
def test_what_a_plain_member_may_not_do_is_refused_and_changes_nothing(
    account: Account,
    acting: Callable[[str], Any],
    channel: Any,
    sid: str,
    act: Callable[[Any, str, str], Any],
) -> None:
    other = channel.messages.list()[1].sid
    before = everything(account)
    with refused(403, 50107):
        act(acting("jane"), sid, other)
    assert everything(account) == before


def test_a_chat_user_may_not_give_itself_a_role(
    account: Account, acting: Callable[[str], Any], service: Any, sid: str
) -> None:
    role = roles(service)
    service.users.create(identity="known")
    before = everything(account)
    for act in (
        lambda: acting("new").users.create(identity="new", role_sid=role["service admin"]),
        lambda: acting("known").users("known").update(role_sid=role["service admin"]),
        lambda: (
            acting("known")
            .channels(sid)
            .members.create(identity="known", role_sid=role["channel admin"])
        ),
        lambda: acting("jane").channels(sid).members("jane").update(role_sid=role["channel admin"]),
    ):
        with refused(403, 50205):
            act()
    assert everything(account) == before


def test_somebody_outside_cannot_read_or_send(
    account: Account, acting: Callable[[str], Any], service: Any, sid: str
) -> None:
    service.users.create(identity="stranger")
    before = everything(account)
    outside = acting("stranger").channels(sid)
    for act in (
        outside.messages.list,
        outside.members.list,
        lambda: outside.messages.create(body="let me in"),
    ):
        with refused(403, 50400):
            act()
    assert everything(account) == before


def test_a_public_channel_can_be_joined_and_left(
    acting: Callable[[str], Any], service: Any, sid: str
) -> None:
    service.users.create(identity="stranger")
    inside = acting("stranger").channels(sid)
    inside.members.create(identity="stranger")
    assert inside.messages.create(body="hello").index == 2
    assert inside.members("stranger").delete() is True


def test_a_private_channel_cannot_be_seen_or_joined(
    account: Account, acting: Callable[[str], Any], service: Any
) -> None:
    service.users.create(identity="stranger")
    private = service.channels.create(type="private")
    before = everything(account)
    outside = acting("stranger").channels(private.sid)
    for act in (outside.fetch, lambda: outside.members.create(identity="stranger")):
        with refused(404, 50300):
            act()
    assert everything(account) == before


@pytest.mark.usefixtures("creators")
@pytest.mark.parametrize("maker", ["user", "account"])
def test_the_creator_of_a_private_channel_sees_joins_and_fills_it(
    acting: Callable[[str], Any], service: Any, maker: str
) -> None:
    for identity in ("jane", "friend", "guest"):
        service.users.create(identity=identity)
    makes = {"user": acting("jane").channels, "account": service.channels}[maker]
    made = makes.create(type="private", unique_name="vip", created_by="jane")
    mine = acting("jane").channels(made.sid)
    assert mine.fetch().created_by == acting("jane").channels("vip").fetch().created_by == "jane"
    with refused(403, 50400):
        mine.messages.list()
    assert mine.members.create(identity="jane").identity == "jane"
    assert mine.members.create(identity="friend").identity == "friend"
    assert mine.invites.create(identity="guest").identity == "guest"
    assert acting("guest").channels(made.sid).members.create(identity="guest").sid[:2] == "MB"
    assert mine.members("jane").delete() is True
    assert mine.members.create(identity="jane").identity == "jane"


@pytest.mark.usefixtures("creators")
def test_a_list_of_channels_leaves_out_what_its_reader_may_not_see(
    acting: Callable[[str], Any], service: Any
) -> None:
    service.users.create(identity="stranger")
    named = {
        name: service.channels.create(type=kind, unique_name=name).sid
        for name, kind in (("open", "public"), ("joined", "private"), ("hidden", "private"))
    }
    service.channels(named["joined"]).members.create(identity="jane")
    acting("jane").channels.create(type="private", unique_name="own")

    def seen(identity: str, **chosen: Any) -> list[str]:
        return [each.unique_name for each in acting(identity).channels.list(**chosen)]

    assert seen("jane", page_size=1) == ["open", "joined", "own"]
    assert seen("jane", type=["private"]) == ["joined", "own"]
    assert seen("stranger") == ["open"]
    assert len(service.channels.list()) == 4


def test_a_role_with_the_permission_makes_the_difference(
    acting: Callable[[str], Any], service: Any, channel: Any, sid: str
) -> None:
    channel.members("jane").update(role_sid=roles(service)["channel admin"])
    jane = acting("jane").channels(sid)
    service.users.create(identity="agent-2")
    assert jane.members.create(identity="agent-2").identity == "agent-2"
    assert jane.update(friendly_name="Mine").friendly_name == "Mine"
    assert jane.members("agent").delete() is True


@pytest.mark.parametrize(
    "act",
    [
        lambda client, service: client.chat.v2.services.list(),
        lambda client, service: service.fetch(),
        lambda client, service: service.update(friendly_name="x"),
        lambda client, service: service.users("jane").delete(),
        lambda client, service: client.flex_api.v1.flex_flow.list(),
        lambda client, service: client.flex_api.v1.channel.list(),
        lambda client, service: client.taskrouter.v1.workspaces.list(),
    ],
)
def test_a_token_opens_the_chat_and_nothing_else(
    account: Account, sid: str, act: Callable[[Any, Any], Any]
) -> None:
    before = everything(account)
    user = account.client_of_chat_user(account.chat_token("jane"), "jane")
    with refused(403, 20403):
        act(user, user.chat.v2.services(account.credentials.chat_service_sid))
    assert everything(account) == before
