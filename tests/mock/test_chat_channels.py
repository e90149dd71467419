"""Chat channels: made, found by SID or unique name, changed and deleted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from support import everything, refused

from helpers import Account


def test_a_channel_needs_nothing_and_is_public(account: Account, service: Any) -> None:
    made = service.channels.create()
    assert (made.sid[:2], made.type, made.created_by) == ("CH", "public", "system")
    assert (made.friendly_name, made.unique_name, made.attributes) == (None, None, "{}")
    assert (made.members_count, made.messages_count) == (0, 0)
    assert made.account_sid == account.credentials.account_sid
    assert made.date_created == made.date_updated
    assert made.url == f"{service.fetch().url}/Channels/{made.sid}"
    assert made.links == {
        "members": f"{made.url}/Members",
        "messages": f"{made.url}/Messages",
        "invites": f"{made.url}/Invites",
        "webhooks": f"{made.url}/Webhooks",
        "last_message": None,
    }


def test_a_channel_is_found_by_its_unique_name_and_links_by_its_sid(service: Any) -> None:
    made = service.channels.create(unique_name="support", friendly_name="Support")
    found = service.channels("support").fetch()
    assert (found.sid, found.url) == (made.sid, made.url)
    sent = service.channels("support").messages.create(body="hello")
    assert sent.url == f"{made.url}/Messages/{sent.sid}"
    assert sent.channel_sid == made.sid


def test_dates_and_author_can_be_given_to_bring_in_old_channels(service: Any) -> None:
    made = service.channels.create(
        date_created=datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC), created_by="importer"
    )
    assert made.date_created == made.date_updated == datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert made.created_by == "importer"
    changed = service.channels(made.sid).update(
        date_created=datetime(2019, 1, 1, tzinfo=UTC), date_updated=datetime(2021, 1, 1, tzinfo=UTC)
    )
    assert (changed.date_created.year, changed.date_updated.year) == (2019, 2021)


def test_channels_are_listed_by_type(service: Any) -> None:
    public, private = service.channels.create(), service.channels.create(type="private")
    assert [found.sid for found in service.channels.list()] == [public.sid, private.sid]
    assert [found.sid for found in service.channels.list(type=["private"])] == [private.sid]
    both = service.channels.list(type=["private", "public"])
    assert [found.sid for found in both] == [public.sid, private.sid]


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ({"unique_name": "taken"}, 409, 50307),
        ({"unique_name": "CH" + "0" * 32}, 400, 50306),
        ({"unique_name": "x" * 65}, 400, 50004),
        ({"friendly_name": "x" * 65}, 400, 50003),
        ({"attributes": "no JSON"}, 400, 50304),
        ({"attributes": '"text'}, 400, 50304),
        ({"attributes": json.dumps({"x": "y" * 17_000})}, 400, 50303),
        ({"type": "secret"}, 400, 20001),
        ({"date_created": "yesterday"}, 400, 20001),
        ({"created_by": "x" * 257}, 400, 50310),
    ],
)
def test_a_channel_that_is_not_acceptable_is_not_made(
    account: Account, service: Any, values: dict[str, Any], status: int, code: int
) -> None:
    service.channels.create(unique_name="taken")
    before = everything(account)
    with refused(status, code):
        service.channels.create(**values)
    assert everything(account) == before


def test_names_may_be_longer_in_an_update_than_at_creation(service: Any) -> None:
    made = service.channels.create()
    changed = service.channels(made.sid).update(friendly_name="x" * 256, unique_name="y" * 256)
    assert (len(changed.friendly_name), len(changed.unique_name)) == (256, 256)
    with refused(400, 50003):
        service.channels(made.sid).update(friendly_name="x" * 257)


def test_an_update_replaces_the_attributes_whole_and_keeps_the_rest(service: Any) -> None:
    made = service.channels.create(
        friendly_name="Support", unique_name="support", attributes='{"status": "ACTIVE", "a": 1}'
    )
    changed = service.channels(made.sid).update(attributes='{"b": 2}')
    assert json.loads(changed.attributes) == {"b": 2}
    assert (changed.friendly_name, changed.unique_name) == ("Support", "support")


def test_attributes_come_back_to_the_letter(service: Any) -> None:
    text = '{"b" : 1,"a":"\\u00e9 é 😀", "n": 1.50, "deep": {"list": [null, true]}}'
    made = service.channels.create(attributes=text)
    assert service.channels(made.sid).fetch().attributes == text


@pytest.mark.parametrize(
    "text",
    ['["vip"]', '"x"', "5", "-0.50", "true", "null", "[]", ' {"a": 1 } ', "1e308", "-1.7e308"],
)
def test_attributes_may_be_any_json(service: Any, text: str) -> None:
    user = service.users.create(identity="user-42", attributes=text)
    channel = service.channels(service.channels.create(attributes=text).sid)
    member = channel.members.create(identity="user-42", attributes=text)
    message = channel.messages.create(body="hi", attributes=text)
    made = (user, channel.fetch(), member, message)
    assert [each.attributes for each in made] == [text] * 4
    assert [each.fetch().attributes for each in made] == [text] * 4
    assert [each.update(attributes="{}").attributes for each in made] == ["{}"] * 4
    assert [each.update(attributes=text).attributes for each in made] == [text] * 4


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 200 + "]" * 200, "it is nested too deep"),
        ('{"a":}', "Expecting value"),
        ("NaN", "NaN is not JSON"),
        ("-Infinity", "-Infinity is not JSON"),
        ("1e309", "1e309 is too large for a number of 64 bits"),
        ('{"a": -1e400}', "-1e400 is too large for a number of 64 bits"),
    ],
)
def test_attributes_that_cannot_be_kept_are_refused_with_the_reason(
    service: Any, text: str, reason: str
) -> None:
    with refused(400, 50304, reason):
        service.channels.create(attributes=text)


def test_the_size_of_attributes_counts_bytes_not_characters(service: Any) -> None:
    fits = json.dumps({"x": "é" * 8000}, ensure_ascii=False)
    assert service.channels.create(attributes=fits).attributes == fits
    with refused(400, 50303):
        service.channels.create(attributes=json.dumps({"x": "é" * 8200}, ensure_ascii=False))


@pytest.mark.parametrize("name", ["taken", "CH" + "0" * 32])
def test_a_unique_name_that_is_not_acceptable_changes_nothing(
    account: Account, service: Any, name: str
) -> None:
    service.channels.create(unique_name="taken")
    service.channels.create(unique_name="mine", friendly_name="Before")
    before = everything(account)
    with refused(409 if name == "taken" else 400, 50307 if name == "taken" else 50306):
        service.channels("mine").update(friendly_name="After", unique_name=name)
    assert everything(account) == before


def test_a_unique_name_can_be_kept_given_up_and_taken_again(service: Any) -> None:
    made = service.channels.create(unique_name="mine")
    assert service.channels(made.sid).update(unique_name="mine").unique_name == "mine"
    assert service.channels(made.sid).update(unique_name="").unique_name is None
    assert service.channels.create(unique_name="mine").unique_name == "mine"
    with refused(409, 50307):
        service.channels(made.sid).update(unique_name="mine")


def test_an_update_without_parameters_is_refused(account: Account, channel: Any) -> None:
    before = everything(account)
    with refused(400, 20161):
        channel.update()
    assert everything(account) == before


def test_a_deleted_channel_takes_its_members_and_messages_along(service: Any, channel: Any) -> None:
    channel.members.create(identity="user-42")
    message = channel.messages.create(body="hello")
    assert channel.delete() is True
    for ask in (
        channel.fetch,
        channel.delete,
        channel.messages.list,
        channel.messages(message.sid).fetch,
        channel.members("user-42").fetch,
        lambda: channel.messages.create(body="x"),
    ):
        with refused(404, 20404):
            ask()
    user = service.users("user-42").fetch()
    assert (user.joined_channels_count, service.users("user-42").user_channels.list()) == (0, [])


def test_a_channel_named_like_another_in_another_service_is_no_conflict(
    client: Any, service: Any
) -> None:
    other = client.chat.v2.services(client.chat.v2.services.create(friendly_name="Other").sid)
    first = service.channels.create(unique_name="support")
    second = other.channels.create(unique_name="support")
    assert service.channels("support").fetch().sid == first.sid
    assert other.channels("support").fetch().sid == second.sid
