"""How a task ends: wrapped up and completed by a worker, cancelled before that, or deleted.

A task that has ended is deleted five minutes later (documented).
"""

from __future__ import annotations

from ..call import Call
from ..errors import TwilioError
from . import events
from .holding import close, open_reservations
from .resources import Reservation, Task
from .rules import change

DELETED_AFTER = 300.0
"""Seconds until a task that ended is deleted (documented)."""
TTL_EXCEEDED = "Task TTL Exceeded"
"""Why a task was cancelled that waited too long (specified)."""


def wrap_up(call: Call, task: Task, reason: str | None = None) -> None:
    """Leave a worker to finish off an assigned task.

    Raises:
        TwilioError: 20001, it is not assigned (text observed).
    """
    if task.assignment_status != "assigned":
        raise _cannot(call, "wrap up a", task, "it's not currently assigned")
    change(call, task, assignment_status="wrapping", reason=reason or task.reason)
    for reservation in open_reservations(call, task):
        close(call, reservation, "wrapping", task, "wrapup")
    events.tell(call, "task.wrapup", task, task=task)


def complete(call: Call, task: Task, reason: str | None = None) -> None:
    """End a task that was worked on.

    Raises:
        TwilioError: 20001, it is neither assigned nor wrapping (text after that of `wrap_up`).
    """
    if task.assignment_status not in ("assigned", "wrapping"):
        raise _cannot(call, "complete", task, "it's not currently assigned")
    _end(call, task, "completed", reason or task.reason)


def cancel(call: Call, task: Task, reason: str | None = None) -> None:
    """Give up a task that nobody has taken on.

    Raises:
        TwilioError: 20001, it is neither pending nor reserved (text observed).
    """
    if task.assignment_status not in ("pending", "reserved"):
        raise _cannot(call, "cancel", task, "it is not pending or reserved")
    _end(call, task, "canceled", reason)


def _end(call: Call, task: Task, status: str, reason: str | None) -> None:
    change(
        call,
        task,
        assignment_status=status,
        reason=reason,
        undecided=False,
        due_at=call.now + DELETED_AFTER,
    )
    for reservation in open_reservations(call, task):
        close(call, reservation, status, task)
    events.tell(call, f"task.{status}", task, task=task)


def delete(call: Call, task: Task, event: str | None = None) -> None:
    """Forget a task with its reservations; those still open are cancelled (inferred).

    Args:
        call: The unit of work.
        task: Whatever state it is in.
        event: What to tell of it; nothing where it ended and is cleared away (documented).
    """
    for reservation in open_reservations(call, task):
        close(call, reservation, "canceled", task)
    if event is not None:
        events.tell(call, event, task, task=task)
    call.store.remove_all(Reservation, task_sid=task.sid)
    call.store.remove(task)


def _cannot(call: Call, act: str, task: Task, why: str) -> TwilioError:
    return TwilioError(
        20001,
        f"Cannot {act} task {task.sid} in workspace {task.workspace_sid} for account"
        f" {call.account_sid} because {why}.",
    )
