"""What a new Flex account holds before anybody has configured anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .call import Call
from .flex.flows import NewFlow
from .flex.flows import create as create_flow
from .flex.resources import FlexFlow
from .messaging.resources import Service
from .messaging.services import NewService
from .messaging.services import create as create_service
from .studio import StudioFlow
from .studio import flows as studio_flows
from .taskrouter import TaskChannel, TaskQueue, Worker, Workflow, Workspace

AGENTS = ("alice", "bob")
"""The account's two agents. Their chat identity is what their `contact_uri` says (observed)."""


@dataclass(frozen=True, slots=True)
class Starter:
    """The resources a new account starts with."""

    service: Service
    workspace: Workspace
    webchat_flow: StudioFlow
    flex_flow: FlexFlow


def furnish(call: Call, chat_service_sid: str) -> Starter:
    """Fill an empty account as a new Flex account is (names observed in Twilio's own tools)."""
    service = create_service(call, NewService(friendly_name="Flex Chat Service"), chat_service_sid)
    workspace, workflow = _workspace(call)
    webchat_flow = _webchat_flow(call, workflow)
    return Starter(service, workspace, webchat_flow, _web_flow(call, service, webchat_flow))


def _workspace(call: Call) -> tuple[Workspace, Workflow]:
    common: dict[str, Any] = {
        "account_sid": call.account_sid,
        "date_created": call.now,
        "date_updated": call.now,
    }
    store, new = call.store, call.sids.new
    workspace = store.add(Workspace(sid=new("WS"), friendly_name="Flex Task Assignment", **common))
    inside: dict[str, Any] = {"workspace_sid": workspace.sid, **common}
    queue = store.add(
        TaskQueue(sid=new("WQ"), friendly_name="Everyone", target_workers="1==1", **inside)
    )
    workflow = store.add(
        Workflow(
            sid=new("WW"),
            friendly_name="Assign to Anyone",
            configuration=_route_to(queue.sid),
            task_reservation_timeout=120,
            **inside,
        )
    )
    for unique_name, friendly_name in (("default", "Default"), ("chat", "Programmable Chat")):
        store.add(
            TaskChannel(
                sid=new("TC"),
                friendly_name=friendly_name,
                unique_name=unique_name,
                channel_optimized_routing=False,
                **inside,
            )
        )
    for agent in AGENTS:
        attributes = json.dumps({"contact_uri": f"client:{agent}", "full_name": agent.title()})
        store.add(Worker(sid=new("WK"), friendly_name=agent, attributes=attributes, **inside))
    return workspace, workflow


def _route_to(queue_sid: str) -> str:
    return json.dumps({"task_routing": {"filters": [], "default_filter": {"queue": queue_sid}}})


def _webchat_flow(call: Call, workflow: Workflow) -> StudioFlow:
    new = studio_flows.NewFlow(
        friendly_name="Webchat Flow",
        status="published",
        definition=_webchat_definition(call, workflow),
    )
    return studio_flows.create(call, new)


def _webchat_definition(call: Call, workflow: Workflow) -> dict[str, object]:
    chat = call.store.first(TaskChannel, workspace_sid=workflow.workspace_sid, unique_name="chat")
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
                    {"event": "callComplete"},
                    {"event": "failedToEnqueue"},
                    {"event": "callFailure"},
                ],
                "properties": {
                    "workflow": workflow.sid,
                    "channel": chat.sid if chat else "",
                    "attributes": attributes,
                },
            },
        ],
    }


def _web_flow(call: Call, service: Service, webchat_flow: StudioFlow) -> FlexFlow:
    return create_flow(
        call,
        NewFlow(
            friendly_name="Flex Web Channel Flow",
            chat_service_sid=service.sid,
            channel_type="web",
            integration_type="studio",
            integration__flow_sid=webchat_flow.sid,
        ),
    )
