"""TaskRouter: which worker gets which task.

A workflow sends a task into a queue; routing offers it to a worker of that queue who is available;
the worker accepts it, works on it and completes it. Not simulated: statistics, transfers, operating
units, add-ons, calls, and assignment callbacks (`router` says more).
"""

from .events import TaskRouterEvent
from .resources import (
    KINDS,
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
from .router import TaskRouter
from .task_channels import find as find_task_channel
from .tasks import create_task

__all__ = [
    "KINDS",
    "Activity",
    "Reservation",
    "Task",
    "TaskChannel",
    "TaskQueue",
    "TaskRouter",
    "TaskRouterEvent",
    "Worker",
    "WorkerChannel",
    "Workflow",
    "Workspace",
    "WorkspaceEvent",
    "create_task",
    "find_task_channel",
]
