"""The migrated set-up as a flow file, which the workbench checks, plans, applies and rehearses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from ..flows import AddressConfig, CustomChatConfig, FlowFile
from ..flows.accounts.ways_in import unwritable
from .legacy import LegacyAccount, Resource
from .rules import ADDRESS_TYPES, YOUR_URL, address_of

Moved = AddressConfig | CustomChatConfig
NO_INTERACTION = "no-interaction"


class SetUp:
    """The ways into Flex Conversations that take the place of an account's enabled Flex Flows."""

    def __init__(self, source: LegacyAccount) -> None:
        self._source = source
        self.by_flow: dict[str, Moved] = {}
        """By the SID of the Flex Flow."""
        self.left_out: dict[str, str] = {}
        """Reasons why a file cannot describe what takes a Flex Flow's place, by its name."""
        for number, flow in enumerate(source.flex_flows, 1):
            if flow.get("enabled"):
                self._add(str(flow.get("sid") or f"flow {number}"), flow)

    def _add(self, sid: str, flow: Resource) -> None:
        name = str(flow.get("friendly_name") or sid)
        labels = {each.label for each in self.by_flow.values()}
        try:
            moved = self._moved(flow, name)
            if moved.label in labels:  # names of Flex Flows may be shared, those of a file not
                name = f"{name} ({sid})"
                moved = self._moved(flow, name)
        except ValidationError as refused:
            self.left_out[name] = unwritable(refused)
            return
        if moved.label in labels:
            self.left_out[name] = "has the address of another Flex Flow"
        else:
            self.by_flow[sid] = moved

    @property
    def file(self) -> FlowFile:
        """All of them."""
        moved = self.by_flow.values()
        return FlowFile(
            (),
            "the migrated set-up",
            addresses=tuple(each for each in moved if isinstance(each, AddressConfig)),
            custom_chats=tuple(each for each in moved if isinstance(each, CustomChatConfig)),
            lists=("address_configurations",),
        )

    def _moved(self, flow: Resource, name: str) -> Moved:
        kind, channel = flow.get("integration_type"), flow.get("channel_type") or ""
        type_: Any = ADDRESS_TYPES.get(channel)
        settings = flow.get("integration") or {}
        common: dict[str, Any] = {
            "friendly_name": name,
            "long_lived": bool(flow.get("long_lived")),
        }
        creation: dict[str, Any] = {"type": "default", **self._service(flow)}
        if kind == "studio":
            named = _name(self._source.studio_flows, settings.get("flow_sid"))
            creation |= {"type": "studio", "studio_flow": named}
            if type_ is not None:
                creation["studio_retry_count"] = settings.get("retry_count")
        elif kind == "external":
            creation |= {"type": "webhook", "webhook_url": settings.get("url")}
            common["accept"] = (NO_INTERACTION,)
        else:
            waits = bool(settings.get("creation_on_message")) or type_ not in (None, "chat")
            common["interaction"] = self._interaction(settings, channel, waits=waits)
            if waits:
                creation |= {"type": "webhook", "webhook_url": YOUR_URL}
        if type_ is None:
            return CustomChatConfig.model_validate(common | {"creation": creation}, strict=False)
        made = {"type": type_, "address": address_of(flow), "auto_creation": creation}
        return AddressConfig.model_validate(common | made, strict=False)

    def _service(self, flow: Resource) -> dict[str, str]:
        """The service of new conversations, where the account has several."""
        if len(self._source.services) < 2 or not flow.get("chat_service_sid"):
            return {}
        named = _name(self._source.services, flow["chat_service_sid"])
        return {"conversation_service": named}

    def _interaction(self, settings: Resource, channel: str, *, waits: bool) -> dict[str, Any]:
        names = ("channel", "timeout", "priority")
        return {
            "workspace": _name(self._source.workspaces, settings.get("workspace_sid")),
            "workflow": _name(self._source.workflows, settings.get("workflow_sid")),
            "creation_on_message": waits,
            "attributes": {"channelType": channel},
            **{name: settings[name] for name in names if settings.get(name) is not None},
        }


def _name(resources: Sequence[Resource], sid: Any) -> str:
    """The name of a resource where it is the only one of it, else its SID."""
    names = {each.get("sid"): each.get("friendly_name") for each in resources}
    name = names.get(sid)
    return str(name if name and [*names.values()].count(name) == 1 else sid or "")
