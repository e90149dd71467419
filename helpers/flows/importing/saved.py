"""An account of which only saved resources are there: it is read as any other, by the SDK."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response

from ...account import Account
from ...flex_ui import WORKSPACE
from ...json_object import json_object
from ...mock import Credentials, parameters_of
from ..errors import FlowProblem, Problem
from ..file.config import FlexFlowConfig
from ..file.other_formats import Resource

TASKROUTER = "taskrouter.twilio.com/v1/Workspaces"
CHAT, CONVERSATIONS = "chat.twilio.com", "conversations.twilio.com"
CONVERSATION_SERVICES = "conversation_services"


@dataclass(frozen=True, slots=True)
class SavedKind:
    """A kind of resource: its noun, the prefix of its SIDs, its path, and Terraform's type.

    `operation` is what the names of the operations that write it end with.
    """

    noun: str
    prefix: str
    path: str
    terraform: str
    operation: str = ""

    def path_of(self, resource: Mapping[str, Any]) -> str:
        """The path of a resource."""
        return self.path.format_map(_Blank(resource))

    def reads(self, attribute: str) -> bool:
        """Return whether an attribute of Terraform's resource is read, or says what is known."""
        return attribute in _parameters(self) or attribute in (*_OF_ANSWERS, *_OF_PLACES)


@cache
def _parameters(kind: SavedKind) -> frozenset[str]:
    """The names of the parameters that a kind is written with, as Terraform spells them."""
    found = {"permission"}
    for verb in ("Create", "Update"):
        with suppress(LookupError):
            fields = parameters_of(kind.path.partition(".")[0], f"{verb}{kind.operation}")
            found |= {name.replace("__", "_") for name in fields.model_fields}
    return frozenset(found - {"template"})  # which makes more than the resource


_OF_PLACES = ("workspace_sid", "service_sid", "chat_service_sid", "sid", "id", "if_match")
"""Attributes that say which resource it is."""
_OF_ANSWERS = (
    *("account_sid", "url", "links", "date_created", "date_updated", "date_status_changed"),
    *("version", "revision", "valid", "errors", "warnings", "webhook_url", "limits", "media"),
    *("notifications", "permissions", "activity_name", "available", "default_activity_name"),
    *("timeout_activity_name", "assignment_activity_name", "reservation_activity_name"),
    *("document_content_type", "integration", "auto_creation", "default_activity_sid"),
    *("timeout_activity_sid", "integration_type"),
)
"""Attributes that Twilio answers, and no parameters set."""


class _Blank(dict[str, Any]):
    def __missing__(self, _: str) -> str:
        return "unknown"


def _of_workspace(noun: str, prefix: str, name: str, terraform: str) -> SavedKind:
    path = f"{TASKROUTER}/{{workspace_sid}}/{name}/{{sid}}"
    operation = {"Activities": "Activity"}.get(name, name.removesuffix("s"))
    return SavedKind(noun, prefix, path, f"twilio_taskrouter_workspaces_{terraform}_v1", operation)


KINDS = (
    SavedKind(
        "Flex Flow",
        "FO",
        "flex-api.twilio.com/v1/FlexFlows/{sid}",
        "twilio_flex_flex_flows_v1",
        "FlexFlow",
    ),
    SavedKind(
        "Studio flow", "FW", "studio.twilio.com/v2/Flows/{sid}", "twilio_studio_flows_v2", "Flow"
    ),
    SavedKind(
        "workspace", "WS", f"{TASKROUTER}/{{sid}}", "twilio_taskrouter_workspaces_v1", "Workspace"
    ),
    _of_workspace("activity", "WA", "Activities", "activities"),
    _of_workspace("task channel", "TC", "TaskChannels", "task_channels"),
    _of_workspace("queue", "WQ", "TaskQueues", "task_queues"),
    _of_workspace("workflow", "WW", "Workflows", "workflows"),
    _of_workspace("worker", "WK", "Workers", "workers"),
    SavedKind(
        "channel",
        "WC",
        f"{TASKROUTER}/{{workspace_sid}}/Workers/{{worker_sid}}/Channels/{{sid}}",
        "",
    ),
    SavedKind(
        "address configuration",
        "IG",
        f"{CONVERSATIONS}/v1/Configuration/Addresses/{{sid}}",
        "twilio_conversations_configuration_addresses_v1",
        "ConfigurationAddress",
    ),
    SavedKind(
        "conversation service",
        "IS",
        f"{CONVERSATIONS}/v1/Services/{{sid}}",
        "twilio_conversations_services_v1",
        "Service",
    ),
    SavedKind(
        "role",
        "RL",
        f"{CONVERSATIONS}/v1/Services/{{chat_service_sid}}/Roles/{{sid}}",
        "twilio_conversations_services_roles_v1",
        "ServiceRole",
    ),
    SavedKind(
        "chat service", "IS", f"{CHAT}/v2/Services/{{sid}}", "twilio_chat_services_v2", "Service"
    ),
    SavedKind(
        "role",
        "RL",
        f"{CHAT}/v2/Services/{{service_sid}}/Roles/{{sid}}",
        "twilio_chat_services_roles_v2",
        "Role",
    ),
)
BY_TYPE = {kind.terraform: kind for kind in KINDS if kind.terraform}
_OF_CHAT = ("webhook_filters", "limits", "reachability_enabled", "service_sid")
"""Fields that only the resources of Programmable Chat have."""
_HOSTS = tuple({kind.path.partition("/")[0] for kind in KINDS})


