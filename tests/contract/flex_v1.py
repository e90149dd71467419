"""How each operation on Flex Flows, Flex channels and web channels is called."""

from __future__ import annotations

from operator import attrgetter as of
from typing import Any

from scenarios import Call, Scenarios

PATHS = ("/v1/Channels", "/v1/FlexFlows", "/v1/WebChannels")
"""Where these operations are found in Twilio's document, which holds all of Flex."""

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
    "Integration.Url": "https://other.example.com/hook",
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

SCENARIOS: Scenarios = {
    "ListFlexFlow": (Call("flex.flex_flow.list", {"FriendlyName": "Custom chat"}),),
    "CreateFlexFlow": tuple(
        Call("flex.flex_flow.create", given) for given in (TO_STUDIO, TO_URL, TO_TASK)
    ),
    "FetchFlexFlow": (Call("flex_flow.fetch"),),
    "UpdateFlexFlow": tuple(
        Call("flex_flow.update", given) for given in (TO_STUDIO, TO_URL, TO_TASK, {})
    ),
    "DeleteFlexFlow": (Call("flex_flow.delete"),),
    # Flex channels
    "ListChannel": (Call("flex.channel.list"),),
    "CreateChannel": (
        Call(
            "flex.channel.create",
            {
                **CONTACT,
                "ChatUserFriendlyName": "Jane",
                "Target": "+15550142",
                "TaskAttributes": '{"vip": true}',
                "LongLived": True,
            },
        ),
        Call(
            "flex.channel.create",
            {**CONTACT, "ChatUserFriendlyName": "Jane", "TaskSid": of("task.sid")},
        ),
        Call("flex.channel.create", {**LEAST, "ChatUserFriendlyName": "Jane"}),
    ),
    "FetchChannel": (Call("flex_channel.fetch"),),
    "DeleteChannel": (Call("flex_channel.delete"),),
    # web channels
    "ListWebChannel": (Call("flex.web_channel.list"),),
    "CreateWebChannel": (
        Call("flex.web_channel.create", {**CONTACT, "CustomerFriendlyName": "Jane"}),
        Call("flex.web_channel.create", {**LEAST, "CustomerFriendlyName": "Jane"}),
    ),
    "FetchWebChannel": (Call("web_channel.fetch"),),
    "UpdateWebChannel": (
        Call(
            "web_channel.update",
            {"ChatStatus": "inactive", "PostEngagementData": '{"rating": 5}'},
        ),
    ),
    "DeleteWebChannel": (Call("web_channel.delete"),),
}
