"""Interactions: a conversation and a task in one request, and invitations of further agents.

A request is accepted at once; the channel is set up after it (documented), here before it is
answered. A conversation that does not do shows in the channel's `error_code`, which is one of
Twilio's debugger, and cancels the task.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from ...flex_ui import AGENT_ATTRIBUTES, GUEST_ATTRIBUTES, identity_of, is_agent
from ...json_object import compact_json
from ..core.context import Actor, Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import Parameters, form_name, read_json_object
from ..core.store import Store
from ..messaging import channels, members, services
from ..messaging.resources import Channel, Member
from ..taskrouter import completion, task_channels, tasks
from ..taskrouter.resources import Reservation, Task, Worker, Workspace
from .interaction_events import ChannelDue, InteractionEvent
from .resources import (
    CreatedByFlex,
    Interaction,
    InteractionChannel,
    InteractionInvite,
    InteractionParticipant,
    InteractionWebhook,
)

BAD_PARAMETER = 45366
_FAULTY = 20001
_GROUPS = ("customers", "conversations")
"""Attributes of a task that are objects for Flex Insights, to which a caller may add."""
LIVE = ("setup", "active", "inactive", "pause", "transfer")
"""Statuses of a channel that holds its conversation."""
OPEN = ("pending", "reserved", "assigned")
"""Statuses of a task that has an agent, or will have."""
CLOSED, NOBODY, DUPLICATE, NOT_FOUND = 45354, 45355, 45353, 45376
"""Codes of a channel that failed, as in Twilio's debugger (documented)."""


class JsonParameters(Parameters):
    """Base of parameters that come as an object of JSON, in its own spelling."""

    model_config = ConfigDict(alias_generator=str)

    @classmethod
    def read_within(cls, name: str, value: Any) -> Any:
        """Read the object that the parameter `name` holds, as JSON text or parsed.

        Raises:
            TwilioError: 45366, it is no object, or something in it is not acceptable.
        """
        given = read_json_object(value) if isinstance(value, str) else value
        if not isinstance(given, dict):
            raise TwilioError(BAD_PARAMETER, f"{name} must be a JSON object as text")
        try:
            return cls.read(given)
        except TwilioError as refusal:
            if refusal.code != _FAULTY:
                raise
            raise TwilioError(BAD_PARAMETER, f"In {name}: {refusal.message}") from None


def _object(value: Any) -> Any:
    return read_json_object(value) if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class RoutingProperties(JsonParameters):
    """`Routing.properties`: the task to make (documented)."""

    workspace_sid: str
    workflow_sid: str | None = None
    queue_sid: str | None = None
    worker_sid: str | None = None
    task_channel_sid: str | None = None
    task_channel_unique_name: str | None = None
    attributes: Annotated[dict[str, Any], BeforeValidator(_object)] = Field(default_factory=dict)
    priority: int = 0
    timeout: int = 86_400
    ignore_capacity: bool = False


class InteractionRouting(JsonParameters):
    """`Routing`: of a new interaction or invite, its properties."""

    properties: Annotated[
        RoutingProperties,
        BeforeValidator(lambda value: RoutingProperties.read_within("Routing.properties", value)),
    ]


class ChannelProperties(JsonParameters):
    """`Channel.properties`: the conversation."""

    media_channel_sid: str | None = None


class NewInteractionChannel(JsonParameters):
    """`Channel` of a new interaction (documented)."""

    type: Literal["sms", "whatsapp", "web", "chat", "email", "messenger", "gbm", "voice"]
    initiated_by: Annotated[Literal["customer", "agent", "api"], BeforeValidator(_lower)]
    properties: Annotated[
        ChannelProperties,
        BeforeValidator(lambda value: ChannelProperties.read_within("Channel.properties", value)),
    ] = Field(default_factory=ChannelProperties)
    participants: list[dict[str, Any]] = Field(default_factory=list)


class ExistingInteractionChannel(JsonParameters):
    """`Channel` of an interaction that is there already (documented); the rest is not read."""

    sid: str


