"""Four hours of a shop's customer care, up to now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from . import shop
from .story import DAY, MINUTE, ScenarioAgent, ScenarioCustomer, Story, talk, task

BEGINS = 30 * DAY


class FinishedChat(NamedTuple):
    """A chat that went well: minutes ago, who asked about what, what was said, by turns."""

    minutes: int
    identity: str
    name: str
    topic: str
    said: tuple[str, ...]


FINISHED = (
    FinishedChat(
        240,
        "user-101",
        "Ines",
        "orders",
        (
            "Where is my parcel?",
            "It left the depot this morning; you should have it tomorrow.",
            "Great, thanks!",
        ),
    ),
    FinishedChat(
        222,
        "user-102",
        "Omar",
        "returns",
        ("I would like to send the kettle back.", "The label is in your inbox.", "Got it."),
    ),
    FinishedChat(
        205,
        "user-103",
        "Mei",
        "orders",
        (
            "Can I add a second cup to order 2031?",
            "It is packed already, I am afraid. Shall I make a new order?",
            "Yes, please.",
            "Done: it is order 2077.",
        ),
    ),
    FinishedChat(
        172,
        "user-104",
        "Paul",
        "orders",
        ("Do you ship to Iceland?", "We do, in five days.", "Perfect."),
    ),
    FinishedChat(
        138,
        "user-105",
        "Aylin",
        "returns",
        ("My refund has not come yet.", "It was paid out today.", "Then I will wait. Thanks."),
    ),
    FinishedChat(
        96,
        "user-106",
        "Tom",
        "orders",
        ("The voucher SPRING is refused.", "It ran out on Sunday; take MAY10.", "That worked!"),
    ),
)


def play(story: Story) -> None:
    """Open the shop, and let the afternoon take its course."""
    story.at(290)
    crm = shop.equip(story)
    story.at(245)
    agents = [story.agent(name) for name in ("alice", "bob", "carol")]
    for agent in agents:
        agent.goes("Available")
    for chat in FINISHED:
        story.at(chat.minutes)
        crm.is_down = chat.identity == "user-104"
        _in_full(story, agents, chat)
    crm.is_down = False
    story.at(80)
    _visitors(story, agents)
    _now(story, agents)


def _in_full(story: Story, agents: Sequence[ScenarioAgent], chat: FinishedChat) -> None:
    customer = shop.app_customer(story, chat.identity, chat.name, chat.topic)
    customer.says(chat.said[0])
    agent = _takes(agents, customer)
    talk(customer, agent, chat.said)
    agent.wraps_up(customer)
    story.wait(MINUTE)
    agent.completes(customer)


def _takes(agents: Sequence[ScenarioAgent], customer: ScenarioCustomer) -> ScenarioAgent:
    """Whoever is offered a customer's chat accepts it."""
    agent = _offered(agents, customer)
    agent.accepts(customer)
    return agent


def _offered(agents: Sequence[ScenarioAgent], customer: ScenarioCustomer) -> ScenarioAgent:
    return next(agent for agent in agents if agent.is_offered(customer))


def _visitors(story: Story, agents: Sequence[ScenarioAgent]) -> None:
    """Two visitors of the web site: the bot can help one of them, and hands the other over."""
    shop.visitor(story, "user-201", "Lena").says("Hi", "1")
    visitor = shop.visitor(story, "user-202", "Raj")
    visitor.says("Hello", "2")
    agent = _takes(agents, visitor)
    agent.says(visitor, "Hello Raj, how can I help?")
    visitor.says("Is the blue vase coming back?")
    agent.says(visitor, "In two weeks.")
    agent.wraps_up(visitor)
    story.wait(MINUTE)
    agent.completes(visitor)


def _now(story: Story, agents: Sequence[ScenarioAgent]) -> None:
    """What the supervisor sees: one customer in each state that a task can be in."""
    story.at(46)
    dave = story.agent("dave")
    dave.goes("Available")
    story.at(45)
    _comes(story, "user-111", "Greta", "billing", "I was charged twice.")  # dave misses it
    story.at(30)
    turned_down = _comes(story, "user-112", "Hugo", "orders", "Is anybody there?")
    _offered(agents, turned_down).rejects(turned_down)
    _takes(agents, turned_down).says(turned_down, "Hello Hugo, sorry for the wait. I am here.")
    story.at(22)
    under_way = _comes(story, "user-113", "Noor", "orders", "Order 2090 came without the lid.")
    helping = _takes(agents, under_way)
    helping.says(under_way, "I am sorry! Could you send me a picture?")
    story.at(14)
    wrapping = _comes(story, "user-114", "Ivan", "returns", "How do I return a gift?")
    carol = _takes(agents, wrapping)
    carol.says(wrapping, "With the code on the gift note.")
    story.at(11)
    solved = _comes(story, "user-115", "Zoe", "orders", "When does order 2101 leave?")
    solving = _takes(agents, solved)
    solving.says(solved, "In an hour.")
    story.at(9)
    given_up = _comes(story, "user-116", "Liam", "orders", "Never mind, I will call.")
    story.at(6)
    _comes(story, "user-117", "Ana", "orders", "Can I pay on delivery?")
    story.at(5)
    shop.visitor(story, "user-203", "Max").says("Hi there")  # the bot waits for a choice
    story.at(4)
    carol.wraps_up(wrapping)
    solving.wraps_up(solved)
    story.at(3)
    task(story, given_up).update(assignment_status="canceled", reason="The customer left")
    story.at(2)
    solving.completes(solved)
    under_way.says("Here it is: the box was empty on one side.")


def _comes(story: Story, identity: str, name: str, topic: str, body: str) -> ScenarioCustomer:
    customer = shop.app_customer(story, identity, name, topic)
    customer.says(body)
    return customer
