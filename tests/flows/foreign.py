"""Files as other tools write them, made from an account: API answers, states, configurations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers import Account

FLEX, STUDIO = "https://flex-api.twilio.com/v1", "https://studio.twilio.com/v2"
TASKROUTER = "https://taskrouter.twilio.com/v1/Workspaces"
CONVERSATIONS, CHAT = "https://conversations.twilio.com/v1", "https://chat.twilio.com/v2"
OF_SERVICE = ("Configuration", "Configuration/Webhooks", "Configuration/Notifications")
OF_WORKSPACE = ("Activities", "TaskChannels", "TaskQueues", "Workflows", "Workers")
TYPES = {
    "flex_flows": "twilio_flex_flex_flows_v1",
    "flows": "twilio_studio_flows_v2",
    "workspaces": "twilio_taskrouter_workspaces_v1",
    "activities": "twilio_taskrouter_workspaces_activities_v1",
    "channels": "twilio_taskrouter_workspaces_task_channels_v1",
    "task_queues": "twilio_taskrouter_workspaces_task_queues_v1",
    "workflows": "twilio_taskrouter_workspaces_workflows_v1",
    "workers": "twilio_taskrouter_workspaces_workers_v1",
    "chat services": "twilio_chat_services_v2",
    "chat roles": "twilio_chat_services_roles_v2",
    "conversations services": "twilio_conversations_services_v1",
    "conversations roles": "twilio_conversations_services_roles_v1",
    "address_configurations": "twilio_conversations_configuration_addresses_v1",
}
"""Types of the provider by the keys of list answers, some with their product."""


def get(account: Account, url: str) -> Any:
    """The answer to a GET request, as curl would save it."""
    return json.loads(account.client.request("GET", url).text)


def lists(account: Account) -> dict[str, Any]:
    """List answers of the API, by name; definitions of Studio flows one by one."""
    found = {"flex_flows": get(account, f"{FLEX}/FlexFlows")}
    spaces = found["workspaces"] = get(account, TASKROUTER)
    for space in spaces["workspaces"]:
        for name in OF_WORKSPACE:
            found[f"{name} of {space['sid']}"] = get(account, f"{TASKROUTER}/{space['sid']}/{name}")
        for worker in found[f"Workers of {space['sid']}"]["workers"]:
            found[f"channels of {worker['sid']}"] = get(account, f"{worker['url']}/Channels")
    found["addresses"] = get(account, f"{CONVERSATIONS}/Configuration/Addresses")
    services = found["conversation services"] = get(account, f"{CONVERSATIONS}/Services")
    for service in services["services"]:
        for name in (*OF_SERVICE, "Roles"):
            one = f"{CONVERSATIONS}/Services/{service['sid']}/{name}"
            found[f"{service['sid']} {name.replace('/', ' ')}"] = get(account, one)
    found["chat services"] = get(account, f"{CHAT}/Services")
    for service in found["chat services"]["services"]:
        one = f"{CHAT}/Services/{service['sid']}/Roles"
        found[f"{service['sid']} chat roles"] = get(account, one)
    for flow in get(account, f"{STUDIO}/Flows")["flows"]:
        found[f"flow {flow['sid']}"] = get(account, f"{STUDIO}/Flows/{flow['sid']}")
    return found


def write_lists(account: Account, folder: Path) -> None:
    """A file for each answer."""
    for name, answer in lists(account).items():
        (folder / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")


def _resources(account: Account) -> Iterator[tuple[str, dict[str, Any]]]:
    for answer in lists(account).values():
        if "meta" in answer:
            key = answer["meta"]["key"]
            of_workers = key == "channels" and "/Workers/" in answer["meta"]["url"]
            for each in () if of_workers else answer[key]:  # the provider has none of these
                product = "chat" if each["url"].startswith(CHAT) else "conversations"
                if kind := TYPES.get(key) or TYPES.get(f"{product} {key}"):
                    yield kind, each
        elif "definition" in answer:
            yield TYPES["flows"], answer


def attributes(kind: str, resource: dict[str, Any]) -> dict[str, Any]:
    """The attributes that the provider keeps of a resource."""
    found = dict(resource)
    for part in ("integration", "auto_creation", "limits"):
        for name, value in (found.pop(part, None) or {}).items():
            found[f"{part}_{name}"] = value
    if "permissions" in found:
        found["permission"] = found.pop("permissions")
    if "definition" in found:
        found["definition"] = json.dumps(found["definition"])
    dropped = ("links", "url", "date_created", "date_updated", "account_sid")
    parents = [found[name] for name in ("workspace_sid",) if name in found]
    kept = {name: value for name, value in found.items() if name not in dropped}
    if kind == TYPES["conversations services"]:
        kept = {"sid": kept["sid"], "friendly_name": kept["friendly_name"]}
    return kept | {"id": "/".join([*parents, found["sid"]]), "if_match": None}


def state(account: Account) -> dict[str, Any]:
    """A state of Terraform, format 4."""
    return {
        "version": 4,
        "terraform_version": "1.9.8",
        "serial": 7,
        "lineage": "5d7e2a0c-8a3b-c1b9-14a1-8a2f3c1d0e5f",
        "outputs": {},
        "resources": [
            {
                "mode": "managed",
                "type": kind,
                "name": f"own_{number}",
                "provider": 'provider["registry.terraform.io/twilio/twilio"]',
                "instances": [
                    {
                        "schema_version": 0,
                        "attributes": attributes(kind, each),
                        "sensitive_attributes": [],
                    }
                ],
            }
            for number, (kind, each) in enumerate(_resources(account))
        ],
        "check_results": None,
    }


def shown_state(account: Account) -> dict[str, Any]:
    """The same as `terraform show -json` writes it, in a module."""
    resources = [
        {
            "address": f"module.flex.{each['type']}.{each['name']}",
            "mode": "managed",
            "type": each["type"],
            "name": each["name"],
            "values": each["instances"][0]["attributes"],
            "sensitive_values": {},
        }
        for each in state(account)["resources"]
    ]
    modules = [{"address": "module.flex", "resources": resources}]
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.8",
        "values": {"root_module": {"resources": [], "child_modules": modules}},
    }
