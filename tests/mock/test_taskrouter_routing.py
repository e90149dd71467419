"""Which worker is offered which task, and when."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from office import Office, status
from support import refused

from helpers import Account


@pytest.fixture
def busy(office: Office) -> Office:
    """An office where Alice, who takes one task at a time, has one already."""
    office.go("alice")
    office.accept(office.task())
    return office


def order_of_work(office: Office, tasks: list[Any]) -> list[int]:
    """Complete whatever Alice is offered, task after task; the order, by index."""
    done: list[int] = []
    for _ in tasks:
        [index] = [i for i, task in enumerate(tasks) if status(task) == "reserved"]
        office.work(tasks[index])
        done.append(index)
    return done


def finish_first(office: Office) -> None:
    [first] = office.workspace.tasks.list(assignment_status=["assigned"])
    office.workspace.tasks(first.sid).update(assignment_status="completed")


# -- which task


def test_tasks_of_higher_priority_come_first_then_those_that_wait_longest(busy: Office) -> None:
    tasks = [busy.task(priority=priority) for priority in (0, 5, 0, 9, 5)]
    finish_first(busy)
    assert order_of_work(busy, tasks) == [3, 1, 4, 0, 2]


def test_a_task_whose_priority_is_raised_overtakes(busy: Office) -> None:
    tasks = [busy.task(), busy.task()]
    tasks[1].update(priority=1)
    finish_first(busy)
    assert order_of_work(busy, tasks) == [1, 0]


def test_the_last_task_comes_first_in_a_lifo_queue(busy: Office) -> None:
    workflow = busy.workflow(default=busy.queue("Latest first", task_order="LIFO"))
    tasks = [busy.task(workflow_sid=workflow) for _ in range(3)]
    finish_first(busy)
    assert order_of_work(busy, tasks) == [2, 1, 0]


def test_a_frozen_clock_changes_neither_order(account: Account) -> None:
    account.clock.freeze()
    for kind, expected in (("FIFO", [0, 1, 2]), ("LIFO", [2, 1, 0])):
        office = Office(account, account.client.taskrouter.v1.workspaces.create(kind))
        office.hire("alice", "Offline")
        office.workflow(default=office.queue(kind, task_order=kind))
        tasks = [office.task() for _ in range(3)]
        office.go("alice")
        assert order_of_work(office, tasks) == expected


def test_a_virtual_start_time_makes_a_task_older_than_it_is(busy: Office) -> None:
    tasks = [busy.task(), busy.task(virtual_start_time="2020-01-01T00:00:00Z")]
    finish_first(busy)
    assert order_of_work(busy, tasks) == [1, 0]


@pytest.mark.parametrize(("first", "expected"), [("FIFO", [0, 1]), ("LIFO", [1, 0])])
def test_a_workspace_says_which_kind_of_queue_comes_first(
    busy: Office, first: str, expected: list[int]
) -> None:
    busy.workspace.update(prioritize_queue_order=first)
    flows = [
        busy.workflow(default=busy.queue(order, task_order=order)) for order in ("FIFO", "LIFO")
    ]
    tasks = [busy.task(workflow_sid=workflow) for workflow in flows]
    finish_first(busy)
    assert order_of_work(busy, tasks) == expected


def test_more_tasks_than_are_looked_at_at_once_are_all_offered(office: Office) -> None:
    for number in range(25):
        office.task(attributes={"number": number}, priority=number)
    for number in range(25):
        office.hire(f"worker {number}")
    tasks = office.workspace.tasks.list(ordering="Priority:desc")
    assert {task.assignment_status for task in tasks} == {"reserved"}


def test_a_task_nobody_may_have_does_not_hold_up_those_behind_it(office: Office) -> None:
    office.queue("Nobody", "")
    nobody = office.workspace.task_queues.list(friendly_name="Nobody")[0].sid
    stuck = [office.task(task_queue_sid=nobody, priority=9) for _ in range(21)]
    task = office.task()
    office.go("alice")
    assert office.offers(task) == ["alice"]
    assert {status(one) for one in stuck} == {"pending"}


# -- which worker


def test_the_worker_who_has_been_without_a_task_for_longest_is_offered_the_next(
    office: Office,
) -> None:
    for name in ("bob", "alice"):
        office.go(name)
        office.account.clock.advance(1)
    offered = []
    for _ in range(4):
        task = office.task()
        offered += office.offers(task)
        office.work(task)
        office.account.clock.advance(1)
    assert offered == ["bob", "alice", "bob", "alice"]


def test_a_worker_with_another_task_comes_after_one_with_none(office: Office) -> None:
    for name in ("alice", "bob"):
        office.go(name)
    office.set_capacity("alice", 5)
    office.set_capacity("bob", 5)
    offered = [office.offers(office.task())[0] for _ in range(4)]
    assert offered == ["alice", "bob", "alice", "bob"]


def test_a_queue_is_for_the_workers_its_expression_names(office: Office) -> None:
    office.hire("Carol", skills=["billing"], languages=["en", "es"], level=3)
    office.hire("Dave", skills=["billing"], languages=["en"], level=5)
    target = 'skills HAS "billing" AND languages HAS "es" AND level >= 3'
    workflow = office.workflow(default=office.queue("Spanish", target))
    task = office.task(workflow_sid=workflow)
    assert office.offers(task) == ["Carol"]
    office.reject(task, worker_activity_sid=office.activities["Break"])
    assert status(task) == "pending"


def test_a_queue_without_an_expression_is_for_nobody(office: Office) -> None:
    office.go("alice")
    workflow = office.workflow(default=office.queue("Nobody", ""))
    assert status(office.task(workflow_sid=workflow)) == "pending"


def test_a_queue_may_name_what_workers_are_doing(office: Office) -> None:
    office.workspace.activities.create("High Value", available=True)
    office.activities = {one.friendly_name: one.sid for one in office.workspace.activities.list()}
    office.go("alice")
    office.go("bob", "High Value")
    workflow = office.workflow(default=office.queue("VIP", "activity_name IN ['High Value']"))
    assert office.offers(office.task(workflow_sid=workflow)) == ["bob"]


def test_tasks_are_offered_anew_when_a_queue_or_a_worker_changes(office: Office) -> None:
    queue = office.queue("Spanish", "languages HAS 'es'")
    workflow = office.workflow(default=queue)
    office.go("alice")
    first, second = (office.task(workflow_sid=workflow) for _ in range(2))
    assert (status(first), status(second)) == ("pending", "pending")
    office.worker("alice").update(attributes='{"languages": ["es"]}')
    assert office.offers(first) == ["alice"]
    office.hire("Carol")
    assert status(second) == "pending"
    office.workspace.task_queues(queue).update(target_workers="1==1")
    assert office.offers(second) == ["Carol"]


# -- capacity


def test_a_worker_takes_as_many_tasks_at_once_as_its_channel_holds(office: Office) -> None:
    office.go("alice")
    tasks = [office.task(task_channel="chat") for _ in range(4)]
    assert [status(task) for task in tasks] == ["reserved"] * 3 + ["pending"]
    assert office.capacity("alice", "chat") == (0, 0)
    office.accept(tasks[0])
    assert office.capacity("alice", "chat") == (1, 0)
    tasks[0].update(assignment_status="wrapping")
    assert (status(tasks[3]), office.capacity("alice", "chat")) == ("pending", (0, 0))
    tasks[0].update(assignment_status="completed")
    assert office.offers(tasks[3]) == ["alice"]


def test_channels_have_capacities_of_their_own(office: Office) -> None:
    office.go("alice")
    call, chat, other = office.task(), office.task(task_channel="chat"), office.task()
    assert [status(task) for task in (call, chat, other)] == ["reserved", "reserved", "pending"]
    assert office.capacity("alice", "chat") == (0, 66)


def test_more_capacity_brings_more_tasks_and_none_brings_none(office: Office) -> None:
    office.go("alice")
    tasks = [office.task() for _ in range(3)]
    office.set_capacity("alice", 2)
    assert [status(task) for task in tasks] == ["reserved", "reserved", "pending"]
    office.set_capacity("alice", 0)
    assert office.capacity("alice") == (0, 0)
    office.reject(tasks[0])
    assert status(tasks[0]) == "pending"


def test_a_channel_that_is_not_available_brings_no_tasks(office: Office) -> None:
    office.go("alice")
    own = office.worker("alice").worker_channels("default")
    assert own.update(available=False).available is False
    task = office.task()
    assert status(task) == "pending"
    own.update(available=True)
    assert status(task) == "reserved"


def test_a_worker_who_leaves_is_offered_nothing_more_and_keeps_what_it_has(office: Office) -> None:
    office.go("alice")
    task, waiting = office.task(task_channel="chat"), None
    office.accept(task)
    office.go("alice", "Unavailable")
    waiting = office.task(task_channel="chat")
    assert (status(task), status(waiting)) == ("assigned", "pending")
    task.update(assignment_status="completed")
    assert status(waiting) == "pending"


def test_a_single_tasking_workspace_gives_a_worker_one_task_whatever_the_channel(
    office: Office,
) -> None:
    queue = office.workspace.task_queues.list()[0]
    office.workspace.task_queues(queue.sid).update(
        reservation_activity_sid=office.activities["Break"],
        assignment_activity_sid=office.activities["Unavailable"],
    )
    office.go("alice")
    first = office.task()
    office.accept(first)
    assert office.doing("alice") == "Available"
    first.update(assignment_status="completed")
    office.workspace.update(multi_task_enabled=False)
    call, chat = office.task(), office.task(task_channel="chat")
    assert (status(call), status(chat), office.doing("alice")) == ("reserved", "pending", "Break")
    office.accept(call)
    assert office.doing("alice") == "Unavailable"
    call.update(assignment_status="completed")
    office.go("alice")
    assert status(chat) == "reserved"


# -- workflows


def test_the_first_filter_that_matches_decides(office: Office) -> None:
    gold, all_others = office.queue("Gold"), office.queue("All others")
    workflow = office.workflow(
        ("customer.value IN ['gold', 'platinum']", [{"queue": gold, "priority": 10}]),
        ("customer.value != null", [{"queue": all_others, "priority": "2"}]),
        default=office.workspace.task_queues.list()[0].sid,
    )
    expected = {"gold": ("Gold", 10), "bronze": ("All others", 2), None: ("Everyone", 5)}
    for value, (queue, priority) in expected.items():
        attributes = {"customer": {"value": value}} if value else {}
        made = office.task(workflow_sid=workflow, priority=5, attributes=attributes).fetch()
        assert (made.task_queue_friendly_name, made.priority) == (queue, priority)


def test_a_task_that_matches_nothing_is_not_made_without_a_default(office: Office) -> None:
    workflow = office.workflow(("vip == true", [{"queue": office.queue("VIP")}]))
    with refused(400, 20001, "matches no filter"):
        office.task(workflow_sid=workflow)
    assert office.workspace.tasks.list() == []


def test_a_target_that_times_out_passes_the_task_on_and_out_in_the_end(office: Office) -> None:
    first, second = office.queue("First"), office.queue("Second")
    workflow = office.workflow(
        ("1==1", [{"queue": first, "timeout": 30}, {"queue": second, "priority": 9, "timeout": 30}])
    )
    task = office.task(workflow_sid=workflow)
    seen = []
    for _ in range(3):
        found = task.fetch()
        seen.append((found.task_queue_friendly_name, found.priority, found.assignment_status))
        office.account.clock.advance(30)
    assert seen == [
        ("First", 0, "pending"),
        ("Second", 9, "pending"),
        ("Second", 9, "canceled"),
    ]
    assert task.fetch().reason == "Task reached the end of its workflow"
    assert office.happened(task_sid=task.fetch().sid) == [
        "task.created",
        "workflow.entered",
        "workflow.target-matched",
        "task-queue.entered",
        "task-queue.timeout",
        "workflow.target-matched",
        "task-queue.moved",
        "task-queue.entered",
        "task-queue.timeout",
        "workflow.timeout",
        "task.canceled",
    ]


def test_a_target_without_a_queue_inherits_the_one_before_and_widens_who_may_have_it(
    office: Office,
) -> None:
    office.hire("Carol", id="agent01")
    queue = office.queue("Support", "id != null")
    workflow = office.workflow(
        (
            "type == 'support'",
            [
                {
                    "queue": queue,
                    "timeout": 15,
                    "expression": "worker.id IN task.preferred_agents",
                },
                {"timeout": 15},
            ],
        )
    )
    task = office.task(
        workflow_sid=workflow, attributes={"type": "support", "preferred_agents": ["agent09"]}
    )
    assert status(task) == "pending"
    office.account.clock.advance(15)
    assert (office.offers(task), task.fetch().task_queue_sid) == (["Carol"], queue)


def test_after_its_targets_a_task_goes_to_the_next_filter_it_matches_but_not_to_the_default(
    office: Office,
) -> None:
    a, b, c = office.queue("A"), office.queue("B"), office.queue("C")
    workflow = office.workflow(
        ("type == 'x'", [{"queue": a, "timeout": 10}]),
        ("type == 'y'", [{"queue": c}]),
        ("type != null", [{"queue": b, "timeout": 10}]),
        default=c,
    )
    task = office.task(workflow_sid=workflow, attributes={"type": "x"})
    office.account.clock.advance(10)
    assert task.fetch().task_queue_friendly_name == "B"
    office.account.clock.advance(10)
    assert status(task) == "canceled"


def test_null_in_a_target_is_as_good_as_nothing(office: Office) -> None:
    queue, names = office.queue("All"), ("expression", "order_by", "skip_if", "known_worker_sid")
    nothing = dict.fromkeys((*names, "known_worker_friendly_name", "priority", "timeout"))
    workflow = office.workflow(("1==1", [{"queue": queue, **nothing}]))
    office.go("alice")
    assert office.offers(office.task(workflow_sid=workflow)) == ["alice"]


def test_a_step_runs_out_while_a_reservation_is_pending_and_counts_when_it_ends(
    office: Office,
) -> None:
    queue, later = office.queue("First"), office.queue("Later", "")
    workflow = office.workflow(("1==1", [{"queue": queue, "timeout": 30}, {"queue": later}]))
    office.go("alice")
    task = office.task(workflow_sid=workflow)
    office.account.clock.advance(60)
    assert (status(task), task.fetch().task_queue_friendly_name) == ("reserved", "First")
    office.reject(task)
    assert (status(task), task.fetch().task_queue_friendly_name) == ("pending", "Later")


def test_time_outs_follow_one_another_when_the_clock_jumps_over_them(office: Office) -> None:
    names = [f"Step {number}" for number in range(5)]
    targets = [{"queue": office.queue(name), "timeout": 10} for name in names]
    workflow = office.workflow(("1==1", targets), default=office.queue("Default"))
    task = office.task(workflow_sid=workflow)
    office.account.clock.advance(45)
    assert task.fetch().task_queue_friendly_name == "Step 4"
    entered = office.workspace.events.list(
        task_sid=task.fetch().sid, event_type="task-queue.entered"
    )
    gaps = [b.event_date_ms - a.event_date_ms for a, b in pairwise(entered)]
    assert gaps == [pytest.approx(10_000, abs=50)] * 4


def test_a_step_is_skipped_at_once_where_nobody_could_take_the_task(office: Office) -> None:
    first, second = office.queue("First"), office.queue("Second")
    skipping = {"queue": first, "skip_if": "workers.available == 0", "timeout": 100}
    workflow = office.workflow(("1==1", [skipping, {"queue": second}]))
    task = office.task(workflow_sid=workflow)
    assert task.fetch().task_queue_friendly_name == "Second"
    office.go("alice")
    stays = office.task(workflow_sid=workflow)
    assert stays.fetch().task_queue_friendly_name == "First"
    waits = office.task(workflow_sid=workflow)  # Alice is available, though she has no capacity
    assert waits.fetch().task_queue_friendly_name == "First"


@pytest.mark.parametrize(
    ("skip_if", "skipped"),
    [
        ("1==1", True),
        ("workers.available < 2", True),
        ("workers.unavailable == 1", False),
        ("workers.unavailable >= 2", True),
        ("workers.{Break} == 1", True),
        ("workers.{Unavailable} > 0 OR workers.{Break} > 1", False),
    ],
)
def test_a_step_may_be_skipped_by_what_the_queues_workers_are_doing(
    office: Office, skip_if: str, skipped: bool
) -> None:
    office.go("alice", "Break")
    queue = office.queue("Starters", "full_name != null")
    office.hire("Carol")
    step = {"queue": queue, "skip_if": skip_if.format(**office.activities)}
    workflow = office.workflow(("1==1", [step]), default=office.queue("Default", ""))
    made = office.task(workflow_sid=workflow).fetch()
    assert made.task_queue_friendly_name == ("Default" if skipped else "Starters")


def test_whether_a_step_is_skipped_is_settled_on_entering_it(office: Office) -> None:
    office.account.clock.freeze()
    first, second = office.queue("First"), office.queue("Second")
    skipping = {"queue": first, "skip_if": "workers.available == 0", "timeout": 100}
    workflow = office.workflow(("1==1", [skipping, {"queue": second}]))
    office.go("alice")
    office.accept(office.task(task_queue_sid=second))
    waits = office.task(workflow_sid=workflow)
    office.go("alice", "Break")
    office.go("alice", "Unavailable")
    assert (waits.fetch().task_queue_friendly_name, status(waits)) == ("First", "pending")
    office.account.clock.advance(100)
    assert waits.fetch().task_queue_friendly_name == "Second"


def test_a_task_that_skips_its_last_step_is_cancelled_without_a_default(office: Office) -> None:
    workflow = office.workflow(("1==1", [{"queue": office.queue("Q"), "skip_if": "1==1"}]))
    task = office.task(workflow_sid=workflow)
    assert status(task) == "canceled"
    assert "workflow.skipped" in office.happened(task_sid=task.fetch().sid)


def test_a_step_may_order_workers_by_their_attributes(office: Office) -> None:
    for name, attributes in {
        "Carol": {"english": 5},
        "Dave": {"english": 9, "billing": 1},
        "Erin": {"english": 9, "billing": 4},
        "Frank": {},
    }.items():
        office.hire(name, **attributes)
    order = "worker.english DESC, worker.billing DESC"
    queue = office.queue("Ordered", "full_name == null")
    workflow = office.workflow(("1==1", [{"queue": queue, "order_by": order}]))
    offered = [office.offers(office.task(workflow_sid=workflow))[0] for _ in range(4)]
    assert offered == ["Erin", "Dave", "Carol", "Frank"]


def test_an_order_over_anything_but_whole_numbers_is_ignored(office: Office) -> None:
    office.hire("Carol", level="low")
    office.hire("Dave", level=9)
    queue = office.queue("Ordered", "level != null")
    workflow = office.workflow(("1==1", [{"queue": queue, "order_by": "worker.level DESC"}]))
    assert office.offers(office.task(workflow_sid=workflow)) == ["Carol"]


@pytest.mark.parametrize("key", ["known_worker_sid", "known_worker_friendly_name"])
def test_a_known_worker_is_waited_for_until_the_step_times_out(office: Office, key: str) -> None:
    office.go("bob")
    queue = office.workspace.task_queues.list()[0].sid
    known = {"queue": queue, key: "task.agent", "timeout": 10}
    workflow = office.workflow(("1==1", [known, {}]))
    agent = office.worker("alice").fetch()
    value = agent.sid if key == "known_worker_sid" else agent.friendly_name
    task = office.task(workflow_sid=workflow, attributes={"agent": value})
    assert status(task) == "pending"
    office.go("alice")
    assert office.offers(task) == ["alice"]
    nobody = office.task(workflow_sid=workflow, attributes={"agent": None})
    assert status(nobody) == "pending"
    office.account.clock.advance(10)
    assert office.offers(nobody) == ["bob"]


def test_a_step_may_look_at_how_much_a_worker_has_to_do_on_another_channel(
    office: Office,
) -> None:
    queue = office.workspace.task_queues.list()[0].sid
    step = {"queue": queue, "expression": "worker.channel.chat.assigned_tasks == 0"}
    workflow = office.workflow(("1==1", [step]))
    office.go("alice")
    chat = office.task(workflow_sid=office.workspace.workflows.list()[0].sid, task_channel="chat")
    office.accept(chat)
    call = office.task(workflow_sid=workflow)
    assert status(call) == "pending"
    chat.update(assignment_status="completed")
    assert status(call) == "reserved"


def test_waiting_tasks_start_a_changed_workflow_anew_only_if_it_says_so(office: Office) -> None:
    old, new = office.queue("Old", ""), office.queue("New")
    workflow = office.workflow(default=old)
    task = office.task(workflow_sid=workflow)
    configuration = f'{{"task_routing": {{"default_filter": {{"queue": "{new}"}}}}}}'
    changing = office.workspace.workflows(workflow)
    changing.update(configuration=configuration)
    assert task.fetch().task_queue_friendly_name == "Old"
    changing.update(re_evaluate_tasks="true")
    assert task.fetch().task_queue_friendly_name == "New"


# -- past the workflow


def test_a_task_for_one_worker_reaches_it_whatever_it_is_doing(office: Office) -> None:
    bob = office.worker("bob").fetch().sid
    task = office.task(routing_target=bob)
    made = task.fetch()
    assert (made.routing_target, made.ignore_capacity, made.task_queue_sid) == (bob, True, None)
    assert office.offers(task) == ["bob"]


def test_a_task_for_one_worker_can_wait_for_its_capacity(office: Office) -> None:
    office.go("alice")
    bob = office.worker("bob").fetch().sid
    task = office.task(routing_target=bob, ignore_capacity="false")
    assert (status(task), task.fetch().ignore_capacity) == ("pending", False)
    office.go("bob")
    assert office.offers(task) == ["bob"]


def test_a_task_can_be_put_straight_into_a_queue_or_a_workflow(office: Office) -> None:
    queue = office.queue("Direct")
    workflow = office.workflow(default=queue)
    office.go("alice")
    office.set_capacity("alice", 3)
    tasks = [
        office.task(routing_target=queue),
        office.task(task_queue_sid=queue),
        office.task(routing_target=workflow),
    ]
    assert {task.fetch().task_queue_friendly_name for task in tasks} == {"Direct"}
    assert {status(task) for task in tasks} == {"reserved"}


def test_the_workflow_must_be_named_where_there_are_several(office: Office) -> None:
    office.workflow(default=office.queue("Second"))
    with refused(400, 20001, "WorkflowSid"):
        office.task()
