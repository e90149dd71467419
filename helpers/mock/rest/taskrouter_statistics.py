"""TaskRouter v1's statistics: real-time ones, cumulative ones, and both together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from ...json_object import json_object
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import form_name
from ..core.sids import looks_like
from ..taskrouter.resources import TaskQueue, Workspace
from ..taskrouter.statistics import OWN_SID, Numbers, Statistics, StatisticsQuery
from .collection import Arguments, Collection, Operation
from .http import Reply, Request, last
from .listing import PageRequest, fetch_page
from .taskrouter_v1 import API, HOST, TASK_QUEUES, WORKERS, WORKFLOWS, WORKSPACES

MOST_QUEUES = 50
"""Queues whose statistics are read at once (documented)."""


def _sids(resource: Any) -> dict[str, str]:
    """Return the SID of a workflow, queue or worker under its name; nothing of a workspace."""
    own = OWN_SID.get(type(resource))
    return {} if own is None else {own: resource.sid}


def _of_tasks(statistics: Statistics, subject: Any) -> Numbers:
    return statistics.cumulative(type(subject), [subject.sid])[0]


Figures = Mapping[str, Callable[[Statistics, Any], Numbers]]
"""Functions that return the `realtime` and `cumulative` statistics of a resource."""


class Subject(NamedTuple):
    """A path with statistics, and the collection of the resource that they are about."""

    path: str
    collection: Collection[Any, Any]
    figures: Figures


def _item(collection: Collection[Any, Any], figures: Figures) -> Subject:
    return Subject(f"{collection.path}/{{{collection.argument}}}", collection, figures)


_SUBJECTS = {
    "FetchWorkspace": _item(
        WORKSPACES,
        {
            "realtime": lambda of, _: of.tasks_now({}) | of.workers_now(),
            "cumulative": _of_tasks,
        },
    ),
    "FetchWorkflow": _item(
        WORKFLOWS,
        {"realtime": lambda of, it: of.tasks_now(_sids(it)), "cumulative": _of_tasks},
    ),
    "FetchTaskQueue": _item(
        TASK_QUEUES,
        {"realtime": lambda of, it: of.queue_now(it.sid), "cumulative": _of_tasks},
    ),
    "FetchWorkers": Subject(
        WORKERS.path,
        WORKSPACES,
        {
            "realtime": lambda of, _: of.workers_now(),
            "cumulative": lambda of, _: of.of_workers(),
        },
    ),
    "FetchWorkerInstance": _item(WORKERS, {"cumulative": lambda of, it: of.of_workers([it])}),
}
_NAMES = {"FetchWorkersStatistics": "FetchWorkerStatistics"}
"""Operations that are not called after their path."""


def _statistics(ctx: Context, arguments: Arguments, request: Request) -> tuple[Workspace, Any, Any]:
    """Return the workspace of a request, its query and the statistics."""
    workspace = WORKSPACES.resolve(ctx, arguments, arguments["WorkspaceSid"])
    given = {name: last(request.query, name) for name in request.query}
    query = StatisticsQuery.read(given)
    return workspace, query, Statistics(ctx, workspace, query)


def _about(resource: Any) -> Numbers:
    workspace_sid = getattr(resource, "workspace_sid", resource.sid)
    return {
        "account_sid": resource.account_sid,
        "workspace_sid": workspace_sid,
        **_sids(resource),
    }


def _fetch(
    subject: Subject, path: str, part: str, ctx: Context, arguments: Arguments, request: Request
) -> Reply:
    collection, figures = subject.collection, subject.figures
    resource = collection.resolve(ctx, arguments, arguments[collection.argument])
    _, _, statistics = _statistics(ctx, arguments, request)
    shown = _about(resource) | {"url": f"https://{HOST}{path.format_map(arguments)}"}
    if part:
        return Reply(200, shown | figures[part](statistics, resource))
    both = {name: figure(statistics, resource) for name, figure in figures.items()}
    return Reply(200, shown | both)


def _fetched() -> list[Operation]:
    return [
        Operation(_NAMES.get(name, name), "GET", HOST, path, partial(_fetch, subject, path, part))
        for noun, subject in _SUBJECTS.items()
        for segment, part in (
            ("RealTimeStatistics", "realtime"),
            ("CumulativeStatistics", "cumulative"),
            ("Statistics", ""),
        )
        if not part or len(subject.figures) > 1
        for name, path in [(f"{noun}{segment}", f"{subject.path}/{segment}")]
    ]


_LISTED = f"{TASK_QUEUES.path}/Statistics"
_BULK = f"{TASK_QUEUES.path}/RealTimeStatistics"


def _list(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    """List the statistics of a workspace's queues."""
    workspace, query, statistics = _statistics(ctx, arguments, request)
    where = {"workspace_sid": workspace.sid}
    if query.friendly_name is not None:
        where["friendly_name"] = query.friendly_name
    page = fetch_page(ctx.store, TaskQueue, where, PageRequest.read(request.query, API.sizes))
    happened = statistics.cumulative(TaskQueue, [queue.sid for queue in page.items])
    rendered = [
        {**_about(queue), "realtime": statistics.queue_now(queue.sid), "cumulative": cumulative}
        for queue, cumulative in zip(page.items, happened, strict=True)
    ]
    names = [form_name(name) for name in StatisticsQuery.model_fields]
    kept = [(name, last(request.query, name) or "") for name in names if name in request.query]
    url = f"https://{HOST}{_LISTED.format_map(arguments)}"
    return Reply(200, page.envelope("task_queues_statistics", url, kept, rendered))


def _bulk(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    """Read the real-time statistics of several queues."""
    workspace, _, statistics = _statistics(ctx, arguments, request)
    given = json_object(request.body) or request.form
    sids = next((value for name, value in given.items() if name.lower() == "queuesids"), None)
    if not isinstance(sids, list) or not 1 <= len(sids) <= MOST_QUEUES:
        raise TwilioError(20001, f"QueueSids must be a list of 1 to {MOST_QUEUES} TaskQueue SIDs")
    for sid in sids:
        if not isinstance(sid, str) or not looks_like(sid, TaskQueue.prefix):
            raise TwilioError(20001, f"QueueSids holds {str(sid)[:40]!r}, which is no SID")
    return Reply(
        200,
        {
            **_about(workspace),
            "task_queue_data": [
                {"task_queue_sid": sid, **statistics.queue_now(sid)} for sid in sids
            ],
            "task_queue_response_count": len(sids),
            "url": f"https://{HOST}{_BULK.format_map(arguments)}",
        },
    )


OPERATIONS = [
    *_fetched(),
    Operation("ListTaskQueuesStatistics", "GET", HOST, _LISTED, _list),
    Operation("CreateTaskQueueBulkRealTimeStatistics", "POST", HOST, _BULK, _bulk),
]
"""They come before TaskRouter's others, as they look like items of the same collections."""
