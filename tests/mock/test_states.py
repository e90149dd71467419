"""Every cell of the tables of states: what each change of status leads to, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from office import Office
from support import everything, refused
from twilio.base.exceptions import TwilioRestException

from helpers import Account
from helpers.chat.errors import as_chat_error

TASK_STATUSES = ("pending", "reserved", "assigned", "wrapping", "completed", "canceled")
RESERVATION_STATUSES = (
    *("pending", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapping"),
    "completed",
)
TASK_CELLS: dict[tuple[str, str], tuple[str, list[str]]] = {
    ("pending", "canceled"): ("", ["task.canceled"]),
    ("reserved", "canceled"): ("canceled", ["reservation.canceled", "task.canceled"]),
    ("assigned", "wrapping"): ("wrapping", ["reservation.wrapup", "task.wrapup"]),
    ("assigned", "completed"): ("completed", ["reservation.completed", "task.completed"]),
    ("wrapping", "completed"): ("completed", ["reservation.completed", "task.completed"]),
}
"""Cells in which a task changes: its reservation's status then, and the events. No other does."""
RESERVATION_CELLS: dict[tuple[str, str], tuple[str, list[str]]] = {
    ("pending", "accepted"): ("assigned", ["reservation.accepted"]),
    ("pending", "rejected"): ("pending", ["reservation.rejected"]),
    ("accepted", "wrapping"): ("wrapping", ["reservation.wrapup", "task.wrapup"]),
    ("accepted", "completed"): ("completed", ["reservation.completed", "task.completed"]),
    ("wrapping", "completed"): ("completed", ["reservation.completed", "task.completed"]),
}
"""Cells in which a reservation changes: its task's status then, and the events. No other does."""


def all_of(office: Office) -> dict[str, Any]:
    """All there is in a workspace: tasks, reservations, workers, their channels, events."""

    def fields(item: Any) -> dict[str, Any]:
        return {
            name: value
            for name, value in vars(item).items()
            if not name.startswith("_") and name not in ("age", "url", "links")
        }

    at, workers = office.workspace, office.workspace.workers.list()
    tasks = at.tasks.list()
    return {
        "tasks": [fields(each) for each in tasks],
        "reservations": [fields(each) for task in tasks for each in task.reservations.list()],
        "workers": [fields(each) for each in workers],
        "channels": [fields(own) for each in workers for own in each.worker_channels.list()],
        "events": [each.sid for each in at.events.list()],
    }


def task_that_is(office: Office, status: str) -> Any:
    """A task in this status; one of an available worker's, but for a pending one."""
    if status != "pending":
        office.go("alice")
    task = office.task()
    if status in ("assigned", "wrapping", "completed"):
        office.accept(task)
    if status in ("wrapping", "completed", "canceled"):
        task.update(assignment_status=status)
    assert task.fetch().assignment_status == status
    return task


def reservation_that_is(office: Office, status: str) -> Any:
    """A reservation of alice's in this status, and its task."""
    both = office.queue("Both", max_reserved_workers=2)
    for name in ("alice", "bob") if status == "rescinded" else ("alice",):
        office.go(name)
    task = office.task(task_queue_sid=both)
    reservation = task.reservations.list()[0]
    if status in ("accepted", "wrapping", "completed"):
        reservation.update(reservation_status="accepted")
    match status:
        case "rejected":
            office.go("bob")  # who is offered the task then
            reservation.update(reservation_status="rejected")
        case "timeout":
            office.account.clock.advance(120)
        case "canceled":
            task.update(assignment_status="canceled")
        case "rescinded":
            other = task.reservations.list()[1]
            other.update(reservation_status="accepted")
        case "wrapping" | "completed":
            reservation.update(reservation_status=status)
    assert reservation.fetch().reservation_status == status
    return reservation, task


@pytest.fixture
def still(office: Office) -> Office:
    """The office, whose clock stands still."""
    office.account.clock.freeze()
    return office


@pytest.mark.parametrize(("before", "wanted"), [*product(TASK_STATUSES, TASK_STATUSES)])
def test_a_task_of_this_status_is_given_that(still: Office, before: str, wanted: str) -> None:
    task = task_that_is(still, before)
    found = all_of(still)
    still.account.clock.advance(1)
    cell = TASK_CELLS.get((before, wanted))
    if cell is None:
        with refused(400, 20001):
            task.update(assignment_status=wanted, reason="why", priority=9, attributes='{"a": 1}')
        assert all_of(still) == found
        return
    reservation, happened = cell
    changed = task.update(assignment_status=wanted, reason="why")
    assert (changed.assignment_status, changed.reason) == (wanted, "why")
    assert [each.reservation_status for each in task.reservations.list()] == (
        [reservation] if reservation else []
    )
    assert still.happened()[len(found["events"]) :] == happened
    held = reservation == "wrapping"
    assert still.capacity("alice")[1] == (0 if held else 100)


