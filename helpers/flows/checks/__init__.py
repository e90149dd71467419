"""What of a flow file will not work, and what probably is not meant, before anybody finds out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...account import Account
from ..config import FlexFlowConfig
from ..file import FlowFile, load
from .account_reader import AccountReader
from .catalogue import CHECKS
from .report import Check, CheckInput, CheckResult, Finding, Report, Skipped

__all__ = ["CHECKS", "Check", "Finding", "Report", "Skipped", "check"]

UNKNOWN = Check(
    id="unknown-check",
    severity="warning",
    title="`accept` names a check that there is not",
    documentation="",
    basis=None,
    find=lambda case: (
        CheckResult(("accept",), f"{name!r} is no check", f"Known are {', '.join(_ids())}.")
        for name in case.flow.accept
        if name not in _ids()
    ),
)


def check(file: str | Path | FlowFile, account: Account | None = None) -> Report:
    """Check a flow file.

    Args:
        file: A flow file: a path, YAML text, or one that has been read.
        account: Where it is to go. Without one, checks that ask an account are skipped, and the
            report says which.

    Raises:
        FlowProblem: The file is not right.
    """
    file = load(file)
    world = AccountReader(account) if account is not None else None
    found = [one for flow in file.flows for one in _of_flow(CheckInput(file, flow, world))]
    skipped = [Skipped(one.id, one.title) for one in CHECKS if one.asks_account and world is None]
    return Report(file.source, tuple(found), tuple(skipped))


def _of_flow(case: CheckInput) -> Iterator[Finding]:
    for one in (*CHECKS, UNKNOWN):
        if one.asks_account and case.world is None:
            continue
        if one.severity == "warning" and one.id in case.flow.accept:
            continue
        for said in one.find(case):
            yield _finding(case.file, case.flow, one, said)


def _finding(file: FlowFile, flow: FlexFlowConfig, one: Check, said: CheckResult) -> Finding:
    return Finding(
        id=one.id,
        severity=one.severity,
        flow=flow.friendly_name,
        where=file.where(flow, *said.field),
        field=".".join(said.field),
        reason=said.reason,
        fix=said.fix,
        documentation=one.documentation,
        basis=one.basis,
    )


def _ids() -> tuple[str, ...]:
    return tuple(one.id for one in CHECKS)
