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
from .conversations import AddressConfig, ConversationConfig
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
    def conversation_services(self) -> ReferenceKind:
        """The same services, as Conversations has them."""
        return _kind("conversation service", self._client.conversations.v1.services.list())

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

    def parameters(
        self, flow: FlexFlowConfig | ConversationConfig, where: Where = lambda *_: ""
    ) -> dict[str, Any]:
        """A flow as all parameters of `flex_flow.update`; FlowProblem has all unknown names.

        An address is as those of `address_configurations.update`; a chat of your own server, which
        has no such call, likewise. The settings of an own Interaction are checked, and no part.
        """
        resolving = _Resolving(flow.label, where)
        if isinstance(flow, FlexFlowConfig):
            settings = flow.settings()
            service_sid = self._own_service
            if flow.chat_service:
                service_sid = resolving.sid(self.services, flow.chat_service, "chat_service")
            if "flow" in settings:
                resolving.setting(self.studio_flows, settings, "integration", "flow")
            self._route(resolving, settings, "integration")
            found = parameters(flow, service_sid, settings)
        else:
            found = self._of_conversation(flow, resolving)
            if flow.interaction is not None:
                self._route(resolving, flow.interaction.model_dump(), "interaction")
        resolving.stop()
        return found

    def routing(self, flow: ConversationConfig) -> dict[str, Any]:
        """The own Interaction's `routing.properties`, with SIDs; empty without one."""
        if flow.interaction is None:
            return {}
        settings = flow.interaction.model_dump(exclude={"creation_on_message"})
        settings["attributes"] = {"channelType": flow.channel_type, **settings["attributes"]}
        resolving = _Resolving(flow.label, lambda *_: "")
        self._route(resolving, settings, "interaction")
        resolving.stop()
        names = {**SIDS_OF, "channel": "task_channel_unique_name"}
        return {names.get(name, name): value for name, value in settings.items()}

    def _route(self, resolving: _Resolving, settings: dict[str, Any], part: str) -> None:
        """Put SIDs for the names of a workspace and what is in it, where there are any."""
        if "workspace" in settings:
            resolving.setting(self.workspaces, settings, part, "workspace")
        if settings.get("workspace"):
            workflows, channels = self._workspace(settings["workspace"])
            resolving.setting(channels, settings, part, "channel")
            settings["channel"] = channels.name(settings["channel"])
            resolving.setting(workflows, settings, part, "workflow")

    def _of_conversation(self, flow: ConversationConfig, resolving: _Resolving) -> dict[str, Any]:
        made, part = flow.conversation, flow.conversation.part
        settings = made.settings()
        service_sid = self._own_service
        if made.conversation_service:
            given = made.conversation_service
            kind = self.conversation_services
            service_sid = resolving.sid(kind, given, part, "conversation_service")
        if "studio_flow" in settings:
            resolving.setting(self.studio_flows, settings, part, "studio_flow")
        return address_parameters(flow, service_sid, settings)

    def named_address(self, address: AddressConfig) -> AddressConfig:
        """The address complete, by names where they stand for something."""
        address = address.complete()
        made, changes = address.auto_creation, dict[str, Any]()
        if made.studio_flow:
            changes["studio_flow"] = self.studio_flows.standing_for(made.studio_flow)
        service = made.conversation_service
        if service:
            service = self.conversation_services.standing_for(service)
            own = service == self.conversation_services.name(self._own_service)
            changes["conversation_service"] = None if own else service
        kept = made.model_copy(update=changes)
        return address.model_copy(update={"auto_creation": kept})

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


def address_parameters(
    flow: ConversationConfig, service_sid: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """An address's own fields and settings, as the SDK names them; a blank stands for nothing."""
    names = {"studio_flow": "studio_flow_sid"}
    own = flow.model_dump(include={"type", "address", "address_country", "friendly_name"})
    made = flow.conversation
    settings = {
        name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()
    }
    return {
        **{name: value or "" for name, value in own.items()},
        "auto_creation_enabled": getattr(made, "enabled", True),
        "auto_creation_type": made.type,
        "auto_creation_conversation_service_sid": service_sid,
    } | {f"auto_creation_{names.get(name, name)}": value for name, value in settings.items()}


class _Resolving:
    """Puts SIDs for the names of one flow, and collects those that stand for nothing."""

    def __init__(self, label: str, where: Where) -> None:
        self._label, self._where = label, where
        self._problems: list[Problem] = []

    def sid(self, kind: ReferenceKind, given: str, *field: str) -> str:
        """The SID of a name; blank for one that stands for nothing."""
        try:
            return kind.sid(given)
        except LookupError as error:
            what = f"{self._label!r} {'.'.join(field)}"
            self._problems.append(Problem(self._where(*field), what, error.args[0]))
            return ""

    def setting(self, kind: ReferenceKind, settings: dict[str, Any], part: str, name: str) -> None:
        """Put the SID for a setting's name."""
        settings[name] = self.sid(kind, settings[name], part, name)

    def stop(self) -> None:
        """Raise FlowProblem if a name stands for nothing."""
        if self._problems:
            raise FlowProblem(*self._problems)


def _kind(noun: str, resources: Iterable[Any], name: str = "friendly_name") -> ReferenceKind:
    return ReferenceKind(noun, tuple((getattr(one, name) or "", one.sid) for one in resources))


def must_be_config(
    flow: object, kinds: tuple[type, ...] = (FlexFlowConfig, ConversationConfig)
) -> None:
    """Raise a TypeError for anything but a single config: a file may hold several."""
    if not isinstance(flow, kinds):
        raise TypeError(
            f"a flow is a FlexFlowConfig, not {type(flow).__name__}; take one from a file by its"
            " name: load('flows.yaml')['Custom chat']"
        )


def arguments_for(account: Account, flow: FlexFlowConfig | ConversationConfig) -> dict[str, Any]:
    """A flow as arguments of `client.flex_api.v1.flex_flow.create`, names resolved to SIDs.

    Those of an address are for `client.conversations.v1.address_configurations.create`.

    Raises:
        FlowProblem: Names that stand for nothing in this account.
        TypeError: It is no config.
    """
    must_be_config(flow)
    arguments = Directory(account).parameters(flow)
    return {name: value for name, value in arguments.items() if value != ""}
