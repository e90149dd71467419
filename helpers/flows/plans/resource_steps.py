"""Steps of the resources beside ways into Flex: queues, Studio flows and others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...flex_ui import WORKSPACE
from ..accounts.directory import Directory
from ..accounts.survey import FoundResource, Survey
from ..errors import FieldPath, Problem
from ..file.entries import ResourceEntry
from ..file.flow_file import FlowFile
from ..file.kinds.kind import REFERENCE, Address, Fields, ResourceKind, spelled
from ..file.kinds.table import KINDS
from .readable import FieldChange, changes_within
from .steps import PlanStep


class _Names:
    """Puts SIDs for the names in an entry's fields, collecting needs, uses and problems."""

    def __init__(
        self,
        directory: Directory,
        scope: tuple[str, ...],
        file: FlowFile | None = None,
        entry: ResourceEntry | None = None,
    ) -> None:
        self._to_sid, self._to_name = directory.to_sid(scope), directory.to_name(scope)
        self._and_above = directory.and_above
        self._file, self._entry = file, entry
        self.parent = "".join(scope[-2:-1])
        self.problems: list[Problem] = []
        self.needs: list[tuple[str, str]] = []
        self.uses: set[str] = set()
        self.keeps: set[str] = set()

    def canonical(self, kind: ResourceKind, values: Fields) -> Fields:
        """The same values by the names that the account has."""
        found = {}
        self.keeps.clear()
        for name, value in values.items():
            given = kind.converted(kind.by_name[name], value, self.find)
            found[name] = kind.converted(kind.by_name[name], given, self._to_name)
        return found

    def problem(self, fix: str, *path: str | int) -> None:
        """Note a problem of a field of the entry."""
        assert self._file is not None
        assert self._entry is not None
        label = f"{self._entry.label!r} {'.'.join(map(str, path))}".strip()
        self.problems.append(Problem(self._file.where(self._entry, *path), label, fix))

    def find(self, kind: str, text: str, path: FieldPath) -> str:
        """The SID of a name, or what stands for it; the name of nothing, which is a problem."""
        try:
            sid = self._to_sid(kind, text, path)
        except LookupError as error:
            if self._entry is not None:
                self.problem(error.args[0], *path)
            return text
        if sid.startswith(REFERENCE):
            self.needs.append((str(path[0]), sid))
        self.uses.update(self._and_above(sid))
        self.keeps.add(sid)
        return sid


def resource_steps(file: FlowFile, survey: Survey) -> tuple[list[PlanStep], list[Problem]]:
    """The steps of a file's resources, and problems of their names."""
    steps, problems = [], list[Problem]()
    for entry in file.resources:
        own = survey.by_entry.get(entry.address)
        sid = own.sid if own else REFERENCE + spelled(entry.address)
        names = _Names(survey.directory, (*survey.parents[entry.address], sid), file, entry)
        if own is None and entry.kind.view_of:
            names.needs += [("", REFERENCE + spelled(entry.viewed))]
        wanted = entry.kind.own(entry.kind.complete(entry.config), survey.is_beside)
        steps.append(_resource_step(entry, own, wanted, names))
        problems.extend(names.problems)
    return steps, problems


def _resource_step(
    entry: ResourceEntry, own: FoundResource | None, wanted: Fields, names: _Names
) -> PlanStep:
    kind, before, named = entry.kind, dict[str, Any](), set[str]()
    if kind.comes_with:
        names.find(kind.comes_with, entry.label, ("",))
        named |= names.keeps
    if own is not None:
        initial = {name: value for name, value in wanted.items() if kind.by_name[name].is_initial}
        names.canonical(kind, initial)
        named |= names.keeps
        before, wanted = kind.lasting(own.fields), kind.lasting(wanted)
    names.canonical(kind, before)
    after = names.canonical(kind, {**before, **wanted})
    changes = [*changes_within(before, after)]
    if own is not None:
        changes = [*_new_name(entry, own, names), *changes]
        _refuse_impossible(kind, changes, before, after, names)
    held = own.held if own else set()
    needs, keeps = [*names.needs], names.keeps | held | named
    if names.parent.startswith(REFERENCE):
        needs.append(("", names.parent))
    if own is None:
        keeps |= {
            REFERENCE + spelled((*entry.address, KINDS[field.refers].listed, field.at_first))
            for field in kind.fields
            if field.at_first and field.name not in after
        }
    state = after if kind.is_single else {kind.key: entry.address[-1], **after}
    return PlanStep(
        "create" if own is None else "update" if changes else "leave",
        entry.label,
        own.sid if own else None,
        tuple(changes),
        "",
        own.state if own else None,
        own.state if own and not changes else state,
        kind.name,
        entry.address,
        tuple(dict.fromkeys(needs)),
        frozenset(names.uses | held),
        frozenset(keeps),
    )


