"""The command line, for pipelines: check, plan, apply, export and import flow files, and play them.

Exit codes:
  0  done, or nothing to do
  1  problems: errors in the file, an account that refuses, a plan that stopped, a step of a
     rehearsal that could not be done, an expectation that was not met
  2  changes are pending (plan --detailed-exitcode), or outcomes differ (compare)
  3  a wrong command
  130  interrupted by Ctrl-C; it says how far it got
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from typing import Any

from ...account import CredentialsMissing
from ...console import INTERRUPTED
from ...masking import mask as masked
from ..accounts.exporting import export
from ..checks import check
from ..errors import REFUSALS, FlowProblem, Problem, refusal_text
from ..importing.sources import import_from
from ..plans.applying import ApplyStopped
from ..plans.planning import Plan, plan
from ..plans.saving import is_saved, save, saved_plan
from . import playing, simulating
from .arguments import (
    OK,
    PENDING,
    PROBLEMS,
    USAGE,
    Parser,
    UsageError,
    account_of,
    add_command,
    add_variables,
    file_of,
    required_account,
    variables_of,
    write,
)

__all__ = ["OK", "PENDING", "PROBLEMS", "USAGE", "Parser", "UsageError", "main"]

STOPS = (FlowProblem, ApplyStopped, CredentialsMissing, OSError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default the process's own arguments. Returns the exit code."""
    problems: tuple[Problem, ...] = ()
    code, wants_json = PROBLEMS, False
    try:
        options = _parser().parse_args(arguments)
        wants_json = options.json or vars(options).get("format") == "json"
        return int(options.run(options))
    except UsageError as error:
        code, message = USAGE, str(error)
    except REFUSALS as error:
        message = refusal_text(error)
    except KeyboardInterrupt as stop:
        code, message = INTERRUPTED, "\n".join(getattr(stop, "__notes__", ["Interrupted."]))
    except BrokenPipeError:  # nobody reads on
        raise
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
    checking = add_command(commands, "check", _check, "find problems of a flow file")
    checking.add_argument("--strict", action="store_true", help="exit with 1 for warnings, too")
    _add_plans(commands)
    playing.add_commands(commands)
    simulating.add_commands(commands)
    for each in commands.choices.values():
        each.add_argument("--env", metavar="NAME", help="an environment of the file")
        add_variables(each, "of the file")
    _add_files(commands)
    return parser


def _add_plans(commands: Any) -> None:
    """Add `plan` and `apply` to a parser's commands."""
    for name, run in (("plan", _plan), ("apply", _apply)):
        planning = add_command(
            commands, name, run, f"{name} the changes of an account to a flow file"
        )
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


def _add_files(commands: Any) -> None:
    """Add `export` and `import` to a parser's commands."""
    exporting = add_command(commands, "export", _export, "write the flow file of an account")
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
    importing = add_command(
        commands,
        "import",
        _import,
        "write the flow file of saved API answers (JSON), a Terraform state, folders of .tf files"
        " with .tfvars files, or flex-project-template",
        file="sources",
    )
    importing.add_argument("--into", metavar="FILE", help="the file; standard output by default")
    add_variables(importing, "of Terraform")


def _check(options: argparse.Namespace) -> int:
    report = check(file_of(options), account_of(options))
    write(options, report, report.as_json())
    return PROBLEMS if report.errors or (options.strict and report.warnings) else OK


def _planned(options: argparse.Namespace) -> Plan:
    account = required_account(options)
    given = {name: getattr(options, name) for name in ("delete", "destroy")}
    if is_saved(options.file):
        if any((*given.values(), options.target, options.was, options.var, options.env)):
            raise UsageError(f"{options.file} is a saved plan, which has its options; give none")
        return saved_plan(account, options.file)
    was = file_of(options, options.was) if options.was else None
    return plan(account, file_of(options), targets=options.target, was=was, **given)


def _plan(options: argparse.Namespace) -> int:
    planned = _planned(options)
    if options.out and os.path.realpath(options.out) == os.path.realpath(options.file):
        raise UsageError(f"--out {options.out}: the plan would take the flow file's place")
    if options.out:
        save(planned, options.out)
    write(options, planned, planned.as_json())
    return PENDING if options.detailed_exitcode and not planned.is_empty else OK


def _apply(options: argparse.Namespace) -> int:
    planned = _planned(options)
    if not options.json:
        sys.stdout.write(f"{planned}\n")
    try:
        applied = planned.apply(confirm=_ask if options.confirm is None else options.confirm)
    except ApplyStopped as stopped:
        if options.json:
            write(options, stopped, planned.as_json() | stopped.as_json())
        raise
    write(options, applied, planned.as_json() | {"done": list(applied.done)})
    return OK


def _ask(prompt: str) -> str:
    """Prompt on standard error, so that standard output stays the result."""
    with redirect_stdout(sys.stderr):
        return input(prompt)


def _export(options: argparse.Namespace) -> int:
    file = export(
        required_account(options),
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
    write(options, written, {"written": options.file})
    return OK


def _import(options: argparse.Namespace) -> int:
    found = import_from(*options.sources, path=options.into, variables=variables_of(options))
    needed = {"notes": list(found.notes), "variables": list(found.variables)}
    if options.into:
        write(options, f"{found}\nWritten to {options.into}.", {"written": options.into} | needed)
    else:
        data = {"text": found.text} | needed
        sys.stdout.write(f"{json.dumps(data)}\n" if options.json else found.text)
        sys.stderr.write(f"{masked(str(found))}\n")
    return OK
