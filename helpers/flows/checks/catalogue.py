"""All that is checked, with where Twilio says so and how well that is known."""

from __future__ import annotations

from ...mock import Basis
from . import account_checks, file_checks
from .report import Check

DOCS = "https://www.twilio.com/docs"
GUIDE = f"{DOCS}/flex/developer/messaging/integrate-custom-chat-client"
FLOW = f"{DOCS}/flex/developer/messaging/flow"
FLOWS = f"{DOCS}/flex/developer/messaging/manage-flows"
SEND_TO_FLEX = f"{DOCS}/studio/widget-library/send-flex"
STUDIO = f"{DOCS}/studio/rest-api/v2/flow"
WORKFLOWS = f"{DOCS}/taskrouter/workflow-configuration"
SECOND_FLOW = f"{DOCS}/api/errors/45212"
LATE_WEBHOOK = f"{DOCS}/api/errors/50076"
_DOC, _SPEC, _INF = Basis.DOCUMENTED, Basis.SPECIFIED, Basis.INFERRED


CHECKS: tuple[Check, ...] = (
    Check(
        "channel-type",
        "warning",
        "A channel type that is not custom, without an address on that channel",
        GUIDE,
        _DOC,
        file_checks.channel_type,
    ),
    Check(
        "task-channel",
        "error",
        "A task flow without Integration.Channel, or with the default one",
        FLOWS,
        _DOC,
        file_checks.task_channel,
    ),
    Check(
        "two-enabled",
        "error",
        "Two enabled flows for one contact",
        SECOND_FLOW,
        _DOC,
        file_checks.two_enabled,
    ),
    Check(
        "idle-janitor",
        "warning",
        "A long-lived flow with a janitor, which never fires",
        FLOW,
        _INF,
        file_checks.idle_janitor,
    ),
    Check(
        "creation-on-message",
        "warning",
        "Creation on message for customers' own chats, where a welcome makes no task",
        FLOW,
        _SPEC,
        file_checks.outbound_setting,
    ),
    Check(
        "doubling-retries",
        "warning",
        "A retry count with which a server gets a message twice",
        LATE_WEBHOOK,
        _INF,
        file_checks.doubling_retries,
    ),
    Check(
        "unknown-name",
        "error",
        "A name or SID that stands for nothing in the account, or for several things",
        FLOW,
        _SPEC,
        account_checks.unknown_names,
        asks_account=True,
    ),
    Check(
        "other-enabled",
        "error",
        "An enabled flow of the account for the same contact, which the file leaves out",
        SECOND_FLOW,
        _DOC,
        account_checks.other_enabled,
        asks_account=True,
    ),
    Check(
        "studio-draft",
        "error",
        "A Studio flow that was never published",
        STUDIO,
        _INF,
        account_checks.unpublished,
        asks_account=True,
    ),
    Check(
        "no-send-to-flex",
        "warning",
        "A Studio flow whose incoming messages never lead to Send to Flex",
        SEND_TO_FLEX,
        _DOC,
        account_checks.no_send_to_flex,
        asks_account=True,
    ),
    Check(
        "nobody-matches",
        "error",
        "A workflow that no worker can match",
        WORKFLOWS,
        _DOC,
        account_checks.nobody_matches,
        asks_account=True,
    ),
    Check(
        "welcome-bot",
        "warning",
        "Creation on message with a bot that greets",
        FLOW,
        _INF,
        account_checks.welcome_bot,
        asks_account=True,
    ),
)
