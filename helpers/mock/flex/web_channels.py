"""Web channels: what Twilio's own legacy web chat made, one request a visitor."""

from __future__ import annotations

from typing import Annotated

from ..call import Call
from ..errors import TwilioError
from ..fields import BLANK_IS_ABSENT, Fields
from ..messaging import channels as chat_channels
from ..messaging.rules import LongerName, NewName, NewUniqueName
from . import channels
from .channels import FlexIdentity, Text, json_parameter
from .resources import FlexChannel


class NewWebChannel(Fields):
    """Parameters of web channel creation (specified)."""

    flex_flow_sid: str
    identity: FlexIdentity
    customer_friendly_name: LongerName
    chat_friendly_name: NewName
    chat_unique_name: Annotated[NewUniqueName | None, BLANK_IS_ABSENT] = None
    pre_engagement_data: Text = None


class WebChannelChanges(Fields):
    """Parameters of web channel update (specified)."""

    chat_status: str | None = None
    post_engagement_data: Text = None


def create(call: Call, new: NewWebChannel) -> FlexChannel:
    """Make a web channel, as `channels.create` makes a Flex channel.

    Raises:
        TwilioError: As for `channels.create`.
    """
    return channels.create(
        call,
        channels.NewFlexChannel(
            flex_flow_sid=new.flex_flow_sid,
            identity=new.identity,
            chat_user_friendly_name=new.customer_friendly_name,
            chat_friendly_name=new.chat_friendly_name,
            chat_unique_name=new.chat_unique_name,
            pre_engagement_data=new.pre_engagement_data,
        ),
        is_web=True,
    )


def update(call: Call, web_channel: FlexChannel, changes: WebChannelChanges) -> FlexChannel:
    """End the chat, or keep what the visitor said after it.

    Raises:
        TwilioError: 45004, the status is not `inactive`, or the data is not JSON.
    """
    if changes.chat_status not in (None, "inactive"):
        raise TwilioError(45004, "ChatStatus can only be set to inactive")
    data = json_parameter("PostEngagementData", changes.post_engagement_data)
    values: dict[str, object] = {} if data is None else {"post_engagement_data": data}
    if changes.chat_status is not None:
        values["status"] = "INACTIVE"
    if values:
        channel = chat_channels.find(call, web_channel.sid)
        chat_channels.merge_attributes(call, channel, **values)
    call.store.save(web_channel, date_updated=call.now)
    return web_channel
