"""The fast engine: a day's requests answered without a store, where routing is the mock's.

Customers and agents are those of `simulation`; only the account behind them is another. It takes
a flow whose tasks depend on nothing but what is kept here, and says of any other why not.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from msgspec import structs

from ...flex_ui import chat_in
from ...mock import (
    ChatEvent,
    FlowReplica,
    FlowStage,
    FlowTask,
    MockTwilio,
    TaskRouterNotification,
    TaskRouterReplica,
    Unproven,
    WorkspaceCopy,
    epoch,
)
from .client import RequestRefused
from .demand import Demand
from .sandbox import (
    HANDLED,
    MIDNIGHT,
    DayEvent,
    FastPlan,
    Job,
    SandboxAgent,
    capacity_channel,
    hired,
)

OWN = "~own~"
"""Stands in a task's attributes for what differs from customer to customer."""
_WORD = re.compile(r"[A-Za-z_]\w*")
_NO_LONGER_OFFERED, _DAY = 20001, 86_400


def plan_of(mock: MockTwilio, job: Job) -> FastPlan | str:
    """Return what the fast engine needs for a day, or the reason why it cannot be taken."""
    try:
        return _plan(mock, job)
    except Unproven as reason:
        return str(reason)


def _plan(mock: MockTwilio, job: Job) -> FastPlan:
    given = {"": job.arguments, **job.others}
    if any(each["integration_type"] == "external" for each in given.values()):
        raise Unproven("an external flow's server decides what becomes of a customer")
    if job.servers:
        raise Unproven("servers= are called on the way")
    spaces = mock.look(WorkspaceCopy.all_of)
    sid = job.arguments.get("integration_workspace_sid") or next(iter(spaces), "")
    space = spaces.get(sid)
    if space is None or capacity_channel(job) not in space.task_channel_sids:
        raise Unproven("the agents' workspace or task channel is gone")
    if any(flow.assignment_callback_url for flow in space.workflows.values()):
        raise Unproven("a workflow calls a server about each offer")
    available, away = (
        next((one.sid for one in space.activities.values() if one.available is is_on), "")
        for is_on in (True, False)
    )
    if not (available and away):
        raise Unproven("the workspace lacks an activity that is available, or one that is not")
    flows: dict[str, FlowReplica | None] = dict.fromkeys(given)
    for name, each in given.items():
        if each["integration_type"] == "studio":
            flows[name] = mock.look(partial(FlowReplica.of, flow_sid=each["integration_flow_sid"]))
    workers = tuple(structs.replace(each, activity_sid=away) for each in space.workers)
    texts = [each.configuration for each in space.workflows.values()]
    texts += [each.target_workers for each in space.queues.values()]
    words = frozenset(_WORD.findall(" ".join(texts)))
    return FastPlan(replace(space, workers=workers), available, away, words, flows)


@dataclass(slots=True)
class CustomerChat:
    """A customer's chat: its place in the Studio flow, and whether the flow gets its messages."""

    sid: str
    demand: Demand
    flow: FlowReplica | None
    arguments: Mapping[str, Any]
    stage: FlowStage | None = None
    is_wired: bool = True
    due_at: float | None = None


