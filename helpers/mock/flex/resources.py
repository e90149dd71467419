"""Resources of Flex beside the chat."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import field
from pydantic import Field

from ..core.events import Event
from ..core.parameters import is_web_address
from ..core.schema import DatedResource, Resource

__all__ = [
    "CONTACT",
    "DEFAULTS",
    "REQUIRED",
    "ChannelType",
    "IntegrationType",
    "Priority",
    "RetryCount",
    "Timeout",
    "is_web_address",
]

ChannelType = Literal["web", "sms", "facebook", "whatsapp", "line", "custom"]
IntegrationType = Literal["studio", "external", "task"]
Timeout = Annotated[int, Field(ge=1, le=1_209_600)]
"""Seconds a task may wait."""
Priority = Annotated[int, Field(ge=0, le=2**31)]
RetryCount = Annotated[int, Field(ge=0, le=3)]

DEFAULTS: dict[str, dict[str, Any]] = {
    "studio": {"retry_count": 3},
    "external": {"retry_count": 3},
    "task": {"channel": "default", "timeout": 86_400, "priority": 0, "creation_on_message": False},
}
"""Integration settings that apply to each type, with Twilio's defaults (specified)."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "studio": ("flow_sid",),
    "external": ("url",),
    "task": ("workspace_sid", "workflow_sid"),
}
"""Integration settings that a type cannot do without (specified)."""

CONTACT = ("channel_type", "contact_identity")
"""Fields of a contact: only one enabled flow may have the same (45212; documented)."""


class CreatedByFlex(Event, frozen=True):
    """A Flex Flow, or an interaction, has made the task of this SID."""

    sid: str


class FlexFlow(DatedResource):
    """A Flex Flow (FO): the message handler for contacts on one channel type."""

    prefix: ClassVar[str] = "FO"

    friendly_name: str
    chat_service_sid: str
    channel_type: str
    contact_identity: str | None
    enabled: bool
    integration_type: str
    integration: dict[str, Any]
    long_lived: bool
    janitor_enabled: bool


class FlexChannel(DatedResource):
    """A Flex channel: the chat channel of the same CH SID, seen from Flex.

    `contact` is the customer's side of the contact pair: Target, else Identity. `task_sid` is the
    task that Twilio shows, `live_task_sid` the one that carries the chat now, made by Flex or not.
    `task_attributes` go into every task that the flow makes.
    """

    prefix: ClassVar[str] = "CH"

    flex_flow_sid: str
    user_sid: str
    identity: str
    contact: str
    task_sid: str | None
    live_task_sid: str | None
    task_attributes: dict[str, Any] | None
    is_web: bool

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("flex_flow_sid", "contact"),
        ("live_task_sid",),
    )


class FlexConfiguration(DatedResource):
    """The one Configuration of the Flex instance (GO): what updates have set, by name."""

    prefix: ClassVar[str] = "GO"

    settings: dict[str, Any] = field(default_factory=dict)


class Interaction(DatedResource):
    """An interaction (KD): a contact with a customer over one channel, and its routing."""

    prefix: ClassVar[str] = "KD"

    interaction_context_sid: str | None
    webhook_ttid: str | None


class InteractionChannel(DatedResource):
    """An interaction's channel (UO): a conversation, its `media_channel_sid`, and its status.

    The status is `setup`, then `active` or `failed` with a code of Twilio's debugger; later
    `inactive`, `pause`, `transfer` or `closed`.
    """

    prefix: ClassVar[str] = "UO"

    interaction_sid: str
    type: str
    initiated_by: str
    media_channel_sid: str
    status: str = "setup"
    error_code: int | None = None
    error_message: str | None = None

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("interaction_sid",),
        ("media_channel_sid",),
        ("status",),
    )


class InteractionParticipant(DatedResource):
    """A person in an interaction's channel (UT): the customer, or an agent with its task.

    `member_sid` is its place in the conversation.
    """

    prefix: ClassVar[str] = "UT"

    interaction_sid: str
    channel_sid: str
    type: str
    member_sid: str | None
    routing_properties: dict[str, str] | None = None

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("channel_sid",),)


class InteractionInvite(DatedResource):
    """An invitation of an agent into an interaction's channel (KG): a task, routed as `routing`.

    `is_accepted_at_once` where it brings an agent back to a chat that was paused.
    """

    prefix: ClassVar[str] = "KG"

    interaction_sid: str
    channel_sid: str
    task_sid: str
    routing: dict[str, Any]
    is_accepted_at_once: bool = False

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("channel_sid",), ("task_sid",))


class InteractionTransfer(DatedResource):
    """A transfer of an interaction's channel (UX) from one agent to a queue, workflow or agent."""

    prefix: ClassVar[str] = "UX"

    instance_sid: str
    interaction_sid: str
    channel_sid: str
    execution_sid: str
    type: str
    status: str
    sender: str
    target: str
    note_sid: str | None
    summary_sid: str | None
    invite_sid: str

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("channel_sid",), ("invite_sid",))


class InteractionWebhook(Resource):
    """A receiver of events of interactions: of all, or of those that name its `ttid`."""

    prefix: ClassVar[str] = "flex_interactionwebhook_"

    ttid: str
    account_sid: str
    instance_sid: str
    type: str
    friendly_name: str | None
    webhook_url: str
    webhook_method: str
    webhook_events: list[str]
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("ttid",),)


KINDS: tuple[type[Resource], ...] = (
    FlexFlow,
    FlexChannel,
    FlexConfiguration,
    Interaction,
    InteractionChannel,
    InteractionParticipant,
    InteractionInvite,
    InteractionTransfer,
    InteractionWebhook,
)
