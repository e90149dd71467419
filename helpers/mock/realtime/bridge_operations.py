"""Requests of the TaskRouter SDK, on TaskRouter's own resources and with their own refusals.

Paths are the SDK's (observed). Lists page by the SID of the last item or, where they are sorted,
by a token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..core.access_token import SID, Claims
from ..core.context import Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.store import Resource
from ..rest import taskrouter_v1 as rest
from ..rest.collection import Arguments, Collection, Operation, not_found
from ..rest.http import Reply, Request, last
from ..rest.listing import PageRequest, PageSizes, fetch_ranked, read_ordering
from ..taskrouter import transfers
from ..taskrouter.limits import is_yes
from ..taskrouter.resources import (
    OPEN_RESERVATIONS,
    Activity,
    Reservation,
    TaskQueue,
    TaskTransfer,
    Worker,
)
from . import EVENT_BRIDGE, bridge_interactions
from . import bridge_views as shown
from .bridge_views import BridgeView

SIZES = PageSizes(50, 1000)
_NAMED: dict[str, type[Resource]] = {"WA": Activity, "WK": Worker, "WQ": TaskQueue}
"""Kinds of resources that a list's parameters name, by the prefix of their SID."""
_IN_A_CALL = (
    "CustomerParticipant",
    "WorkerParticipant",
    "HoldWorkerParticipant",
    "KickWorkerParticipant",
)
"""Resources of tasks that are calls."""


def refuse_foreign(ctx: Context, claims: Claims, arguments: Arguments, request: Request) -> None:
    """Refuse what a token is not for.

    Any role reads its workspace; a plain worker changes only itself, its reservations and the tasks
    that it holds or makes for itself (inferred from the SDK's methods for each role).

    Raises:
        TwilioError: 20403.
    """
    own = claims.worker_sid
    if "InteractionSid" in arguments:
        bridge_interactions.refuse_foreign(ctx, claims, arguments["InteractionSid"])
        return
    if arguments["WorkspaceSid"] != claims.workspace_sid:
        raise TwilioError(20403, f"The access token is for workspace {claims.workspace_sid}")
    if request.method == "GET" or claims.role != "worker":
        return
    task_sid = arguments.get("TaskSid")
    is_own = (
        ctx.store.exists(Reservation, task_sid=task_sid, worker_sid=own)
        if task_sid is not None
        else (arguments.get("WorkerSid") or last(request.form, "RoutingTarget")) == own
    )
    if not is_own:
        raise TwilioError(20403, f"The access token is for worker {own} alone; its role is worker")


def _fetch(
    collection: Collection[Any, Any],
    key: str,
    show: BridgeView,
    ctx: Context,
    arguments: Arguments,
    request: Request,
) -> Reply:
    return Reply(200, show(ctx, collection.resolve(ctx, arguments, arguments[key])))


def _update(
    collection: Collection[Any, Any],
    key: str,
    show: BridgeView,
    ctx: Context,
    arguments: Arguments,
    request: Request,
) -> Reply:
    assert collection.update is not None
    item = collection.resolve(ctx, arguments, arguments[key])
    collection.match(item, request)
    return Reply(200, show(ctx, collection.update.perform(request, ctx, item)))


