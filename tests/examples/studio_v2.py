"""Calls of each operation on Studio's flows and executions."""

from __future__ import annotations

import json
from typing import Any

from .account import PreparedAccount
from .model import Api, Example, Refusal, from_now

DEFINITION: dict[str, Any] = {
    "description": "Asks once, by chat or by REST",
    "initial_state": "Trigger",
    "flags": {"allow_concurrent_calls": True},
    "states": [
        {
            "name": "Trigger",
            "type": "trigger",
            "transitions": [
                {"event": "incomingMessage", "next": "ask"},
                {"event": "incomingRequest", "next": "ask"},
            ],
            "properties": {"offset": {"x": 0, "y": 0}},
        },
        {
            "name": "ask",
            "type": "send-and-wait-for-reply",
            "transitions": [
                {"event": "incomingMessage"},
                {"event": "timeout"},
                {"event": "deliveryFailure"},
            ],
            "properties": {
                "from": "Bot",
                "body": "What can I do for {{contact.channel.address}}?",
                "channel": "{{flow.data.channel}}{{trigger.message.ChannelSid}}",
                "timeout": "3600",
            },
        },
    ],
}


def prepare(account: PreparedAccount) -> None:
    """Add a flow with a test user, and three executions; the second waits for a reply."""
    account.studio = account.client.studio.v2
    account.asking_flow = account.studio.flows.create("Asks once", "published", DEFINITION)
    account.test_users = account.asking_flow.test_users().update(["jane"])
    done, account.execution, _ = (_ask(account, contact) for contact in ("alice", "jane", "dave"))
    done.update("ended")
    account.revision = account.asking_flow.revisions.list()[0]
    account.execution_context = account.execution.execution_context()
    account.step = account.execution.steps.list()[-1]
    account.step_context = account.step.step_context()


def _ask(account: PreparedAccount, contact: str) -> Any:
    account.account.clock.advance(10)
    execution = account.asking_flow.executions.create(
        to=contact, from_="Bot", parameters={"channel": account.channel.sid}
    )
    assert account.mock.studio.settle()
    return execution


def request_of(account: PreparedAccount, shown: Any) -> Any:
    """The request that an execution was triggered by."""
    context = account.found_at(shown["links"]["execution_context"])["context"]
    return context["trigger"]["request"]


SAVED: dict[str, Any] = {
    "FriendlyName": "Asks once, politely",
    "Status": "draft",
    "Definition": DEFINITION,
    "CommitMessage": "politer",
}

EXAMPLES = {
    # flows
    "ListFlow": (Example("studio.flows.list"),),
    "CreateFlow": (
        Example(
            "studio.flows.create",
            SAVED,
            refused={81022: {"Definition": {"initial_state": "Trigger", "states": []}}},
        ),
        Example("studio.flows.create", {**SAVED, "Status": "published"}),
    ),
    "FetchFlow": (Example("asking_flow.fetch"),),
    "UpdateFlow": (
        Example("asking_flow.update", SAVED),
        Example("asking_flow.update", {"Status": "published"}),
    ),
    "DeleteFlow": (Example("asking_flow.delete"),),
    "UpdateFlowValidate": (Example("studio.flow_validate.update", SAVED),),
    "ListFlowRevision": (Example("asking_flow.revisions.list"),),
    "FetchFlowRevision": (
        Example(
            "revision.fetch",
            refused={
                81021: Refusal(method=lambda account: account.asking_flow.revisions("Newest").fetch)
            },
        ),
    ),
    "FetchTestUser": (Example("test_users.fetch"),),
    "UpdateTestUser": (Example("test_users.update", {"TestUsers": ["jane", "+15550142"]}),),
    # executions
    "ListExecution": (
        Example(
            "asking_flow.executions.list",
            {"status": "active", "DateCreatedFrom": from_now(-15), "DateCreatedTo": from_now(-5)},
        ),
        Example("asking_flow.executions.list"),
    ),
    "CreateExecution": (
        Example(
            "asking_flow.executions.create",
            {"To": "+15550142", "From": "+15550100", "Parameters": '{"name": "Zeke"}'},
            seen={
                "To": "contact_channel_address",
                "From": lambda account, shown: request_of(account, shown)["from"],
                "Parameters": lambda account, shown: json.dumps(
                    request_of(account, shown)["parameters"]
                ),
            },
            refused={20409: {"To": "jane"}},
        ),
    ),
    "FetchExecution": (Example("execution.fetch"),),
    "UpdateExecution": (Example("execution.update", {"Status": "ended"}),),
    "DeleteExecution": (Example("execution.delete"),),
    "FetchExecutionContext": (Example("execution_context.fetch"),),
    "ListExecutionStep": (Example("execution.steps.list"),),
    "FetchExecutionStep": (Example("step.fetch"),),
    "FetchExecutionStepContext": (Example("step_context.fetch"),),
}
STUDIO = Api("studio_v2", "studio.twilio.com", prepare, EXAMPLES, size=19)
