"""Where a chat turns off its straight way: nobody answers, a task is cancelled, a channel goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from story import Customer, Floor
from support import refused

from helpers import Account

Make = Callable[..., Any]


@pytest.fixture
def customer(task_flow: Any, customer_of: Make) -> Customer:
    """A customer whose contact makes a task."""
    made: Customer = customer_of(task_flow)
    return made


# -- nobody answers


def test_a_rejected_task_goes_to_the_other_agent(customer: Customer, floor: Floor) -> None:
    alice = floor.desk("alice")
    customer.contact()
    bob = floor.desk("bob")
    assert (floor.reservations, bob.offers) == ([("alice", "pending")], [])
    alice.reject()
    assert floor.reservations == [("alice", "rejected"), ("bob", "pending")]
    assert (floor.tasks, customer.members, customer.status) == (["reserved"], ["user-42"], "ACTIVE")
    bob.accept()
    assert (floor.tasks, customer.members) == (["assigned"], ["bob", "user-42"])
    assert alice.offers == []


def test_a_task_nobody_else_can_take_comes_back_to_who_rejected_it(
    customer: Customer, floor: Floor
) -> None:
    alice = floor.desk()
    customer.contact()
    alice.reject()
    assert floor.reservations == [("alice", "rejected"), ("alice", "pending")]


def test_an_offer_that_times_out_goes_on_and_its_agent_offline(
    account: Account, customer: Customer, floor: Floor
) -> None:
    alice = floor.desk("alice")
    customer.contact()
    bob = floor.desk("bob")
    account.clock.advance(119)
    assert floor.reservations == [("alice", "pending")]
    account.clock.advance(1)
    assert floor.reservations == [("alice", "timeout"), ("bob", "pending")]
    assert (alice.activity, bob.activity) == ("Offline", "Available")
    assert (customer.members, customer.status) == (["user-42"], "ACTIVE")
    account.clock.advance(120)
    assert (floor.tasks, bob.activity) == (["pending"], "Offline")
    alice.go_available()
    alice.accept()
    assert (floor.tasks, customer.members) == (["assigned"], ["alice", "user-42"])


# -- tasks ended outside Flex


@pytest.mark.parametrize("handler", ["studio", "task"])
def test_a_task_cancelled_by_api_leaves_the_chat_as_it_is_without_the_janitor(
    customer_with: Make,
    floor: Floor,
    handler: str,
) -> None:
    customer = customer_with(handler)
    alice = floor.desk()
    customer.contact()
    customer.says("hello")
    floor.task.update(assignment_status="canceled", reason="gone")
    assert (floor.tasks, floor.reservations) == (["canceled"], [("alice", "canceled")])
    assert (alice.offers, customer.status) == ([], "ACTIVE")
    customer.says("anybody?")
    assert (floor.tasks, customer.contact().sid) == (["canceled"], customer.sid)


@pytest.mark.parametrize("handler", ["studio", "task", "external"])
def test_the_janitor_ends_the_chat_of_a_task_cancelled_by_api(
    customer_with: Make,
    floor: Floor,
    handler: str,
) -> None:
    customer = customer_with(handler, janitor_enabled=True)
    customer.contact()
    if handler == "external":
        about = f'{{"channelSid": "{customer.sid}"}}'
        floor.workspace.tasks.create(task_channel="chat", attributes=about)
    else:
        customer.says("hello")
    before = customer.sid
    assert (floor.tasks, customer.status) == (["pending"], "ACTIVE")
    floor.task.update(assignment_status="canceled", reason="gone")
    assert (floor.tasks, customer.status) == (["canceled"], "INACTIVE")
    assert customer.contact().sid != before


def test_the_janitor_takes_agents_out_of_a_chat_whose_task_was_completed_by_api(
    customer_with: Make, floor: Floor
) -> None:
    customer = customer_with("task", janitor_enabled=True)
    alice = floor.desk()
    customer.contact()
    alice.accept()
    floor.task.update(assignment_status="completed", reason="done")
    assert (customer.status, customer.members) == ("INACTIVE", ["user-42"])


def test_the_janitor_keeps_a_customer_whose_attributes_hold_the_word_agent(
    customer_with: Make, service: Any, floor: Floor
) -> None:
    customer = customer_with("task", janitor_enabled=True)
    alice = floor.desk()
    channel = customer.contact()
    member = service.channels(channel.sid).members("user-42")
    member.update(attributes='{"member_type": "guest", "asked_for": "agent"}')
    alice.accept()
    floor.task.update(assignment_status="completed", reason="done")
    assert (customer.status, customer.members) == ("INACTIVE", ["user-42"])


@pytest.mark.parametrize("handler", ["studio", "task"])
@pytest.mark.parametrize(
    "names", [lambda sid: {}, lambda sid: {"channelSid": "dummy"}, lambda sid: {"channelSid": 7}]
)
def test_the_janitor_leaves_a_chat_that_its_task_names_no_longer(
    customer_with: Make, floor: Floor, handler: str, names: Callable[[str], dict[str, Any]]
) -> None:
    customer = customer_with(handler, janitor_enabled=True)
    alice = floor.desk()
    customer.contact()
    customer.says("hello")
    accepted = alice.accept()
    floor.task.update(attributes=json.dumps({**floor.about, "channelSid": None}))
    floor.task.update(attributes=json.dumps(names(customer.sid)))
    accepted.complete()
    assert (floor.tasks, customer.status) == (["completed"], "ACTIVE")


def test_the_janitor_follows_a_task_into_the_chat_that_it_names_in_the_end(
    customer_with: Make, customer_of: Make, floor: Floor
) -> None:
    customer = customer_with("task", janitor_enabled=True)
    other = customer_of(customer.flow, "user-43")
    for each in (customer, other):
        each.contact()
    floor.task.update(
        assignment_status="canceled", attributes=json.dumps({"channelSid": customer.sid})
    )
    assert (customer.status, other.status) == ("INACTIVE", "ACTIVE")


@pytest.mark.parametrize(("forgets", "status"), [(True, "INACTIVE"), (False, "ACTIVE")])
def test_a_transfer_that_forgets_the_first_tasks_channel_ends_the_chat(
    customer_with: Make, floor: Floor, forgets: bool, status: str
) -> None:
    customer = customer_with("task", janitor_enabled=True)
    alice = floor.desk("alice")
    customer.contact()
    alice.accept()
    first, about = floor.task, floor.about
    alice.go_offline()
    bob = floor.desk("bob")
    floor.workspace.tasks.create(task_channel="chat", attributes=json.dumps(about))
    bob.accept()
    if not forgets:
        first.update(attributes=json.dumps({**about, "channelSid": "transferred"}))
    first.update(assignment_status="completed", reason="transferred")
    assert customer.status == status
    assert ("bob" in customer.members) is not forgets
    assert floor.tasks == ["completed", "assigned"]


def test_without_the_janitor_agents_stay_in_a_chat_whose_task_was_completed_by_api(
    customer: Customer, floor: Floor
) -> None:
    alice = floor.desk()
    customer.contact()
    alice.accept()
    floor.task.update(assignment_status="completed", reason="done")
    assert (customer.status, customer.members) == ("ACTIVE", ["alice", "user-42"])


def test_the_janitor_leaves_a_long_lived_chat_active(customer_with: Make, floor: Floor) -> None:
    customer = customer_with("task", janitor_enabled=True, long_lived=True)
    alice = floor.desk()
    customer.contact()
    alice.accept()
    floor.task.update(assignment_status="completed", reason="done")
    assert (customer.status, customer.members) == ("ACTIVE", ["user-42"])
    customer.says("me again")
    assert floor.tasks == ["completed", "reserved"]


def test_an_agent_completes_where_the_janitor_has_cleaned_up_too(
    customer_with: Make, floor: Floor
) -> None:
    customer = customer_with("task", janitor_enabled=True)
    alice = floor.desk()
    customer.contact()
    alice.accept().complete()
    assert (floor.tasks, customer.status, customer.members) == (
        ["completed"],
        "INACTIVE",
        ["user-42"],
    )
    assert alice.conversations == []


def test_a_task_that_nobody_takes_within_its_time_is_cancelled_and_the_janitor_cleans_up(
    account: Account,
    customer_with: Make,
    floor: Floor,
) -> None:
    customer = customer_with("task", janitor_enabled=True, integration_timeout=60)
    customer.contact()
    account.clock.advance(60)
    assert (floor.tasks, floor.task.fetch().reason) == (["canceled"], "Task TTL Exceeded")
    assert customer.status == "INACTIVE"


# -- a channel that goes


def test_a_deleted_chat_channel_takes_its_flex_channel_along(
    account: Account, customer: Customer, floor: Floor
) -> None:
    made = customer.contact()
    customer.on_server.delete()
    channels = account.client.flex_api.v1.channel
    assert channels.list() == []
    with refused(404, 20404):
        channels(made.sid).fetch()
    assert floor.tasks == ["pending"]
    assert customer.contact().sid != made.sid
