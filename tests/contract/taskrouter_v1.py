"""How each operation of TaskRouter v1 is called, less the statistics, which are not simulated."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter as of
from typing import Any

from scenarios import Call, Scenarios
from world import World

WITHOUT = ("Statistics",)
"""What the paths of operations end with that are not simulated."""

URL = "https://example.com/taskrouter"
ATTRIBUTES = '{"language": "es"}'
LONG_AGO = datetime(2020, 1, 5, 9, 0, tzinfo=UTC)


def in_hours(hours: int) -> Any:
    """A moment that far from the mock's now."""

    def moment(world: World) -> datetime:
        return datetime.fromtimestamp(world.account.clock.now() + 3600 * hours, UTC)

    return moment


def routing(world: World) -> str:
    return f'{{"task_routing": {{"default_filter": {{"queue": "{world.floor.queue.sid}"}}}}}}'


WORKSPACE = {
    "FriendlyName": "Second floor",
    "EventCallbackUrl": URL,
    "EventsFilter": "task.created,task.canceled",
    "MultiTaskEnabled": True,
    "PrioritizeQueueOrder": "LIFO",
}
QUEUE = {
    "FriendlyName": "Spanish",
    "TargetWorkers": 'languages HAS "es"',
    "MaxReservedWorkers": 5,
    "TaskOrder": "LIFO",
    "ReservationActivitySid": of("floor.away.sid"),
    "AssignmentActivitySid": of("floor.lunch.sid"),
}
WORKFLOW = {
    "FriendlyName": "Routes",
    "Configuration": routing,
    "AssignmentCallbackUrl": URL,
    "FallbackAssignmentCallbackUrl": f"{URL}/fallback",
    "TaskReservationTimeout": 60,
}
OF_CALLS: dict[str, Any] = {
    "DequeuePostWorkActivitySid": of("floor.away.sid"),
    "DequeueFrom": "+15550100",
    "DequeueRecord": "do-not-record",
    "DequeueTimeout": 10,
    "DequeueTo": "client:alice",
    "DequeueStatusCallbackUrl": URL,
    "DequeueStatusCallbackEvent": ["completed"],
    "CallFrom": "+15550100",
    "CallRecord": "do-not-record",
    "CallTimeout": 10,
    "CallTo": "client:alice",
    "CallUrl": URL,
    "CallStatusCallbackUrl": URL,
    "CallAccept": True,
    "RedirectCallSid": "CA" + "0" * 32,
    "RedirectAccept": True,
    "RedirectUrl": URL,
    "To": "client:alice",
    "From": "+15550100",
    "StatusCallback": URL,
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
    "WaitUrl": URL,
    "WaitMethod": "GET",
    "EarlyMedia": True,
    "MaxParticipants": 2,
    "ConferenceStatusCallback": URL,
    "ConferenceStatusCallbackMethod": "POST",
    "ConferenceStatusCallbackEvent": ["start", "end"],
    "ConferenceRecord": "false",
    "ConferenceTrim": "do-not-trim",
    "RecordingChannels": "mono",
    "RecordingStatusCallback": URL,
    "RecordingStatusCallbackMethod": "POST",
    "ConferenceRecordingStatusCallback": URL,
    "ConferenceRecordingStatusCallbackMethod": "POST",
    "Region": "ie1",
    "SipAuthUsername": "alice",
    "SipAuthPassword": "a password",
    "PostWorkActivitySid": of("floor.away.sid"),
    "JitterBufferSize": "small",
}
SUPERVISED = {"SupervisorMode": "whisper", "Supervisor": "client:bob"}


def answering(method: str, **more: Any) -> tuple[Call, ...]:
    """A reservation accepted, with all that calls would take, or rejected by instruction."""
    rejected = {"Instruction": "reject", "WorkerActivitySid": of("floor.away.sid")}
    accepted = {"ReservationStatus": "accepted", **OF_CALLS, **more}
    return Call(method, accepted), Call(method, rejected)


