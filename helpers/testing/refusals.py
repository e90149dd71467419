"""Refusals of Twilio's in one sentence, which the SDK's errors leave out of a test's report."""

from __future__ import annotations

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.response import Response

from ..json_object import json_object
from ..masking import mask
from ..mock import CODES


def note_of(error: BaseException) -> str | None:
    """Return code, reason and link of a refusal; None for another error."""
    if isinstance(error, TwilioRestException):
        code, reason = error.code, error.msg
    elif isinstance(error, TwilioException) and isinstance(error.args[-1], Response):
        about = json_object(error.args[-1].text) or {}  # how the SDK refuses a list
        code, reason = about.get("code"), about.get("message")
    else:
        return None
    if code not in CODES:
        return None
    meaning = CODES[code].meaning
    link = f"https://www.twilio.com/docs/api/errors/{code}"
    return mask(f"Twilio refused it with {code}, {meaning}: {reason}. {link}")
