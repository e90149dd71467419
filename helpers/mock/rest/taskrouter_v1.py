"""TaskRouter v1 as `taskrouter.twilio.com` spells it: tasks, and what else can be read."""

from __future__ import annotations

from ..store import Resource
from ..taskrouter import NewTask, Task, TaskChannel, TaskQueue, Worker, Workflow, Workspace, create
from .collection import Collection, Write
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
    create: Write | None = None,
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
        render=view(kind),
        create=create,
    )


WORKFLOWS = _inside("Workflows", Workflow, "workflows", "Workflow")
TASK_QUEUES = _inside("TaskQueues", TaskQueue, "task_queues", "TaskQueue")
TASK_CHANNELS = _inside("TaskChannels", TaskChannel, "channels", "TaskChannel")
WORKERS = _inside("Workers", Worker, "workers", "Worker")
TASKS = _inside("Tasks", Task, "tasks", "Task", Write(NewTask, create))

COLLECTIONS = (WORKSPACES, WORKFLOWS, TASK_QUEUES, TASK_CHANNELS, WORKERS, TASKS)
OPERATIONS = [op for collection in COLLECTIONS for op in collection.operations()]