def _create_task(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    assert rest.TASKS.create is not None
    form = dict(request.form)
    for name in ("TaskChannelUniqueName", "TaskChannelSid"):
        if name in form:
            form["TaskChannel"] = form.pop(name)
    request.form = form
    workspace = rest.TASKS.resolve_parent(ctx, arguments)
    return Reply(200, shown.task(ctx, rest.TASKS.create.perform(request, ctx, workspace)))


def _transfer(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    worker = rest.WORKERS.resolve(ctx, arguments, arguments["WorkerSid"])
    new = transfers.NewTaskTransfer.read(request.form)
    return Reply(200, shown.transfer(ctx, transfers.initiate(ctx, worker, new)))


def _cancel_transfer(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    where = {"sid": arguments["Sid"], "initiating_worker_sid": arguments["WorkerSid"]}
    transfer = ctx.store.first(TaskTransfer, **where)
    if transfer is None:
        raise not_found(f"/v1{request.path}")
    changes = transfers.TaskTransferChanges.read(request.form)
    return Reply(200, shown.transfer(ctx, transfers.cancel(ctx, transfer, changes)))


def _list(
    collection: Collection[Any, Any],
    show: BridgeView,
    ctx: Context,
    arguments: Arguments,
    request: Request,
) -> Reply:
    parent, query = collection.resolve_parent(ctx, arguments), request.query
    after = _named(ctx, query, arguments["WorkspaceSid"], collection.kind)
    chosen = collection.select(ctx, parent, request)
    if "Active" in query and is_yes(last(query, "Active")):
        chosen.where["reservation_status"] = list(OPEN_RESERVATIONS)
    wanted = PageRequest.read({"PageSize": query.get("PageSize", [])}, SIZES)
    ordering, next_token = last(query, "Ordering"), None
    found = list(filter(chosen.holds, ctx.store.select(collection.kind, chosen.where, after=after)))
    items, after_sid = found[: wanted.size], None
    if ordering is not None:
        wanted = PageRequest(0, wanted.size, last(query, "NextToken"))
        page = fetch_ranked(found, wanted, read_ordering(collection.orderings, ordering))
        items, next_token = page.items, page.next_token
    elif len(found) > wanted.size:
        after_sid = items[-1].sid
    contents = [show(ctx, each) for each in items]
    meta = {"next_token": next_token}
    return Reply(200, {"contents": contents, "after_sid": after_sid, "meta": meta})


def _named(
    ctx: Context, query: Mapping[str, Any], workspace_sid: str, kind: type[Resource]
) -> int | None:
    """Check the SIDs in a list's query. Returns the place of the item that it comes after.

    Raises:
        TwilioError: 20001, one is malformed, or names an item of another list; 20404, there is no
            such resource (observed).
    """
    place = None
    for name in query.keys() & {"AfterSid", "ActivitySid", "WorkerSid"}:
        sid = last(query, name) or ""
        match = SID.fullmatch(sid)
        named = kind if name == "AfterSid" else _NAMED.get(sid[:2])
        if match is None or named is None or match[1] != named.prefix:
            raise TwilioError(20001, f"Invalid parameter {name}: {sid[:40]!r}")
        found = ctx.store.find(named, {"sid": sid, "workspace_sid": workspace_sid})
        if found is None:
            raise not_found(f"/v1/Workspaces/{workspace_sid}/{sid}")
        if name == "AfterSid":
            place = found.seq
    return place


def _refuse_call(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    raise TwilioError(
        NOT_SIMULATED,
        f"{request.path} is of a call, which this mock does not simulate; it simulates tasks of"
        " chat",
    )


Handle = Callable[[Context, Arguments, Request], Reply]
_WORKER, _TASK = "/Workers/{WorkerSid}", "/Tasks/{TaskSid}"
_ACTS = {"GET": _fetch, "POST": _update}
_LISTED: tuple[tuple[str, str, Collection[Any, Any], BridgeView], ...] = (
    ("Activity", "/Activities", rest.ACTIVITIES, shown.activity),
    ("TaskQueue", "/TaskQueues", rest.TASK_QUEUES, shown.queue),
    ("Worker", "/Workers", rest.WORKERS, shown.worker),
    ("WorkerChannel", f"{_WORKER}/WorkerChannels", rest.WORKER_CHANNELS, shown.channel),
    ("Reservation", f"{_WORKER}/Reservations", rest.WORKER_RESERVATIONS, shown.reservation),
)
_ITEMS: tuple[tuple[str, str, str, Collection[Any, Any], str, BridgeView], ...] = (
    ("FetchTaskQueue", "GET", "/TaskQueues/{Sid}", rest.TASK_QUEUES, "Sid", shown.queue),
    ("FetchWorker", "GET", _WORKER, rest.WORKERS, "WorkerSid", shown.worker),
    ("UpdateWorker", "POST", _WORKER, rest.WORKERS, "WorkerSid", shown.worker),
    ("FetchTask", "GET", _TASK, rest.TASKS, "TaskSid", shown.task),
    ("UpdateTask", "POST", _TASK, rest.TASKS, "TaskSid", shown.task),
    *(
        (f"{verb}{noun}", method, f"{path}/Reservations/{{Sid}}", within, "Sid", show)
        for noun, path, within in (
            ("Reservation", _WORKER, rest.WORKER_RESERVATIONS),
            ("TaskReservation", _TASK, rest.TASK_RESERVATIONS),
        )
        for verb, method, show in (
            ("Fetch", "GET", shown.reservation),
            ("Update", "POST", shown.reservation_alone),
        )
    ),
)
_DECLARED: tuple[tuple[str, str, str, Handle], ...] = (
    *(
        (f"List{noun}", "GET", path, partial(_list, collection, show))
        for noun, path, collection, show in _LISTED
    ),
    *(
        (name, method, path, partial(_ACTS[method], collection, key, show))
        for name, method, path, collection, key, show in _ITEMS
    ),
    ("CreateTask", "POST", "/Tasks", _create_task),
    ("CreateTransfer", "POST", f"{_WORKER}/Transfers", _transfer),
    ("UpdateTransfer", "POST", f"{_WORKER}/Transfers/{{Sid}}", _cancel_transfer),
    *((f"Update{each}", "POST", f"{_WORKER}/{each}", _refuse_call) for each in _IN_A_CALL),
)
OPERATIONS = (
    *(
        Operation(name, method, EVENT_BRIDGE, f"/Workspaces/{{WorkspaceSid}}{path}", handle)
        for name, method, path, handle in _DECLARED
    ),
    *bridge_interactions.operations(EVENT_BRIDGE),
)
