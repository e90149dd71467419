"""A task's life: waiting, offered, taken on, wrapped up, completed; or given up."""

from __future__ import annotations

from typing import Any

import pytest
from office import Office, status
from support import refused

from helpers.mock.taskrouter import reservations

MINUTE, DAY = 60, 86_400


def test_a_new_task_is_pending_in_the_queue_its_workflow_names(office: Office) -> None:
    made = office.workspace.tasks.create(attributes='{"name": "Jane"}')
    assert (made.assignment_status, made.age, made.priority) == ("pending", 0, 0)
    assert (made.workflow_friendly_name, made.task_queue_friendly_name) == (
        "Assign to Anyone",
        "Everyone",
    )
    assert (made.task_channel_unique_name, made.timeout, made.reason) == ("default", DAY, None)
    assert made.task_queue_entered_date == made.virtual_start_time == made.date_created
    assert (made.attributes, made.addons) == ('{"name":"Jane"}', "{}")
    assert (made.routing_target, made.ignore_capacity) == (None, False)


def test_a_task_is_pending_when_it_is_made_and_reserved_a_moment_later(office: Office) -> None:
    office.go("alice")
    made = office.workspace.tasks.create()
    assert made.assignment_status == "pending"
    task = office.workspace.tasks(made.sid)
    assert status(task) == "reserved"
    [reservation] = task.reservations.list()
    assert (reservation.reservation_status, reservation.worker_name) == ("pending", "alice")


def test_a_task_waits_for_somebody_to_become_available(office: Office) -> None:
    task = office.task()
    assert (status(task), office.offers(task)) == ("pending", [])
    office.go("bob")
    assert (status(task), office.offers(task)) == ("reserved", ["bob"])


def test_a_task_goes_through_its_whole_life(office: Office) -> None:
    office.go("alice")
    task = office.task()
    assert office.accept(task).reservation_status == "accepted"
    assert status(task) == "assigned"
    assert task.update(assignment_status="wrapping").assignment_status == "wrapping"
    assert office.offer(task).fetch().reservation_status == "wrapping"
    ended = task.update(assignment_status="completed", reason="Solved")
    assert (ended.assignment_status, ended.reason) == ("completed", "Solved")
    assert office.offer(task).fetch().reservation_status == "completed"


def test_what_happens_is_told_in_order(office: Office) -> None:
    office.go("alice")
    task = office.task()
    office.accept(task)
    task.update(assignment_status="wrapping")
    task.update(assignment_status="completed")
    assert office.happened(task_sid=task.fetch().sid) == [
        "task.created",
        "workflow.entered",
        "workflow.target-matched",
        "task-queue.entered",
        "reservation.created",
        "reservation.accepted",
        "reservation.wrapup",
        "task.wrapup",
        "reservation.completed",
        "task.completed",
    ]


def test_a_reservation_can_wrap_up_and_complete_its_task(office: Office) -> None:
    office.go("alice")
    task = office.task()
    office.accept(task)
    office.offer(task).update(reservation_status="wrapping")
    assert status(task) == "wrapping"
    office.offer(task).update(reservation_status="completed")
    assert status(task) == "completed"


def test_an_instruction_accepts_or_rejects_as_a_status_does(office: Office) -> None:
    for name in ("alice", "bob"):
        office.go(name)
    task = office.task()
    assert office.offer(task).update(instruction="reject").reservation_status == "rejected"
    assert office.offer(task).update(instruction="accept").reservation_status == "accepted"
    assert office.offers(task) == ["alice", "bob"]


# -- not taken on


def test_a_rejected_task_is_offered_to_somebody_else(office: Office) -> None:
    for name in ("alice", "bob"):
        office.go(name)
    task = office.task()
    rejected = office.reject(task)
    assert (rejected.reservation_status, rejected.worker_name) == ("rejected", "alice")
    assert (status(task), office.offers(task)) == ("reserved", ["alice", "bob"])


