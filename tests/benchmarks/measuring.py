"""Ways to measure that a busy machine does not spoil, and the figures they give."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WARM_UP = 1
"""Rounds that do not count."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        name: The work, e.g. `create message, Chat`.
        measured: What was measured, in words, such as `62 µs`.
        floor: The floor of the same run, likewise; empty where there is none.
        value: The number that the aim is about: a ratio to the floor, or what was measured.
        unit: Of the value; empty for a ratio.
        at_most, at_least: The aim, if there is one.
    """

    name: str
    measured: str
    floor: str = ""
    value: float | None = None
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_met(self) -> bool | None:
        """None where there is no aim."""
        if self.value is None:
            return None
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least

    def cells(self) -> tuple[str, ...]:
        """The columns of the table."""
        aim = ""
        if self.at_most is not None:
            aim = f"at most {number(self.at_most)} {self.unit}".strip()
        elif self.at_least is not None:
            aim = f"at least {number(self.at_least)} {self.unit}".strip()
        value = "" if self.value is None else f"{number(self.value)} {self.unit}".strip()
        met = {None: "", True: "yes", False: "**no**"}[self.is_met]
        return self.name, self.measured, self.floor, value, aim, met


def number(value: float) -> str:
    """A number with three significant digits."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def microseconds(nanoseconds: float) -> str:
    """`62.1 µs`."""
    return f"{number(nanoseconds / 1e3)} µs"


def milliseconds(seconds: float) -> str:
    """`1.24 ms`."""
    return f"{number(seconds * 1e3)} ms"


@dataclass(frozen=True, slots=True)
class Paired:
    """Costs of some work and of its floor, measured in turns.

    Attributes:
        own, floor: Medians of a call, in nanoseconds.
        ratio: The median of the rounds' ratios.
    """

    own: float
    floor: float
    ratio: float


def in_turns(
    own: Callable[[], object],
    floor: Callable[[], object],
    *,
    rounds: int = 30,
    calls: int = 40,
    clock: Callable[[], int] = time.thread_time_ns,
) -> Paired:
    """Measure two calls in turns, `calls` of each in a round."""

    def block(call: Callable[[], object]) -> float:
        taken = []
        for _ in range(calls):
            started = clock()
            call()
            taken.append(clock() - started)
        return statistics.median(taken)

    pairs = [(block(own), block(floor)) for _ in range(WARM_UP + rounds)][WARM_UP:]
    return Paired(
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(one / other for one, other in pairs),
    )


def paired_figure(name: str, found: Paired, at_most: float | None = None) -> Figure:
    """The line of a ratio to the floor."""
    floor, own = microseconds(found.floor), microseconds(found.own)
    return Figure(name, own, floor, found.ratio, at_most=at_most)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the others lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


# -- other processes


def keep_on_core(core: int, pid: int = 0) -> None:
    """Keep a process on one core, where the system lets it; by default this one."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(pid, {cores[core % len(cores)]})


@contextmanager
def process(*command: str, **options: Any) -> Iterator[Any]:
    """Run another process meanwhile, with pipes to it."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def url_printed(running: Any) -> str:
    """The URL that a server prints once it answers."""
    found = re.search(r"http://\S+", running.stdout.readline())
    assert found is not None
    return found[0]


@contextmanager
def serving(*arguments: str, core: int | None = None) -> Iterator[tuple[str, int]]:
    """The URL and process of a Python server."""
    with process(sys.executable, *arguments) as running:
        if core is not None:
            keep_on_core(core, running.pid)  # before its threads start, which inherit it
        yield url_printed(running), running.pid


MOCK = ("-m", "helpers.mock", "--port", "0")
CANNED = (str(HERE / "canned_server.py"),)


def megabytes(pid: int) -> float:
    """Megabytes of a process's memory."""
    import psutil

    return float(psutil.Process(pid).memory_info().rss) / 1e6


def processor_seconds(pid: int) -> float:
    """Processor time that a process has taken so far."""
    import psutil

    taken = psutil.Process(pid).cpu_times()
    return float(taken.user + taken.system)


def answered(*command: str, **options: Any) -> Any:
    """The JSON that a Python program prints."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True, **options
    )
    return json.loads(done.stdout.splitlines()[-1])
