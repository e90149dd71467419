"""Interactions of Flex v1: their channels, participants, invites, transfers and webhooks."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import (
    BLANK_IS_ABSENT,
    Parameters,
    checked,
    form_name,
    is_web_address,
    read_json_object,
)
from ..core.sids import looks_like
from ..flex import interaction_endings as endings
from ..flex import interactions
from ..flex.interaction_events import EVENTS
from ..flex.interactions import BAD_PARAMETER, JsonParameters
from ..flex.resources import (
    FlexConfiguration,
    Interaction,
    InteractionChannel,
    InteractionInvite,
    InteractionParticipant,
    InteractionTransfer,
    InteractionWebhook,
)
from ..taskrouter.resources import Task
from .collection import Api, Collection, Write, for_each
from .conversations_words import REFUSALS
from .flex_v1 import HOST
from .listing import PageSizes
from .taskrouter_views import task_names
from .views import view

API = Api(HOST, "/v1", REFUSALS, sizes=PageSizes(50, 1000))
_UNSHOWN = ("account_sid", "date_created", "date_updated")


# -- parameters


def _json(name: str, kind: type[JsonParameters]) -> BeforeValidator:
    return BeforeValidator(partial(kind.read_within, name))


Routing = Annotated[
    interactions.InteractionRouting, _json("Routing", interactions.InteractionRouting)
]
Ttid = Annotated[str | None, BLANK_IS_ABSENT]


def _channel(value: str) -> JsonParameters:
    """Read a channel that exists, by its SID, or a new one."""
    exists = (read_json_object(value) or {}).get("sid") is not None
    kind = interactions.ExistingInteractionChannel if exists else interactions.NewInteractionChannel
    channel: JsonParameters = kind.read_within("Channel", value)
    return channel


class NewInteraction(Parameters):
    """Parameters of interaction creation (specified)."""

    channel: Annotated[
        interactions.ExistingInteractionChannel | interactions.NewInteractionChannel,
        BeforeValidator(_channel),
    ]
    routing: Routing | None = None
    interaction_context_sid: (
        Annotated[
            str,
            checked(
                lambda text: looks_like(text, "HQ"),
                BAD_PARAMETER,
                "InteractionContextSid is an HQ SID",
            ),
        ]
        | None
    ) = None
    webhook_ttid: Ttid = None


class InteractionChanges(Parameters):
    """Parameters of interaction update (specified)."""

    webhook_ttid: Ttid = None


class ChannelStatus(Parameters):
    """Parameters of interaction channel update (specified)."""

    status: str | None = None
    routing: Annotated[endings.RoutingStatus, _json("Routing", endings.RoutingStatus)] | None = None


class ParticipantStatus(Parameters):
    """Parameters of interaction participant update (specified)."""

    status: str | None = None


class NewInteractionInvite(Parameters):
    """Parameters of invite creation (specified)."""

    routing: Routing


class NewPerson(Parameters):
    """Parameters of interaction participant creation (specified)."""

    type: Literal["supervisor", "customer", "external", "agent", "unknown"]
    media_properties: Annotated[
        interactions.MediaProperties, _json("MediaProperties", interactions.MediaProperties)
    ]
    routing_properties: (
        Annotated[interactions.AgentRouting, _json("RoutingProperties", interactions.AgentRouting)]
        | None
    ) = None


Url = Annotated[
    str, checked(is_web_address, BAD_PARAMETER, "WebhookUrl must be an http or https URL")
]


def _events(names: list[str] | None) -> list[str] | None:
    for name in names or ():
        if name not in EVENTS:
            known = ", ".join(EVENTS)
            raise TwilioError(BAD_PARAMETER, f"{name[:40]!r} is no event; they are {known}")
    return names


Events = Annotated[list[str] | None, AfterValidator(_events)]
Method = Annotated[Literal["GET", "POST"], BeforeValidator(lambda text: str(text).upper())]


class InteractionWebhookChanges(Parameters):
    """Parameters of interaction webhook update.

    Twilio's page gives some under two names, of which the shorter are read, too (documented).
    """

    type: Literal["global", "interaction"] | None = None
    friendly_name: str | None = None
    webhook_url: Url | None = None
    webhook_method: Method | None = None
    webhook_events: Events = None
    url: Url | None = None
    method: Method | None = None
    filters: Events = None

    def given(self) -> dict[str, Any]:
        """Return what the caller sent, by its longer names."""
        sent = super().given()
        for name, longer in _LONGER.items():
            if name in sent:
                sent.setdefault(longer, sent.pop(name))
        return {name: value for name, value in sent.items() if name not in _LONGER}


_LONGER = {"url": "webhook_url", "method": "webhook_method", "filters": "webhook_events"}


class NewInteractionWebhook(InteractionWebhookChanges):
    """Parameters of interaction webhook creation."""

    type: Literal["global", "interaction"] = "global"

    def given(self) -> dict[str, Any]:
        """Return what the caller sent.

        Raises:
            TwilioError: 45366, it has no URL or no events.
        """
        sent = super().given()
        for name in ("webhook_url", "webhook_events"):
            if not sent.get(name):
                raise TwilioError(BAD_PARAMETER, f"{form_name(name)} is required")
        return {"friendly_name": None, "webhook_method": "POST", **sent, "type": self.type}


# -- JSON


def _channel_json(ctx: Context, interaction: Interaction) -> dict[str, Any]:
    channel = ctx.store.first(InteractionChannel, interaction_sid=interaction.sid)
    assert channel is not None  # it is made with the interaction
    invite = next(
        iter(
            ctx.store.select(InteractionInvite, {"channel_sid": channel.sid}, order="desc", limit=1)
        ),
        None,
    )
    routing = _routing_json(ctx, invite) if invite else {"routing": None}
    return {"channel": {"type": channel.type, "sid": channel.sid}, **routing}


def _routing_json(ctx: Context, invite: InteractionInvite) -> dict[str, Any]:
    """Return the task of an invitation, null once it is deleted (observed)."""
    task = ctx.store.first(Task, sid=invite.task_sid)
    if task is None:
        return {"routing": None}
    names, entered = task_names(ctx, task), task.task_queue_entered_date
    properties = {
        "sid": task.sid,
        "account_sid": task.account_sid,
        "workspace_sid": task.workspace_sid,
        "workflow_sid": task.workflow_sid,
        "workflow_name": names["workflow_friendly_name"],
        "queue_sid": task.task_queue_sid,
        "queue_name": names["task_queue_friendly_name"],
        "task_channel_sid": task.task_channel_sid,
        "task_channel_unique_name": names["task_channel_unique_name"],
        "assignment_status": task.assignment_status,
        "attributes": task.attributes,
        "addons": "{}",
        "age": names["age"],
        "age_in_queue": 0 if entered is None else int(ctx.now - entered),
        "priority": task.priority,
        "timeout": task.timeout,
        "reason": task.reason,
        "version": task.version,
        "ignore_capacity": task.ignore_capacity,
        "date_created": int(task.date_created),
        "date_updated": int(task.date_updated),
        "task_queue_entered_date": None if entered is None else int(entered),
        "virtual_start_time": int(task.virtual_start_time),
        "assignmentCounter": task.assignments,
        "routing_target": task.routing_target,
        **dict.fromkeys(("custom_context", "required_attention", "twilio_context")),
    }
    return {"routing": {"reservation": None, "properties": properties}}


# -- collections


def _rename(ctx: Context, interaction: Interaction, webhook_ttid: str | None = None) -> Interaction:
    interactions.refuse_unknown_webhook(ctx, webhook_ttid)
    return ctx.update(interaction, webhook_ttid=webhook_ttid)


def _add_webhook(ctx: Context, instance: FlexConfiguration, **given: Any) -> InteractionWebhook:
    ttid = f"{InteractionWebhook.prefix}{ctx.sids.new('')[:26]}"
    return ctx.create(InteractionWebhook, ttid=ttid, instance_sid=instance.sid, **given)


INTERACTIONS: Collection[Any, Interaction] = Collection(
    simulated=("Create", "Fetch", "Update"),
    within=API,
    segment="Interactions",
    kind=Interaction,
    created=200,
    render=view(Interaction, omit=_UNSHOWN, links={"channels": "Channels"}),
    details=for_each(_channel_json),
    create=Write(NewInteraction, interactions.create, spread=True),
    update=Write(InteractionChanges, _rename, spread=True),
)
CHANNELS: Collection[Interaction, InteractionChannel] = Collection(
    simulated=("List", "Fetch", "Update"),
    within=INTERACTIONS,
    segment="Channels",
    kind=InteractionChannel,
    argument="ChannelSid",
    render=view(
        InteractionChannel,
        omit=(*_UNSHOWN, "initiated_by", "media_channel_sid"),
        links={"participants": "Participants", "invites": "Invites", "transfers": "Transfers"},
    ),
    update=Write(ChannelStatus, endings.update_channel, spread=True),
)
INVITES: Collection[InteractionChannel, InteractionInvite] = Collection(
    simulated=("List", "Create"),
    within=CHANNELS,
    segment="Invites",
    kind=InteractionInvite,
    noun="InteractionChannelInvite",
    created=200,
    render=view(InteractionInvite, omit=(*_UNSHOWN, "task_sid", "routing", "is_accepted_at_once")),
    details=for_each(_routing_json),
    create=Write(NewInteractionInvite, interactions.invite, spread=True),
)
PARTICIPANTS: Collection[InteractionChannel, InteractionParticipant] = Collection(
    simulated=("List", "Create", "Update"),
    within=CHANNELS,
    segment="Participants",
    kind=InteractionParticipant,
    noun="InteractionChannelParticipant",
    created=200,
    render=view(InteractionParticipant, omit=(*_UNSHOWN, "member_sid")),
    create=Write(NewPerson, interactions.add_person, spread=True),
    update=Write(ParticipantStatus, endings.update_participant, spread=True),
)
TRANSFERS: Collection[InteractionChannel, InteractionTransfer] = Collection(
    simulated=("Create", "Fetch", "Update"),
    within=CHANNELS,
    segment="Transfers",
    kind=InteractionTransfer,
    render=view(
        InteractionTransfer,
        omit=("invite_sid",),
        rename={"sender": "from", "target": "to"},
    ),
    create=Write(endings.NewTransfer, endings.transfer, json=True),
    update=Write(endings.TransferChanges, endings.update_transfer, json=True),
)
_INSTANCES: Collection[Any, FlexConfiguration] = Collection(
    simulated=(),
    within=API,
    segment="Instances",
    kind=FlexConfiguration,
    argument="InstanceSid",
    render=view(FlexConfiguration),
)
WEBHOOKS: Collection[FlexConfiguration, InteractionWebhook] = Collection(
    within=_INSTANCES,
    segment="InteractionWebhooks",
    kind=InteractionWebhook,
    key="data",
    lookup=("ttid",),
    item_key="ttid",
    render=view(InteractionWebhook),
    create=Write(NewInteractionWebhook, _add_webhook, spread=True),
    update=Write(InteractionWebhookChanges, Context.update, spread=True),
    delete=Context.remove,
)
OPERATIONS = API.operations()
