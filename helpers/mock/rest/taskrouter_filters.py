"""Filters of TaskRouter's lists, beyond a field's value."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import as_moment
from ..core.store import Between, Resource
from ..taskrouter import expressions, workflow_progress, workforce
from ..taskrouter.limits import is_yes
from ..taskrouter.resources import Activity, Task, TaskChannel, TaskQueue, Worker, Workflow
from ..taskrouter.routing import Candidate, is_in
from .listing import Filter, Narrowing

STATUSES = frozenset({"pending", "reserved", "assigned", "canceled", "completed", "wrapping"})
RESERVATION_STATUSES = frozenset(
    {
        "pending",
        "accepted",
        "rejected",
        "timeout",
        "canceled",
        "rescinded",
        "wrapping",
        "completed",
    }
)
EVENT_MINUTES = 15
"""Age of the oldest events that are read by default (specified)."""
_WHEN = frozenset({"Minutes", "StartDate", "EndDate", "Sid"})


def one_of(parameter: str, column: str, choices: frozenset[str]) -> Filter:
    """Values of a fixed set, repeated or separated by commas."""

    def choose(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        found = [part.strip() for value in values for part in value.split(",")]
        unknown = [part for part in found if part not in choices]
        if unknown:
            raise TwilioError(
                20001, f"{parameter} takes {', '.join(sorted(choices))}; got {unknown[0][:40]!r}"
            )
        return {column: found}

    return choose


def number(parameter: str, column: str) -> Filter:
    """A whole number."""

    def choose(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        return {column: [_number(parameter, value) for value in values]}

    return choose


def _number(parameter: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise TwilioError(20001, f"{parameter} must be a whole number") from None


def by_name(kind: type[Resource], column: str, *names: str) -> Filter:
    """Resources that belong to one of this name, in one of its fields `names`."""

    def choose(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        found: list[Any] = []
        for name in names or ("friendly_name",):
            where = {"workspace_sid": parent.sid, name: values}
            found += ctx.store.select(kind, where)
        return {column: [one.sid for one in found]}

    return choose


def activity_available(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Activities that leave a worker free, or that do not."""
    return {"available": is_yes(values[-1])}


def worker_available(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Workers in such activities."""
    where = {"workspace_sid": parent.sid, "available": is_yes(values[-1])}
    return {"activity_sid": [one.sid for one in ctx.store.select(Activity, where)]}


def _workers(ctx: Context, parent: Any, chosen: Any) -> Narrowing:
    everybody: list[Candidate] = workforce.everybody(ctx, parent)
    return {"sid": [one.worker.sid for one in everybody if chosen(one)]}


def target_workers(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Workers that match an expression over their attributes and fields (specified)."""
    tree = expressions.parse(values[-1])
    return _workers(ctx, parent, lambda one: expressions.holds(tree, one.scope))


def in_queues(name: str) -> Filter:
    """Workers that a queue of this SID or name is for."""

    def choose(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        queues = ctx.store.select(TaskQueue, {"workspace_sid": parent.sid, name: values})
        return _workers(ctx, parent, lambda one: any(is_in(queue, one) for queue in queues))

    return choose


def _queues(ctx: Context, parent: Any, workers: list[Candidate]) -> Narrowing:
    queues = ctx.store.select(TaskQueue, {"workspace_sid": parent.sid})
    return {"sid": [queue.sid for queue in queues if any(is_in(queue, one) for one in workers)]}


def queues_of_worker(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Queues that are for one of these workers."""
    workers = ctx.store.select(Worker, {"workspace_sid": parent.sid, "sid": values})
    return _queues(ctx, parent, workforce.candidates(ctx, parent, workers))


def queues_of_workers(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Queues that are for some worker who matches an expression (specified)."""
    tree = expressions.parse(values[-1])
    everybody = workforce.everybody(ctx, parent)
    matching = [one for one in everybody if expressions.holds(tree, one.scope)]
    return _queues(ctx, parent, matching)


def task_attributes(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Tasks whose attributes match an expression (specified)."""
    tree = expressions.parse(values[-1])

    def keep(task: Task) -> bool:
        return expressions.holds(tree, workflow_progress.filter_scope(task))

    return keep


def has_addons(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Tasks with add-ons: there are none, since add-ons are not simulated."""
    wanted = is_yes(values[-1])
    return lambda task: not wanted


def minutes(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Events of the last so many minutes."""
    return {"event_date": Between(low=ctx.now - 60 * _number("Minutes", values[-1]))}


def started(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Events on or after a date."""
    return _dated("StartDate", values, lambda event, at: event.event_date >= at)


def ended(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Events on or before a date; dates show whole seconds, so the second belongs to it."""
    return _dated("EndDate", values, lambda event, at: event.event_date < at + 1)


def _dated(parameter: str, values: list[str], test: Any) -> Narrowing:
    try:
        at = as_moment(values[-1])
    except ValueError:
        raise TwilioError(20001, f"{parameter} must be a date as in ISO 8601") from None
    return lambda event: test(event, at)


def recent(ctx: Context, parent: Any, names: list[str]) -> Narrowing:
    """Events of the last quarter of an hour, unless the query says when (specified)."""
    if _WHEN.isdisjoint(names):
        return {"event_date": Between(low=ctx.now - 60 * EVENT_MINUTES)}
    return {}


workflow_named = by_name(Workflow, "workflow_sid")
queue_named = by_name(TaskQueue, "task_queue_sid")
activity_named = by_name(Activity, "activity_sid")
task_channel = by_name(TaskChannel, "task_channel_sid", "sid", "unique_name")
