"""The throw-away account of a simulated day: one flow, and the agents of the day."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from twilio.rest import Client

from ...mock import ChatEvent, FlowReplica, TaskRouterNotification, WorkspaceCopy
from ..accounts.copying import Origin, Servers, account_of, new_mock, plain_client
from ..errors import NotSettled
from ..file.config import FlexFlowConfig
from .client import RequestRefused, RestClient
from .demand import CustomerMix, Demand
from .staffing import Shift, Staff, Staffing

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
"""The beginning of a day in a new account: on a Monday."""
BOT_SECONDS = 30.0
"""Seconds of real time to wait until flows and servers are idle."""
_ROUNDS = 50
ENDED = frozenset({"task.completed", "task.canceled", "task.deleted", "task.system-deleted"})
HANDLED = ENDED | {"task.created", "reservation.created", "reservation.timeout"}
"""Events of TaskRouter that a day goes on from."""
DayEvent = TaskRouterNotification | ChatEvent


@dataclass(frozen=True)
class FastPlan:
    """All that the fast engine needs of an account, copied once for all days of a config."""

    workspace: WorkspaceCopy
    available: str
    away: str
    words: frozenset[str]
    flows: dict[str, FlowReplica | None]


@dataclass(frozen=True, slots=True)
class Job:
    """One day to simulate, complete and picklable, so that any process can do it.

    `arguments` are the flow's for `flex_flow.create`, and `others` those of the flows that classes
    of customers come by, by name; `origin` is the account to copy, None for a new one. `plan` is
    for the fast engine, or the reason why it cannot be taken. After `overtime`, in hours,
    customers who still wait are given up.
    """

    flow: FlexFlowConfig
    arguments: Mapping[str, Any] = field(repr=False)
    demand: Demand | CustomerMix
    staffing: Staff
    seed: int
    origin: Origin | None = None
    servers: Servers = field(default_factory=dict, repr=False)
    overtime: float = 4.0
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    plan: FastPlan | str = field(default="it was not asked for", repr=False, compare=False)


@dataclass(slots=True)
class SandboxAgent:
    """A worker with a chat identity, who works while the shift is on, and has so many `chats`."""

    sid: str
    identity: str
    shift: Shift
    group: Staffing
    works: bool = False
    chats: int = 0


def capacity_channel(job: Job) -> str:
    """The task channel, by unique name or SID, that agents take several chats at once of."""
    return str(job.arguments.get("integration_channel") or "chat")


def hired(job: Job, hire: Callable[[str, dict[str, Any], int], str]) -> Iterator[SandboxAgent]:
    """The agents of a day; `hire` makes a worker of a name, attributes and chats at once."""
    places = [
        (group, shift)
        for group in job.staffing.groups
        for shift in group.shifts
        for _ in range(shift.agents)
    ]
    for number, (group, shift) in enumerate(places, start=1):
        identity = f"agent-{number}"
        attributes = {**group.attributes, "contact_uri": f"client:{identity}"}
        sid = hire(f"load test {identity}", attributes, group.at_once)
        yield SandboxAgent(sid, identity, shift, group)


def _put_in_place(client: Client, job: Job) -> dict[str, str]:
    """Make a day's flows, and disable all others; their SIDs by name, blank for the day's own."""
    flows = client.flex_api.v1.flex_flow
    for other in flows.list():
        if other.enabled:
            flows(other.sid).update(enabled=False)
    found = {"": str(flows.create(**job.arguments).sid)}
    for name, arguments in job.others.items():  # a disabled flow works when it is named
        found[name] = str(flows.create(**{**arguments, "enabled": False}).sid)
    return found


class DaySandbox:
    """A mock account with nothing under way and all agents away; its clock stands at midnight."""

    def __init__(self, job: Job) -> None:
        self.mock = job.origin.copy() if job.origin else new_mock(MIDNIGHT)
        self._begins = self.mock.clock.now()
        client = plain_client(self.mock)
        account, service_sid = account_of(self.mock), job.arguments["chat_service_sid"]
        account.credentials = replace(account.credentials, chat_service_sid=service_sid)
        self.mock.webhooks.register_fallback(lambda _: None)
        for url, make in job.servers.items():
            self.mock.webhooks.register(url, make(account))
        flow_sids = _put_in_place(client, job)
        workspaces = client.taskrouter.v1.workspaces
        workspace_sid = job.arguments.get("integration_workspace_sid") or next(
            (space.sid for space in workspaces.list(limit=1)), None
        )
        if workspace_sid is None:
            raise LookupError("the account has no TaskRouter workspace for agents to work in")
        self._workspace = workspaces(workspace_sid)
        activities = self._workspace.activities.list()
        self._available, self._away = (
            next((str(one.sid) for one in activities if one.available is available), "")
            for available in (True, False)
        )
        if not (self._available and self._away):
            raise LookupError(
                f"workspace {workspace_sid} needs two activities, one available and one not, for"
                " agents to come and go; create the one that is missing"
            )
        self._clear()
        self._channel = capacity_channel(job)
        self.agents = {agent.sid: agent for agent in hired(job, self._hire)}
        self.rest = RestClient(self.mock, job.flow, flow_sids, service_sid, workspace_sid)
        # flows or servers act too, on threads of their own
        kinds = [each["integration_type"] for each in (job.arguments, *job.others.values())]
        self._has_bot = any(kind != "task" for kind in kinds) or bool(job.servers)
        if not self._has_bot:
            self.mock.stop_history()

    def _clear(self) -> None:
        """Send all workers away, and delete all tasks."""
        for worker in self._workspace.workers.list():
            if worker.activity_sid != self._away:
                self._workspace.workers(worker.sid).update(
                    activity_sid=self._away, reject_pending_reservations=True
                )
        for task in self._workspace.tasks.list():
            self._workspace.tasks(task.sid).delete()

    def _hire(self, name: str, attributes: Mapping[str, Any], at_once: int) -> str:
        made = self._workspace.workers.create(
            name, activity_sid=self._away, attributes=json.dumps(attributes)
        )
        own = self._workspace.workers(made.sid).worker_channels(self._channel)
        own.update(capacity=at_once)
        return str(made.sid)

    def follow(self, follower: Callable[[DayEvent], None]) -> None:
        """Call `follower` with events of TaskRouter, and of the chats that a bot is in."""
        self.mock.follow_taskrouter(follower, HANDLED)
        if self._has_bot:
            self.mock.follow(follower)

    @property
    def now(self) -> float:
        """Seconds since the day began."""
        return self.mock.clock.now() - self._begins

    @property
    def next_due(self) -> float:
        """Time of the mock's next timer (seconds since the day began)."""
        due = self.mock.clock.next_due
        return float("inf") if due is None else due - self._begins

    def go_to(self, moment: float) -> None:
        """Move the clock on (seconds since the day began)."""
        clock = self.mock.clock

        def follow_up() -> None:
            if (clock.next_due or math.inf) <= clock.now():  # another timer of this moment
                self.settle()

        moment = max(clock.now(), self._begins + moment)
        clock.freeze(moment, after_each=follow_up if self._has_bot else None)

    def settle(self) -> None:
        """Wait until flows and servers are idle; NotSettled if they do not come to an end."""
        if not self._has_bot:
            return
        mock = self.mock
        for _ in range(_ROUNDS):
            before = mock.journal.position
            is_idle = mock.webhooks.settle(BOT_SECONDS) and mock.studio.settle(BOT_SECONDS)
            if is_idle and mock.journal.position == before:
                return
        raise NotSettled(
            "the flow's bot or server acts on and on without a message; look for a flow whose"
            " widgets lead in a circle, or a server that answers its own messages"
        )

    def set_available(self, agent: SandboxAgent, is_available: bool = True) -> None:
        """Set an agent available, or away; chats under way continue."""
        activity_sid = self._available if is_available else self._away
        self.rest.update_worker(agent.sid, activity_sid, away=not is_available)


def refusal_of(job: Job, classes: Iterable[Demand]) -> str | None:
    """Return how the mock refuses a customer of one of these classes, or None if it takes all."""
    asked = [*classes]
    if not asked:
        return None
    rest = DaySandbox(replace(job, staffing=Staffing((Shift(1),)))).rest
    try:
        for number, one in enumerate(asked):
            channel_sid, _ = rest.open_chat(f"customer-{number}", one)
            for body in one.says:
                rest.say(channel_sid, f"customer-{number}", body)
    except RequestRefused as refused:
        return str(refused)
    return None
