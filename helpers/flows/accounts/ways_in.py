"""Ways into Flex between a file's names and an account's SIDs: resolved, named and read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ...account import Account
from ...mock import flex_flows
from ..errors import FlowProblem, Problem
from ..file.config import ROOT, SIDS_OF, FlexFlowConfig, Integration, settings_of
from ..file.contents import KEPT
from ..file.conversations import ADDRESSES, SETTINGS, AddressConfig, ConversationConfig
from ..file.remedies import fix_of
from .directory import Directory, ReferenceKind, Where


def parameters_in(
    directory: Directory, flow: FlexFlowConfig | ConversationConfig, where: Where = lambda *_: ""
) -> dict[str, Any]:
    """A flow as all parameters of `flex_flow.update`; FlowProblem has all unknown names.

    An address is as those of `address_configurations.update`; a chat of your own server, which
    has no such call, likewise. The settings of an own Interaction are checked, and no part.
    """
    resolving = _Resolving(flow.label, where)
    if isinstance(flow, FlexFlowConfig):
        settings = flow.settings()
        service_sid = directory.own_service
        if flow.chat_service:
            service_sid = resolving.sid(directory.services, flow.chat_service, "chat_service")
        if "flow" in settings:
            resolving.setting(directory.studio_flows, settings, "integration", "flow")
        _route(directory, resolving, settings, "integration")
        found = _flow_parameters(flow, service_sid, settings)
    else:
        found = _of_conversation(directory, flow, resolving)
        if flow.interaction is not None:
            _route(directory, resolving, flow.interaction.model_dump(), "interaction")
    resolving.stop()
    return found


def routing_in(directory: Directory, flow: ConversationConfig) -> dict[str, Any]:
    """The own Interaction's `routing.properties`, with SIDs; empty without one."""
    if flow.interaction is None:
        return {}
    settings = flow.interaction.model_dump(exclude={"creation_on_message"})
    settings["attributes"] = {"channelType": flow.channel_type, **settings["attributes"]}
    resolving = _Resolving(flow.label, lambda *_: "")
    _route(directory, resolving, settings, "interaction")
    resolving.stop()
    names = {**SIDS_OF, "channel": "task_channel_unique_name"}
    return {names.get(name, name): value for name, value in settings.items()}


def _route(
    directory: Directory, resolving: _Resolving, settings: dict[str, Any], part: str
) -> None:
    """Put SIDs for the names of a workspace and what is in it, where there are any."""
    if "workspace" in settings:
        resolving.setting(directory.workspaces, settings, part, "workspace")
    if settings.get("workspace"):
        space = settings["workspace"]
        workflows, channels = directory.workflows(space), directory.task_channels(space)
        resolving.setting(channels, settings, part, "channel")
        settings["channel"] = channels.name(settings["channel"])
        resolving.setting(workflows, settings, part, "workflow")


def _of_conversation(
    directory: Directory, flow: ConversationConfig, resolving: _Resolving
) -> dict[str, Any]:
    made, part = flow.conversation, flow.conversation.part
    settings = made.settings()
    service_sid = directory.own_service
    if made.conversation_service:
        given = made.conversation_service
        kind = directory.conversation_services
        service_sid = resolving.sid(kind, given, part, "conversation_service")
    if "studio_flow" in settings:
        resolving.setting(directory.studio_flows, settings, part, "studio_flow")
    return _address_parameters(flow, service_sid, settings)


def named_address(directory: Directory, address: AddressConfig) -> AddressConfig:
    """The address complete, by names where they stand for something."""
    address = address.complete()
    made, changes = address.auto_creation, dict[str, Any]()
    if made.studio_flow:
        changes["studio_flow"] = directory.studio_flows.standing_for(made.studio_flow)
    service = made.conversation_service
    if service:
        service = directory.conversation_services.standing_for(service)
        own = service == directory.conversation_services.name(directory.own_service)
        changes["conversation_service"] = None if own else service
    kept = made.model_copy(update=changes)
    return address.model_copy(update={"auto_creation": kept})


def named_flow(directory: Directory, flow: FlexFlowConfig) -> FlexFlowConfig:
    """The flow complete, by names where they stand for something."""
    flow = flow.complete()
    settings = flow.integration.model_dump(exclude_none=True)
    if "flow" in settings:
        settings["flow"] = directory.studio_flows.standing_for(settings["flow"])
    if "workspace" in settings:
        with suppress(LookupError):
            sid = directory.workspaces.sid(settings["workspace"])
            workflows, channels = directory.workflows(sid), directory.task_channels(sid)
            settings["workspace"] = directory.workspaces.name(sid)
            settings["workflow"] = workflows.standing_for(settings["workflow"])
            settings["channel"] = channels.standing_for(settings["channel"])
    service = flow.chat_service and directory.services.standing_for(flow.chat_service)
    own = service == directory.services.name(directory.own_service)
    changes = {"integration": Integration(**settings)}
    return flow.model_copy(update=changes | {"chat_service": None if own else service})


