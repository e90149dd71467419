"""What Flex keeps beside the chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..store import Resource


@dataclass(slots=True)
class FlexFlow(Resource):
    """A Flex Flow (FO): the message handler for contacts on one channel type."""

    prefix: ClassVar[str] = "FO"

    sid: str
    account_sid: str
    friendly_name: str
    chat_service_sid: str
    channel_type: str
    contact_identity: str | None
    enabled: bool
    integration_type: str
    integration: dict[str, Any]
    long_lived: bool
    janitor_enabled: bool
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)


@dataclass(slots=True)
class FlexChannel(Resource):
    """A Flex channel: the chat channel of the same CH SID, seen from Flex.

    `contact` is the customer's side of the contact pair: Target, else Identity. `task_sid` is what
    Twilio shows; `live_task_sid` is the task that carries the chat now, whoever made it.
    `task_attributes` go into every task that the flow makes.
    """

    prefix: ClassVar[str] = "CH"

    sid: str
    account_sid: str
    flex_flow_sid: str
    user_sid: str
    identity: str
    contact: str
    task_sid: str | None
    live_task_sid: str | None
    task_attributes: dict[str, Any] | None
    is_web: bool
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("flex_flow_sid", "contact"),
        ("live_task_sid",),
    )


KINDS: tuple[type[Resource], ...] = (FlexFlow, FlexChannel)
