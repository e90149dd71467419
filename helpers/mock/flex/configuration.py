"""The Configuration of the Flex instance: what the account has, and what an update has set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.sids import Sids
from ..core.store import Resource
from ..messaging.resources import Service
from ..taskrouter.resources import Activity, TaskQueue, Workflow, Workspace
from .resources import FlexConfiguration

_TEXTS = (
    "taskrouter_workspace_sid",
    "taskrouter_target_workflow_sid",
    "taskrouter_target_taskqueue_sid",
    "taskrouter_offline_activity_sid",
    "runtime_domain",
    "messaging_service_instance_sid",
    "chat_service_instance_sid",
    "flex_service_instance_sid",
    "ui_language",
    "ui_version",
    "service_version",
    "call_recording_webhook_url",
    "crm_type",
    "crm_callback_url",
    "crm_fallback_url",
    "flex_url",
)
_FLAGS = (
    "call_recording_enabled",
    "crm_enabled",
    "plugin_service_enabled",
    "flex_insights_drilldown",
)
_LISTS = (
    "taskrouter_taskqueues",
    "taskrouter_skills",
    "integrations",
    "serverless_service_sids",
    "channel_configs",
)
_OBJECTS = (
    "attributes",
    "taskrouter_worker_channels",
    "taskrouter_worker_attributes",
    "ui_attributes",
    "ui_dependencies",
    "crm_attributes",
    "public_attributes",
    "plugin_service_attributes",
    "outbound_call_flows",
    "queue_stats_configuration",
    "notifications",
    "markdown",
    "flex_insights_hr",
    "debugger_integration",
    "flex_ui_status_report",
    "agent_conv_end_methods",
    "citrix_voice_vdi",
    "offline_config",
)
SETTINGS: dict[str, type] = {
    name: kind
    for kind, names in {str: _TEXTS, bool: _FLAGS, list: _LISTS, dict: _OBJECTS}.items()
    for name in names
}
"""Properties that an update may set, and the type of each (specified); all are null unless set."""


def ensure(ctx: Context) -> FlexConfiguration:
    """Return the account's one Configuration, made if need be."""
    found = ctx.store.select(FlexConfiguration, limit=1)
    sid = Sids(f"{ctx.account_sid} Flex").new(FlexConfiguration.prefix)
    return found[0] if found else ctx.create(FlexConfiguration, sid=sid)


def update(ctx: Context, given: Any) -> FlexConfiguration:
    """Set properties; each replaces the one before as a whole (inferred).

    Raises:
        TwilioError: 45004, it is no object, does not name the account, or has a property that
            cannot be set, or not to such a value (the code is inferred).
    """
    if not isinstance(given, Mapping) or given.get("account_sid") != ctx.account_sid:
        refusal = "The body must be a JSON object with the account_sid of this account"
        raise TwilioError(45004, refusal)
    changes = {name: value for name, value in given.items() if name != "account_sid"}
    for name, value in changes.items():
        kind = SETTINGS.get(name)
        if kind is None:
            raise TwilioError(45004, f"{name[:80]} is not a property that can be set")
        if value is not None and type(value) is not kind:
            raise TwilioError(45004, f"{name} must be of type {kind.__name__}")
    known = ensure(ctx)
    return ctx.update(known, settings=known.settings | changes)


def as_json(ctx: Context, configuration: FlexConfiguration) -> dict[str, Any]:
    """Return its properties; those not set say what the account has."""
    workspace = _first(ctx, Workspace)
    inside = {"workspace_sid": workspace.sid if workspace else None}
    queues = ctx.store.select(TaskQueue, inside)
    has: dict[str, Any] = {
        "taskrouter_workspace_sid": _sid(workspace),
        "taskrouter_target_workflow_sid": _sid(_first(ctx, Workflow, **inside)),
        "taskrouter_target_taskqueue_sid": _sid(_first(ctx, TaskQueue, **inside)),
        "taskrouter_taskqueues": [{"sid": queue.sid, "targettable": True} for queue in queues],
        "taskrouter_offline_activity_sid": _sid(
            _first(ctx, Activity, friendly_name="Offline", **inside)
        ),
        "chat_service_instance_sid": _sid(_first(ctx, Service)),
        "ui_language": "en-US",
        **dict.fromkeys(_FLAGS, False),
        "attributes": {},
        "ui_attributes": {},
    }
    return {
        "account_sid": configuration.account_sid,
        "date_created": iso(configuration.date_created),
        "date_updated": iso(configuration.date_updated),
        "status": "ok",
        "flex_instance_sid": configuration.sid,
        **dict.fromkeys(SETTINGS),
        **has,
        **configuration.settings,
    }


def _first(ctx: Context, kind: type[Resource], **where: Any) -> Any:
    found = ctx.store.select(kind, where, limit=1)
    return found[0] if found else None


def _sid(resource: Any) -> str | None:
    return None if resource is None else resource.sid