def _new_name(entry: ResourceEntry, own: FoundResource, names: _Names) -> Iterator[FieldChange]:
    key = entry.kind.key
    if own.name != entry.address[-1]:
        yield FieldChange(key, own.name, entry.label)
        if entry.kind.is_key_fixed:
            names.problem(f"cannot be renamed: Twilio's API does not change {key}", "formerly")


def _refuse_impossible(
    kind: ResourceKind, changes: Sequence[FieldChange], before: Fields, after: Fields, names: _Names
) -> None:
    """Note changes of a resource that Twilio's API cannot make."""
    for change in changes:
        if change.field in kind.by_name and kind.by_name[change.field].is_fixed:
            fix = (
                f"is {change.before!r} in the account, and cannot be changed; delete the"
                f" {kind.noun} there, or give this one another name"
            )
            names.problem(fix, change.field)
    for field in kind.fields:
        if field.is_set and before.get(field.name) and not after.get(field.name):
            fix = "cannot be emptied again by Twilio's API; name one at least"
            names.problem(fix, field.name)


def surplus_steps(survey: Survey, delete: bool, former: Collection[Address]) -> list[PlanStep]:
    """The steps of resources that the file does not name, or no more."""
    shown = {one.sid for one in survey.found if not one.kind.view_of}
    named = {one.sid for one in survey.found if one.entry}
    steps = []
    for one in [one for one in survey.found if one.entry is None]:
        is_seen = one.sid in named or (one.kind.view_of and one.sid in shown)
        is_wanted = delete or one.address in former
        steps.append(_surplus_step(one, survey.directory, bool(is_wanted and not is_seen)))
    return steps


def deletions(survey: Survey) -> list[PlanStep]:
    """The steps that delete all resources that a file names, and leave the others."""
    steps = []
    shown = {one.sid for one in survey.found if not one.kind.view_of}
    gone = set[Address]()
    for one in survey.found:
        step = _left_resource(one, survey.directory)
        why = _reason_to_keep(one, survey.directory)
        if one.entry is None:
            steps.append(replace(step, note="not in the file"))
        elif one.kind.view_of and one.sid in shown:
            steps.append(step)
        elif one.address[:-2] in gone:
            gone.add(one.address)
            steps.append(replace(step, action="delete", after=None, note="with what it is within"))
        elif why:
            steps.append(replace(step, note=why))
        else:
            gone.add(one.address)
            steps.append(replace(step, action="delete", after=None))
    return steps


def brought(file: FlowFile, planned: Sequence[PlanStep]) -> Iterator[PlanStep]:
    """The deletion of what new resources have within them from the start, and the file has not."""
    named = {entry.address for entry in file.resources}
    for step in planned:
        if step.action != "create" or step.kept_in not in KINDS:
            continue
        above = KINDS[step.kept_in]
        for kind in above.children:
            place = (*step.address, kind.listed)
            for name in above.brings.get(kind.listed, ()) if place in file.places else ():
                address = (*place, name)
                if address not in named and name not in kind.permanent:
                    note, needs = f"a new {above.noun} has it", (("", step.reference),)
                    yield PlanStep(
                        "delete", name, None, (), note, None, None, kind.name, address, needs
                    )


def _reason_to_keep(one: FoundResource, directory: Directory) -> str:
    """Reason why a resource is never deleted; a blank where it can be."""
    if one.name == WORKSPACE or one.sid == directory.own_service:
        return "Flex works with it"
    is_kept = one.kind.is_single or one.kind.comes_with or one.name in one.kind.permanent
    return "it cannot be deleted" if is_kept else ""


def _surplus_step(one: FoundResource, directory: Directory, delete: bool) -> PlanStep:
    """The step of a resource that the file does not name."""
    why = _reason_to_keep(one, directory)
    step = _left_resource(one, directory)
    if delete and not why:
        note = "with all that is within it" if one.kind.children else ""
        return replace(step, action="delete", after=None, note=note)
    return replace(step, note="not in the file" + (f"; {why}" if delete else ""))


def _left_resource(one: FoundResource, directory: Directory) -> PlanStep:
    """The step that leaves a resource of the account."""
    names = _Names(directory, (*one.parents, one.sid))
    names.canonical(one.kind, one.fields)
    return PlanStep(
        "leave",
        one.name or one.kind.noun,
        one.sid,
        (),
        "",
        one.state,
        one.state,
        one.kind.name,
        one.address,
        (),
        frozenset(names.uses | one.held),
        frozenset(names.keeps | one.held),
    )


def without_those_in_use(
    others: Sequence[PlanStep], surplus: Sequence[PlanStep]
) -> Iterator[PlanStep]:
    """Leave a resource that is to be deleted where another one still names it afterwards."""
    for step in surplus:
        namer = next(
            (
                each.title
                for each in (*others, *surplus)
                if each.action != "delete" and step.reference in each.keeps
            ),
            None,
        )
        if step.action == "delete" and namer:
            note = f"{step.note or 'not in the file'}, but {namer} names it"
            yield replace(step, action="leave", note=note, after=step.before)
        else:
            yield step
