"""`python -m tests.soak`: run the soak and print its figures."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.soak import __doc__ as about
from tests.soak.figures import UNITS
from tests.soak.soak import Soak


def main() -> int:
    """Returns 0 if nothing was lost and nothing grows, 1 otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--steady",
        type=float,
        default=2,
        metavar="MINUTES",
        help="length of a last life, which is not killed and in which growth shows",
    )
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--kill-every", type=float, default=20, metavar="SECONDS")
    parser.add_argument("--rate", type=float, default=60, help="messages a second, in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(
            Path(folder),
            clients=given.clients,
            seconds=60 * given.minutes,
            every=given.kill_every,
            steady=60 * given.steady,
            rate=given.rate,
            seed=given.seed,
            report=lambda line: print(line, file=sys.stderr, flush=True),
        )
        soak.run()
        figures = soak.figures()
    for line in lines(figures):
        print(line)
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 1 if any(figures["problems"].values()) else 0


def lines(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as Markdown tables."""
    yield "| figure | |"
    yield "|---|---|"
    for name, value in figures.items():
        if name in ("growth", "problems"):
            continue
        if isinstance(value, dict):
            shown = ", ".join(f"{key}: {each}" for key, each in value.items())
        else:
            shown = str(value)
        yield f"| {name} | {shown} |"
    yield ""
    heads = ("first life", "last life", "long life", "highest", "growth a minute (bound)")
    heads += ("growth a life (bound)",)
    yield f"| of the server | {' | '.join(heads)} |"
    yield "|---|---|---|---|---|---|---|"
    for name, each in figures["growth"].items():
        unit = UNITS[name]
        level = " | ".join(
            f"{each[key]:.0f} {unit}".strip() for key in ("first", "last", "longest", "highest")
        )
        spans = " | ".join(
            f"{each[span]:.2f} ({each[f'{span}, at most']:g})" for span in ("a minute", "a life")
        )
        yield f"| {name} | {level} | {spans} |"
    yield ""
    yield "| problem | cases |"
    yield "|---|---|"
    for kind, cases in figures["problems"].items():
        yield f"| {kind} | {len(cases)}{': ' if cases else ''}{'; '.join(map(str, cases[:3]))} |"


if __name__ == "__main__":
    sys.exit(main())
