"""Parameters of Conversations v1: names, shapes and limits, with the codes of refusals.

Lengths and codes are those of Twilio's limits page and error catalogue (documented); which code
goes with which fault was seen for a few and is inferred for the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationInfo

from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import (
    BLANK_IS_ABSENT,
    AtMost,
    AtMostBytes,
    Parameters,
    checked,
    form_name,
    read_json_object,
)
from ..core.sids import looks_like
from . import chat_parameters as chat
from .chat_parameters import Dates, ReadMoment, SmallAttributes, one_of, read_index
from .conversations_webhooks import SCOPED_EVENTS, SERVICE_EVENTS
from .conversations_words import READ_PERMISSIONS, ROLE_TYPES

STATES = ("active", "inactive", "closed")
_DURATION = TypeAdapter(timedelta)
_CENTURY = timedelta(36_500).total_seconds()
"""Longest timer (inferred): its end is a date that can be shown."""


def _not_simulated(value: Any, info: ValidationInfo) -> Any:
    name = form_name(info.field_name or "")
    raise TwilioError(NOT_SIMULATED, f"{name} of Conversations is not simulated by this mock")


def _timer(name: str, minimum: int, too_short: int, malformed: int) -> BeforeValidator:
    """Read seconds from an ISO 8601 duration; an empty one means no timer (inferred)."""

    def check(value: Any) -> float | None:
        if value in ("", "PT0S"):
            return None
        if not str(value).lstrip("+-").startswith("P"):  # as other forms are read, too
            raise TwilioError(malformed, f"{name} is an ISO 8601 duration, e.g. PT1H")
        try:
            seconds = _DURATION.validate_python(value).total_seconds()
        except ValueError:
            raise TwilioError(malformed, f"{name} is an ISO 8601 duration, e.g. PT1H") from None
        if seconds > _CENTURY:
            raise TwilioError(malformed, f"{name} must be at most P36500D")
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
MessagingServiceSid = Annotated[
    str,
    checked(
        lambda text: looks_like(text, "MG"),
        50341,
        "MessagingServiceSid must be a Messaging Service SID (MG...)",
    ),
]
Lower = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)
Upper = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
_NETWORK = re.compile(r"(?:(?P<network>whatsapp|messenger):)?(?P<rest>.+)")
_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")
_PROXY, _PROJECTED = "messaging_binding__proxy_address", "messaging_binding__projected_address"


def network_of(address: str, code: int, name: str) -> str:
    """Return the network of an address: `sms`, `whatsapp` or `messenger`.

    Raises:
        TwilioError: `code`, it is not one.
    """
    match = _NETWORK.fullmatch(address)
    network = (match and match["network"]) or "sms"
    is_one = match and (network == "messenger" or _NUMBER.fullmatch(match["rest"]))
    if not is_one or len(address) > 256:
        raise TwilioError(
            code,
            f"{name} must be a number such as +15550142 or whatsapp:+15550142: {address[:40]!r}",
        )
    return network


def refuse_pair(address: str, proxy: str) -> None:
    """Raise unless a proxy address goes with an address: 50409, 50408 or 50414."""
    if proxy == address:
        raise TwilioError(50409, "Address and proxy address must not be the same")
    network = network_of(address, 50407, "MessagingBinding.Address")
    if network_of(proxy, 50408, form_name(_PROXY)) != network:
        raise TwilioError(50414, "Address and proxy address must be of one network")


class ConversationChanges(Dates):
    """Parameters of conversation update (specified)."""

    friendly_name: chat.LongerName | None = None
    unique_name: UniqueName | None = None
    attributes: chat.ChannelAttributes | None = None
    state: State | None = None
    inactive_after: Inactive = Field(None, alias="Timers.Inactive")
    closed_after: Closed = Field(None, alias="Timers.Closed")
    messaging_service_sid: MessagingServiceSid | None = None
    bindings__email__address: Annotated[str, AtMost(256, 20001, "Bindings.Email.Address")] = ""
    bindings__email__name: Annotated[str, AtMost(256, 20001, "Bindings.Email.Name")] = ""

    def given(self) -> dict[str, Any]:
        """Return what the caller sent, the e-mail binding as one value."""
        sent = super().given()
        address, name = (sent.pop(f"bindings__email__{key}", "") for key in ("address", "name"))
        return sent | ({"email_binding": {"address": address, "name": name}} if address else {})


class NewConversation(ConversationChanges):
    """Parameters of conversation creation; none is required (specified)."""

    state: FirstState | None = None


class ParticipantChanges(Dates):
    """Parameters of participant update (specified)."""

    attributes: SmallAttributes | None = None
    role_sid: str | None = None
    last_consumed_message_index: ReadIndex = Field(None, alias="LastReadMessageIndex")
    last_consumption_timestamp: ReadMoment = Field(None, alias="LastReadTimestamp")
    identity: chat.Identity | None = None
    messaging_binding__proxy_address: str | None = None
    messaging_binding__projected_address: str | None = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent; the text `null` takes an address away (specified).

        Raises:
            TwilioError: 50408, an address is none; 50412, the proxy address is empty.
        """
        sent = super().given()
        if sent.get(_PROXY) == "":
            raise TwilioError(50412, "MessagingBinding.ProxyAddress must not be empty")
        for name in (_PROXY, _PROJECTED):
            if name in sent:
                sent[name] = None if sent[name] in ("", "null") else sent[name]
                if sent[name] is not None:
                    network_of(sent[name], 50408, form_name(name))
        return sent


