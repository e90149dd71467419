"""The command line, for pipelines: check, plan, apply, export and import flow files, and play them.

Exit codes:
  0  done, or nothing to do
  1  problems: errors in the file, an account that refuses, a plan that stopped, a step of a
     rehearsal that could not be done, an expectation that was not met
  2  changes are pending (plan --detailed-exitcode), or outcomes differ (compare)
  3  a wrong command
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from functools import partial
from typing import Any, NoReturn

from ..account import Account, CredentialsMissing, connect, from_environment
from ..masking import mask as masked
from .applying import ApplyStopped
from .checks import check
from .errors import REFUSALS, FlowProblem, Problem, refusal_text
from .exporting import export
from .file import FlowFile, load
from .importing.sources import import_from
from .planning import Plan, plan
from .playing import WrongArgument, add_commands
from .saving import is_saved, save, saved_plan

OK, PROBLEMS, PENDING, USAGE = range(4)
STOPS = (FlowProblem, ApplyStopped, CredentialsMissing, OSError)


class UsageError(Exception):
    """The command is wrong."""


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` for a wrong command, where argparse would end the process.

    An option of nothing, as of a shell's variable that is not set, is wrong, too: without it the
    command would do something else.
    """

    def parse_args(self, *args: Any) -> Any:
        """Parse arguments; raise `UsageError` for a wrong one."""
        found = super().parse_args(*args)
        for name, value in vars(found).items():
            is_empty = value == "" or (isinstance(value, list) and "" in value)
            if is_empty and name not in ("var", "confirm"):  # which are refused where they are read
                self.error(f"{name.replace('_', '-')} is empty; give a value, or leave it out")
        return found

    def error(self, message: str) -> NoReturn:
        """Raise the error that names the fault."""
        raise UsageError(f"{self.format_usage()}{self.prog}: {message}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default the process's own arguments. Returns the exit code."""
    problems: tuple[Problem, ...] = ()
    code, wants_json = PROBLEMS, False
    try:
        options = _parser().parse_args(arguments)
        wants_json = options.json or vars(options).get("format") == "json"
        return int(options.run(options))
    except (UsageError, WrongArgument) as error:
        code, message = USAGE, str(error)
    except REFUSALS as error:
        message = refusal_text(error)
    except KeyboardInterrupt as stop:
        message = "\n".join(getattr(stop, "__notes__", ["Interrupted."]))
    except STOPS as error:
        wants_json = wants_json and not isinstance(error, ApplyStopped)  # it is written already
        message = masked(str(error))
        problems = error.problems if isinstance(error, FlowProblem) else ()
    if wants_json:
        data = {"error": message, "problems": [asdict(each) for each in problems]}
        sys.stdout.write(f"{json.dumps(data, ensure_ascii=False)}\n")
    sys.stderr.write(f"{message}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m helpers.flows",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    checking = _command(commands, "check", _check, "find problems of a flow file")
    checking.add_argument("--strict", action="store_true", help="exit with 1 for warnings, too")
    for name, run in (("plan", _plan), ("apply", _apply)):
        planning = _command(commands, name, run, f"{name} the changes of an account to a flow file")
        planning.add_argument(
            "--delete",
            action="store_true",
            help="delete flows that the file does not name; others, if it has a list of them",
        )
        planning.add_argument("--destroy", action="store_true", help="delete all that it names")
        planning.add_argument(
            "--was",
            metavar="FILE",
            help="an earlier version of the file: delete what it names, and the file does not",
        )
        planning.add_argument(
            "--target",
            metavar="KIND/NAME",
            action="append",
            default=[],
            help="this resource alone, such as queues/VIP, with what it needs",
        )
    commands.choices["plan"].add_argument(
        "--out", metavar="PLAN", help="save the plan, for `apply PLAN` to carry it out later"
    )
    commands.choices["plan"].add_argument(
        "--detailed-exitcode", action="store_true", help="exit with 2 where changes are pending"
    )
    commands.choices["apply"].add_argument(
        "--confirm", metavar="CODE", help="the plan's code: the plan must be the one that has it"
    )
    add_commands(partial(_command, commands), _account, _file)
    for each in commands.choices.values():
        each.add_argument("--env", metavar="NAME", help="an environment of the file")
        _add_variables(each, "of the file")
    exporting = _command(commands, "export", _export, "write the flow file of an account")
    exporting.add_argument(
        "--everything", action="store_true", help="all kinds of resources, not flows alone"
    )
    exporting.add_argument(
        "--secret",
        metavar="NAME",
        action="append",
        default=[],
        help="an environment variable, whose value is written as ${NAME}",
    )
    importing = _command(
        commands,
        "import",
        _import,
        "write the flow file of saved API answers (JSON), a Terraform state, folders of .tf files"
        " with .tfvars files, or flex-project-template",
        file="sources",
    )
    importing.add_argument("--into", metavar="FILE", help="the file; standard output by default")
    _add_variables(importing, "of Terraform")
    return parser


def _add_variables(parser: argparse.ArgumentParser, whose: str) -> None:
    parser.add_argument(
        "--var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help=f"the value of a variable {whose}, before any other",
    )


def _command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
    file: str = "file",
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about)
    if file == "file":
        parser.add_argument("file", metavar="FILE", help="the flow file (YAML)")
        parser.add_argument(
            "--to",
            "--account",
            metavar="ACCOUNT",
            help="a shared mock's URL, or 'live'; by default TWILIO_MOCK_URL or TWILIO_MODE=live",
        )
    else:
        parser.add_argument(file, metavar="SOURCE", nargs="+", help="a file or a folder")
    parser.add_argument("--json", action="store_true", help="write JSON; an error in one line")
    parser.set_defaults(run=run)
    return parser


def _account(options: argparse.Namespace) -> Account | None:
    """The account that the options or the environment name; None for neither."""
    where = options.to or from_environment()
    try:
        return connect(where, check=False) if where else None
    except CredentialsMissing:
        raise
    except ValueError as error:
        raise UsageError(str(error)) from None


def _required_account(options: argparse.Namespace) -> Account:
    account = _account(options)
    if account is None:
        raise UsageError(
            "Which account? A mock in this process would end with it. Give --to URL of a shared"
            " mock (python -m helpers.mock serves one), or --to live; or set TWILIO_MOCK_URL."
        )
    return account


def _file(options: argparse.Namespace, path: str | None = None) -> FlowFile:
    """The flow file, or another one, with the variables of the command."""
    return load(path or options.file, variables=_variables(options), env=options.env)


def _variables(options: argparse.Namespace) -> dict[str, str]:
    given = {}
    for each in options.var:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {name}: give it as NAME=VALUE, such as --var host=example.com")
        given[name] = value
    return given


def _write(options: argparse.Namespace, result: Any, data: Any) -> None:
    text = json.dumps(data, indent=2, ensure_ascii=False) if options.json else str(result)
    sys.stdout.write(f"{masked(text)}\n")


def _check(options: argparse.Namespace) -> int:
    report = check(_file(options), _account(options))
    _write(options, report, report.as_json())
    return PROBLEMS if report.errors or (options.strict and report.warnings) else OK


def _planned(options: argparse.Namespace) -> Plan:
    account = _required_account(options)
    given = {name: getattr(options, name) for name in ("delete", "destroy")}
    if is_saved(options.file):
        if any((*given.values(), options.target, options.was, options.var, options.env)):
            raise UsageError(f"{options.file} is a saved plan, which has its options; give none")
        return saved_plan(account, options.file)
    was = _file(options, options.was) if options.was else None
    return plan(account, _file(options), targets=options.target, was=was, **given)


def _plan(options: argparse.Namespace) -> int:
    planned = _planned(options)
    if options.out:
        save(planned, options.out)
    _write(options, planned, planned.as_json())
    return PENDING if options.detailed_exitcode and not planned.is_empty else OK


def _apply(options: argparse.Namespace) -> int:
    planned = _planned(options)
    if not options.json:
        sys.stdout.write(f"{planned}\n")
    try:
        applied = planned.apply(confirm=_ask if options.confirm is None else options.confirm)
    except ApplyStopped as stopped:
        if options.json:
            _write(options, stopped, planned.as_json() | stopped.as_json())
        raise
    _write(options, applied, planned.as_json() | {"done": list(applied.done)})
    return OK


def _ask(prompt: str) -> str:
    """Prompt on standard error, so that standard output stays the result."""
    with redirect_stdout(sys.stderr):
        return input(prompt)


def _export(options: argparse.Namespace) -> int:
    file = export(
        _required_account(options),
        options.file,
        everything=options.everything,
        secrets=options.secret,
    )
    counts = [f"{len(file.flows)} flow{'s' * (len(file.flows) != 1)}"]
    if file.addresses:
        counts.append(f"{len(file.addresses)} address{'es' * (len(file.addresses) != 1)}")
    if file.resources:
        counts.append(f"{len(file.resources)} other resource{'s' * (len(file.resources) != 1)}")
    written = f"{' and '.join(counts)} written to {options.file}"
    _write(options, written, {"written": options.file})
    return OK


def _import(options: argparse.Namespace) -> int:
    found = import_from(*options.sources, path=options.into, variables=_variables(options))
    needed = {"notes": list(found.notes), "variables": list(found.variables)}
    if options.into:
        _write(options, f"{found}\nWritten to {options.into}.", {"written": options.into} | needed)
    else:
        data = {"text": found.text} | needed
        sys.stdout.write(f"{json.dumps(data)}\n" if options.json else found.text)
        sys.stderr.write(f"{masked(str(found))}\n")
    return OK
