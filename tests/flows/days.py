"""Flex Flow configs for simulated days, and what queueing theory says about one."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from typing import Any

from helpers.flows import FlexFlowConfig, Integration, Shift, Staffing
from helpers.flows.busy_day.demand import Customer
from helpers.flows.busy_day.durations import Constant

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


def external_flow(url: str = "https://bot.example.com/messages") -> FlexFlowConfig:
    """A flow whose messages are posted to a server."""
    return FlexFlowConfig(
        friendly_name="Own bot",
        channel_type="custom",
        integration_type="external",
        integration=Integration(url=url),
    )


def servers_of(agents: int) -> Staffing:
    """Agents as queueing theory knows them: they accept at once, and do nothing afterwards."""
    return Staffing((Shift(agents),), reaction=Constant(0), wrap_up=Constant(0))


def waits_first_come_first_served(customers: Iterable[Customer], servers: int) -> list[float]:
    """How long each waits, by the recursion of Kiefer and Wolfowitz."""
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