class NewParticipant(Dates):
    """Parameters of participant creation: an identity, or an address with its proxy address."""

    identity: chat.Identity | None = None
    messaging_binding__address: str | None = None
    messaging_binding__proxy_address: str | None = None
    messaging_binding__projected_address: str | None = None
    attributes: SmallAttributes | None = None
    role_sid: str | None = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent, the binding as one value.

        Raises:
            TwilioError: 50204, no identity and no binding; 50211, both; 50407 to 50414, the
                addresses are not two of one network.
        """
        sent = super().given()
        address = sent.pop("messaging_binding__address", None)
        proxy, projected = sent.pop(_PROXY, None), sent.pop(_PROJECTED, None)
        if self.identity is not None:
            if address is not None or proxy is not None:
                raise TwilioError(50211, "Give an identity or a messaging binding, not both")
            if projected:
                network = network_of(projected, 50408, form_name(_PROJECTED))
                sent["messaging_binding"] = {"type": network, "projected_address": projected}
            return sent
        if address is None and proxy is None:
            raise TwilioError(50204, "Identity not provided")
        if not address:
            raise TwilioError(50411, "MessagingBinding.Address is required")
        kind = network_of(address, 50407, "MessagingBinding.Address")
        binding = {"type": kind, "address": address}
        if proxy:
            refuse_pair(address, proxy)
            binding["proxy_address"] = proxy
        return sent | {"messaging_binding": binding}


def _media(sids: list[str]) -> list[str]:
    for sid in sids:
        if not looks_like(sid, "ME"):
            raise TwilioError(50510, "MediaSid must be the SID of a file (ME...)")
    return sids


def _check_variables(content_sid: str | None, text: str) -> None:
    """Raise unless these are variables of a content template (documented)."""
    if content_sid is None:
        raise TwilioError(50528, "ContentVariables need a ContentSid")
    variables = read_json_object(text)
    if variables is None:
        raise TwilioError(50527, "ContentVariables must be a JSON object as text")
    if len(variables) > 100:
        raise TwilioError(50529, f"{len(variables)} content variables, at most 100")
    for name, value in variables.items():
        if len(name) > 16:
            raise TwilioError(50540, f"Content variable {name[:40]!r} has more than 16 characters")
        if len(str(value)) > 256:
            raise TwilioError(50541, f"Content variable {name!r} has more than 256 characters")


class ConversationMessageChanges(Dates):
    """Parameters of message update (specified)."""

    author: Author | None = None
    body: Body | None = None
    attributes: SmallAttributes | None = None
    subject: Annotated[str, AtMost(256, 20001, "Subject")] | None = None


class NewConversationMessage(ConversationMessageChanges):
    """Parameters of a new message."""

    media_sids: Annotated[chat.OneMedia, AfterValidator(_media)] = Field(
        default_factory=list, alias="MediaSid"
    )
    content_sid: str | None = None
    content_variables: str | None = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent.

        Raises:
            TwilioError: 50503, neither text nor a file; 50526 to 50541, a content template, of
                which there are none here.
        """
        if self.content_variables is not None:
            _check_variables(self.content_sid, self.content_variables)
        if self.content_sid is not None:
            raise TwilioError(
                50526,
                f"There is no content template {self.content_sid[:40]!r}: they are not simulated by"
                " this mock",
            )
        if not self.body and not self.media_sids:
            raise TwilioError(50503, "Body or MediaSid is required")
        return super().given()

    @classmethod
    def plain(cls, form: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the same of a text without a content template."""
        is_text = form.get("Body") and form.keys().isdisjoint(("ContentSid", "ContentVariables"))
        return super().plain(form) if is_text else None


class ChannelMigration(Parameters):
    """Parameters of Chat v3's channel update, which makes a channel private (documented)."""

    type: Annotated[str, one_of(("private",), 50393, "Type")] = "private"
    messaging_service_sid: NotSimulated = None


def _people(texts: list[str]) -> list[dict[str, Any]]:
    """Read participants that are given as JSON texts."""
    found = []
    for text in texts:
        person = read_json_object(text)
        if person is None:
            raise TwilioError(
                20001,
                'Invalid parameter Participant: it must be JSON as text: {"identity"}, or'
                ' {"messaging_binding": {"address", "proxy_address"}}',
            )
        binding = person.pop("messaging_binding", None) or {}
        if not isinstance(binding, dict):
            raise TwilioError(20001, "Invalid parameter Participant: a binding is an object")
        form = person | {f"messaging_binding__{name}": each for name, each in binding.items()}
        sent = {form_name(name): value for name, value in form.items()}
        found.append(NewParticipant.read(sent).given())
    return found


class NewConversationWithParticipants(NewConversation):
    """Parameters of the creation of a conversation along with its participants (specified)."""

    people: Annotated[list[Any], AfterValidator(_people)] = Field(
        default_factory=list, alias="Participant"
    )

    def given(self) -> dict[str, Any]:
        """Return what the caller sent of the conversation."""
        sent = super().given()
        sent.pop("people", None)
        return sent


# -- users and roles


class ConversationsUserChanges(chat.UserChanges):
    """Parameters of user update (specified)."""


class NewConversationsUser(chat.NewUser):
    """Parameters of user creation (specified)."""


class UserConversationChanges(Parameters):
    """Parameters of user conversation update (specified)."""

    notification_level: Literal["default", "muted"] | None = None
    last_consumed_message_index: ReadIndex = Field(None, alias="LastReadMessageIndex")
    last_consumption_timestamp: ReadMoment = Field(None, alias="LastReadTimestamp")


_SCOPES = {spelling: scope for scope, spelling in ROLE_TYPES.items()}


class ConversationsRoleChanges(Parameters):
    """Parameters of role update; the list replaces the one before (specified)."""

    permissions: Annotated[
        list[str],
        AfterValidator(lambda spelled: [READ_PERMISSIONS.get(each, each) for each in spelled]),
    ] = Field(alias="Permission")


class NewConversationsRole(ConversationsRoleChanges):
    """Parameters of role creation (specified)."""

    friendly_name: chat.NewName
    type: Annotated[str, one_of(tuple(_SCOPES), 50105, "Type"), AfterValidator(_SCOPES.__getitem__)]


# -- webhooks


class ScopedWebhookChanges(chat.WebhookChanges):
    """Parameters of scoped webhook update (specified)."""

    codes_above: ClassVar[int] = 40
    configuration__method: (
        Annotated[str, Upper, one_of(("GET", "POST"), 50055, "Configuration.Method")] | None
    ) = None
    configuration__retry_count: NotSimulated = None


class NewScopedWebhook(ScopedWebhookChanges):
    """Parameters of scoped webhook creation (specified)."""

    target: Annotated[
        str,
        checked(bool, 50368, "Target is required"),
        one_of(("webhook", "trigger", "studio"), 50364, "Target"),
    ] = Field("", validate_default=True)
    configuration__replay_after: Annotated[int, Field(ge=0, le=10**15)] | None = None


def _known(filters: list[str] | None, events: tuple[str, ...]) -> list[str] | None:
    for name in filters or ():
        if name not in events:
            raise TwilioError(50365, f"Filter {name[:40]!r} is no event of Conversations' webhooks")
    return filters


class HooksChanges(Parameters):
    """Parameters of the webhooks of a service (specified)."""

    method: Annotated[str, Upper, one_of(("GET", "POST"), 50055, "Method")] | None = None
    filters: Annotated[
        list[str] | None, AfterValidator(lambda names: _known(names, SERVICE_EVENTS))
    ] = None
    pre_webhook_url: Annotated[chat.WebhookUrl | None, BLANK_IS_ABSENT] = None
    post_webhook_url: Annotated[chat.WebhookUrl | None, BLANK_IS_ABSENT] = None


class AccountHooksChanges(HooksChanges):
    """Parameters of the account's webhooks (specified)."""

    target: Annotated[str, one_of(("webhook", "flex"), 50364, "Target")] | None = None


# -- configuration


class NewConversationService(Parameters):
    """Parameters of service creation (specified)."""

    friendly_name: chat.LongerName


class SettingsChanges(Parameters):
    """Parameters of the account's configuration (specified)."""

    default_service_sid: str | None = Field(None, alias="DefaultChatServiceSid")
    messaging_service_sid: MessagingServiceSid | None = Field(
        None, alias="DefaultMessagingServiceSid"
    )
    inactive_after: Annotated[float | None, _timer("DefaultInactiveTimer", 60, 50375, 50379)] = (
        Field(None, alias="DefaultInactiveTimer")
    )
    closed_after: Annotated[float | None, _timer("DefaultClosedTimer", 600, 50376, 50380)] = Field(
        None, alias="DefaultClosedTimer"
    )


class ServiceConfigurationChanges(Parameters):
    """Parameters of a service's configuration (specified)."""

    default_conversation_creator_role_sid: str | None = None
    default_conversation_role_sid: str | None = None
    default_chat_service_role_sid: str | None = None
    reachability_enabled: bool | None = None


class NotificationChanges(Parameters):
    """Parameters of a service's push notifications (specified)."""

    log_enabled: bool | None = None
    new_message__enabled: bool | None = None
    new_message__template: str | None = None
    new_message__sound: str | None = None
    new_message__badge_count_enabled: bool | None = None
    new_message__with_media__enabled: bool | None = None
    new_message__with_media__template: str | None = None
    added_to_conversation__enabled: bool | None = None
    added_to_conversation__template: str | None = None
    added_to_conversation__sound: str | None = None
    removed_from_conversation__enabled: bool | None = None
    removed_from_conversation__template: str | None = None
    removed_from_conversation__sound: str | None = None


class AddressChanges(Parameters):
    """Parameters of address configuration update (specified)."""

    friendly_name: chat.LongerName | None = None
    auto_creation__enabled: bool | None = None
    auto_creation__type: Annotated[Literal["webhook", "studio", "default"], Lower] | None = None
    auto_creation__conversation_service_sid: str | None = None
    auto_creation__webhook_url: chat.WebhookUrl | None = None
    auto_creation__webhook_method: Annotated[Literal["get", "post"], Lower] | None = None
    auto_creation__webhook_filters: Annotated[
        list[str] | None, AfterValidator(lambda names: _known(names, SCOPED_EVENTS))
    ] = None
    auto_creation__studio_flow_sid: (
        Annotated[
            str,
            checked(
                lambda text: looks_like(text, "FW"),
                50367,
                "AutoCreation.StudioFlowSid must be a Studio Flow SID (FW...)",
            ),
        ]
        | None
    ) = None
    auto_creation__studio_retry_count: chat.RetryCount | None = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent, the automatic creation as one value."""
        sent, kept = super().given(), {}
        for name in list(sent):
            prefix, _, setting = name.rpartition("__")
            if prefix and sent[name] is not None:
                kept[setting.removeprefix("conversation_")] = sent.pop(name)
        return sent | {"auto_creation": kept}


class NewAddress(AddressChanges):
    """Parameters of address configuration creation (specified)."""

    type: Annotated[
        Literal["sms", "whatsapp", "messenger", "gbm", "email", "rcs", "apple", "chat"], Lower
    ]
    address: Annotated[
        str, checked(bool, 20001, "Address must not be empty"), AtMost(256, 20001, "Address")
    ]
    address_country: str | None = None


# -- push


class NewConversationsCredential(chat.NewCredential):
    """Parameters of credential creation (specified)."""


class ConversationsCredentialChanges(chat.CredentialChanges):
    """Parameters of credential update (specified)."""

    type: Literal["gcm", "apn", "fcm"] | None = None
