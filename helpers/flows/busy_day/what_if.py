"""A simulated day with fields to change, for a notebook."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from ipywidgets import HTML, BoundedIntText, HBox, Layout, VBox

from ...account import Account
from ...html import table as html_table
from ...panel.still import Still
from ..file.config import FlexFlowConfig
from .demand import Arrivals, Arriving, CustomerMix, Demand, Duration, Given
from .load_testing import HANDLE_TIME, WITHIN, Counting, demanded, jobs_of, simulate
from .metrics import shown
from .result import LoadTest
from .sizing import shifts_of
from .staffing import GivenStaff, Staffing, as_staffing

SHOWN = ("offered", "answered", "abandoned", "service_level", "wait_mean", "wait_p90", "occupancy")
"""Figures beside the picture."""
_QUARTER = 0.25
"""Hours by which agents come and go when some are added."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """A duration of so many times its length."""

    duration: Duration
    factor: float

    def draw(self, random: Random, number: int) -> float:
        """Draw seconds for the customer of this number."""
        return self.factor * self.duration.draw(random, number)


class WhatIf(Still, VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Fields over a day: agents, customers, talks, and which day; its figures and picture below.

    The same day comes again with the same fields. `day` is the one shown.

    Args:
        flow: The config.
        agents: As for `load_test`, of one group; the field adds to each hour, or takes away.
        arrivals: As for `load_test`, as are the following.
        handle_time: Duration of a talk with an agent.
        patience: Longest wait for an agent.
        hours: Length of the day, where `arrivals` does not give it.
        within: Seconds in which a customer should be answered.
        account: The account that the flow is for.

    Raises:
        ValueError, TypeError, FlowProblem: As for `load_test`.
    """

    def __init__(
        self,
        flow: FlexFlowConfig,
        *,
        agents: GivenStaff,
        arrivals: Arriving | Arrivals,
        handle_time: Given = HANDLE_TIME,
        patience: Given | None = None,
        hours: int = 24,
        within: float = WITHIN,
        account: Account | None = None,
    ) -> None:
        demand = demanded(None, arrivals, handle_time, patience, hours, ("Hello",), 10)
        self._counting = Counting(within).checked(demand.hours)
        staffing = as_staffing(agents)
        if not isinstance(staffing, Staffing) or isinstance(demand, CustomerMix):
            raise TypeError("agents: give a number or one Staffing; WhatIf has one group of agents")
        self._demand, self._staffing = demand, staffing
        [self._job] = jobs_of([flow], demand, staffing, 1, account, None)
        self._is_checked = False
        self.more = _field("Agents, more", 0, -3, 3)
        self.customers = _field("Customers, %", 100, 50, 150, 10)
        self.talks = _field("Talks, %", 100, 50, 150, 10)
        self.seed = _field("Day", 1, 1, 20)
        self._fields = (self.more, self.customers, self.talks, self.seed)
        self._figures = HTML(layout=Layout(padding="0 0 0 24px"))
        self._picture = HTML()
        self.day = self._show()
        for each in self._fields:
            each.observe(self._moved, names="value")
        above = HBox([VBox(self._fields), self._figures], layout=Layout(flex_flow="row wrap"))
        super().__init__(children=[above, self._picture])

    def __repr__(self) -> str:  # the same on every run, as notebooks store it
        return f"WhatIf({self.day.title!r})"

    def html(self) -> str:
        """Return the day's figures and picture as HTML."""
        return f"{self._figures.value}{self._picture.value}"

    def _moved(self, _: Any) -> None:
        self.day = self._show()

    def _show(self) -> LoadTest:
        factor, talks = self.customers.value / 100, self.talks.value / 100
        day = simulate(
            replace(
                self._job,
                demand=_scaled(self._demand, factor, talks),
                staffing=_with_more(self._staffing, self.more.value, self._demand.hours),
                seed=self.seed.value,
            ),
            self._counting,
            is_checked=self._is_checked,
        )
        self._is_checked = True
        rows = [(name.replace("_", " "), shown(name, getattr(day.summary, name))) for name in SHOWN]
        self._figures.value = html_table(rows)
        self._picture.value = day.plot()._repr_mimebundle_()["text/html"]
        return day


def _field(description: str, value: int, least: int, most: int, step: int = 1) -> BoundedIntText:
    """Return a field with a label that screen readers find, as they do not a slider's."""
    return BoundedIntText(
        value=value,
        min=least,
        max=most,
        step=step,
        description=description,
        style={"description_width": "9em"},
    )


def _scaled(demand: Demand, customers: float, talks: float) -> Demand:
    """Return the demand with so many times the customers and the length of talks."""
    arrivals = demand.arrivals
    if arrivals.exactly is not None:
        arrivals = replace(arrivals, exactly=max(1, round(customers * arrivals.exactly)))
    else:
        arrivals = Arrivals(tuple(customers * each for each in arrivals.per_hour))
    return replace(demand, arrivals=arrivals, handle_time=Scaled(demand.handle_time, talks))


def _with_more(staffing: Staffing, more: int, hours: int) -> Staffing:
    """Return the staffing with so many more agents while any work, but at least one."""
    if not more:
        return staffing
    duty = staffing.on_duty(hours)
    quarters = [at * _QUARTER for at in range(math.ceil(hours / _QUARTER))]
    levels = [next(count for at, count in reversed(duty) if at <= each) for each in quarters]
    shifts = shifts_of([max(1, each + more) if each else 0 for each in levels], _QUARTER)
    return replace(staffing, shifts=shifts)