class MediaProperties(JsonParameters):
    """`MediaProperties` of a participant: an identity, or addresses; the rest is of e-mail."""

    identity: str | None = None
    address: str | None = None
    proxy_address: str | None = None
    type: str | None = None


class AgentRouting(JsonParameters):
    """`RoutingProperties` of a participant that is an agent."""

    task_sid: str
    worker_sid: str
    reservation_sid: str


def create(
    ctx: Context,
    channel: NewInteractionChannel | ExistingInteractionChannel,
    routing: InteractionRouting | None = None,
    interaction_context_sid: str | None = None,
    webhook_ttid: str | None = None,
) -> Interaction:
    """Make an interaction with its channel, and the task of its first invitation.

    A channel that exists keeps its interaction, and gets an invitation more if there is a routing
    (inferred).

    Raises:
        TwilioError: 45366, a parameter is missing or not acceptable; 45351, the customer has no
            address, or two; 20001, the task cannot be routed so; 45354, the channel has ended; 501,
            a channel of voice.
        Refused: As `members.add` does, where the conversation is made too.
    """
    if isinstance(channel, ExistingInteractionChannel):
        return _go_on(ctx, channel.sid, routing, webhook_ttid)
    if channel.type == "voice":
        raise TwilioError(NOT_SIMULATED, "Channel.type voice is not simulated by this mock")
    if routing is None:
        raise TwilioError(BAD_PARAMETER, "Routing is required, with properties.workspace_sid")
    _check(ctx, channel, routing.properties, webhook_ttid)
    conversation_sid = channel.properties.media_channel_sid or _make_conversation(ctx, channel).sid
    interaction = ctx.create(
        Interaction, interaction_context_sid=interaction_context_sid, webhook_ttid=webhook_ttid
    )
    made = ctx.create(
        InteractionChannel,
        interaction_sid=interaction.sid,
        type=channel.type,
        initiated_by=channel.initiated_by,
        media_channel_sid=conversation_sid,
    )
    ctx.emit(InteractionEvent("onInteractionCreated", made))
    ctx.emit(ChannelDue(made.sid))  # before the events of the task, which may be offered at once
    _make_task(ctx, made, routing.properties, is_first=True)
    return interaction


def _go_on(
    ctx: Context, sid: str, routing: InteractionRouting | None, webhook_ttid: str | None
) -> Interaction:
    """Invite into the channel of a SID, if there is a routing; returns its interaction."""
    channel = ctx.store.first(InteractionChannel, sid=sid)
    if channel is None:
        raise TwilioError(BAD_PARAMETER, f"Channel.sid: there is no interaction channel {sid[:40]}")
    refuse_unknown_webhook(ctx, webhook_ttid)
    refuse_ended(channel)
    if routing is not None:
        _make_task(ctx, channel, routing.properties)
    interaction = ctx.store.first(Interaction, sid=channel.interaction_sid)
    assert interaction is not None  # it is never deleted
    return ctx.update(interaction, webhook_ttid=webhook_ttid) if webhook_ttid else interaction


def _check(
    ctx: Context,
    channel: NewInteractionChannel,
    routing: RoutingProperties,
    webhook_ttid: str | None,
) -> None:
    refuse_unknown_webhook(ctx, webhook_ttid)
    by = channel.initiated_by
    if by == "customer" and not channel.properties.media_channel_sid:
        raise TwilioError(
            BAD_PARAMETER,
            "Channel.properties.media_channel_sid is required of an interaction that the customer"
            " initiates: the SID of the conversation",
        )
    if by == "agent" and not (routing.worker_sid and routing.queue_sid):
        raise TwilioError(
            BAD_PARAMETER,
            "Routing.properties needs queue_sid and worker_sid where an agent initiates",
        )


def refuse_unknown_webhook(ctx: Context, ttid: str | None) -> None:
    """Refuse an interaction webhook that does not exist.

    Raises:
        TwilioError: 45366.
    """
    if ttid is not None and not ctx.store.exists(InteractionWebhook, ttid=ttid):
        raise TwilioError(BAD_PARAMETER, f"There is no interaction webhook {ttid[:60]}")