class FastCentre:
    """Stands for `DaySandbox` and its requests; raises Unproven where the mock might differ.

    `now` are the seconds since the day began.
    """

    def __init__(self, job: Job, plan: FastPlan) -> None:
        self._job, self._plan, self._space = job, plan, plan.workspace
        self._begins = job.origin.begins if job.origin else epoch(MIDNIGHT)
        self._router = TaskRouterReplica(plan.workspace, self._begins, self._taskrouter)
        self._follower: Callable[[DayEvent], None] = lambda _: None
        self._numbers = itertools.count(1)
        self._chats: dict[str, CustomerChat] = {}
        self._chat_of_task: dict[str, str | None] = {}
        self._stages: dict[tuple[int, str], FlowStage] = {}
        self._due: list[tuple[float, int, CustomerChat]] = []
        self._attributes: dict[int, dict[str, Any]] = {}
        self._checked: dict[int, tuple[dict[str, Any], str | None]] = {}
        self._channels = plan.workspace.task_channel_sids
        self.rest = self
        self.now = 0.0
        self.agents = {agent.sid: agent for agent in hired(job, self._hire)}

    def _hire(self, name: str, attributes: Mapping[str, Any], at_once: int) -> str:
        channel = self._channels[capacity_channel(self._job)]
        capacity = self._space.default_capacity() | {channel: at_once}
        return self._router.add_worker(name, self._plan.away, dict(attributes), capacity)

    def follow(self, follower: Callable[[DayEvent], None]) -> None:
        """Call `follower` with what happens."""
        self._follower = follower

    def _taskrouter(self, name: str, task: str, reservation: str, worker: str) -> None:
        if name in HANDLED:
            self._follower(TaskRouterNotification(name, task, reservation, worker))

    # -- the clock

    @property
    def next_due(self) -> float:
        """Time of the next change by itself (seconds since the day began)."""
        return self._next_due() - self._begins

    def _next_due(self) -> float:
        due = self._router.next_due
        while self._due and self._due[0][2].due_at != self._due[0][0]:
            heapq.heappop(self._due)
        waits = self._due[0][0] if self._due else float("inf")
        return waits if due is None or waits < due else due

    def go_to(self, moment: float) -> None:
        """Move the clock on (seconds since the day began)."""
        target = self._begins + moment
        while self._due and (due := self._next_due()) <= target:
            if self._due and self._due[0][0] == self._router.next_due:
                raise Unproven("a bot and a task are due at the same moment")
            self._router.go_to(due)
            if self._due and self._due[0][0] <= due:
                chat = heapq.heappop(self._due)[2]
                if chat.due_at == due:
                    self._go_on(chat, None)
        self._router.go_to(target)
        self.now = self._router.now - self._begins

    def settle(self) -> None:
        """Do nothing: all is done at once."""

    # -- agents

    def set_available(self, agent: SandboxAgent, is_available: bool = True) -> None:
        """Set an agent available, or away."""
        sid = self._plan.available if is_available else self._plan.away
        self._router.set_activity(agent.sid, sid)

    def accept(self, worker_sid: str, reservation_sid: str) -> None:
        """Accept an offer."""
        if not self._router.accept(reservation_sid):
            raise RequestRefused("accept", 400, _NO_LONGER_OFFERED, "no longer offered")

    def update_task(self, task_sid: str, status: str) -> None:
        """Put a task into wrap-up, or complete it."""
        if status == "wrapping":
            self._router.wrap_up(task_sid)
        else:
            self._router.complete(task_sid)

    def join(self, channel_sid: str, agent: str) -> None:
        """Nothing follows from an agent's membership in a chat."""

    leave = join

    def end_chat(self, channel_sid: str) -> None:
        """Nothing follows from the end of a chat."""

    # -- customers

    def open_chat(self, identity: str, demand: Demand) -> tuple[str, str | None]:
        """Open a customer's chat; its SID, and that of its task if there is one yet."""
        name = demand.flow.friendly_name if demand.flow else ""
        arguments = self._job.others[name] if name else self._job.arguments
        sid = f"CH{next(self._numbers):032x}"
        chat = self._chats[sid] = CustomerChat(sid, demand, self._plan.flows[name], arguments)
        if chat.flow is not None or arguments["integration_creation_on_message"]:
            return chat.sid, None
        return chat.sid, self._make_flow_task(chat)

    def say(self, channel_sid: str, identity: str, body: str) -> None:
        """Send a message."""
        chat = self._chats[channel_sid]
        if identity.startswith("agent-") or not chat.is_wired:
            return
        if chat.flow is None:
            chat.is_wired = False
            if chat.arguments["integration_creation_on_message"]:
                self._make_flow_task(chat)
        elif chat.stage is None or chat.stage.seconds is None:
            self._enter(chat, self._first_stage(chat.flow, chat, body))
        else:
            self._go_on(chat, body)

    def channel_of(self, task_sid: str) -> str | None:
        """Return the chat of a task; None without one."""
        return self._chat_of_task[task_sid]

    def _make_flow_task(self, chat: CustomerChat) -> str:
        given = chat.arguments
        attributes = self._attributes.get(id(chat.demand))
        if attributes is None:
            own = {"channelSid": OWN, "name": OWN, "channelType": given["channel_type"]}
            attributes = self._attributes[id(chat.demand)] = {**own, **chat.demand.attributes}
        return self._make_task(
            chat,
            given["integration_workflow_sid"],
            self._channels.get(given["integration_channel"]),
            attributes,
            given["integration_priority"],
            given["integration_timeout"],
        )

    def _make_task(
        self,
        chat: CustomerChat,
        workflow_sid: str,
        task_channel_sid: str | None,
        attributes: dict[str, Any],
        priority: int,
        timeout: int,
    ) -> str:
        if workflow_sid not in self._space.workflows or task_channel_sid is None:
            raise Unproven(
                "tasks go to a workflow or task channel that the agents' workspace lacks"
            )
        if id(attributes) not in self._checked:
            self._check(attributes)
        sid = f"WT{next(self._numbers):032x}"
        _, named = self._checked[id(attributes)]
        self._chat_of_task[sid] = chat.sid if named == OWN else named
        if not self._router.create_task(
            sid, workflow_sid, task_channel_sid, attributes, priority=priority, timeout=timeout
        ):
            raise Unproven("a task matches no filter of its workflow")
        return sid

    def _check(self, attributes: dict[str, Any]) -> None:
        """Refuse attributes that differ between customers, and that routing reads."""
        for name, value in attributes.items():
            if OWN in str(value) and name in self._plan.words:
                raise Unproven(f"routing reads the attribute {name}, which each customer has own")
        self._checked[id(attributes)] = attributes, chat_in(attributes)

    # -- Studio

    def _first_stage(self, flow: FlowReplica, chat: CustomerChat, body: str) -> FlowStage:
        key = id(chat.demand), body
        if key not in self._stages:
            attributes: dict[str, Any] = {
                "from": OWN,
                "channel_type": chat.arguments["channel_type"],
            }
            if chat.demand.attributes:
                attributes["pre_engagement_data"] = dict(chat.demand.attributes)
            own = dict.fromkeys(("ChannelSid", "From", "ClientIdentity"), OWN)
            self._stages[key] = flow.start({**own, "Body": body, "ChannelAttributes": attributes})
        return self._stages[key]

    def _go_on(self, chat: CustomerChat, reply: str | None) -> None:
        assert chat.flow is not None
        assert chat.stage is not None
        self._enter(chat, chat.flow.follow(chat.stage, reply))

    def _enter(self, chat: CustomerChat, stage: FlowStage) -> None:
        chat.stage, chat.due_at = stage, None
        for each in stage.done:
            if isinstance(each, FlowTask):
                chat.is_wired = False
                self._hand_over(chat, each)
            else:
                self._follower(ChatEvent("messageAdded", chat.sid, each, {}))
        if stage.seconds is not None:
            chat.due_at = self._router.now + stage.seconds
            heapq.heappush(self._due, (chat.due_at, next(self._numbers), chat))

    def _hand_over(self, chat: CustomerChat, task: FlowTask) -> None:
        channel = self._channels.get(task.channel or "default")
        numbers = task.priority or "0", task.timeout or str(_DAY)
        if not all(each.isascii() and each.isdigit() for each in numbers):
            raise Unproven("a Send to Flex has a priority or time-out that is no number")
        priority, timeout = map(int, numbers)
        self._make_task(chat, task.workflow_sid, channel, task.attributes, priority, timeout)
