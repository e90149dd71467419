"""Accounts with a history, loaded in one line: `mock.load("busy afternoon")`.

Each scenario is played through the official SDK against a new account, on a clock that moves along,
so that its history is as at Twilio: in the same order, with the same events, and the same SIDs
every time. Identities, names and messages are made up.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ...html import escaped
from ..core.clock import Moment, epoch
from ..webhooks.receivers import Receiver
from . import busy_afternoon, returning_customer
from .story import MINUTE, Resettable, Story

__all__ = ["SCENARIOS", "Scenario", "Scenarios", "UnknownScenario", "load"]


class UnknownScenario(LookupError):
    """There is no scenario of that name; the text names the nearest one and all others."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A history that an account can be loaded with, and a sentence about its content."""

    name: str
    sentence: str

    def __repr__(self) -> str:
        return f"{self.name}: {self.sentence}"


class Scenarios(Mapping[str, Scenario]):
    """Scenarios by name; another name raises UnknownScenario."""

    def __init__(self, *scenarios: Scenario) -> None:
        self._by_name = {scenario.name: scenario for scenario in scenarios}

    def __getitem__(self, name: str) -> Scenario:
        if name in self._by_name:
            return self._by_name[name]
        near = difflib.get_close_matches(str(name), self._by_name, n=1, cutoff=0)
        raise UnknownScenario(
            f"there is no scenario {name!r}; the nearest is {near[0]!r}, and there are:"
            f" {', '.join(self._by_name)}"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.values()))

    def _repr_html_(self) -> str:
        listed = "".join(
            f"<dt><b>{escaped(each.name)}</b></dt><dd>{escaped(each.sentence)}</dd>"
            for each in self.values()
        )
        return f"<dl>{listed}</dl>"


SCENARIOS = Scenarios(
    Scenario(
        "empty account",
        "a chat service with its roles, and a TaskRouter workspace with one queue and one"
        " workflow; no agents, no Flex Flows, no Studio flows, no chats",
    ),
    Scenario(
        "busy afternoon",
        "four agents, three queues, a bot and sixteen chats of the last four hours: finished,"
        " under way, waiting, turned down, missed and given up, with a task in every state",
    ),
    Scenario(
        "returning customer",
        "a customer back in the long-lived chat of three earlier contacts over three months, and"
        " an agent who is offered the new task",
    ),
)


def _empty_account(story: Story) -> None:
    """Delete the workers and flows of a new account."""
    story.at(5)
    flex_flows, studio_flows = story.client.flex_api.v1.flex_flow, story.client.studio.v2.flows
    for resources in (story.workspace.workers, flex_flows, studio_flows):
        for each in resources.list():
            each.delete()


_PLAYS: dict[str, tuple[float, Callable[[Story], None]]] = {
    "empty account": (10 * MINUTE, _empty_account),
    "busy afternoon": (busy_afternoon.BEGINS, busy_afternoon.play),
    "returning customer": (returning_customer.BEGINS, returning_customer.play),
}
"""Seconds from an account's start to its end, and the function that plays its history."""


def load(mock: Resettable, name: str, at: Moment | None) -> tuple[Scenario, dict[str, Receiver]]:
    """Play a scenario on a new mock; returns it with the receivers of its URLs."""
    scenario = SCENARIOS[name]
    begins, play = _PLAYS[name]
    end = time.time() if at is None else epoch(at)
    mock.reset(at=end - begins)
    story = Story(mock, end)
    play(story)
    mock.clock.freeze(time.time() if at is None else end)
    if at is None:
        mock.clock.to_real_time()
    return scenario, story.receivers
