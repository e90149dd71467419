"""Carries a plan out, write by write, as long as the account is where the plan expects it.

The plan is a chain of states: what the account has now, and what it has after each write. Before
each write the account is read and found in the chain. So a plan that was carried out does nothing,
one that was interrupted goes on, and an account that anybody else changed stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..account import Account
from .config import masked
from .diff import PlanStep
from .directory import Directory
from .errors import REFUSALS, refusal_text
from .ordering import Operation
from .reading import flows_of

Confirm = Callable[[str], str] | str
Flows = dict[str, dict[str, Any]]
"""Parameters of each flow, by SID; by name for one the plan makes."""


@dataclass(frozen=True, repr=False)
class Applied:
    """What was done.

    Attributes:
        done: The writes that were made, in order; none where there was nothing to do.
    """

    done: tuple[str, ...]

    def __repr__(self) -> str:
        return _listed("Done", self.done) if self.done else "Nothing to do: it was done already."


class ApplyStopped(RuntimeError):
    """A plan was not carried out to its end.

    Attributes:
        reason: Why.
        done: Writes that were made.
        failed: The write that failed, if one did.
        not_done: Writes that were not made.
    """

    def __init__(
        self, reason: str, done: Sequence[str], failed: str | None, not_done: Sequence[str]
    ) -> None:
        self.reason = masked(reason)
        self.done, self.failed, self.not_done = tuple(done), failed, tuple(not_done)
        stopped = f"Stopped at: {failed}" if failed else "Stopped"
        super().__init__(
            f"{stopped}: {self.reason}\n{_listed('Done', done)}\n{_listed('Not done', not_done)}\n"
            "Plan again to see what is left to do."
        )

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "stopped": self.reason,
            "done": list(self.done),
            "failed": self.failed,
            "not_done": list(self.not_done),
        }


def _listed(title: str, operations: Sequence[str]) -> str:
    lines = "".join(f"\n  {operation}" for operation in operations)
    return f"{title}:{lines or ' nothing'}"


def apply(
    account: Account,
    steps: Sequence[PlanStep],
    operations: Sequence[Operation],
    code: str,
    confirm: Confirm,
) -> Applied:
    """Carry the operations out, from wherever in the chain the account is.

    Raises:
        ApplyStopped: As `Plan.apply` says.
    """
    run = _Run(account, steps, operations)
    run.find_start()
    if run.is_over:
        return Applied(())
    if account.mode == "live":
        _confirmed(run, code, confirm)
        run.find_start()
    try:
        while not run.is_over:
            run.write()
    except KeyboardInterrupt as stop:
        stop.add_note(str(run.stopped("interrupted; the first that is not done may be done")))
        raise
    return Applied(tuple(run.done))


def _confirmed(run: _Run, code: str, confirm: Confirm) -> None:
    prompt = f"This changes a LIVE account. Type the plan's code ({code}) to go on: "
    try:
        typed = confirm if isinstance(confirm, str) else confirm(prompt)
    except EOFError:
        reason = f"nobody could be asked for the code {code}; give it as confirm="
        raise run.stopped(reason) from None
    if typed.strip() != code:
        raise run.stopped(f"the code typed is not this plan's, {code}")


class _Run:
    def __init__(
        self, account: Account, steps: Sequence[PlanStep], operations: Sequence[Operation]
    ) -> None:
        self._account = account
        self._directory = Directory(account)
        self._operations = operations
        self._chain = _chain(steps, operations)
        self._planned = frozenset(self._chain[0])
        self._at = 0
        self.done: list[str] = []

    @property
    def is_over(self) -> bool:
        return self._at == len(self._operations)

    def stopped(self, reason: str, *, failed: bool = False) -> ApplyStopped:
        left = [str(operation) for operation in self._operations[self._at :]]
        first = left.pop(0) if failed else None
        return ApplyStopped(reason, self.done, first, left)

    def find_start(self) -> None:
        """Find the account in the chain: at its end, if it is there more than once."""
        try:
            flows = self._read()
        except REFUSALS as error:
            raise self.stopped(f"the account could not be read: {refusal_text(error)}") from error
        places = [at for at, state in enumerate(self._chain) if state == flows]
        if not places:
            raise self.stopped(
                f"the account has changed since the plan: {_difference(self._chain[0], flows)}"
            )
        self._at = places[-1]

    def write(self) -> None:
        """Make the next write, and see that the account then is as it should be."""
        operation = self._operations[self._at]
        try:
            _write(self._account, operation)
        except REFUSALS as error:
            raise self.stopped(f"{refusal_text(error)} {self._outcome()}", failed=True) from error
        self.done.append(str(operation))
        self._at += 1
        self._look()

    def _look(self) -> None:
        try:
            flows = self._read()
        except REFUSALS as error:
            raise self.stopped(f"the account could not be read: {refusal_text(error)}") from error
        if flows != self._chain[self._at]:
            difference = _difference(self._chain[self._at], flows)
            raise self.stopped(f"the account is not as it should be now: {difference}")

    def _outcome(self) -> str:
        """Whether a write that failed had its effect all the same."""
        try:
            flows = self._read()
        except REFUSALS as error:
            return f"(whether it was carried out is not known: {refusal_text(error)})"
        if flows == self._chain[self._at + 1]:
            return "(it was carried out all the same)"
        return "(it was not carried out)" if flows == self._chain[self._at] else "(see the account)"

    def _read(self) -> Flows:
        flows: Flows = {}
        for one in flows_of(self._account, self._directory):
            key = one.sid if one.sid in self._planned else _new(one.name)
            flows[f"{key} ({one.sid})" if key in flows else key] = one.parameters
        return flows


def _chain(steps: Sequence[PlanStep], operations: Sequence[Operation]) -> list[Flows]:
    state: Flows = {step.sid: step.before for step in steps if step.sid and step.before}
    chain = [state]
    for operation in operations:
        key = operation.step.sid or _new(operation.step.name)
        state = {name: flow for name, flow in state.items() if name != key}
        if operation.after is not None:
            state[key] = operation.after
        chain.append(state)
    return chain


def _new(name: str) -> str:
    return f"a new flow {name!r}"


def _write(account: Account, operation: Operation) -> None:
    flows = account.client.flex_api.v1.flex_flow
    step = operation.step
    if operation.after is None:
        flows(step.sid).delete()
    elif step.sid is None:
        flows.create(**{name: value for name, value in operation.after.items() if value != ""})
    elif operation.is_pause:
        flows(step.sid).update(enabled=False)
    else:
        flows(step.sid).update(**_changed(step.before or {}, operation.after))


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What an update must say: settings all or none, and always whether the flow is enabled."""
    changed = {name for name, value in after.items() if before.get(name) != value}
    if any(name.startswith("integration") for name in changed):
        changed |= {name for name in after if name.startswith("integration")}
    return {name: value for name, value in after.items() if name in changed or name == "enabled"}


def _difference(expected: Flows, found: Flows) -> str:
    told = [f"{key} is there" for key in found if key not in expected]
    told += [f"{_called(key, flow)} is gone" for key, flow in expected.items() if key not in found]
    for key, flow in expected.items():
        if key in found:
            told += _fields(_called(key, flow), flow, found[key])
    return "; ".join(told)


def _called(key: str, flow: dict[str, Any]) -> str:
    """A flow by its name, as the file knows it, and by its SID if it has one."""
    name = flow["friendly_name"]
    return key if key == _new(name) else f"{name!r} ({key})"


def _fields(called: str, expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    names = dict.fromkeys((*expected, *found))
    return [
        f"{called} {name}: {expected.get(name)!r} -> {found.get(name)!r}"
        for name in names
        if expected.get(name) != found.get(name)
    ]
