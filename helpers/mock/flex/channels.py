"""Flex channels: a chat channel, its user, the membership and the handler in one request."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ...flex_ui import GUEST_ATTRIBUTES
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import read_json_object
from ..core.store import Store
from ..messaging import channels, members, users
from ..messaging.resources import Channel, Service, User
from ..taskrouter.resources import Task
from . import handlers
from .resources import FlexChannel, FlexFlow


class NewFlexChannel(Struct):
    """A contact and its chat, as Flex v1's parameters name them (specified)."""

    flex_flow_sid: str
    identity: str
    chat_user_friendly_name: str
    chat_friendly_name: str
    target: str | None = None
    chat_unique_name: str | None = None
    pre_engagement_data: str | None = None
    task_sid: str | None = None
    task_attributes: str | None = None
    long_lived: bool | None = None


def create(ctx: Context, new: NewFlexChannel, *, is_web: bool = False) -> FlexChannel:
    """Create a channel for a contact, or return the one it has.

    An ACTIVE channel of the same flow and contact is returned (documented for the contact pair;
    matched on Target, else Identity: inferred); a long-lived one of a task flow with a new task, if
    its last one has ended (inferred). A disabled flow works when it is named (documented).

    Raises:
        TwilioError: 45205, no such flow; 45208, an active channel has the unique name; 45004, a
            JSON parameter is not JSON, or there is no such task or the flow makes none.
    """
    flow = ctx.get_cached(FlexFlow, new.flex_flow_sid)
    if flow is None:
        raise TwilioError(45205, f"Flex Flow {new.flex_flow_sid} not found")
    pre_engagement = json_parameter("PreEngagementData", new.pre_engagement_data)
    task_attributes = json_parameter("TaskAttributes", new.task_attributes)
    existing = active_channel(ctx, flow, new.target or new.identity, is_web=is_web)
    if existing is not None:
        if channels.find(ctx, existing.sid).attribute("long_lived"):
            _renew_task(ctx, flow, existing, new, task_attributes)
        return existing
    if new.chat_unique_name:
        _release_unique_name(ctx, flow, new.chat_unique_name)
    name = new.chat_user_friendly_name if is_web else new.target or new.identity
    user, channel = _chat(ctx, flow, new, pre_engagement, name)
    handlers.wire(ctx, flow, channel)
    task_sid = _task_sid(ctx, flow, new, channel.sid, user.friendly_name, task_attributes)
    return ctx.create(
        FlexChannel,
        sid=channel.sid,
        flex_flow_sid=flow.sid,
        user_sid=user.sid,
        identity=new.identity,
        contact=new.target or new.identity,
        task_sid=task_sid,
        live_task_sid=task_sid,
        task_attributes=task_attributes,
        is_web=is_web,
    )


def _task_sid(
    ctx: Context,
    flow: FlexFlow,
    new: NewFlexChannel,
    channel_sid: str,
    name: str | None,
    attributes: dict[str, Any] | None,
) -> str | None:
    """Return the task that a contact comes with: the one named, or a new one, or none."""
    if new.task_sid is not None:
        if flow.integration_type != "task":
            raise TwilioError(45004, "TaskSid only applies to flows of integration type task")
        if not ctx.store.exists(Task, sid=new.task_sid):
            raise TwilioError(45004, f"Task {new.task_sid} does not exist in this account")
        return new.task_sid
    if flow.integration_type != "task" or flow.integration["creation_on_message"]:
        return None
    return handlers.make_task(ctx, flow, channel_sid, name or new.identity, attributes).sid


def _renew_task(
    ctx: Context,
    flow: FlexFlow,
    known: FlexChannel,
    new: NewFlexChannel,
    attributes: dict[str, Any] | None,
) -> None:
    if handlers.carries(ctx, known):
        return
    user = ctx.store.first(User, sid=known.user_sid)
    name = user.friendly_name if user else None
    sid = _task_sid(ctx, flow, new, known.sid, name, attributes or known.task_attributes)
    if sid is not None:
        ctx.store.save(known, task_sid=sid, live_task_sid=sid, date_updated=ctx.now)


