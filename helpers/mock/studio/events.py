"""Events of Studio."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.events import Event


@dataclass(frozen=True, slots=True)
class ExecutionEvent(Event):
    """An execution was `started`, `parked` in a widget to wait for a reply, or `ended`."""

    change: str
    flow_sid: str
    widget: str | None
    by_message: bool


@dataclass(frozen=True, slots=True)
class MessageRouted(Event):
    """A message reached a flow; `outcome` as in `Incoming`, `started` aside."""

    flow_sid: str
    outcome: str


@dataclass(frozen=True, slots=True)
class CreatedByFlow(Event):
    """An execution sent the message, or made the task, of this SID."""

    sid: str


@dataclass(frozen=True, slots=True)
class ExecutionDue(Event):
    """An execution was started by REST and is to run."""

    seq: int
    queue: str


@dataclass(frozen=True, slots=True)
class IncomingDue(Event):
    """A message for a flow was recorded."""

    seq: int
    queue: str
