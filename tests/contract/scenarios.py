"""How an operation is called through the SDK, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from recorder import Exchange
from world import World


@dataclass(frozen=True)
class Call:
    """One way to call an operation.

    Args:
        method: The SDK's method, from the world: `channel.messages.create`.
        given: Parameters by the names the document declares; a value may be a function of the
            world.
    """

    method: str
    given: Mapping[str, Any] = field(default_factory=dict)

    def values(self, world: World) -> dict[str, Any]:
        """The parameters, those that depend on the world looked up."""
        return {
            name: value(world) if callable(value) else value for name, value in self.given.items()
        }

    def giving(self, **given: Any) -> Call:
        """The same call with other parameters."""
        return Call(self.method, given)

    def make(self, world: World, headers: Mapping[str, str] | None = None) -> list[Exchange]:
        """Make the call; what went over the wire."""
        given = {**self.values(world), **(headers or {})}
        before = len(world.recorder.exchanges)
        attrgetter(self.method)(world)(**{sdk_name(name): value for name, value in given.items()})
        return world.recorder.exchanges[before:]


Scenarios = Mapping[str, tuple[Call, ...]]
"""The calls of each operation, by operationId; together they give every declared parameter."""


def parameters(calls: tuple[Call, ...]) -> dict[str, Call]:
    """Each parameter that the calls give, with the first call that gives it."""
    return {name: call for call in reversed(calls) for name in call.given}


def words(name: str) -> list[str]:
    """`Integration.FlowSid` -> `integration`, `flow_sid`."""
    return [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", part).lower() for part in name.split(".")]


def sdk_name(name: str) -> str:
    """The SDK's name of a declared parameter."""
    made = "_".join(words(name.replace("-", "_")))
    return "from_" if made == "from" else made
