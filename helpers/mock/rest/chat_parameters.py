"""Parameters of Chat v2: names, shapes and limits, each with the code Twilio refuses it with.

Chat's own length limits were not published everywhere; where they were not, those of
Conversations, its successor on the same backend, are used (inferred).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ..core.errors import TwilioError
from ..core.parameters import (
    BLANK_IS_ABSENT,
    AtMost,
    AtMostBytes,
    Moment,
    Parameters,
    checked,
    is_web_address,
    json_text,
)
from ..core.sids import looks_like
from .chat_words import READ_PERMISSIONS, READ_ROLE_TYPES

HARD_LIMIT = 1000
"""Highest limit of members or of channels that can be set (specified)."""
RESERVED_IDENTITIES = frozenset({"system"})


# -- shapes


def one_of(choices: tuple[str, ...], code: int, name: str) -> AfterValidator:
    """Refuse a text that is none of `choices` with `code`."""

    def check(text: str) -> str:
        if text not in choices:
            raise TwilioError(
                code, f"{name} must be one of {', '.join(choices)}; got {text[:40]!r}"
            )
        return text

    return AfterValidator(check)


def _identity(text: str) -> str:
    if text in RESERVED_IDENTITIES:
        raise TwilioError(50203, f"Identity {text!r} is reserved; choose another")
    if text.startswith("US") and looks_like(text, "US"):
        raise TwilioError(50206, "Identity must not look like a User SID (US and 32 hex digits)")
    if not text:
        raise TwilioError(50204, "Identity not provided")
    return text


def _retries(value: Any) -> Any:
    if not str(value).isdecimal() or not 0 <= int(value) <= 3:
        raise TwilioError(50065, "RetryCount is a number from 0 to 3")
    return int(value)


def read_index(code: int, name: str) -> BeforeValidator:
    """Read the index of a message; a blank one is none."""

    def check(value: Any) -> int | None:
        if value in (None, ""):
            return None
        if not re.fullmatch("[0-9]{1,15}", str(value)):
            raise TwilioError(code, f"{name} must be a whole number, 0 or more")
        return int(value)

    return BeforeValidator(check)


def _limit(code: int) -> AfterValidator:
    refusal = f"A limit is a number from 1 to {HARD_LIMIT}"
    return checked(lambda value: 1 <= value <= HARD_LIMIT, code, refusal)


RetryCount = Annotated[int, BeforeValidator(_retries)]
"""How often a webhook is tried again."""
_BAD_URL = "A webhook's URL must be an http or https URL, or blank for none"
WebhookUrl = Annotated[str, checked(lambda url: not url or is_web_address(url), 50054, _BAD_URL)]
Identity = Annotated[str, AtMost(256, 50207, "Identity"), AfterValidator(_identity)]
Author = Annotated[str, AtMost(256, 50310, "From")]
NewName = Annotated[str, AtMost(64, 50003, "FriendlyName")]
LongerName = Annotated[str, AtMost(256, 50003, "FriendlyName")]
_NOT_A_SID = checked(
    lambda text: not looks_like(text, "CH"), 50306, "UniqueName must not look like a Channel SID"
)
NewUniqueName = Annotated[str, AtMost(64, 50004, "UniqueName"), _NOT_A_SID]
LongerUniqueName = Annotated[str, AtMost(256, 50004, "UniqueName"), _NOT_A_SID]
ChannelAttributes = Annotated[
    str, AtMostBytes(16 * 1024, 50303, "Attributes"), json_text(50304, "Attributes")
]
SmallAttributes = Annotated[
    str, AtMostBytes(4 * 1024, 50303, "Attributes"), json_text(50304, "Attributes")
]
Body = Annotated[str, AtMostBytes(32 * 1024, 50505, "Body")]
ReadIndex = Annotated[int | None, read_index(50406, "LastConsumedMessageIndex")]
ReadMoment = Annotated[Moment | None, BLANK_IS_ABSENT]
RoleType = Annotated[
    str, one_of(tuple(READ_ROLE_TYPES), 50105, "Type"), AfterValidator(READ_ROLE_TYPES.__getitem__)
]
Permissions = Annotated[
    list[str],
    AfterValidator(lambda spelled: [READ_PERMISSIONS.get(each, each) for each in spelled]),
]
"""The model's permissions; one it does not have is left as it is."""
OneMedia = Annotated[
    list[str],
    BeforeValidator(lambda sids: sids[-1:] if isinstance(sids, list) else [sids] if sids else []),
]
"""A parameter that names one file, the last where it is repeated."""
TextFlag = Annotated[bool, AfterValidator(str)]
"""A flag that Twilio shows as text (specified)."""