def json_parameter(parameter: str, text: str | None) -> dict[str, Any] | None:
    """Return the object that a parameter holds as JSON text.

    Raises:
        TwilioError: 45004, it is not a JSON object.
    """
    if text is None:
        return None
    value = read_json_object(text)
    if value is None:
        raise TwilioError(45004, f"{parameter} must be a JSON object as text")
    return value


def active_channel(
    ctx: Context, flow: FlexFlow, contact: str, *, is_web: bool
) -> FlexChannel | None:
    """Return the contact's channel of that kind that has not ended, or None."""
    where = {"flex_flow_sid": flow.sid, "contact": contact, "is_web": is_web}
    for flex_channel in ctx.store.select(FlexChannel, where, order="desc"):
        channel = ctx.store.first(Channel, sid=flex_channel.sid)
        if channel is not None and handlers.is_active(channel):
            return flex_channel
    return None


def is_conversation(store: Store, channel: Channel) -> bool:
    """Return whether a channel is one of Flex Conversations, not of Programmable Chat's Flex.

    One that is private and of no Flex Flow counts as one, whichever API it was made over.
    """
    return channel.type == "private" and not store.exists(FlexChannel, sid=channel.sid)


def _release_unique_name(ctx: Context, flow: FlexFlow, unique_name: str) -> None:
    """Refuse the name of an active channel; take it from one that has ended (documented)."""
    holder = channels.by_unique_name(ctx, flow.chat_service_sid, unique_name)
    if holder is None:
        return
    if handlers.is_active(holder):
        raise TwilioError(
            45208,
            f"An active channel with the unique name {unique_name!r} exists ({holder.sid});"
            " reuse it, mark it INACTIVE, delete it, or choose another name",
        )
    channels.update(ctx, holder, unique_name=None)


def _chat(
    ctx: Context,
    flow: FlexFlow,
    new: NewFlexChannel,
    pre_engagement: dict[str, Any] | None,
    name: str,
) -> tuple[User, Channel]:
    """Make the chat; its attributes are in Flex's order, with `from` the name given (observed)."""
    service = ctx.store.first(Service, sid=flow.chat_service_sid)
    if service is None:
        raise TwilioError(45004, f"The flow's chat service {flow.chat_service_sid} is gone")
    user = users.ensure(ctx, service, new.identity, new.chat_user_friendly_name)
    attributes: dict[str, Any] = {
        "status": "ACTIVE",
        "long_lived": flow.long_lived if new.long_lived is None else new.long_lived,
    }
    if pre_engagement is not None:
        attributes["pre_engagement_data"] = pre_engagement
    attributes |= {"from": name, "channel_type": flow.channel_type}
    channel = channels.create(
        ctx,
        service,
        friendly_name=new.chat_friendly_name,
        unique_name=new.chat_unique_name,
        attributes=handlers.attributes_of(attributes),
        type="private",
    )
    members.add(ctx, channel, identity=new.identity, user=user, attributes=GUEST_ATTRIBUTES)
    return user, channel


def delete(ctx: Context, flex_channel: FlexChannel) -> None:
    """Delete a Flex channel and the chat channel under it (the latter inferred)."""
    channel = ctx.store.first(Channel, sid=flex_channel.sid)
    if channel is not None:
        channels.delete(ctx, channel)
    ctx.store.remove(flex_channel)


def update_web_channel(
    ctx: Context,
    web_channel: FlexChannel,
    *,
    chat_status: str | None = None,
    post_engagement_data: str | None = None,
) -> FlexChannel:
    """End the chat, or keep what the visitor says after it.

    Raises:
        TwilioError: 45004, the status is not `inactive`, or the data is not JSON.
    """
    if chat_status not in (None, "inactive"):
        raise TwilioError(45004, "ChatStatus can only be set to inactive")
    data = json_parameter("PostEngagementData", post_engagement_data)
    values: dict[str, object] = {} if data is None else {"post_engagement_data": data}
    if chat_status is not None:
        values["status"] = "INACTIVE"
    if values:
        channel = channels.find(ctx, web_channel.sid)
        handlers.mark(ctx, channel, **values)
    ctx.store.save(web_channel, date_updated=ctx.now)
    return web_channel
