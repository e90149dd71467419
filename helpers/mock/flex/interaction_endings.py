"""Ways in which an interaction goes on or ends: each of its tasks, channel and conversation.

Flex UI takes these steps for an agent over REST; TaskRouter alone ends neither channel nor
conversation (documented).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ..core.context import Context
from ..core.errors import TwilioError
from ..messaging import channels
from ..messaging.resources import AddressConfiguration, Channel, Member
from ..taskrouter import completion
from ..taskrouter.resources import Task
from . import configuration, interactions
from .interaction_events import InteractionEvent
from .interactions import (
    BAD_PARAMETER,
    CLOSED,
    JsonParameters,
    MediaProperties,
    RoutingProperties,
    channel_of,
)
from .resources import (
    InteractionChannel,
    InteractionInvite,
    InteractionParticipant,
    InteractionTransfer,
)

STATUS_MISSING, STATUS_BAD = 45358, 45359
PAUSE_LIMIT = 14 * 86_400
"""Seconds that a chat may be paused (documented)."""
_TARGETS = {"WK": "worker_sid", "WQ": "queue_sid", "WW": "workflow_sid"}
"""Property of a routing that each target of a transfer sets, by the SID's prefix."""


class RoutingStatus(JsonParameters):
    """`Routing` of a channel's update: whether its tasks end (documented)."""

    status: Literal["closed"]


class NewTransfer(JsonParameters):
    """A new transfer; the names are those of the answer (specified), as Twilio declares none."""

    type: Literal["warm", "cold", "external"] = "cold"
    from_: str = Field(alias="from")
    to: str
    note_sid: str | None = None
    summary_sid: str | None = None


class TransferChanges(JsonParameters):
    """Changes of a transfer (inferred)."""

    status: Literal["active", "failed", "completed"] | None = None
    note_sid: str | None = None
    summary_sid: str | None = None


# -- the channel


def update_channel(
    ctx: Context,
    channel: InteractionChannel,
    *,
    status: str | None = None,
    routing: RoutingStatus | None = None,
) -> InteractionChannel:
    """Close a channel with its conversation, or let it wait for the customer.

    Its tasks go to wrap-up, or are completed and their agents leave, if the routing says so; it
    must where the channel waits (documented). Tasks that nobody has accepted are cancelled
    (inferred).

    Raises:
        TwilioError: 45358 or 45359, the status is missing or neither of the two; 45366, no routing
            status; 45354, a closed channel is to wait.
    """
    if not status:
        raise TwilioError(STATUS_MISSING, "Status is required")
    if status not in ("closed", "inactive"):
        raise TwilioError(STATUS_BAD, f"Status can be set to closed or inactive, not {status[:40]}")
    if status == "inactive":
        if routing is None:
            raise TwilioError(BAD_PARAMETER, 'Routing must be {"status": "closed"} with inactive')
        interactions.refuse_ended(channel)
    changed = channel.status != status
    ctx.update(channel, status=status)
    for task in interactions.tasks_of(ctx, channel):
        _end_task(ctx, task, completes=routing is not None)
    if routing is not None:
        for agent in interactions.agents_of(ctx, channel):
            interactions.remove_participant(ctx, agent)
    conversation = ctx.store.first(Channel, sid=channel.media_channel_sid)
    if status == "closed" and conversation and conversation.state_at(ctx.now) != "closed":
        channels.update(interactions.firing(ctx), conversation, state="closed")
    if changed:
        ctx.emit(InteractionEvent("onChannelStatusUpdated", channel))
    return channel


def _end_task(ctx: Context, task: Task, *, completes: bool) -> None:
    if task.assignment_status in ("pending", "reserved"):
        completion.cancel(ctx, task, "The interaction channel was closed")
    elif completes and task.assignment_status in ("assigned", "wrapping"):
        completion.complete(ctx, task)
    elif task.assignment_status == "assigned":
        completion.wrap_up(ctx, task)


def set_status(ctx: Context, channel: InteractionChannel, status: str) -> None:
    """Give a channel another status."""
    if channel.status != status:
        ctx.update(channel, status=status)
        ctx.emit(InteractionEvent("onChannelStatusUpdated", channel))


# -- people


