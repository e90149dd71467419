"""Flex channels for a contact that returns: the active one comes back, an ended one does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support import everything, refused

from helpers import Account

Make = Callable[..., Any]


@pytest.fixture
def flow(make_flow: Make) -> Any:
    """An external flow, which makes nothing but the channel."""
    return make_flow()


def end(service: Any, sid: str) -> None:
    """Marks a chat as ended, as Flex does, keeping its other attributes."""
    attributes = json.loads(service.channels(sid).fetch().attributes)
    service.channels(sid).update(attributes=json.dumps(attributes | {"status": "INACTIVE"}))


# -- a contact that returns


def test_a_contact_with_an_active_channel_gets_it_back(
    account: Account, flow: Any, make_channel: Make
) -> None:
    made = make_channel(flow, target="jane")
    before = everything(account)
    again = make_channel(flow, target="jane", chat_friendly_name="Another name")
    assert (again.sid, again.user_sid, again.date_created) == (
        made.sid,
        made.user_sid,
        made.date_created,
    )
    assert everything(account) == before


def test_a_contact_is_given_back_the_task_of_its_channel(
    task_flow: Any, make_channel: Make, tasks: Callable[[], list[Any]]
) -> None:
    made = make_channel(task_flow)
    assert make_channel(task_flow).task_sid == made.task_sid
    assert len(tasks()) == 1


def test_other_contacts_and_other_flows_get_channels_of_their_own(
    flow: Any, make_flow: Make, make_channel: Make
) -> None:
    other_flow = make_flow(contact_identity="second-brand")
    made = {
        make_channel(flow, target="jane").sid,
        make_channel(flow, target="jim").sid,
        make_channel(flow).sid,
        make_channel(other_flow, target="jane").sid,
    }
    assert len(made) == 4


@pytest.mark.parametrize("status", ["INACTIVE", "inactive"])
def test_after_a_chat_has_ended_its_contact_gets_a_new_channel(
    service: Any, flow: Any, make_channel: Make, status: str
) -> None:
    made = make_channel(flow)
    service.channels(made.sid).messages.create(body="old", from_="user-42")
    service.channels(made.sid).update(attributes=json.dumps({"status": status}))
    fresh = make_channel(flow)
    assert (fresh.sid != made.sid, fresh.user_sid) == (True, made.user_sid)
    assert service.channels(fresh.sid).fetch().messages_count == 0
    assert service.channels(made.sid).fetch().messages_count == 1
    assert make_channel(flow).sid == fresh.sid


def test_a_long_lived_channel_comes_back_with_its_history_until_it_is_ended(
    service: Any, flow: Any, make_channel: Make
) -> None:
    made = make_channel(flow, long_lived=True)
    service.channels(made.sid).messages.create(body="last week", from_="user-42")
    again = make_channel(flow, long_lived=True)
    assert [m.body for m in service.channels(again.sid).messages.list()] == ["last week"]
    end(service, made.sid)
    assert make_channel(flow, long_lived=True).sid != made.sid


def test_a_channel_whose_chat_was_deleted_is_not_given_back(
    service: Any, flow: Any, make_channel: Make
) -> None:
    made = make_channel(flow)
    service.channels(made.sid).delete()
    fresh = make_channel(flow)
    assert fresh.sid != made.sid
    assert service.channels(fresh.sid).fetch().members_count == 1


# -- unique names


def test_the_unique_name_of_an_active_channel_is_refused(
    account: Account, flow: Any, make_channel: Make
) -> None:
    made = make_channel(flow, chat_unique_name="jane-chat")
    before = everything(account)
    with refused(409, 45208, made.sid):
        make_channel(flow, identity="user-43", chat_unique_name="jane-chat")
    assert everything(account) == before


def test_the_unique_name_of_an_ended_channel_passes_to_the_new_one(
    service: Any, flow: Any, make_channel: Make
) -> None:
    made = make_channel(flow, chat_unique_name="jane-chat")
    end(service, made.sid)
    fresh = make_channel(flow, identity="user-43", chat_unique_name="jane-chat")
    assert service.channels("jane-chat").fetch().sid == fresh.sid
    assert service.channels(made.sid).fetch().unique_name is None
