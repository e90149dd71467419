"""Actions: the result of a widget, or an effect to perform before there is one.

A problem in a step is never an HTTP answer, but an entry in Twilio's debugger, which
`mock.studio.errors` stands for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from .definition import Transition

# codes of Twilio's debugger that the mock uses (documented)
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
SUBFLOW_FAILED = 81024
UNLISTED = 0
"""Code of a problem that Twilio's debugger does not list."""
NO_CHAT = "the agent gets a task but no chat"
"""Consequence of a hand-over whose attributes do not name the customer's chat channel."""


class StepProblem(NamedTuple):
    """Problem in a step: a debugger code, `UNLISTED` or 501 (not simulated), and advice."""

    code: int
    message: str


class StepError(Exception):
    """A problem that ends the execution."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.problem = StepProblem(code, message)


FlowContext = Mapping[str, Any]
"""The objects that templates can use: `trigger`, `contact`, `flow` and `widgets`.

`now` is the moment, an aware datetime.
"""


class WidgetResult(Struct, frozen=True):
    """Result of a widget.

    Attributes:
        event: The event that selects the transition.
        output: Values for later widgets, under `widgets.NAME`.
        variables: Values for later widgets, under `flow.variables`.
        problem: A problem that does not end the execution.
        transition: The transition that a split has chosen among those of its event.
    """

    event: str
    output: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    problem: StepProblem | None = None
    transition: Transition | None = None


class WaitForReply(Struct, frozen=True):
    """Wait for a reply, `seconds` at the most."""

    seconds: float
    output: Mapping[str, Any]


class Attachment(NamedTuple):
    """A file that a message is to carry."""

    content: bytes
    content_type: str
    name: str | None


class SendMessage(Struct, frozen=True):
    """Send a message to a chat channel; `then` takes the sent one, `refused` the reason.

    With a `media_url`, the file there is fetched before the message is sent.
    """

    channel_sid: str
    author: str
    body: str
    attributes: str
    media_url: str
    then: Callable[[Mapping[str, Any]], WidgetResult | WaitForReply]
    refused: Callable[[str], WidgetResult]
    file: Attachment | None = None


class HttpResponse(Struct, frozen=True):
    """Response to an HTTP request; status None for no answer, with the problem."""

    status: int | None
    body: str
    content_type: str
    problem: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class HttpRequest:
    """Make an HTTP request; `url` has the whole query, `parameters` make a form without a body.

    `login` is a user and password; `is_authorized` stands for those of the account.
    """

    method: str
    url: str
    content_type: str
    parameters: Mapping[str, str]
    body: str
    login: tuple[str, str] | None = dataclasses.field(repr=False)
    is_authorized: bool
    then: Callable[[HttpResponse], WidgetResult]


class SendToFlex(Struct, frozen=True):
    """Make a task for an agent through Flex; `then` takes the task, `refused` the reason.

    All values are text with templates filled in; `workflow` and `channel` are SIDs, or the task
    channel's unique name, `attributes` JSON, `priority` and `timeout` may be empty.
    """

    workflow: str
    channel: str
    attributes: str
    priority: str
    timeout: str
    then: Callable[[Mapping[str, Any]], WidgetResult]
    refused: Callable[[str], WidgetResult]


class RunSubflow(Struct, frozen=True):
    """Run another flow within this execution; `refused` takes the reason why it cannot be."""

    flow_sid: str
    revision: str
    parameters: Mapping[str, Any]
    refused: Callable[[str], WidgetResult]


Effect = WidgetResult | WaitForReply | SendMessage | SendToFlex | RunSubflow
Action = Effect | HttpRequest
