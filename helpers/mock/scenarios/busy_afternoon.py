"""Four hours of a shop's customer care, up to now."""

from __future__ import annotations

from collections.abc import Sequence

from . import shop
from .shop import app_customer
from .story import DAY, ScenarioAgent, ScenarioCustomer, Story, chats

BEGINS = 30 * DAY


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
    crm = shop.equip(story)
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
    shop.visitor(story, "user-201", "Lena").says("Hi", "1")
    visitor = shop.visitor(story, "user-202", "Raj")
    visitor.says("Hello", "2")
    question = "Is the blue vase coming back?"
    bodies = ["2", "Hello Raj, how can I help?", question, "In two weeks."]
    _takes(agents, visitor).serves(visitor, bodies)
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
    shop.visitor(story, "user-203", "Max").says("Hi there")  # the bot waits for a choice
    story.at(4)
    carol.wraps_up(wrapping)
    solving.wraps_up(solved)
    story.at(3)
    story.task(given_up).update(assignment_status="canceled", reason="The customer left")
    story.at(2)
    solving.completes(solved)
    under_way.says("Here it is: the box was empty on one side.")
