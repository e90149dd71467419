"""Parameters of Conversations v1: names, shapes and limits, with the codes of refusals.

Lengths and codes are those of Twilio's limits page and error catalogue (documented); which code
goes with which fault was seen for a few and is inferred for the others.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationInfo

from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import AtMost, AtMostBytes, Moment, Parameters, form_name, json_object
from ..core.sids import looks_like
from .chat_parameters import Identity, OneMedia, ReadMoment, one_of

STATES = ("active", "inactive", "closed")
_DURATION = TypeAdapter(timedelta)


def _not_simulated(value: Any, info: ValidationInfo) -> Any:
    name = form_name(info.field_name or "")
    raise TwilioError(NOT_SIMULATED, f"{name} of Conversations is not simulated by this mock")


def _unique_name(text: str) -> str:
    if looks_like(text, "CH"):
        raise TwilioError(50390, "UniqueName must not look like a Conversation SID")
    return text


def _not_empty(text: str) -> str:
    if not text:
        raise TwilioError(50374, "State must not be empty")
    return text


def _open(state: str) -> str:
    if state == "closed":
        raise TwilioError(50384, "A conversation cannot be closed from the start")
    return state


def _timer(name: str, minimum: int, too_short: int, malformed: int) -> BeforeValidator:
    """Read seconds from an ISO 8601 duration; an empty one means no timer (inferred)."""

    def check(value: Any) -> float | None:
        if value in ("", "PT0S"):
            return None
        try:
            seconds = _DURATION.validate_python(value).total_seconds()
        except ValueError:
            raise TwilioError(malformed, f"{name} is an ISO 8601 duration, e.g. PT1H") from None
        if seconds < minimum:
            raise TwilioError(too_short, f"{name} must be at least PT{minimum // 60}M")
        return seconds

    return BeforeValidator(check)


def _index(value: Any) -> int | None:
    if value == "":
        return None
    if not re.fullmatch("[0-9]{1,15}", str(value)):
        raise TwilioError(50421, "LastReadMessageIndex must be a whole number, 0 or more")
    return int(value)


NotSimulated = Annotated[None, BeforeValidator(_not_simulated)]
Name = Annotated[str, AtMost(256, 50003, "FriendlyName")]
UniqueName = Annotated[str, AtMost(256, 50004, "UniqueName"), AfterValidator(_unique_name)]
Attributes = Annotated[
    str, AtMostBytes(16 * 1024, 50303, "Attributes"), json_object(50304, "Attributes")
]
SmallAttributes = Annotated[
    str, AtMostBytes(4 * 1024, 50303, "Attributes"), json_object(50304, "Attributes")
]
State = Annotated[str, AfterValidator(_not_empty), one_of(STATES, 50378, "State")]
FirstState = Annotated[State, AfterValidator(_open)]
Inactive = Annotated[float | None, _timer("Timers.Inactive", 60, 50375, 50379)]
Closed = Annotated[float | None, _timer("Timers.Closed", 600, 50376, 50380)]
Author = Annotated[str, AtMost(256, 50310, "Author")]
Body = Annotated[str, AtMostBytes(32 * 1024, 50504, "Body")]
ReadIndex = Annotated[int | None, BeforeValidator(_index)]


class _BackDating(Parameters):
    date_created: Moment | None = None
    date_updated: Moment | None = None


class ConversationChanges(_BackDating):
    """Parameters of conversation update (specified)."""

    friendly_name: Name | None = None
    unique_name: UniqueName | None = None
    attributes: Attributes | None = None
    state: State | None = None
    inactive_after: Inactive = Field(None, alias="Timers.Inactive")
    closed_after: Closed = Field(None, alias="Timers.Closed")
    messaging_service_sid: NotSimulated = None
    bindings__email__address: NotSimulated = None
    bindings__email__name: NotSimulated = None


class NewConversation(ConversationChanges):
    """Parameters of conversation creation; none is required (specified)."""

    state: FirstState | None = None


class ParticipantChanges(_BackDating):
    """Parameters of participant update (specified)."""

    attributes: SmallAttributes | None = None
    role_sid: str | None = None
    last_consumed_message_index: ReadIndex = Field(None, alias="LastReadMessageIndex")
    last_consumption_timestamp: ReadMoment = Field(None, alias="LastReadTimestamp")
    identity: NotSimulated = None
    messaging_binding__proxy_address: NotSimulated = None
    messaging_binding__projected_address: NotSimulated = None


class NewParticipant(_BackDating):
    """Parameters of participant creation: an identity, or an address with its proxy address."""

    identity: Identity | None = None
    messaging_binding__address: str | None = None
    messaging_binding__proxy_address: str | None = None
    messaging_binding__projected_address: NotSimulated = None
    attributes: SmallAttributes | None = None
    role_sid: str | None = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent, the binding as one value.

        Raises:
            TwilioError: 50204, no identity and no binding; 50211, both; 50411, 50412 or 50409,
                the addresses are not two.
        """
        sent = super().given()
        address = sent.pop("messaging_binding__address", None)
        proxy_address = sent.pop("messaging_binding__proxy_address", None)
        if address is None and proxy_address is None:
            if self.identity is None:
                raise TwilioError(50204, "Identity not provided")
            return sent
        if self.identity is not None:
            raise TwilioError(50211, "Give an identity or a messaging binding, not both")
        if not address:
            raise TwilioError(50411, "MessagingBinding.Address is required")
        if not proxy_address:
            raise TwilioError(50412, "MessagingBinding.ProxyAddress is required")
        if address == proxy_address:
            raise TwilioError(50409, "Address and proxy address must not be the same")
        kind = "whatsapp" if address.startswith("whatsapp:") else "sms"
        binding = {"type": kind, "address": address, "proxy_address": proxy_address}
        return sent | {"messaging_binding": binding}


class ConversationMessageChanges(_BackDating):
    """Parameters of message update (specified)."""

    author: Author | None = None
    body: Body | None = None
    attributes: SmallAttributes | None = None
    subject: NotSimulated = None


class NewConversationMessage(ConversationMessageChanges):
    """Parameters of a new message."""

    media_sids: OneMedia = Field([], alias="MediaSid")
    content_sid: NotSimulated = None
    content_variables: NotSimulated = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent.

        Raises:
            TwilioError: 50503, neither text nor a file.
        """
        if not self.body and not self.media_sids:
            raise TwilioError(50503, "Body or MediaSid is required")
        return super().given()


class ChannelMigration(Parameters):
    """Parameters of Chat v3's channel update, which makes a channel private (documented)."""

    type: Annotated[str, one_of(("private",), 50393, "Type")] = "private"
    messaging_service_sid: NotSimulated = None