def update_participant(
    ctx: Context, participant: InteractionParticipant, *, status: str | None = None
) -> InteractionParticipant:
    """Wrap up an agent's task; or complete it, and take the agent out of the conversation.

    The channel and the conversation stay as they are (documented). Another person is taken out
    (inferred).

    Raises:
        TwilioError: 45358 or 45359, the status is missing, or not one that the person can have;
            20001, the task's status does not allow it.
    """
    if not status:
        raise TwilioError(STATUS_MISSING, "Status is required")
    allowed = ("closed", "wrapup") if participant.routing_properties else ("closed",)
    if status not in allowed:
        refusal = f"Status of a participant of type {participant.type} can be set to"
        raise TwilioError(STATUS_BAD, f"{refusal} {' or '.join(allowed)}, not {status[:40]}")
    task = _task_of(ctx, participant)
    if status == "wrapup":
        if task is None:
            raise TwilioError(STATUS_BAD, "The participant's task is gone")
        completion.wrap_up(ctx, task)
        ctx.emit(
            InteractionEvent("onParticipantUpdated", channel_of(ctx, participant), participant)
        )
        return participant
    if task is not None:
        _end_task(ctx, task, completes=True)
    interactions.remove_participant(ctx, participant)
    for warm in ctx.store.select(InteractionTransfer, {"channel_sid": participant.channel_sid}):
        if warm.sender == participant.sid and warm.status == "active" and _invited(ctx, warm):
            ctx.update(warm, status="completed")
    return participant


def _task_of(ctx: Context, participant: InteractionParticipant) -> Task | None:
    sid = (participant.routing_properties or {}).get("task_sid", "")
    return ctx.store.first(Task, sid=sid)


# -- leave and pause


def pause(ctx: Context, agent: InteractionParticipant) -> None:
    """Pause for an agent: its task ends, and its capacity is free (documented).

    The agent stays a participant (inferred).

    Raises:
        TwilioError: 45354, the channel is not active.
    """
    channel = channel_of(ctx, agent)
    interactions.refuse_ended(channel, "active")
    task = _task_of(ctx, agent)
    if task is not None:
        _end_task(ctx, task, completes=True)
    set_status(ctx, channel, "pause")


def resume(ctx: Context, agent: InteractionParticipant) -> InteractionInvite:
    """Take a paused chat up again: a new task, accepted by the same agent (documented).

    An agent without capacity left gets it as an offer once there is some.

    Raises:
        TwilioError: 45354, the channel is not paused.
    """
    channel = channel_of(ctx, agent)
    interactions.refuse_ended(channel, "pause")
    set_status(ctx, channel, "active")
    ctx.remove(agent)
    worker_sid = (agent.routing_properties or {})["worker_sid"]
    invite = _invite_again(ctx, channel, worker_sid=worker_sid)
    return ctx.update(invite, is_accepted_at_once=True)


def requeue(ctx: Context, channel: InteractionChannel) -> None:
    """Give a chat that was paused for too long to the next agent; the one that paused leaves."""
    for agent in interactions.agents_of(ctx, channel):
        interactions.remove_participant(ctx, agent)
    set_status(ctx, channel, "active")
    _invite_again(ctx, channel)


def renew(ctx: Context, channel: InteractionChannel) -> None:
    """Give the customer who writes to a chat that was left a new task (documented).

    Where somebody has been invited meanwhile, that task is enough (inferred).
    """
    set_status(ctx, channel, "active")
    if not interactions.is_waited_in(ctx, channel):
        _invite_again(ctx, channel)


def _invite_again(ctx: Context, channel: InteractionChannel, **target: Any) -> InteractionInvite:
    """Invite as the first time, with the attributes of then, but to another target, if given."""
    first = ctx.store.first(InteractionInvite, channel_sid=channel.sid)
    assert first is not None  # it is made with the channel
    of_one = {"worker_sid": None, "ignore_capacity": False}
    given = {**first.routing, **of_one, **target}
    known = {name: value for name, value in given.items() if value is not None}
    return interactions.invite_by(ctx, channel, RoutingProperties.read(known))


# -- transfers


def transfer(ctx: Context, channel: InteractionChannel, new: NewTransfer) -> InteractionTransfer:
    """Transfer a chat: `cold`, `warm` or `external`; what each does is inferred.

    A cold one makes a task for its target, with the attributes of the first one, and ends the
    agent's own at once. In a warm one the agent stays until it is completed. An external one adds a
    person by an identity or a phone's address, and ends the agent's task.

    Raises:
        TwilioError: 45366, `from` is no agent of the channel, or `to` neither worker, queue nor
            workflow, or of an external one an address without a number of the account; 45354, the
            channel is not active.
        Refused: As `members.add` does, of an external one.
    """
    interactions.refuse_ended(channel, "active")
    agents = interactions.agents_of(ctx, channel)
    agent = next((each for each in agents if each.sid == new.from_), None)
    if agent is None:
        raise TwilioError(BAD_PARAMETER, f"from: no agent {new.from_[:40]} is in the channel")
    is_external = new.type == "external"
    if is_external:
        _add_external(ctx, channel, new.to)
    else:
        invite = _invite_target(ctx, channel, new.to)
    if new.type != "warm":
        update_participant(ctx, agent, status="closed")
    return ctx.create(
        InteractionTransfer,
        instance_sid=configuration.ensure(ctx).sid,
        interaction_sid=channel.interaction_sid,
        channel_sid=channel.sid,
        execution_sid=ctx.sids.new("QW"),
        type=new.type,
        status="completed" if is_external else "active",
        sender=new.from_,
        target=new.to,
        note_sid=new.note_sid,
        summary_sid=new.summary_sid,
        invite_sid="" if is_external else invite.sid,
    )


