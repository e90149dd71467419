"""SIDs: Twilio's shape, and the same ones again for the same seed and the same calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from helpers import Account, connect

SHAPE = re.compile(r"[A-Z]{2}[0-9a-f]{32}")


def story(account: Account) -> list[str]:
    """The SIDs of a few calls, a refused one and reads among them."""
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    made = service.channels.create(unique_name="support")
    channel = service.channels(made.sid)
    sids = [made.sid, channel.members.create(identity="user-42").sid]
    with pytest.raises(Exception, match="already exists"):
        service.channels.create(unique_name="support")
    service.channels.list()
    sids += [channel.messages.create(body=body).sid for body in ("a", "b")]
    return [*sids, service.users("user-42").fetch().sid]


def starting_sids(account: Account) -> list[str]:
    client = account.client
    workspace = client.taskrouter.v1.workspaces.list()[0]
    inside = client.taskrouter.v1.workspaces(workspace.sid)
    listed = (
        client.flex_api.v1.flex_flow.list(),
        client.studio.v2.flows.list(),
        inside.workflows.list(),
        inside.task_queues.list(),
        inside.task_channels.list(),
        inside.workers.list(),
    )
    return [workspace.sid, *(item.sid for items in listed for item in items)]


def test_the_same_seed_and_the_same_calls_give_the_same_sids() -> None:
    first, second = connect(seed=7), connect(seed=7)
    assert starting_sids(first) == starting_sids(second)
    assert story(first) == story(second)


def test_without_a_seed_every_account_is_the_same_on_every_machine(account: Account) -> None:
    assert starting_sids(account) == starting_sids(connect())
    assert story(account) == story(connect())


def test_another_seed_gives_other_sids() -> None:
    assert not set(story(connect(seed=7))) & set(story(connect(seed=8)))


def test_a_reset_account_repeats_its_sids(account: Account) -> None:
    assert account.mock is not None
    first = story(account)
    account.mock.reset()
    assert story(account) == first


def test_a_snapshot_repeats_the_sids_of_what_it_took_back(account: Account) -> None:
    assert account.mock is not None
    with account.mock.snapshot():
        first = story(account)
    assert story(account) == first


def test_sids_have_twilios_shape_and_prefixes(
    account: Account, task_flow: Any, make_channel: Callable[..., Any]
) -> None:
    made = make_channel(task_flow)
    sids = [*starting_sids(account), *story(account), made.sid, made.task_sid]
    assert all(SHAPE.fullmatch(sid) for sid in sids)
    assert [sid[:2] for sid in sids[-7:]] == ["CH", "MB", "IM", "IM", "US", "CH", "WT"]
    assert task_flow.sid.startswith("FO")
    assert len(set(sids)) == len(sids)
