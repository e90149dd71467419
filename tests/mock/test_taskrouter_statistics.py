"""Statistics: a morning of two agents, counted as a supervisor sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from office import Office
from support import refused

MONDAY = datetime(2030, 1, 7, 9, tzinfo=UTC)


class Morning:
    """Two queues and a workflow; the clock stands at nine, and goes as it is told."""

    def __init__(self, office: Office) -> None:
        office.account.clock.freeze(MONDAY)
        self.office, self.workspace = office, office.workspace
        self.anyone = office.queue("Anyone")
        self.experts = office.queue("Experts", "level > 3")
        early = {"queue": self.experts, "timeout": 60}
        self.workflow = office.workflow(
            ("topic == 'hard'", [early, {"queue": self.anyone, "timeout": 600}]),
            default=self.anyone,
        )

    def wait(self, seconds: int) -> None:
        self.office.account.clock.advance(seconds)

    def task(self, topic: str = "easy", **more: Any) -> Any:
        return self.office.task(workflow_sid=self.workflow, attributes={"topic": topic}, **more)

    def of_queue(self, sid: str) -> Any:
        return self.workspace.task_queues(sid)

    def of_workflow(self) -> Any:
        return self.workspace.workflows(self.workflow)


@pytest.fixture
def morning(office: Office) -> Morning:
    return Morning(office)


def counts(shown: Any, *names: str) -> dict[str, Any]:
    """The numbers of these names that are not 0."""
    numbers = shown if isinstance(shown, dict) else vars(shown)
    return {name: numbers[name] for name in names if numbers[name]}


RESERVATIONS = tuple(
    f"reservations_{how}"
    for how in ("created", "accepted", "rejected", "timed_out", "canceled", "rescinded")
)


# -- real time


def test_a_queue_counts_its_tasks_and_its_workers(morning: Morning) -> None:
    office = morning.office
    office.hire("carol", "Available", level=5)
    office.hire("dora", "Break", level=4)
    first = morning.task("hard", priority=9)
    morning.wait(10)
    morning.task("hard", task_channel="chat")
    office.accept(first)
    morning.wait(20)
    third = morning.task("hard", priority=9)
    shown = morning.of_queue(morning.experts).real_time_statistics().fetch()
    assert shown.tasks_by_status == {"pending": 1, "reserved": 1, "assigned": 1, "wrapping": 0}
    assert shown.tasks_by_priority == {"0": 1, "9": 2}
    assert (shown.total_tasks, shown.total_eligible_workers) == (3, 2)
    assert shown.total_available_workers == 1
    assert shown.longest_task_waiting_age == shown.longest_relative_task_age_in_queue == 20
    assert {each["friendly_name"]: each["workers"] for each in shown.activity_statistics} == {
        "Offline": 0,
        "Available": 1,
        "Unavailable": 0,
        "Break": 1,
    }
    of_default = morning.of_queue(morning.experts).real_time_statistics()
    chosen = of_default.fetch(task_channel="default")
    assert (chosen.total_tasks, chosen.longest_task_waiting_sid) == (2, third.fetch().sid)


def test_the_wait_in_a_queue_starts_when_the_task_gets_there(morning: Morning) -> None:
    task = morning.task("hard").fetch()
    morning.wait(90)
    shown = morning.of_queue(morning.anyone).real_time_statistics().fetch()
    assert (shown.longest_task_waiting_age, shown.longest_task_waiting_sid) == (90, task.sid)
    assert shown.longest_relative_task_age_in_queue == 30
    assert shown.longest_relative_task_sid_in_queue == task.sid
    left = morning.of_queue(morning.experts).real_time_statistics().fetch()
    assert (left.total_tasks, left.longest_task_waiting_sid) == (0, None)


def test_tasks_that_ended_are_not_current(morning: Morning) -> None:
    morning.office.go("alice")
    morning.office.work(morning.task())
    morning.task().update(assignment_status="canceled")
    for shown in (
        morning.workspace.real_time_statistics().fetch(),
        morning.of_workflow().real_time_statistics().fetch(),
    ):
        assert (shown.total_tasks, shown.tasks_by_priority) == (0, {})


def test_a_workspace_counts_all_tasks_and_all_workers(morning: Morning) -> None:
    morning.office.go("alice")
    for _ in range(2):
        morning.task()
    shown = morning.workspace.real_time_statistics().fetch()
    assert (shown.total_tasks, shown.total_workers) == (2, 2)
    assert shown.tasks_by_status == {"pending": 1, "reserved": 1, "assigned": 0, "wrapping": 0}
    other = morning.office.workspaces.create("Empty").real_time_statistics().fetch()
    assert (other.total_tasks, other.total_workers) == (0, 0)


def test_workers_are_chosen_by_name_queue_and_channel(morning: Morning) -> None:
    morning.office.hire("carol", level=5)
    morning.office.worker("bob").worker_channels("sms").update(available=False)
    statistics = morning.workspace.workers.statistics()
    for chosen, found in (
        ({}, 3),
        ({"friendly_name": "bob"}, 1),
        ({"friendly_name": "nobody"}, 0),
        ({"task_queue_name": "Experts"}, 1),
        ({"task_queue_sid": morning.experts, "friendly_name": "bob"}, 0),
        ({"task_channel": "sms"}, 2),
    ):
        assert statistics.fetch(**chosen).realtime["total_workers"] == found


# -- cumulative


def test_what_happened_to_tasks_is_counted_with_its_waits(morning: Morning) -> None:
    office = morning.office
    office.go("alice")
    rejected = morning.task()
    office.reject(rejected)
    morning.wait(4)
    office.accept(rejected)
    office.go("bob")
    office.workspace.workflows(morning.workflow).update(task_reservation_timeout=20)
    late = morning.task()
    morning.wait(30)
    office.go("bob")
    office.accept(late)
    rejected.update(assignment_status="completed")
    given_up = morning.task(task_channel="chat")
    morning.wait(5)
    given_up.update(assignment_status="canceled")
    late.delete()
    for shown in (
        morning.of_queue(morning.anyone).cumulative_statistics().fetch(split_by_wait_time="4,29"),
        morning.of_workflow().cumulative_statistics().fetch(split_by_wait_time="4, 29"),
        morning.workspace.cumulative_statistics().fetch(split_by_wait_time="4,29"),
    ):
        assert counts(shown, *RESERVATIONS) == {
            "reservations_created": 5,
            "reservations_accepted": 2,
            "reservations_rejected": 1,
            "reservations_timed_out": 1,
            "reservations_canceled": 1,
        }
        assert (shown.tasks_completed, shown.tasks_canceled, shown.tasks_deleted) == (1, 1, 1)
        assert shown.wait_duration_until_accepted == {"avg": 17, "min": 4, "max": 30, "total": 34}
        assert shown.avg_task_acceptance_time == 17
        assert shown.wait_duration_until_canceled == {"avg": 5, "min": 5, "max": 5, "total": 5}
        assert shown.split_by_wait_time == {
            "4": {
                "above": {"tasks_canceled": 1, "reservations_accepted": 1},
                "below": {"tasks_canceled": 0, "reservations_accepted": 1},
            },
            "29": {
                "above": {"tasks_canceled": 0, "reservations_accepted": 1},
                "below": {"tasks_canceled": 1, "reservations_accepted": 1},
            },
        }


def test_a_task_that_moves_counts_in_both_queues(morning: Morning) -> None:
    morning.task("hard")
    morning.wait(90)
    morning.office.go("alice")
    [task] = morning.workspace.tasks.list()
    morning.office.accept(morning.workspace.tasks(task.sid))
    early = morning.of_queue(morning.experts).cumulative_statistics().fetch()
    late = morning.of_queue(morning.anyone).cumulative_statistics().fetch()
    assert counts(early, "tasks_entered", "tasks_moved", "reservations_created") == {
        "tasks_entered": 1,
        "tasks_moved": 1,
    }
    assert (late.tasks_entered, late.tasks_moved, late.reservations_accepted) == (1, 0, 1)
    assert late.wait_duration_until_accepted["max"] == 90
    assert late.wait_duration_in_queue_until_accepted == {
        "avg": 30,
        "min": 30,
        "max": 30,
        "total": 30,
    }


def test_tasks_that_leave_their_workflow_are_counted(morning: Morning) -> None:
    morning.task("hard")
    morning.wait(661)
    of_workflow = morning.of_workflow().cumulative_statistics().fetch()
    assert (of_workflow.tasks_entered, of_workflow.tasks_timed_out_in_workflow) == (1, 1)
    of_all = morning.workspace.cumulative_statistics().fetch()
    assert (of_all.tasks_created, of_all.tasks_timed_out_in_workflow) == (1, 1)
    assert (of_all.tasks_canceled, of_all.tasks_moved) == (1, 1)


def test_an_offer_to_several_is_rescinded_for_the_others(morning: Morning) -> None:
    queue = morning.office.queue("Both", max_reserved_workers=2)
    for name in ("alice", "bob"):
        morning.office.go(name)
    task = morning.office.task(task_queue_sid=queue)
    task.reservations(task.reservations.list()[0].sid).update(reservation_status="accepted")
    shown = morning.of_queue(queue).statistics().fetch().cumulative
    assert counts(shown, *RESERVATIONS) == {
        "reservations_created": 2,
        "reservations_accepted": 1,
        "reservations_rescinded": 1,
    }


@pytest.mark.parametrize(
    ("chosen", "start", "end", "created"),
    [
        ({}, 85, 100, 1),
        ({"minutes": 100}, 0, 100, 3),
        ({"minutes": 0}, 100, 100, 0),
        ({"end_date": MONDAY + timedelta(minutes=95)}, 80, 95, 1),
        ({"end_date": MONDAY + timedelta(minutes=90)}, 75, 90, 1),
        ({"start_date": MONDAY + timedelta(minutes=60)}, 60, 100, 2),
        ({"start_date": MONDAY + timedelta(minutes=61), "minutes": 2}, 61, 100, 1),
        ({"start_date": MONDAY, "end_date": MONDAY + timedelta(minutes=70)}, 0, 70, 2),
        ({"minutes": 100, "task_channel": "chat"}, 0, 100, 1),
    ],
)
def test_an_interval_is_named_by_its_length_or_its_ends(
    morning: Morning, chosen: dict[str, Any], start: int, end: int, created: int
) -> None:
    morning.task()
    morning.wait(3600)
    morning.task(task_channel="chat")
    morning.wait(1800)
    morning.task()
    morning.wait(600)
    shown = morning.workspace.cumulative_statistics().fetch(**chosen)
    assert shown.start_time == MONDAY + timedelta(minutes=start)
    assert shown.end_time == MONDAY + timedelta(minutes=end)
    assert shown.tasks_created == created


def test_time_is_counted_by_activity_stay_by_stay(morning: Morning) -> None:
    office = morning.office
    morning.wait(3600)
    office.go("alice")
    morning.wait(100)
    office.go("alice", "Break")
    morning.wait(30)
    office.go("alice")
    morning.wait(50)
    of_alice = office.worker("alice").statistics().fetch(minutes=5).cumulative
    of_all = morning.workspace.workers.cumulative_statistics().fetch(minutes=5)
    found = {each.pop("friendly_name"): each for each in of_alice["activity_durations"]}
    for each in found.values():
        assert each.pop("sid").startswith("WA")
    assert found == {
        "Offline": {"avg": 120, "min": 120, "max": 120, "total": 120},
        "Available": {"avg": 75, "min": 50, "max": 100, "total": 150},
        "Unavailable": {"avg": 0, "min": 0, "max": 0, "total": 0},
        "Break": {"avg": 30, "min": 30, "max": 30, "total": 30},
    }
    offline = next(each for each in of_all.activity_durations if each["friendly_name"] == "Offline")
    assert {name: offline[name] for name in ("min", "max", "total")} == {
        "min": 120,
        "max": 300,
        "total": 420,
    }


def test_reservations_are_counted_by_worker(morning: Morning) -> None:
    office = morning.office
    for name in ("alice", "bob"):
        office.go(name)
    first, second = morning.task(), morning.task()
    office.accept(first)
    office.reject(second)
    of_alice = office.worker("alice").statistics().fetch().cumulative
    of_bob = morning.workspace.workers.statistics().fetch(friendly_name="bob").cumulative
    assert counts(of_alice, *RESERVATIONS) == {
        "reservations_created": 1,
        "reservations_accepted": 1,
    }
    assert (of_bob["reservations_created"], of_bob["reservations_rejected"]) == (2, 1)
    first.update(assignment_status="completed")
    office.worker("alice").delete()
    everybody = morning.workspace.workers.cumulative_statistics().fetch()
    assert (everybody.reservations_created, everybody.reservations_accepted) == (3, 1)


# -- many queues at once


def test_the_statistics_of_queues_are_listed_as_each_is_fetched(morning: Morning) -> None:
    morning.office.go("alice")
    morning.office.accept(morning.task())
    morning.task("hard")
    listed = morning.workspace.task_queues.statistics.list(split_by_wait_time="5", page_size=2)
    queues = morning.workspace.task_queues.list()
    assert [each.task_queue_sid for each in listed] == [each.sid for each in queues]
    for each in listed:
        alone = morning.of_queue(each.task_queue_sid).statistics().fetch(split_by_wait_time="5")
        assert (each.realtime, each.cumulative) == (alone.realtime, alone.cumulative)
    [chosen] = morning.workspace.task_queues.statistics.list(friendly_name="Experts")
    assert chosen.task_queue_sid == morning.experts


def test_up_to_fifty_queues_are_read_at_once(morning: Morning) -> None:
    morning.task()
    read = morning.workspace.task_queues.bulk_real_time_statistics.create
    foreign = "WQ" + "0" * 32

    def sent(*sids: Any) -> Any:
        return SimpleNamespace(to_dict=lambda: {"queueSids": list(sids)})

    shown = read(sent(morning.anyone, foreign))
    assert shown.task_queue_response_count == 2
    found, zeros = shown.task_queue_data
    assert (found["task_queue_sid"], found["total_tasks"]) == (morning.anyone, 1)
    assert (zeros["task_queue_sid"], zeros["total_tasks"]) == (foreign, 0)
    assert zeros["total_eligible_workers"] == zeros["longest_task_waiting_age"] == 0
    for bad in ((), [foreign] * 51, ("WK" + "0" * 32,), ("no SID",)):
        with refused(400, 20001, "QueueSids"):
            read(sent(*bad))


# -- refusals


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"minutes": "soon"}, "Minutes: it must be a whole number"),
        ({"minutes": -1}, "Minutes: it must be 0 or more"),
        ({"start_date": "yesterday"}, "StartDate: it must be an ISO 8601 date"),
        ({"start_date": MONDAY + timedelta(days=1)}, "StartDate must not be after EndDate"),
        ({"task_channel": "pigeon"}, "TaskChannel pigeon does not exist"),
        ({"split_by_wait_time": "5,soon"}, "SplitByWaitTime"),
        ({"split_by_wait_time": "-5"}, "SplitByWaitTime"),
        ({"split_by_wait_time": ""}, "SplitByWaitTime"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    morning: Morning, chosen: dict[str, Any], message: str
) -> None:
    with refused(400, 20001, message):
        morning.workspace.cumulative_statistics().fetch(**chosen)


def test_statistics_of_nothing_are_not_found(morning: Morning) -> None:
    with refused(404, 20404):
        morning.of_queue("WQ" + "0" * 32).statistics().fetch()
    with refused(404, 20404):
        morning.office.workspaces("WS" + "0" * 32).workers.statistics().fetch()


def test_a_span_may_be_as_long_as_time(morning: Morning) -> None:
    statistics = morning.workspace.cumulative_statistics()
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert statistics.fetch(minutes=10**15).start_time == datetime(1970, 1, 1, tzinfo=UTC)
    shown = statistics.fetch(start_date=datetime(1900, 1, 1, tzinfo=UTC), end_date=last)
    assert (shown.start_time.year, shown.end_time) == (1900, last)
