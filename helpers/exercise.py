"""Checks of the exercises in notebooks: they say what is wrong, and give a hint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .error_display import failure_of_the_cell_before, in_one_line
from .html import escaped
from .masking import mask
from .tokens.reading import diagnose_token

LONGEST = 200
"""Characters shown of a value."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Result of a check; `done` says whether the statement holds, `problem` why not.

    Without a problem the exercise has not been begun.
    """

    statement: str
    done: bool
    hint: str
    problem: str = ""

    def __repr__(self) -> str:
        if self.done:
            return f"Done: {self.statement}"
        title = f"Not right yet: {self.problem}\nAsked for" if self.problem else "Not yet"
        return f"{title}: {self.statement}\nHint: {self.hint}"

    def _repr_html_(self) -> str:
        statement, hint = escaped(self.statement), escaped(self.hint)
        if self.done:
            return f'<b style="color: var(--jp-success-color0, green)">✓ Done:</b> {statement}'
        title = "<b>○ Not yet:</b>"
        if self.problem:
            lines = escaped(self.problem).replace("\n", "<br>")
            title = f"<b>✗ Not right yet:</b> {lines}<br><b>Asked for:</b>"
        return f"{title} {statement}<br><i>Hint:</i> {hint}"


class NotBegun(Exception):
    """The exercise is as it was stored."""


def check(
    statement: str,
    holds: Callable[[], object],
    hint: str,
    *,
    untouched: Callable[[], object] = lambda: False,
) -> Checked:
    """Check whether a statement about an exercise holds; if not, say why, and give a hint.

    `holds` returns whether it does; or it raises, for instance by `expect()`, and the reason is
    shown. `untouched` returns whether the exercise has not been begun. An error that the cell
    before has stopped with is named as well.
    """
    try:
        done, problem = not untouched() and bool(holds()), ""
    except NotBegun:
        done, problem = False, ""
    except AssertionError as error:
        done, problem = False, mask(str(error))
    except NameError as error:
        done, problem = False, f"{mask(str(error))}. Run the cells above, and look at the spelling."
    except Exception as error:
        done, problem = False, f"it cannot be checked. {in_one_line(error)}"
    failure = None if done else failure_of_the_cell_before()
    if failure is not None:
        problem = f"Your cell stopped: {in_one_line(failure)}\n{problem}".rstrip()
    return Checked(statement, done, hint, problem)


def expect(what: str, found: object, wanted: object) -> None:
    """Raise AssertionError, with what was found and what was expected, unless they are equal."""
    assert found == wanted, f"{what}: expected {_shown(wanted)}, found {_shown(found)}."


def expect_kind(
    name: str, value: object, kind: type, slips: Mapping[type, str] | None = None
) -> None:
    """Raise AssertionError unless a value is of a kind; `slips` says what to do about others.

    None means that the exercise has not been begun.
    """
    if value is None:
        raise NotBegun(name)
    if isinstance(value, kind):
        return
    remedy = next((text for each, text in (slips or {}).items() if isinstance(value, each)), "")
    found, wanted = type(value).__name__, kind.__name__
    raise AssertionError(f"{name} is {_article(found)}, not {_article(wanted)}. {remedy}".rstrip())


def expect_token(name: str, jwt: str, account: Any) -> None:
    """Raise AssertionError, with every finding, unless Twilio would accept an account's token."""
    own = account.credentials
    diagnosis = diagnose_token(
        jwt,
        account_sid=own.account_sid,
        api_secrets={own.api_key: own.api_secret},
        services=[own.chat_service_sid],
    )
    findings = "\n".join(f"{code}: {message}" for code, message in diagnosis.problems)
    assert diagnosis.ok, f"Twilio would refuse {name}.\n{findings}"


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "AEIOUaeiou" else f"a {noun}"


def _shown(value: object) -> str:
    text = mask(repr(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
