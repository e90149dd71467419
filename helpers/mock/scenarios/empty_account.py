"""An account with only the resources that Flex needs."""

from __future__ import annotations

from .story import MINUTE, Story

BEGINS = 10 * MINUTE


def play(story: Story) -> None:
    """Delete the workers and flows of a new account."""
    story.at(5)
    for worker in story.workspace.workers.list():
        worker.delete()
    for flex_flow in story.client.flex_api.v1.flex_flow.list():
        flex_flow.delete()
    for flow in story.client.studio.v2.flows.list():
        flow.delete()
