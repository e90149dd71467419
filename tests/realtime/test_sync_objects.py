"""What Sync objects hold of a channel and of a user, whole, as an SDK opens them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect
from wire import Wire

from helpers import Account

NOON = 1_767_614_400.0
AT = "2026-01-05T12:00:00Z"


@pytest.fixture
def wire(account: Account, uri: str) -> Iterator[Wire]:
    """A connection of jane's, on an account whose clock stands still."""
    account.clock.freeze(NOON)
    token = account.chat_token("jane", ttl=3600)
    with connect(uri, compression=None) as socket:
        made = Wire(socket)
        assert made.say("init", token=token).header["status"]["code"] == 200
        yield made


def items(wire: Wire, kind: str, name: str) -> dict[Any, Any]:
    """The data of each item of a list or map, by index or key."""
    found = wire.ask("GET", f"/v3/{kind}s/{name}/Items").json()["items"]
    return {each.get("key", each.get("index")): each["data"] for each in found}


@pytest.fixture
def made(account: Account, service: Any) -> Any:
    """A private channel with jane, a person by SMS, a message and a picture."""
    account.clock.freeze(NOON)
    channel = service.channels.create(
        friendly_name="Support", unique_name="support", type="private", attributes='{"a": 1}'
    )
    return channel


def test_a_channels_document_is_the_channel(wire: Wire, made: Any) -> None:
    made.members.create(identity="jane")
    made.messages.create(body="Hi", from_="bob")
    opened = wire.ask("GET", f"/v3/Documents/{made.sid}.channel").json()
    assert opened["data"] == {
        "messages": f"{made.sid}.messages",
        "roster": f"{made.sid}.roster",
        "friendlyName": "Support",
        "uniqueName": "support",
        "attributes": '{"a": 1}',
        "type": "private",
        "createdBy": "system",
        "state": {"current": "active", "dateUpdated": AT},
        "dateCreated": AT,
        "dateUpdated": AT,
        "lastMessage": {"index": 0, "timestamp": AT},
    }


def test_a_conversation_that_is_closed_says_so_in_its_document(
    account: Account, wire: Wire, made: Any
) -> None:
    made.members.create(identity="jane")
    account.client.conversations.v1.conversations(made.sid).update(state="closed")
    opened = wire.ask("GET", f"/v3/Documents/{made.sid}.channel").json()
    assert opened["data"]["state"] == {"current": "closed", "dateUpdated": AT}


def test_a_roster_names_its_members_and_the_users_behind_them(
    account: Account, wire: Wire, made: Any, service: Any
) -> None:
    jane = made.members.create(identity="jane", last_consumed_message_index=3)
    conversation = account.client.conversations.v1.conversations(made.sid)
    guest = conversation.participants.create(
        messaging_binding_address="+15550001", messaging_binding_proxy_address="+15550002"
    )
    user = service.users("jane").fetch()
    common = {"attributes": "{}", "dateCreated": AT, "dateUpdated": AT}
    assert items(wire, "Map", f"{made.sid}.roster") == {
        jane.sid: {
            **common,
            "identity": "jane",
            "userInfo": f"{user.sid}.info",
            "roleSid": jane.role_sid,
            "lastConsumedMessageIndex": 3,
            "lastConsumptionTimestamp": AT,
            "type": "chat",
            "bindings": {},
        },
        guest.sid: {
            **common,
            "identity": None,
            "userInfo": None,
            "roleSid": guest.role_sid,
            "lastConsumedMessageIndex": None,
            "lastConsumptionTimestamp": None,
            "type": "sms",
            "bindings": {"sms": guest.messaging_binding},
        },
    }


def test_messages_show_author_member_and_text(wire: Wire, made: Any) -> None:
    jane = made.members.create(identity="jane")
    sent = [made.messages.create(body=f"from {name}", from_=name) for name in ("jane", "bob")]
    common = {
        "type": "text",
        "attributes": "{}",
        "timestamp": AT,
        "dateUpdated": AT,
        "lastUpdatedBy": None,
        "media": None,
        "medias": None,
        "delivery": None,
    }
    assert items(wire, "List", f"{made.sid}.messages") == {
        index: {
            **common,
            "sid": sent[index].sid,
            "author": name,
            "text": f"from {name}",
            "memberSid": member,
        }
        for index, (name, member) in enumerate((("jane", jane.sid), ("bob", None)))
    }


def test_a_message_from_a_phone_is_its_participants(
    account: Account, wire: Wire, made: Any
) -> None:
    made.members.create(identity="jane")
    conversation = account.client.conversations.v1.conversations(made.sid)
    guest = conversation.participants.create(
        messaging_binding_address="+15550001", messaging_binding_proxy_address="+15550002"
    )
    sent = conversation.messages.create(body="Hi", author="+15550001")
    assert sent.participant_sid == guest.sid
    assert items(wire, "List", f"{made.sid}.messages")[0]["memberSid"] == guest.sid


def test_an_invitation_that_is_withdrawn_ends_the_sight_of_a_private_channel(
    wire: Wire, made: Any
) -> None:
    invite = made.invites.create(identity="jane")
    wire.follow("document", f"{made.sid}.channel")
    wire.next_event("subscription_established")
    made.update(friendly_name="seen")
    assert wire.next_event("document_updated")["document_data"]["friendlyName"] == "seen"
    invite.delete()
    made.update(friendly_name="unseen")
    made.invites.create(identity="jane")
    wire.follow("document", f"{made.sid}.channel")
    made.update(friendly_name="seen again")
    assert wire.next_event("document_updated")["document_data"]["friendlyName"] == "seen again"


