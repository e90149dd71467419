"""Events of Studio."""

from __future__ import annotations

from ..core.events import Event


class ExecutionEvent(Event, frozen=True):
    """An execution was `started`, `parked` in a widget to wait for a reply, or `ended`."""

    change: str
    flow_sid: str
    widget: str | None
    by_message: bool


class MessageRouted(Event, frozen=True):
    """A message reached a flow; `outcome` as in `Incoming`, `started` aside."""

    flow_sid: str
    outcome: str


class CreatedByFlow(Event, frozen=True):
    """An execution sent the message, or made the task, of this SID."""

    sid: str


class ExecutionDue(Event, frozen=True):
    """An execution was started by REST and is to run."""

    seq: int
    queue: str


class IncomingDue(Event, frozen=True):
    """A message for a flow was recorded."""

    seq: int
    queue: str
