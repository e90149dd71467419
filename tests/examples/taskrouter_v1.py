"""Calls of each operation of TaskRouter v1."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter as of
from typing import Any

from .account import HOOK, NOBODY, OTHER_HOOK, PreparedAccount
from .model import Api, Example, Refusal, from_now

ATTRIBUTES = '{"language":"es"}'
LONG_AGO = datetime(2020, 1, 5, 9, 0, tzinfo=UTC)


def routing(account: PreparedAccount) -> str:
    target = {"queue": account.queue.sid}
    spanish = {"expression": "language == 'es'", "targets": [{**target, "priority": 5}]}
    made = {"task_routing": {"filters": [spanish], "default_filter": target}}
    return json.dumps(made, separators=(",", ":"))


def prepare(account: PreparedAccount) -> None:
    """Add tasks, their reservations and events, and a spare of everything that can be deleted.

    Alice takes one task at a time. She completed one some minutes ago, and has now been offered
    one that Bob rejected, so that further tasks wait; Bob is on a break.
    """
    workspace, clock = account.workspace, account.account.clock
    account.taskrouter = account.client.taskrouter.v1
    account.taskrouter.workspaces.create("Spare")
    account.workflow = workspace.workflows.list()[0]
    account.queue = workspace.task_queues.list()[0]
    account.task_channel = workspace.task_channels.list()[0]
    activities = {one.friendly_name: one for one in workspace.activities.list()}
    account.available, account.away = activities["Available"], activities["Break"]
    account.lunch = workspace.activities.create("Lunch")
    account.worker, account.other_worker = workspace.workers.list()
    account.worker_channel = account.worker.worker_channels.list()[0]
    account.spare_queue = workspace.task_queues.create("Spare", 'full_name == "Alice"')
    account.spare_channel = workspace.task_channels.create("Spare", "spare")
    account.spare_workflow, other_workflow = (
        workspace.workflows.create(name, account.workflow.configuration)
        for name in ("Spare", "Other")
    )
    account.worker.update(activity_sid=account.available.sid)
    usual = {"workflow_sid": account.workflow.sid}
    done = workspace.tasks.create(**usual)
    done.reservations.list()[0].update(reservation_status="accepted")
    done.update(assignment_status="completed")
    clock.advance(120)
    account.worker.update(activity_sid=account.away.sid)
    account.other_worker.update(activity_sid=account.available.sid)
    account.reserved_task = workspace.tasks.create(
        priority=9, attributes='{"topic": "billing"}', **usual
    )
    account.reserved_task.reservations.list()[0].update(
        reservation_status="rejected", worker_activity_sid=account.away.sid
    )
    clock.advance(10)
    account.worker.update(activity_sid=account.available.sid)
    account.reservation = account.reserved_task.reservations.list()[-1]
    account.worker_reservation = account.worker.reservations.list()[-1]
    assert account.reservation.sid == account.worker_reservation.sid
    account.event = workspace.events.list(
        event_type="reservation.created", reservation_sid=account.reservation.sid
    )[0]
    clock.advance(20)
    workspace.tasks.create(routing_target=account.other_worker.sid, ignore_capacity="false")
    account.task = workspace.tasks.create(
        attributes='{"topic": "shipping"}', workflow_sid=other_workflow.sid
    )


WORKSPACE = {
    "FriendlyName": "Second floor",
    "EventCallbackUrl": OTHER_HOOK,
    "EventsFilter": "task.created,task.canceled",
    "MultiTaskEnabled": True,
    "PrioritizeQueueOrder": "LIFO",
}
QUEUE = {
    "FriendlyName": "Spanish",
    "TargetWorkers": 'languages HAS "es"',
    "MaxReservedWorkers": 5,
    "TaskOrder": "LIFO",
    "ReservationActivitySid": of("away.sid"),
    "AssignmentActivitySid": of("lunch.sid"),
}
WORKFLOW = {
    "FriendlyName": "Routes",
    "Configuration": routing,
    "AssignmentCallbackUrl": OTHER_HOOK,
    "FallbackAssignmentCallbackUrl": HOOK,
    "TaskReservationTimeout": 60,
}
OF_CALLS: dict[str, Any] = {
    "DequeuePostWorkActivitySid": of("away.sid"),
    "DequeueFrom": "+15550100",
    "DequeueRecord": "do-not-record",
    "DequeueTimeout": 10,
    "DequeueTo": "client:alice",
    "DequeueStatusCallbackUrl": OTHER_HOOK,
    "DequeueStatusCallbackEvent": ["completed"],
    "CallFrom": "+15550100",
    "CallRecord": "do-not-record",
    "CallTimeout": 10,
    "CallTo": "client:alice",
    "CallUrl": OTHER_HOOK,
    "CallStatusCallbackUrl": OTHER_HOOK,
    "CallAccept": True,
    "RedirectCallSid": "CA" + NOBODY,
    "RedirectAccept": True,
    "RedirectUrl": OTHER_HOOK,
    "To": "client:alice",
    "From": "+15550100",
    "StatusCallback": OTHER_HOOK,
    "StatusCallbackMethod": "POST",
    "StatusCallbackEvent": ["answered", "completed"],
    "Timeout": 10,
    "Record": False,
    "Muted": False,
    "Beep": "onEnter",
    "StartConferenceOnEnter": True,
    "EndConferenceOnExit": True,
    "EndConferenceOnCustomerExit": True,
    "BeepOnCustomerEntrance": True,
    "WaitUrl": OTHER_HOOK,
    "WaitMethod": "GET",
    "EarlyMedia": True,
    "MaxParticipants": 2,
    "ConferenceStatusCallback": OTHER_HOOK,
    "ConferenceStatusCallbackMethod": "POST",
    "ConferenceStatusCallbackEvent": ["start", "end"],
    "ConferenceRecord": "false",
    "ConferenceTrim": "do-not-trim",
    "RecordingChannels": "mono",
    "RecordingStatusCallback": OTHER_HOOK,
    "RecordingStatusCallbackMethod": "POST",
    "ConferenceRecordingStatusCallback": OTHER_HOOK,
    "ConferenceRecordingStatusCallbackMethod": "POST",
    "Region": "ie1",
    "SipAuthUsername": "alice",
    "SipAuthPassword": "a password",
    "PostWorkActivitySid": of("away.sid"),
    "JitterBufferSize": "small",
}
TASK_SEEN = {"TaskChannel": "task_channel_unique_name"}
SUPERVISED = {"SupervisorMode": "whisper", "Supervisor": "client:bob"}


def template_of(account: PreparedAccount, shown: Any) -> str:
    [workflow] = account.taskrouter.workspaces(shown["sid"]).workflows.list()
    return workflow.friendly_name.split()[1].upper()


def were_evaluated(account: PreparedAccount, _: Any) -> str:
    events = account.workspace.events.list(event_type="workflow.target-matched", minutes=0)
    return str(bool(events)).lower()


def answering(method: str, **more: Any) -> tuple[Example, ...]:
    """A reservation accepted, with all that calls would take, or rejected by instruction."""
    rejected = {"Instruction": "reject", "WorkerActivitySid": of("away.sid")}
    accepted = {"ReservationStatus": "accepted", **OF_CALLS, **more}
    return Example(method, accepted), Example(
        method,
        rejected,
        seen={
            "Instruction": lambda _, shown: shown["reservation_status"].removesuffix("ed"),
            "WorkerActivitySid": lambda account, _: account.worker.fetch().activity_sid,
        },
        refused={55555: {"Instruction": "dance"}},
    )


# -- statistics


def cumulative(shown: Any) -> Any:
    return shown.get("cumulative", shown)


def ends(shown: Any) -> tuple[datetime, datetime]:
    found = cumulative(shown)
    start, end = (datetime.fromisoformat(found[name]) for name in ("start_time", "end_time"))
    return start, end


def only_if(value: str, test: Callable[[Any], bool]) -> Callable[[PreparedAccount, Any], str]:
    """The value, if an answer passes a test that it would not pass without the parameter."""
    return lambda _, shown: value if test(shown) else ""


def is_without_tasks(shown: Any) -> bool:
    """Nothing is counted, as no task came on this channel."""
    counts = {**shown.get("realtime", {}), **cumulative(shown)}
    names = ("total_tasks", "tasks_created", "tasks_entered", "reservations_created")
    return not any(counts.get(name) for name in names)


def has_one_worker(shown: Any) -> bool:
    return bool(shown["realtime"]["total_workers"] == 1)


CHANNEL = {"TaskChannel": only_if("voice", is_without_tasks)}
SPANS = {
    "Minutes": lambda _, shown: (ends(shown)[1] - ends(shown)[0]).seconds // 60,
    "StartDate": lambda _, shown: ends(shown)[0],
    "EndDate": lambda _, shown: ends(shown)[1],
    **CHANNEL,
}
SPLIT = {"SplitByWaitTime": lambda _, shown: ",".join(cumulative(shown)["split_by_wait_time"])}
BETWEEN = {"StartDate": from_now(-90), "EndDate": from_now(-40)}


def statistics_of(
    owner: str,
    *nouns: str,
    given: Mapping[str, Any] | None = None,
    seen: Mapping[str, Any] | None = None,
    split: bool = True,
) -> dict[str, tuple[Example, ...]]:
    """Statistics of a channel without tasks: now, since so many minutes, and between two dates.

    The operations are named for both, the cumulative and the real-time ones, in this order.
    """
    of_channel, splits = {"TaskChannel": "voice"}, {"SplitByWaitTime": "5,30"} if split else {}

    def examples(segment: str, given: Mapping[str, Any], *more: Any) -> tuple[Example, ...]:
        def method(account: PreparedAccount) -> Any:
            return getattr(of(owner)(account), segment)().fetch

        shown = {**SPANS, **SPLIT, **(seen or {})}
        return tuple(Example(method, each, seen=shown) for each in (given, *more))

    spans = {"Minutes": 5, **of_channel, **splits}
    made = (
        examples("statistics", {**spans, **(given or {})}, BETWEEN),
        examples("cumulative_statistics", spans, BETWEEN),
        examples("real_time_statistics", of_channel),
    )
    return dict(zip(nouns, made, strict=False))


@dataclass
class Queues:
    """A body that the SDK sends as JSON."""

    sids: list[str]

    def to_dict(self) -> dict[str, list[str]]:
        return {"QueueSids": self.sids}


def of_queues(*more: str) -> Callable[[PreparedAccount], Callable[[], Any]]:
    def method(account: PreparedAccount) -> Callable[[], Any]:
        read = account.workspace.task_queues.bulk_real_time_statistics.create
        return partial(read, Queues([account.queue.sid, account.spare_queue.sid, *more]))

    return method


STATISTICS = {
    **statistics_of(
        "workspace",
        "FetchWorkspaceStatistics",
        "FetchWorkspaceCumulativeStatistics",
        "FetchWorkspaceRealTimeStatistics",
    ),
    **statistics_of(
        "workflow",
        "FetchWorkflowStatistics",
        "FetchWorkflowCumulativeStatistics",
        "FetchWorkflowRealTimeStatistics",
    ),
    **statistics_of(
        "queue",
        "FetchTaskQueueStatistics",
        "FetchTaskQueueCumulativeStatistics",
        "FetchTaskQueueRealTimeStatistics",
    ),
    **statistics_of(
        "workspace.workers",
        "FetchWorkerStatistics",
        "FetchWorkersCumulativeStatistics",
        "FetchWorkersRealTimeStatistics",
        given={
            "FriendlyName": "alice",
            "TaskQueueSid": of("spare_queue.sid"),
            "TaskQueueName": "Spare",
        },
        seen={
            "FriendlyName": only_if("alice", has_one_worker),
            "TaskQueueSid": lambda account, shown: (
                account.spare_queue.sid if has_one_worker(shown) else ""
            ),
            "TaskQueueName": only_if("Spare", has_one_worker),
        },
        split=False,
    ),
    **statistics_of("worker", "FetchWorkerInstanceStatistics", split=False),
    "ListTaskQueuesStatistics": (
        Example(
            "workspace.task_queues.statistics.list",
            {
                "EndDate": from_now(-40),
                "FriendlyName": "Spare",
                "Minutes": 5,
                "StartDate": from_now(-90),
                "TaskChannel": "voice",
                "SplitByWaitTime": "5,30",
            },
            seen={
                **SPANS,
                **SPLIT,
                "FriendlyName": lambda account, shown: (
                    "Spare" if shown["task_queue_sid"] == account.spare_queue.sid else ""
                ),
            },
            computed=frozenset(
                {"EndDate", "Minutes", "StartDate", "TaskChannel", "SplitByWaitTime"}
            ),
        ),
    ),
    "CreateTaskQueueBulkRealTimeStatistics": (
        Example(of_queues(), refused={20001: Refusal(method=of_queues("WQ1"))}),
    ),
}
EXAMPLES = {
    # workspaces
    "ListWorkspace": (
        Example("taskrouter.workspaces.list", {"FriendlyName": "Flex Task Assignment"}),
    ),
    "CreateWorkspace": (
        Example(
            "taskrouter.workspaces.create",
            {**WORKSPACE, "Template": "FIFO"},
            seen={"Template": template_of},
        ),
    ),
    "FetchWorkspace": (Example("workspace.fetch"),),
    "UpdateWorkspace": (
        Example(
            "workspace.update",
            {
                **WORKSPACE,
                "DefaultActivitySid": of("away.sid"),
                "TimeoutActivitySid": of("lunch.sid"),
            },
        ),
    ),
    "DeleteWorkspace": (Example("workspace.delete"),),
    # activities
    "ListActivity": (
        Example("workspace.activities.list", {"FriendlyName": "Available", "Available": "true"}),
    ),
    "CreateActivity": (
        Example("workspace.activities.create", {"FriendlyName": "Training", "Available": True}),
    ),
    "FetchActivity": (Example("available.fetch"),),
    "UpdateActivity": (Example("lunch.update", {"FriendlyName": "Dinner"}),),
    "DeleteActivity": (Example("lunch.delete"),),
    # task channels
    "ListTaskChannel": (Example("workspace.task_channels.list"),),
    "CreateTaskChannel": (
        Example(
            "workspace.task_channels.create",
            {"FriendlyName": "E-mail", "UniqueName": "email", "ChannelOptimizedRouting": True},
        ),
    ),
    "FetchTaskChannel": (Example("task_channel.fetch"),),
    "UpdateTaskChannel": (
        Example(
            "task_channel.update", {"FriendlyName": "Anything", "ChannelOptimizedRouting": True}
        ),
    ),
    "DeleteTaskChannel": (Example("spare_channel.delete"),),
    # task queues
    "ListTaskQueue": (
        Example(
            "workspace.task_queues.list",
            {
                "FriendlyName": "Everyone",
                "EvaluateWorkerAttributes": 'full_name == "Bob"',
                "WorkerSid": of("other_worker.sid"),
                "Ordering": "DateCreated:desc",
            },
        ),
    ),
    "CreateTaskQueue": (Example("workspace.task_queues.create", QUEUE),),
    "FetchTaskQueue": (Example("queue.fetch"),),
    "UpdateTaskQueue": (Example("queue.update", QUEUE),),
    "DeleteTaskQueue": (Example("spare_queue.delete"),),
    # workflows
    "ListWorkflow": (Example("workspace.workflows.list", {"FriendlyName": "Assign to Anyone"}),),
    "CreateWorkflow": (Example("workspace.workflows.create", WORKFLOW),),
    "FetchWorkflow": (Example("workflow.fetch"),),
    "UpdateWorkflow": (
        Example(
            "workflow.update",
            {**WORKFLOW, "ReEvaluateTasks": "true"},
            seen={"ReEvaluateTasks": were_evaluated},
        ),
    ),
    "DeleteWorkflow": (Example("spare_workflow.delete"),),
    # workers
    "ListWorker": (
        Example(
            "workspace.workers.list",
            {
                "ActivityName": "Available",
                "ActivitySid": of("available.sid"),
                "Available": "true",
                "FriendlyName": "alice",
                "TargetWorkersExpression": 'full_name == "Alice"',
                "TaskQueueName": "Spare",
                "TaskQueueSid": of("spare_queue.sid"),
                "Ordering": "DateStatusChanged:asc",
            },
        ),
    ),
    "CreateWorker": (
        Example(
            "workspace.workers.create",
            {"FriendlyName": "Carol", "ActivitySid": of("away.sid"), "Attributes": ATTRIBUTES},
        ),
    ),
    "FetchWorker": (Example("worker.fetch"),),
    "UpdateWorker": (
        Example(
            "worker.update",
            {
                "FriendlyName": "Carol",
                "ActivitySid": of("away.sid"),
                "Attributes": ATTRIBUTES,
                "RejectPendingReservations": True,
            },
            seen={
                "RejectPendingReservations": lambda account, _: (
                    account.reservation.fetch().reservation_status == "rejected"
                )
            },
        ),
    ),
    "DeleteWorker": (Example("other_worker.delete"),),
    "ListWorkerChannel": (Example("worker.worker_channels.list"),),
    "FetchWorkerChannel": (Example("worker_channel.fetch"),),
    "UpdateWorkerChannel": (
        Example(
            "worker_channel.update",
            {"Capacity": 3, "Available": False},
            seen={"Capacity": "configured_capacity"},
        ),
    ),
    # tasks
    "ListTask": (
        Example(
            "workspace.tasks.list",
            {
                "Priority": 9,
                "AssignmentStatus": ["reserved", "assigned"],
                "WorkflowSid": of("workflow.sid"),
                "WorkflowName": "Assign to Anyone",
                "TaskQueueSid": of("queue.sid"),
                "TaskQueueName": "Everyone",
                "EvaluateTaskAttributes": 'topic == "billing"',
                "Ordering": "Priority:asc,DateCreated:asc",
                "HasAddons": False,
            },
            seen={
                "WorkflowName": "workflow_friendly_name",
                "TaskQueueName": "task_queue_friendly_name",
                "HasAddons": lambda _, task: task["addons"] != "{}",
            },
        ),
        Example(
            "workspace.tasks.list",
            {"RoutingTarget": of("other_worker.sid")},
            refused={
                40153: Refusal(
                    method=lambda account: account.workspace.tasks.page,
                    given={"PageNumber": 1, "PageSize": 1},
                )
            },
        ),
    ),
    "CreateTask": (
        Example(
            "workspace.tasks.create",
            {
                "Timeout": 600,
                "Priority": 7,
                "WorkflowSid": of("workflow.sid"),
                "Attributes": ATTRIBUTES,
                "VirtualStartTime": LONG_AGO,
            },
        ),
        Example(
            "workspace.tasks.create",
            {"RoutingTarget": of("other_worker.sid"), "IgnoreCapacity": False},
        ),
        Example("workspace.tasks.create", {"TaskQueueSid": of("queue.sid")}),
        Example(
            "workspace.tasks.create",
            {"TaskChannel": "chat", "WorkflowSid": of("workflow.sid")},
            seen=TASK_SEEN,
        ),
    ),
    "FetchTask": (Example("task.fetch"),),
    "UpdateTask": (
        Example(
            "task.update",
            {"Attributes": ATTRIBUTES, "Priority": 5, "VirtualStartTime": LONG_AGO},
            refused={
                20412: Refusal(
                    given={"If-Match": '"0"'},
                    after=(lambda account: account.task.update(priority=1),),
                )
            },
        ),
        Example("task.update", {"TaskChannel": "chat"}, seen=TASK_SEEN),
        Example("task.update", {"AssignmentStatus": "canceled", "Reason": "Solved itself"}),
    ),
    "DeleteTask": (Example("task.delete"),),
    # reservations
    "ListTaskReservation": (
        Example(
            "reserved_task.reservations.list",
            {"ReservationStatus": "pending", "WorkerSid": of("worker.sid")},
        ),
    ),
    "FetchTaskReservation": (Example("reservation.fetch"),),
    "UpdateTaskReservation": answering("reservation.update", **SUPERVISED),
    "ListWorkerReservation": (
        Example("worker.reservations.list", {"ReservationStatus": "pending"}),
    ),
    "FetchWorkerReservation": (Example("worker_reservation.fetch"),),
    "UpdateWorkerReservation": answering("worker_reservation.update"),
    # events
    "ListEvent": (
        Example(
            "workspace.events.list",
            {
                "EndDate": from_now(-40),
                "EventType": "reservation.created",
                "Minutes": 2,
                "ReservationSid": of("reservation.sid"),
                "StartDate": from_now(-90),
                "TaskQueueSid": of("queue.sid"),
                "TaskSid": of("reserved_task.sid"),
                "WorkerSid": of("worker.sid"),
                "WorkflowSid": of("workflow.sid"),
                "TaskChannel": "default",
                "Sid": of("event.sid"),
            },
            seen={
                "ReservationSid": "event_data.reservation_sid",
                "TaskQueueSid": "event_data.task_queue_sid",
                "TaskSid": "event_data.task_sid",
                "WorkerSid": "event_data.worker_sid",
                "WorkflowSid": "event_data.workflow_sid",
                "TaskChannel": "event_data.task_channel_unique_name",
            },
        ),
    ),
    "FetchEvent": (Example("event.fetch"),),
    **STATISTICS,
}
TASKROUTER = Api(
    "taskrouter_v1",
    "taskrouter.twilio.com",
    prepare,
    EXAMPLES,
    size=61,
)
