"""What a widget comes to: an outcome, or something to be done outside the flow before there is one.

Widgets decide and never act; whoever walks an execution carries these out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .definition import Transition
from .problems import Problem

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
class Await:
    """Wait for a reply, `seconds` at the most."""

    seconds: float
    left: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Say:
    """Send a message to a chat channel; `then` takes what was sent, `refused` why it was not."""

    channel_sid: str
    author: str
    body: str
    attributes: str
    then: Callable[[Mapping[str, str]], Outcome | Await]
    refused: Callable[[str], Outcome]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP request brought back; status None for no answer, with the reason."""

    status: int | None
    body: str
    content_type: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Ask:
    """Make an HTTP request. With GET or a body the URL carries the parameters, else a form does."""

    method: str
    url: str
    content_type: str
    parameters: Mapping[str, str]
    body: str
    then: Callable[[Answer], Outcome]


@dataclass(frozen=True, slots=True)
class HandOver:
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


Move = Outcome | Await | Say | Ask | HandOver
