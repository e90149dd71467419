"""Steps that Flex UI takes for an agent: join a chat, end it, wrap up, complete, leave.

Functions over the official SDK's contexts, such as `workspace.tasks(sid)`; a leaf, so that the
mock's scenarios take the same steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from twilio.base.exceptions import TwilioRestException

from .json_object import compact_json, entry, json_object

WORKSPACE = "Flex Task Assignment"
"""Name of the workspace of a Flex account (observed)."""

AGENT_ATTRIBUTES = '{"member_type": "agent"}'
"""Attributes of an agent's membership in a chat (observed)."""
GUEST_ATTRIBUTES = '{"member_type": "guest"}'
MEMBER_EXISTS = 50404
INTERACTION, CHANNEL = "flexInteractionSid", "flexInteractionChannelSid"
"""Attributes of a task by which Flex UI knows an interaction and its channel (documented)."""


def in_path(key: str) -> str:
    """Return a key as one segment of a path; the SDK does not escape its keys.

    Raises:
        ValueError: It is empty, `.` or `..`, so that HTTP clients request another resource; or it
            is no Unicode.
    """
    with suppress(UnicodeEncodeError):
        if key not in ("", ".", ".."):
            return quote(key, safe="")
    raise ValueError(f"{key!r} cannot be looked up: no URL has it as a segment of its path")


@lru_cache(maxsize=256)
def is_agent(attributes: str) -> bool:
    """Return whether a member with these attributes is an agent: only `member_type` decides."""
    return (json_object(attributes) or {}).get("member_type") == "agent"


@lru_cache(maxsize=256)
def chat_of(task_attributes: str) -> str | None:
    """Return the SID of the chat channel that a task with these attributes names."""
    return chat_in(json_object(task_attributes))


def customer_in(attributes: Any) -> str | None:
    """Return the customer's name that a task's attributes give, as Flex UI shows it."""
    names = (entry(attributes, key) for key in ("name", "customerName", "from"))
    return next((str(name) for name in names if name), None)


def chat_in(attributes: Any) -> str | None:
    """Return the SID of the chat channel that a task's attributes name, if a URL can name it.

    That of an interaction is its conversation.
    """
    is_interaction = entry(attributes, CHANNEL) is not None
    named = entry(attributes, "conversationSid" if is_interaction else "channelSid")
    if isinstance(named, str):
        with suppress(ValueError):
            return named if in_path(named) else None
    return None


def ended(attributes: str) -> str | None:
    """Return a chat's attributes once it has ended; None for a long-lived one, which stays."""
    found = json_object(attributes) or {}
    if found.get("long_lived"):
        return None
    return compact_json({**found, "status": "INACTIVE"})


@contextmanager
def ignore_not_found() -> Iterator[None]:
    """Ignore that a resource no longer exists."""
    try:
        yield
    except TwilioRestException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise


def identity_of(worker: Any) -> str:
    """Return a worker's identity in chats: as the attribute `contact_uri` has it (observed)."""
    attributes = json_object(worker.attributes) or {}
    contact = str(attributes.get("contact_uri", "")).removeprefix("client:")
    return unquote(contact) or str(worker.friendly_name)


def accept(reservation: Any) -> None:
    """Accept a reservation, e.g. `worker.reservations(sid)`."""
    reservation.update(reservation_status="accepted")


def complete_reservation(reservation: Any) -> None:
    """Complete a reservation that is in wrap-up, for instance of a task that was transferred."""
    reservation.update(reservation_status="completed")


def join(channel: Any, identity: str) -> None:
    """Make an agent a member of a chat, unless the agent is one."""
    try:
        channel.members.create(
            identity=identity, attributes=AGENT_ATTRIBUTES, x_twilio_webhook_enabled="true"
        )
    except TwilioRestException as error:
        if error.code != MEMBER_EXISTS:
            raise


def wrap_up(task: Any, reason: str) -> str | None:
    """Put a task into wrap-up and return the SID of the chat that it names by then."""
    return chat_of(task.update(assignment_status="wrapping", reason=reason).attributes)


def end_chat(channel: Any) -> None:
    """Mark a chat INACTIVE, unless it is long-lived."""
    attributes = ended(channel.fetch().attributes)
    if attributes is not None:
        channel.update(attributes=attributes, x_twilio_webhook_enabled="true")


def complete(task: Any, reason: str) -> None:
    """Complete a task."""
    task.update(assignment_status="completed", reason=reason)


def leave(channel: Any, identity: str) -> None:
    """Take an agent out of a chat, unless the janitor was there first."""
    with ignore_not_found():
        channel.members(in_path(identity)).delete()


# -- interactions, whose steps are updates of the channel and of the agent in it


def interaction_channel_in(flex: Any, attributes: Any) -> Any:
    """Return the SDK's context of a task's interaction channel, or None; `flex` is Flex v1."""
    sids = [entry(attributes, name) for name in (INTERACTION, CHANNEL)]
    if not all(isinstance(sid, str) and sid for sid in sids):
        return None
    interaction_sid, channel_sid = map(in_path, sids)
    return flex.interaction(interaction_sid).channels(channel_sid)


def end_interaction(channel: Any) -> None:
    """End a chat: its tasks go to wrap-up, the conversation is closed."""
    channel.update(status="closed")


def leave_interaction(channel: Any) -> None:
    """Leave a chat that the customer can take up again: its tasks are completed."""
    channel.update(status="inactive", routing={"status": "closed"})


class _Body(dict[str, Any]):
    """JSON as the SDK takes it."""

    to_dict = dict.copy


def transfer_interaction(channel: Any, task_sid: str, to: str, mode: str) -> None:
    """Transfer a chat, `cold` or `warm`, to a worker, queue or workflow."""
    agent = agent_in(channel, task_sid)
    channel.transfers.create(_Body({"from": agent or "", "to": to, "type": mode}))


def agent_in(channel: Any, task_sid: str) -> str | None:
    """Return the SID (UT...) of the agent of a task in an interaction's channel, or None."""
    for participant in channel.participants.list():
        if (participant.routing_properties or {}).get("task_sid") == task_sid:
            return str(participant.sid)
    return None


def close_agent(channel: Any, task_sid: str) -> None:
    """Take the agent of a task out of the chat, which completes the task and ends nothing else."""
    _set_agent(channel, task_sid, "closed")


def wrap_up_agent(channel: Any, task_sid: str) -> None:
    """Put a task into wrap-up, which leaves its chat open."""
    _set_agent(channel, task_sid, "wrapup")


def _set_agent(channel: Any, task_sid: str, status: str) -> None:
    agent = agent_in(channel, task_sid)
    if agent is not None:
        channel.participants(agent).update(status=status)