@pytest.mark.parametrize(
    ("before", "wanted"), [*product(RESERVATION_STATUSES, RESERVATION_STATUSES)]
)
def test_a_reservation_of_this_status_is_given_that(
    still: Office, before: str, wanted: str
) -> None:
    reservation, task = reservation_that_is(still, before)
    found = all_of(still)
    still.account.clock.advance(1)
    cell = RESERVATION_CELLS.get((before, wanted))
    if cell is None:
        with refused(400, 20001):
            reservation.update(reservation_status=wanted)
        assert all_of(still) == found
        return
    status, happened = cell
    assert reservation.update(reservation_status=wanted).reservation_status == wanted
    assert task.fetch().assignment_status in (status, "reserved" if wanted == "rejected" else "")
    events = still.happened()[len(found["events"]) :]
    assert events[: len(happened)] == happened
    assert events[len(happened) :] in ([], ["reservation.created"] if wanted == "rejected" else [])


@pytest.mark.parametrize("status", RESERVATION_STATUSES)
@pytest.mark.parametrize("instruction", ["accept", "reject"])
def test_an_instruction_does_nothing_to_an_offer_that_is_answered(
    still: Office, status: str, instruction: str
) -> None:
    reservation, _ = reservation_that_is(still, status)
    if status == "pending":
        done = reservation.update(instruction=instruction)
        assert done.reservation_status == f"{instruction}ed"
        return
    before = all_of(still)
    with refused(400, 20001, "not currently in a Pending state"):
        reservation.update(instruction=instruction)
    assert all_of(still) == before


@pytest.mark.parametrize("status", TASK_STATUSES)
def test_a_change_without_a_status_leaves_it(still: Office, status: str) -> None:
    task = task_that_is(still, status)
    events = still.happened()
    reservations = [each.reservation_status for each in task.reservations.list()]
    still.account.clock.advance(1)
    changed = task.update(priority=7)
    assert (changed.assignment_status, changed.priority) == (status, 7)
    assert [each.reservation_status for each in task.reservations.list()] == reservations
    assert still.happened() == [*events, "task.updated"]


# -- a worker's activity

ACTIVITIES = ("Offline", "Available", "Unavailable", "Break")


@pytest.mark.parametrize(("before", "wanted"), [*product(ACTIVITIES, ACTIVITIES)])
def test_a_worker_in_this_activity_is_moved_to_that(
    still: Office, before: str, wanted: str
) -> None:
    for activity in ("Break", before):  # the clock stands still since then
        if still.doing("alice") != activity:
            still.go("alice", activity)
    if before != "Available":
        still.task()
    found = all_of(still)
    moved_at = still.worker("alice").fetch().date_status_changed
    still.account.clock.advance(5)
    still.go("alice", wanted)
    if before == wanted:
        assert all_of(still) == found
        return
    worker = still.worker("alice").fetch()
    assert (worker.activity_name, worker.available) == (wanted, wanted == "Available")
    assert (worker.date_status_changed - moved_at).total_seconds() == 5
    offered = ["reservation.created"] if wanted == "Available" else []
    assert still.happened()[len(found["events"]) :] == ["worker.activity.update", *offered]
    [event] = still.workspace.events.list(event_type="worker.activity.update")[-1:]
    data = event.event_data if isinstance(event.event_data, dict) else {}
    assert data["worker_time_in_previous_activity_ms"] == "5000"
    assert data["worker_time_in_previous_activity"] == "5"
    assert data["worker_previous_activity_sid"] == still.activities[before]


@pytest.mark.parametrize("wanted", ["Offline", "Unavailable", "Break"])
@pytest.mark.parametrize("rejects", [True, False])
def test_a_worker_with_an_open_offer_leaves_only_by_rejecting_it(
    still: Office, wanted: str, rejects: bool
) -> None:
    task = task_that_is(still, "reserved")
    before = all_of(still)
    if not rejects:
        with refused(400, 20001, "1 pending reservations"):
            still.go("alice", wanted)
        assert all_of(still) == before
        return
    still.go("alice", wanted, reject_pending_reservations=True)
    assert still.happened()[len(before["events"]) :] == [
        "worker.activity.update",
        "reservation.rejected",
    ]
    assert task.fetch().assignment_status == "pending"


@pytest.mark.parametrize("activity", ["Available", None])
def test_rejecting_offers_needs_an_activity_that_is_not_available(
    still: Office, activity: str | None
) -> None:
    task_that_is(still, "reserved")
    before = all_of(still)
    chosen = {} if activity is None else {"activity_sid": still.activities[activity]}
    with refused(400, 20001, "not available"):
        still.worker("alice").update(reject_pending_reservations=True, **chosen)
    assert all_of(still) == before


# -- a conversation's state

STATES = ("active", "inactive", "closed")


class Chat:
    """A private channel as a conversation, with its events."""

    def __init__(self, account: Account, service: Any) -> None:
        assert account.mock is not None
        self.account, self.service = account, service
        self.channel = service.channels.create(type="private")
        service.users.create(identity="ann")
        v1 = account.client.conversations.v1
        self.conversation = v1.conversations(self.channel.sid)
        self.events: list[tuple[str, tuple[str, ...]]] = []
        account.mock.follow(lambda event: self.events.append((event.name, tuple(event.reasons))))


