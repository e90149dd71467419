"""Carries a plan out, write by write, as long as the account is where the plan expects it.

The plan is a chain of states: the account now, and after each write. Before each write the account
is read and found in the chain; where many alike follow each other, before each tenth part. So a
plan that was carried out does nothing, one that was interrupted continues, and an account that was
changed meanwhile stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...account import Account
from ...masking import mask as masked
from ..accounts.directory import Directory
from ..accounts.survey import FoundResource, Survey
from ..accounts.ways_in import flows_of
from ..errors import REFUSALS, FlowProblem, refusal_text
from ..file.config import ROOT
from ..file.flow_file import FlowFile
from ..file.kinds.kind import REFERENCE, Address, Fields, ResourceKind, spelled
from ..file.kinds.table import KINDS, key_of
from .ordering import PlannedWrite, is_within
from .readable import changes_of
from .steps import PlanStep

Confirm = Callable[[str], str] | str
Flows = dict[str, dict[str, Any] | None]
"""Parameters of each flow, by SID; by name for one the plan makes. None for one that must go."""


SHARE = 10
"""Writes that are alike are checked when a tenth as many again have been made."""


def _comes_with(step: PlanStep, other: PlanStep) -> bool:
    kind = KINDS.get(step.kept_in)
    return (
        kind is not None
        and kind.comes_with == other.kept_in
        and (*step.address[:-4], step.address[-1]) == (*other.address[:-2], other.address[-1])
    )


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
        file: FlowFile,
    ) -> None:
        self._account = account
        self._directory = Directory(account)
        self._operations = operations
        self._file = file
        self._chain = _chain(steps, operations)
        self._planned = frozenset(self._chain[0])
        self._in_new: set[str] = set()
        self._partial: set[str] = set()
        self._at = 0
        self._unread: set[str] = set()
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

    def done(self) -> int | None:
        """The number of operations that were carried out; None if the account is elsewhere."""
        try:
            self._find_start()
        except ApplyStopped:
            return None
        return self._at

    def _stopped(self, reason: str, *, failed: bool = False) -> ApplyStopped:
        left = [str(operation) for operation in self._operations[self._at :]]
        first = left.pop(0) if failed else None
        return ApplyStopped(reason, self._done, first, left)

    def _find_start(self) -> None:
        """Find the account in the chain: at its end, if it is there more than once."""
        self._directory.forget()
        flows = self._read()
        places = [at for at, state in enumerate(self._chain) if self._is_same(state, flows)]
        if not places:
            difference = self._difference(self._chain[0], flows)
            raise self._stopped(f"the account has changed since the plan: {difference}")
        self._at = places[-1]

    def _write(self, operation: PlannedWrite) -> None:
        """Make the next write, and check that the account then is as it should be."""
        try:
            self._send(operation)
        except REFUSALS as error:
            raise self._stopped(f"{refusal_text(error)} {self._outcome()}", failed=True) from error
        self._done.append(str(operation))
        self._at += 1
        self._forget(operation.step)
        self._unread.add(operation.step.reference)
        if self._goes_on_alike(operation):
            return
        self._unread.clear()
        flows = self._read()
        if not self._is_same(self._chain[self._at], flows):
            difference = self._difference(self._chain[self._at], flows)
            raise self._stopped(f"the account is not as it should be now: {difference}")

    def _goes_on_alike(self, done: PlannedWrite) -> bool:
        """Return whether the next write needs nothing of the last ones, which are few of many."""
        if self._at == len(self._operations) or len(self._unread) > self._at // SHARE:
            return False
        following = self._operations[self._at]
        a, b = (
            (
                each.does,
                each.step.action,
                each.step.kept_in,
                each.step.address[: -4 if each.step.whose else -2],
            )
            for each in (done, following)
        )
        return a == b and self._unread.isdisjoint(ref for _, ref in following.step.needs)

    def _outcome(self) -> str:
        """Say whether a write that failed had its effect all the same."""
        self._directory.forget()
        try:
            flows = self._flows()
        except REFUSALS as error:
            return f"(whether it was carried out is not known: {refusal_text(error)})"
        if self._is_same(self._chain[self._at + 1], flows):
            return "(it was carried out all the same)"
        is_as_before = self._is_same(self._chain[self._at], flows)
        return "(it was not carried out)" if is_as_before else "(see the account)"

    def _forget(self, step: PlanStep) -> None:
        """Forget the list that a step changed, to read it again; after the last write all lists."""
        if self._at == len(self._operations):
            self._directory.forget()
        elif kind := KINDS.get(step.kept_in):
            self._directory.forget(kind.name, self._parents(step))
            for each in KINDS.values():
                if kind.name in (each.view_of, each.comes_with) or each.name == kind.view_of:
                    self._directory.forget(each.name)
        else:
            self._directory.forget(step.kept_in)

    def _read(self) -> Flows:
        try:
            return self._flows()
        except REFUSALS as error:
            raise self._stopped(f"the account could not be read: {refusal_text(error)}") from error
        except FlowProblem as problem:
            raise self._stopped(f"the account has changed since the plan: {problem}") from None

    def _flows(self) -> Flows:
        """The account's flows and other resources.

        References stand for SIDs of those that the plan has made.
        """
        flows: Flows = {}
        file = self._file
        self._survey = Survey(self._directory, file.resources, file.places, file.where)
        self._in_new, self._partial, made = set(), set(), dict[str, str]()
        entered = {one.sid for one in self._survey.found if one.entry}
        for one in self._survey.found:
            key = key_of(one.kind.name, one.sid)
            is_new = key not in self._planned
            key = _new(one.address) if is_new else key
            key = f"{key} ({one.sid})" if key in flows else key
            flows[key] = one.state
            self._partial.add(key)
            if is_new:
                above = key_of(one.kind.within, one.parents[-1]) if one.parents else ""
                if (
                    one.sid in entered
                    or one.kind.comes_with
                    or (above and above not in self._planned)
                ):
                    self._in_new.add(key)
                made.setdefault(one.sid, REFERENCE + spelled(one.address))
        self._made = {
            REFERENCE + spelled(one.address): one.sid
            for one in self._survey.found
            if one.sid in made
        }
        for flow in flows_of(self._directory, file.lists):
            place = (flow.kept_in, flow.name)
            key = flow.sid if flow.sid in self._planned else _new(place)
            flows[f"{key} ({flow.sid})" if key in flows else key] = {
                name: made.get(value, value) if isinstance(value, str) else value
                for name, value in flow.parameters.items()
            }
        return flows

    def _is_same(self, expected: Flows, found: Flows) -> bool:
        """Compare states; what a new resource has within it from the start makes no difference."""
        return not any(self._differences(expected, found))

    def _differences(self, expected: Flows, found: Flows) -> Iterable[str]:
        for key in found:
            if key not in expected and key not in self._in_new:
                yield f"{key} is there"
        for key, flow in expected.items():
            now = found.get(key)
            if flow is None or now is None:
                if (flow is None) != (now is None):
                    yield f"{self._label(key, flow)} is {'there' if now else 'gone'}"
                continue
            if key in self._partial:  # a file need not say all of it
                now = {name: now.get(name) for name in flow}
            yield from (f"{self._label(key, flow)} {change}" for change in changes_of(flow, now))

    @staticmethod
    def _label(key: str, flow: Fields | None) -> str:
        names = (flow.get(name) for name in ("friendly_name", "unique_name") if flow)
        return key if key.startswith("a new ") else f"{next(filter(None, names), None)!r} ({key})"

    def _difference(self, expected: Flows, found: Flows) -> str:
        return "; ".join(self._differences(expected, found))

    # -- writes

    def _parents(self, step: PlanStep) -> tuple[str, ...]:
        if step.sid and (own := self._own(step)):
            return own.parents
        above = self._survey.by_entry.get(step.address[:-2])
        return (*above.parents, above.sid) if above else ()

    def _own(self, step: PlanStep) -> FoundResource | None:
        """The resource of a step, which may be within a new one from the start."""
        for one in self._survey.found:
            is_same = one.sid == step.sid if step.sid else one.address == step.address
            if is_same and one.kind.name == step.kept_in:
                return one
        return None

    def _send(self, operation: PlannedWrite) -> None:
        step = operation.step
        if step.kept_in in KINDS:
            self._send_resource(operation, KINDS[step.kept_in])
            return
        flows = self._directory.collection(step.kept_in)
        after = operation.after and {
            name: self._made.get(value, value) if isinstance(value, str) else value
            for name, value in operation.after.items()
        }
        if after is None:
            flows(step.sid).delete()
        elif step.sid is None:
            flows.create(**{name: value for name, value in after.items() if value != ""})
        elif operation.does:
            flows(step.sid).update(enabled=False)
        else:
            flows(step.sid).update(**_changed(step.before or {}, after))

    def _send_resource(self, operation: PlannedWrite, kind: ResourceKind) -> None:
        step, after, parents = operation.step, operation.after, self._parents(operation.step)
        collection = self._directory.collection(kind.name, parents)
        own = self._own(step)
        swap = self._directory.to_sid((*parents, own.sid if own else ""))
        if own is None and after is not None:
            values = kind.parameters(after, swap)
            collection.create(**{name: value for name, value in values.items() if value != ""})
        elif own is not None and after is None:
            collection(own.sid).delete()
        elif own is not None and after is not None:
            given = kind.parameters(_changed_fields(kind, own, after), swap)
            if given:
                self._directory.resource(kind, parents, own.sid).update(**given)


def _changed_fields(kind: ResourceKind, own: FoundResource, after: Fields) -> Fields:
    """The fields of an update: what changes, with all that make one parameter."""
    fields, state = kind.by_name, own.state
    changed = {name for name, value in after.items() if state.get(name) != value}
    together = {fields[name].parameter for name in changed if name in fields} - {""}
    return {
        name: value
        for name, value in after.items()
        if name in changed
        or (name in fields and fields[name].parameter in together)
        or (changed and name in fields and fields[name].is_always)
    }


def _chain(steps: Sequence[PlanStep], operations: Sequence[PlannedWrite]) -> list[Flows]:
    state: Flows = {
        key_of(step.kept_in, step.sid): step.before
        for step in steps
        if step.sid and step.before is not None
    }
    chain = [state]
    for operation in operations:
        own = operation.step
        key = key_of(own.kept_in, own.sid) if own.sid else _new(own.place)
        gone = {key}
        if operation.after is None:
            gone |= {
                key_of(step.kept_in, step.sid)
                for step in steps
                if step.sid
                and (is_within(step, own) or step.shown_sid == own.sid or _comes_with(step, own))
            }
        state = {name: flow for name, flow in state.items() if name not in gone}
        if operation.after is not None or own.sid is None:
            kind, after = KINDS.get(own.kept_in), operation.after
            state[key] = after if after is None or kind is None else kind.lasting(after)
        chain.append(state)
    return chain


def _new(place: Address) -> str:
    """A resource that the plan makes, by its kind and name, and what it is within."""
    kinds, names = place[-2::-2], place[-1::-2]
    nouns = {ROOT: "flow", "address_configurations": "address"} | {
        kind.listed: kind.noun for kind in KINDS.values()
    }
    parts = [
        f"{nouns[kind]} {name!r}" if name else nouns[kind]
        for kind, name in zip(kinds, names, strict=True)
    ]
    return f"a new {' of '.join(parts)}"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of an update: settings all or none, and always `enabled`."""
    changed = {name for name, value in after.items() if before.get(name) != value}
    for part in ("auto_creation", "integration"):
        if any(name.startswith(part) for name in changed):
            changed |= {name for name in after if name.startswith(part)}
    return {name: value for name, value in after.items() if name in changed or name == "enabled"}
