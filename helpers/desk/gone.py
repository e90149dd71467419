"""What is gone already need not be taken away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from twilio.base.exceptions import TwilioRestException


@contextmanager
def gone_is_fine() -> Iterator[None]:
    """Do not mind that what is asked for in here is not there any more."""
    try:
        yield
    except TwilioRestException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
