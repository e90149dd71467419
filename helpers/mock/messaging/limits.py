"""Limits and shapes of chat parameters, each with the code Twilio refuses it with.

Chat's own length limits were not published everywhere; where they were not, those of
Conversations, its successor on the same backend, are used (inferred).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

from ..core.errors import TwilioError
from ..core.parameters import at_most, at_most_bytes, json_object
from ..core.sids import looks_like

MAX_MEMBERS = 100
"""Default members a channel (documented on the limits page; OpenAPI swaps the two defaults)."""
MAX_USER_CHANNELS = 250
"""Default channels a user joins (documented on the limits page)."""
HARD_LIMIT = 1000
"""What either limit can be raised to (specified)."""
MAX_BODY_BYTES = 32 * 1024
MAX_IDENTITY = 256
RESERVED_IDENTITIES = frozenset({"system"})


def _identity(text: str) -> str:
    if text in RESERVED_IDENTITIES:
        raise TwilioError(50203, f"Identity {text!r} is reserved; choose another")
    if looks_like(text, "US"):
        raise TwilioError(50206, "Identity must not look like a User SID (US and 32 hex digits)")
    if not text:
        raise TwilioError(50204, "Identity not provided")
    return text


def _unique_name(text: str) -> str:
    if looks_like(text, "CH"):
        raise TwilioError(50306, "UniqueName must not look like a Channel SID")
    return text


def one_of(choices: tuple[str, ...], code: int, what: str) -> AfterValidator:
    """Refuse a text that is none of `choices` with `code`."""

    def check(text: str) -> str:
        if text not in choices:
            raise TwilioError(
                code, f"{what} must be one of {', '.join(choices)}; got {text[:40]!r}"
            )
        return text

    return AfterValidator(check)


def _retries(value: Any) -> Any:
    if not str(value).isdecimal() or not 0 <= int(value) <= 3:  # specified
        raise TwilioError(50065, "RetryCount is a number from 0 to 3")
    return int(value)


RetryCount = Annotated[int, BeforeValidator(_retries)]
"""How often a webhook is tried again."""
Identity = Annotated[str, at_most(MAX_IDENTITY, 50207, "Identity"), AfterValidator(_identity)]
Author = Annotated[str, at_most(MAX_IDENTITY, 50310, "From")]
NewName = Annotated[str, at_most(64, 50003, "FriendlyName")]
LongerName = Annotated[str, at_most(256, 50003, "FriendlyName")]
NewUniqueName = Annotated[str, at_most(64, 50004, "UniqueName"), AfterValidator(_unique_name)]
LongerUniqueName = Annotated[str, at_most(256, 50004, "UniqueName"), AfterValidator(_unique_name)]
ChannelType = Literal["public", "private"]
ChannelAttributes = Annotated[
    str, at_most_bytes(16 * 1024, 50303, "Attributes"), json_object(50304, "Attributes")
]
SmallAttributes = Annotated[
    str, at_most_bytes(4 * 1024, 50303, "Attributes"), json_object(50304, "Attributes")
]
Body = Annotated[str, at_most_bytes(MAX_BODY_BYTES, 50505, "Body")]


def limits() -> dict[str, Any]:
    """The limits a new service starts with."""
    return {"channel_members": MAX_MEMBERS, "user_channels": MAX_USER_CHANNELS}
