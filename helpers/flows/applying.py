"""Carries a plan out, write by write, as long as the account is where the plan expects it.

Twilio refuses a second enabled flow for a contact (45212), so the writes are ordered such that a
contact is given up before it is taken. Where two flows swap contacts, one is disabled in between.

The plan is a chain of states: the account now, and after each write. Before each write the account
is read and found in the chain. So a plan that was carried out does nothing, one that was
interrupted continues, and an account that was changed meanwhile stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..account import Account
from ..masking import mask as masked
from .diff import PlanStep, changes_of, contact_of
from .directory import Directory
from .errors import REFUSALS, refusal_text
from .exporting import collection, flows_of
from .file import ROOT

Confirm = Callable[[str], str] | str
Flows = dict[str, dict[str, Any]]
"""Parameters of each flow, by SID; by name for one the plan makes."""


@dataclass(frozen=True)
class PlannedWrite:
    """One write of a step; `after` is the flow afterwards, None where it is deleted."""

    step: PlanStep
    after: dict[str, Any] | None = field(repr=False)

    @property
    def is_pause(self) -> bool:
        """Return whether it only disables the flow, so that others can take its contact."""
        return self.after is not None and self.after is not self.step.after

    def __str__(self) -> str:
        verb = "disable for a moment" if self.is_pause else self.step.action
        return masked(f"{verb} {self.step.name!r}") + (
            f" ({self.step.sid})" if self.step.sid else ""
        )


def in_order(steps: Sequence[PlanStep]) -> list[PlannedWrite]:
    """The writes that carry out the steps: as planned where possible, deletions last."""
    left = [step for step in steps if step.action != "leave"]
    left.sort(key=lambda step: step.action == "delete")
    now = {id(step): step.before for step in left}
    order = []
    while left:
        step = next((step for step in left if _is_free(step, now)), None)
        if step is None:
            step = next(step for step in left if contact_of(now[id(step)]))
            now[id(step)] = {**(now[id(step)] or {}), "enabled": False}
        else:
            left.remove(step)
            now[id(step)] = step.after
        order.append(PlannedWrite(step, now[id(step)]))
    return order


def _is_free(step: PlanStep, now: dict[int, dict[str, Any] | None]) -> bool:
    wanted = contact_of(step.after)
    held = (contact_of(flow) for other, flow in now.items() if other != id(step))
    return wanted is None or wanted not in held


@dataclass(frozen=True, repr=False)
class Applied:
    """The writes that were made, in order; none where there was nothing to do."""

    done: tuple[str, ...]

    def __repr__(self) -> str:
        return _listed("Done", self.done) if self.done else "Nothing to do: it was done already."


class ApplyStopped(RuntimeError):
    """A plan was not carried out to its end: writes that were made, one that failed, the rest."""

    def __init__(
        self, reason: str, done: Sequence[str], failed: str | None, not_done: Sequence[str]
    ) -> None:
        self.reason, self.failed = masked(reason), failed
        self.done, self.not_done = tuple(done), tuple(not_done)
        stopped = f"Stopped at: {failed}" if failed else "Stopped"
        super().__init__(
            f"{stopped}: {self.reason}\n{_listed('Done', done)}\n{_listed('Not done', not_done)}\n"
            "Plan again to see what is left to do."
        )

    def as_json(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "stopped": self.reason,
            "done": list(self.done),
            "failed": self.failed,
            "not_done": list(self.not_done),
        }


def _listed(title: str, operations: Sequence[str]) -> str:
    lines = "".join(f"\n  {operation}" for operation in operations)
    return f"{title}:{lines or ' nothing'}"


class Run:
    """Carries the operations of a plan out."""

    def __init__(
        self,
        account: Account,
        steps: Sequence[PlanStep],
        operations: Sequence[PlannedWrite],
        lists: Sequence[str],
    ) -> None:
        self._account = account
        self._directory = Directory(account)
        self._operations = operations
        self._lists = lists
        self._chain = _chain(steps, operations)
        self._planned = frozenset(self._chain[0])
        self._at = 0
        self._done: list[str] = []

    def apply(self, code: str, confirm: Confirm) -> Applied:
        """Carry the operations out, from the state in the chain that the account is in."""
        self._find_start()
        is_asked = self._account.mode == "live" or isinstance(confirm, str)
        if is_asked and self._at < len(self._operations):
            prompt = f"This changes a LIVE account. Type the plan's code ({code}) to go on: "
            try:
                typed = confirm if isinstance(confirm, str) else confirm(prompt)
            except EOFError:
                reason = f"there is no input to read the code {code} from; give it as confirm="
                raise self._stopped(reason) from None
            if typed.strip() != code:
                raise self._stopped(f"the code typed is not this plan's, {code}")
            self._find_start()
        try:
            for operation in self._operations[self._at :]:
                self._write(operation)
        except KeyboardInterrupt as stop:
            stop.add_note(str(self._stopped("interrupted; the first that is not done may be done")))
            raise
        return Applied(tuple(self._done))

    def _stopped(self, reason: str, *, failed: bool = False) -> ApplyStopped:
        left = [str(operation) for operation in self._operations[self._at :]]
        first = left.pop(0) if failed else None
        return ApplyStopped(reason, self._done, first, left)

    def _find_start(self) -> None:
        """Find the account in the chain: at its end, if it is there more than once."""
        flows = self._read()
        places = [at for at, state in enumerate(self._chain) if state == flows]
        if not places:
            raise self._stopped(
                f"the account has changed since the plan: {_difference(self._chain[0], flows)}"
            )
        self._at = places[-1]

    def _write(self, operation: PlannedWrite) -> None:
        """Make the next write, and check that the account then is as it should be."""
        try:
            self._send(operation)
        except REFUSALS as error:
            raise self._stopped(f"{refusal_text(error)} {self._outcome()}", failed=True) from error
        self._done.append(str(operation))
        self._at += 1
        flows = self._read()
        if flows != self._chain[self._at]:
            difference = _difference(self._chain[self._at], flows)
            raise self._stopped(f"the account is not as it should be now: {difference}")

    def _outcome(self) -> str:
        """Say whether a write that failed had its effect all the same."""
        try:
            flows = self._flows()
        except REFUSALS as error:
            return f"(whether it was carried out is not known: {refusal_text(error)})"
        if flows == self._chain[self._at + 1]:
            return "(it was carried out all the same)"
        return "(it was not carried out)" if flows == self._chain[self._at] else "(see the account)"

    def _read(self) -> Flows:
        try:
            return self._flows()
        except REFUSALS as error:
            raise self._stopped(f"the account could not be read: {refusal_text(error)}") from error

    def _flows(self) -> Flows:
        flows: Flows = {}
        for one in flows_of(self._account, self._directory, self._lists):
            key = one.sid if one.sid in self._planned else _new(one.name, one.kept_in)
            flows[f"{key} ({one.sid})" if key in flows else key] = one.parameters
        return flows

    def _send(self, operation: PlannedWrite) -> None:
        step = operation.step
        flows = collection(self._account.client, step.kept_in)
        if operation.after is None:
            flows(step.sid).delete()
        elif step.sid is None:
            flows.create(**{name: value for name, value in operation.after.items() if value != ""})
        elif operation.is_pause:
            flows(step.sid).update(enabled=False)
        else:
            flows(step.sid).update(**_changed(step.before or {}, operation.after))


def _chain(steps: Sequence[PlanStep], operations: Sequence[PlannedWrite]) -> list[Flows]:
    state: Flows = {step.sid: step.before for step in steps if step.sid and step.before}
    chain = [state]
    for operation in operations:
        key = operation.step.sid or _new(operation.step.name, operation.step.kept_in)
        state = {name: flow for name, flow in state.items() if name != key}
        if operation.after is not None:
            state[key] = operation.after
        chain.append(state)
    return chain


def _new(name: str, kept_in: str = ROOT) -> str:
    return f"a new {'flow' if kept_in == ROOT else 'address'} {name!r}"


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Parameters of an update: settings all or none, and always `enabled`."""
    changed = {name for name, value in after.items() if before.get(name) != value}
    if "auto_creation_type" in changed:
        changed |= {name for name in after if name.startswith("auto_creation")}
    if any(name.startswith("integration") for name in changed):
        changed |= {name for name in after if name.startswith("integration")}
    return {name: value for name, value in after.items() if name in changed or name == "enabled"}


def _difference(expected: Flows, found: Flows) -> str:
    differences = [f"{key} is there" for key in found if key not in expected]
    for key, flow in expected.items():
        label = key if key.startswith("a new ") else f"{flow['friendly_name']!r} ({key})"
        if key in found:
            differences += [f"{label} {change}" for change in changes_of(flow, found[key])]
        else:
            differences.append(f"{label} is gone")
    return "; ".join(differences)
