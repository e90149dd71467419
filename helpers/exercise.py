"""Checks of the exercises in notebooks, each with a hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twilio.base.exceptions import TwilioException

from .html import escaped


@dataclass(frozen=True, slots=True)
class Checked:
    """Result of a check; `done` says whether the statement holds."""

    statement: str
    done: bool
    hint: str

    def __repr__(self) -> str:
        if self.done:
            return f"Done: {self.statement}"
        return f"Not yet: {self.statement}\nHint: {self.hint}"

    def _repr_html_(self) -> str:
        statement, hint = escaped(self.statement), escaped(self.hint)
        if self.done:
            return f'<b style="color: var(--jp-success-color0, green)">✓ Done:</b> {statement}'
        return f"<b>○ Not yet:</b> {statement}<br><i>Hint:</i> {hint}"


def check(statement: str, holds: Callable[[], bool], hint: str) -> Checked:
    """Check whether a statement about an exercise holds; if not, the reader gets the hint.

    A name that is not defined yet, or a refusal by Twilio, counts as not yet.
    """
    try:
        done = bool(holds())
    except (NameError, LookupError, AttributeError, TypeError, TwilioException):
        done = False
    return Checked(statement, done, hint)
