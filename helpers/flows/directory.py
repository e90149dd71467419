"""Names to SIDs and back, for resources of an account that a Flex Flow can refer to.

A name stands for a SID where it is the only one of its kind; otherwise the SID stands for itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..account import Account
from .config import SIDS_OF, FlexFlowConfig, Integration
from .errors import FlowProblem, Problem

SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}\Z")
SHOWN = 10
Where = Callable[..., str]
"""Gives the place of a flow's field in a file."""


@dataclass(frozen=True)
class ReferenceKind:
    """Resources of one kind: their noun in messages, and the name and SID of each."""

    noun: str
    named: tuple[tuple[str, str], ...]

    @property
    def sids(self) -> list[str]:
        """The SID of each."""
        return [sid for _, sid in self.named]

    def sid(self, given: str) -> str:
        """The SID of a name, or of a SID that exists; LookupError for none or several."""
        by_sid = SID.match(given)
        found = [sid for name, sid in self.named if given == (sid if by_sid else name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(
                f"{len(found)} {self.noun}s are named {given!r}; give one's SID: {', '.join(found)}"
            )
        names = [name or sid for name, sid in self.named]
        near = difflib.get_close_matches(given, names, n=1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        known = ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
        raise LookupError(
            f"the account has no {self.noun} {given!r}{meant}. It has {known or 'none'};"
            f" create the {self.noun} there first, or name another"
        )

    def name(self, sid: str) -> str:
        """The name that stands for a SID, or the SID."""
        name = next((name for name, own in self.named if own == sid), "")
        unique = sum(name == other for other, _ in self.named) == 1
        return name if name and unique and not SID.match(name) else sid

    def standing_for(self, given: str) -> str:
        """The name that stands for a name or SID, or the argument itself."""
        try:
            return self.name(self.sid(given))
        except LookupError:
            return given


class Directory:
    """Resources of one account, read through the SDK when they are first needed, and cached."""

    def __init__(self, account: Account) -> None:
        self._client = account.client
        self._own_service = account.credentials.chat_service_sid
        self._workspaces: dict[str, tuple[ReferenceKind, ReferenceKind]] = {}

    @cached_property
    def services(self) -> ReferenceKind:
        """Chat services."""
        return _kind("chat service", self._client.chat.v2.services.list())

    @cached_property
    def studio_flows(self) -> ReferenceKind:
        """Studio flows."""
        return _kind("Studio flow", self._client.studio.v2.flows.list())

    @cached_property
    def workspaces(self) -> ReferenceKind:
        """TaskRouter workspaces."""
        return _kind("workspace", self._client.taskrouter.v1.workspaces.list())

    def workflows(self, workspace_sid: str) -> ReferenceKind:
        """Workflows of a workspace."""
        return self._workspace(workspace_sid)[0]

    def task_channels(self, workspace_sid: str) -> ReferenceKind:
        """Task channels of a workspace, by unique name."""
        return self._workspace(workspace_sid)[1]

    def _workspace(self, sid: str) -> tuple[ReferenceKind, ReferenceKind]:
        if sid not in self._workspaces:
            workspace = self._client.taskrouter.v1.workspaces(sid)
            self._workspaces[sid] = (
                _kind("workflow", workspace.workflows.list()),
                _kind("task channel", workspace.task_channels.list(), "unique_name"),
            )
        return self._workspaces[sid]

    def parameters(self, flow: FlexFlowConfig, where: Where = lambda *_: "") -> dict[str, Any]:
        """A flow as all parameters of `flex_flow.update`; FlowProblem has all unknown names."""
        problems: list[Problem] = []
        service_sid, settings = self._own_service, flow.settings()

        def resolve(kind: ReferenceKind, given: str, *field: str) -> str:
            try:
                return kind.sid(given)
            except LookupError as error:
                what = f"{flow.friendly_name!r} {'.'.join(field)}"
                problems.append(Problem(where(*field), what, error.args[0]))
                return ""

        def resolve_setting(kind: ReferenceKind, name: str) -> None:
            settings[name] = resolve(kind, settings[name], "integration", name)

        if flow.chat_service:
            service_sid = resolve(self.services, flow.chat_service, "chat_service")
        if "flow" in settings:
            resolve_setting(self.studio_flows, "flow")
        if "workspace" in settings:
            resolve_setting(self.workspaces, "workspace")
        if settings.get("workspace"):
            workflows, channels = self._workspace(settings["workspace"])
            resolve_setting(channels, "channel")
            settings["channel"] = channels.name(settings["channel"])
            resolve_setting(workflows, "workflow")
        if problems:
            raise FlowProblem(*problems)
        return parameters(flow, service_sid, settings)

    def named(self, flow: FlexFlowConfig) -> FlexFlowConfig:
        """The flow complete, by names where they stand for something."""
        flow = flow.complete()
        settings = flow.integration.model_dump(exclude_none=True)
        if "flow" in settings:
            settings["flow"] = self.studio_flows.standing_for(settings["flow"])
        if "workspace" in settings:
            with suppress(LookupError):
                sid = self.workspaces.sid(settings["workspace"])
                workflows, channels = self._workspace(sid)
                settings["workspace"] = self.workspaces.name(sid)
                settings["workflow"] = workflows.standing_for(settings["workflow"])
                settings["channel"] = channels.standing_for(settings["channel"])
        service = flow.chat_service and self.services.standing_for(flow.chat_service)
        own = service == self.services.name(self._own_service)
        changes = {"integration": Integration(**settings)}
        return flow.model_copy(update=changes | {"chat_service": None if own else service})


def parameters(
    flow: FlexFlowConfig, service_sid: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """A flow's own fields and its settings, as the SDK names them; a blank stands for nothing."""
    return {
        "friendly_name": flow.friendly_name,
        "chat_service_sid": service_sid,
        "channel_type": flow.channel_type,
        "contact_identity": flow.contact_identity or "",
        "enabled": flow.enabled,
        "integration_type": flow.integration_type,
        "long_lived": flow.long_lived,
        "janitor_enabled": flow.janitor_enabled,
    } | {f"integration_{SIDS_OF.get(name, name)}": value for name, value in settings.items()}


def _kind(noun: str, resources: Iterable[Any], name: str = "friendly_name") -> ReferenceKind:
    return ReferenceKind(noun, tuple((getattr(one, name) or "", one.sid) for one in resources))


def must_be_config(flow: object) -> None:
    """Raise a TypeError for anything but a single config: a file may hold several."""
    if not isinstance(flow, FlexFlowConfig):
        raise TypeError(
            f"a flow is a FlexFlowConfig, not {type(flow).__name__}; take one from a file by its"
            " name: load('flows.yaml')['Custom chat']"
        )


def arguments_for(account: Account, flow: FlexFlowConfig) -> dict[str, Any]:
    """A flow as arguments of `client.flex_api.v1.flex_flow.create`, names resolved to SIDs.

    Raises:
        FlowProblem: Names that stand for nothing in this account.
        TypeError: It is no config.
    """
    must_be_config(flow)
    arguments = Directory(account).parameters(flow)
    return {name: value for name, value in arguments.items() if value != ""}
