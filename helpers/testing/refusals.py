"""Refusals of Twilio's in one sentence, which the SDK's errors leave out of a test's report."""

from __future__ import annotations

from twilio.base.exceptions import TwilioException
from twilio.http.response import Response

from ..json_object import error_code
from ..mock import CODES


def note_of(error: BaseException) -> str | None:
    """Return code, meaning and link of a refusal; None for another error."""
    code = getattr(error, "code", None)
    if isinstance(error, TwilioException) and isinstance(error.args[-1], Response):
        code = error_code(error.args[-1].text)  # how the SDK refuses a list
    if not isinstance(error, TwilioException) or code not in CODES:
        return None
    link = f"https://www.twilio.com/docs/api/errors/{code}"
    note = f"Twilio refused it with {code}, {CODES[code].meaning}: {link}"
    if code == 20003:
        note += (
            " (a test's account has credentials of its own: is the client made before the test, or"
            " not from the environment?)"
        )
    return note
