"""Lists of workers and tasks, and figures of queues, as supervisors have them in Flex, live.

Names of indexes, maps and their contents are those that Flex UI reads (observed in its published
sources); the thresholds are its defaults. Lists are live queries, figures are Sync maps. Both are
computed from TaskRouter, and sent again where an event of TaskRouter has changed them.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ...json_object import json_object
from ..core.clock import iso
from ..core.context import Actor, Backend, Context
from ..core.errors import TwilioError
from ..core.events import Event
from ..rest import taskrouter_views
from ..rest.collection import Arguments, Operation
from ..rest.http import Reply, Request
from ..taskrouter import expressions
from ..taskrouter.resources import (
    OPEN_RESERVATIONS,
    Activity,
    Reservation,
    Task,
    TaskQueue,
    Worker,
    Workspace,
)
from ..taskrouter.statistics import Numbers, Statistics, StatisticsQuery
from .connection import log_failure
from .conversations import HOST
from .feeds import MERGED, FeedClient, Feeds
from .notices import SyncNotice

KEPT = 1_000
"""Lists and maps that are remembered; the oldest are forgotten."""
SHORT_ABANDON, SERVICE_LEVEL = "5", "20"
"""Seconds: a task that is cancelled sooner does not count, one accepted later is outside the
service level (Flex UI's defaults)."""
DAY_STARTS = 8 * 3600
"""Seconds after midnight, GMT, at which the figures of "today" start (Flex UI's default)."""
WORKSPACE_MAP, QUEUE_MAP = "realtime_statistics_v1", ".realtime_statistics.v1"
"""Name of a workspace's map, and the end of that of a queue."""
PATHS = {
    "CreateTelemetryEvents": "/v1/Telemetry/Events",
    "QueryInsights": "/v3/Insights/{Index}/Items",
}
"""Paths of the operations."""
_SPLIT = f"{SHORT_ABANDON},{SERVICE_LEVEL}"
_OUTSIDE = re.compile(r'"(?:\\.|[^"\\])*"|\bnot_in\b', re.IGNORECASE)
"""A text, or a comparison that TaskRouter's own expressions spell otherwise."""
Items = dict[str, Any]
"""Data of items by key."""


# -- lists


def _workers(ctx: Context, workspace_sid: str) -> Items:
    found = ctx.store.select_shared(Worker, {"workspace_sid": workspace_sid})
    return {
        each.sid: {
            "worker_sid": each.sid,
            "workspace_sid": workspace_sid,
            "friendly_name": each.friendly_name,
            "attributes": json_object(each.attributes) or {},
            "activity_name": taskrouter_views.worker_activity(ctx, each)["activity_name"],
            "worker_activity_sid": each.activity_sid,
            "date_activity_changed": iso(each.date_status_changed),
            "date_updated": iso(each.date_updated),
        }
        for each in found
    }


def _reservations(ctx: Context, workspace_sid: str) -> Items:
    """Open reservations, each with its task."""
    where = {"workspace_sid": workspace_sid, "reservation_status": list(OPEN_RESERVATIONS)}
    shown = {}
    for each in ctx.store.select(Reservation, where):
        task = ctx.get_cached(Task, each.task_sid)
        if task is not None:
            names = taskrouter_views.task_names(ctx, task)
            shown[each.sid] = {
                "reservation_sid": each.sid,
                "worker_sid": each.worker_sid,
                "workspace_sid": workspace_sid,
                "status": each.reservation_status,
                "task_sid": task.sid,
                "task_status": task.assignment_status,
                "task_priority": task.priority,
                "task_age": names["age"],
                "task_channel_unique_name": names["task_channel_unique_name"],
                "task_routing_target": task.routing_target,
                "queue_name": names["task_queue_friendly_name"],
                "attributes": json_object(task.attributes) or {},
                "date_created": iso(each.date_created),
                "date_updated": iso(each.date_updated),
            }
    return shown


def _queues(ctx: Context, workspace_sid: str) -> Items:
    found = ctx.store.select_shared(TaskQueue, {"workspace_sid": workspace_sid})
    return {
        each.sid: {
            "queue_sid": each.sid,
            "queue_name": each.friendly_name,
            "workspace_sid": workspace_sid,
            "date_updated": iso(each.date_updated),
        }
        for each in found
    }


INDEXES: Mapping[str, Callable[[Context, str], Items]] = {
    "tr-worker": _workers,
    "tr-reservation": _reservations,
    "tr-queue": _queues,
}
"""Lists that there are, by the name of their index."""


def _in_words(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else "NOT IN"


def _chosen(index: str, query: str, ctx: Context, workspace_sid: str) -> Items:
    items = INDEXES[index](ctx, workspace_sid)
    return {key: data for key, data in items.items() if expressions.matches(query, {"data": data})}


# -- figures


def _waiting(ctx: Context, numbers: Numbers) -> Numbers:
    """Since when the longest waiting task waits."""
    sid, age = numbers["longest_task_waiting_sid"], numbers["longest_task_waiting_age"]
    task = ctx.get_cached(Task, sid)
    return {
        "total_tasks": numbers["total_tasks"],
        "tasks_by_priority": numbers["tasks_by_priority"],
        "longest_task_waiting_sid": sid,
        "longest_task_waiting_age": age,
        "longest_task_waiting_from": iso(task.date_created) if task else None,
    }


def _activities(ctx: Context, numbers: Numbers) -> list[Numbers]:
    shown = []
    for each in numbers["activity_statistics"]:
        activity = ctx.get_cached(Activity, each["sid"])
        is_available = activity is not None and activity.available
        shown.append({**each, "available_workers": each["workers"] if is_available else 0})
    return shown


def _tasks_now(ctx: Context, numbers: Numbers) -> Numbers:
    by_status = numbers["tasks_by_status"]
    return {f"{status}_tasks": count for status, count in by_status.items()} | _waiting(
        ctx, numbers
    )


def _service_level(numbers: Numbers) -> Numbers:
    """How well a queue did, with shares of the tasks that came in (inferred)."""
    split = numbers["split_by_wait_time"]
    handled, abandoned = numbers["reservations_accepted"], numbers["tasks_canceled"]
    short = split[SHORT_ABANDON]["below"]["tasks_canceled"]
    within, left = split[SERVICE_LEVEL]["below"]["reservations_accepted"], numbers["tasks_moved"]
    counts = {
        "handled_tasks": handled,
        "handled_tasks_within_sl_threshold": within,
        "short_abandoned_tasks": short,
        "abandoned_tasks": abandoned - short,
        "flow_out_tasks": left,
    }
    total = numbers["tasks_entered"]
    rated = handled + abandoned - short
    return {
        "total_tasks_count": total,
        **{f"{name}_count": count for name, count in counts.items()},
        **{f"{name}_percentage": _share(count, total) for name, count in counts.items()},
        "sla_percentage": _share(within, rated) if rated else None,
    }


def _share(count: int, total: int) -> float:
    return round(count / total, 4) if total else 0


def _of_queue(queue_sid: str, ctx: Context, workspace_sid: str) -> Items:
    workspace = ctx.store.first(Workspace, sid=workspace_sid)
    if workspace is None or not ctx.store.exists(TaskQueue, sid=queue_sid):
        return {}

    own = {"task_queue_sid": queue_sid}

    def statistics(**query: Any) -> Statistics:
        return Statistics(ctx, workspace, StatisticsQuery(split_by_wait_time=_SPLIT, **query))

    def each_channel(figures: Callable[[Statistics], Numbers], **query: Any) -> Numbers:
        shown = {sid: figures(statistics(task_channel=sid, **query)) for sid in sorted(channels)}
        return {"queue": figures(statistics(**query)), **shown}

    channels = {each.task_channel_sid for each in ctx.store.select_shared(Task, own)}
    day = (ctx.now - DAY_STARTS) // 86_400 * 86_400 + DAY_STARTS

    def level(of: Statistics) -> Numbers:
        return _service_level(of.cumulative(TaskQueue, [queue_sid])[0])

    workers = statistics().queue_now(queue_sid)
    return {
        "tasks_now": each_channel(lambda of: _tasks_now(ctx, of.tasks_now(own))),
        "tasks_thirty_minutes": each_channel(level, minutes=30),
        "tasks_today": each_channel(level, start_date=day),
        "worker_activities_statistics": {
            "total_available_workers": workers["total_available_workers"],
            "total_eligible_workers": workers["total_eligible_workers"],
            "activity_statistics": _activities(ctx, workers),
        },
    }


def _of_workspace(ctx: Context, workspace_sid: str) -> Items:
    workspace = ctx.store.first(Workspace, sid=workspace_sid)
    if workspace is None:
        return {}
    statistics = Statistics(ctx, workspace, StatisticsQuery())
    tasks, workers = statistics.tasks_now({}), statistics.workers_now()
    return {
        "workspace": {
            "key": "workspace",
            "total_workers": workers["total_workers"],
            "activity_statistics": _activities(ctx, workers),
            "tasks_by_status": tasks["tasks_by_status"],
            **_waiting(ctx, tasks),
        }
    }


# -- both, as clients follow them


@dataclass(slots=True)
class Watched:
    """A list or map: how to compute it, and its items, each with its revision."""

    sid: str
    name: str | None
    workspace_sid: str
    compute: Callable[[Context, str], Items]
    items: dict[str, tuple[Any, int]] = field(default_factory=dict)
    last_event_id: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://cds.us1.twilio.com/v3/Maps/{self.sid}"

    def shown(self) -> list[dict[str, Any]]:
        """Return its items as a live query has them."""
        return [
            {"key": key, "data": data, "revision": revision}
            for key, (data, revision) in self.items.items()
        ]

    def notices(self, changed: Iterable[str], now: float) -> list[SyncNotice]:
        """Return the events about its items."""
        event = {"id": self.last_event_id, "date_created": iso(now)}
        if self.name is None:
            more = {"query_id": self.sid, "last_event_id": self.last_event_id}
            return [SyncNotice("live_query_updated", {**event, **more, "items": self.shown()})]
        return [
            SyncNotice(
                "map_item_updated",
                {
                    **event,
                    "map_sid": self.sid,
                    "map_revision": str(self.last_event_id),
                    "date_expires": None,
                    "item_key": key,
                    "item_url": f"{self.url}/Items/{key}",
                    "item_revision": str(self.last_event_id),
                    "item_data": self.items[key][0],
                },
            )
            for key in changed
            if key in self.items
        ]


class Insights:
    """The lists and figures of an account, for Flex users alone."""

    def __init__(self, backend: Backend, account_sid: str, feeds: Feeds, workers: Executor) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._feeds = feeds
        self._workers = workers
        self._watched: OrderedDict[str, Watched] = OrderedDict()
        self._is_planned = False
        # beyond those of an earlier process, whose items clients may still hold
        self._ids = itertools.count(time.time_ns() // 1_000_000)
        self.operations = tuple(
            Operation(name, "POST", HOST, path, handle)
            for (name, path), handle in zip(PATHS.items(), (_telemetry, self._query), strict=True)
        )

    # -- requests

    def _query(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        index = arguments["Index"]
        query = _OUTSIDE.sub(_in_words, str(request.form.get("QueryString") or ""))
        if ctx.actor.workspace_sid is None:
            raise TwilioError(20403, "Live queries need an access token with a task_router grant")
        if index not in INDEXES:
            raise TwilioError(20404, f"Index {index[:40]} is not simulated: {', '.join(INDEXES)}")
        expressions.parse(query)
        compute = partial(_chosen, index, query)
        found = self._find(ctx.actor.workspace_sid, f"{index} {query}", compute)
        self._refresh(ctx, found)
        return Reply(
            200,
            {
                "query_id": found.sid,
                "last_event_id": found.last_event_id,
                "items": found.shown(),
                "items_count": len(found.items),
                "meta": {"next_token": None, "previous_token": None},
            },
        )

    def map_of(self, ctx: Context, key: str) -> Watched | None:
        """Return the map of a name or SID, up to date; None where there is none for the user."""
        own = ctx.actor.workspace_sid
        if own is None:
            return None
        found = self._watched.get(key)
        if key == WORKSPACE_MAP:
            found = self._find(own, key, _of_workspace, name=key)
        elif key.endswith(QUEUE_MAP):
            queue_sid = key.removesuffix(QUEUE_MAP)
            if ctx.store.exists(TaskQueue, sid=queue_sid, workspace_sid=own):
                found = self._find(own, key, partial(_of_queue, queue_sid), name=key)
        if found is None or found.workspace_sid != own or found.name is None:
            return None
        self._refresh(ctx, found)
        return found

    def _find(
        self,
        workspace_sid: str,
        key: str,
        compute: Callable[[Context, str], Items],
        name: str | None = None,
    ) -> Watched:
        digits = hashlib.sha256(f"{workspace_sid} {key}".encode()).hexdigest()[:32]
        sid = f"{'QR' if name is None else 'MP'}{digits}"
        if sid not in self._watched:
            self._watched[sid] = Watched(sid, name, workspace_sid, compute)
            while len(self._watched) > KEPT:
                self._watched.popitem(last=False)
        return self._watched[sid]

    # -- changes

    def follow(self, client: FeedClient, actor: Actor, sid: str) -> list[SyncNotice] | None:
        """Let a client follow a list or map, and return the events that make it up to date.

        Returns:
            The events; None where there is no such thing for this user.
        """
        found = self._watched.get(sid)
        if found is None or found.workspace_sid != actor.workspace_sid:
            return None
        ctx = Context(self._backend, self._account_sid, actor)
        self._refresh(ctx, found)
        self._feeds.follow(client, sid, found.last_event_id)
        return found.notices(found.items, ctx.now)

    def _refresh(self, ctx: Context, watched: Watched) -> list[str]:
        """Compute the items again, and return the keys of those that have changed."""
        items = watched.compute(ctx, watched.workspace_sid)
        known = watched.items
        changed = [key for key in items if key not in known or known[key][0] != items[key]]
        changed += known.keys() - items.keys()
        if changed or not watched.last_event_id:
            watched.last_event_id = number = next(self._ids)
            watched.items = {
                key: (data, number if key in changed else known[key][1])
                for key, data in items.items()
            }
        return changed

    def handle(self, event: Event) -> None:
        """Plan to send what an event of TaskRouter has changed, soon and once for many."""
        if not self._is_planned and any(map(self._feeds.is_wanted, tuple(self._watched))):
            self._is_planned = True
            self._feeds.later(MERGED, self._start_sending)

    def _start_sending(self) -> None:
        self._workers.submit(self._send_changes).add_done_callback(log_failure)

    def _send_changes(self) -> None:
        self._is_planned = False
        for watched in tuple(self._watched.values()):
            if self._feeds.is_wanted(watched.sid):
                with self._backend.store.lock:
                    ctx = Context(self._backend, self._account_sid)
                    changed = self._refresh(ctx, watched)
                    for notice in watched.notices(changed, ctx.now) if changed else ():
                        self._feeds.send(watched.sid, notice)


def _telemetry(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    events = request.form.get("Events")
    count = len(events) if isinstance(events, list) else 0
    return Reply(200, {"number_of_successful_events": count, "number_of_failed_events": 0})
