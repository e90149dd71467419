"""How each operation on Studio's flows and executions is called."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from scenarios import Call, Scenarios
from world import World

LONG_AGO, SOME_DAY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
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
                "timeout": "60",
            },
        },
    ],
}


def furnish(world: World) -> None:
    """Give the world a flow with a test user and an execution that waits."""
    world.studio = world.client.studio.v2
    world.asking_flow = world.studio.flows.create("Asks once", "published", DEFINITION)
    world.test_users = world.asking_flow.test_users().update(["jane"])
    world.execution = world.asking_flow.executions.create(
        to="jane", from_="Bot", parameters={"channel": world.channel.sid}
    )
    assert world.mock.studio.settle()
    world.revision = world.asking_flow.revisions.list()[0]
    world.execution_context = world.execution.execution_context()
    world.step = world.execution.steps.list()[-1]
    world.step_context = world.step.step_context()


SAVED: dict[str, Any] = {
    "FriendlyName": "Asks once, politely",
    "Status": "draft",
    "Definition": DEFINITION,
    "CommitMessage": "politer",
}

SCENARIOS: Scenarios = {
    # flows
    "ListFlow": (Call("studio.flows.list"),),
    "CreateFlow": (
        Call("studio.flows.create", SAVED),
        Call("studio.flows.create", {**SAVED, "Status": "published"}),
    ),
    "FetchFlow": (Call("asking_flow.fetch"),),
    "UpdateFlow": (
        Call("asking_flow.update", SAVED),
        Call("asking_flow.update", {"Status": "published"}),
    ),
    "DeleteFlow": (Call("asking_flow.delete"),),
    "UpdateFlowValidate": (Call("studio.flow_validate.update", SAVED),),
    "ListFlowRevision": (Call("asking_flow.revisions.list"),),
    "FetchFlowRevision": (Call("revision.fetch"),),
    "FetchTestUser": (Call("test_users.fetch"),),
    "UpdateTestUser": (Call("test_users.update", {"TestUsers": ["jane", "+15550142"]}),),
    # executions
    "ListExecution": (
        Call(
            "asking_flow.executions.list",
            {"status": "active", "DateCreatedFrom": LONG_AGO, "DateCreatedTo": SOME_DAY},
        ),
        Call("asking_flow.executions.list"),
    ),
    "CreateExecution": (
        Call(
            "asking_flow.executions.create",
            {"To": "+15550142", "From": "+15550100", "Parameters": '{"name": "Zeke"}'},
        ),
    ),
    "FetchExecution": (Call("execution.fetch"),),
    "UpdateExecution": (Call("execution.update", {"Status": "ended"}),),
    "DeleteExecution": (Call("execution.delete"),),
    "FetchExecutionContext": (Call("execution_context.fetch"),),
    "ListExecutionStep": (Call("execution.steps.list"),),
    "FetchExecutionStep": (Call("step.fetch"),),
    "FetchExecutionStepContext": (Call("step_context.fetch"),),
}
