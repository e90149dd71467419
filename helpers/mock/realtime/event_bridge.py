"""TaskRouter's event bridge: the connections of workers, and the requests of the TaskRouter SDK.

A worker gets events of its own reservations, tasks and settings, each after the answer to the
request that caused it: the SDK's users wait for the answer first, and listen then (observed).
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope, Send

from ...json_object import json_object, text_of
from ..core.access_token import Claims
from ..core.bounds import MAX_NESTING, is_too_deep
from ..core.clock import Timer
from ..core.context import ACCOUNT, Backend, Context
from ..core.errors import TwilioError
from ..core.events import Event
from ..core.parameters import form_name
from ..rest.application import Application
from ..rest.http import Reply, Request
from ..rest.router import OperationRouter
from ..taskrouter import workers
from ..taskrouter.events import CAUSE, TaskRouterEvent
from ..taskrouter.resources import (
    Reservation,
    TaskTransfer,
    Worker,
    WorkerChannel,
    WorkspaceEvent,
)
from . import EVENT_BRIDGE, bridge_operations, bridge_views
from .connection import Connection

PATH = "/v1/wschannels"
WORKER_USER = "worker"
"""Stands for a worker where requests are logged."""
BEAT_SECONDS = 15
"""Seconds between two blank messages, which show the SDK that the connection lives (observed)."""
BACK_SECONDS = 5
"""Seconds for a worker to come back with another token, once its own has expired (inferred)."""
_OF_WORKERS = frozenset({"worker.activity.update", "worker.attributes.update"})
_OF_CHANNELS = frozenset({"worker.capacity.update", "worker.channel.availability.update"})
_OF_TASKS = frozenset({"task.updated", "task.canceled", "task.completed", "task.wrapup"})
_OF_RESERVATIONS = frozenset(
    f"reservation.{name}"
    for name in (
        "created",
        "accepted",
        "wrapup",
        "completed",
        "rejected",
        "timeout",
        "canceled",
        "rescinded",
    )
)
_HOLDING = ["pending", "accepted", "wrapping", "canceled", "completed"]
"""Reservations whose workers get the events of their task."""


class WorkerConnection(Connection):
    """One connection of a worker's SDK; it only receives.

    Attributes:
        claims: Those of its token; None before it was admitted.
        sets_offline: Whether its end, as the worker's last, leads to the activity Offline.
        grace: Seconds that a new connection has to come in, until then.
    """

    def __init__(self, bridge: EventBridge, workers: ThreadPoolExecutor, scope: Scope) -> None:
        super().__init__(workers, scope)
        query = parse_qs(scope["query_string"].decode("latin-1"))
        flags = {name: values[-1] for name, values in query.items()}
        self._bridge = bridge
        self._token = flags.get("token", "")
        self.closes_others = flags.get("closeExistingSessions") == "true"
        self.sets_offline = flags.get("setWorkerOfflineIfDisconnected") != "false"
        self.claims: Claims | None = None
        self.grace = 0
        self._expiry: Timer | None = None
        self._entering = threading.Lock()
        self._is_over = False

    async def run(self, receive: Receive, send: Send) -> None:
        """Serve the worker until either side ends it."""
        beginning = self._attempt(self._begin())
        await self._serve(receive, send, self._leave, self._read(receive), beginning)

    async def _begin(self) -> None:
        await self._loop.run_in_executor(self._workers, self._enter)
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self.send(" ")

    async def _read(self, receive: Receive) -> None:
        while (await receive())["type"] == "websocket.receive":
            pass  # the SDK sends nothing
        self._end(1000, "")

    def _enter(self) -> None:
        with self._entering:
            if not self._is_over:
                self.claims = self._bridge.enter(self, self._token)
                self._expiry = self._bridge.call_at(self.claims.expires, self._expire)

    def _expire(self) -> None:
        """Hang up: the SDK then comes back with the token that it was given meanwhile, if any."""
        self.grace = BACK_SECONDS
        self.hang_up(1008, "20104 the access token has expired")

    def _leave(self) -> None:
        with self._entering:
            self._is_over = True
        if self._expiry is not None:
            self._expiry.cancel()
        self._bridge.leave(self)


@dataclass(slots=True)
class _Desk:
    """A worker's connections, and its events that wait, each for the answer to its cause."""

    connections: set[WorkerConnection] = field(default_factory=set)
    waiting: deque[tuple[int | None, str]] = field(default_factory=deque)

    def flush(self, due: Collection[int]) -> None:
        """Send what waits, in order, up to the first event whose cause has no answer yet."""
        while self.waiting and self.waiting[0][0] not in due:
            _, text = self.waiting.popleft()
            for connection in self.connections:
                connection.enqueue([text])