@pytest.fixture
def talk(account: Account, service: Any) -> Chat:
    account.clock.freeze()
    return Chat(account, service)


@pytest.mark.parametrize(("before", "wanted"), [*product(STATES, (*STATES, None))])
def test_a_conversation_in_this_state_is_put_into_that(
    talk: Chat, before: str, wanted: str | None
) -> None:
    if before != "active":
        talk.conversation.update(state=before)
    found, talk.events[:] = everything(talk.account), []
    talk.account.clock.advance(5)
    changes = {"friendly_name": "Renamed"} if wanted is None else {"state": wanted}
    if before == "closed":
        with refused(400, 50377):
            talk.conversation.update(**changes)
        assert (everything(talk.account), talk.events) == (found, [])
        return
    changed = talk.conversation.update(**changes)
    assert changed.state == (wanted or before)
    assert talk.conversation.fetch().state == (wanted or before)
    assert [name for name, _ in talk.events] == ["channelUpdated"]


def test_nothing_is_written_to_a_closed_conversation(talk: Chat) -> None:
    member = talk.channel.members.create(identity="bob")
    message = talk.channel.messages.create(body="x")
    talk.conversation.update(state="closed")
    found, talk.events[:] = everything(talk.account), []
    for attempt in (
        lambda: talk.conversation.messages.create(body="y"),
        lambda: talk.conversation.messages(message.sid).update(body="y"),
        lambda: talk.conversation.participants.create(identity="ann"),
        lambda: talk.conversation.participants(member.sid).update(attributes="{}"),
        lambda: talk.conversation.update(attributes="{}"),
    ):
        with refused(400, 50377):
            attempt()
    assert (everything(talk.account), talk.events) == (found, [])


# -- a user's place in a channel

PLACES = ("nothing", "invited", "joined")
ACTS: dict[str, Callable[[Chat], Any]] = {
    "add": lambda talk: talk.channel.members.create(identity="ann"),
    "invite": lambda talk: talk.channel.invites.create(identity="ann"),
    "leave": lambda talk: talk.service.users("ann").user_channels(talk.channel.sid).delete(),
    "remove": lambda talk: talk.channel.members("ann").delete(),
    "withdraw": lambda talk: talk.channel.invites.list()[0].delete(),
}
PLACE_CELLS: dict[tuple[str, str], tuple[str, list[str]]] = {
    ("nothing", "add"): ("joined", ["memberJoined"]),
    ("nothing", "invite"): ("invited", ["channelInvited"]),
    ("invited", "add"): ("joined", ["memberJoined"]),
    ("invited", "leave"): ("nothing", ["inviteRemoved"]),
    ("invited", "withdraw"): ("nothing", ["inviteRemoved"]),
    ("joined", "leave"): ("nothing", ["memberLeft"]),
    ("joined", "remove"): ("nothing", ["memberLeft"]),
}
REFUSED: dict[tuple[str, str], int] = {
    ("nothing", "leave"): 20404,
    ("nothing", "remove"): 20404,
    ("invited", "invite"): 50212,
    ("invited", "remove"): 20404,
    ("joined", "add"): 50404,
    ("joined", "invite"): 50404,
}


def place_of_ann(talk: Chat) -> str:
    found = {
        "joined": [each.identity for each in talk.channel.members.list()],
        "invited": [each.identity for each in talk.channel.invites.list()],
    }
    places = [name for name, identities in found.items() if "ann" in identities]
    views = talk.service.users("ann").user_channels.list()
    assert [view.status for view in views] == places
    joined = talk.service.users("ann").fetch().joined_channels_count
    assert talk.channel.fetch().members_count == joined == len(found["joined"])
    return places[0] if places else "nothing"


@pytest.mark.parametrize(("before", "act"), [*PLACE_CELLS, *REFUSED])
def test_a_user_at_this_place_of_a_channel_gets_to_that(talk: Chat, before: str, act: str) -> None:
    for step in {"invited": ["invite"], "joined": ["add"]}.get(before, []):
        ACTS[step](talk)
    assert place_of_ann(talk) == before
    found, talk.events[:] = everything(talk.account), []
    if (before, act) in REFUSED:
        with pytest.raises(TwilioRestException) as caught:
            ACTS[act](talk)
        assert as_chat_error(caught.value).code == REFUSED[before, act]
        assert (everything(talk.account), talk.events) == (found, [])
        return
    after, events = PLACE_CELLS[before, act]
    ACTS[act](talk)
    assert place_of_ann(talk) == after
    assert [name for name, _ in talk.events] == events


def test_every_cell_of_a_users_places_is_here() -> None:
    impossible = {(place, "withdraw") for place in ("nothing", "joined")}
    assert {*PLACE_CELLS, *REFUSED} == set(product(PLACES, ACTS)) - impossible
