"""Flow files to test with, an account that has several of everything, and generated files."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from helpers import Account, connect
from helpers.flows import FlexFlowConfig, FlowFile, FlowProblem, Integration, load

TASK = """\
flex_flows:
  - friendly_name: Custom chat
    channel_type: custom
    integration_type: task
    integration:
      workspace: Flex Task Assignment
      workflow: Assign to Anyone
      channel: chat
"""
STUDIO = """\
flex_flows:
  - friendly_name: Custom chat
    channel_type: custom
    integration_type: studio
    integration:
      flow: Webchat Flow
"""
EXTERNAL = """\
flex_flows:
  - friendly_name: Custom chat
    channel_type: custom
    integration_type: external
    integration:
      url: https://bot.example.com/messages
      retry_count: 0
"""
ENDS_AT_ONCE = {
    "states": [
        {
            "name": "Trigger",
            "type": "trigger",
            "transitions": [{"event": "incomingMessage"}],
            "properties": {},
        }
    ],
    "initial_state": "Trigger",
    "description": "A bot that says nothing",
}


def furnished(seed: int | None = None) -> Account:
    """An account that has two of everything a Flex Flow can refer to."""
    account = connect(seed=seed)
    client = account.client
    client.studio.v2.flows.create("Menu bot", "published", definition=ENDS_AT_ONCE)
    client.chat.v2.services.create("Second service")
    workspace = client.taskrouter.v1.workspaces.list()[0]
    routing = workspace.workflows.list()[0].configuration
    workspace.workflows.create("Second line", routing)
    return account


def raw_flows(account: Account) -> dict[str, dict[str, Any]]:
    """The account's Flex Flows as they are, by SID, without the dates."""
    return {
        flow.sid: {
            name: value for name, value in vars(flow).items() if not name.startswith(("_", "date_"))
        }
        for flow in account.client.flex_api.v1.flex_flow.list()
    }


def names(draw: Any) -> str:
    """A friendly name; characters that YAML writes in its own way among them."""
    characters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
    text = st.text(characters, min_size=1, max_size=20)
    return str(
        draw(
            st.one_of(
                st.sampled_from(
                    ["Web", "No", "1", "~", "a: b", "#x", "\x85", "\u2028 ", "\r\n", "${a}"]
                ),
                text,
            )
        )
    )


def _integration(draw: Any, kind: str) -> Integration:
    given: dict[str, Any] = {}
    if kind == "studio":
        given["flow"] = draw(st.sampled_from(["Webchat Flow", "Menu bot"]))
    elif kind == "external":
        given["url"] = draw(st.sampled_from(["https://a.example/x", "http://b.example:8080/?y=1"]))
    else:
        given["workspace"] = "Flex Task Assignment"
        given["workflow"] = draw(st.sampled_from(["Assign to Anyone", "Second line"]))
        given["channel"] = draw(st.sampled_from([None, "chat", "default"]))
        given["timeout"] = draw(st.sampled_from([None, 1, 600, 1_209_600]))
        given["priority"] = draw(st.sampled_from([None, 0, 7]))
        given["creation_on_message"] = draw(st.sampled_from([None, True, False]))
    if kind != "task":
        given["retry_count"] = draw(st.sampled_from([None, 0, 3]))
    return Integration(**given)


@st.composite
def flow_files(draw: Any, pool: tuple[str, ...] | None = None) -> FlowFile:
    """Flow files that Twilio can take: no two enabled flows for a contact.

    Args:
        draw: Hypothesis's own.
        pool: Names to choose from; any by default.
    """
    name = st.sampled_from(pool) if pool else st.composite(names)()
    flows = []
    taken = set()
    for friendly_name in draw(st.lists(name, max_size=4, unique=True)):
        contact = (
            draw(st.sampled_from(["custom", "web", "sms"])),
            draw(st.sampled_from([None, "+15550001", "shop"])),
        )
        enabled = draw(st.booleans()) and contact not in taken
        if enabled:
            taken.add(contact)
        kind = draw(st.sampled_from(["studio", "task", "external"]))
        flows.append(
            FlexFlowConfig(
                friendly_name=friendly_name,
                channel_type=contact[0],
                contact_identity=contact[1],
                chat_service=draw(st.sampled_from([None, "Flex Chat Service", "Second service"])),
                integration_type=kind,
                integration=_integration(draw, kind),
                long_lived=draw(st.booleans()),
                janitor_enabled=draw(st.booleans()),
                enabled=enabled,
            )
        )
    return FlowFile(tuple(flows))


def refusal(text: str) -> list[str]:
    """The problems of a text that is no flow file."""
    with pytest.raises(FlowProblem) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]
