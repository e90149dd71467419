"""The commands that play: `rehearse`, `compare` and `simulate`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...account import Account
from ...masking import mask as masked
from ..errors import FlowProblem, Problem
from ..file.config import FlexFlowConfig
from ..file.contents import Config
from ..file.flow_file import FlowFile
from ..plans.trying import trial
from ..rehearsal import SCRIPTS, reports
from ..rehearsal.comparison import compare_rehearsals
from ..rehearsal.draft import StudioDraft
from ..rehearsal.rehearse import Sandbox
from ..rehearsal.script import Script, script_of

Command = Callable[..., argparse.ArgumentParser]
"""Adds a command, given its name, its function and a line about it."""
GetAccount = Callable[[argparse.Namespace], Account | None]
GetFile = Callable[..., FlowFile]
"""Reads the flow file of a command, or that of another path, with the command's variables."""
FORMATS: dict[str, Callable[[Sequence[reports.PlayReport]], str]] = {
    "text": reports.text,
    "json": lambda found: json.dumps(reports.as_json(found), indent=2, ensure_ascii=False),
    "junit": reports.junit,
    "html": reports.page,
    "github": reports.github,
}
OK, PROBLEMS, DIFFERENT = range(3)


class WrongArgument(Exception):
    """An argument of a command makes no sense."""


def add_commands(add: Command, account_of: GetAccount, file_of: GetFile) -> None:
    """Add the commands to a parser."""
    rehearsing = add(
        "rehearse", _Rehearse(account_of, file_of), "play scripts in a throw-away account"
    )
    rehearsing.add_argument(
        "--flow", metavar="NAME", help="one flow of the file, or `sms +15550100`; by default all"
    )
    rehearsing.add_argument(
        "--script",
        metavar="NAME",
        action="append",
        help="a shipped script's name or a YAML file; by default every shipped one",
    )
    rehearsing.add_argument(
        "--format", choices=[*FORMATS], default="text", help="json is as good as --json"
    )
    comparing = add(
        "compare", _Compare(account_of, file_of), "play scripts with two flows, side by side"
    )
    comparing.add_argument(
        "other",
        metavar="OTHER",
        help="the other one; each may be FILE#NAME, or a Studio definition in a .json file",
    )
    comparing.add_argument(
        "scripts", metavar="SCRIPT", nargs="*", help="a script; by default every shipped one"
    )
    comparing.add_argument(
        "--way",
        metavar="FILE#NAME",
        help="the flow by which customers reach Studio definitions; by default a custom chat",
    )
    comparing.add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 2 where outcomes differ"
    )
    for parser in (rehearsing, comparing):
        parser.add_argument(
            "--replies",
            metavar="TEXT",
            action="append",
            help="an answer of customers to a bot; give it again for the next",
        )
    simulating = add("simulate", _Simulate(account_of, file_of), "simulate a busy day")
    simulating.add_argument("--flow", metavar="NAME", help="one flow of the file")
    for name, metavar, about in _DAY:
        simulating.add_argument(f"--{name}", metavar=metavar, help=about)
    simulating.add_argument(
        "--says", metavar="TEXT", action="append", help="the first message, then answers to a bot"
    )


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


def _write(text: str) -> None:
    sys.stdout.write(f"{masked(text)}\n")


class _Command:
    """A command, with the ways to get its account and its files."""

    def __init__(self, account_of: GetAccount, file_of: GetFile) -> None:
        self._account_of, self._file_of = account_of, file_of

    def _chosen(
        self, options: argparse.Namespace, path: str, name: str | None
    ) -> tuple[FlowFile, list[Config]]:
        """A file, and one flow of it or all of them."""
        file = self._file_of(options, path)
        try:
            return file, [*file.entries] if name is None else [file[name]]
        except KeyError as error:
            raise WrongArgument(str(error.args[0])) from None

    def _account_for(self, options: argparse.Namespace, file: FlowFile) -> Account | None:
        """The command's account; with resources of the file in a copy, if it has any."""
        account = self._account_of(options)
        return trial(file, account) if file.resources else account

    def _one(self, options: argparse.Namespace, given: str) -> tuple[FlowFile, Config]:
        """The flow of `FILE#NAME`, or the only one of a file."""
        path, _, name = given.rpartition("#") if "#" in given else (given, "", "")
        file, flows = self._chosen(options, path, name or None)
        if len(flows) != 1:
            names = ", ".join(repr(each.label) for each in flows) or "none"
            fix = f"holds {len(flows)} flows; name one: {path}#NAME, of: {names}"
            raise FlowProblem(Problem(given, "", fix))
        return file, flows[0]


