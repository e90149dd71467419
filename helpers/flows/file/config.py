"""A Flex Flow as a file describes it: by names, complete, and apart from any account.

A field that is left out means Twilio's default, not "as it is": two accounts with the same file
behave the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ... import masking
from ...mock import flex_flows

ROOT = "flex_flows"
"""Key of the list of flows in a file."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "holds a NUL; remove it")
    return text


Name = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_without_nul)]
SIDS_OF = {"flow": "flow_sid", "workspace": "workspace_sid", "workflow": "workflow_sid"}
"""Settings that a file gives by SID or friendly name, and their names at Twilio."""


def _web_address(url: str) -> str:
    if not flex_flows.is_web_address(url):
        raise PydanticCustomError("url", "must be an http or https URL, e.g. https://example.com")
    return url


WebAddress = Annotated[str, AfterValidator(_web_address)]
Contact = tuple[str, str | None]
"""A channel type and an identity, for which Twilio takes one enabled flow only."""
FLEX_OWN = ("Flex Web Channel Flow", "web")
"""Name and channel type of the flow that Flex makes for its own web chat."""
CHANNEL_TYPE = "channel-type"
"""The warning of flows that no chat client of one's own can use."""
SHOWN = 5
"""Flows in conflict that a sentence names."""
T = TypeVar("T")


def contact_text(channel_type: str, identity: str | None) -> str:
    """A contact, for a sentence."""
    whom = f"contact {identity!r}" if identity else "no contact identity"
    return f"channel type {channel_type} and {whom}"


