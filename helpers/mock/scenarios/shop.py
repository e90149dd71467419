"""A shop's Flex: queues by skill, four agents, an app and a web site, a bot, and a CRM."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from .story import MINUTE, ScenarioCustomer, Story

APP, BOT = "Shop app", "Shop bot"
CRM_URL = "https://crm.example.com/chat-events"
HIRED = {"carol": "returns", "dave": "billing"}
"""Agents besides Alice and Bob, and their skill."""


class Crm:
    """A web service that receives messages by webhook, and is down at times.

    It answers in a loaded account too, so that no webhook goes to the network.
    """

    def __init__(self) -> None:
        self.is_down = False

    def __call__(self, request: object) -> int:
        """Return the status to answer with."""
        return HTTPStatus.SERVICE_UNAVAILABLE if self.is_down else HTTPStatus.OK


def equip(story: Story) -> Crm:
    """Set the shop up over REST, as its engineers would."""
    crm = Crm()
    story.receive(CRM_URL, crm)
    story.service.update(
        post_webhook_url=CRM_URL, webhook_filters=["onMessageSent"], post_webhook_retry_count=1
    )
    for name, skill in HIRED.items():
        attributes = {
            "contact_uri": f"client:{name}",
            "full_name": name.title(),
            "skills": [skill],
        }
        story.workspace.workers.create(name, attributes=json.dumps(attributes))
    [everyone] = story.workspace.task_queues.list(friendly_name="Everyone")
    filters = []
    for skill in HIRED.values():
        queue = story.workspace.task_queues.create(
            skill.title(), target_workers=f'skills HAS "{skill}"', max_reserved_workers=1
        )
        filters.append(
            {
                "filter_friendly_name": skill.title(),
                "expression": f'topic == "{skill}"',
                "targets": [{"queue": queue.sid}],
            }
        )
    routing = {"filters": filters, "default_filter": {"queue": everyone.sid}}
    story.workflow.update(
        configuration=json.dumps({"task_routing": routing}), task_reservation_timeout=30 * MINUTE
    )
    story.task_flow(friendly_name=APP)
    bot = story.client.studio.v2.flows.create(
        friendly_name=BOT, status="published", definition=_menu(story)
    )
    _flow(story, "web").update(integration_flow_sid=bot.sid, janitor_enabled=True)
    return crm


def app_customer(story: Story, identity: str, name: str, topic: str, body: str) -> ScenarioCustomer:
    """Start a chat of a customer through the app, with a first message."""
    task = json.dumps({"topic": topic})
    customer = story.chat(_flow(story, "custom").sid, identity, name, task_attributes=task)
    customer.says(body)
    return customer


def visitor(story: Story, identity: str, name: str) -> ScenarioCustomer:
    """Start a chat of a visitor of the web site, which the bot answers first."""
    made = story.client.flex_api.v1.web_channel.create(
        flex_flow_sid=_flow(story, "web").sid,
        identity=identity,
        customer_friendly_name=name,
        chat_friendly_name=f"Web chat with {name}",
    )
    return ScenarioCustomer(story, made, identity)


def _flow(story: Story, channel_type: str) -> Any:
    flows = story.client.flex_api.v1.flex_flow.list()
    return next(flow for flow in flows if flow.channel_type == channel_type)


def _menu(story: Story) -> dict[str, Any]:
    """A bot that asks for a choice: opening hours, which it answers, or an agent."""
    [chat] = [each for each in story.workspace.task_channels.list() if each.unique_name == "chat"]
    attributes = {
        "name": "{{trigger.message.ChannelAttributes.from}}",
        "channelType": "web",
        "channelSid": "{{trigger.message.ChannelSid}}",
    }
    question = "Hi! Answer 1 for opening hours, 2 for an agent."
    return {
        "description": "Tells opening hours or hands over to an agent",
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
        "states": [
            _widget("Trigger", "trigger", [_to("incomingMessage", "menu")]),
            _widget(
                "menu",
                "send-and-wait-for-reply",
                [_to("incomingMessage", "choice"), _to("timeout", "goodbye")],
                **{"from": BOT, "body": question, "timeout": "3600"},
            ),
            _widget(
                "choice",
                "split-based-on",
                [_to("noMatch", "menu"), _if("1", "hours"), _if("2", "agent")],
                input="{{widgets.menu.inbound.Body}}",
            ),
            _say("hours", "We are open from 9 to 17, Monday to Friday."),
            _say("goodbye", "Bye for now!"),
            _widget(
                "agent",
                "send-to-flex",
                [_to("callComplete")],
                workflow=story.workflow.fetch().sid,
                channel=chat.sid,
                attributes=json.dumps(attributes),
            ),
        ],
    }


def _widget(name: str, kind: str, transitions: list[dict[str, Any]], **properties: Any) -> Any:
    return {"name": name, "type": kind, "transitions": transitions, "properties": properties}


def _say(name: str, body: str) -> Any:
    return _widget(name, "send-message", [_to("sent")], **{"from": BOT, "body": body})


def _to(event: str, target: str | None = None) -> dict[str, Any]:
    return {"event": event} if target is None else {"event": event, "next": target}


def _if(choice: str, target: str) -> dict[str, Any]:
    condition = {
        "friendly_name": f"chose {choice}",
        "type": "equal_to",
        "arguments": ["{{widgets.menu.inbound.Body}}"],
        "value": choice,
    }
    return {**_to("match", target), "conditions": [condition]}
