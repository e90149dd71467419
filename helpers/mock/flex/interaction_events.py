"""Events of interactions, and their delivery to the instance's interaction webhooks."""

from __future__ import annotations

from ..core.context import Backend, Context
from ..core.events import Event
from ..webhooks.outbox import Outbox
from . import configuration
from .resources import (
    Interaction,
    InteractionChannel,
    InteractionParticipant,
    InteractionWebhook,
)

EVENTS = (
    "onInteractionCreated",
    "onChannelCreated",
    "onChannelCreateFailed",
    "onChannelStatusUpdated",
    "onParticipantJoined",
    "onParticipantLeft",
    "onParticipantUpdated",
)
"""Their names (documented)."""


class InteractionEvent(Event, frozen=True):
    """An event of an interaction, by Twilio's name, e.g. `onParticipantJoined`."""

    name: str
    channel: InteractionChannel
    participant: InteractionParticipant | None = None


class ChannelDue(Event, frozen=True):
    """An interaction's channel was created and is to be set up."""

    sid: str


def record(backend: Backend, outbox: Outbox, event: Event) -> None:
    """Write down the deliveries of an event, in the transaction that emitted it.

    A global webhook gets the events of every interaction, another those of interactions that name
    it (documented).
    """
    assert isinstance(event, InteractionEvent)
    webhooks = backend.store.select(InteractionWebhook)
    if not webhooks:
        return
    parameters = _parameters(Context(backend, event.channel.account_sid), event)
    interaction = backend.store.first(Interaction, sid=event.channel.interaction_sid)
    named = interaction and interaction.webhook_ttid
    for webhook in webhooks:
        if event.name in webhook.webhook_events and (
            webhook.type == "global" or webhook.ttid == named
        ):
            to = {
                "url": webhook.webhook_url,
                "method": webhook.webhook_method,
                "parameters": parameters,
                "scope": "interaction",
            }
            outbox.add(event.name, event.channel.sid, to)


def _parameters(ctx: Context, event: InteractionEvent) -> dict[str, str]:
    """Return the parameters of an event (documented; `FlexInstanceSid` observed)."""
    channel, participant = event.channel, event.participant
    is_status, has_failed = event.name == "onChannelStatusUpdated", channel.status == "failed"
    instance = configuration.ensure(ctx).sid
    values: dict[str, object] = {
        "EventType": event.name,
        "AccountSid": channel.account_sid,
        "InstanceSid": instance,
        "FlexInstanceSid": instance,
        "InteractionSid": channel.interaction_sid,
        "ChannelSid": channel.sid,
        "MediaChannelSid": channel.media_channel_sid,
        "MediaChannelType": channel.type,
        "ChannelStatus": channel.status if is_status else None,
        "ErrorCode": channel.error_code if has_failed else None,
        "ErrorMessage": channel.error_message if has_failed else None,
        "ParticipantSid": participant and participant.sid,
        "ParticipantType": participant and participant.type,
        "TaskSid": participant and (participant.routing_properties or {}).get("task_sid"),
    }
    return {name: str(value) for name, value in values.items() if value is not None}
