"""A TaskRouter workspace as its tests speak of it."""

from __future__ import annotations

import json
from typing import Any

from helpers import Account


class Office:
    """The account's workspace: workers who come and go, and tasks for them.

    Args:
        account: A mock account.
        workspace: A workspace of its, as the SDK names it; the first unless told otherwise.
    """

    def __init__(self, account: Account, workspace: Any = None) -> None:
        self.account = account
        self.workspaces = account.client.taskrouter.v1.workspaces
        self.workspace = self.workspaces((workspace or self.workspaces.list()[0]).sid)
        self.activities = {one.friendly_name: one.sid for one in self.workspace.activities.list()}

    # -- workers

    def hire(self, name: str, activity: str = "Available", **attributes: Any) -> str:
        """A new worker, available unless told otherwise; its SID."""
        made = self.workspace.workers.create(
            name, activity_sid=self.activities[activity], attributes=json.dumps(attributes)
        )
        return str(made.sid)

    def worker(self, name: str) -> Any:
        """A worker, as the SDK names it."""
        return self.workspace.workers(self.workspace.workers.list(friendly_name=name)[0].sid)

    def go(self, name: str, activity: str = "Available", **more: Any) -> None:
        """Have a worker do something else."""
        self.worker(name).update(activity_sid=self.activities[activity], **more)

    def doing(self, name: str) -> str:
        return str(self.worker(name).fetch().activity_name)

    def capacity(self, name: str, channel: str = "default") -> tuple[int, int]:
        """Tasks assigned to a worker, and the percentage of its capacity that is left."""
        own = self.worker(name).worker_channels(channel).fetch()
        return own.assigned_tasks, own.available_capacity_percentage

    def set_capacity(self, name: str, capacity: int, channel: str = "default") -> None:
        self.worker(name).worker_channels(channel).update(capacity=capacity)

    # -- queues and workflows

    def queue(self, name: str, target_workers: str = "1==1", **settings: Any) -> str:
        made = self.workspace.task_queues.create(name, target_workers=target_workers, **settings)
        return str(made.sid)

    def workflow(self, *filters: Any, default: str | None = None, **settings: Any) -> str:
        """A workflow of these filters; its SID."""
        made = self.workspace.workflows.create(
            "Routes", routing(*filters, default=default), **settings
        )
        return str(made.sid)

    # -- tasks

    def task(self, **settings: Any) -> Any:
        """A new task, as the SDK names it."""
        if "attributes" in settings:
            settings["attributes"] = json.dumps(settings["attributes"])
        return self.workspace.tasks(self.workspace.tasks.create(**settings).sid)

    def offers(self, task: Any, status: str | None = None) -> list[str]:
        """Names of those who have been offered a task, in order."""
        chosen = {} if status is None else {"reservation_status": status}
        return [one.worker_name for one in task.reservations.list(**chosen)]

    def offer(self, task: Any) -> Any:
        """The latest reservation of a task, as the SDK names it."""
        return task.reservations(task.reservations.list()[-1].sid)

    def accept(self, task: Any) -> Any:
        return self.offer(task).update(reservation_status="accepted")

    def reject(self, task: Any, **more: Any) -> Any:
        return self.offer(task).update(reservation_status="rejected", **more)

    def work(self, task: Any) -> None:
        """Accept a task and complete it."""
        self.accept(task)
        task.update(assignment_status="completed")

    def happened(self, **chosen: Any) -> list[str]:
        """Names of events, in order."""
        return [event.event_type for event in self.workspace.events.list(**chosen)]


def routing(*filters: Any, default: str | None = None) -> str:
    """A workflow's configuration: pairs of an expression and its targets."""
    made: dict[str, Any] = {
        "filters": [
            {"filter_friendly_name": expression, "expression": expression, "targets": targets}
            for expression, targets in filters
        ]
    }
    if default is not None:
        made["default_filter"] = {"queue": default}
    return json.dumps({"task_routing": made})


def status(task: Any) -> str:
    return str(task.fetch().assignment_status)
