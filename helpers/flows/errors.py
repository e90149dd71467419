"""How this package refuses a flow file, or an account that does not fit it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests import ConnectionError as NoConnection
from requests import RequestException, Timeout
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.response import Response

from .config import masked


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, where, and what to do about it.

    Attributes:
        where: `FILE:LINE`, or what there is of it.
        what: The flow or field at fault.
        fix: What is wrong and what to do.
    """

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.what, self.fix) if part)


class FlowProblem(ValueError):
    """A flow file cannot be used as it is; `problems` says where and what to do.

    Attributes:
        problems: All that were found.
    """

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


REFUSALS = (TwilioException, RequestException)


def refusal_text(error: BaseException) -> str:
    """A refusal as one sentence."""
    if isinstance(error, TwilioRestException):
        return f"Twilio refused: {error.msg} (HTTP {error.status}, code {error.code})."
    if isinstance(error, TwilioException) and isinstance(error.args[-1], Response):
        return _of_list(error.args[-1])
    if isinstance(error, NoConnection | Timeout) and error.request is not None:
        return f"{_unreached(error)} ({type(error).__name__})."
    return f"{type(error).__name__}: {masked(str(error))}."


def _unreached(error: RequestException) -> str:
    """Which server it was, and what to look at; the library's own words are about its pools."""
    url = urlsplit(str(error.request.url if error.request else ""))
    return (
        f"No answer from {url.scheme}://{url.netloc.rpartition('@')[2]}: see that the address is"
        " right and the server runs; `python -m helpers.mock` serves a shared mock"
    )


def _of_list(response: Response) -> str:
    """The SDK raises what a list was answered with as it is."""
    try:
        body = json.loads(response.text)
        return (
            f"Twilio refused: {body['message']} (HTTP {response.status_code}, code {body['code']})."
        )
    except (ValueError, KeyError, TypeError):
        return f"Twilio refused with HTTP {response.status_code}."
