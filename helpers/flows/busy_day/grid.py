"""What a sweep found: each config with each staffing over several seeds, mean and interval."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from typing import TYPE_CHECKING

from ..config import FlexFlowConfig
from ..rehearsal import pages
from .metrics import FIGURES, Summary, shown
from .staffing import Staffing

if TYPE_CHECKING:
    import pandas as pd

    from ..picture import Picture

MAIN = ("service_level", "wait_mean", "wait_p90", "abandoned", "queue_max", "occupancy")
"""Figures of a sweep's table, where nobody says."""

_MOST = {"service_level": 1.0}
"""What a figure cannot exceed; agents who finish after their shift are occupied beyond theirs."""
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""Student's t, 97.5 %, for 1 to 30 degrees of freedom."""
_NORMAL = 1.960


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over several seeds.

    Attributes:
        mean: None where no seed has the figure.
        low: Where the 95 % interval of the mean begins (Student's t); None for a single seed.
        high: Where it ends.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None

    def within(self, least: float, most: float) -> Estimate:
        """The same, its interval cut to what the figure can be: few seeds make it wide."""
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(least, self.low), high=min(most, self.high))


def estimate(values: Sequence[float | None]) -> Estimate:
    """Mean and 95 % interval of a figure; seeds that do not have it are left out."""
    found = [float(value) for value in values if value is not None]
    if not found:
        return Estimate(None)
    mean = statistics.fmean(found)
    freedom = len(found) - 1
    if not freedom:
        return Estimate(mean)
    t = _T[freedom - 1] if freedom <= len(_T) else _NORMAL
    off = t * statistics.stdev(found) / math.sqrt(len(found))
    return Estimate(mean, mean - off, mean + off)


@dataclass(frozen=True, slots=True)
class Cell:
    """One config with one staffing; `summaries` are in the order of the seeds."""

    flow: FlexFlowConfig
    staffing: Staffing
    summaries: tuple[Summary, ...]

    def figure(self, name: str) -> Estimate:
        """A figure over the seeds.

        Raises:
            ValueError: There is no such figure.
        """
        if name not in FIGURES:
            raise ValueError(f"there is no figure {name!r}; there are: {', '.join(FIGURES)}")
        found = estimate([getattr(summary, name) for summary in self.summaries])
        return found.within(0.0, _MOST.get(name, math.inf))


@dataclass(frozen=True)
class Sweep:
    """A grid of load tests. It can be compared and pickled.

    Attributes:
        flows: The configs.
        staffing: Who worked.
        seeds: Of the days.
        summaries: The figures of every day: flow by flow, staffing by staffing, seed by seed.
    """

    flows: tuple[FlexFlowConfig, ...]
    staffing: tuple[Staffing, ...]
    seeds: tuple[int, ...]
    summaries: tuple[Summary, ...] = field(repr=False)

    def cells(self) -> Iterator[Cell]:
        """Every config with every staffing."""
        each = len(self.seeds)
        pairs = [(flow, staffing) for flow in self.flows for staffing in self.staffing]
        for number, (flow, staffing) in enumerate(pairs):
            yield Cell(flow, staffing, self.summaries[number * each : (number + 1) * each])

    def table(self, *names: str) -> pd.DataFrame:
        """Figures by config and staffing, each with its mean and 95 % interval over the seeds.

        Args:
            names: Which figures; the main ones by default.

        Raises:
            ValueError: There is no such figure.
        """
        import pandas as pd

        rows = {
            (cell.flow.friendly_name, cell.staffing.label): {
                (name, part): value
                for name in names or MAIN
                for part, value in asdict(cell.figure(name)).items()
            }
            for cell in self.cells()
        }
        table = pd.DataFrame.from_dict(rows, orient="index").astype(float)
        table.index = table.index.set_names(["flow", "agents"])
        return table

    def days(self) -> pd.DataFrame:
        """Every single day: flow, agents, seed and all its figures."""
        import pandas as pd

        return pd.DataFrame(
            {"flow": cell.flow.friendly_name, "agents": cell.staffing.label, "seed": seed}
            | asdict(summary)
            for cell in self.cells()
            for seed, summary in zip(self.seeds, cell.summaries, strict=True)
        )

    def plot(self, name: str = "wait_mean") -> Picture:
        """One figure over the staffing, a line for each config, its interval shaded.

        Raises:
            ValueError: There is no such figure.
        """
        from .plotting import Estimated, plot_sweep

        labels = [staffing.label for staffing in self.staffing]
        lines: dict[str, list[Estimated]] = {}
        for cell in self.cells():
            estimated = cell.figure(name)
            lines.setdefault(cell.flow.friendly_name, []).append(astuple(estimated))
        return plot_sweep(name, labels, lines)

    @property
    def title(self) -> str:
        """How big it is."""
        sizes = f"{len(self.flows)} configs x {len(self.staffing)} staffings"
        return f"{sizes} x {len(self.seeds)} seeds: {len(self.summaries)} days"

    def _rows(self) -> list[list[str]]:
        return [
            [cell.flow.friendly_name, cell.staffing.label]
            + [_written(name, cell.figure(name)) for name in MAIN]
            for cell in self.cells()
        ]

    def __repr__(self) -> str:
        rows = [["flow", "agents", *MAIN], *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([self.title, *lines])

    def _repr_html_(self) -> str:
        heads = ["flow", "agents", *(name.replace("_", " ") for name in MAIN)]
        return pages.section(self.title, pages.table(heads, self._rows()))


def _written(name: str, found: Estimate) -> str:
    """`12.3 s (10.1 s to 14.5 s)`."""
    mean = shown(name, found.mean)
    if found.low is None:
        return mean
    return f"{mean} ({shown(name, found.low)} to {shown(name, found.high)})"
