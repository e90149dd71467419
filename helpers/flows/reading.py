"""The flows that an account has, as a file would describe them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..account import Account
from ..mock import flex_flows
from .config import SIDS_OF, FlexFlowConfig, settings_of
from .directory import Directory, parameters
from .errors import FlowProblem, Problem

TYPES = frozenset(flex_flows.DEFAULTS)


@dataclass(frozen=True)
class Found:
    """One flow of the account.

    Attributes:
        sid: FO...
        name: Its friendly name, which may be blank or that of several.
        config: What a file would say; None where a file cannot say it.
        problem: Why not.
        parameters: As `flex_flow.update` would take them.
    """

    sid: str
    name: str
    config: FlexFlowConfig | None
    problem: str
    parameters: dict[str, Any]

    def described(self) -> FlexFlowConfig:
        """The config.

        Raises:
            FlowProblem: A file cannot say what this flow is.
        """
        if self.config is None:
            raise FlowProblem(Problem(self.sid, repr(self.name), self.problem))
        return self.config


def flows_of(account: Account, directory: Directory) -> list[Found]:
    """The account's flows, oldest first."""
    flows = account.client.flex_api.v1.flex_flow.list()
    return [_found(flow, directory) for flow in sorted(flows, key=lambda flow: flow.date_created)]


def _found(flow: Any, directory: Directory) -> Found:
    name = flow.friendly_name or ""
    try:
        config = FlexFlowConfig.model_validate(_fields(flow), strict=False)
    except ValidationError as refused:
        error = refused.errors()[0]
        field = ".".join(map(str, error["loc"]))
        problem = f"cannot be put in a file: {field} {error['msg']}; change it in the account first"
        return Found(flow.sid, name, None, problem, _raw(flow))
    named = directory.named(config)
    settings = config.settings()
    if named.integration.channel:
        settings["channel"] = named.integration.channel
    return Found(flow.sid, name, named, "", parameters(config, flow.chat_service_sid, settings))


def _fields(flow: Any) -> dict[str, Any]:
    ours = {theirs: name for name, theirs in SIDS_OF.items()}
    settings = {ours.get(key, key): value for key, value in (flow.integration or {}).items()}
    known = settings_of(flow.integration_type) if flow.integration_type in TYPES else ()
    return {
        "friendly_name": flow.friendly_name,
        "channel_type": flow.channel_type,
        "contact_identity": flow.contact_identity or None,
        "chat_service": flow.chat_service_sid,
        "integration_type": flow.integration_type,
        "integration": {name: settings[name] for name in known if settings.get(name) is not None},
        "long_lived": bool(flow.long_lived),
        "janitor_enabled": bool(flow.janitor_enabled),
        "enabled": bool(flow.enabled),
    }


def _raw(flow: Any) -> dict[str, Any]:
    """As much as can be said of a flow that a file cannot describe."""
    return {name: value for name, value in _fields(flow).items() if name != "integration"} | {
        "contact_identity": flow.contact_identity or "",
        "integration": str(flow.integration),
    }
