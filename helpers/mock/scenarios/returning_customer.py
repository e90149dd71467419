"""A customer who returns to a long-lived chat."""

from __future__ import annotations

from .story import DAY, MINUTE, ScenarioAgent, Story, chats

BEGINS = 95 * DAY
IDENTITY, NAME = "user-42", "Jane"
# days ago, and the agent
CONTACTS = """
92 bob
My order 1001 has not come.
I am sorry. It waits at the depot; I have sent it on its way.
Thank you, Bob!

41 alice
The desk lamp of order 1001 flickers.
Is the bulb screwed in tightly?
It was not. It works now, thank you!

8 bob
Can I still change the address of order 1044?
Yes, until tonight. What is the new one?
1 Harbour Street, as in my profile.
Done.
"""


def play(story: Story) -> None:
    """Play three contacts in three months, and a fourth that an agent is offered now."""
    story.at(93 * DAY / MINUTE)
    story.workflow.update(task_reservation_timeout=30 * MINUTE)
    flow = story.task_flow(friendly_name="Shop app", long_lived=True)
    for (days, name), bodies in chats(CONTACTS):
        story.at(int(days) * DAY / MINUTE)
        agent = ScenarioAgent(story, name)
        agent.goes("Available")
        customer = story.chat(flow.sid, IDENTITY, NAME)
        customer.says(bodies[0])
        agent.accepts(customer)
        agent.serves(customer, bodies)
        agent.goes("Offline")
    story.at(9)
    ScenarioAgent(story, "alice").goes("Available")
    story.at(4)
    body = "Hello again! Now the lamp of order 1044 flickers."
    story.chat(flow.sid, IDENTITY, NAME).says(body)
