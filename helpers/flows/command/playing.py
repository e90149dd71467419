"""The commands that play scripts: `rehearse` and `compare`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...account import Account
from ..errors import FlowProblem, Problem
from ..file.contents import Config
from ..file.flow_file import FlowFile
from ..plans.trying import trial
from ..rehearsal import SCRIPTS, reports
from ..rehearsal.comparison import compare_rehearsals
from ..rehearsal.draft import StudioDraft
from ..rehearsal.rehearse import Sandbox
from ..rehearsal.script import Script, script_of
from .arguments import OK, PENDING, PROBLEMS, UsageError, account_of, add_command, file_of, write

FORMATS: dict[str, Callable[[Sequence[reports.PlayReport]], str]] = {
    "text": reports.text,
    "junit": reports.junit,
    "html": reports.page,
    "github": reports.github,
}


def add_commands(commands: Any) -> None:
    """Add `rehearse` and `compare` to a parser's commands."""
    rehearsing = add_command(
        commands, "rehearse", _rehearse, "play scripts in a throw-away account"
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
        "--format", choices=[*FORMATS, "json"], default="text", help="json is as good as --json"
    )
    comparing = add_command(
        commands, "compare", _compare, "play scripts with two flows, side by side"
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


def chosen(
    options: argparse.Namespace, path: str, name: str | None
) -> tuple[FlowFile, list[Config]]:
    """A file, and one flow of it or all of them."""
    file = file_of(options, path)
    try:
        return file, [*file.entries] if name is None else [file[name]]
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def account_for(options: argparse.Namespace, file: FlowFile) -> Account | None:
    """The command's account; with resources of the file in a copy, if it has any."""
    account = account_of(options)
    return trial(file, account) if file.resources else account


def _one(options: argparse.Namespace, given: str) -> tuple[FlowFile, Config]:
    """The flow of `FILE#NAME`, or the only one of a file."""
    path, _, name = given.rpartition("#") if "#" in given else (given, "", "")
    file, flows = chosen(options, path, name or None)
    if len(flows) != 1:
        names = ", ".join(repr(each.label) for each in flows) or "none"
        fix = f"holds {len(flows)} flows; name one: {path}#NAME, of: {names}"
        raise FlowProblem(Problem(given, "", fix))
    return file, flows[0]


def _rehearse(options: argparse.Namespace) -> int:
    file, flows = chosen(options, options.file, options.flow)
    if not flows:
        fix = "has no flow, address or chat that could be played; add one"
        raise FlowProblem(Problem(options.file, "", fix))
    account = account_for(options, file)
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
    options.json = options.json or options.format == "json"
    text = "" if options.json else FORMATS[options.format](found)
    write(options, text, reports.as_json(found))
    return PROBLEMS if any(each.reasons for each in found) else OK


def _compare(options: argparse.Namespace) -> int:
    a, b = (_sandbox(options, each) for each in (options.file, options.other))
    names: list[Any] = options.scripts or [*SCRIPTS.values()]
    scripts: list[Script] = [script_of(each, options.replies) for each in names]
    found = [compare_rehearsals(a.play(each), b.play(each)) for each in scripts]
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
    write(options, "\n\n".join(map(repr, found)), data)
    outcomes = [side.outcome for each in found for side in (each.a, each.b)]
    foreign = bool(options.scripts)
    if any(one.undone or one.unmet or (foreign and one.foreign) for one in outcomes):
        return PROBLEMS
    differs = any(each.outcomes for each in found)
    return PENDING if differs and options.detailed_exitcode else OK


def _sandbox(options: argparse.Namespace, given: str) -> Sandbox:
    """A place to play a flow, or a definition of Studio in a `.json` file."""
    if Path(given).suffix != ".json":
        file, flow = _one(options, given)
        return Sandbox(flow, account_for(options, file), {})
    if not options.way:
        return Sandbox(StudioDraft.read(given), account_of(options), {})
    file, way = _one(options, options.way)
    draft = StudioDraft.read(given, way)
    return Sandbox(draft, account_for(options, file), {})
