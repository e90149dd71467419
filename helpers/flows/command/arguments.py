"""Arguments that several commands share, and the accounts and files that they stand for."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from ...account import Account, CredentialsMissing, connect, from_environment
from ...masking import mask as masked
from ..file.flow_file import FlowFile
from ..file.reading import load

OK, PROBLEMS, PENDING, USAGE = range(4)
"""Exit codes."""


class UsageError(Exception):
    """The command is wrong."""


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` for a wrong command, where argparse would end the process.

    An option of nothing, as of a shell's variable that is not set, is wrong, too: without it the
    command would do something else.
    """

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments; raise `UsageError` for a wrong one."""
        found = super().parse_args(args, namespace)
        for name, value in vars(found).items():
            is_empty = value == "" or (isinstance(value, list) and "" in value)
            if is_empty and name not in ("var", "confirm"):  # which are refused where they are read
                self.error(f"{name.replace('_', '-')} is empty; give a value, or leave it out")
        return found

    def error(self, message: str) -> NoReturn:
        """Raise the error that names the fault."""
        raise UsageError(f"{self.format_usage()}{self.prog}: {message}")


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int],
    about: str,
    file: str = "file",
) -> argparse.ArgumentParser:
    """Add a command, which takes a flow file and an account, or other files."""
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


def add_variables(parser: argparse.ArgumentParser, whose: str) -> None:
    """Add the values of variables to a command."""
    parser.add_argument(
        "--var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help=f"the value of a variable {whose}, before any other",
    )


def account_of(options: argparse.Namespace) -> Account | None:
    """The account that the options or the environment name; None for neither."""
    where = options.to or from_environment()
    try:
        return connect(where, check=False) if where else None
    except CredentialsMissing:
        raise
    except ValueError as error:
        raise UsageError(str(error)) from None


def required_account(options: argparse.Namespace) -> Account:
    """The account that the options or the environment name; UsageError for neither."""
    account = account_of(options)
    if account is None:
        raise UsageError(
            "Which account? A mock in this process would end with it. Give --to URL of a shared"
            " mock (python -m helpers.mock serves one), or --to live; or set TWILIO_MOCK_URL."
        )
    return account


def file_of(options: argparse.Namespace, path: str | None = None) -> FlowFile:
    """The flow file, or another one, with the variables of the command."""
    return load(path or options.file, variables=variables_of(options), env=options.env)


def noted(remarks: Iterable[object]) -> None:
    """Write remarks about what was read to standard error, beside the result."""
    for each in remarks:
        sys.stderr.write(f"note: {masked(str(each))}\n")


def variables_of(options: argparse.Namespace) -> dict[str, str]:
    """The variables that a command is given."""
    given = {}
    for each in options.var:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise UsageError(f"--var {name}: give it as NAME=VALUE, such as --var host=example.com")
        given[name] = value
    return given


def write(
    options: argparse.Namespace, result: object, data: Any, marks: Mapping[str, str] | None = None
) -> None:
    """Write a result as text or, with `--json`, as JSON; without secrets.

    What is put in the place of `marks` is written as it is, such as pictures.
    """
    text = masked(json.dumps(data, indent=2, ensure_ascii=False) if options.json else str(result))
    for mark, content in (marks or {}).items():
        text = text.replace(mark, content)
    sys.stdout.write(f"{text}\n")
