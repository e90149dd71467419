"""What happens by itself: timers that follow the mock's clock, and survive being put back."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from office import Office, status
from support import most_examples
from twilio.base.exceptions import TwilioRestException

from helpers import connect
from helpers.mock.taskrouter.resources import Reservation, Task

PATIENCE = 30


def within_patience(condition: Any) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


def test_a_reservation_times_out_in_real_time_too(office: Office) -> None:
    workflow = office.workspace.workflows.list()[0].sid
    office.workspace.workflows(workflow).update(task_reservation_timeout=1)
    office.go("alice")
    office.account.clock.freeze()
    task = office.task()
    assert status(task) == "reserved"
    office.account.clock.unfreeze()
    assert within_patience(lambda: status(task) == "pending")
    assert office.doing("alice") == "Offline"


def test_nothing_times_out_while_the_clock_is_frozen(office: Office) -> None:
    office.account.clock.freeze(datetime(2026, 1, 5, 9, tzinfo=UTC))
    office.go("alice")
    task = office.task(timeout=300)
    office.account.clock.advance(100)
    assert status(task) == "reserved"
    office.account.clock.advance(100)
    assert status(task) == "pending"
    office.account.clock.advance(100)
    assert status(task) == "canceled"


def test_what_was_due_is_due_again_when_a_snapshot_is_put_back(office: Office) -> None:
    mock = office.account.mock
    assert mock is not None
    office.go("alice")
    task = office.task()
    with mock.snapshot():
        office.work(task)
        office.account.clock.advance(60)
        assert status(task) == "completed"
    assert status(task) == "reserved"
    office.account.clock.advance(60)
    assert (status(task), office.doing("alice")) == ("pending", "Offline")


def test_a_reset_forgets_what_was_due(office: Office) -> None:
    mock = office.account.mock
    assert mock is not None
    office.go("alice")
    office.task()
    mock.reset()
    office.account.clock.advance(1_000_000)
    assert office.happened() == []
    task = office.task(timeout=60)
    office.account.clock.advance(60)
    assert status(task) == "canceled"


@pytest.mark.long
def test_many_tasks_through_the_whole_cycle_leave_nothing_behind(office: Office) -> None:
    for name in ("alice", "bob"):
        office.go(name)
        office.set_capacity(name, 3, "chat")
    for number in range(most_examples(1000)):
        task = office.task(task_channel="chat", attributes={"number": number})
        if number % 10 == 0:
            office.reject(task)
        if number % 7 == 0:
            office.account.clock.advance(120)
            for name in ("alice", "bob"):
                office.go(name)
        office.accept(task)
        if number % 2:
            task.update(assignment_status="wrapping")
        task.update(assignment_status="completed")
    assert office.workspace.tasks.list(assignment_status=["pending,reserved,assigned"]) == []
    for name in ("alice", "bob"):
        assert office.capacity(name, "chat") == (0, 100)
        assert office.worker(name).reservations.list(reservation_status="pending") == []
    office.account.clock.advance(300)
    assert office.workspace.tasks.list() == []
    assert kept(office, Task) == kept(office, Reservation) == 0


def kept(office: Office, kind: Any) -> int:
    mock = office.account.mock
    assert mock is not None
    return mock._backend.store.count(kind)


def test_tasks_from_many_threads_each_find_a_worker(office: Office) -> None:
    for number in range(20):
        office.hire(f"worker {number}")
    with ThreadPoolExecutor(8) as threads:
        tasks = list(threads.map(lambda _: office.task(), range(20)))
    assert within_patience(lambda: {status(task) for task in tasks} == {"reserved"})
    offered = [name for task in tasks for name in office.offers(task)]
    assert sorted(offered) == sorted(set(offered))


def test_a_reservation_accepted_by_many_at_once_is_accepted_once(office: Office) -> None:
    office.go("alice")
    task = office.task()

    def accept(_: int) -> bool:
        try:
            office.accept(task)
        except TwilioRestException:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(accept, range(8)))
    assert answers.count(True) == 1
    assert office.happened(task_sid=task.fetch().sid).count("reservation.accepted") == 1


def test_an_account_nobody_has_any_more_leaves_no_thread_waiting() -> None:
    others = set(threading.enumerate())
    office = Office(connect())
    office.task()
    waiting = [thread for thread in threading.enumerate() if thread not in others]
    assert "mock-clock" in [thread.name for thread in waiting]
    del office
    assert within_patience(
        lambda: gc.collect() >= 0 and not any(each.is_alive() for each in waiting)
    )


def test_the_same_calls_give_the_same_sids() -> None:
    def run() -> list[str]:
        office = Office(connect(seed=7))
        office.go("alice")
        task = office.task()
        office.work(task)
        return [task.fetch().sid, office.offer(task).fetch().sid] + [
            event.sid for event in office.workspace.events.list()
        ]

    assert run() == run()


# -- the time of day

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
OPEN = "taskrouter.currentTime > 0800 AND taskrouter.currentTime < 1830"


@pytest.mark.parametrize(
    ("expression", "at", "matches"),
    [
        (OPEN, (0, 8, 0), False),
        (OPEN, (0, 8, 1), True),
        (OPEN, (0, 18, 29), True),
        (OPEN, (0, 18, 30), False),
        (OPEN, (0, 0, 30), False),
        ("taskrouter.currentTime == 5", (0, 0, 5), True),
        ("taskrouter.currentHour > 8 AND taskrouter.currentHour < 18", (0, 9, 0), True),
        ("taskrouter.currentHour > 8 AND taskrouter.currentHour < 18", (0, 8, 59), False),
        ("taskrouter.currentHour == '09'", (0, 9, 59), True),
        ("taskrouter.currentMin > 10 AND taskrouter.currentMin < 50", (0, 23, 11), True),
        ("taskrouter.currentMin IN ['05']", (0, 23, 5), True),
        ("taskrouter.dayOfWeek IN ['Mon', 'Tue']", (1, 23, 59), True),
        ("taskrouter.dayOfWeek IN ['Mon', 'Tue']", (2, 0, 0), False),
        ("taskrouter.dayOfWeek = 'Sun'", (6, 12, 0), True),
        ("taskrouter.currentYear == null", (0, 12, 0), True),
    ],
)
def test_a_workflow_goes_by_the_time_of_day(
    office: Office, expression: str, at: tuple[int, int, int], matches: bool
) -> None:
    days, hours, minutes = at
    office.account.clock.freeze(MONDAY + timedelta(days=days, hours=hours, minutes=minutes))
    day, night = office.queue("Day"), office.queue("Night")
    workflow = office.workflow((expression, [{"queue": day}]), default=night)
    office.task(workflow_sid=workflow, attributes={"taskrouter": {"currentTime": 1200}})
    [task] = office.workspace.tasks.list()
    assert task.task_queue_friendly_name == ("Day" if matches else "Night")
    office.go("alice")
    steps = [{"queue": night, "expression": expression}]
    target = office.task(workflow_sid=office.workflow(("1==1", steps)), task_channel="chat")
    assert office.offers(target) == (["alice"] if matches else [])


def test_a_waiting_task_is_looked_at_again_when_it_moves_or_somebody_is_free(
    office: Office,
) -> None:
    office.account.clock.freeze(MONDAY + timedelta(hours=7, minutes=50))
    queue = office.queue("Day")
    by_day = [{"queue": queue, "expression": OPEN}]
    first = [{"queue": office.queue("Early", "1==2"), "timeout": 900}]
    waiting = office.task(workflow_sid=office.workflow(("1==1", by_day)))
    moving = office.task(
        workflow_sid=office.workflow(("1==1", first), (OPEN, [{"queue": queue}])),
    )
    office.go("alice")
    assert office.offers(waiting) == []
    office.account.clock.advance(660)
    assert office.offers(waiting) == []
    office.account.clock.advance(240)
    assert moving.fetch().task_queue_friendly_name == "Day"
    assert office.offers(waiting) == ["alice"]