class Described(BaseModel):
    """Part of a file: strict, immutable, and shown without secrets."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            is_plain = isinstance(value, str | list | dict)
            yield name, masking.shown(value) if is_plain else value


class Lifecycle(Described):
    """Protection of an entry.

    Attributes:
        prevent_destroy: Refuse every plan that deletes it.
    """

    prevent_destroy: bool = False


class Protectable(Described):
    """An entry that may be protected.

    Attributes:
        lifecycle: Protection.
    """

    lifecycle: Lifecycle | None = None

    @property
    def is_protected(self) -> bool:
        """Return whether a plan that deletes it is refused."""
        return self.lifecycle is not None and self.lifecycle.prevent_destroy


class Integration(Described):
    """Settings of the handler; which ones apply depends on the integration type.

    Attributes:
        flow: The Studio flow, by SID (FW...) or friendly name: for `studio`.
        url: Where messages are posted: for `external`.
        workspace: By SID (WS...) or friendly name: for `task`, as are all but the last.
        workflow: By SID (WW...) or friendly name, in that workspace.
        channel: The task channel, by unique name or SID (TC...).
        timeout: Seconds the task may wait.
        priority: The task's priority.
        creation_on_message: Whether the task waits for the customer's first message.
        retry_count: Retries of a call that failed: for `studio` and `external`.
    """

    flow: Name | None = None
    url: WebAddress | None = None
    workspace: Name | None = None
    workflow: Name | None = None
    channel: Name | None = None
    timeout: flex_flows.Timeout | None = None
    priority: flex_flows.Priority | None = None
    creation_on_message: bool | None = None
    retry_count: flex_flows.RetryCount | None = None


NOT_KEPT: dict[str, Any] = {"formerly": None, "accept": (), "lifecycle": None}
"""Fields that only a file has, with their defaults."""


class FlexFlowConfig(Protectable):
    """One Flex Flow, by names.

    Attributes:
        friendly_name: Its key, in the file and in the account.
        formerly: Its old name: a flow of this name is renamed instead of made anew.
        accept: Ids of warnings of `check` to suppress.
        channel_type: `custom` for a chat client of one's own.
        contact_identity: The contact centre's address on that channel.
        chat_service: By SID (IS...) or friendly name; by default the account's own.
        integration_type: The handler of messages: `studio`, `task` or `external`.
        integration: The handler's settings.
        long_lived: Whether the chat stays open after its task has ended.
        janitor_enabled: Whether a chat is ended when its task ends outside Flex UI.
        enabled: Whether inbound contacts reach it.
    """

    friendly_name: Name
    formerly: Name | None = None
    accept: Annotated[tuple[str, ...], Field(strict=False)] = ()
    channel_type: flex_flows.ChannelType
    contact_identity: Name | None = None
    chat_service: Name | None = None
    integration_type: flex_flows.IntegrationType = "studio"
    integration: Integration = Integration()
    long_lived: bool = False
    janitor_enabled: bool = False
    enabled: bool = True

    @model_validator(mode="after")
    def _settings_fit_the_type(self) -> Self:
        kind = self.integration_type
        given = self.integration.model_dump(exclude_none=True)
        for setting in required_settings(kind):
            if setting not in given:
                raise PydanticCustomError(
                    "missing_setting",
                    "integration.{setting} is required for integration type {kind}; add it",
                    {"setting": setting, "kind": kind, "within": "integration"},
                )
        for setting in sorted(set(given) - set(settings_of(kind))):
            raise PydanticCustomError(
                "foreign_setting",
                "integration.{setting} does not apply to integration type {kind}; remove it."
                " What applies: {known}",
                {
                    "setting": setting,
                    "kind": kind,
                    "within": "integration",
                    "known": ", ".join(settings_of(kind)),
                },
            )
        return self

    @property
    def label(self) -> str:
        """Its key in a file."""
        return self.friendly_name

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which it is known in an account, the latest first."""
        return tuple(filter(None, (self.friendly_name, self.formerly)))

    @property
    def handler(self) -> str:
        """The party that a customer's message reaches: its integration type."""
        return self.integration_type

    @property
    def contact(self) -> Contact:
        """The channel type and identity, for which Twilio takes one enabled flow only."""
        return self.channel_type, self.contact_identity

    @property
    def is_for_other_clients(self) -> bool:
        """Return whether no chat client of one's own can use it, nor an address reach it."""
        # A flow with an address on another channel is meant for that channel.
        has_address = self.contact_identity is not None and self.channel_type != "web"
        is_flex_own = (self.friendly_name, self.channel_type) == FLEX_OWN
        return self.channel_type != "custom" and not has_address and not is_flex_own

    def settings(self) -> dict[str, Any]:
        """The settings that apply, Twilio's defaults filled in: names where Twilio wants SIDs."""
        given = self.integration.model_dump(exclude_none=True)
        both = flex_flows.DEFAULTS[self.integration_type] | given
        return {name: both[name] for name in settings_of(self.integration_type)}

    def complete(self) -> FlexFlowConfig:
        """The same flow with Twilio's defaults written out, without fields that only a file has."""
        written = Integration(**self.settings())
        return self.model_copy(update={"integration": written, **NOT_KEPT})

    def fields(self) -> dict[str, Any]:
        """The fields that an account keeps, settings as `integration.flow` etc."""
        own = self.complete().model_dump(exclude={*NOT_KEPT, "integration"})
        return own | {f"integration.{name}": value for name, value in self.settings().items()}


def required_settings(kind: str) -> tuple[str, ...]:
    """Settings a type cannot do without, as a file spells them."""
    spelled = {theirs: ours for ours, theirs in SIDS_OF.items()}
    return tuple(spelled.get(name, name) for name in flex_flows.REQUIRED[kind])


def settings_of(kind: str) -> tuple[str, ...]:
    """Settings that apply to a type, as a file spells them."""
    return (*required_settings(kind), *flex_flows.DEFAULTS[kind])


def by_contact(flows: Iterable[tuple[FlexFlowConfig, T]]) -> dict[Contact, list[T]]:
    """The second of each pair whose flow is enabled, by the flow's contact."""
    found: dict[Contact, list[T]] = {}
    for flow, value in flows:
        if flow.enabled:
            found.setdefault(flow.contact, []).append(value)
    return found


def others(flows: Sequence[T], own: T, name_of: Callable[[T], str]) -> str:
    """The names of the first few flows but one's own, and the number of those left out."""
    names = [name_of(one) for one in flows[: SHOWN + 1] if one is not own][:SHOWN]
    left_out = len(flows) - 1 - len(names)
    return ", ".join(names) + (f" and {left_out} more" if left_out else "")
