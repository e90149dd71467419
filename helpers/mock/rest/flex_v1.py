"""Flex v1 as `flex-api.twilio.com` spells it."""

from __future__ import annotations

from ..flex import channels, flows
from ..flex.resources import FlexChannel, FlexFlow
from .collection import Collection, Write
from .listing import PageSizes
from .views import view

HOST = "flex-api.twilio.com"
SIZES = PageSizes(50, 1000)
INTERNAL = ("identity", "contact", "live_task_sid", "task_attributes", "is_web")
"""What Flex keeps of a channel and does not show."""

FLEX_FLOWS = Collection(
    host=HOST,
    root="/v1",
    segment="FlexFlows",
    kind=FlexFlow,
    key="flex_flows",
    noun="FlexFlow",
    sizes=SIZES,
    filters={"FriendlyName": "friendly_name"},
    render=view(FlexFlow),
    create=Write(flows.NewFlow, flows.create),
    update=Write(flows.FlowChanges, flows.update, status=200),
    delete=flows.delete,
)
CHANNELS = Collection(
    host=HOST,
    root="/v1",
    segment="Channels",
    kind=FlexChannel,
    key="flex_chat_channels",
    noun="Channel",
    sizes=SIZES,
    only={"is_web": False},
    render=view(FlexChannel, omit=INTERNAL),
    create=Write(channels.NewFlexChannel, channels.create),
    delete=channels.delete,
)
WEB_CHANNELS = Collection(
    host=HOST,
    root="/v1",
    segment="WebChannels",
    kind=FlexChannel,
    key="flex_chat_channels",
    noun="WebChannel",
    sizes=SIZES,
    only={"is_web": True},
    render=view(FlexChannel, omit=(*INTERNAL, "user_sid", "task_sid")),
    create=Write(channels.NewWebChannel, channels.create_web_channel),
    update=Write(channels.WebChannelChanges, channels.update_web_channel, status=200),
    delete=channels.delete,
)

COLLECTIONS = (FLEX_FLOWS, CHANNELS, WEB_CHANNELS)
OPERATIONS = [operation for collection in COLLECTIONS for operation in collection.operations()]
