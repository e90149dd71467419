"""What has just happened, told as one story: who turned to whom, and about what.

Events are kept as they come and put into words only when somebody reads them, so that whoever
acts does not wait for it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import singledispatchmethod

from ..flex_ui import is_agent
from ..lazy import renamed
from .core.clock import iso
from .core.context import Backend
from .core.events import Event
from .flex.resources import CreatedByFlex
from .messaging.events import ChannelEvent, MemberEvent, MessageEvent
from .messaging.resources import Member
from .studio.events import CreatedByFlow, ExecutionEvent, MessageRouted
from .studio.resources import StudioFlow
from .taskrouter.events import TaskRouterEvent
from .webhooks.outbox import Delivery, DeliveryDue, PreEventRequested

KEPT = 1000
"""Entries remembered; older ones are dropped."""
CUSTOMER, FLEX, STUDIO, TASKROUTER = "customer", "Flex", "Studio", "TaskRouter"
AGENT, SERVER = "agent", "your server"
LANES = (CUSTOMER, FLEX, STUDIO, TASKROUTER, AGENT, SERVER)

_TOLD = frozenset(
    {ChannelEvent, MemberEvent, MessageEvent, ExecutionEvent, MessageRouted, TaskRouterEvent}
    | {DeliveryDue, PreEventRequested}
)
_MAKERS: dict[type[Event], str] = {CreatedByFlow: STUDIO, CreatedByFlex: FLEX}
"""Who has made a message or task that nobody asked for over REST."""
_TASKS = {
    "task.created": "task created",
    "task.wrapup": "task in wrap-up",
    "task.completed": "task completed",
    "task.canceled": "task canceled",
    "task.deleted": "task deleted",
    "task.system-deleted": "task deleted by the system",
}
_BY_AGENT = {
    "reservation.accepted": "accepts",
    "reservation.rejected": "rejects",
    "reservation.wrapup": "wraps up",
    "reservation.completed": "completes",
}
_BY_TASKROUTER = {
    "reservation.created": "offer to",
    "reservation.timeout": "offer timed out for",
    "reservation.canceled": "offer canceled for",
    "reservation.rescinded": "offer rescinded for",
}


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One thing that happened.

    Attributes:
        at: When, as ISO 8601 by the mock's clock.
        source: Who turned to `target`: `customer`, `Flex`, `Studio`, `TaskRouter`, `agent` or
            `your server`.
        target: To whom.
        text: What it was; for a chat message its body.
        kind: What it is about: `message`, `member`, `channel`, `studio`, `task`, `reservation`,
            `worker` or `webhook`.
        number: Its place in the journal, as `position` counts; not every number is told.
    """

    at: str
    source: str
    target: str
    text: str
    kind: str = field(default="", repr=False, compare=False)
    number: int = field(default=0, repr=False, compare=False)

    def __str__(self) -> str:
        """`customer -> Flex: hello`."""
        return f"{self.source} -> {self.target}: {self.text}"


StatementText = tuple[str, str, str]
JournalState = tuple[
    int, tuple[tuple[int, float, Event], ...], dict[str, str], tuple[tuple[str, str], ...]
]


@dataclass(slots=True)
class _Statement(Event):
    """What a message's line takes: a thousand whole messages would be much to hold on to."""

    change: str
    sid: str
    author: str
    body: str | None
    type: str
    channel_attributes: str
    identity: str | None

    @classmethod
    def of(cls, event: MessageEvent) -> _Statement:
        message = event.message
        return cls(
            event.change,
            message.sid,
            message.author,
            message.body,
            message.type,
            event.channel.attributes,
            event.actor.identity,
        )


