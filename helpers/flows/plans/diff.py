"""Compares a flow file with an account: one step a flow, decided here, carried out elsewhere.

The friendly name is a flow's key, in the file and in the account. `formerly` gives the old name, so
that a new name is a rename and not another flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ...flex_ui import WORKSPACE
from ...mock import flex_flows
from ..accounts.directory import Directory
from ..accounts.survey import FoundResource, Survey
from ..accounts.ways_in import AccountFlow, named_address, named_flow, parameters_in
from ..errors import FlowProblem, Problem, meant
from ..file.config import ROOT, Contact, FlexFlowConfig, contact_text, others
from ..file.conversations import ADDRESSES, CUSTOM_CHATS, AddressConfig
from ..file.entries import ResourceEntry
from ..file.flow_file import FlowFile
from ..file.kinds.field_types import Path
from ..file.kinds.kind import REFERENCE, Address, Fields, ResourceKind, spelled
from ..file.kinds.table import KINDS
from .readable import FieldChange, changes_of, changes_within

Action = Literal["create", "update", "leave", "delete"]


@dataclass(frozen=True)
class PlanStep:
    """The change of one flow, address or other resource.

    `note` has conversations in progress, or why it is left.
    `name` is the friendly name after the step, of an address type and address; `changes` are the
    fields that an update changes or that a new flow has, `before` and `after` all parameters: None
    for a flow to be made or deleted. `kept_in` is its list in a file.

    Of resources, `address` has the kind and name, behind those of what it is within; `needs` are
    its fields that name resources to be made, and references to those; `uses` are SIDs of all
    that it names, `keeps` of those that it names afterwards.
    """

    action: Action
    name: str
    sid: str | None
    changes: tuple[FieldChange, ...]
    note: str
    before: dict[str, Any] | None = field(repr=False)
    after: dict[str, Any] | None = field(repr=False)
    kept_in: str = ROOT
    address: Address = ()
    needs: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    uses: frozenset[str] = field(default=frozenset(), repr=False)
    keeps: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def shown_sid(self) -> str:
        """Its SID; of a single resource, that of what it is within; a blank without one."""
        return (self.sid or "").partition(" ")[0]

    @property
    def reference(self) -> str:
        """Its SID, or the text that stands for it."""
        return self.sid or REFERENCE + spelled(self.place)

    @property
    def place(self) -> Address:
        """Its kind and name, behind those of what it is within."""
        return self.address or (self.kept_in, self.name)

    @property
    def title(self) -> str:
        """Its noun, unless it is a way into Flex, and its name."""
        kind = KINDS.get(self.kept_in)
        if kind is None:
            return repr(self.name)
        if kind.is_single:
            return f"{kind.noun} of {self.name!r}"
        whose = f" of {self.whose!r}" if self.whose else ""
        return f"{kind.noun} {self.name!r}{whose}"

    @property
    def whose(self) -> str:
        """The name of what it is within, if names of its kind say little."""
        kind = KINDS.get(self.kept_in)
        return self.address[-3] if kind and kind.comes_with else ""


def diff(
    file: FlowFile,
    found: Sequence[AccountFlow],
    survey: Survey,
    directory: Directory,
    delete: bool,
    destroy: bool = False,
    was: FlowFile | None = None,
) -> list[PlanStep]:
    """One step a flow: those of the file in its order, then the account's others.

    Raises:
        FlowProblem: Names that stand for nothing, or several, and contacts with two enabled flows.
    """
    if destroy:
        return _destruction(file, found, survey)
    problems: list[Problem] = []
    matched: set[str] = set()
    planned = []
    for entry in file.resources:
        own = survey.by_entry.get(entry.address)
        parents = survey.parents[entry.address]
        sid = own.sid if own else REFERENCE + spelled(entry.address)
        names = Names(directory, (*parents, sid), file, entry)
        if own is None and entry.kind.view_of:
            names.needs += [("", REFERENCE + spelled(entry.viewed))]
        wanted = entry.kind.own(entry.kind.complete(entry.config), survey.is_beside)
        planned.append(_resource_step(entry, own, wanted, names))
        problems.extend(names.problems)
    for flow in file.kept:
        try:
            same = _match(file, flow, found)
            if same is not None:
                matched.add(same.sid)
            planned.append(_step(file, flow, same, directory))
        except FlowProblem as refused:
            problems.extend(refused.problems)
    former = _former(was or FlowFile(), file, problems)
    others = [
        PlanStep("delete", one.name, one.sid, (), "", one.parameters, None, one.kept_in)
        if delete or (one.kept_in, one.name) in former
        else _left(one, "not in the file")
        for one in found
        if one.sid not in matched
    ]
    shown = {one.sid for one in survey.found if not one.kind.view_of}
    named = {one.sid for one in survey.found if one.entry}
    surplus = []
    for one in [one for one in survey.found if one.entry is None]:
        is_seen = one.sid in named or (one.kind.view_of and one.sid in shown)
        is_wanted = delete or one.address in former
        surplus.append(_surplus(one, directory, is_wanted and not is_seen))
    surplus += _brought(file, planned) if delete else ()
    others += _without_those_in_use([*planned, *others], surplus)
    problems.extend(_collisions(file, [*planned, *others]))
    for chat in file.custom_chats:
        try:
            parameters_in(directory, chat, lambda *fields, chat=chat: file.where(chat, *fields))
        except FlowProblem as refused:
            problems.extend(refused.problems)
        note = "not kept in the account: your server creates its conversations"
        others.append(PlanStep("leave", chat.label, None, (), note, None, None, CUSTOM_CHATS))
    if problems:
        raise FlowProblem(*problems)
    return [*planned, *others]


class Names:
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

    def find(self, kind: str, text: str, path: Path) -> str:
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


def _resource_step(
    entry: ResourceEntry, own: FoundResource | None, wanted: Fields, names: Names
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
    changes = []
    if own is not None and own.name != entry.address[-1]:
        changes.append(FieldChange(kind.key, own.name, entry.label))
        if kind.is_key_fixed:
            names.problem(f"cannot be renamed: Twilio's API does not change {kind.key}", "formerly")
    changes += changes_within(before, after)
    for change in changes if own else ():
        if change.field in kind.by_name and kind.by_name[change.field].is_fixed:
            fix = (
                f"is {change.before!r} in the account, and cannot be changed; delete the"
                f" {kind.noun} there, or give this one another name"
            )
            names.problem(fix, change.field)
    for field_ in kind.fields:
        if field_.is_set and before.get(field_.name) and not after.get(field_.name):
            fix = "cannot be emptied again by Twilio's API; name one at least"
            names.problem(fix, field_.name)
    held = own.held if own else set()
    needs, keeps = [*names.needs], names.keeps | held | named
    if names.parent.startswith(REFERENCE):
        needs.append(("", names.parent))
    if own is None:
        keeps |= {
            REFERENCE + spelled((*entry.address, KINDS[field_.refers].listed, field_.at_first))
            for field_ in kind.fields
            if field_.at_first and field_.name not in after
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


def _brought(file: FlowFile, planned: Sequence[PlanStep]) -> Iterator[PlanStep]:
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


def _destruction(file: FlowFile, found: Sequence[AccountFlow], survey: Survey) -> list[PlanStep]:
    """The deletion of all that the file names, unless an entry rules that out."""
    steps = []
    problems = [
        Problem(
            file.where(entry, "lifecycle"),
            repr(entry.label),
            "is to be deleted, which its lifecycle.prevent_destroy rules out; remove that first",
        )
        for entry in (*file.resources, *file.kept)
        if (entry.config if isinstance(entry, ResourceEntry) else entry).is_protected
    ]
    shown = {one.sid for one in survey.found if not one.kind.view_of}
    gone = set[Address]()
    for one in survey.found:
        step = _of_found(one, survey.directory)
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
    named = [own.sid for flow in file.kept if (own := _match(file, flow, found))]
    for flow in found:
        left = _left(flow, "" if flow.sid in named else "not in the file")
        steps.append(replace(left, action="delete", after=None) if flow.sid in named else left)
    if problems:
        raise FlowProblem(*problems)
    staying = [each for each in steps if each.action != "delete"]
    going = [each for each in steps if each.action == "delete"]
    return [*staying, *_without_those_in_use(staying, going)]


def _reason_to_keep(one: FoundResource, directory: Directory) -> str:
    """Reason why a resource is never deleted; a blank where it can be."""
    if one.name == WORKSPACE or one.sid == directory.own_service:
        return "Flex works with it"
    is_kept = one.kind.is_single or one.kind.comes_with or one.name in one.kind.permanent
    return "it cannot be deleted" if is_kept else ""


def _former(was: FlowFile, file: FlowFile, problems: list[Problem]) -> set[Address]:
    """Addresses of what an earlier version of the file named; protected ones are problems."""
    found = _addresses(was)
    named = {
        (*address[:-1], name)
        for address, entry in _addresses(file).items()
        for name in (address[-1], *entry.names)
    }
    for address, entry in found.items():
        config = entry.config if isinstance(entry, ResourceEntry) else entry
        if config.is_protected and address not in named:
            fix = (
                "is to be deleted, as the file names it no more, which its"
                " lifecycle.prevent_destroy rules out; remove that first"
            )
            problems.append(Problem(was.where(entry, "lifecycle"), repr(entry.label), fix))
    return {*found}


def _addresses(file: FlowFile) -> dict[Address, Any]:
    """The entries of a file by address."""
    found: dict[Address, Any] = {entry.address: entry for entry in file.resources}
    found |= {(ROOT, flow.friendly_name): flow for flow in file.flows}
    return found | {(ADDRESSES, address.label): address for address in file.addresses}


def _surplus(one: FoundResource, directory: Directory, delete: bool) -> PlanStep:
    """The step of a resource that the file does not name."""
    why = _reason_to_keep(one, directory)
    step = _of_found(one, directory)
    if delete and not why:
        note = "with all that is within it" if one.kind.children else ""
        return replace(step, action="delete", after=None, note=note)
    return replace(step, note="not in the file" + (f"; {why}" if delete else ""))


def _of_found(one: FoundResource, directory: Directory) -> PlanStep:
    """The step that leaves a resource of the account."""
    names = Names(directory, (*one.parents, one.sid))
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


def _without_those_in_use(
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


def targeted(steps: Sequence[PlanStep], targets: Sequence[str], file: FlowFile) -> list[PlanStep]:
    """The steps of some resources, all that is within them and that they need; others leave.

    Raises:
        FlowProblem: There is no such resource, or there are several.
    """
    problems, chosen = [], list[PlanStep]()
    for target in targets:
        wanted = target.strip("/")
        same = [each for each in steps if wanted in (spelled(each.place), spelled(each.place[-2:]))]
        whole = [spelled(each.place) for each in same]
        if len(set(whole)) != 1:
            known = whole or [spelled(each.place[-2:]) for each in steps]
            fix = meant(wanted, known, "there are") if not whole else f"say {' or '.join(whole)}"
            what = "stands for several resources" if whole else "stands for nothing"
            problems.append(Problem(file.source, f"target {target!r}", f"{what}; {fix}"))
        place = same[0].place if same else ()
        chosen += [each for each in steps if same and each.place[: len(place)] == place]
    if problems:
        raise FlowProblem(*problems)
    by_reference = {each.reference: each for each in steps}
    for step in chosen:  # which grows on the way
        needed = {*step.uses, *(ref for _, ref in step.needs)} & by_reference.keys()
        found = (by_reference[ref] for ref in sorted(needed))
        chosen += [each for each in found if not any(each is other for other in chosen)]
    kept = []
    for step in steps:
        if step.action == "leave" or any(step is each for each in chosen):
            kept.append(step)
        elif step.sid is not None:
            note, after = "not targeted", step.before
            kept.append(replace(step, action="leave", changes=(), note=note, after=after))
    return kept


def _match(
    file: FlowFile, flow: FlexFlowConfig | AddressConfig, found: Sequence[AccountFlow]
) -> AccountFlow | None:
    kept_in = ROOT if isinstance(flow, FlexFlowConfig) else ADDRESSES
    for name in flow.names:
        same = [one for one in found if one.name == name and one.kept_in == kept_in]
        if len(same) > 1:
            sids = ", ".join(one.sid for one in same)
            fix = f"is the name of {len(same)} flows of the account ({sids}); rename or delete one"
            raise FlowProblem(Problem(file.where(flow, "friendly_name"), repr(name), fix))
        if same:
            return same[0]
    return None


def _step(
    file: FlowFile,
    flow: FlexFlowConfig | AddressConfig,
    own: AccountFlow | None,
    directory: Directory,
) -> PlanStep:
    named = _named(file, flow, own, directory)
    kept_in = ROOT if isinstance(flow, FlexFlowConfig) else ADDRESSES
    is_same = own is not None and own.config == named
    if own is not None and is_same and getattr(flow, "interaction", None) is None:
        return _left(own, "")
    after = parameters_in(directory, flow, lambda *fields: file.where(flow, *fields))
    if own is not None and is_same:
        return _left(own, "")
    before = own.config.fields() if own and own.config else {}
    changes = tuple(changes_of(before, named.fields()))
    if own is None:
        step = PlanStep("create", flow.label, None, changes, "", None, after, kept_in)
    else:
        step = PlanStep("update", flow.label, own.sid, changes, "", own.parameters, after, kept_in)
    values = [(name, value) for name, value in after.items() if isinstance(value, str)]
    needs = tuple(each for each in values if each[1].startswith(REFERENCE))
    used = frozenset(value for _, value in values)
    return replace(step, needs=needs, uses=used, keeps=used)


def _named(
    file: FlowFile,
    flow: FlexFlowConfig | AddressConfig,
    own: AccountFlow | None,
    directory: Directory,
) -> FlexFlowConfig | AddressConfig:
    """The config by names; what an address cannot change is as it is, or refused."""
    if isinstance(flow, FlexFlowConfig):
        return named_flow(directory, flow)
    country = own.parameters["address_country"] if own else flow.address_country
    if flow.address_country and country != flow.address_country:
        fix = (
            f"is {country or 'not set'!r} in the account, and cannot be changed; delete the address"
        )
        raise FlowProblem(Problem(file.where(flow, "address_country"), "address_country", fix))
    return named_address(directory, flow).model_copy(update={"address_country": country or None})


def _left(found: AccountFlow, note: str) -> PlanStep:
    values = frozenset(each for each in found.parameters.values() if isinstance(each, str))
    return PlanStep(
        "leave",
        found.name,
        found.sid,
        (),
        note,
        found.parameters,
        found.parameters,
        found.kept_in,
        uses=values,
        keeps=values,
    )


def contact_of(parameters: dict[str, Any] | None) -> tuple[Any, ...] | None:
    """The contact that an enabled flow serves; None for a flow that serves none."""
    if parameters is None or not parameters.get("enabled"):
        return None
    return tuple(parameters[name] for name in flex_flows.CONTACT)


def _collisions(file: FlowFile, planned: Iterable[PlanStep]) -> Iterator[Problem]:
    """Contacts with two enabled flows, of which Twilio refuses the second (45212)."""
    enabled = [(contact, step) for step in planned if (contact := contact_of(step.after))]
    steps: dict[Contact, list[PlanStep]] = {}
    for contact, step in enabled:
        steps.setdefault(contact, []).append(step)
    named = {flow.friendly_name: flow for flow in file.flows}
    formers = {contact: step.name for contact, step in reversed(enabled) if step.name not in named}
    in_file = {contact for contact, step in enabled if step.name in named}
    for contact, step in enabled:
        if len(steps[contact]) > 1 and (step.name in named or contact not in in_file):
            place = file.where(named[step.name]) if step.name in named else step.sid or ""
            names = others(
                steps[contact], step, lambda one: f"{one.name!r} ({one.sid or 'in the file'})"
            )
            former = formers.get(contact) if step.name in named else None
            hint = f"; or, if this is {former!r} renamed, add `formerly: {former}`"
            fix = (
                f"is enabled for {contact_text(*contact)}, as is {names}; put `enabled: false` on"
                " one of them in the file, or give one another contact_identity"
            )
            yield Problem(place, repr(step.name), fix + (hint if former else ""))
