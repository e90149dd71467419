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
from .arguments import (
    OK,
    PENDING,
    PROBLEMS,
    UsageError,
    account_of,
    add_command,
    file_of,
    noted,
    write,
)

FORMATS: dict[str, Callable[[Any], str]] = {
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
        parser.add_argument(
            "--format",
            choices=["text", *FORMATS, "json"],
            default="text",
            help="json is as good as --json; with --detailed-exitcode, outcomes that differ are"
            " failures"
            if parser is comparing
            else "json is as good as --json",
        )


def chosen(
    options: argparse.Namespace, path: str, name: str | None
) -> tuple[FlowFile, list[Config]]:
    """A file, and one flow of it or all of them."""
    file = file_of(options, path)
    noted(file.remarks)
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
            is_chosen = bool(options.script)
            found.append(_played(name, script, sandbox, file.where(flow), is_chosen=is_chosen))
    _write(options, found, reports.text, reports.as_json(found))
    return PROBLEMS if any(each.reasons for each in found) else OK


def _write(
    options: argparse.Namespace, found: Sequence[Any], as_text: Callable[[Any], str], data: Any
) -> None:
    options.json = options.json or options.format == "json"
    write(options, "" if options.json else FORMATS.get(options.format, as_text)(found), data)


def _compare(options: argparse.Namespace) -> int:
    places = [_sandbox(options, each) for each in (options.file, options.other)]
    names = options.scripts or [*SCRIPTS]
    scripts = {name: script_of(name, options.replies) for name in names}
    found = []
    for name, script in scripts.items():
        is_chosen = bool(options.scripts)
        a, b = (
            _played(name, script, sandbox, where, is_chosen=is_chosen) for sandbox, where in places
        )
        both = compare_rehearsals(a.played, b.played)
        found.append(reports.CompareReport(a, b, both, options.detailed_exitcode))
    data = [
        {
            "script": each.comparison.script.name,
            "a": asdict(each.a.played.outcome),
            "b": asdict(each.b.played.outcome),
            "differences": [list(one) for one in each.comparison.outcomes],
            "lines": len(each.comparison.differences),
            "remarks": each.comparison.remarks,
        }
        for each in found
    ]
    _write(options, found, reports.compared, data)
    if any(each.a.reasons or each.b.reasons for each in found):
        return PROBLEMS
    differs = any(each.comparison.outcomes for each in found)
    return PENDING if differs and options.detailed_exitcode else OK


def _played(
    name: str, script: Script, sandbox: Sandbox, where: str, *, is_chosen: bool
) -> reports.PlayReport:
    began = time.perf_counter()
    played = sandbox.play(script)
    took = time.perf_counter() - began
    return reports.PlayReport(name, played, where, is_chosen, took)


def _sandbox(options: argparse.Namespace, given: str) -> tuple[Sandbox, str]:
    """A place to play a flow, or a definition of Studio in a `.json` file; and where it is."""
    if Path(given).suffix != ".json":
        file, flow = _one(options, given)
        return Sandbox(flow, account_for(options, file), {}), file.where(flow)
    if not options.way:
        return Sandbox(StudioDraft.read(given), account_of(options), {}), given
    file, way = _one(options, options.way)
    draft = StudioDraft.read(given, way)
    return Sandbox(draft, account_for(options, file), {}), given