def _make_conversation(ctx: Context, channel: NewInteractionChannel) -> Channel:
    """Make the conversation of an outbound interaction, with its customer."""
    if len(channel.participants) != 1:
        raise TwilioError(45351, "Channel.participants must name one customer")
    [given] = channel.participants
    place = _place(MediaProperties.read_within("Channel.participants", given), channel.type)
    conversation = channels.create_private(ctx, services.default(ctx))
    members.add(ctx, conversation, attributes=GUEST_ATTRIBUTES, **place)
    return conversation


def _place(given: MediaProperties, type: str) -> dict[str, Any]:
    """Return the identity of a person, or the binding to its addresses."""
    addresses = (given.address, given.proxy_address)
    if (given.identity is None) != all(addresses):
        raise TwilioError(
            45351, "A person has either an identity, or an address and a proxy_address"
        )
    if given.identity is not None:
        return {"identity": given.identity}
    networks = {_network(str(each)) for each in addresses}
    if len(networks) > 1 or None in networks:
        raise TwilioError(45351, "Both addresses must be of one network, such as +15550142")
    [kind] = networks
    if type in _NETWORKS and kind != type:
        raise TwilioError(45351, f"Addresses of a channel of type {type} are not those of {kind}")
    names = ("type", "address", "proxy_address")
    return {"messaging_binding": dict(zip(names, (kind, *addresses), strict=True))}


def _network(address: str) -> str | None:
    forms = _NETWORKS.items()
    return next((name for name, form in forms if re.fullmatch(form, address)), None)


_NETWORKS = {
    "sms": r"\+[1-9][0-9]{1,14}",
    "whatsapp": r"whatsapp:\+[1-9][0-9]{1,14}",
    "messenger": r"messenger:.+",
    "email": r"[^@\s]+@[^@\s]+",
}
"""Forms of the addresses of each network."""


# -- tasks


def invite(
    ctx: Context, channel: InteractionChannel, routing: InteractionRouting
) -> InteractionInvite:
    """Invite an agent: make a new task for the same conversation (documented).

    Attributes of earlier tasks are not copied (documented).

    Raises:
        TwilioError: 45354, the channel has ended; 20001, the task cannot be routed so.
    """
    return invite_by(ctx, channel, routing.properties)


def invite_by(
    ctx: Context, channel: InteractionChannel, routing: RoutingProperties
) -> InteractionInvite:
    """Do the same by the properties of the routing."""
    refuse_ended(channel)
    return _make_task(ctx, channel, routing)


def refuse_ended(channel: InteractionChannel, *allowed: str) -> None:
    """Refuse a channel whose status is not one of those allowed, by default of `LIVE`.

    Raises:
        TwilioError: 45354.
    """
    if channel.status not in (allowed or LIVE):
        raise TwilioError(CLOSED, f"Interaction channel {channel.sid} is {channel.status}")


def _make_task(
    ctx: Context,
    channel: InteractionChannel,
    routing: RoutingProperties,
    *,
    is_first: bool = False,
) -> InteractionInvite:
    workspace = ctx.store.first(Workspace, sid=routing.workspace_sid)
    if workspace is None:
        refusal = f"There is no workspace {routing.workspace_sid[:40]}"
        raise TwilioError(BAD_PARAMETER, f"Routing.properties.workspace_sid: {refusal}")
    sid = ctx.sids.new(InteractionInvite.prefix)
    given = {
        "workflow_sid": routing.workflow_sid,
        "task_channel": routing.task_channel_sid
        or routing.task_channel_unique_name
        or ("chat" if task_channels.find(ctx, workspace.sid, "chat") else "default"),
        "attributes": _attributes(channel, sid, routing.attributes, is_first=is_first),
        "priority": routing.priority,
        "timeout": routing.timeout,
        "routing_target": routing.worker_sid,
        "task_queue_sid": routing.queue_sid,
        "ignore_capacity": routing.ignore_capacity,
    }
    new = tasks.NewTask.read(
        {form_name(name): value for name, value in given.items() if value is not None}
    )
    task = tasks.create(ctx, workspace, new)
    ctx.emit(CreatedByFlex(task.sid))
    return ctx.create(
        InteractionInvite,
        sid=sid,
        interaction_sid=channel.interaction_sid,
        channel_sid=channel.sid,
        task_sid=task.sid,
        routing=routing.given(),
    )


