"""Legacy resources of an account, read over REST or from saved JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from ..account import Account
from ..flex_ui import ignore_not_found

Resource = dict[str, Any]
"""A resource as REST shows it, in snake case."""


class UnreadableAccount(ValueError):
    """Saved JSON does not describe an account; the text says where and what to do."""


@dataclass(frozen=True)
class LegacyAccount:
    """The legacy resources of an account, each a list as REST shows it.

    Attributes:
        account_sid: The account; blank where saved JSON does not say.
        flex_flows: Flex Flows.
        services: Chat services.
        channels: Chat channels of all services.
        channel_webhooks: Webhooks of these channels.
        invites: Pending invites to them.
        studio_flows: The Studio flows that Flex Flows and channel webhooks start, with their
            published `definition`.
        workspaces: Workspaces that Flex Flows name.
        workflows: Their workflows that Flex Flows name.
    """

    account_sid: str = ""
    flex_flows: list[Resource] = field(default_factory=list)
    services: list[Resource] = field(default_factory=list)
    channels: list[Resource] = field(default_factory=list)
    channel_webhooks: list[Resource] = field(default_factory=list)
    invites: list[Resource] = field(default_factory=list)
    studio_flows: list[Resource] = field(default_factory=list)
    workspaces: list[Resource] = field(default_factory=list)
    workflows: list[Resource] = field(default_factory=list)

    def write(self, path: str | Path) -> None:
        """Save as JSON that `read` takes."""
        Path(path).write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False), "utf-8")

    def __repr__(self) -> str:
        held = (f"{len(getattr(self, name))} {name.replace('_', ' ')}" for name in _LISTS)
        return f"<LegacyAccount {self.account_sid}: {', '.join(held)}>"


_LISTS = tuple(each.name for each in fields(LegacyAccount))[1:]


def read(
    source: Account | str | Path,
    progress: Callable[[str], None] | None = None,
) -> LegacyAccount:
    """Read an account's legacy resources; nothing is changed.

    Args:
        source: An account, or the path of JSON: what `LegacyAccount.write` saved, or an object
            with lists of these names as Twilio's API answers them (pages of several services and
            channels joined).
        progress: Called with a line for each chat service that is read.

    Raises:
        UnreadableAccount: The JSON does not describe an account.
        TwilioException: The account refuses.
        OSError: The file cannot be read.
    """
    if isinstance(source, str | Path):
        return _saved(Path(source))
    client, found = source.client, LegacyAccount(source.credentials.account_sid)
    found.flex_flows.extend(_shown(client.flex_api.v1.flex_flow.list()))
    for service in client.chat.v2.services.list():
        if progress:
            progress(f"Chat service {service.friendly_name} ({service.sid})")
        found.services.extend(_shown([service]))
        for channel in client.chat.v2.services(service.sid).channels.list():
            found.channels.extend(_shown([channel]))
            parts = client.chat.v2.services(service.sid).channels(channel.sid)
            with ignore_not_found():  # a channel that is deleted meanwhile
                found.channel_webhooks.extend(_shown(parts.webhooks.list()))
                found.invites.extend(_shown(parts.invites.list()))
    for sid in _started(found):
        with ignore_not_found():  # a Flex Flow can outlive its Studio flow
            found.studio_flows.extend(_shown([client.studio.v2.flows(sid).fetch()]))
    workspaces = client.taskrouter.v1.workspaces
    for space_sid, workflow_sids in _routed(found).items():
        with ignore_not_found():  # or its workflow
            found.workspaces.extend(_shown([workspaces(space_sid).fetch()]))
            for sid in workflow_sids:
                found.workflows.extend(_shown([workspaces(space_sid).workflows(sid).fetch()]))
    return found


def _shown(resources: Iterable[Any]) -> list[Resource]:
    """Resources of the SDK as plain JSON."""
    return [
        {name: _plain(value) for name, value in vars(each).items() if not name.startswith("_")}
        for each in resources
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _started(account: LegacyAccount) -> list[str]:
    """SIDs of the Studio flows that are started, each once."""
    settings = [flow.get("integration") or {} for flow in account.flex_flows]
    settings += [hook.get("configuration") or {} for hook in account.channel_webhooks]
    return list(dict.fromkeys(sid for each in settings if (sid := each.get("flow_sid"))))


def _routed(account: LegacyAccount) -> dict[str, list[str]]:
    """SIDs of the workflows that Flex Flows name, by workspace."""
    found: dict[str, list[str]] = {}
    for flow in account.flex_flows:
        settings = flow.get("integration") or {}
        if settings.get("workspace_sid") and settings.get("workflow_sid"):
            workflows = found.setdefault(settings["workspace_sid"], [])
            if settings["workflow_sid"] not in workflows:
                workflows.append(settings["workflow_sid"])
    return found


_TYPES: dict[str, Any] = {
    "sid": str | None,
    "friendly_name": str | None,
    "channel_type": str | None,
    "integration_type": str | None,
    "integration": dict | None,
    "definition": dict | None,
}
"""Types of the fields that are read of several kinds of resources."""


_WITHOUT_SID = ("flex_flows", "workspaces", "workflows")
"""Lists whose resources may be known by their names alone."""


def _saved(path: Path) -> LegacyAccount:
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise UnreadableAccount(f"{path}: not JSON: {error}") from None
    except RecursionError:
        raise UnreadableAccount(f"{path}: is nested too deep") from None
    if not isinstance(found, dict):
        raise UnreadableAccount(f"{path}: an object with lists such as flex_flows is expected")
    if not found.keys() & set(_LISTS):
        raise UnreadableAccount(f"{path}: none of the lists {', '.join(_LISTS)} is in it")
    for name in _LISTS:
        each = found.get(name, [])
        if not isinstance(each, list) or not all(isinstance(one, dict) for one in each):
            raise UnreadableAccount(f"{path}: {name} must be a list of objects")
        for at, one in enumerate(each):
            wrong = [key for key, kind in _TYPES.items() if not isinstance(one.get(key), kind)]
            wrong += ["sid"] if one.get("sid") is None and name not in _WITHOUT_SID else []
            if wrong:
                raise UnreadableAccount(
                    f"{path}: {name}[{at}]: {wrong[0]} is missing, or not as the API answers it"
                )
    sid = found.get("account_sid")
    lists = {name: found[name] for name in _LISTS if name in found}
    return LegacyAccount(account_sid=sid if isinstance(sid, str) else "", **lists)
