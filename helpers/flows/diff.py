"""Compares a flow file with an account: one step a flow, decided here, carried out elsewhere.

The friendly name is a flow's key, in the file and in the account. `formerly` gives the old name, so
that a new name is a rename and not another flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..masking import mask as masked
from ..mock import flex_flows
from .config import Contact, FlexFlowConfig, contact_text, others
from .conversations import ADDRESSES, CUSTOM_CHATS, AddressConfig
from .directory import Directory
from .errors import FlowProblem, Problem
from .exporting import AccountFlow
from .file import ROOT, FlowFile

Action = Literal["create", "update", "leave", "delete"]


@dataclass(frozen=True, repr=False)
class FieldChange:
    """A field, before and after."""

    field: str
    before: Any
    after: Any

    def __repr__(self) -> str:
        return masked(f"{self.field}: {self.before!r} -> {self.after!r}")


@dataclass(frozen=True)
class PlanStep:
    """The change of one flow or address; `note` has conversations in progress, or why it is left.

    `name` is the friendly name after the step, of an address type and address; `changes` are the
    fields that an update changes or that a new flow has, `before` and `after` all parameters: None
    for a flow to be made or deleted. `kept_in` is its list in a file.
    """

    action: Action
    name: str
    sid: str | None
    changes: tuple[FieldChange, ...]
    note: str
    before: dict[str, Any] | None = field(repr=False)
    after: dict[str, Any] | None = field(repr=False)
    kept_in: str = ROOT


def diff(
    file: FlowFile, found: Sequence[AccountFlow], directory: Directory, delete: bool
) -> list[PlanStep]:
    """One step a flow: those of the file in its order, then the account's others.

    Raises:
        FlowProblem: Names that stand for nothing, or several, and contacts with two enabled flows.
    """
    problems: list[Problem] = []
    matched: set[str] = set()
    planned = []
    for flow in file.kept:
        try:
            own = _match(file, flow, found)
            if own is not None:
                matched.add(own.sid)
            planned.append(_step(file, flow, own, directory))
        except FlowProblem as refused:
            problems.extend(refused.problems)
    others = [
        PlanStep("delete", one.name, one.sid, (), "", one.parameters, None, one.kept_in)
        if delete
        else _left(one, "not in the file")
        for one in found
        if one.sid not in matched
    ]
    problems.extend(_collisions(file, [*planned, *others]))
    for chat in file.custom_chats:
        try:
            directory.parameters(chat, lambda *fields, chat=chat: file.where(chat, *fields))
        except FlowProblem as refused:
            problems.extend(refused.problems)
        note = "not kept in the account: your server creates its conversations"
        others.append(PlanStep("leave", chat.label, None, (), note, None, None, CUSTOM_CHATS))
    if problems:
        raise FlowProblem(*problems)
    return [*planned, *others]


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
    after = directory.parameters(flow, lambda *fields: file.where(flow, *fields))
    if own is not None and is_same:
        return _left(own, "")
    before = own.config.fields() if own and own.config else {}
    changes = tuple(changes_of(before, named.fields()))
    if own is None:
        return PlanStep("create", flow.label, None, changes, "", None, after, kept_in)
    return PlanStep("update", flow.label, own.sid, changes, "", own.parameters, after, kept_in)


def _named(
    file: FlowFile,
    flow: FlexFlowConfig | AddressConfig,
    own: AccountFlow | None,
    directory: Directory,
) -> FlexFlowConfig | AddressConfig:
    """The config by names; what an address cannot change is as it is, or refused."""
    if isinstance(flow, FlexFlowConfig):
        return directory.named(flow)
    country = own.parameters["address_country"] if own else flow.address_country
    if flow.address_country and country != flow.address_country:
        fix = (
            f"is {country or 'not set'!r} in the account, and cannot be changed; delete the address"
        )
        raise FlowProblem(Problem(file.where(flow, "address_country"), "address_country", fix))
    named = directory.named_address(flow)
    return named.model_copy(update={"address_country": country or None})


def changes_of(before: dict[str, Any], after: dict[str, Any]) -> Iterator[FieldChange]:
    """Fields that differ."""
    for name in dict.fromkeys((*before, *after)):
        change = FieldChange(name, before.get(name), after.get(name))
        if change.before != change.after:
            yield change


def _left(found: AccountFlow, note: str) -> PlanStep:
    return PlanStep(
        "leave",
        found.name,
        found.sid,
        (),
        note,
        found.parameters,
        found.parameters,
        found.kept_in,
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
