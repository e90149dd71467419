"""Whatever happens in a workspace, its tasks, reservations and workers agree with each other."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from office import Office
from support import examples
from twilio.base.exceptions import TwilioRestException

from helpers import connect

PEOPLE = ("alice", "bob", "Carol")
HOLDING = {"reserved": "pending", "assigned": "accepted", "wrapping": "wrapping"}
"""What the open reservation of a task in this state is."""
numbers = st.integers(0, 5)


def act(office: Office, action: tuple[Any, ...]) -> None:
    """Do one thing; what the state does not allow is refused, which is as well."""
    name, *arguments = action
    try:
        ACTIONS[name](office, *arguments)
    except TwilioRestException as refusal:
        if refusal.code not in (20001, 20404, 20409):
            raise


def nth(found: list[Any], number: int) -> Any:
    if not found:
        raise TwilioRestException(404, "nowhere", "there is none", 20404)
    return found[number % len(found)]


def answer(office: Office, number: int, status: str) -> None:
    pending = [
        one
        for person in PEOPLE
        for one in office.worker(person).reservations.list(reservation_status="pending")
    ]
    office.workspace.tasks(nth(pending, number).task_sid).reservations(
        nth(pending, number).sid
    ).update(reservation_status=status)


def end(office: Office, number: int, status: str) -> None:
    nth(office.workspace.tasks.list(), number).update(assignment_status=status)


ACTIONS: dict[str, Any] = {
    "task": lambda office, channel, priority: office.task(task_channel=channel, priority=priority),
    "go": lambda office, person, activity, reject: office.go(
        person, activity, **({"reject_pending_reservations": True} if reject else {})
    ),
    "capacity": lambda office, person, size: office.set_capacity(person, size, "chat"),
    "accept": lambda office, number: answer(office, number, "accepted"),
    "reject": lambda office, number: answer(office, number, "rejected"),
    "end": end,
    "delete": lambda office, number: nth(office.workspace.tasks.list(), number).delete(),
    "wait": lambda office, seconds: office.account.clock.advance(seconds),
}
STEPS = st.one_of(
    st.tuples(st.just("task"), st.sampled_from(["chat", "default"]), numbers),
    st.tuples(
        st.just("go"),
        st.sampled_from(PEOPLE),
        st.sampled_from(["Available", "Available", "Break"]),
        st.booleans(),
    ),
    st.tuples(st.just("capacity"), st.sampled_from(PEOPLE), st.integers(0, 3)),
    st.tuples(st.sampled_from(["accept", "accept", "reject", "delete"]), numbers),
    st.tuples(
        st.just("end"), numbers, st.sampled_from(["wrapping", "completed", "completed", "canceled"])
    ),
    st.tuples(st.just("wait"), st.sampled_from([1, 60, 130, 400, 90_000])),
)


def check(office: Office) -> None:
    tasks = {task.sid: task for task in office.workspace.tasks.list()}
    held: dict[str, list[Any]] = {sid: [] for sid in tasks}
    for person in PEOPLE:
        for one in office.worker(person).reservations.list():
            assert one.task_sid in tasks, "a reservation goes with its task"
            held[one.task_sid].append(one)
    for sid, task in tasks.items():
        is_open = [
            one.reservation_status
            for one in held[sid]
            if one.reservation_status in HOLDING.values()
        ]
        expected = HOLDING.get(task.assignment_status)
        assert is_open == ([expected] if expected else [])
    check_capacity(office, list(tasks.values()), held)


def check_capacity(office: Office, tasks: list[Any], held: dict[str, list[Any]]) -> None:
    waiting = {
        task.task_channel_unique_name for task in tasks if task.assignment_status == "pending"
    }
    channel_of = {task.sid: task.task_channel_unique_name for task in tasks}
    for person in PEOPLE:
        worker = office.worker(person).fetch()
        for own in worker.worker_channels.list():
            mine = [
                one.reservation_status
                for sid, reservations in held.items()
                for one in reservations
                if one.worker_sid == worker.sid
                and channel_of[sid] == own.task_channel_unique_name
                and one.reservation_status in HOLDING.values()
            ]
            left = max(0, own.configured_capacity - len(mine))
            assert own.assigned_tasks == mine.count("accepted")
            assert own.available_capacity_percentage == (
                left * 100 // own.configured_capacity if own.configured_capacity else 0
            )
            could_take_more = worker.available and left > 0
            assert not (could_take_more and own.task_channel_unique_name in waiting)


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(STEPS, min_size=5, max_size=25))
def test_states_reservations_and_capacities_agree_after_every_step(steps: list[Any]) -> None:
    office = Office(connect())
    office.hire("Carol", "Break")
    for step in steps:
        act(office, step)
        check(office)
    office.account.clock.advance(10_000_000)
    assert office.workspace.tasks.list() == []
    for person in PEOPLE:
        assert office.worker(person).reservations.list() == []
