"""Resources of a TaskRouter workspace, without derived values such as ages or capacity left."""

from __future__ import annotations

from typing import Any, ClassVar

from ...json_object import object_to_read
from ..core.schema import AccountResource, DatedResource, Resource

Group = tuple[tuple[str, ...], ...]

OPEN_RESERVATIONS = ("pending", "accepted", "wrapping")
"""Reservations that take up a worker's capacity (documented)."""


class Workspace(DatedResource):
    """A TaskRouter workspace (WS): everything else lives inside one."""

    prefix: ClassVar[str] = "WS"

    friendly_name: str
    default_activity_sid: str | None
    timeout_activity_sid: str | None
    event_callback_url: str | None
    events_filter: str | None
    multi_task_enabled: bool
    prioritize_queue_order: str


class InWorkspace(DatedResource):
    """Base of the resources that a workspace contains."""

    workspace_sid: str

    indexes: ClassVar[Group] = (("workspace_sid",),)


class Activity(InWorkspace):
    """An activity (WA) of a worker, and whether it leaves it free for tasks."""

    prefix: ClassVar[str] = "WA"

    friendly_name: str
    available: bool


class TaskChannel(InWorkspace):
    """A task channel (TC): the kind of work, such as chat."""

    prefix: ClassVar[str] = "TC"

    friendly_name: str
    unique_name: str
    channel_optimized_routing: bool

    unique: ClassVar[Group] = (("sid",), ("workspace_sid", "unique_name"))
    indexes: ClassVar[Group] = ()


class TaskQueue(InWorkspace):
    """A task queue (WQ): the workers that may take its tasks, and the order of waiting."""

    prefix: ClassVar[str] = "WQ"

    friendly_name: str
    target_workers: str
    max_reserved_workers: int
    task_order: str
    reservation_activity_sid: str | None
    assignment_activity_sid: str | None


class Workflow(InWorkspace):
    """A workflow (WW), which routes tasks to queues."""

    prefix: ClassVar[str] = "WW"

    friendly_name: str
    configuration: str
    task_reservation_timeout: int
    assignment_callback_url: str | None
    fallback_assignment_callback_url: str | None


class Worker(InWorkspace):
    """A worker (WK): in Flex, an agent.

    `name_key` makes names unique whatever their case; `idle_since` is the time of the last offer or
    ended task, or of becoming available; `version` counts its changes.
    """

    prefix: ClassVar[str] = "WK"

    friendly_name: str
    name_key: str
    attributes: str
    activity_sid: str
    date_status_changed: float
    idle_since: float
    version: int

    unique: ClassVar[Group] = (("sid",), ("workspace_sid", "name_key"))
    indexes: ClassVar[Group] = (("activity_sid",),)


class WorkerChannel(InWorkspace):
    """A worker's share in a task channel (WC): the tasks it takes at once."""

    prefix: ClassVar[str] = "WC"

    worker_sid: str
    task_channel_sid: str
    task_channel_unique_name: str
    available: bool
    configured_capacity: int

    unique: ClassVar[Group] = (("sid",), ("worker_sid", "task_channel_sid"))
    indexes: ClassVar[Group] = (("task_channel_sid",),)


class Task(InWorkspace):
    """A task (WT): one piece of work for a worker.

    `step` is its place in the workflow: filter and target, counted from 0; null where no workflow
    moves it. `undecided` is true until its step's `skip_if` is checked. `due_at` is the time of its
    next change by itself; `assignments` counts its reservations; `version` counts its changes.
    """

    prefix: ClassVar[str] = "WT"

    workflow_sid: str | None
    task_queue_sid: str | None
    task_queue_entered_date: float | None
    task_channel_sid: str
    attributes: str
    assignment_status: str
    priority: int
    timeout: int
    reason: str | None
    routing_target: str | None
    ignore_capacity: bool
    virtual_start_time: float
    step: list[int] | None
    step_ends_at: float | None
    undecided: bool
    due_at: float | None
    assignments: int
    version: int

    indexes: ClassVar[Group] = (
        ("workspace_sid", "assignment_status", "undecided", "ignore_capacity"),
        (
            "task_queue_sid",
            "task_channel_sid",
            "assignment_status",
            "-priority",
            "virtual_start_time",
        ),
        ("due_at",),
    )

    @property
    def details(self) -> dict[str, Any]:
        """Its attributes, to read only."""
        return object_to_read(self.attributes)


class Reservation(InWorkspace):
    """A reservation (WR): a task offered to a worker.

    `due_at` is the time of its timeout; `version` counts its changes; `transfer_sid` names the
    transfer by which the task is offered.
    """

    prefix: ClassVar[str] = "WR"

    task_sid: str
    worker_sid: str
    task_channel_sid: str
    reservation_status: str
    due_at: float | None
    version: int
    transfer_sid: str | None = None

    indexes: ClassVar[Group] = (
        ("task_sid",),
        ("worker_sid", "reservation_status"),
        ("workspace_sid", "reservation_status"),
        ("due_at",),
    )


class TaskTransfer(InWorkspace):
    """A transfer (TT) of a task from a worker; `routing_target` is the task's own."""

    prefix: ClassVar[str] = "TT"

    task_sid: str
    transfer_mode: str
    transfer_type: str
    transfer_to: str
    transfer_status: str
    transfer_failed_reason: str | None
    initiating_reservation_sid: str
    initiating_worker_sid: str
    initiating_queue_sid: str | None
    initiating_workflow_sid: str | None
    routing_target: str | None

    indexes: ClassVar[Group] = (("task_sid", "transfer_status"), ("initiating_worker_sid",))


class WorkspaceEvent(AccountResource):
    """An event (EV) of a workspace."""

    prefix: ClassVar[str] = "EV"

    workspace_sid: str
    event_type: str
    event_date: float
    event_data: dict[str, str]
    description: str
    resource_type: str
    resource_sid: str
    task_sid: str | None
    task_channel_sid: str | None
    task_queue_sid: str | None
    workflow_sid: str | None
    worker_sid: str | None
    reservation_sid: str | None

    indexes: ClassVar[Group] = (("workspace_sid",),)


IN_WORKSPACE: tuple[type[InWorkspace | WorkspaceEvent], ...] = (
    Activity,
    TaskChannel,
    TaskQueue,
    Workflow,
    Worker,
    WorkerChannel,
    Task,
    Reservation,
    TaskTransfer,
    WorkspaceEvent,
)
EVENT_SIDS = tuple(
    f"{name}_sid"
    for name in ("task", "task_channel", "task_queue", "workflow", "worker", "reservation")
)
"""Fields of an event that name what it concerns."""
KINDS: tuple[type[Resource], ...] = (Workspace, *IN_WORKSPACE)
