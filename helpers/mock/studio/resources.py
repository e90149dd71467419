"""Resources of Studio."""

from __future__ import annotations

from typing import Any, ClassVar

from ..core.schema import Resource

ACTIVE, ENDED = "active", "ended"


class StudioFlow(Resource):
    """A Studio flow (FW), with the values of its latest revision."""

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


class FlowRevision(Resource):
    """One saved revision of a flow; its SID is the flow's."""

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


class Execution(Resource):
    """One contact's run through a flow (FN).

    `widget` is the current one, `step_sid` its step there if it has one, and `waiting_until` the
    end of its wait for a reply, in epoch seconds; null while it does not wait. `channel_sid` is its
    chat channel; null for one started by REST. `repeats` counts how often in a row the widget has
    run.

    Within a subflow, `widget`, `step_sid` and `context` are its own, and `subflow` holds its
    `flow_sid` and `flow_version`, and those three of the parent flow.
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
    subflow: dict[str, Any] | None = None

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("flow_sid", "contact_channel_address"),
        ("status",),
    )


class Step(Resource):
    """One widget's part of an execution (FT); unnamed until the widget is left.

    `error` is the entry in Twilio's debugger: `code` and `message`. A step of a subflow has that of
    its Run Subflow as parent.
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
    parent_step_sid: str | None = None

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("execution_sid",), ("is_faulty",))


class Incoming(Resource):
    """A message for a flow, and its outcome.

    `outcome` is `pending`; then `started` an execution, `replied` to one, was `swallowed` by one
    that waits for something else, or `ignored`, as no revision of the flow could take it.
    `message` is `trigger.message` or `inbound` for the flow, dropped once taken.
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
