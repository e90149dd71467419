"""What a check is, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ...mock import Basis
from ..config import FlexFlowConfig
from ..file import FlowFile
from .world import World

Severity = Literal["error", "warning"]
"""An error will not work; a warning works, and probably is not what is meant."""


@dataclass(frozen=True)
class Case:
    """A flow in its file, and the account it is to go to, if one is given."""

    file: FlowFile
    flow: FlexFlowConfig
    world: World | None

    @property
    def account(self) -> World:
        """The account.

        Raises:
            LookupError: None is given; a check that asks one is not run then.
        """
        if self.world is None:
            raise LookupError("This check asks an account, and none is given")
        return self.world


@dataclass(frozen=True)
class Said:
    """What a check says of a flow: which field, what is wrong, what to do."""

    field: tuple[str, ...]
    reason: str
    fix: str


@dataclass(frozen=True)
class Check:
    """One thing to look for.

    Attributes:
        id: What `accept` in a file calls it.
        severity: `error` or `warning`.
        title: What trips it.
        documentation: Where Twilio says so.
        basis: How well it is known to be Twilio's; None for a matter of the file alone.
        find: Says what it finds.
        asks_account: Whether it needs an account.
    """

    id: str
    severity: Severity
    title: str
    documentation: str
    basis: Basis | None
    find: Callable[[Case], Iterable[Said]]
    asks_account: bool = False