class EventBridge:
    """The event bridge of an account; an ASGI application for WebSockets."""

    def __init__(self, backend: Backend, application: Application, account_sid: str) -> None:
        self._backend = backend
        self._application = application
        self._account_sid = account_sid
        self._router = OperationRouter(bridge_operations.OPERATIONS, complete=())
        self._workers = ThreadPoolExecutor(4, thread_name_prefix="mock-event-bridge")
        self._desks: dict[str, _Desk] = {}
        self._due: set[int] = set()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.call_at = backend.clock.call_at
        backend.events.subscribe(self._handle, TaskRouterEvent)

    def __repr__(self) -> str:
        return f"<EventBridge with {len(self)} connections>"

    def __len__(self) -> int:
        """Number of connections of workers."""
        return sum(len(desk.connections) for desk in tuple(self._desks.values()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket."""
        await WorkerConnection(self, self._workers, scope).run(receive, send)

    # -- connections

    def enter(self, connection: WorkerConnection, token: str) -> Claims:
        """Admit a worker's connection, and greet it.

        Raises:
            TwilioError: Its token is refused, or names no worker of its workspace.
        """
        claims = self._application.claims(token, "task_router")
        sid = claims.worker_sid
        where = {"sid": sid, "workspace_sid": claims.workspace_sid}
        if sid is None or not self._backend.store.exists(Worker, **where):
            raise TwilioError(20404, f"Workspace {claims.workspace_sid} has no worker {sid}")
        lifetime = int((claims.expires - self._backend.clock.now()) * 1000)
        greeting = {
            "channel_id": sid,
            "account_sid": self._account_sid,
            "workspace_sid": claims.workspace_sid,
            "token_lifetime": lifetime,
        }
        with self._lock:
            desk = self._desks.setdefault(sid, _Desk())
            others = tuple(desk.connections) if connection.closes_others else ()
            connection.enqueue([_text("init", greeting)])
            desk.connections.add(connection)
        for other in others:
            other.hang_up(1000, "closed by a newer session of this worker")
        return claims

    def leave(self, connection: WorkerConnection) -> None:
        """Take out a connection that has ended; after a worker's last one, it is Offline."""
        claims = connection.claims
        sid = claims.worker_sid if claims else None
        if sid is None:
            return
        with self._lock:
            self._desks[sid].connections.discard(connection)
        if not connection.sets_offline:
            return
        if connection.grace:
            due = self._backend.clock.now() + connection.grace
            self.call_at(due, partial(self._set_offline, sid))
        else:
            self._set_offline(sid)

    def _set_offline(self, worker_sid: str) -> None:
        with self._lock:
            desk = self._desks.get(worker_sid)
            if desk is None or desk.connections:
                return
            del self._desks[worker_sid]
        with self._backend.transaction():
            workers.go_offline(Context(self._backend, self._account_sid), worker_sid)

    def hang_up(self, reason: str) -> None:
        """End every connection, from any thread; the SDKs reconnect, and no activity changes."""
        with self._lock:
            connections = [each for desk in self._desks.values() for each in desk.connections]
        for each in connections:
            each.sets_offline = False
            each.hang_up(1012, reason)

    # -- requests

    def answer(self, request: Request) -> Reply:
        """Answer a request of the TaskRouter SDK, whose token and parameters are in its body."""
        try:
            claims, asked = self._read(request)
            operation, arguments = self._router.find(asked.method, asked.host, asked.path)
            ctx = Context(self._backend, self._account_sid)
            bridge_operations.refuse_foreign(ctx, claims, arguments, asked)
            with self._holding_events(asked):
                reply = self._application.perform(ACCOUNT, operation, arguments, asked)
        except TwilioError as error:
            return Reply(error.status, error.body())
        return Reply(reply.status, {"payload": reply.json})

    def _read(self, request: Request) -> tuple[Claims, Request]:
        """Return the claims of a request's token, and the request of TaskRouter in its body."""
        if request.method != "POST" or request.path != PATH:
            raise TwilioError(20004, f"The event bridge takes POST {PATH}")
        sent = json_object(request.body) or {}
        request.form = {}  # where JSON calls itself a form, its token stands in a name
        if is_too_deep(sent):
            raise TwilioError(20001, f"The body has more than {MAX_NESTING} levels")
        claims = self._application.claims(text_of(sent.get("token")), "task_router")
        method, params = text_of(sent.get("method")).upper(), sent.get("params") or {}
        path = f"/{text_of(sent.get('url'))}"
        if method not in ("GET", "POST") or not isinstance(params, dict):
            raise TwilioError(20001, "The body must be JSON: {url, method, params, token}")
        form = {
            form_name(name) if name[:1].islower() else name: text_of(value)
            for name, value in params.items()
            if value is not None
        }
        # the log shows the request in the body, not its token
        request.method, request.path, request.form = method, path, form
        request.auth = WORKER_USER, ""
        query, form = ({}, form) if method == "POST" else (form, {})
        return claims, Request(
            method,
            EVENT_BRIDGE,
            path,
            query,
            form,
            request.headers,
            has_left=request.has_left,
            when_answered=request.when_answered,
        )

    @contextmanager
    def _holding_events(self, request: Request) -> Iterator[None]:
        """Hold back the events that follow from a request, for every worker, until its answer."""
        number = next(self._numbers)
        with self._lock:
            self._due.add(number)

        def release() -> None:
            with self._lock:
                self._due.discard(number)
                for desk in self._desks.values():
                    desk.flush(self._due)

        request.when_answered.append(release)
        token = CAUSE.set(number)
        try:
            yield
        finally:
            CAUSE.reset(token)

    # -- events

    def _handle(self, event: Event) -> None:
        """Send an event to the workers that it concerns."""
        assert isinstance(event, TaskRouterEvent)
        found = self._about(event)
        if found is None:
            return
        sids, show = found
        with self._lock:
            desks = [desk for sid in sids if (desk := self._desks.get(sid)) and desk.connections]
        if not desks:
            return
        with self._backend.store.lock:
            text = _text(event.name, show(Context(self._backend, self._account_sid)))
        with self._lock:
            for desk in desks:
                desk.waiting.append((event.cause, text))
                desk.flush(self._due)

    def _about(self, event: TaskRouterEvent) -> tuple[list[str], Callable[[Context], Any]] | None:
        """Return the workers that an event concerns, and its payload; None where it is not sent."""
        name, record = event.name, event.record
        worker, task, reservation = event.worker, event.task, event.reservation
        if name in _OF_RESERVATIONS and reservation is not None:
            show = partial(bridge_views.reservation, shown=reservation, of=task)
            return [reservation.worker_sid], show
        if name in _OF_TASKS and task is not None:
            where = {"task_sid": task.sid, "reservation_status": _HOLDING}
            held = self._backend.store.select(Reservation, where) if self._desks else ()
            return [each.worker_sid for each in held], partial(bridge_views.task, shown=task)
        if name.startswith("task.transfer-"):
            return self._about_transfer(record)
        if name in _OF_WORKERS and worker is not None:
            return [worker.sid], partial(bridge_views.worker, shown=worker)
        if name in _OF_CHANNELS and worker is not None:
            own = {"worker_sid": worker.sid, "task_channel_sid": record.task_channel_sid}
            channel = self._backend.store.first(WorkerChannel, **own)
            if channel is not None:
                return [worker.sid], partial(bridge_views.channel, shown=channel)
        return None

    def _about_transfer(
        self, record: WorkspaceEvent
    ) -> tuple[list[str], Callable[[Context], Any]] | None:
        transfer = self._backend.store.first(TaskTransfer, sid=record.event_data["transfer_sid"])
        if transfer is None:
            return None
        return [transfer.initiating_worker_sid], partial(bridge_views.transfer, shown=transfer)


def _text(name: str, payload: Any) -> str:
    return orjson.dumps({"event_type": name, "payload": payload}).decode()
