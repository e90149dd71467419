"""TaskRouter v1 as `taskrouter.twilio.com` spells it: what can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..store import Resource
from ..taskrouter import Task, TaskChannel, TaskQueue, Worker, Workflow, Workspace
from .collection import Collection
from .paging import PageSizes
from .views import view

HOST = "taskrouter.twilio.com"
SIZES = PageSizes(50, 1000)

WORKSPACES = Collection(
    host=HOST,
    root="/v1",
    segment="Workspaces",
    kind=Workspace,
    key="workspaces",
    noun="Workspace",
    sizes=SIZES,
    filters={"FriendlyName": "friendly_name"},
    render=view(Workspace),
)


def _inside(
    segment: str,
    kind: type[Resource],
    key: str,
    noun: str,
    extra: Callable[[Any, str], dict[str, Any]] | None = None,
) -> Collection:
    return Collection(
        host=HOST,
        segment=segment,
        parent=WORKSPACES,
        scope="workspace_sid",
        kind=kind,
        key=key,
        noun=noun,
        sizes=SIZES,
        filters={} if kind in (Task, TaskChannel) else {"FriendlyName": "friendly_name"},
        render=view(kind, extra=extra),
    )


WORKFLOWS = _inside("Workflows", Workflow, "workflows", "Workflow")
TASK_QUEUES = _inside("TaskQueues", TaskQueue, "task_queues", "TaskQueue")
TASK_CHANNELS = _inside("TaskChannels", TaskChannel, "channels", "TaskChannel")
WORKERS = _inside("Workers", Worker, "workers", "Worker")
TASKS = _inside("Tasks", Task, "tasks", "Task")

COLLECTIONS = (WORKSPACES, WORKFLOWS, TASK_QUEUES, TASK_CHANNELS, WORKERS, TASKS)
OPERATIONS = [op for collection in COLLECTIONS for op in collection.operations()]
