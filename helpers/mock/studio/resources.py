"""What Studio keeps, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..core.schema import Resource

ACTIVE, ENDED = "active", "ended"


@dataclass(slots=True)
class StudioFlow(Resource):
    """A Studio flow (FW), as its latest revision has it."""

    prefix: ClassVar[str] = "FW"

    sid: str
    account_sid: str
    friendly_name: str
    definition: dict[str, Any]
    status: str
    revision: int
    commit_message: str | None
    warnings: list[dict[str, str]]
    test_users: list[str]
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)


@dataclass(slots=True)
class FlowRevision(Resource):
    """A flow as it was saved once; it has no SID but the flow's."""

    prefix: ClassVar[str] = "FW"

    sid: str
    account_sid: str
    friendly_name: str
    definition: dict[str, Any]
    status: str
    revision: int
    commit_message: str | None
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid", "revision"),)


@dataclass(slots=True)
class Execution(Resource):
    """One contact's run through a flow (FN).

    `widget` is where it stands, `step_sid` its step there if it has one, and `waiting_until` when
    it stops waiting for a reply, in epoch seconds; null while it does not wait. `channel_sid` is
    the chat channel it talks in; null for one started by REST. `repeats` counts how often in a row
    the widget has run.
    """

    prefix: ClassVar[str] = "FN"

    sid: str
    account_sid: str
    flow_sid: str
    flow_version: int
    contact_channel_address: str
    channel_sid: str | None
    status: str
    initiated_by: str
    context: dict[str, Any]
    widget: str | None
    step_sid: str | None
    waiting_until: float | None
    steps: int
    repeats: int
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("flow_sid", "contact_channel_address"),
        ("status",),
    )


@dataclass(slots=True)
class Step(Resource):
    """What one widget did in an execution (FT); unnamed until the widget is left.

    `error` is what Twilio's debugger would be told: `code` and `message`.
    """

    prefix: ClassVar[str] = "FT"

    sid: str
    account_sid: str
    flow_sid: str
    execution_sid: str
    name: str | None
    type: str
    transitioned_from: str
    transitioned_to: str | None
    context: dict[str, Any]
    error: dict[str, Any] | None
    is_faulty: bool
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("execution_sid",), ("is_faulty",))


@dataclass(slots=True)
class Incoming(Resource):
    """A message that a flow is told of, and what came of it.

    `outcome` is `pending`; then `started` an execution, `replied` to one, was `swallowed` by one
    that waits for something else, or `ignored`, as no revision of the flow could take it.
    `message` is what the flow will see of it, dropped once it has.
    """

    account_sid: str
    flow_sid: str
    channel_sid: str
    message_sid: str
    author: str
    contact: str
    message: dict[str, Any] | None
    outcome: str
    execution_sid: str | None
    date_created: float

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("outcome",),)


KINDS: tuple[type[Resource], ...] = (StudioFlow, FlowRevision, Execution, Step, Incoming)