def _attributes(
    channel: InteractionChannel, invite_sid: str, given: dict[str, Any], *, is_first: bool
) -> str:
    """Return a task's attributes: those given, and Flex's own, of which SIDs win (observed)."""
    name, address = given.get("customerName"), given.get("customerAddress")
    kind = "email" if "@" in str(address) else "phone"
    customers = {"name": name, kind: address}
    insights = {
        "initiated_by": channel.initiated_by,
        "conversation_id": channel.interaction_sid,
        "communication_channel": channel.type,
        "media": [{"type": "ChatTranscript", "sid": channel.media_channel_sid}],
    }
    own: dict[str, Any] = {"channelType": channel.type}
    if is_first:
        own |= {
            "direction": "outbound" if channel.initiated_by == "agent" else "inbound",
            "initiatedBy": channel.initiated_by,
        }
    own["customers"] = {key: value for key, value in customers.items() if value is not None}
    own["conversations"] = insights
    for group in _GROUPS:
        if isinstance(given.get(group), dict):
            own[group] |= given[group]
    return compact_json(
        {
            **own,
            **given,
            **{group: own[group] for group in _GROUPS},
            "taskCreateSource": "interaction",
            "flexInteractionSid": channel.interaction_sid,
            "flexInteractionChannelSid": channel.sid,
            "flexChannelInviteSid": invite_sid,
            "conversationSid": channel.media_channel_sid,
        }
    )


def invite_of(store: Store, task: Task) -> InteractionInvite | None:
    """Return the invitation that a task is of, or None."""
    if "flexChannelInviteSid" not in task.attributes:
        return None  # which spares other tasks the look-up
    return store.first(InteractionInvite, task_sid=task.sid)


def channel_of(ctx: Context, of: InteractionInvite | InteractionParticipant) -> InteractionChannel:
    """Return the channel of an invitation or a participant."""
    channel = ctx.store.first(InteractionChannel, sid=of.channel_sid)
    assert channel is not None  # channels are never deleted
    return channel


def tasks_of(ctx: Context, channel: InteractionChannel) -> list[Task]:
    """Return the tasks of a channel that have not been deleted, oldest first."""
    invites = ctx.store.select(InteractionInvite, {"channel_sid": channel.sid})
    found = (ctx.store.first(Task, sid=invite.task_sid) for invite in invites)
    return [task for task in found if task is not None]


def is_waited_in(ctx: Context, channel: InteractionChannel) -> bool:
    """Return whether a task of a channel has an agent, or will have."""
    return any(task.assignment_status in OPEN for task in tasks_of(ctx, channel))


# -- set-up


def open_channel(ctx: Context, channel: InteractionChannel) -> None:
    """Set up a channel, or let it fail and cancel its task (documented)."""
    if channel.status != "setup":
        return
    conversation = ctx.store.first(Channel, sid=channel.media_channel_sid, type="private")
    people = _customers(ctx, channel) if conversation else []
    failure = _failure(ctx, channel, conversation, people)
    if failure is not None:
        code, message = failure
        ctx.update(channel, status="failed", error_code=code, error_message=message)
        ctx.emit(InteractionEvent("onChannelCreateFailed", channel))
        for task in tasks_of(ctx, channel):
            if task.assignment_status in ("pending", "reserved"):
                completion.cancel(ctx, task, message)
        return
    ctx.update(channel, status="active")
    ctx.emit(InteractionEvent("onChannelCreated", channel))
    for member in people:
        add_participant(ctx, channel, "customer", member.sid)


def _customers(ctx: Context, channel: InteractionChannel) -> list[Member]:
    found = ctx.store.select(Member, {"channel_sid": channel.media_channel_sid})
    return [member for member in found if not is_agent(member.attributes)]


