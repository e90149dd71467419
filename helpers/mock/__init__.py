"""A Twilio account on your machine: stateful, strict, with Twilio's own error codes.

`MockTwilio` is one. The official SDK reaches it through `http_client`.
"""

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from ..request_log import NOTE_HEADER
    from .account import DEFAULT_SEED, MockTwilio, Snapshot
    from .core.access_token import Claims, verify
    from .core.clock import Clock, Moment, Timer, epoch
    from .core.credentials import DEMO as DEMO_VALUES
    from .core.credentials import Credentials
    from .core.database import DatabaseClosed, DatabaseFailed, DatabaseInUse, DatabaseRefused
    from .core.errors import CODES, NOT_SIMULATED, Basis, ErrorCode, TwilioError
    from .core.forks import ForkedProcess, in_child
    from .core.token_timers import TokenTimers
    from .faults import BadFault, Fault, Faults
    from .flex import resources as flex_flows
    from .journal import Journal, JournalEntry
    from .messaging.presence import ChatConnection
    from .remote import ControlRefused, MockUnreachable, RemoteClock, RemoteMock, own_connections
    from .rest.application import parameters_of, path_template
    from .rest.chat_webhooks import unknown_filters
    from .rest.chat_words import GRANTS as CHAT_GRANTS
    from .rest.conversations_webhooks import SCOPED_EVENTS
    from .rest.conversations_words import GRANTS as CONVERSATIONS_GRANTS
    from .rest.event_feed import ChatEvent, TaskRouterNotification
    from .rest.http import MOCK_HEADER, Reply, Request
    from .scenarios import Scenario, Scenarios, UnknownScenario
    from .studio.flow_warnings import reached
    from .studio.flow_warnings import warnings as flow_warnings
    from .studio.replica import FlowReplica, FlowStage, FlowTask, Unproven
    from .studio.runner import Heard, StepFault, Studio, zone_of
    from .studio.validation import MAX_WIDGETS
    from .taskrouter.configuration import clauses as order_by_clauses
    from .taskrouter.expressions import could_match, is_loose_expression, is_out_of_time
    from .taskrouter.replica import TaskRouterReplica, WorkspaceCopy
    from .webhooks.delivery import Attempt, Webhooks
    from .webhooks.network import CallPolicy
    from .webhooks.receivers import WebhookAnswer, WebhookRequest

__all__ = [
    "CHAT_GRANTS",
    "CODES",
    "CONVERSATIONS_GRANTS",
    "DEFAULT_SEED",
    "DEMO_VALUES",
    "MAX_WIDGETS",
    "MOCK_HEADER",
    "NOTE_HEADER",
    "NOT_SIMULATED",
    "SCOPED_EVENTS",
    "Attempt",
    "BadFault",
    "Basis",
    "CallPolicy",
    "ChatConnection",
    "ChatEvent",
    "Claims",
    "Clock",
    "ControlRefused",
    "Credentials",
    "DatabaseClosed",
    "DatabaseFailed",
    "DatabaseInUse",
    "DatabaseRefused",
    "ErrorCode",
    "Fault",
    "Faults",
    "FlowReplica",
    "FlowStage",
    "FlowTask",
    "ForkedProcess",
    "Heard",
    "Journal",
    "JournalEntry",
    "MockTwilio",
    "MockUnreachable",
    "Moment",
    "RemoteClock",
    "RemoteMock",
    "Reply",
    "Request",
    "Scenario",
    "Scenarios",
    "Snapshot",
    "StepFault",
    "Studio",
    "TaskRouterNotification",
    "TaskRouterReplica",
    "Timer",
    "TokenTimers",
    "TwilioError",
    "UnknownScenario",
    "Unproven",
    "WebhookAnswer",
    "WebhookRequest",
    "Webhooks",
    "WorkspaceCopy",
    "could_match",
    "epoch",
    "flex_flows",
    "flow_warnings",
    "in_child",
    "is_loose_expression",
    "is_out_of_time",
    "order_by_clauses",
    "own_connections",
    "parameters_of",
    "path_template",
    "reached",
    "unknown_filters",
    "verify",
    "zone_of",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, TaskRouterNews="TaskRouterNotification")
