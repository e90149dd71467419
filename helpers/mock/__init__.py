"""A Twilio account on your machine: stateful, strict, with Twilio's own error codes.

`MockTwilio` is one. The official SDK reaches it through `http_client`.
"""

from .access_token import Claims, verify
from .account import DEFAULT_SEED, MockTwilio, Snapshot
from .clock import Clock
from .credentials import DEMO as DEMO_VALUES
from .credentials import Credentials
from .database import DatabaseClosed, DatabaseInUse
from .errors import CODES, NOT_SIMULATED, Basis, ErrorCode, TwilioError
from .faults import BadFault, Fault, Faults
from .file_format import DatabaseRefused
from .flex import specified as flex_flows
from .following import ChatEvent, TaskRouterNews
from .journal import Journal, JournalEntry
from .rest.http import Reply, Request
from .scenarios import Scenario, Scenarios, UnknownScenario
from .studio.runner import Heard, StepFault, Studio
from .taskrouter.possible import could_match
from .webhooks.dispatch import Attempt, Webhooks
from .webhooks.receivers import WebhookAnswer, WebhookRequest

__all__ = [
    "CODES",
    "DEFAULT_SEED",
    "DEMO_VALUES",
    "NOT_SIMULATED",
    "Attempt",
    "BadFault",
    "Basis",
    "ChatEvent",
    "Claims",
    "Clock",
    "Credentials",
    "DatabaseClosed",
    "DatabaseInUse",
    "DatabaseRefused",
    "ErrorCode",
    "Fault",
    "Faults",
    "Heard",
    "Journal",
    "JournalEntry",
    "MockTwilio",
    "Reply",
    "Request",
    "Scenario",
    "Scenarios",
    "Snapshot",
    "StepFault",
    "Studio",
    "TaskRouterNews",
    "TwilioError",
    "UnknownScenario",
    "WebhookAnswer",
    "WebhookRequest",
    "Webhooks",
    "could_match",
    "flex_flows",
    "verify",
]
