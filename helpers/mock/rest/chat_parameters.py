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
    is_web_address,
    json_object,
)
from ..core.sids import looks_like
from ..messaging.permissions import CHANNEL, SERVICE, Permission

HARD_LIMIT = 1000
"""Highest limit of members or of channels that can be set (specified)."""
RESERVED_IDENTITIES = frozenset({"system"})
PERMISSIONS: dict[Permission, str] = {
    Permission.ADD_MEMBER: "addMember",
    Permission.CREATE_CHANNEL: "createChannel",
    Permission.DELETE_ANY_MESSAGE: "deleteAnyMessage",
    Permission.DELETE_CHANNEL: "destroyChannel",
    Permission.DELETE_OWN_MESSAGE: "deleteOwnMessage",
    Permission.EDIT_ANY_MEMBER_ATTRIBUTES: "editAnyMemberAttributes",
    Permission.EDIT_ANY_MESSAGE: "editAnyMessage",
    Permission.EDIT_ANY_MESSAGE_ATTRIBUTES: "editAnyMessageAttributes",
    Permission.EDIT_ANY_USER_INFO: "editAnyUserInfo",
    Permission.EDIT_CHANNEL_ATTRIBUTES: "editChannelAttributes",
    Permission.EDIT_CHANNEL_NAME: "editChannelName",
    Permission.EDIT_NOTIFICATION_LEVEL: "editNotificationLevel",
    Permission.EDIT_OWN_MEMBER_ATTRIBUTES: "editOwnMemberAttributes",
    Permission.EDIT_OWN_MESSAGE: "editOwnMessage",
    Permission.EDIT_OWN_MESSAGE_ATTRIBUTES: "editOwnMessageAttributes",
    Permission.EDIT_OWN_USER_INFO: "editOwnUserInfo",
    Permission.INVITE_MEMBER: "inviteMember",
    Permission.JOIN_CHANNEL: "joinChannel",
    Permission.LEAVE_CHANNEL: "leaveChannel",
    Permission.REMOVE_MEMBER: "removeMember",
    Permission.SEND_MEDIA_MESSAGE: "sendMediaMessage",
    Permission.SEND_MESSAGE: "sendMessage",
}
"""Chat's spelling of each permission."""
ROLE_TYPES = {CHANNEL: "channel", SERVICE: "deployment"}
"""Chat's spelling of each scope of roles."""
_PERMISSIONS_READ = {spelling: permission for permission, spelling in PERMISSIONS.items()}
_ROLE_TYPES_READ = {spelling: scope for scope, spelling in ROLE_TYPES.items()}


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


def _unique_name(text: str) -> str:
    if looks_like(text, "CH"):
        raise TwilioError(50306, "UniqueName must not look like a Channel SID")
    return text


def _retries(value: Any) -> Any:
    if not str(value).isdecimal() or not 0 <= int(value) <= 3:
        raise TwilioError(50065, "RetryCount is a number from 0 to 3")
    return int(value)


def _web_address(url: str) -> str:
    if url and not is_web_address(url):
        raise TwilioError(50054, "A webhook's URL must be an http or https URL, or blank for none")
    return url


def _read_index(value: Any) -> Any:
    if value in (None, ""):
        return None
    if not re.fullmatch("[0-9]{1,15}", str(value)):
        raise TwilioError(50406, "LastConsumedMessageIndex must be a whole number, 0 or more")
    return int(value)


def _limit(code: int) -> AfterValidator:
    def check(value: int) -> int:
        if not 1 <= value <= HARD_LIMIT:
            raise TwilioError(code, f"A limit is a number from 1 to {HARD_LIMIT}")
        return value

    return AfterValidator(check)


def read_permissions(spelled: list[str]) -> list[str]:
    """Return the model's permissions; it refuses those that are left as they are."""
    return [_PERMISSIONS_READ.get(each, each) for each in spelled]


def read_role_type(spelled: str) -> str:
    """Return the model's scope of a role type."""
    return _ROLE_TYPES_READ[spelled]


def _sids(value: Any) -> Any:
    """A parameter that names one file, the last where it is repeated."""
    return [value[-1] if isinstance(value, list) else value] if value else []


