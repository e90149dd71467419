"""Workspaces, and the content of a new one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ..core.context import Context
from ..core.parameters import Parameters
from . import activities, events, task_channels, task_queues, workflows
from .limits import Name, QueueOrder, Text, Url, require
from .resources import IN_WORKSPACE, Activity, Workflow, Workspace

ACTIVITIES = (("Offline", False), ("Available", True), ("Unavailable", False))
"""Names of a new workspace's activities, and whether each is available (documented).

The first is the default and the timeout activity, as in Twilio's samples."""


class NewWorkspace(Parameters):
    """Parameters of workspace creation (specified)."""

    friendly_name: Name
    event_callback_url: Url = None
    events_filter: Text = None
    multi_task_enabled: bool = True
    template: Literal["NONE", "FIFO"] = "NONE"
    prioritize_queue_order: QueueOrder = "FIFO"


class WorkspaceChanges(Parameters):
    """Parameters of workspace update (specified)."""

    friendly_name: Name | None = None
    default_activity_sid: str | None = None
    timeout_activity_sid: str | None = None
    event_callback_url: Url = None
    events_filter: Text = None
    multi_task_enabled: bool | None = None
    prioritize_queue_order: QueueOrder | None = None


def create(
    ctx: Context,
    new: NewWorkspace,
    channels: Mapping[str, str] = task_channels.DEFAULTS,
    own_activities: Iterable[tuple[str, bool]] = ACTIVITIES,
) -> Workspace:
    """Create a workspace with its default activities and task channels (documented).

    With the template FIFO it also gets a queue for everybody and a workflow into it (specified;
    their names are observed and inferred).
    """
    given = new.model_dump(exclude={"template"})
    workspace = ctx.create(Workspace, default_activity_sid=None, timeout_activity_sid=None, **given)
    events.emit(ctx, "workspace.created", workspace)
    for name, available in own_activities:
        fields = activities.NewActivity(friendly_name=name, available=available)
        made = activities.create(ctx, workspace, fields)
        if workspace.default_activity_sid is None:
            settings = ("default_activity_sid", "timeout_activity_sid")
            ctx.store.save(workspace, **dict.fromkeys(settings, made.sid))
    task_channels.add(ctx, workspace, channels)
    if new.template == "FIFO":
        queue = task_queues.NewTaskQueue(friendly_name="Sample Queue")
        route_all(ctx, workspace, "Default Fifo Workflow", queue)
    return workspace


def route_all(
    ctx: Context, workspace: Workspace, name: str, queue: task_queues.NewTaskQueue
) -> Workflow:
    """Create a queue, and a workflow that sends every task there."""
    made = task_queues.create(ctx, workspace, queue)
    routing: dict[str, Any] = {"filters": [], "default_filter": {"queue": made.sid}}
    fields = workflows.NewWorkflow(
        friendly_name=name, configuration=json.dumps({"task_routing": routing})
    )
    return workflows.create(ctx, workspace, fields)


def update(ctx: Context, workspace: Workspace, changes: WorkspaceChanges) -> Workspace:
    """Change a workspace's settings.

    Raises:
        TwilioError: 20001, it has no such activity.
    """
    sid = workspace.sid
    require(ctx, Activity, sid, changes.default_activity_sid, "DefaultActivitySid")
    require(ctx, Activity, sid, changes.timeout_activity_sid, "TimeoutActivitySid")
    events.emit(ctx, "workspace.updated", ctx.update(workspace, **changes.given()))
    return workspace


def delete(ctx: Context, workspace: Workspace) -> None:
    """Delete a workspace with everything in it."""
    events.emit(ctx, "workspace.deleted", workspace)
    for kind in IN_WORKSPACE:
        ctx.store.remove_all(kind, workspace_sid=workspace.sid)
    ctx.store.remove(workspace)
