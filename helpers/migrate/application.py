"""Python for an application that has to do itself what Flex Flows did."""

from __future__ import annotations

import json
from typing import Any

from .legacy import Resource

MESSAGE_ADDED = "onMessageAdded"
ON_MESSAGE = "# with the first message that the webhook brings, of this ConversationSid:\n"


def opening(service: str, channel: str) -> str:
    """Create a conversation with the customer in it."""
    return (
        f'service = client.conversations.v1.services("{service}")\n'
        "conversation = service.conversations.create(\n"
        "    attributes=json.dumps(\n"
        "        {\n"
        f'            "channel_type": "{channel}",\n'
        '            "from": customer_name,\n'
        '            "pre_engagement_data": {"friendlyName": customer_name},\n'
        "        }\n"
        "    )\n"
        ")\n"
        "chat = service.conversations(conversation.sid)\n"
        "chat.participants.create(identity=identity)\n"
    )


def web_chat() -> str:
    """Create a WebChat of an address."""
    return (
        "chat = client.flex_api.v2.web_channels.create(\n"
        "    address_sid=address_sid,\n"
        "    customer_friendly_name=customer_name,\n"
        '    pre_engagement_data=json.dumps({"friendlyName": customer_name}),\n'
        "    identity=identity,\n"
        ")\n"
    )


def webhook_to_studio(flow_sid: Any) -> str:
    """Add a scoped webhook that starts a Studio flow."""
    return _webhook("studio", f"    configuration_flow_sid={json.dumps(flow_sid)},\n")


def webhook_to(url: Any) -> str:
    """Add a scoped webhook that posts messages to a server."""
    given = f"    configuration_url={json.dumps(url)},\n" + '    configuration_method="POST",\n'
    return _webhook("webhook", given)


def _webhook(target: str, given: str) -> str:
    filters = f'    configuration_filters=["{MESSAGE_ADDED}"],\n'
    return f'chat.webhooks.create(\n    target="{target}",\n{given}{filters})\n'


def interaction(
    settings: Resource, channel: str, *, kind: str = "web", sid: str = "conversation.sid"
) -> str:
    """Create the Interaction of a conversation, with the routing of a Flex Flow."""
    routing = {
        "workspace_sid": settings.get("workspace_sid"),
        "workflow_sid": settings.get("workflow_sid"),
        "task_channel_unique_name": settings.get("channel"),
        "priority": settings.get("priority"),
        "timeout": settings.get("timeout"),
    }
    given = "".join(
        f"            {json.dumps(name)}: {json.dumps(value)},\n"
        for name, value in routing.items()
        if value is not None
    )
    return (
        "client.flex_api.v1.interaction.create(\n"
        "    channel={\n"
        f'        "type": "{kind}",\n'
        '        "initiated_by": "customer",\n'
        f'        "properties": {{"media_channel_sid": {sid}}},\n'
        "    },\n"
        "    routing={\n"
        '        "properties": {\n'
        f"{given}"
        '            "attributes": {"from": customer_name, "channelType": "'
        f'{channel}"}},\n'
        "        }\n"
        "    },\n"
        ")\n"
    )
