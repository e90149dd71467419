"""Writes the flow file for what an account has, by names, so that another account can take it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ..account import Account
from .directory import Directory
from .errors import FlowProblem, Problem
from .file import FlowFile
from .reading import Found, flows_of


def export(account: Account, path: str | Path | None = None) -> FlowFile:
    """The flow file of an account, sorted by name; the account's own chat service goes unsaid.

    What has no name of its own is given by SID, and then applies to this account only.

    Args:
        account: Which account.
        path: Where to write it; nothing is written by default.

    Raises:
        FlowProblem: Flows share a name, or have what a file cannot say; or the file cannot be
            written.
    """
    found = flows_of(account, Directory(account))
    problems = [*_shared_names(found), *_unsayable(found)]
    if problems:
        raise FlowProblem(*problems)
    configs = sorted((flow.described() for flow in found), key=lambda flow: flow.friendly_name)
    source = str(path or f"<export of {account.credentials.account_sid}>")
    file = FlowFile(tuple(configs), source)
    if path is not None:
        file.write(path)
    return file


def _shared_names(found: list[Found]) -> list[Problem]:
    counted = Counter(flow.name for flow in found)
    return [
        Problem(flow.sid, repr(flow.name), "is the name of another flow too; rename or delete one")
        for flow in found
        if counted[flow.name] > 1
    ]


def _unsayable(found: list[Found]) -> list[Problem]:
    return [Problem(flow.sid, repr(flow.name), flow.problem) for flow in found if flow.problem]
