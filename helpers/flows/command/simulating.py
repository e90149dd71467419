"""The commands that simulate busy days: `simulate`, `sweep` and `staff`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import yaml

from ... import html
from ..errors import FlowProblem
from ..file.config import FlexFlowConfig
from ..file.flow_file import FlowFile
from ..file.nodes import composed
from ..file.text_files import text_of
from ..file.variables import ENVIRONMENTS, VARIABLES
from .arguments import OK, UsageError, add_command, file_of, noted, variables_of, write
from .playing import account_for

if TYPE_CHECKING:
    from ..busy_day.day_file import DayFile
    from ..busy_day.result import LoadTest
    from ..busy_day.sizing import StaffPlan
    from ..busy_day.sweeping import Sweep

_CUSTOMERS = (
    ("arrivals", "N[,N...]", "customers to expect, in all or in each hour, or exactly:N"),
    ("hours", "N", "length of the day; by default 24"),
    ("handle-time", "TIME", "seconds, exponential:300 or lognormal:480[,0.75]"),
    ("patience", "TIME", "likewise; by default for ever"),
    ("answers-after", "TIME", "time to answer a bot, likewise"),
    ("within", "SECONDS", "seconds in which a customer should be answered; by default 20"),
    ("engine", "NAME", "auto, mock or fast; by default auto"),
    ("service-level", "NAME", "offered, answered, 'without short' or 'with short'"),
)
_HABITS = (
    ("at-once", "N", "chats that an agent takes at once; by default 1"),
    ("reaction", "TIME", "time until an agent accepts: seconds, or as --handle-time"),
    ("wrap-up", "TIME", "time from a talk's end until the task is completed, likewise"),
    ("slowdown", "SHARE", "by which each further chat of an agent makes a talk longer"),
)
_WARM_UP = ("warm-up", "HOURS", "hours at the beginning that do not count")
_SEEDS = ("seeds", "N", "number of days, with other customers each; by default 40")
_AGENTS = "agents who work all day, or shifts: 20@8-16,10@12-20"
_OPTIONS = {
    "simulate": (_WARM_UP, ("seed", "N", "seed of everything that is drawn; by default 1")),
    "sweep": (_WARM_UP, _SEEDS, ("jobs", "N", "days at a time; by default one a core")),
    "staff": (
        _SEEDS,
        ("target", "SHARE", "customers to be answered in time, by default 0.8"),
        ("interval", "HOURS", "length of an interval that has its agents; by default 1"),
        ("group", "NAME", "of the day's groups of agents: this is sized, the others stay"),
    ),
}
_PICTURES = "<!-- pictures -->"
_DAY = """\
What is not said here is taken from a file, if --day gives one: classes of customers, groups of
agents with skills and shifts, and the same words as these options, such as

  hours: 8
  customers:
    - {name: sales, arrivals: [20, 30], handle_time: "lognormal:480", attributes: {kind: sales}}
    - {name: service, arrivals: 30, handle_time: 300, patience: "exponential:200"}
  agents:
    - {agents: 4, attributes: {skills: [sales]}}
    - {agents: "2@0-6,1@2", at_once: 2, slowdown: 0.2}
"""


def add_commands(commands: Any) -> None:
    """Add the commands to a parser's."""
    for name, run, about in (
        ("simulate", _simulate, "simulate a busy day"),
        ("sweep", _sweep, "simulate many days, with other flows and numbers of agents"),
        ("staff", _staff, "find how many agents each hour of a day needs"),
    ):
        adding = add_command(commands, name, run, about)
        adding.description = f"{about}\n\n{_DAY}"
        adding.formatter_class = argparse.RawDescriptionHelpFormatter
        several, action = "", "store"
        if name == "sweep":
            several, action = "; give it again for others", "append"
        adding.add_argument(
            "--flow", metavar="NAME", action=action, help=f"one flow of the file{several}"
        )
        adding.add_argument("--day", metavar="FILE", help="the day's load, in a file (YAML)")
        if name != "staff":
            adding.add_argument("--agents", metavar="N", action=action, help=_AGENTS + several)
        for option, metavar, text in (*_HABITS, *_CUSTOMERS, *_OPTIONS[name]):
            adding.add_argument(f"--{option}", metavar=metavar, help=text)
        adding.add_argument(
            "--says",
            metavar="TEXT",
            action="append",
            help="the first message, then answers to a bot",
        )
        adding.add_argument(
            "--format",
            choices=["text", "json", "csv", "html"],
            default="text",
            help="json is as good as --json; html is a page with pictures",
        )
    commands.choices["sweep"].add_argument(
        "--differences",
        metavar="FIGURE",
        help="how much a figure, such as wait_mean, is above that of the first, seed by seed",
    )
    commands.choices["sweep"].add_argument(
        "--cluster", metavar="ADDRESS", help="a Dask scheduler, to simulate there"
    )


