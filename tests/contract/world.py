"""A mock account with one of everything, for operations to work on."""

from __future__ import annotations

import json
from typing import Any

from recorder import Recorder
from taskrouter_world import Floor

from helpers import Account, connect

BOT = "https://bot.example.com"


class World:
    """What exists before an operation is tried: each attribute is an instance of the SDK's."""

    def __init__(self) -> None:
        mock = connect().mock
        assert mock is not None
        self.recorder = Recorder(mock.http_client)
        self.account = Account("mock", mock.credentials, self.recorder, mock)
        self.mock = mock
        self.client = self.account.client
        self.chat = self.client.chat.v2
        self.flex = self.client.flex_api.v1
        self.taskrouter = self.client.taskrouter.v1
        self.account.clock.freeze()  # so that ages are the same whenever they are asked for
        self._furnish_service()
        self._furnish_channel()
        self._furnish_bindings()
        self._furnish_flex()

    def _furnish_service(self) -> None:
        self.service = self.chat.services(self.account.credentials.chat_service_sid).fetch()
        roles = {role.friendly_name: role for role in self.service.roles.list()}
        self.channel_admin, self.service_admin = roles["channel admin"], roles["service admin"]
        self.spare_role = self.service.roles.create("greeter", "channel", ["sendMessage"])
        self.user, self.invited, self.bystander = (
            self.service.users.create(identity) for identity in ("jane", "alice", "bob")
        )

    def _furnish_channel(self) -> None:
        self.channel = self.service.channels.create(friendly_name="Support")
        self.member = self.channel.members.create("jane")
        self.user_channel = self.user.user_channels(self.channel.sid).fetch()
        self.message = self.channel.messages.create(body="Hello", from_="jane")
        self.channel.messages.create(body="Is anybody there?", from_="jane")
        self.invite = self.channel.invites.create("alice")
        hooks = self.channel.webhooks
        self.webhook = hooks.create(
            "webhook", configuration_url=BOT, configuration_filters=["onMessageSent"]
        )
        self.trigger = hooks.create(
            "trigger", configuration_url=BOT, configuration_triggers=["help"]
        )
        self.studio_flow = self.client.studio.v2.flows.list()[0]
        self.handler = hooks.create("studio", configuration_flow_sid=self.studio_flow.sid)

    def _furnish_bindings(self) -> None:
        self.credential = self.chat.credentials.create("fcm")
        token = self.account.chat_token("jane")
        sid = self.mock.bind_push(token, self.credential.sid, "a phone")
        self.mock.bind_push(token, self.credential.sid, "a tablet")
        self.binding = self.service.bindings(sid).fetch()
        self.user_binding = self.user.user_bindings(sid).fetch()

    def _furnish_flex(self) -> None:
        self.workspace = self.taskrouter.workspaces.list()[0]
        self.floor = Floor(self.workspace)
        self.workflow = self.workspace.workflows.list()[0]
        self.task = self.workspace.tasks.create(workflow_sid=self.workflow.sid)
        self.flex_flow = self.flex.flex_flow.create(
            "Custom chat",
            self.service.sid,
            "custom",
            integration_type="task",
            integration_workspace_sid=self.workspace.sid,
            integration_workflow_sid=self.workflow.sid,
        )
        self.flex_channel = self.flex.channel.create(self.flex_flow.sid, "user-1", "Joe", "Chat")
        self.web_channel = self.flex.web_channel.create(self.flex_flow.sid, "user-2", "Jim", "Chat")

    @property
    def upload(self) -> str:
        """The SID of a file that was uploaded just now; the SDK has no method for it."""
        url = f"https://mcs.us1.twilio.com/v1/Services/{self.service.sid}/Media"
        headers = {"Content-Type": "text/plain"}
        answer = self.client.request("POST", url, data=b"Hello", headers=headers)
        return str(json.loads(answer.text)["sid"])

    def found_at(self, url: str) -> Any:
        """What a resource's own URL answers."""
        return json.loads(self.client.request("GET", url).text)
