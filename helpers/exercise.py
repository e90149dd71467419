"""Checks an exercise in a notebook: what holds, what does not yet, and a hint."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

from twilio.base.exceptions import TwilioException


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of one check; `done` says whether the statement holds."""

    statement: str
    done: bool
    hint: str

    def __repr__(self) -> str:
        if self.done:
            return f"Done: {self.statement}"
        return f"Not yet: {self.statement}\nHint: {self.hint}"

    def _repr_html_(self) -> str:
        statement, hint = html.escape(self.statement), html.escape(self.hint)
        if self.done:
            return f'<b style="color: var(--jp-success-color0, green)">✓ Done:</b> {statement}'
        return f"<b>○ Not yet:</b> {statement}<br><i>Hint:</i> {hint}"


def check(statement: str, holds: Callable[[], bool], hint: str) -> Checked:
    """Check a statement about what the reader was asked to do.

    Args:
        statement: What should hold, in words.
        holds: Tells whether it does. A name that is not defined yet counts as not yet, and so does
            what Twilio refuses.
        hint: What to try.
    """
    try:
        done = bool(holds())
    except (NameError, LookupError, AttributeError, TypeError, TwilioException):
        done = False
    return Checked(statement, done, hint)