# -- services, roles and users


class NewService(Parameters):
    """A service is made from its name alone; the rest is set by an update (specified)."""

    friendly_name: LongerName


class ServiceChanges(Parameters):
    """Settings of a service."""

    friendly_name: LongerName | None = None
    default_service_role_sid: str | None = None
    default_channel_role_sid: str | None = None
    default_channel_creator_role_sid: str | None = None
    read_status_enabled: bool | None = None
    reachability_enabled: bool | None = None
    typing_indicator_timeout: Annotated[int, Field(ge=1, le=3600)] | None = None
    consumption_report_interval: Annotated[int, Field(ge=0, le=3600)] | None = None
    limits__channel_members: Annotated[int, _limit(50061)] | None = None
    limits__user_channels: Annotated[int, _limit(50060)] | None = None
    pre_webhook_url: WebhookUrl | None = None
    post_webhook_url: WebhookUrl | None = None
    webhook_method: Annotated[str, one_of(("GET", "POST"), 50055, "WebhookMethod")] | None = None
    webhook_filters: list[str] | None = None
    pre_webhook_retry_count: RetryCount | None = None
    post_webhook_retry_count: RetryCount | None = None
    media__compatibility_message: str | None = None
    notifications__log_enabled: bool | None = None
    notifications__new_message__enabled: bool | None = None
    notifications__new_message__template: str | None = None
    notifications__new_message__sound: str | None = None
    notifications__new_message__badge_count_enabled: bool | None = None
    notifications__added_to_channel__enabled: bool | None = None
    notifications__added_to_channel__template: str | None = None
    notifications__added_to_channel__sound: str | None = None
    notifications__removed_from_channel__enabled: bool | None = None
    notifications__removed_from_channel__template: str | None = None
    notifications__removed_from_channel__sound: str | None = None
    notifications__invited_to_channel__enabled: bool | None = None
    notifications__invited_to_channel__template: str | None = None
    notifications__invited_to_channel__sound: str | None = None


class RoleChanges(Parameters):
    """The list replaces the one before (specified)."""

    permissions: Permissions = Field(alias="Permission")


class NewRole(RoleChanges):
    """Parameters of role creation (specified)."""

    friendly_name: NewName
    type: RoleType


class UserChanges(Parameters):
    """Parameters of user update."""

    role_sid: str | None = None
    attributes: SmallAttributes | None = None
    friendly_name: LongerName | None = None


class NewUser(UserChanges):
    """Parameters of user creation."""

    identity: Identity


# -- channels and what is in them


class Dates(Parameters):
    """Dates that a back-dated resource is given."""

    date_created: Moment | None = None
    date_updated: Moment | None = None


class NewChannel(Dates):
    """Parameters of channel creation; none is required (specified)."""

    friendly_name: NewName | None = None
    unique_name: NewUniqueName | None = None
    attributes: ChannelAttributes = "{}"
    type: Literal["public", "private"] = "public"
    created_by: Author | None = None


class ChannelChanges(Dates):
    """Parameters of channel update; the type cannot change in v2 (specified)."""

    friendly_name: LongerName | None = None
    unique_name: LongerUniqueName | None = None
    attributes: ChannelAttributes | None = None
    created_by: Author | None = None


class _Horizon(Parameters):
    last_consumed_message_index: ReadIndex = None
    last_consumption_timestamp: ReadMoment = None


class MemberChanges(Dates, _Horizon):
    """Parameters of member update."""

    role_sid: str | None = None
    attributes: SmallAttributes | None = None


class NewMember(MemberChanges):
    """Parameters of adding a member."""

    identity: Identity


class UserChannelChanges(_Horizon):
    """Parameters of user channel update (specified)."""

    notification_level: Literal["default", "muted"] | None = None


class NewInvite(Parameters):
    """Parameters of an invitation (specified)."""

    identity: Identity
    role_sid: str | None = None


