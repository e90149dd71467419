"""Flex channels: a chat channel, its user, the membership and the handler in one request."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator

from ..call import Call
from ..errors import TwilioError
from ..fields import BLANK_IS_ABSENT, Fields, read_json_object
from ..messaging import channels, members, users
from ..messaging.resources import Channel, Service, User
from ..messaging.rules import RESERVED_IDENTITIES, Identity, LongerName, NewName, NewUniqueName
from . import handlers
from .resources import FlexChannel, FlexFlow

Text = Annotated[str | None, BLANK_IS_ABSENT]


def _not_reserved(identity: str) -> str:
    if identity in RESERVED_IDENTITIES:
        raise TwilioError(45211, f"Identity {identity!r} is reserved; choose another")
    return identity


FlexIdentity = Annotated[Identity, BeforeValidator(_not_reserved)]


class NewFlexChannel(Fields):
    """Parameters of Flex channel creation (specified)."""

    flex_flow_sid: str
    identity: FlexIdentity
    chat_user_friendly_name: LongerName
    chat_friendly_name: NewName
    target: Text = None
    chat_unique_name: Annotated[NewUniqueName | None, BLANK_IS_ABSENT] = None
    pre_engagement_data: Text = None
    task_sid: Text = None
    task_attributes: Text = None
    long_lived: bool | None = None


def create(call: Call, new: NewFlexChannel, *, is_web: bool = False) -> FlexChannel:
    """Make a channel for a contact, or give back the one it has.

    An ACTIVE channel of the same flow and contact is given back (documented for the contact pair;
    matched on Target, else Identity: inferred). A disabled flow works when it is named
    (documented).

    Raises:
        TwilioError: 45205, no such flow; 45208, an active channel has the unique name; 45004, a
            JSON parameter is not JSON or the task does not fit.
    """
    flow = call.store.first(FlexFlow, sid=new.flex_flow_sid)
    if flow is None:
        raise TwilioError(45205, f"Flex Flow {new.flex_flow_sid} not found")
    pre_engagement = json_parameter("PreEngagementData", new.pre_engagement_data)
    task_attributes = json_parameter("TaskAttributes", new.task_attributes)
    existing = active_channel(call, flow, new.target or new.identity, is_web=is_web)
    if existing is not None:
        return existing
    _release_unique_name(call, flow, new.chat_unique_name)
    user, channel = _chat(call, flow, new, pre_engagement)
    handlers.wire(call, flow, channel)
    flex_channel = call.store.add(
        FlexChannel(
            sid=channel.sid,
            account_sid=call.account_sid,
            flex_flow_sid=flow.sid,
            user_sid=user.sid,
            identity=new.identity,
            contact=new.target or new.identity,
            task_sid=None,
            live_task_sid=None,
            task_attributes=task_attributes,
            is_web=is_web,
            date_created=call.now,
            date_updated=call.now,
        )
    )
    if new.task_sid is not None:
        handlers.bind_task(call, flow, flex_channel, new.task_sid)
    elif flow.integration_type == "task" and not flow.integration["creation_on_message"]:
        handlers.make_task(call, flow, flex_channel)
    return flex_channel


def json_parameter(parameter: str, text: str | None) -> dict[str, Any] | None:
    """A parameter that is JSON text, as an object.

    Raises:
        TwilioError: 45004, it is not a JSON object.
    """
    if text is None:
        return None
    value = read_json_object(text)
    if value is None:
        raise TwilioError(45004, f"{parameter} must be a JSON object as text")
    return value


def active_channel(call: Call, flow: FlexFlow, contact: str, *, is_web: bool) -> FlexChannel | None:
    """The contact's channel of that kind that has not been ended, or None."""
    where = {"flex_flow_sid": flow.sid, "contact": contact, "is_web": is_web}
    for flex_channel in call.store.select(FlexChannel, where, order="desc"):
        channel = call.store.first(Channel, sid=flex_channel.sid)
        if channel is not None and handlers.is_active(channel):
            return flex_channel
    return None


def _release_unique_name(call: Call, flow: FlexFlow, unique_name: str | None) -> None:
    """Refuse the name of an active channel; take it from one that has ended (documented)."""
    if not unique_name:
        return
    holder = channels.by_unique_name(call, flow.chat_service_sid, unique_name)
    if holder is None:
        return
    if handlers.is_active(holder):
        raise TwilioError(
            45208,
            f"An active channel with the unique name {unique_name!r} exists ({holder.sid});"
            " reuse it, mark it INACTIVE, delete it, or choose another name",
        )
    channels.update(call, holder, channels.ChannelChanges(unique_name=""))


def _chat(
    call: Call, flow: FlexFlow, new: NewFlexChannel, pre_engagement: dict[str, Any] | None
) -> tuple[User, Channel]:
    service = call.store.first(Service, sid=flow.chat_service_sid)
    if service is None:
        raise TwilioError(45004, f"The flow's chat service {flow.chat_service_sid} is gone")
    user = users.ensure(call, service, new.identity, new.chat_user_friendly_name)
    attributes: dict[str, Any] = {
        "status": "ACTIVE",
        "long_lived": flow.long_lived if new.long_lived is None else new.long_lived,
        "from": new.target or new.identity,
        "channel_type": flow.channel_type,
    }
    if pre_engagement is not None:
        attributes["pre_engagement_data"] = pre_engagement
    parameters = channels.NewChannel(
        friendly_name=new.chat_friendly_name,
        unique_name=new.chat_unique_name,
        attributes=json.dumps(attributes),
        type="private",
    )
    channel = channels.create(call, service, parameters)
    guest = members.NewMember(identity=new.identity, attributes='{"member_type": "guest"}')
    members.add(call, channel, guest)
    return user, channel


def delete(call: Call, flex_channel: FlexChannel) -> None:
    """Delete a Flex channel and the chat channel under it (the latter inferred)."""
    channel = call.store.first(Channel, sid=flex_channel.sid)
    if channel is not None:
        channels.delete(call, channel)
    call.store.remove(flex_channel)
