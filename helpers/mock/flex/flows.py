"""Flex Flows, which choose the handler of a contact, with Twilio's checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import BLANK_IS_ABSENT, AtMost, Parameters, form_name, is_web_address
from ..messaging.resources import Service
from ..studio import StudioFlow
from ..taskrouter.resources import Workflow, Workspace
from ..taskrouter.task_channels import find as find_task_channel
from .resources import (
    CONTACT,
    DEFAULTS,
    REQUIRED,
    ChannelType,
    FlexFlow,
    IntegrationType,
    Priority,
    RetryCount,
    Timeout,
)

Text = Annotated[str | None, BLANK_IS_ABSENT]
Name = Annotated[str, AtMost(256, 50003, "FriendlyName")]


class FlowChanges(Parameters):
    """Parameters of Flex Flow update; nothing is required (specified)."""

    friendly_name: Name | None = None
    chat_service_sid: str | None = None
    channel_type: ChannelType | None = None
    contact_identity: Text = None
    enabled: bool = True
    integration_type: IntegrationType = "studio"
    integration__flow_sid: Text = None
    integration__url: Text = None
    integration__workspace_sid: Text = None
    integration__workflow_sid: Text = None
    integration__channel: Text = None
    integration__timeout: Timeout | None = None
    integration__priority: Priority | None = None
    integration__creation_on_message: bool | None = None
    integration__retry_count: RetryCount | None = None
    long_lived: bool = False
    janitor_enabled: bool = False


class NewFlow(FlowChanges):
    """Parameters of Flex Flow creation."""

    friendly_name: Name
    chat_service_sid: str
    channel_type: ChannelType


def create(ctx: Context, new: NewFlow) -> FlexFlow:
    """Create a Flex Flow.

    Raises:
        TwilioError: 45212, an integration setting is missing or names nothing, or another enabled
            flow has the same channel type and contact identity.
    """
    values = {name: getattr(new, name) for name in type(new).model_fields if "__" not in name}
    values["integration"] = _integration(new.integration_type, {}, new.given())
    _check(ctx, values, own_sid=None)
    return ctx.create(FlexFlow, **values)


def update(ctx: Context, flow: FlexFlow, changes: FlowChanges) -> FlexFlow:
    """Change a Flex Flow; the settings of another integration type are dropped.

    Raises:
        TwilioError: 45212, as for `create`.
    """
    given = changes.given()
    kind = given.get("integration_type", flow.integration_type)
    kept = flow.integration if kind == flow.integration_type else {}
    values = {name: value for name, value in given.items() if "__" not in name}
    values["integration"] = _integration(kind, kept, given)
    after = {name: getattr(flow, name) for name in FlowChanges.model_fields if "__" not in name}
    _check(ctx, after | values, own_sid=flow.sid)
    ctx.store.save(flow, **values, date_updated=ctx.now)
    return flow


def _integration(kind: str, kept: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    nested = {
        name.removeprefix("integration__"): value
        for name, value in given.items()
        if name.startswith("integration__") and value is not None
    }
    known = {*DEFAULTS[kind], *REQUIRED[kind]}
    settings = DEFAULTS[kind] | kept | nested
    return {name: value for name, value in settings.items() if name in known}


def _check(ctx: Context, values: dict[str, Any], own_sid: str | None) -> None:
    integration, kind, store = values["integration"], values["integration_type"], ctx.store
    if not store.exists(Service, sid=values["chat_service_sid"]):
        raise _refused(f"ChatServiceSid {values['chat_service_sid']} is not a service here")
    for setting in REQUIRED[kind]:
        if not integration.get(setting):
            name = form_name(f"integration__{setting}")
            raise _refused(f"{name} is required for integration type {kind}")
    if (url := integration.get("url")) and not is_web_address(url):
        raise _refused("Integration.Url must be an http or https URL")
    workspace_sid = integration.get("workspace_sid", "")
    checks: dict[str, Callable[[str], bool]] = {
        "flow_sid": lambda sid: store.exists(StudioFlow, sid=sid),
        "workspace_sid": lambda sid: store.exists(Workspace, sid=sid),
        "workflow_sid": lambda sid: store.exists(Workflow, sid=sid, workspace_sid=workspace_sid),
        "channel": lambda key: find_task_channel(ctx, workspace_sid, key) is not None,
    }
    for setting, exists in checks.items():
        value = integration.get(setting)
        if value and not exists(value):
            name = form_name(f"integration__{setting}")
            raise _refused(f"{name} {value} does not exist in this account")
    same = {name: values[name] for name in CONTACT}
    for other in store.select(FlexFlow, {**same, "enabled": True}) if values["enabled"] else ():
        if other.sid != own_sid:
            contact = values["contact_identity"]
            raise _refused(
                f"Flex Flow {other.sid} is enabled for channel type {values['channel_type']} and"
                f" {f'contact {contact!r}' if contact else 'no contact identity'} already;"
                " disable one of the two, or give one another ContactIdentity"
            )


def _refused(message: str) -> TwilioError:
    return TwilioError(45212, message)
