"""The writes of a plan, in an order that Twilio takes.

Twilio refuses a second enabled flow for a contact (45212), so a contact is given up before it is
taken. Where two flows swap contacts, one is disabled in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ...masking import mask as masked
from ..file.kinds.table import KINDS
from .steps import PlanStep, contact_of


@dataclass(frozen=True)
class PlannedWrite:
    """One write of a step; `after` is the flow afterwards, None where it is deleted.

    `does` says in other words than the step's what it does: that it only disables a flow, so that
    others can take its contact, or gives a new resource the fields that name others.
    """

    step: PlanStep
    after: dict[str, Any] | None = field(repr=False)
    does: str = ""

    def __str__(self) -> str:
        title = masked(f"{self.does or self.step.action} {self.step.title}")
        return f"{title} ({self.step.shown_sid})" if self.step.sid else title


PAUSE, FINISH = "disable for a moment", "finish"


class Circle(ValueError):
    """Resources that are to be made name each other in a circle; `steps` are theirs."""

    def __init__(self, steps: Sequence[PlanStep]) -> None:
        super().__init__(" -> ".join(step.title for step in steps))
        self.steps = steps


def in_order(steps: Sequence[PlanStep]) -> list[PlannedWrite]:
    """The writes that carry out the steps: as planned where possible, deletions last.

    Raises:
        Circle: There is no such order.
    """
    gone = {step.address for step in steps if step.action == "delete"} - {()}
    left = [step for step in steps if step.action != "leave" and step.address[:-2] not in gone]
    firsts: dict[tuple[str, ...], int] = {}
    for number, each in enumerate(left):
        firsts.setdefault(each.place[:2], number)
    left.sort(key=lambda each: (each.action == "delete", firsts[each.place[:2]], bool(each.whose)))
    writes = [write for step in left for write in _writes(step)]
    sorter = TopologicalSorter(dict(enumerate(_before_each(writes, steps))))
    try:
        sorter.prepare()
    except CycleError as circle:
        raise Circle([writes[at].step for at in reversed(circle.args[1])]) from None
    now = {id(step): step.before for step in left}
    order, ready = [], list[int]()
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        at = next((at for at in ready if _is_free(writes[at].step, now)), None)
        if at is None:
            step = next(step for step in left if contact_of(now[id(step)]))
            now[id(step)] = {**(now[id(step)] or {}), "enabled": False}
            order.append(PlannedWrite(step, now[id(step)], PAUSE))
        else:
            ready.remove(at)
            sorter.done(at)
            now[id(writes[at].step)] = writes[at].after
            order.append(writes[at])
            if writes[at].after is writes[at].step.after:
                left.remove(writes[at].step)
    return order


def _writes(step: PlanStep) -> list[PlannedWrite]:
    """The writes of a step: two for a new resource that gets some fields later."""
    kind = KINDS.get(step.kept_in)
    first = {
        name: value
        for name, value in (step.after or {}).items()
        if kind is None or name not in kind.by_name or not kind.by_name[name].is_late
    }
    if step.sid or first == (step.after or {}):
        return [PlannedWrite(step, step.after)]
    return [PlannedWrite(step, first), PlannedWrite(step, step.after, FINISH)]


def _before_each(writes: Sequence[PlannedWrite], steps: Sequence[PlanStep]) -> list[set[int]]:
    """The writes that must come before each one.

    A resource comes after what it is within and what it names; a deleted one, after all that names
    it has gone or names it no more.
    """
    makers = {
        write.step.reference: at
        for at, write in enumerate(writes)
        if write.step.action == "create" and not write.does
    }
    found = []
    for at, write in enumerate(writes):
        step, after = write.step, write.after
        if after is None:
            going = {step.reference, *(each.sid for each in steps if is_within(each, step))}
            users = {
                other
                for other, each in enumerate(writes)
                if each.step is not step and not going.isdisjoint(each.step.uses)
            }
            found.append(users | {makers[ref] for _, ref in step.needs})
            continue
        needed = {makers[ref] for name, ref in step.needs if name in ("", *after) and ref in makers}
        if write.does:
            needed.add(makers[step.reference])
        found.append(needed - {at} if write.does else needed)
    return found


def is_within(step: PlanStep, other: PlanStep) -> bool:
    """Return whether the resource of a step is within that of another one."""
    above = other.address
    return bool(above) and step is not other and step.address[: len(above)] == above


def _is_free(step: PlanStep, now: dict[int, dict[str, Any] | None]) -> bool:
    wanted = contact_of(step.after)
    held = (contact_of(flow) for other, flow in now.items() if other != id(step))
    return wanted is None or wanted not in held
