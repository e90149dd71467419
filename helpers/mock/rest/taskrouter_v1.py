"""TaskRouter v1 of `taskrouter.twilio.com`; for its statistics see `taskrouter_statistics`."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..core.store import R
from ..taskrouter import (
    activities,
    completion,
    reservations,
    task_channels,
    task_queues,
    tasks,
    workers,
    workflows,
    workspaces,
)
from ..taskrouter.resources import (
    EVENT_SIDS,
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
    WorkspaceEvent,
)
from . import taskrouter_filters as by
from . import taskrouter_views as shown
from .collection import Api, Collection, Write, for_each
from .listing import PageSizes
from .views import view

HOST = shown.HOST
API = Api(HOST, "/v1", sizes=PageSizes(50, 1000, absolute=False))


# -- workspaces

WORKSPACES = Collection(
    within=API,
    segment="Workspaces",
    kind=Workspace,
    filters={"FriendlyName": "friendly_name"},
    render=view(Workspace, extra=shown.workspace_links),
    details=for_each(shown.activity_names("default", "timeout")),
    create=Write(workspaces.NewWorkspace, workspaces.create),
    update=Write(workspaces.WorkspaceChanges, workspaces.update),
    delete=workspaces.delete,
)


def _inside(segment: str, kind: type[R], **more: Any) -> Collection[Any, R]:
    return Collection(within=WORKSPACES, segment=segment, kind=kind, **more)


# -- configuration of a workspace

ACTIVITIES = _inside(
    "Activities",
    Activity,
    filters={"FriendlyName": "friendly_name", "Available": by.activity_available},
    render=view(Activity, extra=shown.only_workspace),
    create=Write(activities.NewActivity, activities.create),
    update=Write(activities.ActivityChanges, activities.update),
    delete=activities.delete,
)
TASK_CHANNELS = _inside(
    "TaskChannels",
    TaskChannel,
    key="channels",
    lookup=("sid", "unique_name"),
    render=view(TaskChannel, extra=shown.only_workspace),
    create=Write(task_channels.NewTaskChannel, task_channels.create),
    update=Write(task_channels.TaskChannelChanges, task_channels.update),
    delete=task_channels.delete,
)

WORKFLOWS = _inside(
    "Workflows",
    Workflow,
    filters={"FriendlyName": "friendly_name"},
    render=view(Workflow, extra=shown.workflow_links),
    create=Write(workflows.NewWorkflow, workflows.create),
    update=Write(workflows.WorkflowChanges, workflows.update),
    delete=workflows.delete,
)

TASK_QUEUES = _inside(
    "TaskQueues",
    TaskQueue,
    filters={
        "FriendlyName": "friendly_name",
        "EvaluateWorkerAttributes": by.queues_of_workers,
        "WorkerSid": by.queues_of_worker,
    },
    orderings={"DateCreated": "date_created", "DateUpdated": "date_updated"},
    render=view(TaskQueue, extra=shown.queue_links),
    details=for_each(shown.activity_names("reservation", "assignment")),
    create=Write(task_queues.NewTaskQueue, task_queues.create),
    update=Write(task_queues.TaskQueueChanges, task_queues.update),
    delete=task_queues.delete,
)

# -- workers

WORKERS = _inside(
    "Workers",
    Worker,
    filters={
        "ActivityName": by.by_name(Activity, "activity_sid"),
        "ActivitySid": "activity_sid",
        "Available": by.worker_available,
        "FriendlyName": "friendly_name",
        "TargetWorkersExpression": by.target_workers,
        "TaskQueueName": by.in_queues("friendly_name"),
        "TaskQueueSid": by.in_queues("sid"),
    },
    orderings={"DateStatusChanged": "date_status_changed", "DateCreated": "date_created"},
    version="version",
    render=view(
        Worker,
        omit=("name_key", "idle_since", "version"),
        dates=("date_status_changed",),
        extra=shown.worker_links,
    ),
    details=for_each(shown.worker_activity),
    create=Write(workers.NewWorker, workers.create),
    update=Write(workers.WorkerChanges, workers.update),
    delete=workers.delete,
)

WORKER_CHANNELS: Collection[Any, WorkerChannel] = Collection(
    segment="Channels",
    within=WORKERS,
    lookup=("sid", "task_channel_sid", "task_channel_unique_name"),
    kind=WorkerChannel,
    render=view(WorkerChannel),
    details=for_each(shown.room),
    update=Write(task_channels.WorkerChannelChanges, task_channels.update_worker_channel),
)

# -- tasks

TASKS = _inside(
    "Tasks",
    Task,
    filters={
        "Priority": by.number("Priority", "priority"),
        "AssignmentStatus": by.one_of("AssignmentStatus", "assignment_status", by.STATUSES),
        "WorkflowSid": "workflow_sid",
        "WorkflowName": by.by_name(Workflow, "workflow_sid"),
        "TaskQueueSid": "task_queue_sid",
        "TaskQueueName": by.by_name(TaskQueue, "task_queue_sid"),
        "EvaluateTaskAttributes": by.task_attributes,
        "RoutingTarget": "routing_target",
        "HasAddons": by.has_addons,
    },
    orderings={
        "DateCreated": "date_created",
        "Priority": "priority",
        "VirtualStartTime": "virtual_start_time",
    },
    version="version",
    render=view(
        Task,
        omit=("step", "step_ends_at", "undecided", "due_at", "assignments", "version"),
        dates=("task_queue_entered_date", "virtual_start_time"),
        extra=shown.task_links,
    ),
    details=for_each(shown.task_names),
    create=Write(tasks.NewTask, tasks.create),
    update=Write(tasks.TaskChanges, tasks.update),
    delete=completion.delete,
)

# -- reservations, from either side


def _reservations(
    within: Collection[Any, Any], noun: str, **filters: str
) -> Collection[Any, Reservation]:
    status = by.one_of("ReservationStatus", "reservation_status", by.RESERVATION_STATUSES)
    return Collection(
        segment="Reservations",
        within=within,
        kind=Reservation,
        noun=noun,
        filters={"ReservationStatus": status, **filters},
        version="version",
        render=view(
            Reservation,
            omit=("task_channel_sid", "due_at", "version", "transfer_sid"),
            extra=shown.reservation_links,
        ),
        details=for_each(shown.worker_name),
        update=Write(reservations.ReservationChanges, reservations.update),
    )


TASK_RESERVATIONS = _reservations(TASKS, "TaskReservation", WorkerSid="worker_sid")
WORKER_RESERVATIONS = _reservations(WORKERS, "WorkerReservation")

# -- events

EVENTS = _inside(
    "Events",
    WorkspaceEvent,
    noun="Event",
    filters={
        "EndDate": by.ended,
        "EventType": "event_type",
        "Minutes": by.minutes,
        "ReservationSid": "reservation_sid",
        "StartDate": by.started,
        "TaskQueueSid": "task_queue_sid",
        "TaskSid": "task_sid",
        "WorkerSid": "worker_sid",
        "WorkflowSid": "workflow_sid",
        "TaskChannel": by.by_name(TaskChannel, "task_channel_sid", "sid", "unique_name"),
        "Sid": "sid",
    },
    default=by.recent,
    render=view(
        WorkspaceEvent,
        omit=EVENT_SIDS,
        dates=("event_date",),
        extra=shown.event_extra,
    ),
)

_FOR_FLEX_USERS = ("ListTaskQueue", "ListTaskChannel")
"""Operations that Flex UI calls with its user's token (observed)."""
OPERATIONS = [replace(each, flex_users=each.name in _FOR_FLEX_USERS) for each in API.operations()]