def kind_of(resource: Mapping[str, Any]) -> SavedKind | None:
    """The kind of a resource as the API answers it."""
    same = [kind for kind in KINDS if str(resource.get("sid")).startswith(kind.prefix)]
    if len(same) < 2:
        return same[0] if same else None
    url = str(resource.get("url"))
    is_chat = f"{CHAT}/" in url or (
        f"{CONVERSATIONS}/" not in url and any(name in resource for name in _OF_CHAT)
    )
    return next(kind for kind in same if kind.path.startswith(CHAT) == is_chat)


def _path_of_url(resource: Mapping[str, Any]) -> str:
    """The path of a resource without a SID, such as settings; blank if it is none of these."""
    url = str(resource.get("url") or "")
    return next((url[url.index(host) :] for host in _HOSTS if f"{host}/" in url), "")


_JSON_TEXTS = ("configuration", "attributes")
"""Fields that Twilio answers as JSON in a text."""
_OF_REQUEST = ("url", "links", "date_updated")
"""Fields that may differ from answer to answer."""


def _as_text(name: str, value: Any, place: str) -> Any:
    """JSON as a text, which it may be already; FlowProblem if it is none."""
    text = json.dumps(value) if isinstance(value, dict) else value
    if text is not None and (not isinstance(text, str) or (text and json_object(text) is None)):
        raise FlowProblem(Problem(place, name, "holds no JSON object; save the resource again"))
    return text


_STUB = {
    "description": "",
    "states": [{"name": "Trigger", "type": "trigger", "transitions": [], "properties": {}}],
    "initial_state": "Trigger",
}
"""A definition in the place of one that was not saved."""


