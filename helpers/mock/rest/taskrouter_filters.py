"""Filters of TaskRouter's lists, beyond a field's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import as_moment
from ..core.store import Between, Resource
from ..taskrouter import expressions, workflow_progress, workforce
from ..taskrouter.limits import is_yes
from ..taskrouter.resources import Activity, TaskQueue, Worker, WorkspaceEvent
from ..taskrouter.routing import Candidate, members
from .listing import Filter, Narrowing

STATUSES = frozenset({"pending", "reserved", "assigned", "canceled", "completed", "wrapping"})
RESERVATION_STATUSES = (STATUSES - {"reserved", "assigned"}) | {
    "accepted",
    "rejected",
    "timeout",
    "rescinded",
}
EVENT_MINUTES = 15
"""Age of the oldest events that are read by default (specified)."""


def one_of(parameter: str, column: str, choices: frozenset[str]) -> Filter:
    """Return a filter by values of a fixed set, repeated or separated by commas."""

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
    """Return a filter by a whole number."""

    def choose(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        return {column: [_number(parameter, value) for value in values]}

    return choose


def _number(parameter: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise TwilioError(20001, f"{parameter} must be a whole number") from None


def by_name(kind: type[Resource], column: str, *names: str) -> Filter:
    """Return a filter by another resource's name, in one of its fields `names`."""

    def choose(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        found: list[Any] = []
        for name in names or ("friendly_name",):
            found += ctx.store.select(kind, {"workspace_sid": parent.sid, name: values})
        return {column: [each.sid for each in found]}

    return choose


def activity_available(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Keep activities that leave a worker free, or those that do not."""
    return {"available": is_yes(values[-1])}


def worker_available(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Keep workers in such activities."""
    where = {"workspace_sid": parent.sid, "available": is_yes(values[-1])}
    return {"activity_sid": [each.sid for each in ctx.store.select(Activity, where)]}


def _matching(ctx: Context, parent: Any, values: list[str]) -> list[Candidate]:
    tree = expressions.parse(values[-1])
    everybody = workforce.everybody(ctx, parent)
    return [each for each in everybody if expressions.holds(tree, each.scope)]


def target_workers(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Keep workers that match an expression over their attributes and fields (specified)."""
    return {"sid": [each.worker.sid for each in _matching(ctx, parent, values)]}


def in_queues(name: str) -> Filter:
    """Return a filter by the SID or name of a worker's queue."""

    def choose(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        queues = ctx.store.select(TaskQueue, {"workspace_sid": parent.sid, name: values})
        everybody = workforce.everybody(ctx, parent)
        found = {each.worker.sid for queue in queues for each in members(queue, everybody)}
        return {"sid": sorted(found)}

    return choose


def _queues(ctx: Context, parent: Any, workers: list[Candidate]) -> Narrowing:
    queues = ctx.store.select(TaskQueue, {"workspace_sid": parent.sid})
    return {"sid": [queue.sid for queue in queues if members(queue, workers)]}


def queues_of_worker(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Keep queues of one of these workers."""
    workers = ctx.store.select(Worker, {"workspace_sid": parent.sid, "sid": values})
    return _queues(ctx, parent, workforce.candidates(ctx, parent, workers))


def queues_of_workers(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Keep queues of workers that match an expression (specified)."""
    return _queues(ctx, parent, _matching(ctx, parent, values))


def task_attributes(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Keep tasks whose attributes match an expression (specified)."""
    tree = expressions.parse(values[-1])
    return lambda task: expressions.holds(tree, workflow_progress.filter_scope(ctx, task))


def has_addons(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Keep tasks with add-ons: there are none, since add-ons are not simulated."""
    wanted = is_yes(values[-1])
    return lambda task: not wanted


def minutes(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
    """Keep events of the last so many minutes."""
    return {"event_date": Between(low=ctx.now - 60 * _number("Minutes", values[-1]))}


def _dated(parameter: str, test: Callable[[WorkspaceEvent, float], bool]) -> Filter:
    def choose(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        try:
            at = as_moment(values[-1])
        except ValueError:
            raise TwilioError(20001, f"{parameter} must be a date as in ISO 8601") from None
        return lambda event: test(event, at)

    return choose


started = _dated("StartDate", lambda event, at: event.event_date >= at)
ended = _dated("EndDate", lambda event, at: event.event_date < at + 1)
"""Events up to a date; dates show whole seconds, so the second belongs to it."""


def recent(ctx: Context, parent: Any, names: list[str]) -> Narrowing:
    """Keep events of the last quarter of an hour, unless the query gives a time (specified)."""
    if {"Minutes", "StartDate", "EndDate", "Sid"}.isdisjoint(names):
        return {"event_date": Between(low=ctx.now - 60 * EVENT_MINUTES)}
    return {}
