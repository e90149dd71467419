"""Configs that the tests of rehearsals play with, and what they look at."""

from __future__ import annotations

from typing import Any

from helpers.flows import FlexFlowConfig, Integration, Rehearsal

URL = "https://bot.example.com/messages"

STUDIO = FlexFlowConfig(
    friendly_name="By Studio",
    channel_type="custom",
    integration_type="studio",
    integration=Integration(flow="Webchat Flow"),
)
TASK = FlexFlowConfig(
    friendly_name="By task",
    channel_type="custom",
    integration_type="task",
    integration=Integration(
        workspace="Flex Task Assignment", workflow="Assign to Anyone", channel="chat"
    ),
)
EXTERNAL = FlexFlowConfig(
    friendly_name="By server",
    channel_type="custom",
    integration_type="external",
    integration=Integration(url=URL),
)
CONFIGS = {"studio": STUDIO, "task": TASK, "external": EXTERNAL}


def changed(flow: FlexFlowConfig, /, **changes: Any) -> FlexFlowConfig:
    """The same flow but for some fields; those of its integration too."""
    ours = {name: changes.pop(name) for name in [*changes] if name in Integration.model_fields}
    integration = flow.integration.model_copy(update=ours)
    return flow.model_copy(update={**changes, "integration": integration})


def described(rehearsal: Rehearsal, *kinds: str) -> list[str]:
    """Return the rows of these kinds as `who: what`."""
    return [f"{row.who}: {row.what}" for row in rehearsal.rows if row.kind in kinds]


def states(rehearsal: Rehearsal, of: str) -> list[tuple[int, str]]:
    """When something took which state."""
    rows = rehearsal.rows
    return [(row.seconds, row.what) for row in rows if row.kind == "state" and row.who == of]
