"""Plans the changes that bring an account to a flow file, before anything is changed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import html
from ...account import Account
from ..accounts.directory import Directory
from ..accounts.survey import Survey
from ..accounts.ways_in import flows_of
from ..errors import FlowProblem, Problem
from ..file.flow_file import FlowFile
from ..file.kinds.table import KINDS
from ..file.reading import load
from . import impact, render
from .applying import Applied, Confirm, Run
from .diff import diff, targeted
from .ordering import Circle, PlannedWrite, in_order
from .steps import PlanStep

if TYPE_CHECKING:
    import pandas as pd

FOR_GOOD = "Deleted and made again, as by a roll back, a resource has another SID."


@dataclass(frozen=True, repr=False)
class Plan:
    """The change of each flow, and the writes that make it.

    It shows as a table in a notebook, and as text elsewhere. `steps` has one a flow, `operations`
    are the writes, in order, `file` is the file, `options` are those of `plan`.
    """

    account: Account = field(compare=False)
    source: str
    steps: tuple[PlanStep, ...]
    operations: tuple[PlannedWrite, ...]
    file: FlowFile = field(default_factory=FlowFile, compare=False)
    options: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_empty(self) -> bool:
        """Return whether the account is as the file says."""
        return not self.operations

    @property
    def code(self) -> str:
        """Six characters that identify this plan for this account."""
        return self.digest[:6]

    @property
    def digest(self) -> str:
        """A digest of the account, its state as far as the file goes, and the writes."""
        writes = [[str(one), one.after] for one in self.operations]
        before = [[step.sid, step.before] for step in self.steps]
        content = [self.account.credentials.account_sid, before, writes]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    @property
    def counts(self) -> Counter[str]:
        """Numbers of flows to create, update, leave and delete."""
        return Counter(step.action for step in self.steps)

    def apply(self, *, confirm: Confirm = input) -> Applied:
        """Carry out the plan; do nothing if that was done already.

        The account is read before each write (of many alike, before each tenth part) and after the
        last one. Against a live account the
        plan's code must be typed first.

        Args:
            confirm: Prompts for the code, as `input` does; or the code itself, which is checked
                against a mock, too.

        Raises:
            ApplyStopped: A write failed, the account is not as planned, or the code was not
                given; it lists the writes that were made and that were not.
        """
        run = Run(self.account, self.steps, self.operations, self.file)
        return run.apply(self.code, confirm)

    def done(self) -> int | None:
        """The number of its writes that the account has; None of one that has changed otherwise."""
        return Run(self.account, self.steps, self.operations, self.file).done()

    def table(self) -> pd.DataFrame:
        """The plan as a table, one row a changed field, or a flow that is left or deleted."""
        from ...frames import AlignedTable

        return AlignedTable(list(render.rows(self.steps)), columns=list(render.COLUMNS))

    def as_json(self) -> dict[str, Any]:
        """The plan as JSON, with no secrets."""
        return {
            "account": self.account.credentials.account_sid,
            "mode": self.account.mode,
            "source": self.source,
            "code": self.code,
            "steps": [render.as_json(step) for step in self.steps],
            "order": [str(operation) for operation in self.operations],
            "notes": [str(each) for each in self.file.remarks],
        }

    def __repr__(self) -> str:
        steps = (line for step in self._shown for line in render.lines(step))
        notes = (f"note: {each}" for each in self.file.remarks)
        return "\n".join([self._title(), *steps, *self._unshown, self._summary(), *notes])

    def _repr_html_(self) -> str:
        rows = [row for step in self._shown for row in render.html_rows(step)]
        drawn = html.table(rows, render.COLUMNS[:-1], title=self._title(), style=html.TOP_LEFT)
        notes = [f"Note: {each}." for each in self.file.remarks]
        unshown = (f"{line.strip()}." for line in self._unshown)
        below = " ".join([*unshown, self._summary(), *notes])
        return f"{drawn}<p>{html.escaped(below)}</p>"

    @property
    def _shown(self) -> list[PlanStep]:
        """The steps without the many resources that stay as they are."""
        return [each for each in self.steps if each.action != "leave" or each.kept_in not in KINDS]

    @property
    def _unshown(self) -> list[str]:
        count = len(self.steps) - len(self._shown)
        return [f"  = leave {count} other resource{'s' * (count != 1)}"] if count else []

    def _title(self) -> str:
        return f"Plan {self.code}: {self.source} for {self.account!r}"

    def _summary(self) -> str:
        if self.is_empty:
            return "Nothing to do: the account is as the file says."
        counts = ", ".join(f"{self.counts[name]} to {name}" for name in render.SIGNS)
        order = "; ".join(str(operation) for operation in self.operations)
        deletes = f" {FOR_GOOD}" if self.counts["delete"] else ""
        return f"{counts}. In this order: {order}.{deletes}"


def plan(
    account: Account,
    file: str | Path | FlowFile,
    *,
    delete: bool = False,
    destroy: bool = False,
    targets: Sequence[str] = (),
    was: str | Path | FlowFile | None = None,
) -> Plan:
    """Compare a flow file with an account; nothing is changed.

    A flow's key is its friendly name, that of an address its type and address. Fields that the file
    leaves out get Twilio's default. Flows that the file does not name are left, unless they are to
    be deleted; so are addresses, queues and other resources, if the file has a list of them.

    Args:
        account: The account to change.
        file: A flow file: a path, YAML text, or one that has been read.
        delete: Whether flows that the file does not name are deleted.
        destroy: Whether all that the file names is deleted, and nothing else.
        targets: Resources that the plan is limited to, such as `queues/VIP`, with all that is
            within them and that they need.
        was: An earlier version of the file: what it names, and the file does not, is deleted.

    Raises:
        FlowProblem: The file is not right, or names something that the account does not have; or
            there is no such target.
    """
    file = load(file)
    former = None if was is None else load(was)
    options: dict[str, Any] = {"delete": delete, "destroy": destroy, "targets": list(targets)}
    if former is not None:
        options["was"] = former.text
        named = {(), *(entry.address for entry in file.resources)}
        more = [place for place in former.places if place[:-1] in named]
        places = tuple(dict.fromkeys((*file.places, *more)))
        file = replace(file, lists=(*file.lists, *former.lists), places=places)
    directory = Directory(account)
    survey = Survey(directory, file.resources, file.places, file.where)
    found = flows_of(directory, file.lists)
    planned = diff(file, found, survey, delete, destroy, former)
    if targets:
        planned = targeted(planned, targets, file)
    conversations = impact.in_progress(account, planned)
    noted = [
        replace(step, note=impact.impact_note(step, conversations) or step.note) for step in planned
    ]
    try:
        order = in_order(noted)
    except Circle as circle:
        raise FlowProblem(*_circle(circle, file)) from None
    return Plan(account, file.source, tuple(noted), tuple(order), file, options)


def _circle(circle: Circle, file: FlowFile) -> list[Problem]:
    """Say of each resource in a circle where it is, and how to get out."""
    places = {entry.address: file.where(entry) for entry in file.resources}
    fix = f"cannot be made, as these name each other in a circle: {circle}; leave one name out"
    steps = {step.address: step for step in circle.steps}
    return [Problem(places[address], step.title, fix) for address, step in steps.items()]
