"""Content of a new Flex account, before anything is configured."""

from __future__ import annotations

from ..flex_ui import WORKSPACE
from ..json_object import compact_json
from .core.context import Context
from .core.sids import Sids
from .core.store import Store
from .flex import configuration
from .flex import flows as flex_flows
from .messaging import roles, services
from .messaging.resources import DeliveryReceipt, Member
from .studio import flows as studio_flows
from .taskrouter import task_channels, workers, workspaces
from .taskrouter.resources import TaskChannel, Workflow, Workspace, WorkspaceEvent
from .taskrouter.task_queues import NewTaskQueue

AGENTS = ("alice", "bob")
"""The account's two agents, offline. `contact_uri` names their chat identity (observed)."""
TASK_CHANNELS = {**task_channels.DEFAULTS, "chat": "Programmable Chat"}
"""The workspace's task channels; chat's friendly name was observed."""
_FACT = "task_channels"
"""Name of the fact that the workspace was given all of them; one may have been deleted since."""
AGENT_ACTIVITIES = (*workspaces.ACTIVITIES, ("Break", False))
"""Activities of agents: Flex adds a break (inferred)."""


def populate(ctx: Context, chat_service_sid: str) -> None:
    """Fill an empty account as a new Flex account is (names observed in Twilio's own tools)."""
    service = services.create(ctx, friendly_name="Flex Chat Service", sid=chat_service_sid)
    roles.keep_from_creating(ctx, service)
    new_workspace = workspaces.NewWorkspace(friendly_name=WORKSPACE)
    workspace = workspaces.create(ctx, new_workspace, TASK_CHANNELS, AGENT_ACTIVITIES)
    everyone = NewTaskQueue(friendly_name="Everyone")
    workflow = workspaces.route_all(ctx, workspace, "Assign to Anyone", everyone)
    for name in AGENTS:
        attributes = compact_json({"contact_uri": f"client:{name}", "full_name": name.title()})
        agent = workers.NewWorker(friendly_name=name, attributes=attributes)
        workers.create(ctx, workspace, agent)
    ctx.store.remove_all(WorkspaceEvent, workspace_sid=workspace.sid)  # a new account lists none
    webchat_flow = studio_flows.create(
        ctx,
        studio_flows.NewStudioFlow(
            friendly_name="Webchat Flow",
            status="published",
            definition=_webchat_definition(ctx, workflow),
        ),
    )
    flex_flows.create(
        ctx,
        flex_flows.NewFlow(
            friendly_name="Flex Web Channel Flow",
            chat_service_sid=service.sid,
            channel_type="web",
            integration_type="studio",
            integration__flow_sid=webchat_flow.sid,
        ),
    )
    ctx.sids = Sids(f"{service.sid} {roles.AGENT}")  # of its own: it came later than the others
    roles.add_agent(ctx, service)
    configuration.ensure(ctx)


def mark(store: Store) -> None:
    """Note that the workspace of a file was given its task channels."""
    store.write_fact(_FACT, list(TASK_CHANNELS))


def upgrade(ctx: Context) -> None:
    """Add to the workspace of a file the task channels that an earlier version did not give it."""
    if ctx.store.read_fact(_FACT) is None:
        for workspace in ctx.store.select(Workspace, {"friendly_name": WORKSPACE}):
            task_channels.add(ctx, workspace, TASK_CHANNELS)
        mark(ctx.store)
    if not ctx.store.last_seq(DeliveryReceipt) and ctx.store.exists(Member, user_sid=None):
        ctx.store.skip_seq(DeliveryReceipt)  # messages to people with phones have receipts


def _webchat_definition(ctx: Context, workflow: Workflow) -> dict[str, object]:
    chat = ctx.store.first(TaskChannel, workspace_sid=workflow.workspace_sid, unique_name="chat")
    attributes = (
        '{"name": "{{trigger.message.ChannelAttributes.from}}",'
        ' "channelType": "{{trigger.message.ChannelAttributes.channel_type}}",'
        ' "channelSid": "{{trigger.message.ChannelSid}}"}'
    )
    return {
        "description": "Hands every chat to an agent",
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
        "states": [
            {
                "name": "Trigger",
                "type": "trigger",
                "transitions": [
                    {"event": "incomingMessage", "next": "SendMessageToAgent"},
                    {"event": "incomingCall"},
                    {"event": "incomingRequest"},
                ],
                "properties": {},
            },
            {
                "name": "SendMessageToAgent",
                "type": "send-to-flex",
                "transitions": [
                    {"event": event} for event in ("callComplete", "failedToEnqueue", "callFailure")
                ],
                "properties": {
                    "workflow": workflow.sid,
                    "channel": chat.sid if chat else "",
                    "attributes": attributes,
                },
            },
        ],
    }
