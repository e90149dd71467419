"""Calls that may meet a fault, and what they come to."""

from __future__ import annotations

from typing import Any

import requests
from twilio.base.exceptions import TwilioRestException

SOON = 0.03
"""Seconds that a client waits here; what is late is later than that."""
LATE = 0.06


def bodies(channel: Any) -> list[str]:
    """The texts in a channel."""
    return [message.body for message in channel.messages.list()]


def outcomes(channel: Any, calls: int) -> list[int]:
    """The status of so many messages sent one after the other; 0 for no answer."""
    return [outcome(channel) for _ in range(calls)]


def outcome(channel: Any) -> int:
    """The status of a message; 0 for no answer."""
    try:
        channel.messages.create(body="hello")
    except TwilioRestException as error:
        return int(error.status)
    except requests.RequestException:
        return 0
    return 201