def _flow_parameters(
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


def _address_parameters(
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
    arguments = parameters_in(Directory(account), flow)
    return {name: value for name, value in arguments.items() if value != ""}


@dataclass(frozen=True)
class AccountFlow:
    """A flow or an address of an account; the `name` may be blank or that of several.

    `config` describes it in a file, or `problem` says why a file cannot; `parameters` are as
    `flex_flow.update` would take them. `kept_in` is its list in a file.
    """

    sid: str
    name: str
    config: FlexFlowConfig | AddressConfig | None
    problem: str
    parameters: dict[str, Any]
    kept_in: str = ROOT


def flows_of(directory: Directory, lists: Collection[str] = (ROOT,)) -> list[AccountFlow]:
    """The account's flows, or addresses, oldest first; by default flows."""
    found = []
    for name in KEPT:
        if name in lists:
            read = _read_flow if name == ROOT else _read_address
            found += [read(one, directory) for one in directory.found(name)]
    return found


def _read_address(address: Any, directory: Directory) -> AccountFlow:
    given = address.auto_creation or {}
    kind = given.get("type") or "default"
    names = {"studio_flow": "studio_flow_sid"}
    settings = {name: given.get(names.get(name, name)) for name in SETTINGS.get(kind, ())}
    if settings.get("webhook_method"):
        settings["webhook_method"] = str(settings["webhook_method"]).lower()
    made: dict[str, Any] = {
        "enabled": bool(given.get("enabled")),
        "type": kind,
        "conversation_service": given.get("conversation_service_sid"),
        **settings,
    }
    fields = {
        "type": address.type,
        "address": address.address,
        "address_country": address.address_country or None,
        "friendly_name": address.friendly_name or None,
    }
    label = f"{address.type} {address.address}"
    try:
        config = AddressConfig.model_validate(fields | {"auto_creation": made}, strict=False)
    except ValidationError as refused:
        problem = unwritable(refused)
        own = {name: value or "" for name, value in fields.items()}
        found = own | {f"auto_creation_{name}": value for name, value in made.items()}
        return AccountFlow(address.sid, label, None, problem, found, ADDRESSES)
    service_sid = made["conversation_service"] or ""
    found = _address_parameters(config, service_sid, config.auto_creation.settings())
    named = named_address(directory, config)
    return AccountFlow(address.sid, label, named, "", found, ADDRESSES)


def unwritable(refused: ValidationError) -> str:
    """The reason why a file cannot describe a resource."""
    error = refused.errors()[0]
    field = ".".join(map(str, error["loc"]))
    return f"cannot be put in a file: {field} {fix_of(error)}; change it in the account first"


def _read_flow(flow: Any, directory: Directory) -> AccountFlow:
    name, kind = flow.friendly_name or "", flow.integration_type
    ours = {theirs: name for name, theirs in SIDS_OF.items()}
    given = {ours.get(key, key): value for key, value in (flow.integration or {}).items()}
    known = settings_of(kind) if kind in flex_flows.DEFAULTS else ()
    fields = {
        "friendly_name": flow.friendly_name,
        "channel_type": flow.channel_type,
        "contact_identity": flow.contact_identity or None,
        "chat_service": flow.chat_service_sid,
        "integration_type": kind,
        "integration": {name: given[name] for name in known if given.get(name) is not None},
        "long_lived": bool(flow.long_lived),
        "janitor_enabled": bool(flow.janitor_enabled),
        "enabled": bool(flow.enabled),
    }
    try:
        config = FlexFlowConfig.model_validate(fields, strict=False)
    except ValidationError as refused:
        problem = unwritable(refused)
        fields["contact_identity"] = flow.contact_identity or ""
        fields["integration"] = str(flow.integration)
        return AccountFlow(flow.sid, name, None, problem, fields)
    named = named_flow(directory, config)
    settings = config.settings()
    if named.integration.channel:
        settings["channel"] = named.integration.channel
    found = _flow_parameters(config, flow.chat_service_sid, settings)
    return AccountFlow(flow.sid, name, named, "", found)