def _failure(
    ctx: Context, channel: InteractionChannel, conversation: Channel | None, people: list[Member]
) -> tuple[int, str] | None:
    """Return code and message of the reason why a channel cannot be set up, or None."""
    sid = channel.media_channel_sid
    if conversation is None:
        return NOT_FOUND, f"Conversation {sid} was not found"
    if conversation.state_at(ctx.now) == "closed":
        return CLOSED, f"Conversation {sid} is closed"
    others = {"media_channel_sid": sid, "status": list(LIVE)}
    for other in ctx.store.select(InteractionChannel, others):
        if other.sid != channel.sid:
            return DUPLICATE, f"Conversation {sid} has an interaction, {other.interaction_sid}"
    if not people:
        return NOBODY, f"Conversation {sid} has no participant but agents"
    return None


# -- people


def add_person(
    ctx: Context,
    channel: InteractionChannel,
    *,
    type: str,
    media_properties: MediaProperties,
    routing_properties: AgentRouting | None = None,
) -> InteractionParticipant:
    """Add a person to a channel and to its conversation, by an identity or by addresses.

    Raises:
        TwilioError: 45354, the channel has ended; 45351, an identity and addresses, or neither.
        Refused: As `members.add` does.
    """
    refuse_ended(channel)
    place = _place(media_properties, media_properties.type or channel.type)
    conversation = channels.find(ctx, channel.media_channel_sid)
    attributes = AGENT_ATTRIBUTES if type in ("agent", "supervisor") else GUEST_ATTRIBUTES
    member = members.add(firing(ctx), conversation, attributes=attributes, **place)
    routing = routing_properties.given() if routing_properties else None
    return add_participant(ctx, channel, type, member.sid, routing)


def firing(ctx: Context) -> Context:
    """Return the same unit of work, whose actions fire webhooks (inferred for Flex's own)."""
    return Context(ctx.backend, ctx.account_sid, Actor(webhooks=True))


def add_participant(
    ctx: Context,
    channel: InteractionChannel,
    type: str,
    member_sid: str | None,
    routing: dict[str, str] | None = None,
) -> InteractionParticipant:
    """Note that a person is in a channel."""
    made = ctx.create(
        InteractionParticipant,
        interaction_sid=channel.interaction_sid,
        channel_sid=channel.sid,
        type=type,
        member_sid=member_sid,
        routing_properties=routing,
    )
    ctx.emit(InteractionEvent("onParticipantJoined", channel, made))
    return made


def agents_of(ctx: Context, channel: InteractionChannel) -> list[InteractionParticipant]:
    """Return the agents in a channel."""
    return ctx.store.select(InteractionParticipant, {"channel_sid": channel.sid, "type": "agent"})


def join(ctx: Context, invite: InteractionInvite, reservation: Reservation) -> None:
    """Put the agent that has accepted an invitation into the conversation (documented).

    One that is closed by then takes nobody in; the agent is a participant of the channel all the
    same (inferred).
    """
    channel = channel_of(ctx, invite)
    worker = ctx.store.first(Worker, sid=reservation.worker_sid)
    conversation = ctx.store.first(Channel, sid=channel.media_channel_sid)
    member = None
    if worker is not None and conversation is not None:
        identity = identity_of(worker)
        member = members.find(ctx, conversation.sid, identity)
        if member is None and conversation.state_at(ctx.now) != "closed":
            member = members.add(
                firing(ctx), conversation, identity=identity, attributes=AGENT_ATTRIBUTES
            )
    add_participant(
        ctx,
        channel,
        "agent",
        member.sid if member else None,
        {
            "task_sid": invite.task_sid,
            "worker_sid": reservation.worker_sid,
            "reservation_sid": reservation.sid,
        },
    )


def remove_participant(ctx: Context, participant: InteractionParticipant) -> None:
    """Take a person out of a channel and out of the conversation."""
    member = participant.member_sid and ctx.store.first(Member, sid=participant.member_sid)
    if member:
        members.remove(firing(ctx), member)
    ctx.remove(participant)
    ctx.emit(InteractionEvent("onParticipantLeft", channel_of(ctx, participant), participant))
