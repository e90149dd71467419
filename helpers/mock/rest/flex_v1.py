"""Flex v1 as `flex-api.twilio.com` spells it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from msgspec.structs import replace
from pydantic import BeforeValidator, Field

from ...json_object import storable_json
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import BLANK_IS_ABSENT, Parameters
from ..flex import channels, configuration, flows
from ..flex.resources import FlexChannel, FlexConfiguration, FlexFlow
from .chat_parameters import RESERVED_IDENTITIES, Identity, LongerName, NewName, NewUniqueName
from .chat_words import REFUSALS
from .collection import ANY_SERVICE, Api, Arguments, Collection, Operation, Write
from .http import Reply, Request, last
from .listing import PageSizes
from .views import view

HOST = "flex-api.twilio.com"
API = Api(HOST, "/v1", REFUSALS, sizes=PageSizes(50, 1000))
INTERNAL = ("identity", "contact", "live_task_sid", "task_attributes", "is_web")
"""Fields of a channel that Flex keeps and does not show."""


# -- parameters


def _not_reserved(identity: str) -> str:
    if identity in RESERVED_IDENTITIES:
        raise TwilioError(45211, f"Identity {identity!r} is reserved; choose another")
    return identity


FlexIdentity = Annotated[Identity, BeforeValidator(_not_reserved)]
Text = Annotated[str | None, BLANK_IS_ABSENT]


class WebChannelParameters(Parameters):
    """Parameters of web channel creation (specified)."""

    flex_flow_sid: str
    identity: FlexIdentity
    chat_user_friendly_name: LongerName = Field(alias="CustomerFriendlyName")
    chat_friendly_name: NewName
    chat_unique_name: Annotated[NewUniqueName | None, BLANK_IS_ABSENT] = None
    pre_engagement_data: Text = None


class FlexChannelParameters(WebChannelParameters):
    """Parameters of Flex channel creation (specified)."""

    chat_user_friendly_name: LongerName
    target: Text = None
    task_sid: Text = None
    task_attributes: Text = None
    long_lived: bool | None = None


class WebChannelChanges(Parameters):
    """Parameters of web channel update (specified)."""

    chat_status: str | None = None
    post_engagement_data: Text = None


# -- collections


def _create(ctx: Context, new: WebChannelParameters, *, is_web: bool = False) -> FlexChannel:
    return channels.create(ctx, channels.NewFlexChannel(**new.given()), is_web=is_web)


FLEX_FLOWS = Collection(
    within=API,
    segment="FlexFlows",
    kind=FlexFlow,
    filters={"FriendlyName": "friendly_name"},
    render=view(FlexFlow),
    create=Write(flows.NewFlow, flows.create),
    update=Write(flows.FlowChanges, flows.update),
    delete=Context.remove,  # channels made with it stay (inferred)
)
CHANNELS = Collection(
    within=API,
    segment="Channels",
    kind=FlexChannel,
    key="flex_chat_channels",
    noun="Channel",
    only={"is_web": False},
    render=view(FlexChannel, omit=INTERNAL),
    create=Write(FlexChannelParameters, _create),
    delete=channels.delete,
)
WEB_CHANNELS = Collection(
    within=API,
    segment="WebChannels",
    kind=FlexChannel,
    key="flex_chat_channels",
    noun="WebChannel",
    only={"is_web": True},
    render=view(FlexChannel, omit=(*INTERNAL, "user_sid", "task_sid")),
    create=Write(WebChannelParameters, partial(_create, is_web=True)),
    update=Write(WebChannelChanges, channels.update_web_channel, spread=True),
    delete=channels.delete,
)


# -- the one Configuration


def _configuration(ctx: Context, found: FlexConfiguration, request: Request) -> Reply:
    shown = configuration.as_json(ctx, found) | {"url": f"https://{HOST}{CONFIGURATION}"}
    pinned = last(request.query, "UiVersion")
    if pinned is not None:
        shown["ui_version"] = pinned
        shown["ui_attributes"] = {"version_compatibility": "yes"} | (shown["ui_attributes"] or {})
    return Reply(200, shown)


def _fetch_configuration(ctx: Context, _: Arguments, request: Request) -> Reply:
    return _configuration(ctx, configuration.ensure(ctx), request)


def _update_configuration(ctx: Context, _: Arguments, request: Request) -> Reply:
    try:
        given = storable_json(request.body.decode())
    except ValueError:
        given = None
    return _configuration(ctx, configuration.update(ctx, given), request)


def _for_visitors(operation: Operation) -> Operation:
    """Open the creation of web channels to visitors, each for itself (observed).

    Flex makes the channel, whatever the visitor's role allows.
    """

    def handle(ctx: Context, arguments: Arguments, request: Request) -> Reply:
        actor, form = ctx.actor, request.form
        if actor.identity is not None:
            if last(form, "Identity") != actor.identity:
                raise TwilioError(20403, "Identity must be the one of the access token")
            flow = ctx.store.first(FlexFlow, sid=last(form, "FlexFlowSid"))
            if flow is not None and flow.chat_service_sid != actor.service_sid:
                raise TwilioError(
                    20403, f"The access token is for chat service {actor.service_sid}"
                )
            ctx = Context(ctx.backend, ctx.account_sid)
        return operation.handle(ctx, arguments, request)

    return replace(operation, handle=handle, users_of=lambda store, arguments: ANY_SERVICE)


CONFIGURATION = "/v1/Configuration"
OPERATIONS = [
    *(
        _for_visitors(each) if each.name == "CreateWebChannel" else each
        for each in API.operations()
    ),
    Operation(
        "FetchConfiguration", "GET", HOST, CONFIGURATION, _fetch_configuration, flex_users=True
    ),
    Operation("UpdateConfiguration", "POST", HOST, CONFIGURATION, _update_configuration),
]
