"""A refusal by Twilio as the official SDK raises it, which has three forms."""

from __future__ import annotations

from typing import NamedTuple

from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.base.version import Version
from twilio.http.response import Response


class SdkRefusal(NamedTuple):
    """A refusal: HTTP status (0 without an answer), Twilio's code, and its reason."""

    status: int
    code: int | None
    message: str


def refusal_of(error: TwilioException) -> SdkRefusal:
    """Return what an exception of the SDK says, whichever its form."""
    if len(error.args) > 1 and isinstance(error.args[1], Response):  # how the SDK refuses a list
        error = Version.exception("GET", "", error.args[1], "Unable to list record")
    if isinstance(error, TwilioServiceException):
        return SdkRefusal(error.status, error.code, str(error.detail or error.title))
    if isinstance(error, TwilioRestException):
        return SdkRefusal(error.status, error.code, str(error.msg).split(" record: ", 1)[-1])
    return SdkRefusal(0, None, str(error))
