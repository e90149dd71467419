"""Flex Flow configs for simulated days, and what queueing theory says about one."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

from helpers import Account
from helpers.flows import FlexFlowConfig, Integration, Shift, Staffing
from helpers.flows.busy_day.demand import Arrival, Fixed
from helpers.mock import WebhookRequest

WORKSPACE, WORKFLOW = "Flex Task Assignment", "Assign to Anyone"


def task_flow(name: str = "Support", **changes: Any) -> FlexFlowConfig:
    """A flow that makes a task with every channel; `integration_...` goes into its settings."""
    own = {k.removeprefix("integration_"): v for k, v in changes.items() if "integration_" in k}
    rest = {k: v for k, v in changes.items() if "integration_" not in k}
    given = {"workspace": WORKSPACE, "workflow": WORKFLOW, "channel": "chat", **own}
    return FlexFlowConfig(
        friendly_name=name,
        channel_type="custom",
        integration_type="task",
        integration=Integration(**given),
        **rest,
    )


def studio_flow(name: str = "Webchat", flow: str = "Webchat Flow") -> FlexFlowConfig:
    """A flow that starts a Studio flow."""
    return FlexFlowConfig(
        friendly_name=name, channel_type="custom", integration=Integration(flow=flow)
    )


BOT = "https://bot.example.com/messages"


def external_flow(url: str = BOT) -> FlexFlowConfig:
    """A flow whose messages are posted to a server."""
    return FlexFlowConfig(
        friendly_name="Own bot",
        channel_type="custom",
        integration_type="external",
        integration=Integration(url=url),
    )


def add_asking_bot(account: Account, timeout: int) -> FlexFlowConfig:
    """A Studio flow that asks something, waits for an answer, and hands over; a flow for it."""
    workspace = account.client.taskrouter.v1.workspaces.list()[0]
    workflow = account.client.taskrouter.v1.workspaces(workspace.sid).workflows.list()[0]
    to_agent = {"event": "incomingMessage", "next": "agent"}
    asks = _widget(
        "ask", "send-and-wait-for-reply", [to_agent, {"event": "timeout", "next": "agent"}]
    )
    asks["properties"] = {"from": "Bot", "body": "What is it about?", "timeout": str(timeout)}
    hands_over = _widget("agent", "send-to-flex", [{"event": "callComplete"}])
    about = '{"channelSid": "{{trigger.message.ChannelSid}}"}'
    hands_over["properties"] = {"workflow": workflow.sid, "channel": "chat", "attributes": about}
    account.client.studio.v2.flows.create(
        friendly_name="Asking bot",
        status="published",
        definition={
            "description": "asks, then hands over",
            "initial_state": "Trigger",
            "flags": {"allow_concurrent_calls": True},
            "states": [
                _widget("Trigger", "trigger", [{"event": "incomingMessage", "next": "ask"}]),
                asks,
                hands_over,
            ],
        },
    )
    return studio_flow("With a bot", "Asking bot")


def _widget(name: str, kind: str, transitions: list[dict[str, str]]) -> dict[str, Any]:
    return {"name": name, "type": kind, "transitions": transitions, "properties": {}}


def hands_over_at_once(account: Account) -> Callable[[WebhookRequest], None]:
    """A server for an external flow: it makes a task of the first message of each chat."""
    workspace = account.client.taskrouter.v1.workspaces.list()[0]
    tasks = account.client.taskrouter.v1.workspaces(workspace.sid).tasks
    known: set[str] = set()

    def receive(request: WebhookRequest) -> None:
        channel_sid = request.parameters["ChannelSid"]
        if channel_sid not in known:
            known.add(channel_sid)
            tasks.create(task_channel="chat", attributes=json.dumps({"channelSid": channel_sid}))

    return receive


def servers_of(agents: int) -> Staffing:
    """Agents as queueing theory knows them: they accept at once, and do nothing afterwards."""
    return Staffing((Shift(agents),), reaction=Fixed(0), wrap_up=Fixed(0))


def waits_first_come_first_served(customers: Iterable[Arrival], servers: int) -> list[float]:
    """Return each customer's wait, by the recursion of Kiefer and Wolfowitz."""
    free = [0.0] * servers
    waits = []
    for customer in customers:
        start = max(customer.arrives, heapq.heappop(free))
        heapq.heappush(free, start + customer.handle_time)
        waits.append(start - customer.arrives)
    return waits


def erlang_c(load: float, servers: int) -> float:
    """The probability to wait in M/M/c."""
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(terms) + last)


def erlang_a(rate: float, mean: float, patience: float, servers: int) -> float:
    """The share of customers who leave in M/M/c+M; `rate` is in customers a second."""
    shares = [1.0]
    for waiting in range(1, 400):
        busy, queued = min(waiting, servers), max(0, waiting - servers)
        shares.append(shares[-1] * rate / (busy / mean + queued / patience))
    left = sum(max(0, n - servers) / patience * share for n, share in enumerate(shares))
    return left / rate / sum(shares)
