"""Things that a script expects: where each is found, and whether it is as expected."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ...json_object import json_object
from ...mock import MockTwilio
from ..accounts.copying import plain_client
from .agents import SimulatedAgents
from .customer import Chats, CustomerMessage
from .grammar import Expectation, duration
from .timeline import AGENT, SERVER, STUDIO


class Scene(Protocol):
    """A rehearsal under way, as far as it is looked at."""

    agents: SimulatedAgents
    chats: Chats

    @property
    def kind(self) -> str:
        """The party that a customer's message reaches."""

    @property
    def mock(self) -> MockTwilio:
        """The copy."""

    @property
    def latest_chat(self) -> str:
        """The SID of the latest chat."""

    def actor_of(self, message: CustomerMessage) -> str:
        """The customer of a message."""

    def channel_status(self) -> str:
        """The state of the latest chat."""

    def task_status(self) -> str:
        """The state of the latest task."""

    def answered_after(self, *, by_agent: bool = False) -> int | None:
        """Seconds until the customer was answered."""


def author_of(it: Scene, message: CustomerMessage) -> str:
    """The party that wrote a message: `customer`, `agent NAME`, `Studio` or `your server`."""
    if message.by_customer:
        return it.actor_of(message)
    agent = it.agents.identities.get(message.author)
    return f"{AGENT} {agent}" if agent else STUDIO if it.kind == "studio" else SERVER


def _latest_message(it: Scene) -> CustomerMessage | None:
    return it.chats.messages[-1] if it.chats.messages else None


def _text(it: Scene) -> str | None:
    latest = _latest_message(it)
    return latest.body if latest else None


def _author(it: Scene) -> str | None:
    latest = _latest_message(it)
    return author_of(it, latest) if latest else None


def _of_task(name: str) -> Callable[[Scene], Any]:
    return lambda it: getattr(it.agents.latest_task, name, None)


def _data(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else json_object(text)


def _chat_attributes(it: Scene) -> Mapping[str, Any] | None:
    if not it.chats.channels:
        return None
    client = plain_client(it.mock)
    service = client.chat.v2.services(it.mock.credentials.chat_service_sid)
    return _data(service.channels(it.latest_chat).fetch().attributes)


def _variables(it: Scene) -> Mapping[str, Any] | None:
    """Variables of the latest execution of a Studio flow in the latest chat."""
    if not it.chats.channels:
        return None
    chats = [run for run in it.mock.studio.log if run.channel_sid == it.latest_chat]
    run = next((run for run in reversed(chats) if run.execution_sid), None)
    if run is None:
        return None
    flow = plain_client(it.mock).studio.v2.flows(run.flow_sid)
    context = flow.executions(run.execution_sid).execution_context().fetch().context
    found: Mapping[str, Any] = context["flow"].get("variables", {})  # none is set so far
    return found


def _is_answered(it: Scene) -> str:
    found = any(not each.by_customer for each in it.chats.messages)
    return "answered" if found else "unanswered"


_FOUND: dict[str, Callable[[Scene], Any]] = {
    "tasks": lambda it: str(len(it.agents.tasks)),
    "task": lambda it: it.task_status(),
    "channel": lambda it: it.channel_status(),
    "customer": _is_answered,
    "queue": _of_task("queue"),
    "agent": _of_task("agent"),
    "priority": _of_task("priority"),
    "task attributes": lambda it: _data(getattr(it.agents.latest_task, "attributes", None)),
    "chat attributes": _chat_attributes,
    "message attributes": lambda it: _data(getattr(_latest_message(it), "attributes", None)),
    "variables": _variables,
    "answered within": lambda it: it.answered_after(),
    "agent within": lambda it: it.answered_after(by_agent=True),
    "author": _author,
    "text": _text,
}


def found_of(it: Scene, expected: Expectation) -> Any:
    """The thing that is expected, as it is now; None for none. Durations are in seconds."""
    found = _FOUND[expected.of](it)
    if isinstance(expected.value, dict) and isinstance(found, Mapping):
        return {name: found[name] for name in expected.value if name in found}
    if expected.of.endswith("within"):
        return "unanswered" if found is None else Seconds(found)
    return found


class Seconds(int):
    """A duration."""

    def __str__(self) -> str:
        return duration(int(self))


def shown(found: Any) -> str:
    """A thing that was found, in words."""
    if found is None or found == {}:
        return "none"
    return json.dumps(found, ensure_ascii=False) if isinstance(found, dict) else str(found)


def is_met(expected: Expectation, found: Any) -> bool:
    """Return whether a thing is as expected: texts but for case, data at least."""
    value = expected.value
    if found is None:
        return False
    if expected.of.endswith("within"):
        return isinstance(found, Seconds) and found <= value
    if isinstance(value, dict):
        return _has(found, value)
    if expected.of == "text":
        parts = (re.escape(part) for part in value.split("*"))
        return re.fullmatch(".*".join(parts), " ".join(found.split()), re.DOTALL) is not None
    if expected.of == "author":
        return str(value).lower() in (found.lower(), found.lower().partition(" ")[0])
    return str(found).lower() == str(value).lower()


def _has(found: Any, value: Any) -> bool:
    """Return whether data has these values at least, whatever else it has; `1` is as good as 1."""
    if isinstance(value, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and _has(found[name], each) for name, each in value.items()
        )
    if isinstance(value, list) or isinstance(found, Mapping | list):
        return bool(found == value)
    texts = [str(each).lower() if isinstance(each, bool) else str(each) for each in (found, value)]
    return texts[0] == texts[1]
