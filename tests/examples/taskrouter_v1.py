"""Calls of each operation of TaskRouter v1 but statistics, which are not simulated."""

from __future__ import annotations

import json
from datetime import UTC, datetime
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
}
TASKROUTER = Api(
    "taskrouter_v1",
    "taskrouter.twilio.com",
    prepare,
    EXAMPLES,
    size=46,
    paths="(?!.*Statistics$).*",
)
