"""Calls of each operation on Flex Flows, Flex channels and web channels."""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import attrgetter as of
from typing import Any

from .account import NOBODY, OTHER_HOOK, PreparedAccount
from .model import Api, Example

COMMON: dict[str, Any] = {
    "FriendlyName": "Another flow",
    "ChatServiceSid": of("service.sid"),
    "ChannelType": "sms",
    "ContactIdentity": "+15550100",
    "Enabled": False,
    "LongLived": True,
    "JanitorEnabled": True,
}
TO_STUDIO = {
    **COMMON,
    "IntegrationType": "studio",
    "Integration.FlowSid": of("studio_flow.sid"),
    "Integration.RetryCount": 2,
}
TO_URL = {
    **COMMON,
    "IntegrationType": "external",
    "Integration.Url": OTHER_HOOK,
    "Integration.RetryCount": 0,
}
TO_TASK = {
    **COMMON,
    "IntegrationType": "task",
    "Integration.WorkspaceSid": of("workspace.sid"),
    "Integration.WorkflowSid": of("workflow.sid"),
    "Integration.Channel": "chat",
    "Integration.Timeout": 3600,
    "Integration.Priority": 5,
    "Integration.CreationOnMessage": True,
}
LEAST = {
    "FlexFlowSid": of("flex_flow.sid"),
    "Identity": "user-42",
    "ChatFriendlyName": "Chat with user-42",
}
CONTACT = {
    **LEAST,
    "ChatUniqueName": "user-42-chat",
    "PreEngagementData": '{"question": "billing"}',
}


class Configuration:
    """The Configuration, whose update takes JSON; the SDK has no class for what its own takes."""

    def __init__(self, account: PreparedAccount) -> None:
        self._client = account.client
        self.fetch = account.client.flex_api.v1.configuration().fetch

    def update(self) -> None:
        """Set the language."""
        url, given = CONFIGURATION, {"account_sid": self._client.account_sid, "ui_language": "de"}
        self._client.request("POST", url, data=given, headers={"Content-Type": "application/json"})


CONFIGURATION = "https://flex-api.twilio.com/v1/Configuration"


def prepare(account: PreparedAccount) -> None:
    """Add a Flex Flow for custom channels, a Flex channel and a web channel."""
    flex = account.flex = account.client.flex_api.v1
    account.configuration = Configuration(account)
    account.flex_flow = flex.flex_flow.create(
        "Custom chat",
        account.service.sid,
        "custom",
        integration_type="task",
        integration_workspace_sid=account.workspace.sid,
        integration_workflow_sid=account.workflow.sid,
    )
    account.flex_channel = flex.channel.create(
        account.flex_flow.sid, "user-1", "Joe", "Chat", chat_unique_name="user-1-chat"
    )
    account.web_channel = flex.web_channel.create(account.flex_flow.sid, "user-2", "Jim", "Chat")


# -- where a parameter of a Flex channel is seen: in its chat channel, its user and its task


def chat_of(account: PreparedAccount, shown: Any) -> Any:
    return account.service.channels(shown["sid"]).fetch()


def user_of(account: PreparedAccount, shown: Any) -> Any:
    [member] = account.service.channels(shown["sid"]).members.list()
    return account.service.users(member.identity).fetch()


def task_of(account: PreparedAccount, shown: Any) -> Any:
    return json.loads(account.workspace.tasks(shown["task_sid"]).fetch().attributes)


def attribute(name: str) -> Callable[[PreparedAccount, Any], Any]:
    return lambda account, shown: json.loads(chat_of(account, shown).attributes)[name]


def as_json(name: str) -> Callable[[PreparedAccount, Any], Any]:
    return lambda account, shown: json.dumps(attribute(name)(account, shown))


SEEN: dict[str, Callable[[PreparedAccount, Any], Any]] = {
    "Identity": lambda account, shown: user_of(account, shown).identity,
    "ChatFriendlyName": lambda account, shown: chat_of(account, shown).friendly_name,
    "ChatUserFriendlyName": lambda account, shown: user_of(account, shown).friendly_name,
    "ChatUniqueName": lambda account, shown: chat_of(account, shown).unique_name,
    "PreEngagementData": as_json("pre_engagement_data"),
    "Target": attribute("from"),
    "LongLived": attribute("long_lived"),
    "TaskAttributes": lambda account, shown: json.dumps({"vip": task_of(account, shown)["vip"]}),
}

EXAMPLES = {
    "FetchConfiguration": (
        Example(
            "configuration.fetch",
            {"UiVersion": "2.9.0"},
            seen={"UiVersion": "ui_version"},
        ),
    ),
    "UpdateConfiguration": (Example("configuration.update"),),
    "ListFlexFlow": (Example("flex.flex_flow.list", {"FriendlyName": "Custom chat"}),),
    "CreateFlexFlow": (
        Example("flex.flex_flow.create", TO_STUDIO),
        Example(
            "flex.flex_flow.create",
            TO_URL,
            refused={45212: {"ChannelType": "custom", "ContactIdentity": None, "Enabled": True}},
        ),
        Example("flex.flex_flow.create", TO_TASK),
    ),
    "FetchFlexFlow": (Example("flex_flow.fetch"),),
    "UpdateFlexFlow": tuple(
        Example("flex_flow.update", given) for given in (TO_STUDIO, TO_URL, TO_TASK, {})
    ),
    "DeleteFlexFlow": (Example("flex_flow.delete"),),
    # Flex channels
    "ListChannel": (Example("flex.channel.list"),),
    "CreateChannel": (
        Example(
            "flex.channel.create",
            {
                **CONTACT,
                "ChatUserFriendlyName": "Jane",
                "Target": "+15550142",
                "TaskAttributes": '{"vip": true}',
                "LongLived": True,
            },
            seen=SEEN,
            refused={
                45004: {"PreEngagementData": "not JSON"},
                45205: {"FlexFlowSid": "FO" + NOBODY},
                45208: {"ChatUniqueName": "user-1-chat"},
                45211: {"Identity": "system"},
            },
        ),
        Example(
            "flex.channel.create",
            {**CONTACT, "ChatUserFriendlyName": "Jane", "TaskSid": of("task.sid")},
        ),
        Example("flex.channel.create", {**LEAST, "ChatUserFriendlyName": "Jane"}),
    ),
    "FetchChannel": (Example("flex_channel.fetch"),),
    "DeleteChannel": (Example("flex_channel.delete"),),
    # web channels
    "ListWebChannel": (Example("flex.web_channel.list"),),
    "CreateWebChannel": (
        Example(
            "flex.web_channel.create",
            {**CONTACT, "CustomerFriendlyName": "Jane"},
            seen={**SEEN, "CustomerFriendlyName": SEEN["ChatUserFriendlyName"]},
        ),
        Example("flex.web_channel.create", {**LEAST, "CustomerFriendlyName": "Jane"}),
    ),
    "FetchWebChannel": (Example("web_channel.fetch"),),
    "UpdateWebChannel": (
        Example(
            "web_channel.update",
            {"ChatStatus": "inactive", "PostEngagementData": '{"rating": 5}'},
            seen={
                "ChatStatus": lambda account, shown: attribute("status")(account, shown).lower(),
                "PostEngagementData": as_json("post_engagement_data"),
            },
        ),
    ),
    "DeleteWebChannel": (Example("web_channel.delete"),),
}
FLEX = Api(
    "flex_v1",
    "flex-api.twilio.com",
    prepare,
    EXAMPLES,
    size=16,
    paths="/v1/(Channels|Configuration|FlexFlows|WebChannels).*",
)
