"""The command line, for pipelines: check, plan, apply, rehearse and export flow files.

Exit codes:
  0  done, or nothing to do
  1  problems: errors in the file, an account that refuses, a plan that stopped
  2  changes are pending (plan --detailed-exitcode)
  3  the command itself was not right
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, NoReturn

from ..account import Account, CredentialsMissing, connect, from_environment
from .applying import ApplyStopped
from .checks import check
from .config import FlexFlowConfig, masked
from .errors import REFUSALS, FlowProblem, refusal_text
from .exporting import export
from .file import FlowFile, load
from .planning import plan
from .rehearsal import SCRIPTS, rehearse

OK, PROBLEMS, PENDING, USAGE = range(4)
STOPS = (FlowProblem, ApplyStopped, CredentialsMissing, OSError)


class UsageError(Exception):
    """The command was not right."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.format_usage()}{self.prog}: {message}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the program's name; by default the process's own.

    Returns:
        The exit code.
    """
    try:
        asked = _parser().parse_args(arguments)
        code: int = asked.run(asked)
    except UsageError as error:
        return _fail(str(error), USAGE)
    except REFUSALS as error:
        return _fail(refusal_text(error), PROBLEMS)
    except KeyboardInterrupt as stop:
        return _fail("\n".join(getattr(stop, "__notes__", ["Interrupted."])), PROBLEMS)
    except STOPS as error:
        return _fail(masked(str(error)), PROBLEMS)
    return code


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"{message}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m helpers.flows",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    checked = _command(commands, "check", _check, "say what will not work in a flow file")
    checked.add_argument("--strict", action="store_true", help="exit with 1 for warnings, too")
    for name, run in (("plan", _plan), ("apply", _apply)):
        planned = _command(commands, name, run, f"{name} what a flow file changes in an account")
        planned.add_argument(
            "--delete", action="store_true", help="delete flows that the file does not name"
        )
    commands.choices["plan"].add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 2 where changes are pending"
    )
    commands.choices["apply"].add_argument(
        "--confirm", metavar="CODE", help="the plan's code, which a live account asks for"
    )
    rehearsed = _command(commands, "rehearse", _rehearse, "play scripts in a throw-away account")
    rehearsed.add_argument("--flow", metavar="NAME", help="one flow of the file; by default all")
    rehearsed.add_argument(
        "--script",
        metavar="NAME",
        action="append",
        help="a shipped script's name or a YAML file; by default every shipped one",
    )
    _command(commands, "export", _export, "write the flow file for what an account has")
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], about: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    parser.add_argument("file", metavar="FILE", help="the flow file (YAML)")
    parser.add_argument(
        "--to",
        "--account",
        metavar="ACCOUNT",
        help="a shared mock's URL, or 'live'; by default TWILIO_MOCK_URL or TWILIO_MODE=live",
    )
    parser.add_argument("--json", action="store_true", help="write JSON")
    parser.set_defaults(run=run)
    return parser


def _account(asked: argparse.Namespace) -> Account | None:
    """The account that is asked for, by the command or by the environment; None for neither."""
    where = asked.to or from_environment()
    try:
        return connect(where) if where else None
    except CredentialsMissing:
        raise
    except ValueError as error:
        raise UsageError(str(error)) from None


def _needed(asked: argparse.Namespace) -> Account:
    account = _account(asked)
    if account is None:
        raise UsageError(
            "Which account? A mock in this process would end with it. Give --to URL of a shared"
            " mock (python -m helpers.mock serves one), or --to live; or set TWILIO_MOCK_URL."
        )
    return account


def _write(asked: argparse.Namespace, result: Any, data: Any) -> None:
    text = json.dumps(data, indent=2, ensure_ascii=False) if asked.json else str(result)
    sys.stdout.write(f"{text}\n")


def _check(asked: argparse.Namespace) -> int:
    report = check(asked.file, _account(asked))
    _write(asked, report, report.as_json())
    return PROBLEMS if report.errors or (asked.strict and report.warnings) else OK


def _plan(asked: argparse.Namespace) -> int:
    planned = plan(_needed(asked), asked.file, delete=asked.delete)
    _write(asked, planned, planned.as_json())
    return PENDING if asked.detailed_exitcode and not planned.is_empty else OK


def _apply(asked: argparse.Namespace) -> int:
    planned = plan(_needed(asked), asked.file, delete=asked.delete)
    if not asked.json:
        sys.stdout.write(f"{planned}\n")
    try:
        applied = planned.apply(confirm=asked.confirm or _ask)
    except ApplyStopped as stopped:
        if asked.json:
            _write(asked, stopped, planned.as_json() | stopped.as_json())
        raise
    _write(asked, applied, planned.as_json() | {"done": list(applied.done)})
    return OK


def _ask(prompt: str) -> str:
    """Ask on standard error, so that standard output stays the result."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _rehearse(asked: argparse.Namespace) -> int:
    file = load(asked.file)
    account = _account(asked)
    played = {
        (flow.friendly_name, script): rehearse(flow, script, account=account).outcome
        for flow in _flows(file, asked.flow)
        for script in asked.script or SCRIPTS
    }
    text = "\n\n".join(
        f"{flow}, {script}\n{refusal_text}" for (flow, script), refusal_text in played.items()
    )
    data = [
        {"flow": flow, "script": script, "outcome": asdict(refusal_text)}
        for (flow, script), refusal_text in played.items()
    ]
    _write(asked, text, data)
    return PROBLEMS if any(refusal_text.unmet for refusal_text in played.values()) else OK


def _flows(file: FlowFile, name: str | None) -> Sequence[FlexFlowConfig]:
    try:
        return [file[name]] if name else file.flows
    except KeyError as error:
        raise UsageError(str(error.args[0])) from None


def _export(asked: argparse.Namespace) -> int:
    account = _needed(asked)
    file = export(account, asked.file)
    count = "1 flow" if len(file.flows) == 1 else f"{len(file.flows)} flows"
    _write(asked, f"{count} written to {asked.file}", {"written": asked.file})
    return OK
