"""What a flow file would change in an account, before anything is changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..account import Account
from . import impact, render
from .applying import Applied, Confirm, apply
from .diff import PlanStep, diff
from .directory import Directory
from .file import FlowFile, load
from .ordering import Operation, in_order
from .reading import flows_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Plan:
    """What becomes of each flow, and the writes that it takes.

    It shows as a table in a notebook, and as text elsewhere.

    Attributes:
        account: Which account.
        source: Which file.
        steps: One a flow: create, update, leave or delete.
        operations: The writes, in order.
    """

    account: Account = field(compare=False)
    source: str
    steps: tuple[PlanStep, ...]
    operations: tuple[Operation, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the account is as the file says."""
        return not self.operations

    @property
    def code(self) -> str:
        """Six characters that stand for exactly this plan on exactly this account."""
        writes = [[str(one), one.after] for one in self.operations]
        before = [[step.sid, step.before] for step in self.steps]
        content = [self.account.credentials.account_sid, before, writes]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:6]

    @property
    def counts(self) -> Counter[str]:
        """How many flows are created, updated, left and deleted."""
        return Counter(step.action for step in self.steps)

    def apply(self, *, confirm: Confirm = input) -> Applied:
        """Carry it out; where it has been carried out already, do nothing.

        The account is read before each write and after the last one. Against a live account the
        plan's code must be typed first.

        Args:
            confirm: Asks for the code, as `input` does; or the code itself.

        Raises:
            ApplyStopped: A write failed, the account is not as planned, or the code was not
                given; it says what was and what was not done.
        """
        return apply(self.account, self.steps, self.operations, self.code, confirm)

    def table(self) -> pd.DataFrame:
        """One row a changed field, or a flow that is left or deleted."""
        return render.table(self.steps)

    def as_json(self) -> dict[str, Any]:
        """The plan for programs, with no secrets."""
        return {
            "account": self.account.credentials.account_sid,
            "mode": self.account.mode,
            "source": self.source,
            "code": self.code,
            "steps": [render.as_json(step) for step in self.steps],
            "order": [str(operation) for operation in self.operations],
        }

    def __repr__(self) -> str:
        return render.text(self._title(), self.steps, self._summary())

    def _repr_html_(self) -> str:
        return render.html(self._title(), self.steps, self._summary())

    def _title(self) -> str:
        return f"Plan {self.code}: {self.source} for {self.account!r}"

    def _summary(self) -> str:
        if self.is_empty:
            return "Nothing to do: the account is as the file says."
        said = ", ".join(f"{self.counts[name]} to {name}" for name in render.SIGNS)
        order = "; ".join(str(operation) for operation in self.operations)
        return f"{said}. In this order: {order}."


def plan(account: Account, file: str | Path | FlowFile, *, delete: bool = False) -> Plan:
    """Compare a flow file with an account; nothing is changed.

    A flow is known by its friendly name. What the file leaves out has Twilio's default. Flows
    that the file does not name are left, unless they are to be deleted.

    Args:
        account: Which account.
        file: A flow file: a path, YAML text, or one that has been read.
        delete: Whether flows that the file does not name are deleted.

    Raises:
        FlowProblem: The file is not right, or names what the account does not have.
    """
    file = load(file)
    directory = Directory(account)
    planned = diff(file, flows_of(account, directory), directory, delete)
    conversations = impact.in_progress(account, planned)
    noted = [_noted(step, impact.impact_note(step, conversations)) for step in planned]
    return Plan(account, file.source, tuple(noted), tuple(in_order(noted)))


def _noted(step: PlanStep, note: str) -> PlanStep:
    return replace(step, note=note) if note else step
