"""Memory, descriptors and threads of a server, and whether they grow."""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass, field

import psutil

WARM_UP = 0.5
"""Part of a life in which clients come back and caches fill: it is not held to the bounds."""
LONG = 8
"""Seconds that a life must have to say something about growth."""
WINDOW = 15
"""Seconds of which the least value counts for the growth within a life."""
EVERY = 0.25
"""Seconds between samples."""
UNITS = {"memory": "MB", "descriptors": "", "threads": ""}
BOUNDS = {"memory": (5.0, 0.5), "descriptors": (10.0, 3.0), "threads": (6.0, 3.0)}
"""Growth allowed: a minute, within the longest life; and from one life to the next.

Descriptors and threads vary by tens with the load, as clients come back and pools fill.
"""


@dataclass(eq=False)
class Life:
    """Samples from one start of the server to its end: seconds since it answered, and values."""

    samples: dict[str, list[tuple[float, float]]] = field(
        default_factory=lambda: {name: [] for name in UNITS}
    )

    def seconds(self) -> float:
        """Its length."""
        return max((at for at, _ in self.samples["memory"]), default=0.0)

    def settled(self, name: str) -> list[tuple[float, float]]:
        """The samples after the warm-up."""
        samples = self.samples[name]
        return [each for each in samples if LONG / 2 <= each[0] >= WARM_UP * samples[-1][0]]


class Sampler:
    """Measures a process until `stop()`, on a thread of its own."""

    def __init__(self, pid: int) -> None:
        self.life = Life()
        self._process = psutil.Process(pid)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> Life:
        self._stopped.set()
        self._thread.join()
        return self.life

    def _run(self) -> None:
        started, process = time.monotonic(), self._process
        count_open = process.num_fds if psutil.POSIX else process.num_handles
        while not self._stopped.wait(EVERY):
            try:
                memory = process.memory_info().rss / 1e6
                values = (memory, float(count_open()), float(process.num_threads()))
            except psutil.Error:  # it has ended
                return
            at = time.monotonic() - started
            for samples, value in zip(self.life.samples.values(), values, strict=True):
                samples.append((at, value))


def slope(points: list[tuple[float, float]]) -> float:
    """Growth by least squares; 0 for fewer than two moments."""
    if len({at for at, _ in points}) < 2:
        return 0.0
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def floor(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The least value of each window: load adds to it and passes, a leak stays."""
    least: dict[int, tuple[float, float]] = {}
    for at, value in points:
        window = int(at // WINDOW)
        if window not in least or value < least[window][1]:
            least[window] = (at, value)
    return list(least.values())


def growth(lives: list[Life]) -> dict[str, dict[str, float]]:
    """For each measure: level, growth a minute within the longest life, from life to life; bounds.

    The longest life is not among those that are compared, as a level takes time to be reached.
    """
    *others, longest = sorted(lives, key=Life.seconds)
    found = {}
    for name, (within, across) in BOUNDS.items():
        settled = [points for life in lives if life in others and (points := life.settled(name))]
        levels = [statistics.median(value for _, value in points) for points in settled] or [0.0]
        steady = longest.settled(name)
        found[name] = {
            "first": levels[0],
            "last": levels[-1],
            "longest": statistics.median([value for _, value in steady] or [0.0]),
            "highest": max((value for life in lives for _, value in life.samples[name]), default=0),
            "a minute": 60 * slope(floor(steady)),
            "a minute, at most": within,
            "a life": slope(list(enumerate(levels))),
            "a life, at most": across,
        }
    return found
