"""Assignment callbacks: requests to a workflow's server about each reservation, and its answers.

The request, the instructions and what counts as an answer are documented: status 200 within five
seconds, with JSON if there is an instruction; else the fallback URL is called. A reservation that
no instruction settles stays pending until somebody answers it or it times out (documented).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...json_object import json_object, text_of
from ..core.context import Backend, Context
from ..core.errors import TwilioError
from ..core.parameters import form_name
from . import reservations
from .events import TaskRouterEvent
from .resources import Reservation, Workflow

NAME = "assignment"
"""The callback's name in the log of webhooks (the mock's own)."""
_DATA = (
    "workspace_sid",
    "workflow_sid",
    "task_queue_sid",
    "worker_sid",
    "worker_attributes",
    "task_sid",
    "task_attributes",
    "task_age",
    "task_priority",
    "reservation_sid",
)
"""Data of the event that the request has as well (documented)."""


def callback_for(backend: Backend, event: TaskRouterEvent) -> dict[str, Any] | None:
    """Return the assignment callback of an event; None for one that has none."""
    if event.name != "reservation.created" or event.reservation is None or event.task is None:
        return None
    workflow = backend.store.shared(Workflow, event.task.workflow_sid)
    if workflow is None or not workflow.assignment_callback_url:
        return None
    record, fallback = event.record, workflow.fallback_assignment_callback_url
    about = {"AccountSid": record.account_sid, "Timestamp": str(int(record.event_date))}
    data = {form_name(name): record.event_data.get(name, "") for name in _DATA}
    return {
        "url": workflow.assignment_callback_url,
        "method": "POST",
        "parameters": about | data,
        "retry_count": 1 if fallback else 0,
        "fallback_url": fallback,
        "reservation_sid": event.reservation.sid,
    }


class AssignmentOutcome(NamedTuple):
    """Result of an answer: whether it counts as one, and why it did not settle the reservation."""

    is_answer: bool
    problem: str | None = None


def follow(
    backend: Backend, reservation_sid: str, status: int | None, content_type: str, body: str
) -> AssignmentOutcome:
    """Carry out the instruction of an answer, if it has one, in the running transaction."""
    answer = json_object(body.strip() or "{}")
    is_json = content_type.partition(";")[0].strip().lower() == "application/json"
    if status != 200:
        return AssignmentOutcome(is_answer=False)
    if answer is None or (body.strip() and not is_json):
        return AssignmentOutcome(
            False, "the answer is no JSON object of Content-Type application/json"
        )
    problem = None
    if answer and not answer.get("instruction"):
        problem = "40005: the answer has no instruction, and is not empty"
    reservation = backend.store.first(Reservation, sid=reservation_sid)
    if answer and not problem and reservation is not None:
        changes = reservations.ReservationChanges(
            instruction=text_of(answer["instruction"]),
            worker_activity_sid=text_of(answer.get("activity_sid")) or None,
        )
        try:
            reservations.update(Context(backend, reservation.account_sid), reservation, changes)
        except TwilioError as refused:
            problem = f"{refused.code}: {refused.message}"
    return AssignmentOutcome(True, problem)
