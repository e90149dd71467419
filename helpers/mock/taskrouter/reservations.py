"""Reservations as the API changes them.

The instructions that place calls (call, dequeue, redirect, conference, supervise) are not
simulated and are refused; their parameters mean nothing without them.
"""

from __future__ import annotations

from typing import Literal

from ..call import Call
from ..errors import NOT_SIMULATED, TwilioError
from ..fields import Fields
from . import endings, offers
from .holding import task_of
from .resources import Activity, Reservation
from .rules import Sid, inside

Status = Literal[
    "pending", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapping", "completed"
]

_INSTRUCTED: dict[str, Status] = {"accept": "accepted", "reject": "rejected"}
_OF_VOICE = ("call", "dequeue", "redirect", "conference", "supervise")


class ReservationChanges(Fields):
    """Parameters of reservation update (specified), less those of calls."""

    reservation_status: Status | None = None
    worker_activity_sid: Sid = None
    instruction: str | None = None


def update(call: Call, reservation: Reservation, changes: ReservationChanges) -> Reservation:
    """Accept or reject a reservation, or end an accepted one together with its task.

    Raises:
        TwilioError: 20001, its status does not allow the new one; 501, an instruction to place a
            call; 55555, no instruction of TaskRouter's.
    """
    sid = changes.worker_activity_sid
    inside(call, Activity, reservation.workspace_sid, sid, "WorkerActivitySid")
    status = changes.reservation_status or _instructed(changes.instruction)
    if status == "accepted":
        offers.accept(call, reservation)
    elif status == "rejected":
        offers.reject(call, reservation, sid)
    elif status in ("wrapping", "completed"):
        _end(call, reservation, status)
    elif status is not None:
        raise TwilioError(
            20001, f"A reservation becomes {status} by itself; ReservationStatus cannot say so"
        )
    found = call.store.first(Reservation, sid=reservation.sid)
    return found or reservation


def _instructed(instruction: str | None) -> Status | None:
    if instruction is None:
        return None
    name = instruction.lower()
    if name in _OF_VOICE:
        raise TwilioError(
            NOT_SIMULATED,
            f"Instruction={name} places a call, which this mock does not simulate; it simulates"
            " accept and reject",
        )
    if name not in _INSTRUCTED:
        raise TwilioError(55555, f"Invalid instruction {instruction[:40]!r} passed to TaskRouter")
    return _INSTRUCTED[name]


def _end(call: Call, reservation: Reservation, status: Status) -> None:
    if reservation.reservation_status not in ("accepted", "wrapping"):
        raise TwilioError(
            20001,
            f"Reservation {reservation.sid} cannot become {status}; it is"
            f" {reservation.reservation_status}",
        )
    task = task_of(call, reservation)
    (endings.wrap_up if status == "wrapping" else endings.complete)(call, task)
