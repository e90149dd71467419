"""Reservations that hold a worker: found, and closed one way or another."""

from __future__ import annotations

from ..call import Call
from . import events
from .resources import OPEN_RESERVATIONS, Reservation, Task, Worker
from .rules import change


def open_reservations(call: Call, task: Task) -> list[Reservation]:
    """A task's reservations that have not ended."""
    where = {"task_sid": task.sid, "reservation_status": list(OPEN_RESERVATIONS)}
    return call.store.select(Reservation, where)


def task_of(call: Call, reservation: Reservation) -> Task:
    """The task of a reservation; both go together."""
    task = call.store.first(Task, sid=reservation.task_sid)
    assert task is not None  # noqa: S101 - a task takes its reservations with it
    return task


def close(
    call: Call, reservation: Reservation, status: str, task: Task, event: str | None = None
) -> Worker:
    """Give a reservation another status, and tell of it as `reservation.<event>`.

    Returns:
        Its worker, who has been idle from now on where the reservation has ended.
    """
    change(call, reservation, reservation_status=status, due_at=None)
    worker = call.store.first(Worker, sid=reservation.worker_sid)
    assert worker is not None  # noqa: S101 - a worker with reservations cannot be deleted
    if status != "wrapping":
        call.store.save(worker, idle_since=call.now)
    tell(call, event or status, reservation, task, worker)
    return worker


def tell(call: Call, happened: str, reservation: Reservation, task: Task, worker: Worker) -> None:
    """Tell what happened to a reservation."""
    events.tell(
        call,
        f"reservation.{happened}",
        reservation,
        task=task,
        reservation=reservation,
        worker=worker,
    )
