"""Finds settings of a flow file that will not work, or are probably not meant."""

from __future__ import annotations

from pathlib import Path

from ...account import Account
from ...masking import mask as masked
from ..file.flow_file import FlowFile
from ..file.reading import load
from ..plans.trying import trial
from .account_reader import AccountReader
from .catalogue import BOTH, CHECKS
from .report import Check, CheckInput, CheckResult, Finding, Report, Skipped

__all__ = ["CHECKS", "Check", "Finding", "Report", "Skipped", "check"]

_IDS = tuple(one.id for one in CHECKS)
UNKNOWN = Check(
    id="unknown-check",
    severity="warning",
    title="`accept` names a check that does not exist",
    documentation="",
    basis=None,
    of=BOTH,
    find=lambda subject: (
        CheckResult(("accept",), f"{name!r} is no check", f"Known are {', '.join(_IDS)}.")
        for name in subject.flow.accept
        if name not in _IDS
    ),
)
WORDS = "misread"
"""Id of the warnings of values that YAML reads as others than are written."""


def check(file: str | Path | FlowFile, account: Account | None = None) -> Report:
    """Check a flow file.

    Args:
        file: A flow file: a path, YAML text, or one that has been read.
        account: The account it is for. Without one, checks that read an account are skipped, and
            the report lists them. Flows of a file that has other resources, too, are checked in a
            throw-away copy of it that has these.

    Raises:
        FlowProblem: The file is not right.
    """
    file = load(file)
    if account is not None and file.resources:
        # What flows name may be in the file alone: the account is read as the file would make it.
        account = trial(file, account)
    reader = None if account is None else AccountReader(account)
    skipped = [one for one in CHECKS if one.asks_account and reader is None]
    findings = [
        Finding(
            id=one.id,
            severity=one.severity,
            flow=flow.label,
            where=file.where(flow, *result.field),
            field=".".join(result.field),
            reason=masked(result.reason),
            fix=masked(result.fix),
            documentation=one.documentation,
            basis=one.basis,
        )
        for flow in file.entries
        for one in (*CHECKS, UNKNOWN)
        if isinstance(flow, one.of)
        and one not in skipped
        and not (one.severity == "warning" and one.id in flow.accept)
        for result in one.find(CheckInput(file, flow, reader))
    ]
    words = []
    for each in file.remarks:
        reason, _, fix = each.fix.partition("; ")
        fix = f"{fix[:1].upper()}{fix[1:]}."
        place = each.where, each.what
        words.append(Finding(WORDS, "warning", "", *place, f"{reason}.", fix, "", None))
    return Report(
        file.source, (*words, *findings), tuple(Skipped(one.id, one.title) for one in skipped)
    )
