"""What is routed to agents, in every workspace of an account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from ..account import Account

_TASKS = ["task", "customer", "status", "queue", "channel", "priority", "chat", "reason"]
_RESERVATIONS = ["reservation", "task", "customer", "worker", "status"]
_EVENTS = ["name", "description", "task", "worker"]


def tasks(account: Account, limit: int = 1000) -> pd.DataFrame:
    """The account's tasks, oldest first; Twilio deletes those that have ended.

    Args:
        account: From `connect()`.
        limit: At most so many tasks of a workspace.

    Returns:
        One row a task: `task` (WT...), `customer`, `status`, `queue`, `channel`, `priority`,
        `chat` (CH...) and `reason` of its end; what is not known is empty.
    """
    rows = [_task(task) for _, task in _tasks(account, limit)]
    return pd.DataFrame(rows, columns=_TASKS)


def reservations(account: Account, limit: int = 1000) -> pd.DataFrame:
    """The reservations of the account's tasks, by task, each task's oldest first.

    Args:
        account: From `connect()`.
        limit: At most so many tasks of a workspace.

    Returns:
        One row a reservation: `reservation` (WR...), `task` (WT...), `customer`, `worker` and
        `status`.
    """
    rows = [
        (each.sid, task.sid, _customer(task), each.worker_name, str(each.reservation_status))
        for workspace, task in _tasks(account, limit)
        for each in sorted(workspace.tasks(task.sid).reservations.list(), key=_made)
    ]
    return pd.DataFrame(rows, columns=_RESERVATIONS)


def events(account: Account, limit: int = 1000) -> pd.DataFrame:
    """What happened in the account's workspaces lately, oldest first.

    Args:
        account: From `connect()`.
        limit: At most so many events of a workspace.

    Returns:
        One row an event: `name`, e.g. `reservation.accepted`, `description`, `task` (WT...) and
        `worker` (name); empty where it concerns none.
    """
    found = [
        event
        for workspace in _workspaces(account)
        for event in _oldest_first(workspace.events.list(limit=limit))
    ]
    return pd.DataFrame([_event(event) for event in found], columns=_EVENTS)


def _workspaces(account: Account) -> Iterator[Any]:
    for workspace in account.client.taskrouter.v1.workspaces.list():
        yield account.client.taskrouter.v1.workspaces(workspace.sid)


def _tasks(account: Account, limit: int) -> Iterator[tuple[Any, Any]]:
    for workspace in _workspaces(account):
        for task in sorted(workspace.tasks.list(limit=limit), key=_made):
            yield workspace, task


def _made(resource: Any) -> Any:
    return resource.date_created


def _oldest_first(found: list[Any]) -> list[Any]:
    """Events by date; those of one second keep the order in which things happened."""
    newest_first = len(found) > 1 and found[0].event_date > found[-1].event_date
    return sorted(reversed(found) if newest_first else found, key=lambda each: each.event_date)


def _task(task: Any) -> tuple[Any, ...]:
    return (
        task.sid,
        _customer(task),
        str(task.assignment_status),
        task.task_queue_friendly_name or "",
        task.task_channel_unique_name or "",
        task.priority,
        str(_attributes(task).get("channelSid") or ""),
        task.reason or "",
    )


def _customer(task: Any) -> str:
    return str(_attributes(task).get("name") or "")


def _attributes(task: Any) -> dict[str, Any]:
    try:
        parsed = json.loads(task.attributes or "{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _event(event: Any) -> tuple[Any, ...]:
    data = event.event_data or {}
    concerned = (data.get("task_sid") or "", data.get("worker_name") or "")
    return (event.event_type, event.description, *concerned)