def test_a_task_everybody_rejected_starts_over_with_whoever_rejected_it_least(
    office: Office,
) -> None:
    for name in ("alice", "bob"):
        office.go(name)
    task = office.task()
    for _ in range(4):
        office.reject(task)
    assert office.offers(task) == ["alice", "bob", "alice", "bob", "alice"]


def test_a_worker_may_become_unavailable_as_it_rejects(office: Office) -> None:
    office.go("alice")
    task = office.task()
    office.reject(task, worker_activity_sid=office.activities["Break"])
    assert (office.doing("alice"), status(task), office.offers(task)) == (
        "Break",
        "pending",
        ["alice"],
    )


def test_a_reservation_nobody_answers_times_out_and_its_worker_goes_offline(
    office: Office,
) -> None:
    office.go("alice")
    task = office.task()
    office.account.clock.advance(119)
    assert (status(task), office.doing("alice")) == ("reserved", "Available")
    office.account.clock.advance(1)
    assert office.offer(task).fetch().reservation_status == "timeout"
    assert (status(task), office.doing("alice")) == ("pending", "Offline")


def test_a_reservation_times_out_as_its_workflow_says_and_its_worker_as_the_workspace(
    office: Office,
) -> None:
    office.workspace.update(timeout_activity_sid=office.activities["Break"])
    workflow = office.workspace.workflows.list()[0]
    office.workspace.workflows(workflow.sid).update(task_reservation_timeout=10)
    for name in ("alice", "bob"):
        office.go(name)
    task = office.task()
    office.account.clock.advance(10)
    assert (office.doing("alice"), office.offers(task)) == ("Break", ["alice", "bob"])
    office.account.clock.advance(10)
    assert (office.doing("bob"), status(task)) == ("Break", "pending")
    assert "reservation.timeout" in office.happened(task_sid=task.fetch().sid)


def test_a_pending_or_reserved_task_can_be_cancelled(office: Office) -> None:
    waiting = office.task()
    assert waiting.update(assignment_status="canceled", reason="Gone").reason == "Gone"
    office.go("alice")
    reserved = office.task()
    assert reserved.update(assignment_status="canceled").assignment_status == "canceled"
    assert office.offer(reserved).fetch().reservation_status == "canceled"
    assert office.happened(task_sid=reserved.fetch().sid)[-2:] == [
        "reservation.canceled",
        "task.canceled",
    ]


def test_a_cancelled_task_frees_its_worker_for_the_next(office: Office) -> None:
    office.go("alice")
    first, second = office.task(), office.task()
    assert (office.offers(first), office.offers(second)) == (["alice"], [])
    first.update(assignment_status="canceled")
    assert office.offers(second) == ["alice"]


def test_a_task_nobody_takes_on_in_time_is_cancelled(office: Office) -> None:
    task = office.task(timeout=10 * MINUTE)
    office.account.clock.advance(10 * MINUTE)
    found = task.fetch()
    assert (found.assignment_status, found.reason) == ("canceled", "Task TTL Exceeded")
    [told] = office.workspace.events.list(task_sid=found.sid, event_type="task.canceled")
    assert told.description == told.event_data["task_canceled_reason"] == "Task TTL Exceeded"


def test_the_time_of_a_reserved_task_runs_out_too(office: Office) -> None:
    office.go("alice")
    task = office.task(timeout=MINUTE)
    office.account.clock.advance(MINUTE)
    assert status(task) == "canceled"
    assert office.offer(task).fetch().reservation_status == "canceled"


def test_an_assigned_task_is_not_cancelled_by_time(office: Office) -> None:
    office.go("alice")
    task = office.task(timeout=MINUTE)
    office.accept(task)
    office.account.clock.advance(MINUTE)
    assert status(task) == "assigned"


