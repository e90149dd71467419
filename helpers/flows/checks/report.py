"""What the checks found, as text, as a table and for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from ...mock import Basis
from ..config import FlexFlowConfig
from ..file import FlowFile
from ..render import badge, html_table
from .account_reader import AccountReader

Severity = Literal["error", "warning"]
"""An error will not work; a warning works, and probably is not what is meant."""


@dataclass(frozen=True)
class CheckInput:
    """A flow in its file, and the account it is to go to, if one is given."""

    file: FlowFile
    flow: FlexFlowConfig
    world: AccountReader | None

    @property
    def account(self) -> AccountReader:
        """The account.

        Raises:
            LookupError: None is given; a check that asks one is not run then.
        """
        if self.world is None:
            raise LookupError("This check asks an account, and none is given")
        return self.world


@dataclass(frozen=True)
class CheckResult:
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
    find: Callable[[CheckInput], Iterable[CheckResult]]
    asks_account: bool = False


if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("", "flow", "reason", "what to do", "source")


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes:
        id: Which check.
        severity: `error` for what will not work, `warning` for what probably is not meant.
        flow: The flow's friendly name.
        where: `FILE:LINE`.
        field: E.g. `integration.channel`.
        reason: What is wrong with it.
        fix: What to do.
        documentation: Where Twilio says so.
        basis: How well it is known to be Twilio's; None for a matter of the file alone.
    """

    id: str
    severity: Severity
    flow: str
    where: str
    field: str
    reason: str
    fix: str
    documentation: str
    basis: Basis | None

    def __str__(self) -> str:
        source = f"{self.documentation} ({self.basis})" if self.documentation else ""
        said = f"{self.where}: {self.severity}: {self.flow!r} {self.field}: {self.reason}"
        return " ".join(filter(None, (said, self.fix, f"[{self.id}]", source)))


@dataclass(frozen=True)
class Skipped:
    """A check that was not made, for want of an account."""

    id: str
    title: str


@dataclass(frozen=True, repr=False)
class Report:
    """All that was found in a file.

    Attributes:
        source: Which file.
        findings: In the order of the file.
        skipped: What was not looked for.
    """

    source: str
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What will not work."""
        return tuple(one for one in self.findings if one.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What probably is not meant."""
        return tuple(one for one in self.findings if one.severity == "warning")

    def table(self) -> pd.DataFrame:
        """One row a finding."""
        import pandas as pd

        return pd.DataFrame(
            [asdict(one) for one in self.findings], columns=[one.name for one in fields(Finding)]
        )

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return asdict(self)

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.findings), *self._skipped(), self._summary()])

    def _repr_html_(self) -> str:
        rows = (self._row(one) for one in self.findings)
        after = "".join(f"<p>{escape(line)}</p>" for line in (*self._skipped(), self._summary()))
        table = html_table(f"Check of {self.source}", COLUMNS, rows) if self.findings else ""
        return table + after

    def _row(self, one: Finding) -> list[str]:
        place = f"{escape(one.flow)}<br><small>{escape(one.where)}</small>"
        reason = f"{escape(one.reason)} <small>[{escape(one.id)}]</small>"
        return [badge(one.severity), place, reason, escape(one.fix), _source(one)]

    def _skipped(self) -> list[str]:
        if not self.skipped:
            return []
        ids = ", ".join(one.id for one in self.skipped)
        return [f"Not checked, for want of an account: {ids}."]

    def _summary(self) -> str:
        if not self.findings:
            return f"{self.source}: nothing found."
        errors, warnings = len(self.errors), len(self.warnings)
        return f"{self.source}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _source(one: Finding) -> str:
    """A short link that goes to the place; how well it is known beside it."""
    if not one.documentation:
        return ""
    name = one.documentation.rpartition("/")[2]
    url = escape(one.documentation)
    link = f'<a href="{url}" target="_blank" rel="noopener">{escape(name)}</a>'
    return f"{link}<br><small>{escape(one.basis or '')}</small>"
