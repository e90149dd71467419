"""Compares a flow file with an account: one step a flow, decided here, carried out elsewhere.

The friendly name is a flow's key, in the file and in the account. `formerly` gives the old name, so
that a new name is a rename and not another flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..accounts.directory import Directory
from ..accounts.survey import Survey
from ..accounts.ways_in import AccountFlow, named_address, named_flow, parameters_in
from ..errors import FlowProblem, Problem, meant
from ..file.config import ROOT, Contact, FlexFlowConfig, contact_text, others
from ..file.conversations import ADDRESSES, CUSTOM_CHATS, AddressConfig
from ..file.entries import ResourceEntry
from ..file.flow_file import FlowFile
from ..file.kinds.kind import REFERENCE, Address, spelled
from .readable import changes_of
from .resource_steps import brought, deletions, resource_steps, surplus_steps, without_those_in_use
from .steps import PlanStep, contact_of


def diff(
    file: FlowFile,
    found: Sequence[AccountFlow],
    survey: Survey,
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
    directory = survey.directory
    planned, problems = resource_steps(file, survey)
    matched: set[str] = set()
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
    surplus = surplus_steps(survey, delete, former)
    surplus += brought(file, planned) if delete else ()
    others += without_those_in_use([*planned, *others], surplus)
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


def _destruction(file: FlowFile, found: Sequence[AccountFlow], survey: Survey) -> list[PlanStep]:
    """The deletion of all that the file names, unless an entry rules that out."""
    problems = [
        Problem(
            file.where(entry, "lifecycle"),
            repr(entry.label),
            "is to be deleted, which its lifecycle.prevent_destroy rules out; remove that first",
        )
        for entry in (*file.resources, *file.kept)
        if (entry.config if isinstance(entry, ResourceEntry) else entry).is_protected
    ]
    steps = deletions(survey)
    named = [own.sid for flow in file.kept if (own := _match(file, flow, found))]
    for flow in found:
        left = _left(flow, "" if flow.sid in named else "not in the file")
        steps.append(replace(left, action="delete", after=None) if flow.sid in named else left)
    if problems:
        raise FlowProblem(*problems)
    staying = [each for each in steps if each.action != "delete"]
    going = [each for each in steps if each.action == "delete"]
    return [*staying, *without_those_in_use(staying, going)]


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