def _simulate(options: argparse.Namespace) -> int:
    file, flows, day = _read(options)
    if len(flows) != 1:
        names = ", ".join(repr(each.label) for each in file.flows) or "none"
        raise UsageError(f"a day is simulated for one Flex Flow; give --flow, of: {names}")
    given = _given(options, day, "seed", "warm_up") | _agents(options, day)
    if "agents" not in {**day.arguments, **given}:
        raise UsageError("give --agents and --arrivals")
    found: LoadTest = _run(day.load_test, flows[0], options, file, given)
    data = {"flow": flows[0].label, **asdict(found.summary), "engine": found.engine}
    if len(found.by_class) > 1:
        data["classes"] = {name: asdict(one) for name, one in found.by_class.items()}
    _write(options, found, data, found.table, [found.plot])
    return OK


def _sweep(options: argparse.Namespace) -> int:
    from ..busy_day.metrics import FIGURES

    figure = options.differences
    if figure is not None and figure not in FIGURES:
        raise UsageError(f"--differences {figure!r}: there are {', '.join(FIGURES)}")
    file, flows, day = _read(options)
    given = _given(options, day, "seeds", "warm_up", "jobs", "cluster") | _agents(options, day)
    staffing = [*given.pop("staffing", ())] or [given.pop("agents", day.arguments.get("agents"))]
    if staffing == [None]:
        raise UsageError("give --agents, again for each number to try, or --day")
    found: Sweep = _run(day.sweep, flows, options, file, given | {"staffing": staffing})
    cells = [
        {"flow": each.flow.label, "agents": each.staffing.label}
        | {name: asdict(each.figure(name)) for name in asdict(each.summaries[0])}
        for each in found.cells()
    ]
    data = {"seeds": list(found.seeds), "cells": cells, "notes": list(found.remarks)}
    below, table = "", found.days
    if figure is not None:
        rows = _differences(found, figure)
        data["differences"] = rows
        heads = (
            f"{figure.replace('_', ' ')}, above that of {cells[0]['flow']}, {cells[0]['agents']}:"
        )
        lines = [f"  {one['flow']}, {one['agents']}: {one['shown']}" for one in rows]
        below, table = "\n".join([heads, *lines]), lambda: found.differences(figure)
    names = ("service_level", "wait_mean", "occupancy")
    drawn = [lambda name=name: found.plot(name) for name in names]
    _write(options, found, data, table, drawn, below)
    return OK


def _differences(found: Sweep, figure: str) -> list[dict[str, Any]]:
    """How much a figure of each cell but the first is above that of the first."""
    from ..busy_day.metrics import shown

    keys = [(each.flow.friendly_name, each.staffing.label) for each in found.cells()]
    rows = []
    for key in keys[1:]:
        one = found.difference(figure, key, keys[0])
        said = f"{shown(figure, one.mean)} ({one.interval(figure)})"
        rows.append({"flow": key[0], "agents": key[1], **asdict(one), "shown": said})
    return rows


def _staff(options: argparse.Namespace) -> int:
    file, flows, day = _read(options)
    if len(flows) != 1:
        names = ", ".join(repr(each.label) for each in file.flows) or "none"
        raise UsageError(f"a plan is for one Flex Flow; give --flow, of: {names}")
    given = _given(options, day, "seeds", "target", "interval", "group")
    if habits := _habits(options):
        given["habits"] = _staffing("1", habits)
    found: StaffPlan = _run(day.staff, flows[0], options, file, given)
    data = {
        "flow": flows[0].label,
        "target": found.target,
        "within": found.within,
        "agent_hours": found.agent_hours,
        "beside": [each.label for each in found.beside],
        "intervals": [asdict(each) for each in found.intervals],
        "seeds": list(found.seeds),
    }
    _write(options, found, data, found.table, [found.plot])
    return OK


def _run(
    function: Callable[..., Any],
    flows: Any,
    options: argparse.Namespace,
    file: FlowFile,
    given: Mapping[str, Any],
) -> Any:
    """The result; UsageError for arguments that make no sense."""
    try:
        return function(flows, account=account_for(options, file), progress=False, **given)
    except FlowProblem:
        raise
    except (ValueError, TypeError, ModuleNotFoundError) as error:
        raise UsageError(str(error)) from None


def _write(
    options: argparse.Namespace,
    result: Any,
    data: Any,
    table: Callable[[], Any],
    pictures: Iterable[Callable[[], Any]],
    below: str = "",
) -> None:
    """Write a result, with a text `below` it."""
    options.json = options.json or options.format == "json"
    if options.format == "csv":
        frame = table()
        is_named = any(frame.index.names)
        result = frame.to_csv(lineterminator="\n", index=is_named).rstrip()
    elif options.format == "html":
        parts = [result._repr_html_(), *([f"<pre>{html.escaped(below)}</pre>"] if below else ())]
        result = html.page("A busy day", [*parts, _PICTURES])
    elif below:
        result = f"{result}\n{below}"
    drawn = (
        [each()._repr_mimebundle_()["text/html"] for each in pictures]
        if options.format == "html"
        else []
    )
    write(options, result, data, {_PICTURES: "\n".join(drawn)})


