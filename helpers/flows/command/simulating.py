"""The command that simulates a busy day."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..errors import FlowProblem
from ..file.config import FlexFlowConfig
from .arguments import OK, UsageError, add_command, write
from .playing import account_for, chosen

_DAY = (
    ("agents", "N", "agents who work all day, or shifts: 20@8-16,10@12-20; required"),
    ("at-once", "N", "chats that an agent takes at once; by default 1"),
    ("reaction", "TIME", "time until an agent accepts: seconds, or as --handle-time"),
    ("wrap-up", "TIME", "time from a talk's end until the task is completed, likewise"),
    ("slowdown", "SHARE", "by which each further chat of an agent makes a talk longer"),
    ("arrivals", "N[,N...]", "customers to expect, in all or in each hour, or exactly:N; required"),
    ("hours", "N", "length of the day; by default 24"),
    ("handle-time", "TIME", "seconds, exponential:300 or lognormal:480[,0.75]"),
    ("patience", "TIME", "likewise; by default for ever"),
    ("answers-after", "TIME", "time to answer a bot, likewise"),
    ("within", "SECONDS", "seconds in which a customer should be answered; by default 20"),
    ("seed", "N", "seed of everything that is drawn; by default 1"),
    ("engine", "NAME", "auto, mock or fast; by default auto"),
    ("service-level", "NAME", "offered, answered, 'without short' or 'with short'"),
    ("warm-up", "HOURS", "hours at the beginning that do not count"),
)


def add_commands(commands: Any) -> None:
    """Add `simulate` to a parser's commands."""
    simulating = add_command(commands, "simulate", _simulate, "simulate a busy day")
    simulating.add_argument("--flow", metavar="NAME", help="one flow of the file")
    for name, metavar, about in _DAY:
        simulating.add_argument(f"--{name}", metavar=metavar, help=about)
    simulating.add_argument(
        "--says", metavar="TEXT", action="append", help="the first message, then answers to a bot"
    )


def _simulate(options: argparse.Namespace) -> int:
    from ..busy_day.load_testing import load_test

    file, flows = chosen(options, options.file, options.flow)
    if len(flows) != 1 or not isinstance(flows[0], FlexFlowConfig):
        names = ", ".join(repr(each.label) for each in file.flows) or "none"
        raise UsageError(f"a day is simulated for one Flex Flow; give --flow, of: {names}")
    account = account_for(options, file)
    try:
        day = load_test(flows[0], account=account, progress=False, **_day(options))
    except FlowProblem:
        raise
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from None
    data = {"flow": flows[0].label, **asdict(day.summary), "engine": day.engine}
    write(options, day, data)
    return OK


def _arrivals(text: str) -> Any:
    """`200`, `10,30,20` or `exactly:200`."""
    from ..busy_day.demand import Exactly

    if text.startswith("exactly:"):
        return Exactly(_whole(text.removeprefix("exactly:"), "arrivals"))
    by_hour = [_number(each, "arrivals") for each in text.split(",")]
    return by_hour if "," in text else _whole(text, "arrivals")


def _day(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `load_test`; UsageError for ones that make no sense."""
    if options.agents is None or options.arrivals is None:
        raise UsageError("give --agents and --arrivals")
    given: dict[str, Any] = {
        "agents": _staffing(options),
        "arrivals": _arrivals(options.arrivals),
    }
    for name in ("handle_time", "patience", "answers_after"):
        if (text := getattr(options, name)) is not None:
            given[name] = _duration(text, name)
    for name, read in (
        ("hours", _whole),
        ("seed", _whole),
        ("within", _number),
        ("warm_up", _number),
    ):
        if (text := getattr(options, name)) is not None:
            given[name] = read(text, name)
    for name in ("engine", "service_level"):
        if (text := getattr(options, name)) is not None:
            given[name] = text
    return given | ({"says": tuple(options.says)} if options.says else {})


def _staffing(options: argparse.Namespace) -> Any:
    """The agents of a day: a number of them, or shifts and habits."""
    from ..busy_day.demand import Fixed
    from ..busy_day.staffing import Shift, Staffing

    shifts = []
    try:
        for each in options.agents.split(","):
            count, at, hours = each.partition("@")
            start, _, end = hours.partition("-")
            within = (
                (_number(start, "agents"), _number(end, "agents") if end else None) if at else ()
            )
            shifts.append(Shift(_whole(count, "agents"), *within))
        habits: dict[str, Any] = {}
        for name in ("reaction", "wrap_up"):
            if (text := getattr(options, name)) is not None:
                found = _duration(text, name)
                habits[name] = Fixed(found) if isinstance(found, float) else found
        for name, read in (("at_once", _whole), ("slowdown", _number)):
            if (text := getattr(options, name)) is not None:
                habits[name] = read(text, name)
        return Staffing(tuple(shifts), **habits)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from None


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--{name.replace('_', '-')} {text!r}: give a number") from None


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"--{name.replace('_', '-')} {text!r}: give a whole number") from None


def _duration(text: str, name: str) -> Any:
    """`480`, `exponential:300` or `lognormal:480,0.75`."""
    from ..busy_day.demand import Exponential, Lognormal

    kinds: dict[str, Callable[..., Any]] = {"exponential": Exponential, "lognormal": Lognormal}
    kind, _, values = text.partition(":")
    if not values:
        return _number(text, name)
    if kind not in kinds:
        fix = f"give seconds, or {', '.join(f'{each}:300' for each in kinds)}"
        raise UsageError(f"--{name.replace('_', '-')} {text!r}: {fix}")
    try:
        return kinds[kind](*(_number(each, name) for each in values.split(",")))
    except (TypeError, ValueError) as error:
        raise UsageError(f"--{name.replace('_', '-')} {text!r}: {error}") from None
