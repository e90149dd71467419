"""Calls of each operation on Flex Flows, Flex channels and web channels."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from operator import attrgetter as of
from typing import Any

from twilio.base.version import Version

from .account import NOBODY, OTHER_HOOK, PreparedAccount
from .model import Api, Example, Refusal

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
    prepare_interactions(account)


class Body(dict[str, Any]):
    """A body of JSON, as the SDK takes it."""

    to_dict = dict.copy


class InteractionWebhooks:
    """The webhooks of interactions in the manner of the SDK, which has no methods for them."""

    def __init__(self, account: PreparedAccount) -> None:
        self._client = account.client
        instance = account.client.flex_api.v1.configuration().fetch().flex_instance_sid
        self._url = f"https://flex-api.twilio.com/v1/Instances/{instance}/InteractionWebhooks"
        made = self.create("https://bot.example.com/hook", ["onChannelCreated"])
        self.ttid = json.loads(made.text)["ttid"]

    def _call(self, method: str, path: str = "", **data: Any) -> Any:
        answer = self._client.request(method, self._url + path, data=data)
        if not answer.ok:
            raise Version.exception(method, self._url, answer, "Unable to carry it out")
        return answer

    def create(self, webhook_url: str, webhook_events: list[str], **more: Any) -> Any:
        given = {"WebhookUrl": webhook_url, "WebhookEvents": webhook_events, **more}
        return self._call("POST", **given)

    def list(self) -> None:
        self._call("GET")

    def fetch(self) -> None:
        self._call("GET", f"/{self.ttid}")

    def update(self) -> None:
        self._call("POST", f"/{self.ttid}", FriendlyName="Mine", Method="GET")

    def delete(self) -> None:
        self._call("DELETE", f"/{self.ttid}")


def prepare_interactions(account: PreparedAccount) -> None:
    """Add an interaction whose agent has accepted, with a transfer, and what a new one needs."""
    account.interaction_webhooks = InteractionWebhooks(account)
    account.waiting_conversation = account.conversations.conversations.create()
    account.waiting_conversation.participants.create(identity="user-3")
    conversation = account.conversations.conversations.create()
    conversation.participants.create(identity="user-4")
    made = account.flex.interaction.create(channel=about(conversation), routing=routing()(account))
    account.interaction = account.flex.interaction(made.sid).fetch()
    account.interaction_channel = channel = account.interaction.channels.list()[0]
    task = account.workspace.tasks(made.routing["properties"]["sid"])
    [offer] = task.reservations.list()
    offer.update(reservation_status="accepted")
    [_, agent] = channel.participants.list()
    account.interaction_agent = (
        account.flex.interaction(made.sid).channels(channel.sid).participants(agent.sid)
    )


def about(conversation: Any, **more: Any) -> dict[str, Any]:
    properties = {"media_channel_sid": conversation.sid}
    return {"type": "web", "initiated_by": "customer", "properties": properties, **more}


def routing(**more: Any) -> Callable[[PreparedAccount], dict[str, Any]]:
    return lambda account: {
        "properties": {
            "workspace_sid": account.workspace.sid,
            "workflow_sid": account.workflow.sid,
            "attributes": {"customerName": "Jane"},
            **more,
        }
    }


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


# -- where a parameter of an interaction is seen: in its task and its conversation


def attributes_in(shown: Any) -> Any:
    return json.loads(shown["routing"]["properties"]["attributes"])


def conversation_of(account: PreparedAccount, shown: Any) -> Any:
    return account.conversations.conversations(attributes_in(shown)["conversationSid"]).fetch()


def newest_in(account: PreparedAccount) -> Any:
    sid = attributes_in({"routing": account.interaction.routing})["conversationSid"]
    return account.conversations.conversations(sid).participants.list()[-1].identity


def status_of_task(account: PreparedAccount) -> Any:
    sid = account.interaction.routing["properties"]["sid"]
    status = account.workspace.tasks(sid).fetch().assignment_status
    return status.replace("completed", "closed")


def of_transfers(name: str) -> Callable[[PreparedAccount], Callable[..., Any]]:
    """A method of transfers, of a new one but for `create`."""

    def found(account: PreparedAccount) -> Callable[..., Any]:
        channel = account.flex.interaction(account.interaction.sid).channels(
            account.interaction_channel.sid
        )
        new = Body({"from": account.interaction_agent._solution["sid"], "to": account.queue.sid})
        if name == "create":
            return partial(channel.transfers.create, new)
        transfer = channel.transfers(channel.transfers.create(new).sid)
        return transfer.fetch if name == "fetch" else partial(transfer.update, Body(note_sid=None))

    return found


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

WAITING = routing(task_channel_unique_name="default")
"""Routing of a task that is not offered at once."""
NOT_LIVE = Refusal(after=(lambda account: account.interaction_channel.update(status="closed"),))
INTERACTION_EXAMPLES = {
    "CreateInteraction": (
        Example(
            "flex.interaction.create",
            {
                "Channel": lambda account: about(account.waiting_conversation),
                "Routing": WAITING,
                "InteractionContextSid": "HQ" + NOBODY,
                "WebhookTtid": of("interaction_webhooks.ttid"),
            },
            seen={
                "Channel": lambda account, shown: about(conversation_of(account, shown)),
                "Routing": lambda account, shown: (
                    WAITING(account) if attributes_in(shown)["customerName"] == "Jane" else None
                ),
            },
            refused={
                45351: {"Channel": {"type": "web", "initiated_by": "api", "properties": {}}},
                45366: {"Channel": {"type": "web", "initiated_by": "customer", "properties": {}}},
                501: {"Channel": lambda account: about(account.conversation, type="voice")},
            },
        ),
    ),
    "FetchInteraction": (Example("interaction.fetch"),),
    "UpdateInteraction": (
        Example("interaction.update", {"WebhookTtid": of("interaction_webhooks.ttid")}),
    ),
    "ListInteractionChannel": (Example("interaction.channels.list"),),
    "FetchInteractionChannel": (Example("interaction_channel.fetch"),),
    "UpdateInteractionChannel": (
        Example(
            "interaction_channel.update",
            {"Status": "inactive", "Routing": {"status": "closed"}},
            seen={"Routing": lambda account, shown: {"status": status_of_task(account)}},
            refused={45359: {"Status": "setup"}, 45358: {"Status": ""}},
        ),
    ),
    "ListInteractionChannelInvite": (Example("interaction_channel.invites.list"),),
    "CreateInteractionChannelInvite": (
        Example(
            "interaction_channel.invites.create",
            {"Routing": routing()},
            seen={
                "Routing": lambda account, shown: (
                    routing()(account)
                    if attributes_in(shown)["flexChannelInviteSid"] == shown["sid"]
                    else None
                )
            },
            refused={45354: NOT_LIVE},
        ),
    ),
    "ListInteractionChannelParticipant": (Example("interaction_channel.participants.list"),),
    "CreateInteractionChannelParticipant": (
        Example(
            "interaction_channel.participants.create",
            {
                "Type": "supervisor",
                "MediaProperties": {"identity": "carol"},
                "RoutingProperties": lambda account: {
                    "task_sid": account.task.sid,
                    "worker_sid": account.worker.sid,
                    "reservation_sid": account.reservation.sid,
                },
            },
            seen={
                "Type": "type",
                "MediaProperties": lambda account, shown: {"identity": newest_in(account)},
                "RoutingProperties": "routing_properties",
            },
        ),
    ),
    "UpdateInteractionChannelParticipant": (
        Example(
            "interaction_agent.update",
            {"Status": "wrapup"},
            seen={"Status": lambda account, shown: status_of_task(account).replace("ping", "up")},
        ),
    ),
    "CreateInteractionTransfer": (Example(of_transfers("create")),),
    "FetchInteractionTransfer": (Example(of_transfers("fetch")),),
    "UpdateInteractionTransfer": (Example(of_transfers("update")),),
}
EXAMPLES = {
    **INTERACTION_EXAMPLES,
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
    size=30,
    paths="/v1/(Channels|Configuration|FlexFlows|Interactions|WebChannels).*",
)
FLEX_WEBHOOKS = Api(
    "flex_v1",
    "flex-api.twilio.com",
    lambda account: None,
    {
        "CreateInteractionWebhook": (
            Example(
                "interaction_webhooks.create",
                {"WebhookUrl": OTHER_HOOK, "WebhookEvents": ["onParticipantJoined"]},
                refused={45366: {"WebhookEvents": ["onTyping"]}},
            ),
        ),
        "ListInteractionWebhook": (Example("interaction_webhooks.list"),),
        "FetchInteractionWebhook": (Example("interaction_webhooks.fetch"),),
        "UpdateInteractionWebhook": (Example("interaction_webhooks.update"),),
        "DeleteInteractionWebhook": (Example("interaction_webhooks.delete"),),
    },
    size=None,
)
"""Webhooks of interactions, which Twilio's document leaves out."""


