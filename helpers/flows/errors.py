"""Problems of flow files, and refusals of accounts in words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests import ConnectionError as NoConnection
from requests import RequestException, Timeout
from twilio.base.exceptions import TwilioException

from ..chat.errors import as_chat_error
from ..masking import mask as masked
from ..mock import MockUnreachable

FieldPath = tuple[str | int, ...]
"""Keys and positions that lead from the top of a file to a value."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The flow or field at fault, its `FILE:LINE` as far as known, and reason and remedy.

    It says no secret.
    """

    where: str
    what: str
    fix: str

    def __post_init__(self) -> None:
        for name in ("what", "fix"):
            object.__setattr__(self, name, masked(getattr(self, name)))

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.what, self.fix) if part)


class FlowProblem(ValueError):
    """A flow file cannot be used as it is; `problems` has all places and remedies."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def meant(name: str, known: Iterable[str], title: str = "known are") -> str:
    """The name that was probably meant, or all there are."""
    known = tuple(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"{title} {', '.join(known) or 'none'}"


ENDED = 20410
"""Code of a legacy API that Twilio has ended."""


def is_ended(refused: TwilioException) -> bool:
    """Return whether a refusal says that the API has ended."""
    return bool(as_chat_error(refused).code == ENDED)


REFUSALS = (TwilioException, RequestException, MockUnreachable)


def refusal_text(error: BaseException) -> str:
    """A refusal as one sentence."""
    refused = as_chat_error(error) if isinstance(error, TwilioException) else None
    if refused is not None and refused.status:
        return f"Twilio refused: {refused.msg} (HTTP {refused.status}, code {refused.code})."
    if isinstance(error, NoConnection | Timeout) and error.request is not None:
        url = urlsplit(str(error.request.url))
        return (
            f"No answer from {url.scheme}://{url.netloc.rpartition('@')[2]}: see that the address"
            " is right and the server runs; `python -m helpers.mock` serves a shared mock"
            f" ({type(error).__name__})."
        )
    if isinstance(error, MockUnreachable):
        return str(error)
    return f"{type(error).__name__}: {masked(str(error))}."


class NotSettled(RuntimeError):
    """Flows, bots or webhooks of a simulation do not come to an end."""