RetryCount = Annotated[int, BeforeValidator(_retries)]
"""How often a webhook is tried again."""
WebhookUrl = Annotated[str, AfterValidator(_web_address)]
Identity = Annotated[str, AtMost(256, 50207, "Identity"), AfterValidator(_identity)]
Author = Annotated[str, AtMost(256, 50310, "From")]
NewName = Annotated[str, AtMost(64, 50003, "FriendlyName")]
LongerName = Annotated[str, AtMost(256, 50003, "FriendlyName")]
NewUniqueName = Annotated[str, AtMost(64, 50004, "UniqueName"), AfterValidator(_unique_name)]
LongerUniqueName = Annotated[str, AtMost(256, 50004, "UniqueName"), AfterValidator(_unique_name)]
ChannelAttributes = Annotated[
    str, AtMostBytes(16 * 1024, 50303, "Attributes"), json_object(50304, "Attributes")
]
SmallAttributes = Annotated[
    str, AtMostBytes(4 * 1024, 50303, "Attributes"), json_object(50304, "Attributes")
]
Body = Annotated[str, AtMostBytes(32 * 1024, 50505, "Body")]
ReadIndex = Annotated[int | None, BeforeValidator(_read_index)]
ReadMoment = Annotated[Moment | None, BLANK_IS_ABSENT]
RoleType = Annotated[
    str, one_of(tuple(_ROLE_TYPES_READ), 50105, "Type"), AfterValidator(read_role_type)
]
Permissions = Annotated[list[str], AfterValidator(read_permissions)]
OneMedia = Annotated[list[str], BeforeValidator(_sids)]
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


class _Dates(Parameters):
    date_created: Moment | None = None
    date_updated: Moment | None = None


class NewChannel(_Dates):
    """Parameters of channel creation; none is required (specified)."""

    friendly_name: NewName | None = None
    unique_name: NewUniqueName | None = None
    attributes: ChannelAttributes = "{}"
    type: Literal["public", "private"] = "public"
    created_by: Author | None = None


class ChannelChanges(_Dates):
    """Parameters of channel update; the type cannot change in v2 (specified)."""

    friendly_name: LongerName | None = None
    unique_name: LongerUniqueName | None = None
    attributes: ChannelAttributes | None = None
    created_by: Author | None = None


class _Horizon(Parameters):
    last_consumed_message_index: ReadIndex = None
    last_consumption_timestamp: ReadMoment = None


class MemberChanges(_Dates, _Horizon):
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


class MessageChanges(_Dates):
    """Parameters of message update."""

    author: Author | None = Field(None, alias="From")
    body: Body | None = None
    attributes: SmallAttributes | None = None
    last_updated_by: Author | None = None


class NewMessage(MessageChanges):
    """Parameters of a new message; a file has no text beside it in Chat."""

    rules_out: ClassVar[Mapping[str, str]] = {"media_sids": "body"}

    media_sids: OneMedia = Field([], alias="MediaSid")


# -- channel webhooks

MAX_TRIGGERS = 5
MAX_URL = 2048


class WebhookChanges(Parameters):
    """Parameters of channel webhook update (specified)."""

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
        if kind == "studio":
            flow_sid = given.get("flow_sid", "")
            if not looks_like(flow_sid, "FW"):
                raise TwilioError(50327, "Configuration.FlowSid must be a Studio Flow SID (FW...)")
            return {"flow_sid": flow_sid, "retry_count": given.get("retry_count", 0)}
        if kind == "trigger":
            triggers = _triggers(given)
            return {**_callback(given), "triggers": triggers}
        filters = _filters(given, events)
        return {**_callback(given), "filters": filters}


class NewWebhook(WebhookChanges):
    """Parameters of channel webhook creation (specified)."""

    type: Annotated[str, one_of(("webhook", "trigger", "studio"), 50324, "Type")]


def _filters(given: dict[str, Any], events: tuple[str, ...]) -> list[str]:
    filters: list[str] = given.get("filters") or []
    if not filters:
        raise TwilioError(50330, "Configuration.Filters is required for type webhook")
    for event in filters:
        if event not in events:
            raise TwilioError(50325, f"Filter {event[:40]!r} is not an event of channel webhooks")
    return filters


def _triggers(given: dict[str, Any]) -> list[str]:
    triggers: list[str] = given.get("triggers") or []
    if not triggers:
        raise TwilioError(50331, "Configuration.Triggers is required for type trigger")
    if len(triggers) > MAX_TRIGGERS:
        raise TwilioError(50322, f"A webhook has at most {MAX_TRIGGERS} triggers")
    if not all(keyword.strip() for keyword in triggers):
        raise TwilioError(50326, "A trigger is a word or phrase, not blank")
    return triggers


def _callback(given: dict[str, Any]) -> dict[str, Any]:
    url = given.get("url")
    if not url:
        raise TwilioError(50329, "Configuration.Url is required")
    if len(url) > MAX_URL:
        raise TwilioError(50332, f"Configuration.Url is too long: at most {MAX_URL} characters")
    if not is_web_address(url):
        raise TwilioError(50054, "Configuration.Url must be an http or https URL")
    return {
        "url": url,
        "method": given.get("method", "POST"),
        "retry_count": given.get("retry_count", 0),
    }


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
