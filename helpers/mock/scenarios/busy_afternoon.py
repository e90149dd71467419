"""Four hours of a shop's customer care, up to now.

The shop has queues by skill, four agents, an app and a web site, a bot, and a CRM.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from .story import DAY, MINUTE, ScenarioAgent, ScenarioCustomer, Story, chats

BEGINS = 30 * DAY
APP, BOT = "Shop app", "Shop bot"
CRM_URL = "https://crm.example.com/chat-events"
HIRED = {"carol": "returns", "dave": "billing"}
"""Agents besides Alice and Bob, and their skill."""
# minutes ago, customer and topic
FINISHED = """
240 user-101 Ines orders
Where is my parcel?
It left the depot this morning; you should have it tomorrow.
Great, thanks!

222 user-102 Omar returns
I would like to send the kettle back.
The label is in your inbox.
Got it.

205 user-103 Mei orders
Can I add a second cup to order 2031?
It is packed already, I am afraid. Shall I make a new order?
Yes, please.
Done: it is order 2077.

172 user-104 Paul orders
Do you ship to Iceland?
We do, in five days.
Perfect.

138 user-105 Aylin returns
My refund has not come yet.
It was paid out today.
Then I will wait. Thanks.

96 user-106 Tom orders
The voucher SPRING is refused.
It ran out on Sunday; take MAY10.
That worked!
"""


def play(story: Story) -> None:
    """Open the shop, and play the afternoon."""
    story.at(290)
    crm = equip(story)
    story.at(245)
    agents = [ScenarioAgent(story, name) for name in ("alice", "bob", "carol")]
    for agent in agents:
        agent.goes("Available")
    for (minutes, identity, name, topic), bodies in chats(FINISHED):
        story.at(int(minutes))
        crm.is_down = identity == "user-104"
        customer = app_customer(story, identity, name, topic, bodies[0])
        _takes(agents, customer).serves(customer, bodies)
    crm.is_down = False
    story.at(80)
    # the bot helps one of two visitors of the web site, and hands the other over
    visitor(story, "user-201", "Lena").says("Hi", "1")
    raj = visitor(story, "user-202", "Raj")
    raj.says("Hello", "2")
    question = "Is the blue vase coming back?"
    bodies = ["2", "Hello Raj, how can I help?", question, "In two weeks."]
    _takes(agents, raj).serves(raj, bodies)
    _play_last_hour(story, agents)


def _offered(agents: Sequence[ScenarioAgent], customer: ScenarioCustomer) -> ScenarioAgent:
    return next(agent for agent in agents if agent.offer(customer) is not None)


def _takes(agents: Sequence[ScenarioAgent], customer: ScenarioCustomer) -> ScenarioAgent:
    """Accept a customer's chat as the agent that is offered it."""
    agent = _offered(agents, customer)
    agent.accepts(customer)
    return agent


def _play_last_hour(story: Story, agents: Sequence[ScenarioAgent]) -> None:
    """Play the last hour, which leaves one customer in each state of a task."""
    story.at(46)
    dave = ScenarioAgent(story, "dave")
    dave.goes("Available")
    story.at(45)
    app_customer(story, "user-111", "Greta", "billing", "I was charged twice.")  # dave misses it
    story.at(30)
    turned_down = app_customer(story, "user-112", "Hugo", "orders", "Is anybody there?")
    _offered(agents, turned_down).rejects(turned_down)
    _takes(agents, turned_down).says(turned_down, "Hello Hugo, sorry for the wait. I am here.")
    story.at(22)
    under_way = app_customer(
        story, "user-113", "Noor", "orders", "Order 2090 came without the lid."
    )
    helping = _takes(agents, under_way)
    helping.says(under_way, "I am sorry! Could you send me a picture?")
    story.at(14)
    wrapping = app_customer(story, "user-114", "Ivan", "returns", "How do I return a gift?")
    carol = _takes(agents, wrapping)
    carol.says(wrapping, "With the code on the gift note.")
    story.at(11)
    solved = app_customer(story, "user-115", "Zoe", "orders", "When does order 2101 leave?")
    solving = _takes(agents, solved)
    solving.says(solved, "In an hour.")
    story.at(9)
    given_up = app_customer(story, "user-116", "Liam", "orders", "Never mind, I will call.")
    story.at(6)
    app_customer(story, "user-117", "Ana", "orders", "Can I pay on delivery?")
    story.at(5)
    visitor(story, "user-203", "Max").says("Hi there")  # the bot waits for a choice
    story.at(4)
    carol.wraps_up(wrapping)
    solving.wraps_up(solved)
    story.at(3)
    story.task(given_up).update(assignment_status="canceled", reason="The customer left")
    story.at(2)
    solving.completes(solved)
    under_way.says("Here it is: the box was empty on one side.")


# -- the shop


class Crm:
    """A web service for webhooks, in a loaded account too, which is down at times."""

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
