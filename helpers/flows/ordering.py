"""In which order steps are carried out, so that no contact ever has two enabled flows.

Twilio refuses a second one (45212), so a contact must be given up before it is taken. Where two
flows swap contacts, one is disabled for a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .diff import PlanStep, contact_of


@dataclass(frozen=True)
class Operation:
    """One write.

    Attributes:
        step: Which step it belongs to.
        after: The flow afterwards; None where it is deleted.
    """

    step: PlanStep
    after: dict[str, Any] | None = field(repr=False)

    @property
    def is_pause(self) -> bool:
        """Whether it only disables the flow, so that others can take its contact."""
        return self.after is not None and self.after is not self.step.after

    def __str__(self) -> str:
        verb = "disable for a moment" if self.is_pause else self.step.action
        return f"{verb} {self.step.name!r}" + (f" ({self.step.sid})" if self.step.sid else "")


def in_order(steps: Sequence[PlanStep]) -> list[Operation]:
    """The writes that carry out the steps: as planned where possible, deletions last."""
    left = [step for step in steps if step.action in ("create", "update")]
    left += [step for step in steps if step.action == "delete"]
    now = {id(step): step.before for step in left}
    order = []
    while left:
        step = next((step for step in left if _is_free(step, now)), None)
        if step is None:
            order.append(_pause(left, now))
            continue
        left.remove(step)
        now[id(step)] = step.after
        order.append(Operation(step, step.after))
    return order


def _is_free(step: PlanStep, now: dict[int, dict[str, Any] | None]) -> bool:
    wanted = contact_of(step.after)
    held = (contact_of(flow) for other, flow in now.items() if other != id(step))
    return wanted is None or wanted not in held


def _pause(left: list[PlanStep], now: dict[int, dict[str, Any] | None]) -> Operation:
    step = next(step for step in left if contact_of(now[id(step)]))
    now[id(step)] = {**(now[id(step)] or {}), "enabled": False}
    return Operation(step, now[id(step)])
