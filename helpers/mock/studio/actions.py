"""What goes wrong while a flow runs: never an HTTP answer, but an entry in Twilio's debugger.

The mock writes each to its step, where `mock.studio.errors` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..core.errors import NOT_SIMULATED
from .definition import Transition

TOO_MANY_STEPS = 81000
TOO_MANY_REPEATS = 81001
NO_TRANSITION = 81005
MESSAGE_FAILED = 81011
REQUEST_NOT_MADE = 81014
TASK_FAILED = 81015
REQUEST_FAILED = 81016
FUNCTION_FAILED = 81017
TEMPLATE_FAILED = 81018
WRONG_TRIGGER = 81020

STEP_CODES: dict[int, str] = {
    NOT_SIMULATED: "not simulated by this mock (not a Twilio code)",
    TOO_MANY_STEPS: "the execution has taken too many steps",
    TOO_MANY_REPEATS: "the widget has run too often in a row",
    NO_TRANSITION: "the widget has no transition for what happened",
    MESSAGE_FAILED: "the message could not be sent",
    REQUEST_NOT_MADE: "the HTTP request could not be made",
    TASK_FAILED: "the task could not be created",
    REQUEST_FAILED: "the HTTP request failed",
    FUNCTION_FAILED: "the function failed",
    TEMPLATE_FAILED: "the template could not be rendered",
    WRONG_TRIGGER: "the widget cannot run in an execution started this way",
}
"""Codes of Twilio's debugger that the mock uses (documented), and their meaning."""


class Problem(NamedTuple):
    """One thing that went wrong: a code of `STEP_CODES`, and what to do about it."""

    code: int
    message: str


class StepError(Exception):
    """A problem that ends the execution."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.problem = Problem(code, message)


Context = Mapping[str, Any]
"""What templates can see: `trigger`, `contact`, `flow` and `widgets`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a widget ended.

    Attributes:
        event: What happened; it selects the transition.
        left: What later widgets find under `widgets.NAME`.
        variables: What later widgets find under `flow.variables`.
        problem: What went wrong on the way, though the flow goes on.
        transition: The transition a split has chosen among those of its event.
    """

    event: str
    left: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    problem: Problem | None = None
    transition: Transition | None = None


@dataclass(frozen=True, slots=True)
class WaitForReply:
    """Wait for a reply, `seconds` at the most."""

    seconds: float
    left: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send a message to a chat channel; `then` takes what was sent, `refused` why it was not."""

    channel_sid: str
    author: str
    body: str
    attributes: str
    then: Callable[[Mapping[str, str]], Outcome | WaitForReply]
    refused: Callable[[str], Outcome]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP request brought back; status None for no answer, with the reason."""

    status: int | None
    body: str
    content_type: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """Make an HTTP request. With GET or a body the URL carries the parameters, else a form does."""

    method: str
    url: str
    content_type: str
    parameters: Mapping[str, str]
    body: str
    then: Callable[[Answer], Outcome]


@dataclass(frozen=True, slots=True)
class SendToFlex:
    """Have Flex make a task for an agent; `then` takes its SID, `refused` why there is none.

    All values are text as the flow has it, templates filled in; `workflow` and `channel` are SIDs,
    or the task channel's unique name, `attributes` JSON, `priority` and `timeout` may be empty.
    """

    workflow: str
    channel: str
    attributes: str
    priority: str
    timeout: str
    then: Callable[[str], Outcome]
    refused: Callable[[str], Outcome]


Action = Outcome | WaitForReply | SendMessage | HttpRequest | SendToFlex