def test_a_task_offered_too_often_is_cancelled(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reservations.MAX_ASSIGNMENTS == 1000
    monkeypatch.setattr(reservations, "MAX_ASSIGNMENTS", 3)
    office.go("alice")
    task = office.task()
    for _ in range(3):
        office.reject(task)
    found = task.fetch()
    assert found.assignment_status == "canceled"
    assert found.reason == "Task TTL Exceeded or Max assignment count exceeded"


# -- offered to several at once


def test_the_first_to_accept_gets_a_task_offered_to_several(office: Office) -> None:
    queue = office.queue("All at once", max_reserved_workers=2)
    workflow = office.workflow(default=queue)
    for name in ("alice", "bob"):
        office.go(name)
    task = office.task(workflow_sid=workflow)
    assert office.offers(task) == ["alice", "bob"]
    assert office.accept(task).worker_name == "bob"
    assert office.offers(task, "rescinded") == ["alice"]
    assert "reservation.rescinded" in office.happened(task_sid=task.fetch().sid)


def test_a_task_offered_to_several_waits_again_when_all_have_rejected_it(office: Office) -> None:
    queue = office.queue("All at once", max_reserved_workers=2)
    workflow = office.workflow(default=queue)
    for name in ("alice", "bob"):
        office.go(name)
    task = office.task(workflow_sid=workflow)
    away = office.activities["Break"]
    first, second = [task.reservations(one.sid) for one in task.reservations.list()]
    first.update(reservation_status="rejected", worker_activity_sid=away)
    assert status(task) == "reserved"
    second.update(reservation_status="rejected", worker_activity_sid=away)
    assert status(task) == "pending"


# -- gone


@pytest.mark.parametrize("end", ["completed", "canceled"])
def test_a_task_that_ended_is_deleted_five_minutes_later(office: Office, end: str) -> None:
    office.go("alice")
    task = office.task()
    if end == "completed":
        office.accept(task)
    task.update(assignment_status=end)
    office.account.clock.advance(4.9 * MINUTE)
    assert status(task) == end
    told = office.happened()
    office.account.clock.advance(0.1 * MINUTE)
    with refused(404, 20404):
        task.fetch()
    assert office.worker("alice").reservations.list() == []
    assert office.happened() == told


def test_a_task_assigned_for_a_day_is_deleted_and_its_worker_free(office: Office) -> None:
    office.go("alice")
    task = office.task()
    office.accept(task)
    sid = task.fetch().sid
    office.account.clock.advance(DAY)
    with refused(404, 20404):
        task.fetch()
    assert office.happened(task_sid=sid)[-1] == "task.system-deleted"
    assert office.capacity("alice") == (0, 100)


def test_a_task_can_be_deleted_whatever_its_state(office: Office) -> None:
    office.go("alice")
    task, waiting = office.task(), office.task()
    sid = task.fetch().sid
    office.accept(task)
    assert task.delete()
    assert office.happened(task_sid=sid)[-2:] == ["reservation.completed", "task.deleted"]
    assert office.offers(waiting) == ["alice"]
    sid = waiting.fetch().sid
    assert waiting.delete()
    assert office.happened(task_sid=sid)[-2:] == ["reservation.canceled", "task.deleted"]


# -- what the state does not allow


def test_a_task_that_was_taken_on_cannot_be_cancelled(office: Office) -> None:
    office.go("alice")
    task = office.task()
    office.accept(task)
    with refused(400, 20001, "because it is not pending or reserved"):
        task.update(assignment_status="canceled")


def test_a_task_nobody_has_taken_on_cannot_be_wrapped_up_or_completed(office: Office) -> None:
    task = office.task()
    for end in ("wrapping", "completed"):
        with refused(400, 20001, "because it's not currently assigned"):
            task.update(assignment_status=end)
    assert status(task) == "pending"


@pytest.mark.parametrize("wanted", ["pending", "reserved", "assigned"])
def test_a_task_cannot_be_sent_back(office: Office, wanted: str) -> None:
    task = office.task()
    with refused(400, 20001, "wrapping, completed or canceled"):
        task.update(assignment_status=wanted)


def test_a_task_that_ended_stays_as_it_is(office: Office) -> None:
    office.go("alice")
    task = office.task()
    office.work(task)
    for end in ("wrapping", "completed", "canceled"):
        with refused(400, 20001, "Cannot"):
            task.update(assignment_status=end)
    assert task.update(attributes='{"rating": 5}').attributes == '{"rating":5}'


@pytest.mark.parametrize("answer", ["accepted", "rejected"])
def test_a_reservation_is_answered_once(office: Office, answer: str) -> None:
    office.go("alice")
    task = office.task()
    offer = office.offer(task)
    office.accept(task)
    with refused(400, 20001, "not currently in a Pending state"):
        offer.update(reservation_status=answer)
    assert offer.fetch().reservation_status == "accepted"


@pytest.mark.parametrize("wanted", ["timeout", "canceled", "rescinded", "pending"])
def test_a_reservation_ends_otherwise_by_itself_only(office: Office, wanted: str) -> None:
    office.go("alice")
    task = office.task()
    with refused(400, 20001, "by itself"):
        office.offer(task).update(reservation_status=wanted)


def test_a_pending_reservation_cannot_be_completed(office: Office) -> None:
    office.go("alice")
    task = office.task()
    with refused(400, 20001, "cannot become completed"):
        office.offer(task).update(reservation_status="completed")


@pytest.mark.parametrize("instruction", ["call", "dequeue", "redirect", "conference", "supervise"])
def test_placing_a_call_is_not_simulated(office: Office, instruction: str) -> None:
    office.go("alice")
    task = office.task()
    with refused(501, 501, "places a call"):
        office.offer(task).update(instruction=instruction)


def test_an_instruction_nobody_knows_is_refused(office: Office) -> None:
    office.go("alice")
    task = office.task()
    with refused(400, 55555):
        office.offer(task).update(instruction="dance")


# -- changed


def test_attributes_are_replaced_and_told_of(office: Office) -> None:
    task = office.task(attributes={"name": "Jane"})
    changed = task.update(attributes='{"topic": "billing"}', priority=7)
    assert (changed.attributes, changed.priority) == ('{"topic":"billing"}', 7)
    [told] = office.workspace.events.list(task_sid=changed.sid, event_type="task.updated")
    assert told.event_data["task_attributes"] == '{"topic":"billing"}'


def test_a_task_can_be_moved_to_another_channel_with_its_reservation(office: Office) -> None:
    office.go("alice")
    task = office.task()
    office.accept(task)
    assert (office.capacity("alice"), office.capacity("alice", "chat")) == ((1, 0), (0, 100))
    assert task.update(task_channel="chat").task_channel_unique_name == "chat"
    assert (office.capacity("alice"), office.capacity("alice", "chat")) == ((0, 100), (1, 66))


@pytest.mark.parametrize(
    "values",
    [
        {"attributes": "no JSON"},
        {"attributes": "[]"},
        {"priority": -1},
        {"priority": 2**31},
        {"timeout": 0},
        {"timeout": 1_209_601},
        {"task_channel": "carrier-pigeon"},
        {"workflow_sid": "WW" + "0" * 32},
        {"task_queue_sid": "WQ" + "0" * 32},
        {"routing_target": "WK" + "0" * 32},
        {"routing_target": "Alice"},
        {"ignore_capacity": "true"},
        {"virtual_start_time": "2099-01-01T00:00:00Z"},
        {"virtual_start_time": "1899-12-31T00:00:00Z"},
    ],
)
def test_a_task_that_is_not_acceptable_is_not_made(office: Office, values: dict[str, Any]) -> None:
    with refused(400, 20001):
        office.workspace.tasks.create(**values)
    assert office.workspace.tasks.list() == []
    assert office.happened() == []
