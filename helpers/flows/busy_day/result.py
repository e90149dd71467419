"""The result of a load test: figures, tables and plots of a simulated day."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, get_args

from ...html import table as html_table
from ..file.config import FlexFlowConfig
from .demand import HOUR, CustomerMix, Demand
from .metrics import (
    ContactOutcome,
    ContactRecord,
    ServiceLevel,
    Summary,
    abandonment,
    longest,
    mean,
    occupancy,
    quantile,
    service_level,
    shown,
)
from .staffing import Staff

if TYPE_CHECKING:
    import pandas as pd

    from ..rehearsal.plotting import Picture


@dataclass(frozen=True)
class LoadTest:
    """A Flex Flow config on a simulated day. It can be compared and pickled.

    Attributes:
        within: Seconds in which a customer should be answered, for the service level.
        definition: The definition of the service level.
        warm_up: Hours at the beginning whose customers do not count in the summary.
        conversations: A record of each customer, in order of arrival.
        queue: Numbers of tasks that waited, each with the moment from which on it held (seconds
            since the day began).
        missed: Offers that agents did not answer in time.
        refusals: Texts of the mock's refusals to make a customer's channel.
        reached: The moment up to which the day was simulated (seconds since it began).
        without_chat: Tasks that name no customer's chat channel, so that no agent could answer.
        engine: `fast` or `mock`; its reason says why. Neither counts in a comparison of two days.
    """

    flow: FlexFlowConfig
    demand: Demand | CustomerMix = field(repr=False)
    staffing: Staff = field(repr=False)
    seed: int
    within: float
    conversations: tuple[ContactRecord, ...] = field(repr=False)
    queue: tuple[tuple[float, int], ...] = field(repr=False)
    missed: int
    refusals: tuple[str, ...] = field(repr=False)
    reached: float
    without_chat: int = 0
    engine: str = field(default="mock", compare=False)
    engine_reason: str = field(default="", compare=False, repr=False)
    definition: ServiceLevel = "offered"
    warm_up: float = 0.0

    @property
    def closes(self) -> float:
        """The end of the day, or where it was broken off, in seconds since it began."""
        return min(self.demand.seconds, self.reached)

    @cached_property
    def summary(self) -> Summary:
        """The day in figures."""
        return self._summary(self.conversations)

    @cached_property
    def by_class(self) -> dict[str, Summary]:
        """The figures of each class of customers; the queue and occupancy are those of all."""
        return {
            one.name: self._summary([each for each in self.conversations if each.kind == one.name])
            for one in self.demand.classes
        }

    def _summary(self, contacts: Sequence[ContactRecord]) -> Summary:
        begins = self.warm_up * HOUR
        everyone = [each for each in contacts if each.arrived >= begins]
        outcomes = Counter(each.outcome for each in everyone)
        waits = sorted(each.wait for each in everyone if each.outcome == "answered")
        accepted = [each for each in everyone if each.accepted is not None]
        return Summary(
            offered=len(everyone),
            tasks=sum(each.queued is not None for each in everyone),
            **{outcome: outcomes[outcome] for outcome in get_args(ContactOutcome)},
            service_level=service_level(everyone, self.within, self.definition),
            wait_mean=mean(waits),
            wait_p50=quantile(waits, 0.5),
            wait_p90=quantile(waits, 0.9),
            wait_p99=quantile(waits, 0.99),
            wait_max=quantile(waits, 1.0),
            queue_max=longest(self.queue, begins, math.inf),
            occupancy=occupancy(self.conversations, self.staffing, begins, self.closes),
            handled_per_agent=len(accepted) / self.staffing.agents,
            in_vain=sum(each.in_vain for each in everyone),
            missed=self.missed,
            abandonment=abandonment(everyone, self.within, self.definition),
        )

    @property
    def title(self) -> str:
        """The flow, and the numbers of conversations and agents."""
        name, kind = self.flow.friendly_name, self.flow.integration_type
        agents = self.staffing.agents
        people = f"{agents} agent{'' if agents == 1 else 's'}"
        return f"{name} ({kind}): {len(self.conversations):,} conversations, {people}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks about the figures."""
        found = []
        if len(self.demand.classes) > 1:
            found += [
                f"{name}: {one.offered} customers, {one.answered} answered, service level"
                f" {shown('service_level', one.service_level)}, mean wait"
                f" {shown('wait_mean', one.wait_mean)}"
                for name, one in self.by_class.items()
            ]
        if self.summary.waiting:
            waits = [each.wait for each in self.conversations if each.outcome == "waiting"]
            found.append(
                f"waits are of those answered; {len(waits)} still waited at the end, for"
                f" {shown('wait_mean', mean(waits))} on average so far"
            )
        found.append(
            f"customers of the first {self.warm_up:g} h do not count"
            if self.warm_up
            else "the day begins with no customers; warm_up= leaves out its first hours"
        )
        if self.flow.integration_type == "external" and not self.summary.tasks:
            found.append(
                "an external flow makes no tasks by itself, so no agent was offered anything: give"
                " servers={url: ...} for a server that creates them"
            )
        if self.without_chat:
            found.append(
                f"{self.without_chat} tasks name no customer's chat as channelSid: agents had a"
                " task but no chat"
            )
        if self.refusals:
            found.append(f"{len(self.refusals)} channels were refused: {self.refusals[0]}")
        found.append(f"{self.engine} engine: {self.engine_reason}")
        if self.reached < self.demand.seconds:
            found.append(f"broken off at {clock_time(self.reached)} of the simulated day")
        return tuple(found)

    @property
    def waits(self) -> pd.DataFrame:
        """The customers, one row each; moments in seconds since the day began."""
        import pandas as pd

        return pd.DataFrame(self.conversations, columns=[*ContactRecord.__dataclass_fields__])

    def table(self) -> pd.DataFrame:
        """Figures of the day, hour by hour."""
        import pandas as pd

        return pd.DataFrame(list(self._hours())).set_index("hour")

    def _hours(self) -> Iterator[dict[str, float | None]]:
        """Each hour in figures; a wait counts where the customer arrived."""
        for hour in range(self.demand.hours):
            low, high = hour * HOUR, (hour + 1) * HOUR
            came = [each for each in self.conversations if low <= each.arrived < high]
            waits = sorted(each.wait for each in came if each.outcome == "answered")
            yield {
                "hour": hour,
                "offered": len(came),
                "answered": len(waits),
                "abandoned": sum(each.outcome == "abandoned" for each in came),
                "wait_mean": mean(waits),
                "wait_p90": quantile(waits, 0.9),
                "queue_max": longest(self.queue, low, high),
                "occupancy": occupancy(self.conversations, self.staffing, low, high),
                "service_level": service_level(came, self.within, self.definition),
            }

    def plot(self) -> Picture:
        """The day as a picture: waits, the queue and occupancy."""
        from .plotting import plot_day

        occupancy = [hour["occupancy"] for hour in self._hours()]
        duty = self.staffing.on_duty(max(self.demand.hours, self.queue[-1][0] / HOUR))
        title = f"{self.title}, seed {self.seed}"
        return plot_day(title, self.conversations, self.queue, occupancy, duty)

    def __repr__(self) -> str:
        lines = [self.title, *(f"  {name:<17} {value}" for name, value in self.summary.lines())]
        return "\n".join([*lines, *(f"  note: {remark}" for remark in self.remarks)])

    def _repr_html_(self) -> str:
        remarks = [("note", remark) for remark in self.remarks]
        return html_table([*self.summary.lines(), *remarks], title=self.title)


def clock_time(seconds: float) -> str:
    """`14:05` of a simulated day."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours:02}:{minutes:02}"
