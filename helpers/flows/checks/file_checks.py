"""Checks that a file answers by itself."""

from __future__ import annotations

from collections.abc import Iterator

from ...mock import flex_flows
from ..config import FlexFlowConfig
from .report import CheckInput, CheckResult

TASK_DEFAULT = flex_flows.DEFAULTS["task"]["channel"]


def contact_of(flow: FlexFlowConfig) -> tuple[str | None, ...]:
    """What a contact is told by."""
    return tuple(getattr(flow, name) for name in flex_flows.CONTACT)


def spelled(flow: FlexFlowConfig) -> str:
    """Which contact, for a sentence."""
    identity = flow.contact_identity
    whom = f"contact {identity!r}" if identity else "no contact identity"
    return f"channel type {flow.channel_type} and {whom}"


def channel_type(case: CheckInput) -> Iterator[CheckResult]:
    """Only a flow with an address on another channel is taken to be meant for that channel."""
    flow = case.flow
    has_address = flow.contact_identity is not None and flow.channel_type != "web"
    if flow.channel_type != "custom" and not has_address:
        yield CheckResult(
            ("channel_type",),
            f"A chat client of one's own needs channel type custom, and this is"
            f" {flow.channel_type}.",
            "Set `channel_type: custom`; or, where it is meant, `accept: [channel-type]`.",
        )


def task_channel(case: CheckInput) -> Iterator[CheckResult]:
    """Twilio's default is a task channel that Flex UI does not show as a chat."""
    if case.flow.integration_type != "task":
        return
    if case.flow.settings()["channel"] == TASK_DEFAULT:
        yield CheckResult(
            ("integration", "channel"),
            f"The task comes on the task channel {TASK_DEFAULT!r}: agents see it, but Flex UI"
            " does not show it as a chat.",
            "Set `channel: chat` under integration.",
        )


def two_enabled(case: CheckInput) -> Iterator[CheckResult]:
    """Twilio refuses the second one (45212)."""
    flow = case.flow
    others = [
        one
        for one in case.file.flows
        if one is not flow and one.enabled and contact_of(one) == contact_of(flow)
    ]
    if flow.enabled and others:
        names = ", ".join(
            f"{one.friendly_name!r} ({case.file.where(one, 'enabled')})" for one in others
        )
        yield CheckResult(
            ("enabled",),
            f"Enabled for {spelled(flow)}, as is {names}; Twilio takes one only.",
            "Set `enabled: false` on one of them, or give one another contact_identity.",
        )


def idle_janitor(case: CheckInput) -> Iterator[CheckResult]:
    """The janitor leaves long-lived chats open."""
    if case.flow.long_lived and case.flow.janitor_enabled:
        yield CheckResult(
            ("janitor_enabled",),
            "The janitor ends the chat of a task that was ended outside Flex UI, but never one"
            " that is long-lived: it ends none of these.",
            "Leave out one of long_lived and janitor_enabled.",
        )


def outbound_setting(case: CheckInput) -> Iterator[CheckResult]:
    """The setting is for chats that an agent begins; an enabled flow takes those of customers."""
    flow = case.flow
    if flow.enabled and flow.settings().get("creation_on_message"):
        yield CheckResult(
            ("integration", "creation_on_message"),
            "No task is made before the customer writes: one who opens the chat and waits to be"
            " greeted, or is greeted by a bot, waits for ever, as the bot's message does not"
            " count. Twilio has this setting for outbound chats only.",
            "Set `creation_on_message: false`; for an outbound flow, `enabled: false`.",
        )


def doubling_retries(case: CheckInput) -> Iterator[CheckResult]:
    """A server that took a message and answered late is told of it again."""
    flow = case.flow
    retries = flow.settings().get("retry_count", 0)
    if flow.integration_type == "external" and retries:
        given = "" if flow.integration.retry_count is not None else " (Twilio's default)"
        yield CheckResult(
            ("integration", "retry_count"),
            f"With retry_count {retries}{given} a message whose answer is late or busy is posted"
            f" up to {retries + 1} times: a bot that had taken it answers twice.",
            "Set `retry_count: 0`; or have the server know a MessageSid it has seen, and"
            " `accept: [doubling-retries]`.",
        )