class MessageChanges(Dates):
    """Parameters of message update."""

    author: Author | None = Field(None, alias="From")
    body: Body | None = None
    attributes: SmallAttributes | None = None
    last_updated_by: Author | None = None


class NewMessageOrFile(MessageChanges):
    """Parameters of a new message, a text, a file or both."""

    media_sids: OneMedia = Field(default_factory=list, alias="MediaSid")


class NewMessage(NewMessageOrFile):
    """Parameters of a new message; a file has no text beside it in Chat."""

    rules_out: ClassVar[Mapping[str, str]] = {"media_sids": "body"}


# -- channel webhooks

MAX_TRIGGERS = 5
MAX_URL = 2048


class WebhookChanges(Parameters):
    """Parameters of channel webhook update (specified).

    Attributes:
        codes_above: How much higher the codes of this API are than Chat's.
    """

    codes_above: ClassVar[int] = 0

    configuration__url: str | None = None
    configuration__method: Annotated[str, one_of(("GET", "POST"), 50055, "Method")] | None = None
    configuration__filters: list[str] | None = None
    configuration__triggers: list[str] | None = None
    configuration__flow_sid: str | None = None
    configuration__retry_count: RetryCount | None = None

    def configuration(
        self, kind: str, before: dict[str, Any], events: tuple[str, ...]
    ) -> dict[str, Any]:
        """Return the configuration of a webhook of this kind: as before, but for what is given.

        Raises:
            TwilioError: 50322 to 50332, or 50054, something is missing or not acceptable.
        """
        prefix = "configuration__"
        given = before | {
            name.removeprefix(prefix): value
            for name, value in self.given().items()
            if name.startswith(prefix) and value is not None
        }
        retry_count = given.get("retry_count", 0)
        if kind == "studio":
            flow_sid = given.get("flow_sid", "")
            if not looks_like(flow_sid, "FW"):
                raise TwilioError(
                    50327 + self.codes_above,
                    "Configuration.FlowSid must be a Studio Flow SID (FW...)",
                )
            return {"flow_sid": flow_sid, "retry_count": retry_count}
        url, name = given.get("url") or "", "triggers" if kind == "trigger" else "filters"
        listed: list[str] = given.get(name) or []
        if kind == "trigger":
            too_many = f"A webhook has at most {MAX_TRIGGERS} triggers"
            checks: list[tuple[object, int, str]] = [
                (listed, 50331, "Configuration.Triggers is required for type trigger"),
                (len(listed) <= MAX_TRIGGERS, 50322, too_many),
                (all(map(str.strip, listed)), 50326, "A trigger is a word or phrase, not blank"),
            ]
        else:
            unknown = next((event[:40] for event in listed if event not in events), None)
            checks = [
                (listed, 50330, "Configuration.Filters is required for type webhook"),
                (unknown is None, 50325, f"Filter {unknown!r} is not an event of channel webhooks"),
            ]
        too_long = f"Configuration.Url is too long: at most {MAX_URL} characters"
        checks += [
            (url, 50329, "Configuration.Url is required"),
            (len(url) <= MAX_URL, 50332, too_long),
            (is_web_address(url), 50054, "Configuration.Url must be an http or https URL"),
        ]
        for is_fine, code, refusal in checks:
            if not is_fine:
                above = self.codes_above if code > 50300 else 0
                raise TwilioError(code + above, refusal)
        method = given.get("method", "POST")
        return {"url": url, "method": method, "retry_count": retry_count, name: listed}


class NewWebhook(WebhookChanges):
    """Parameters of channel webhook creation (specified)."""

    type: Annotated[str, one_of(("webhook", "trigger", "studio"), 50324, "Type")]


# -- push


class CredentialChanges(Parameters):
    """Parameters of credential update (specified); secrets are not kept."""

    friendly_name: NewName | None = None
    certificate: str | None = None
    private_key: str | None = None
    sandbox: TextFlag | None = None
    api_key: str | None = None
    secret: str | None = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent, without the secrets."""
        secrets = ("certificate", "private_key", "api_key", "secret")
        return {name: value for name, value in super().given().items() if name not in secrets}


class NewCredential(CredentialChanges):
    """Parameters of credential creation (specified)."""

    type: Literal["gcm", "apn", "fcm"]