def test_a_users_own_channels_are_joined_or_invited(wire: Wire, made: Any, service: Any) -> None:
    user = service.users("jane").fetch()
    assert items(wire, "Map", f"{user.sid}.channels") == {}
    other = service.channels.create()
    other.invites.create(identity="jane")
    made.members.create(identity="jane", last_consumed_message_index=2)

    def view(sid: str, status: str, read: int | None) -> dict[str, Any]:
        return {
            "status": status,
            "channel": f"{sid}.channel",
            "messages": f"{sid}.messages",
            "roster": f"{sid}.roster",
            "lastConsumedMessageIndex": read,
            "notificationLevel": "default",
        }

    assert items(wire, "Map", f"{user.sid}.channels") == {
        made.sid: view(made.sid, "joined", 2),
        other.sid: view(other.sid, "invited", None),
    }
    info = items(wire, "Map", f"{user.sid}.info")
    assert info == {
        "attributes": {"value": "{}"},
        "friendlyName": {"value": None},
        "reachability": {"online": True, "notifiable": False},
    }


def test_typing_is_shown_to_the_others_and_not_to_who_types(
    account: Account, uri: str, wire: Wire, made: Any
) -> None:
    for name in ("jane", "bob"):
        made.members.create(identity=name)
    with connect(uri, compression=None) as socket:
        bob = Wire(socket, account.chat_token("bob", ttl=3600))
        assert account.mock is not None
        account.mock.type_in(account.chat_token("bob", ttl=3600), made.sid)
        for each in (wire, bob):  # an answer comes after what was sent before it
            each.ask("GET", f"/v3/Documents/{made.sid}.channel")
        typing = [frame.json() for frame in wire.notified if frame.method == "notification"]
        assert [(each["channel_sid"], each["identity"]) for each in typing] == [(made.sid, "bob")]
        assert [frame.method for frame in bob.notified] == []


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_of_a_list_lead_on_and_back(wire: Wire, made: Any, order: str) -> None:
    made.members.create(identity="jane")
    for number in range(5):
        made.messages.create(body=str(number))
    path = f"/v3/Lists/{made.sid}.messages/Items"
    wanted = ["0", "1", "2", "3", "4"] if order == "asc" else ["4", "3", "2", "1", "0"]

    def page(**params: Any) -> tuple[list[str], str | None, str | None]:
        found = wire.ask("GET", path, **params).json()
        meta = found["meta"]
        texts = [each["data"]["text"] for each in found["items"]]
        return texts, meta["previous_token"], meta["next_token"]

    first = page(PageSize=2, Order=order)
    assert (first[0], first[1]) == (wanted[:2], None)
    second = page(PageToken=first[2])
    assert second[0] == wanted[2:4]
    third = page(PageToken=second[2])
    assert (third[0], third[2]) == (wanted[4:], None)
    assert page(PageToken=third[1]) == second
    assert page(PageToken=second[1]) == first
    assert page(PageSize=5, Order=order) == (wanted, None, None)
    assert page(PageSize=4, Order=order)[0] == wanted[:4]
    assert page(PageSize=1, Order=order, From=2)[0] == ["2"]
    assert page(Order=order, From=9)[0] == ([] if order == "asc" else wanted)


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.0"])
def test_a_page_of_nothing_is_refused(wire: Wire, made: Any, size: str) -> None:
    made.members.create(identity="jane")
    answer = wire.ask("GET", f"/v3/Lists/{made.sid}.messages/Items", PageSize=size)
    assert answer.header["http_status"]["code"] == 400
    assert answer.json()["code"] == 20001


def test_a_page_has_a_hundred_items_at_most(wire: Wire, made: Any) -> None:
    made.members.create(identity="jane")
    for number in range(102):
        made.messages.create(body=str(number))
    path = f"/v3/Lists/{made.sid}.messages/Items"
    sizes = {size: len(wire.ask("GET", path, PageSize=size).json()["items"]) for size in (99, 101)}
    assert sizes == {99: 99, 101: 100}
    assert len(wire.ask("GET", path).json()["items"]) == 50


def test_a_read_horizon_that_a_client_moves_is_the_members(wire: Wire, made: Any) -> None:
    member = made.members.create(identity="jane")
    for number in range(3):
        made.messages.create(body=str(number))
    path = f"/Client/v1/MyConversations/{made.sid}"
    for index in (1, None, 2):
        answer = wire.ask("POST", path, {"last_consumed_message_index": index})
        assert answer.header["http_status"]["code"] == 200
        assert member.fetch().last_consumed_message_index == index


def test_an_item_is_dated_by_its_data_or_else_by_its_owner(
    account: Account, wire: Wire, made: Any, service: Any
) -> None:
    made.members.create(identity="jane")
    made.messages.create(body="Hi", from_="bob")
    account.clock.advance(60)
    made.messages(made.messages.list()[0].sid).update(body="Hello")
    [message] = wire.ask("GET", f"/v3/Lists/{made.sid}.messages/Items").json()["items"]
    assert message["date_updated"] == "2026-01-05T12:01:00Z"
    user = service.users("jane").fetch()
    [own] = wire.ask("GET", f"/v3/Maps/{user.sid}.channels/Items").json()["items"]
    assert (own["data"].get("dateUpdated"), own["date_updated"]) == (None, AT)


def test_reads_are_answered_with_200(wire: Wire, made: Any) -> None:
    made.members.create(identity="jane")
    for version in ("v1", "v2"):
        for path in ("Configuration", "MyConversations", f"Conversations/{made.sid}", "Users/jane"):
            answer = wire.ask("GET", f"/Client/{version}/{path}")
            assert answer.header["http_status"]["code"] == 200, path