class _Rehearse(_Command):
    def __call__(self, options: argparse.Namespace) -> int:
        file, flows = self._chosen(options, options.file, options.flow)
        account = self._account_for(options, file)
        names = options.script or [*SCRIPTS]
        scripts = [script_of(each, options.replies) for each in names]
        found = []
        for flow in flows:
            sandbox = Sandbox(flow, account, {})
            for name, script in zip(names, scripts, strict=True):
                began = time.perf_counter()
                played = sandbox.play(script)
                took = time.perf_counter() - began
                where, is_chosen = file.where(flow), bool(options.script)
                found.append(reports.PlayReport(name, played, where, is_chosen, took))
        kind = "json" if options.json else options.format
        _write(FORMATS[kind](found))
        return PROBLEMS if any(each.reasons for each in found) else OK


class _Compare(_Command):
    def __call__(self, options: argparse.Namespace) -> int:
        a, b = (self._sandbox(options, each) for each in (options.file, options.other))
        names: list[Any] = options.scripts or [*SCRIPTS.values()]
        scripts: list[Script] = [script_of(each, options.replies) for each in names]
        found = [compare_rehearsals(a.play(each), b.play(each)) for each in scripts]
        if options.json:
            data = [
                {
                    "script": each.script.name,
                    "a": asdict(each.a.outcome),
                    "b": asdict(each.b.outcome),
                    "differences": [list(one) for one in each.outcomes],
                    "lines": len(each.differences),
                    "remarks": each.remarks,
                }
                for each in found
            ]
            _write(json.dumps(data, indent=2, ensure_ascii=False))
        else:
            _write("\n\n".join(map(repr, found)))
        outcomes = [side.outcome for each in found for side in (each.a, each.b)]
        foreign = bool(options.scripts)
        if any(one.undone or one.unmet or (foreign and one.foreign) for one in outcomes):
            return PROBLEMS
        differs = any(each.outcomes for each in found)
        return DIFFERENT if differs and options.detailed_exitcode else OK

    def _sandbox(self, options: argparse.Namespace, given: str) -> Sandbox:
        """A place to play a flow, or a definition of Studio in a `.json` file."""
        if Path(given).suffix != ".json":
            file, flow = self._one(options, given)
            return Sandbox(flow, self._account_for(options, file), {})
        if not options.way:
            return Sandbox(StudioDraft.read(given), self._account_of(options), {})
        file, way = self._one(options, options.way)
        draft = StudioDraft.read(given, way)
        return Sandbox(draft, self._account_for(options, file), {})


class _Simulate(_Command):
    def __call__(self, options: argparse.Namespace) -> int:
        from ..busy_day.load_testing import load_test

        file, flows = self._chosen(options, options.file, options.flow)
        if len(flows) != 1 or not isinstance(flows[0], FlexFlowConfig):
            names = ", ".join(repr(each.label) for each in file.flows) or "none"
            raise WrongArgument(f"a day is simulated for one Flex Flow; give --flow, of: {names}")
        account = self._account_for(options, file)
        try:
            day = load_test(flows[0], account=account, progress=False, **_day(options))
        except FlowProblem:
            raise
        except (ValueError, TypeError) as error:
            raise WrongArgument(str(error)) from None
        if options.json:
            data = {"flow": flows[0].label, **asdict(day.summary), "engine": day.engine}
            _write(json.dumps(data, indent=2, ensure_ascii=False))
        else:
            _write(str(day))
        return OK


def _arrivals(text: str) -> Any:
    """`200`, `10,30,20` or `exactly:200`."""
    from ..busy_day.demand import Exactly

    if text.startswith("exactly:"):
        return Exactly(_whole(text.removeprefix("exactly:"), "arrivals"))
    by_hour = [_number(each, "arrivals") for each in text.split(",")]
    return by_hour if "," in text else _whole(text, "arrivals")


def _day(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `load_test`; WrongArgument for ones that make no sense."""
    if options.agents is None or options.arrivals is None:
        raise WrongArgument("give --agents and --arrivals")
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
        raise WrongArgument(str(error)) from None


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise WrongArgument(f"--{name.replace('_', '-')} {text!r}: give a number") from None


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise WrongArgument(f"--{name.replace('_', '-')} {text!r}: give a whole number") from None


def _duration(text: str, name: str) -> Any:
    """`480`, `exponential:300` or `lognormal:480,0.75`."""
    from ..busy_day.demand import Exponential, Lognormal

    kinds: dict[str, Callable[..., Any]] = {"exponential": Exponential, "lognormal": Lognormal}
    kind, _, values = text.partition(":")
    if not values:
        return _number(text, name)
    if kind not in kinds:
        fix = f"give seconds, or {', '.join(f'{each}:300' for each in kinds)}"
        raise WrongArgument(f"--{name.replace('_', '-')} {text!r}: {fix}")
    try:
        return kinds[kind](*(_number(each, name) for each in values.split(",")))
    except (TypeError, ValueError) as error:
        raise WrongArgument(f"--{name.replace('_', '-')} {text!r}: {error}") from None