def _invite_target(ctx: Context, channel: InteractionChannel, to: str) -> InteractionInvite:
    target = _TARGETS.get(to[:2])
    if target is None:
        raise TwilioError(BAD_PARAMETER, "to must be the SID of a worker, task queue or workflow")
    set_status(ctx, channel, "transfer")
    without_queue = {"queue_sid": None} if target == "workflow_sid" else {}
    return _invite_again(ctx, channel, **without_queue, **{target: to})


def _add_external(ctx: Context, channel: InteractionChannel, to: str) -> None:
    """Add a person of an identity; or a phone, by the number that the customer's phone writes to.

    Where there is none, by the first that is configured.
    """
    given: dict[str, Any] = {"identity": to}
    if to.startswith(("+", "whatsapp:")):
        kind = "whatsapp" if to.startswith("whatsapp:") else "sms"
        given = {"type": kind, "address": to, "proxy_address": _number(ctx, channel, kind)}
    person = MediaProperties.read_within("to", given)
    interactions.add_person(ctx, channel, type="external", media_properties=person)


def _number(ctx: Context, channel: InteractionChannel, kind: str) -> str:
    people = ctx.store.select(Member, {"channel_sid": channel.media_channel_sid})
    bindings = [each.messaging_binding or {} for each in people]
    numbers = [each.get("proxy_address") for each in bindings if each.get("type") == kind]
    numbers += [each.address for each in ctx.store.select(AddressConfiguration, {"type": kind})]
    for number in filter(None, numbers):
        return number
    raise TwilioError(BAD_PARAMETER, f"to: the account has no configured number for {kind}")


def update_transfer(
    ctx: Context, known: InteractionTransfer, changes: TransferChanges
) -> InteractionTransfer:
    """Complete a transfer, whose agent leaves; or give it up, so that whom it invited does.

    Raises:
        TwilioError: 45354, it has ended; 45366, nobody has accepted it yet.
    """
    if changes.status not in (None, known.status):
        if known.status != "active":
            raise TwilioError(CLOSED, f"Transfer {known.sid} is {known.status}")
        invited = _invited(ctx, known)
        if changes.status == "completed":
            if invited is None:
                raise TwilioError(BAD_PARAMETER, "Nobody has accepted the transfer yet")
            leaving = ctx.store.first(InteractionParticipant, sid=known.sender)
        else:
            leaving = invited
            if invited is None and (task := _task_invited_to(ctx, known)):
                _end_task(ctx, task, completes=False)
        ctx.update(known, status=changes.status)
        if leaving is not None:
            update_participant(ctx, leaving, status="closed")
        _end_transfer(ctx, known)
    return ctx.update(known, **changes.given())


def _invited(ctx: Context, known: InteractionTransfer) -> InteractionParticipant | None:
    """Return the agent that has accepted a transfer, or None."""
    task = _task_invited_to(ctx, known)
    agents = {"channel_sid": known.channel_sid, "type": "agent"}
    for agent in ctx.store.select(InteractionParticipant, agents):
        if task and (agent.routing_properties or {}).get("task_sid") == task.sid:
            return agent
    return None


def _task_invited_to(ctx: Context, known: InteractionTransfer) -> Task | None:
    invite = ctx.store.first(InteractionInvite, sid=known.invite_sid)
    return ctx.store.first(Task, sid=invite.task_sid) if invite else None


def settle_transfer(ctx: Context, invite: InteractionInvite, *, is_accepted: bool) -> None:
    """Note that the task of a transfer, if the invitation is of one, was accepted or cancelled.

    A warm one that is accepted goes on, with both agents.
    """
    for found in ctx.store.select(InteractionTransfer, {"invite_sid": invite.sid}):
        if found.status == "active":
            if not is_accepted:
                ctx.update(found, status="failed")
            elif found.type == "cold":
                ctx.update(found, status="completed")
            _end_transfer(ctx, found)


def _end_transfer(ctx: Context, known: InteractionTransfer) -> None:
    channel = ctx.store.first(InteractionChannel, sid=known.channel_sid)
    if channel is not None and channel.status == "transfer":
        set_status(ctx, channel, "active")
