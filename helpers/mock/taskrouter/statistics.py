"""Statistics of a workspace, its workflows, queues and workers.

Real-time ones are counted from tasks and workers as they are, cumulative ones from the events of an
interval; an account keeps the latest `events.KEPT`. Their names are specified. Inferred: a task
waits while it is pending or reserved, one that has ended is not counted as current, and a wait of
exactly a threshold is below it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Moment, Parameters
from ..core.store import Between
from . import task_channels, workforce
from .limits import Text
from .resources import (
    Activity,
    InWorkspace,
    Task,
    TaskQueue,
    Worker,
    Workflow,
    Workspace,
    WorkspaceEvent,
)
from .routing import Candidate, members

Numbers = dict[str, Any]
Counted = Mapping[str, tuple[str, ...]]
"""Cumulative statistics -> the events that each counts."""
Waits = defaultdict[str, list[float]]
"""Events -> the seconds that tasks had waited by then."""

_RESERVATIONS = {
    "reservations_created": ("reservation.created",),
    "reservations_accepted": ("reservation.accepted",),
    "reservations_rejected": ("reservation.rejected",),
    "reservations_timed_out": ("reservation.timeout",),
    "reservations_canceled": ("reservation.canceled",),
    "reservations_rescinded": ("reservation.rescinded",),
}
_TASKS = {
    **_RESERVATIONS,
    "tasks_canceled": ("task.canceled",),
    "tasks_completed": ("task.completed",),
    "tasks_deleted": ("task.deleted", "task.system-deleted"),
    "tasks_moved": ("task-queue.moved",),
}
_TIMED_OUT = {"tasks_timed_out_in_workflow": ("workflow.timeout",)}
_COUNTED: dict[type[Any], Counted] = {
    Workspace: {**_TASKS, "tasks_created": ("task.created",), **_TIMED_OUT},
    Workflow: {**_TASKS, "tasks_entered": ("workflow.entered",), **_TIMED_OUT},
    TaskQueue: {**_TASKS, "tasks_entered": ("task-queue.entered",)},
}
OWN_SID: dict[type[InWorkspace], str] = {
    Workflow: "workflow_sid",
    TaskQueue: "task_queue_sid",
    Worker: "worker_sid",
}
"""Names under which tasks, events and statistics have the SID of each kind."""
_ACCEPTED, _CANCELED, _ENTERED = "reservation.accepted", "task.canceled", "task-queue.entered"
_MOVED = "worker.activity.update"
_REST_OF_THE_SECOND = 0.999


def _thresholds(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise TwilioError(
            20001, f"SplitByWaitTime must be whole seconds such as 5,30; got {text[:40]!r}"
        )
    return parts


class StatisticsQuery(Parameters):
    """Parameters of statistics (specified); StartDate counts before Minutes (inferred)."""

    minutes: Annotated[int, Field(ge=0)] = 15
    start_date: Moment | None = None
    end_date: Moment | None = None
    task_channel: Text = None
    split_by_wait_time: Annotated[str, AfterValidator(_thresholds)] | None = None
    friendly_name: Text = None
    task_queue_sid: Text = None
    task_queue_name: Text = None


class Statistics:
    """Statistics of one workspace as a query wants them, at the time of a request.

    Raises:
        TwilioError: 20001, its interval ends before it starts, or there is no such task channel.
    """

    def __init__(self, ctx: Context, workspace: Workspace, query: StatisticsQuery) -> None:
        self._ctx, self._workspace, self._query = ctx, workspace, query
        key = query.task_channel
        channel = None if key is None else task_channels.find(ctx, workspace.sid, key)
        if key is not None and channel is None:
            raise TwilioError(20001, f"TaskChannel {key[:40]} does not exist here")
        self._channel = channel.sid if channel else None
        end, start = query.end_date, query.start_date
        self._end = ctx.now if end is None else end + _REST_OF_THE_SECOND
        self._start = self._end - min(60 * query.minutes, self._end) if start is None else start
        if self._start > self._end:
            raise TwilioError(20001, "StartDate must not be after EndDate")

    # -- real time

    def tasks_now(self, sids: Mapping[str, str]) -> Numbers:
        """Count the open tasks of a workspace, workflow or queue, and find the longest waits."""
        ctx, where = self._ctx, {"workspace_sid": self._workspace.sid, **sids}
        if self._channel is not None:
            where["task_channel_sid"] = self._channel
        statuses = list(task_channels.OPEN_TASKS)
        tally = ctx.store.tally(
            Task, ("assignment_status", "priority"), {**where, "assignment_status": statuses}
        )
        by_status, by_priority = Counter(dict.fromkeys(statuses, 0)), Counter[str]()
        for (status, priority), count in tally.items():
            by_status[status] += count
            by_priority[str(priority)] += count
        numbers = {
            "tasks_by_status": dict(by_status),
            "tasks_by_priority": dict(by_priority),
            "total_tasks": by_status.total(),
        }
        waits = {"date_created": "longest_task_waiting_{}"}
        if "task_queue_sid" in sids:
            waits["task_queue_entered_date"] = "longest_relative_task_{}_in_queue"
        waiting = {**where, "assignment_status": ["pending", "reserved"]}
        for since, name in waits.items():
            found = ctx.store.select(Task, {**waiting, since: Between()}, by=(since,), limit=1)
            ages = [int(ctx.now - getattr(each, since)) for each in found]
            numbers[name.format("age")] = ages[0] if ages else 0
            numbers[name.format("sid")] = found[0].sid if found else None
        return numbers

    def workers_now(self, workers: Iterable[Candidate] | None = None) -> Numbers:
        """Count workers by activity, by default all that the query wants."""
        chosen = self.workers() if workers is None else list(workers)
        counts = Counter(each.worker.activity_sid for each in chosen)
        return {
            "total_workers": len(chosen),
            "activity_statistics": [
                {"friendly_name": each.friendly_name, "workers": counts[each.sid], "sid": each.sid}
                for each in workforce.in_workspace(self._ctx, Activity, self._workspace)
            ],
        }

    def queue_now(self, sid: str) -> Numbers:
        """Count the tasks and workers of a queue; a SID of none has zeros (documented)."""
        where = {"sid": sid, "workspace_sid": self._workspace.sid}
        queue = self._ctx.store.find(TaskQueue, where)
        everybody = workforce.everybody(self._ctx, self._workspace)
        workers = members(queue, filter(self._takes_tasks, everybody))
        numbers = self.tasks_now({"task_queue_sid": sid}) | self.workers_now(workers)
        numbers["total_eligible_workers"] = numbers.pop("total_workers")
        numbers["total_available_workers"] = sum(each.available for each in workers)
        return numbers

    def _takes_tasks(self, worker: Candidate) -> bool:
        """Return whether a worker has the query's channel (inferred), or it names none."""
        return self._channel is None or worker.capacity.get(self._channel, 0) > 0

    def workers(self) -> list[Candidate]:
        """Return the workers that the query wants."""
        ctx, query = self._ctx, self._query
        found = [*filter(self._takes_tasks, workforce.everybody(ctx, self._workspace))]
        if query.friendly_name is not None:
            found = [each for each in found if each.worker.friendly_name == query.friendly_name]
        wanted = {"sid": query.task_queue_sid, "friendly_name": query.task_queue_name}
        for name, value in wanted.items():
            if value is not None:
                where = {"workspace_sid": self._workspace.sid, name: value}
                queues = ctx.store.select(TaskQueue, where)
                own = {each.worker.sid for queue in queues for each in members(queue, found)}
                found = [each for each in found if each.worker.sid in own]
        return found

    # -- cumulative

    def cumulative(self, kind: type[Any], sids: Iterable[str]) -> list[Numbers]:
        """Return what happened to the tasks of the workspace, or of workflows or queues."""
        chosen, own = list(sids), OWN_SID.get(kind, "workspace_sid")
        where = {own: chosen}
        counts, waits = self._counts(where, own, _COUNTED[kind]), self._waits(where, own)
        return [
            {**self._interval, **counts[sid], **self._of_waits(waits[sid], kind is TaskQueue)}
            for sid in chosen
        ]

    def _of_waits(self, waits: Waits, is_queue: bool) -> Numbers:
        accepted, canceled = waits[_ACCEPTED], waits[_CANCELED]
        numbers = {
            "avg_task_acceptance_time": _spread(accepted)["avg"],
            "wait_duration_until_accepted": _spread(accepted),
            "wait_duration_until_canceled": _spread(canceled),
            "split_by_wait_time": None,
        }
        if is_queue:
            numbers["wait_duration_in_queue_until_accepted"] = _spread(waits[_ENTERED])
        if self._query.split_by_wait_time is not None:
            waits_of = {"tasks_canceled": canceled, "reservations_accepted": accepted}
            numbers["split_by_wait_time"] = {
                limit: {
                    side: {
                        name: sum((wait > int(limit)) is is_above for wait in seconds)
                        for name, seconds in waits_of.items()
                    }
                    for side, is_above in (("above", True), ("below", False))
                }
                for limit in self._query.split_by_wait_time
            }
        return numbers

    def of_workers(self, workers: Iterable[Worker] | None = None) -> Numbers:
        """Return reservations and time by activity of workers, by default all the query wants.

        A worker deleted since counts where the query wants everybody.
        """
        query, where = self._query, dict[str, Any]()
        of_some = query.friendly_name, query.task_queue_sid, query.task_queue_name, self._channel
        chosen = [each.worker for each in self.workers()] if workers is None else list(workers)
        if workers is not None or any(of_some):
            where["worker_sid"] = [each.sid for each in chosen]
        counts = self._counts(where, "workspace_sid", _RESERVATIONS)[self._workspace.sid]
        return {
            **self._interval,
            **counts,
            "activity_durations": self._durations(chosen, where),
        }

    def _durations(self, workers: Iterable[Worker], where: Mapping[str, Any]) -> list[Numbers]:
        """Return the time that workers spent in each activity, stay by stay."""
        ctx, stays = self._ctx, defaultdict[str, list[tuple[float, float]]](list)
        where = {**where, "workspace_sid": self._workspace.sid, "event_type": _MOVED}
        moves = ctx.store.select(WorkspaceEvent, {**where, "event_date": Between(low=self._start)})
        for event in moves:
            data, left = event.event_data, event.event_date
            came = left - int(data["worker_time_in_previous_activity_ms"]) / 1000
            stays[data["worker_previous_activity_sid"]].append((came, left))
        for worker in workers:
            stays[worker.activity_sid].append((worker.date_status_changed, ctx.now))
        return [
            {
                "sid": each.sid,
                "friendly_name": each.friendly_name,
                **_spread(
                    min(left, self._end) - max(came, self._start)
                    for came, left in stays[each.sid]
                    if came < self._end and left > self._start
                ),
            }
            for each in workforce.in_workspace(ctx, Activity, self._workspace)
        ]

    @property
    def _interval(self) -> Numbers:
        return {"start_time": iso(self._start), "end_time": iso(self._end)}

    def _happened(self, where: Mapping[str, Any], kinds: Iterable[str]) -> dict[str, Any]:
        """Return the condition of the interval's events of these kinds."""
        if self._channel is not None:
            where = {**where, "task_channel_sid": self._channel}
        span = Between(self._start, self._end)
        own = {"workspace_sid": self._workspace.sid, "event_type": sorted(kinds)}
        return {**own, **where, "event_date": span}

    def _counts(
        self, where: Mapping[str, Any], by: str, counted: Counted
    ) -> defaultdict[str, Numbers]:
        """Count events by what the column `by` of each names."""
        kinds = {kind: name for name, kinds in counted.items() for kind in kinds}
        counts = defaultdict[str, Numbers](lambda: dict.fromkeys(counted, 0))
        happened = self._happened(where, kinds)
        tally = self._ctx.store.tally(WorkspaceEvent, (by, "event_type"), happened)
        for (sid, kind), count in tally.items():
            counts[sid][kinds[kind]] += count
        return counts

    def _waits(self, where: Mapping[str, Any], by: str) -> defaultdict[str, Waits]:
        """Return the seconds that tasks waited: until accepted or cancelled, and in their queue."""
        store, waits = self._ctx.store, defaultdict[str, Waits](lambda: defaultdict(list))
        found = store.select(WorkspaceEvent, self._happened(where, [_ACCEPTED, _CANCELED]))
        tasks = [each.task_sid for each in found] if by == OWN_SID[TaskQueue] else []
        entered: dict[tuple[str | None, str | None], list[float]] = defaultdict(list)
        for event in store.select(WorkspaceEvent, {"task_sid": tasks, "event_type": _ENTERED}):
            entered[event.task_sid, event.task_queue_sid].append(event.event_date)
        for event in found:
            own, at = waits[getattr(event, by)], event.event_date
            own[event.event_type].append(int(event.event_data["task_age"]))
            since = [date for date in entered[event.task_sid, event.task_queue_sid] if date <= at]
            if since and event.event_type == _ACCEPTED:
                own[_ENTERED].append(at - since[-1])
        return waits


def _spread(seconds: Iterable[float]) -> dict[str, int]:
    """Return average, least, most and sum, in whole seconds."""
    found = list(seconds)
    average = sum(found) / len(found) if found else 0
    numbers = {"avg": average, "min": min(found, default=0), "max": max(found, default=0)}
    return {name: int(value) for name, value in {**numbers, "total": sum(found)}.items()}
