"""Studio v2, `studio.twilio.com`: flows with their revisions, and executions."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..messaging.resources import Message
from ..studio import executions, flows
from ..studio.resources import Execution, FlowRevision, Step, StudioFlow
from ..taskrouter.resources import Task
from . import chat_v2, taskrouter_v1
from .collection import Api, Arguments, Collection, Operation, Write, not_found
from .http import Reply, Request
from .listing import PageSizes, from_date, to_date
from .views import view

HOST = "studio.twilio.com"
API = Api(HOST, "/v2", sizes=PageSizes(50, 1000))
_LONG = ("definition", "valid", "errors", "warnings")
"""Values that lists leave out (specified by Twilio's samples)."""


def _flow_extra(flow: StudioFlow, url: str) -> dict[str, Any]:
    address = f"https://webhooks.twilio.com/v1/Accounts/{flow.account_sid}/Flows/{flow.sid}"
    return {
        "author_sid": None,
        "valid": True,
        "errors": [],
        "webhook_url": address,
        "links": {
            "test_users": f"{url}/TestUsers",
            "revisions": f"{url}/Revisions",
            "executions": f"{url}/Executions",
        },
    }


FLOWS = Collection(
    within=API,
    segment="Flows",
    kind=StudioFlow,
    noun="Flow",
    render=view(StudioFlow, omit=("test_users",), extra=_flow_extra),
    unlisted=_LONG,
    create=Write(flows.NewStudioFlow, flows.create),
    update=Write(flows.StudioFlowChanges, flows.update),
    delete=flows.delete,
)
REVISIONS: Collection[Any, FlowRevision] = Collection(
    simulated=("List",),
    within=FLOWS,
    segment="Revisions",
    scope="sid",
    item_key="revision",
    kind=FlowRevision,
    render=view(FlowRevision, extra=lambda *_: {"author_sid": None, "valid": True, "errors": []}),
    unlisted=_LONG,
)
EXECUTIONS = Collection(
    within=FLOWS,
    segment="Executions",
    kind=Execution,
    filters={
        "status": "status",
        "DateCreatedFrom": from_date("date_created", "DateCreatedFrom"),
        "DateCreatedTo": to_date("date_created", "DateCreatedTo"),
    },
    render=view(
        Execution,
        omit=("channel_sid", "widget", "step_sid", "waiting_until", "steps", "repeats", "subflow"),
        links={"steps": "Steps", "execution_context": "Context"},
        extra=lambda *_: {"contact_sid": None, "context": {}},
    ),
    create=Write(executions.NewExecution, executions.create),
    update=Write(executions.ExecutionChanges, executions.update),
    delete=executions.delete,
)
STEPS: Collection[Any, Step] = Collection(
    within=EXECUTIONS,
    segment="Steps",
    kind=Step,
    noun="ExecutionStep",
    render=view(
        Step,
        omit=("error", "is_faulty"),
        links={"step_context": "Context"},
        extra=lambda *_: {"context": {}},
    ),
)


def show(ctx: Context, resource: Message | Task) -> dict[str, Any]:
    """Render a resource as its own API does, for the context of a flow."""
    if isinstance(resource, Task):
        above = {"WorkspaceSid": resource.workspace_sid}
        parent = taskrouter_v1.TASKS.resolve_parent(ctx, above)
        return taskrouter_v1.TASKS.item_json(ctx, above, parent, resource)
    above = {"ServiceSid": resource.service_sid, "ChannelSid": resource.channel_sid}
    parent = chat_v2.MESSAGES.resolve_parent(ctx, above)
    return chat_v2.MESSAGES.item_json(ctx, above, parent, resource)


def _validate(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    Write(flows.NewStudioFlow, flows.create).read(request)
    return Reply(200, {"valid": True})


def _fetch_revision(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    flow, number = REVISIONS.resolve_parent(ctx, arguments), arguments["Revision"]
    found = flows.revision(ctx, flow, number)
    if found is None:
        raise not_found(f"/v2/Flows/{flow.sid}/Revisions/{number}")
    return Reply(200, REVISIONS.item_json(ctx, arguments, flow, found))


def _fetch_test_users(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    flow = FLOWS.resolve(ctx, arguments, arguments["Sid"])
    url = f"https://{HOST}/v2/Flows/{flow.sid}/TestUsers"
    return Reply(200, {"sid": flow.sid, "test_users": flow.test_users, "url": url})


def _update_test_users(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    flow = FLOWS.resolve(ctx, arguments, arguments["Sid"])
    flows.set_test_users(ctx, flow, Write(flows.TestUsers, flows.set_test_users).read(request))
    return _fetch_test_users(ctx, arguments, request)


def _context(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    execution = EXECUTIONS.resolve(ctx, arguments, arguments["ExecutionSid"])
    return Reply(200, _context_json(execution, execution.sid))


def _step_context(ctx: Context, arguments: Arguments, request: Request) -> Reply:
    """Return the context after the step; its `error` is the mock's own addition."""
    step = STEPS.resolve(ctx, arguments, arguments["StepSid"])
    shown = _context_json(step, step.execution_sid, f"/Steps/{step.sid}")
    if step.error is not None:
        shown["context"] = {**step.context, "error": step.error}
    return Reply(200, {**shown, "step_sid": step.sid})


def _context_json(found: Execution | Step, execution_sid: str, below: str = "") -> dict[str, Any]:
    execution = f"https://{HOST}/v2/Flows/{found.flow_sid}/Executions/{execution_sid}"
    return {
        "account_sid": found.account_sid,
        "context": found.context,
        "flow_sid": found.flow_sid,
        "execution_sid": execution_sid,
        "url": f"{execution}{below}/Context",
    }


_TEST_USERS = f"{FLOWS.path}/{{Sid}}/TestUsers"
_CONTEXT = f"{EXECUTIONS.path}/{{ExecutionSid}}/Context"
_STEP_CONTEXT = f"{STEPS.path}/{{StepSid}}/Context"
OPERATIONS = [
    Operation("UpdateFlowValidate", "POST", HOST, f"{FLOWS.path}/Validate", _validate),
    *API.operations(),
    Operation("FetchFlowRevision", "GET", HOST, f"{REVISIONS.path}/{{Revision}}", _fetch_revision),
    Operation("FetchTestUser", "GET", HOST, _TEST_USERS, _fetch_test_users),
    Operation("UpdateTestUser", "POST", HOST, _TEST_USERS, _update_test_users),
    Operation("FetchExecutionContext", "GET", HOST, _CONTEXT, _context),
    Operation("FetchExecutionStepContext", "GET", HOST, _STEP_CONTEXT, _step_context),
]
