"""`python -m tests.benchmarks`: measure everything, beside its floors, and write the table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import __doc__ as about
from tests.benchmarks import (
    growth,
    in_process,
    loopback,
    peers,
    realtime,
    snapshots,
    starting,
    suite,
)
from tests.benchmarks.measuring import ROOT, Figure

SECTIONS: dict[str, Callable[[], Iterator[Figure]]] = {
    "in-process": in_process.run,
    "loopback": loopback.run,
    "realtime": realtime.run,
    "growth": growth.run,
    "snapshots": snapshots.run,
    "start": starting.run,
    "suite": suite.run,
}
PAGE = ROOT / "docs/explanation/speed.md"
TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end of table -->)", re.DOTALL)
HEADS = ("", "measured", "its floor", "ratio or value", "aim", "met")


def main() -> None:
    """Measure, print, and write the table into the page."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [*SECTIONS, "peers"]
    parser.add_argument("--only", choices=names, action="append", help="measure only this; repeats")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help=peers.__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("TWILIO_")]:
        if name != peers.DOCUMENTS:
            del os.environ[name]
    load, started = os.getloadavg()[0], time.monotonic()
    found: dict[str, list[Figure]] = {}
    for name in given.only or names:
        section = SECTIONS.get(name) or (lambda: peers.run(given.peers))
        found[name] = []
        for figure in section():
            print(*filter(None, figure.cells()), sep=" | ", file=sys.stderr, flush=True)
            found[name].append(figure)
    minutes = (time.monotonic() - started) / 60
    lines = [*machine(load, minutes), "", *table(found)]
    print("\n".join(lines))
    if not given.only:
        text = TABLE.sub("\n".join(("", *lines, "", "")), PAGE.read_text("utf-8"))
        PAGE.write_text(text, "utf-8")
    if given.json:
        kept = {name: [asdict(each) for each in figures] for name, figures in found.items()}
        given.json.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def machine(load: float, minutes: float) -> Iterator[str]:
    """The date, and what was measured on."""
    now = datetime.now(UTC)
    yield (
        f"{now.day} {now:%B %Y}, Python {platform.python_version()}, SQLite"
        f" {sqlite3.sqlite_version}, {platform.system()} {platform.machine()},"
        f" {processor()}, {os.cpu_count()} cores, load {load:.1f} at the start;"
        f" the run took {minutes:.0f} minutes."
    )


def processor() -> str:
    """Its name, where the system tells."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor()


def table(found: dict[str, list[Figure]]) -> Iterator[str]:
    """The figures as a Markdown table."""
    yield row(HEADS)
    yield "|" + "---|" * len(HEADS)
    for name, figures in found.items():
        if figures:
            yield row((f"**{name}**", *[""] * (len(HEADS) - 1)))
        for figure in figures:
            yield row(figure.cells())


def row(cells: Iterable[str]) -> str:
    """One line of it."""
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


if __name__ == "__main__":
    main()
