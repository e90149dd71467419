"""Parameters of Conversations v1: names, shapes and limits, with the codes of refusals.

Lengths and codes are those of Twilio's limits page and error catalogue (documented); which code
goes with which fault was seen for a few and is inferred for the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationInfo

from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import AtMost, AtMostBytes, Parameters, checked, form_name
from ..core.sids import looks_like
from . import chat_parameters as chat
from .chat_parameters import Dates, ReadMoment, SmallAttributes, one_of, read_index

STATES = ("active", "inactive", "closed")
_DURATION = TypeAdapter(timedelta)


def _not_simulated(value: Any, info: ValidationInfo) -> Any:
    name = form_name(info.field_name or "")
    raise TwilioError(NOT_SIMULATED, f"{name} of Conversations is not simulated by this mock")


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


NotSimulated = Annotated[None, BeforeValidator(_not_simulated)]
_NOT_A_SID = checked(
    lambda text: not looks_like(text, "CH"),
    50390,
    "UniqueName must not look like a Conversation SID",
)
UniqueName = Annotated[str, AtMost(256, 50004, "UniqueName"), _NOT_A_SID]
State = Annotated[
    str, checked(bool, 50374, "State must not be empty"), one_of(STATES, 50378, "State")
]
FirstState = Annotated[
    State,
    checked(
        lambda state: state != "closed", 50384, "A conversation cannot be closed from the start"
    ),
]
Inactive = Annotated[float | None, _timer("Timers.Inactive", 60, 50375, 50379)]
Closed = Annotated[float | None, _timer("Timers.Closed", 600, 50376, 50380)]
Author = Annotated[str, AtMost(256, 50310, "Author")]
Body = Annotated[str, AtMostBytes(32 * 1024, 50504, "Body")]
ReadIndex = Annotated[int | None, read_index(50421, "LastReadMessageIndex")]


class ConversationChanges(Dates):
    """Parameters of conversation update (specified)."""

    friendly_name: chat.LongerName | None = None
    unique_name: UniqueName | None = None
    attributes: chat.ChannelAttributes | None = None
    state: State | None = None
    inactive_after: Inactive = Field(None, alias="Timers.Inactive")
    closed_after: Closed = Field(None, alias="Timers.Closed")
    messaging_service_sid: NotSimulated = None
    bindings__email__address: NotSimulated = None
    bindings__email__name: NotSimulated = None


class NewConversation(ConversationChanges):
    """Parameters of conversation creation; none is required (specified)."""

    state: FirstState | None = None


class ParticipantChanges(Dates):
    """Parameters of participant update (specified)."""

    attributes: SmallAttributes | None = None
    role_sid: str | None = None
    last_consumed_message_index: ReadIndex = Field(None, alias="LastReadMessageIndex")
    last_consumption_timestamp: ReadMoment = Field(None, alias="LastReadTimestamp")
    identity: NotSimulated = None
    messaging_binding__proxy_address: NotSimulated = None
    messaging_binding__projected_address: NotSimulated = None


class NewParticipant(Dates):
    """Parameters of participant creation: an identity, or an address with its proxy address."""

    identity: chat.Identity | None = None
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


class ConversationMessageChanges(Dates):
    """Parameters of message update (specified)."""

    author: Author | None = None
    body: Body | None = None
    attributes: SmallAttributes | None = None
    subject: NotSimulated = None


class NewConversationMessage(ConversationMessageChanges):
    """Parameters of a new message."""

    media_sids: chat.OneMedia = Field(default_factory=list, alias="MediaSid")
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
