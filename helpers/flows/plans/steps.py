"""Steps of a plan: the change of one flow, address or other resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ...mock import flex_flows
from ..file.config import ROOT
from ..file.kinds.kind import REFERENCE, Address, spelled
from ..file.kinds.table import KINDS
from .readable import FieldChange

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


def contact_of(parameters: dict[str, Any] | None) -> tuple[Any, ...] | None:
    """The contact that an enabled flow serves; None for a flow that serves none."""
    if parameters is None or not parameters.get("enabled"):
        return None
    return tuple(parameters[name] for name in flex_flows.CONTACT)