# -- what is given


def _read(options: argparse.Namespace) -> tuple[FlowFile, list[FlexFlowConfig], DayFile]:
    """The flow file, those of its flows that are meant, and the day's load."""
    from ..busy_day.day_file import DayFile, read_day

    variables, env = variables_of(options), options.env
    of_day, of_flows = (_declared(each) for each in (options.day, options.file))
    only = of_day[VARIABLES] - of_flows[VARIABLES]
    options.var = [f"{name}={value}" for name, value in variables.items() if name not in only]
    options.env = env if env in of_flows[ENVIRONMENTS] or env not in of_day[ENVIRONMENTS] else None
    file = file_of(options)
    try:
        flows = [file[name] for name in _listed(options.flow)] or [*file.flows]
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None
    for each in flows:
        if not isinstance(each, FlexFlowConfig):
            raise UsageError(f"a day is simulated for Flex Flows, and {each.label!r} is none")
    noted(file.remarks)
    if not options.day:
        return file, flows, DayFile({})
    own = {name: value for name, value in variables.items() if name in of_day[VARIABLES]}
    chosen = env if env in of_day[ENVIRONMENTS] else None
    day = read_day(options.day, file, variables=own, env=chosen)
    noted(day.remarks)
    return file, flows, day


def _declared(path: str | None) -> dict[str, set[str]]:
    """The names of variables and environments that a file declares, as far as it can be read."""
    found: dict[str, set[str]] = {VARIABLES: set(), ENVIRONMENTS: set()}
    root = None
    with suppress(FlowProblem):  # which reading it says
        root = composed(text_of(path, ""), path) if path else None
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if isinstance(value, yaml.MappingNode) and key.value in [*found]:
            found[key.value] = {str(name.value) for name, _ in value.value}
    return found


def _given(options: argparse.Namespace, day: DayFile, *more: str) -> dict[str, Any]:
    """The arguments of the options; UsageError for ones that make no sense."""
    from ..busy_day import texts

    reads: dict[str, Callable[[str], Any]] = {
        "arrivals": texts.arrivals_of,
        **dict.fromkeys(("handle_time", "patience", "answers_after"), _duration),
        **dict.fromkeys(("hours", "seed", "seeds", "jobs"), texts.whole_of),
        **dict.fromkeys(("within", "warm_up", "target", "interval"), texts.number_of),
    }
    names = [name.replace("-", "_") for name, _, _ in _CUSTOMERS]
    given = {name: _option(options, name, reads.get(name, str)) for name in (*names, *more)}
    given = {name: value for name, value in given.items() if value is not None}
    if not {"arrivals", "customers"} & {*day.arguments, *given}:
        raise UsageError("give --agents and --arrivals")
    return given | ({"says": tuple(options.says)} if options.says else {})


def _listed(given: str | list[str] | None) -> list[str]:
    """An option that is given once, or several times."""
    return [given] if isinstance(given, str) else given or []


def _duration(text: str) -> Any:
    from ..busy_day.demand import as_duration
    from ..busy_day.texts import duration_of

    return as_duration("", duration_of(text))


def _option(options: argparse.Namespace, name: str, read: Callable[[str], Any]) -> Any:
    text = getattr(options, name)
    try:
        return None if text is None else read(text)
    except ValueError as error:
        raise UsageError(f"--{name.replace('_', '-')} {text!r}: {error}") from None


def _agents(options: argparse.Namespace, day: DayFile) -> dict[str, Any]:
    """The agents of the options: `agents`, or several `staffing`s; none if the day has them."""
    habits = _habits(options)
    if not options.agents:
        if habits and "agents" in day.arguments:
            name = next(iter(habits)).replace("_", "-")
            raise UsageError(f"--{name}: give it in the groups of {day.source}, or give --agents")
        return {}
    found = [_staffing(each, habits) for each in _listed(options.agents)]
    return {"agents": found[0]} if len(found) == 1 else {"staffing": found}


def _habits(options: argparse.Namespace) -> dict[str, Any]:
    from ..busy_day import texts

    reads: dict[str, Callable[[str], Any]] = {
        **dict.fromkeys(("reaction", "wrap_up"), _duration),
        "at_once": texts.whole_of,
        "slowdown": texts.number_of,
    }
    found = {name: _option(options, name, read) for name, read in reads.items()}
    return {name: value for name, value in found.items() if value is not None}


def _staffing(text: str, habits: Mapping[str, Any]) -> Any:
    from ..busy_day import texts
    from ..busy_day.staffing import Staffing

    try:
        return Staffing(texts.shifts_of(text), **habits)
    except ValueError as error:
        said = f"--agents {text!r}: {error}" if str(error).startswith("give ") else str(error)
        raise UsageError(said) from None