def prepare_web_chats(account: PreparedAccount) -> None:
    account.web_chats = account.client.flex_api.v2.web_channels


def conversation_at(account: PreparedAccount, shown: Any) -> Any:
    return account.conversations.conversations(shown["conversation_sid"]).fetch()


WEB_CHATS = Api(
    "flex_v2",
    "flex-api.twilio.com",
    prepare_web_chats,
    {
        "CreateWebChannel": (
            Example(
                "web_chats.create",
                {
                    "AddressSid": of("web_address.sid"),
                    "ChatFriendlyName": "Chat with Jane",
                    "CustomerFriendlyName": "Jane",
                    "PreEngagementData": '{"question": "billing"}',
                    "Identity": "visitor-1",
                },
                seen={
                    "AddressSid": lambda account, _: account.web_address.sid,
                    "ChatFriendlyName": lambda *about: conversation_at(*about).friendly_name,
                    "CustomerFriendlyName": lambda account, shown: (
                        account.service.users(shown["identity"]).fetch().friendly_name
                    ),
                    "PreEngagementData": lambda *about: json.dumps(
                        json.loads(conversation_at(*about).attributes)["pre_engagement_data"]
                    ),
                    "Identity": "identity",
                },
                refused={
                    45745: {"AddressSid": of("service.sid")},
                    45744: {"AddressSid": "IG" + NOBODY},
                    45731: {"PreEngagementData": json.dumps({"text": "x" * 16 * 1024})},
                    45733: {"PreEngagementData": "not JSON"},
                },
            ),
            Example("web_chats.create", {"AddressSid": of("web_address.sid")}),
        )
    },
    size=1,
    paths="/v2/WebChats",
)
