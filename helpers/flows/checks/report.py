"""Checks, their input and their results, as text, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ...html import TOP_LEFT, Markup
from ...html import table as html_table
from ...mock import Basis
from ..file.config import FlexFlowConfig
from ..file.contents import Config
from ..file.flow_file import FlowFile
from ..plans.render import badge
from .account_reader import AccountReader

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning"]
"""An error will not work; a warning works, but is probably not meant."""
COLUMNS = ("", "flow", "reason", "what to do", "source")


class StudioUse(NamedTuple):
    """The Studio flow of an entry, and the field that names it.

    The trigger's `event` starts it; `begins` is that event for a sentence.
    """

    name: str | None
    field: tuple[str, ...]
    event: str
    begins: str


@dataclass(frozen=True)
class CheckInput:
    """An entry in its file, and the account it is for, if one is given."""

    file: FlowFile
    flow: Any
    reader: AccountReader | None

    @property
    def studio(self) -> StudioUse:
        """The Studio flow."""
        flow: Config = self.flow
        if isinstance(flow, FlexFlowConfig):
            field = ("integration", "flow")
            return StudioUse(flow.integration.flow, field, "incomingMessage", "incoming message")
        made, event = flow.conversation, "incomingConversationMessage"
        return StudioUse(
            made.studio_flow, (made.part, "studio_flow"), event, "incoming conversation"
        )

    @property
    def account(self) -> AccountReader:
        """The account; a check that reads one does not run without."""
        if self.reader is None:
            raise LookupError("This check needs an account, and none is given")
        return self.reader


class CheckResult(NamedTuple):
    """One result of a check: field, reason and fix."""

    field: tuple[str, ...]
    reason: str
    fix: str


Find = Callable[[CheckInput], Iterable[CheckResult]]


@dataclass(frozen=True)
class Check:
    """One thing to look for in entries `of` these classes; `id` is its name in `accept`."""

    id: str
    severity: Severity
    title: str
    documentation: str
    basis: Basis | None
    find: Find
    asks_account: bool = False
    of: tuple[type, ...] = (FlexFlowConfig,)


@dataclass(frozen=True)
class Finding:
    """One result of a check.

    Attributes:
        flow: The flow's friendly name; blank for a matter of the whole file.
        where: `FILE:LINE`.
        field: E.g. `integration.channel`.
        reason: The problem with it.
        documentation: URL of Twilio's page.
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
        named = f"{self.flow!r} " if self.flow else ""
        text = f"{self.where}: {self.severity}: {named}{self.field}: {self.reason}"
        return " ".join(filter(None, (text, self.fix, f"[{self.id}]", source)))


@dataclass(frozen=True)
class Skipped:
    """A check that did not run, for want of an account."""

    id: str
    title: str


@dataclass(frozen=True, repr=False)
class Report:
    """Results of checking a file, in its order, and the checks that did not run."""

    source: str
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that will not work."""
        return tuple(one for one in self.findings if one.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings that are probably not meant."""
        return tuple(one for one in self.findings if one.severity == "warning")

    def table(self) -> pd.DataFrame:
        """Findings, one row each."""
        from ...frames import AlignedTable

        return AlignedTable(self.findings, columns=[one.name for one in fields(Finding)])

    def as_json(self) -> dict[str, Any]:
        """The report as JSON."""
        return asdict(self)

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.findings), *self._summary()])

    def _repr_html_(self) -> str:
        rows = [_row(one) for one in self.findings]
        after = "".join(f"<p>{escape(line)}</p>" for line in self._summary())
        title = f"Check of {self.source}"
        return (html_table(rows, COLUMNS, title=title, style=TOP_LEFT) if rows else "") + after

    def _summary(self) -> Iterator[str]:
        if self.skipped:
            ids = ", ".join(one.id for one in self.skipped)
            yield f"Not checked, for want of an account: {ids}."
        numbers = (("error", len(self.errors)), ("warning", len(self.warnings)))
        counts = (f"{number} {noun}{'' if number == 1 else 's'}" for noun, number in numbers)
        yield f"{self.source}: {', '.join(counts) if self.findings else 'nothing found'}."


def _row(one: Finding) -> list[object]:
    place = f"{escape(one.flow)}<br><small>{escape(one.where)}</small>"
    reason = f"{escape(one.reason)} <small>[{escape(one.id)}]</small>"
    source = ""
    if one.documentation:
        name, url = escape(one.documentation.rpartition("/")[2]), escape(one.documentation)
        source = (
            f'<a href="{url}" target="_blank" rel="noopener">{name}</a>'
            f"<br><small>{escape(one.basis or '')}</small>"
        )
    return [badge(one.severity), Markup(place), Markup(reason), one.fix, Markup(source)]
