"""What an account refused or could not be asked, in words that repeat no secret."""

from __future__ import annotations

import json

from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.response import Response

from .config import masked

REFUSALS = (TwilioException, RequestException)


def said(error: BaseException) -> str:
    """A refusal as one sentence."""
    if isinstance(error, TwilioRestException):
        return f"Twilio refused: {error.msg} (HTTP {error.status}, code {error.code})."
    if isinstance(error, TwilioException) and isinstance(error.args[-1], Response):
        return _of_list(error.args[-1])
    return f"{type(error).__name__}: {masked(str(error))}."


def _of_list(response: Response) -> str:
    """The SDK raises what a list was answered with as it is."""
    try:
        body = json.loads(response.text)
        return (
            f"Twilio refused: {body['message']} (HTTP {response.status_code}, code {body['code']})."
        )
    except (ValueError, KeyError, TypeError):
        return f"Twilio refused with HTTP {response.status_code}."