class Journal:
    """The latest thousand things that happened in an account, oldest first."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._count = 0
        self._heard: deque[tuple[int, float, Event]] = deque(maxlen=KEPT)
        self._lanes: dict[str, str] = {}
        self._made: deque[tuple[str, str]] = deque(maxlen=KEPT)

    @property
    def position(self) -> int:
        """How much has happened so far; hand it to `since()` later on."""
        return self._count

    @property
    def entries(self) -> list[JournalEntry]:
        """Everything that is remembered, oldest first."""
        return self.since(0)

    def latest(self, count: int) -> list[JournalEntry]:
        """The last few things that happened, oldest of them first; fewer, where some go untold."""
        heard = tuple(self._heard)[-count:]
        return self.since(heard[0][0] - 1) if heard else []

    def since(self, position: int) -> list[JournalEntry]:
        """What has happened since the journal was at a position."""
        reading = _Reading(self._backend, self._lanes.copy(), dict(self._made))
        told = (
            (number, at, event, reading.said(event))
            for number, at, event in tuple(self._heard)
            if number > position
        )
        return [
            JournalEntry(iso(at) or "", *said, _kind(event), number)
            for number, at, event, said in told
            if said is not None
        ]

    def clear(self) -> None:
        """Forget what has happened so far."""
        self._heard.clear()

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "nothing has happened yet"

    hear = renamed("handle")

    def handle(self, event: Event) -> None:
        """Remember one event; it is put into words later."""
        kind = type(event)
        if kind in _TOLD:
            if kind is MemberEvent:
                self._meet(event.member)  # type: ignore[attr-defined]
            self._count += 1
            if kind is MessageEvent:
                event = _Statement.of(event)  # type: ignore[arg-type]
            self._heard.append((self._count, self._backend.clock.now(), event))
        elif kind in _MAKERS:
            self._made.append((event.sid, _MAKERS[kind]))  # type: ignore[attr-defined]

    def _meet(self, member: Member) -> None:
        """Remember on which lane somebody is, who may speak long after joining."""
        lane = AGENT if is_agent(member.attributes) else CUSTOMER
        if self._lanes.get(member.identity) != AGENT:
            self._lanes[member.identity] = lane
        if len(self._lanes) > KEPT:
            del self._lanes[next(iter(self._lanes))]

    @property
    def state(self) -> JournalState:
        """What is remembered, to be put back later."""
        return self._count, tuple(self._heard), self._lanes.copy(), tuple(self._made)

    @state.setter
    def state(self, state: JournalState) -> None:
        self._count, heard, lanes, made = state
        self._heard = deque(heard, maxlen=KEPT)
        self._lanes = dict(lanes)
        self._made = deque(made, maxlen=KEPT)


class _Reading:
    """Puts events into words, one reading of the journal at a time."""

    def __init__(self, backend: Backend, lanes: dict[str, str], made: dict[str, str]) -> None:
        self._store = backend.store
        self._lanes = lanes
        self._made = made
        self._ended: set[str] = set()

    @singledispatchmethod
    def said(self, event: Event) -> StatementText | None:
        """Source, target and text; None for what is no part of the story."""
        return None

    @said.register
    def _(self, event: _Statement) -> StatementText | None:
        if event.change != "added":
            return None
        text = event.body or ("(media)" if event.type == "media" else "(no text)")
        return self._speaker(event), FLEX, text

    def _speaker(self, event: _Statement) -> str:
        if event.sid in self._made:
            return self._made[event.sid]
        known = self._lanes.get(event.author)
        if known is not None:
            return known
        own = _parsed(event.channel_attributes).get("from") == event.author
        return CUSTOMER if own or event.identity is not None else SERVER

    @said.register
    def _(self, event: MemberEvent) -> StatementText | None:
        happened = {"added": "joins", "removed": "leaves"}.get(event.change)
        identity = event.member.identity
        lane = self._lanes.get(identity, CUSTOMER)
        return (lane, FLEX, f"{identity} {happened}") if happened else None

    @said.register
    def _(self, event: ChannelEvent) -> StatementText | None:
        sid, name = event.channel.sid, event.channel.friendly_name or "a channel"
        if event.change == "added":
            actor = event.actor.identity
            opener = SERVER if actor is None else self._lanes.get(actor, CUSTOMER)
            return opener, FLEX, f"opens {name}"
        inactive = _parsed(event.channel.attributes).get("status") == "INACTIVE"
        if event.change != "updated" or not inactive or sid in self._ended:
            if not inactive:
                self._ended.discard(sid)
            return None
        self._ended.add(sid)
        return FLEX, CUSTOMER, f"{name} is INACTIVE"

    @said.register
    def _(self, event: ExecutionEvent) -> StatementText:
        flow = self._flow(event.flow_sid)
        if event.change == "started":
            return (FLEX if event.by_message else SERVER), STUDIO, f"starts {flow}"
        if event.change == "parked":
            return STUDIO, STUDIO, f"{flow} waits at {event.widget}"
        return STUDIO, STUDIO, f"{flow} ends"

    @said.register
    def _(self, event: MessageRouted) -> StatementText:
        outcome = {"replied": "reply to", "swallowed": "message swallowed by"}
        happened = outcome.get(event.outcome, "message ignored by")
        return FLEX, STUDIO, f"{happened} {self._flow(event.flow_sid)}"

    def _flow(self, sid: str) -> str:
        flow = self._store.first(StudioFlow, sid=sid)
        return flow.friendly_name if flow else "a deleted flow"

    @said.register
    def _(self, event: TaskRouterEvent) -> StatementText | None:
        name, task, worker = event.name, event.task, event.worker
        who = worker.friendly_name if worker else "an agent"
        if name in _BY_AGENT:
            return AGENT, TASKROUTER, f"{who} {_BY_AGENT[name]}"
        if name in _BY_TASKROUTER:
            return TASKROUTER, AGENT, f"{_BY_TASKROUTER[name]} {who}"
        if name == "worker.activity.update":
            doing = event.record.event_data["worker_activity_name"]
            return AGENT, TASKROUTER, f"{who} is {doing}"
        if name not in _TASKS or task is None:
            return None
        attributes = _parsed(task.attributes)
        about = f" for {attributes['name']}" if attributes.get("name") else ""
        is_chat = "channelSid" in attributes
        if name != "task.created":
            return TASKROUTER, FLEX if is_chat else SERVER, f"{_TASKS[name]}{about}"
        maker = self._made.get(task.sid, SERVER)
        return maker, TASKROUTER, f"{_TASKS[name]}{about}"

    @said.register(DeliveryDue)
    @said.register(PreEventRequested)
    def _(self, event: DeliveryDue | PreEventRequested) -> StatementText | None:
        delivery = self._store.first(Delivery, seq=event.seq)
        if delivery is None:
            return None
        source = FLEX if delivery.event.startswith("on") else TASKROUTER
        return source, SERVER, f"{delivery.event}, {_answered(delivery)}"


_KINDS: dict[type[Event], str] = {
    _Statement: "message",
    MemberEvent: "member",
    ChannelEvent: "channel",
    ExecutionEvent: "studio",
    MessageRouted: "studio",
    DeliveryDue: "webhook",
    PreEventRequested: "webhook",
}


def _kind(event: Event) -> str:
    """What an event is about; TaskRouter's names begin with it."""
    if isinstance(event, TaskRouterEvent):
        return event.name.partition(".")[0]
    return _KINDS[type(event)]


def _answered(delivery: Delivery) -> str:
    if not delivery.attempts:
        return "not answered yet"
    status, tries = delivery.attempts[-1]["status"], len(delivery.attempts)
    answer = "no answer" if status is None else f"answered {status}"
    return answer if tries == 1 else f"{answer} at try {tries}"


def _parsed(attributes: str) -> dict[str, object]:
    parsed = json.loads(attributes or "{}")
    return parsed if isinstance(parsed, dict) else {}