SCENARIOS: Scenarios = {
    # workspaces
    "ListWorkspace": (
        Call("taskrouter.workspaces.list", {"FriendlyName": "Flex Task Assignment"}),
    ),
    "CreateWorkspace": (Call("taskrouter.workspaces.create", {**WORKSPACE, "Template": "FIFO"}),),
    "FetchWorkspace": (Call("floor.workspace.fetch"),),
    "UpdateWorkspace": (
        Call(
            "floor.workspace.update",
            {
                **WORKSPACE,
                "DefaultActivitySid": of("floor.away.sid"),
                "TimeoutActivitySid": of("floor.lunch.sid"),
            },
        ),
    ),
    "DeleteWorkspace": (Call("floor.workspace.delete"),),
    # activities
    "ListActivity": (
        Call("floor.workspace.activities.list", {"FriendlyName": "Available", "Available": "true"}),
    ),
    "CreateActivity": (
        Call("floor.workspace.activities.create", {"FriendlyName": "Training", "Available": True}),
    ),
    "FetchActivity": (Call("floor.available.fetch"),),
    "UpdateActivity": (Call("floor.lunch.update", {"FriendlyName": "Dinner"}),),
    "DeleteActivity": (Call("floor.lunch.delete"),),
    # task channels
    "ListTaskChannel": (Call("floor.workspace.task_channels.list"),),
    "CreateTaskChannel": (
        Call(
            "floor.workspace.task_channels.create",
            {"FriendlyName": "E-mail", "UniqueName": "email", "ChannelOptimizedRouting": True},
        ),
    ),
    "FetchTaskChannel": (Call("floor.task_channel.fetch"),),
    "UpdateTaskChannel": (
        Call(
            "floor.task_channel.update",
            {"FriendlyName": "Anything", "ChannelOptimizedRouting": True},
        ),
    ),
    "DeleteTaskChannel": (Call("floor.spare_channel.delete"),),
    # task queues
    "ListTaskQueue": (
        Call(
            "floor.workspace.task_queues.list",
            {
                "FriendlyName": "Everyone",
                "EvaluateWorkerAttributes": 'full_name == "Alice"',
                "WorkerSid": of("floor.worker.sid"),
                "Ordering": "DateCreated:desc",
            },
        ),
    ),
    "CreateTaskQueue": (Call("floor.workspace.task_queues.create", QUEUE),),
    "FetchTaskQueue": (Call("floor.queue.fetch"),),
    "UpdateTaskQueue": (Call("floor.queue.update", QUEUE),),
    "DeleteTaskQueue": (Call("floor.spare_queue.delete"),),
    # workflows
    "ListWorkflow": (Call("floor.workspace.workflows.list", {"FriendlyName": "Assign to Anyone"}),),
    "CreateWorkflow": (Call("floor.workspace.workflows.create", WORKFLOW),),
    "FetchWorkflow": (Call("floor.workflow.fetch"),),
    "UpdateWorkflow": (Call("floor.workflow.update", {**WORKFLOW, "ReEvaluateTasks": "true"}),),
    "DeleteWorkflow": (Call("floor.spare_workflow.delete"),),
    # workers
    "ListWorker": (
        Call(
            "floor.workspace.workers.list",
            {
                "ActivityName": "Available",
                "ActivitySid": of("floor.available.sid"),
                "Available": "true",
                "FriendlyName": "alice",
                "TargetWorkersExpression": 'full_name == "Alice"',
                "TaskQueueName": "Everyone",
                "TaskQueueSid": of("floor.queue.sid"),
                "Ordering": "DateStatusChanged:desc",
            },
        ),
    ),
    "CreateWorker": (
        Call(
            "floor.workspace.workers.create",
            {
                "FriendlyName": "Carol",
                "ActivitySid": of("floor.away.sid"),
                "Attributes": ATTRIBUTES,
            },
        ),
    ),
    "FetchWorker": (Call("floor.worker.fetch"),),
    "UpdateWorker": (
        Call(
            "floor.worker.update",
            {
                "FriendlyName": "Carol",
                "ActivitySid": of("floor.away.sid"),
                "Attributes": ATTRIBUTES,
                "RejectPendingReservations": True,
            },
        ),
    ),
    "DeleteWorker": (Call("floor.other_worker.delete"),),
    "ListWorkerChannel": (Call("floor.worker.worker_channels.list"),),
    "FetchWorkerChannel": (Call("floor.worker_channel.fetch"),),
    "UpdateWorkerChannel": (
        Call("floor.worker_channel.update", {"Capacity": 1, "Available": False}),
    ),
    # tasks
    "ListTask": (
        Call(
            "floor.workspace.tasks.list",
            {
                "Priority": 9,
                "AssignmentStatus": ["reserved", "assigned"],
                "WorkflowSid": of("floor.workflow.sid"),
                "WorkflowName": "Assign to Anyone",
                "TaskQueueSid": of("floor.queue.sid"),
                "TaskQueueName": "Everyone",
                "EvaluateTaskAttributes": 'topic == "billing"',
                "Ordering": "Priority:desc,DateCreated:asc",
                "HasAddons": False,
            },
        ),
        Call("floor.workspace.tasks.list", {"RoutingTarget": of("floor.other_worker.sid")}),
    ),
    "CreateTask": (
        Call(
            "floor.workspace.tasks.create",
            {
                "Timeout": 600,
                "Priority": 7,
                "TaskChannel": "default",
                "WorkflowSid": of("floor.workflow.sid"),
                "Attributes": ATTRIBUTES,
                "VirtualStartTime": LONG_AGO,
            },
        ),
        Call(
            "floor.workspace.tasks.create",
            {"RoutingTarget": of("floor.other_worker.sid"), "IgnoreCapacity": False},
        ),
        Call("floor.workspace.tasks.create", {"TaskQueueSid": of("floor.queue.sid")}),
    ),
    "FetchTask": (Call("floor.task.fetch"),),
    "UpdateTask": (
        Call(
            "floor.task.update",
            {
                "Attributes": ATTRIBUTES,
                "Priority": 5,
                "TaskChannel": "default",
                "VirtualStartTime": LONG_AGO,
            },
        ),
        Call("floor.task.update", {"AssignmentStatus": "canceled", "Reason": "Solved itself"}),
    ),
    "DeleteTask": (Call("floor.task.delete"),),
    # reservations
    "ListTaskReservation": (
        Call(
            "floor.reserved.reservations.list",
            {"ReservationStatus": "pending", "WorkerSid": of("floor.worker.sid")},
        ),
    ),
    "FetchTaskReservation": (Call("floor.reservation.fetch"),),
    "UpdateTaskReservation": answering("floor.reservation.update", **SUPERVISED),
    "ListWorkerReservation": (
        Call("floor.worker.reservations.list", {"ReservationStatus": "pending"}),
    ),
    "FetchWorkerReservation": (Call("floor.worker_reservation.fetch"),),
    "UpdateWorkerReservation": answering("floor.worker_reservation.update"),
    # events
    "ListEvent": (
        Call(
            "floor.workspace.events.list",
            {
                "EndDate": in_hours(1),
                "EventType": "reservation.created",
                "Minutes": 60,
                "ReservationSid": of("floor.reservation.sid"),
                "StartDate": in_hours(-1),
                "TaskQueueSid": of("floor.queue.sid"),
                "TaskSid": of("floor.reserved.sid"),
                "WorkerSid": of("floor.worker.sid"),
                "WorkflowSid": of("floor.workflow.sid"),
                "TaskChannel": "default",
                "Sid": of("floor.event.sid"),
            },
        ),
    ),
    "FetchEvent": (Call("floor.event.fetch"),),
}