class SavedAccount:
    """Resources of an account, by their paths in Twilio's API.

    Attributes:
        places: The place from which each resource was read, by SID.
        left_out: Number of resources of no kind of a flow file, by the prefix of their SIDs.
        stubs: Names of workspaces that were not saved, while something within them was.
        incomplete: Lists in a file, and names, of what was saved in part only.
        seen: Number of resources that were added, those left out or saved before included.
        notes: Resources that were saved twice and differ.
    """

    def __init__(self) -> None:
        self._resources: dict[str, Resource] = {}
        self.left_out: dict[str, int] = {}
        self.places: dict[str, str] = {}
        self.stubs: list[str] = []
        self.incomplete: frozenset[tuple[str, ...]] = frozenset()
        self.seen = 0
        self.notes: list[str] = []
        self._account_sid = ""

    def add(self, resource: Resource, place: str, kind: SavedKind | None = None) -> None:
        """Add a resource as the API answers it, of a kind that is found out; from this place."""
        self.seen += 1
        own = str(resource.get("account_sid") or self._account_sid)
        if self._account_sid and own != self._account_sid:
            fix = f"is of account {own}, others are of {self._account_sid}; give those of one"
            raise FlowProblem(Problem(place, str(resource.get("sid")), fix))
        self._account_sid = own
        for text in ("friendly_name", "unique_name"):
            if not isinstance(resource.get(text, ""), str | None):
                raise FlowProblem(Problem(place, text, "is no text; save the resource again"))
        kind = kind or kind_of(resource)
        path = kind.path_of(resource) if kind else _path_of_url(resource)
        if not path:
            prefix = str(resource.get("sid"))[:2]
            self.left_out[prefix] = self.left_out.get(prefix, 0) + 1
            return
        known = self._resources.get(path, {})
        one, other = resource.get("friendly_name"), known.get("friendly_name")
        if one and other and one != other:
            fix = f"is the SID of {other!r} and of {one!r}; save each with its own, and once"
            raise FlowProblem(Problem(place, str(resource.get("sid")), fix))
        given = {
            name: _as_text(name, each, place) if name in _JSON_TEXTS else each
            for name, each in resource.items()
            if each is not None or name not in known
        }
        differing = [
            name
            for name, each in given.items()
            if known.get(name) not in (None, each) and name not in _OF_REQUEST
        ]
        if differing:
            self.notes.append(
                f"{place}: {resource.get('sid') or path} was saved before, and differs in"
                f" {', '.join(differing)}; what is here is taken"
            )
        self._resources[path] = known | given
        if kind is not None:
            self.places.setdefault(str(resource["sid"]), place)

    def __len__(self) -> int:
        return len(self._resources)

    def account(self) -> Account:
        """The account, for the SDK."""
        self._complete()
        return Account("mock", Credentials.demo(), _Door(self._resources))

    def _incomplete(self) -> Iterator[tuple[str, ...]]:
        for path, resource in self._resources.items():
            name = str(resource.get("friendly_name"))
            if path.startswith("studio") and not resource.get("definition"):
                yield "studio_flows", name
            service = re.fullmatch(f"({CONVERSATIONS}/v1|{CHAT}/v2)/Services/([^/]+)", path)
            settings = f"{CONVERSATIONS}/v1/Services/{service[2]}/Configuration" if service else ""
            if service and settings not in self._resources:
                # What both APIs show is that of Conversations in a file.
                yield (
                    "chat_services" if service[1].startswith(CHAT) else CONVERSATION_SERVICES,
                    name,
                )
                continue
            for part in ("webhooks", "notifications") if service else ():
                if f"{settings}/{part.title()}" not in self._resources:
                    yield CONVERSATION_SERVICES, name, part

    def _complete(self) -> None:
        """Add the workspaces that are not there, and defaults of what Twilio always answers."""
        self.incomplete = frozenset(self._incomplete())
        spaces = {
            path.split("/")[3] for path in self._resources if path.startswith(f"{TASKROUTER}/")
        }
        absent = sorted(sid for sid in spaces if f"{TASKROUTER}/{sid}" not in self._resources)
        for sid in absent:
            name = WORKSPACE if len(spaces) == 1 else sid
            self.stubs.append(name)
            self._resources[f"{TASKROUTER}/{sid}"] = {"sid": sid, "friendly_name": name}
        for number, (path, resource) in enumerate(self._resources.items()):
            moment = f"2020-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
            resource.setdefault("date_created", moment)
            if path.startswith("studio") and not resource.get("definition"):
                resource["definition"] = _STUB
            if path.startswith("flex-api"):
                for name in ("integration_type", "enabled"):
                    if resource.get(name) is None:
                        resource[name] = FlexFlowConfig.model_fields[name].default


class _Door(HttpClient):  # type: ignore[misc]
    """Answers requests of the SDK that read."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        super().__init__(None, False, None)
        self._resources = resources
        self._below: dict[str, list[Resource]] = {}
        for path, each in resources.items():
            self._below.setdefault(path.rpartition("/")[0], []).append(each)

    def request(self, method: str, url: str, params: Any = None, *_: Any, **__: Any) -> Response:
        """Answer with a resource, or those of a collection."""
        parts = urlsplit(url)
        path = f"{parts.netloc}{parts.path}".rstrip("/")
        found = self._resources.get(path)
        if method != "GET":
            return _answer(405, {"code": 20004, "message": "Method not allowed", "status": 405})
        if found is not None:
            return _answer(200, found)
        if path.endswith(("/Configuration", "/Webhooks", "/Notifications")):
            return _answer(200, {})  # what they would be is left out of the file
        if re.search(r"/[A-Z]{2}[^/]*$", path):
            return _answer(404, {"code": 20404, "message": "Not found", "status": 404})
        page = self._below.get(path, [])
        meta = {"key": "items", "page_size": len(page), "next_page_url": None, "page": 0}
        return _answer(200, {"meta": meta, "items": page})


def _answer(status: int, content: Any) -> Response:
    return Response(status, json.dumps(content))
