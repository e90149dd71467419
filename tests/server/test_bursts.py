"""Customers who write line upon line: each has one execution and one task, at either door."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support import most_examples

from helpers import Account
from helpers.flex_ui import chat_of
from helpers.mock import MockTwilio

LINES, THREADS = 10, 8
CUSTOMERS = most_examples(200)


@pytest.fixture(params=["in process", pytest.param("over HTTP", marks=pytest.mark.long)])
def account(request: Any, shared: Account, mock: MockTwilio) -> Account:
    """The same account, by each door."""
    if request.param == "over HTTP":
        return shared
    return Account("mock", mock.credentials, mock.http_client, mock)


def flow_of(account: Account, handler: str) -> Any:
    """A Flex Flow that hands each chat to an agent with its first message."""
    workspace = account.client.taskrouter.v1.workspaces.list()[0]
    settings: dict[str, dict[str, Any]] = {
        "studio": {"integration_flow_sid": account.client.studio.v2.flows.list()[0].sid},
        "task": {
            "integration_workspace_sid": workspace.sid,
            "integration_workflow_sid": workspace.workflows.list()[0].sid,
            "integration_creation_on_message": True,
        },
    }
    return account.client.flex_api.v1.flex_flow.create(
        friendly_name="Custom chat",
        chat_service_sid=account.credentials.chat_service_sid,
        channel_type="custom",
        integration_type=handler,
        **settings[handler],
    )


@pytest.mark.long
@pytest.mark.parametrize("handler", ["studio", "task"])
def test_a_burst_of_messages_makes_one_execution_and_one_task(
    account: Account, mock: MockTwilio, handler: str
) -> None:
    flow, service = flow_of(account, handler), mock.credentials.chat_service_sid
    sids = [
        account.client.flex_api.v1.channel.create(
            flex_flow_sid=flow.sid,
            identity=f"user-{number}",
            chat_user_friendly_name="Jane",
            chat_friendly_name="Chat",
        ).sid
        for number in range(CUSTOMERS)
    ]

    def say(line: int) -> None:
        number = line // LINES
        account.client.chat.v2.services(service).channels(sids[number]).messages.create(
            body=str(line), from_=f"user-{number}", x_twilio_webhook_enabled="true"
        )

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(say, range(CUSTOMERS * LINES)))
    assert mock.studio.settle()
    workspace = account.client.taskrouter.v1.workspaces.list()[0]
    assert Counter(chat_of(task.attributes) for task in workspace.tasks.list()) == Counter(sids)
    if handler == "studio":
        studio_flow = account.client.studio.v2.flows.list()[0]
        by = Counter(each.contact_channel_address for each in studio_flow.executions.list())
        assert by == Counter(f"user-{number}" for number in range(CUSTOMERS))
        assert not mock.studio.errors
