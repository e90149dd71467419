"""Flex v1 as `flex-api.twilio.com` spells it."""

from __future__ import annotations

from ..flex import channels, flows
from ..flex.resources import FlexChannel, FlexFlow
from .collection import Collection, Write
from .paging import PageSizes
from .views import view

HOST = "flex-api.twilio.com"
SIZES = PageSizes(50, 1000)

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
    render=view(FlexChannel, omit=("identity", "contact")),
    create=Write(channels.NewFlexChannel, channels.create),
    delete=channels.delete,
)

OPERATIONS = [op for collection in (FLEX_FLOWS, CHANNELS) for op in collection.operations()]
