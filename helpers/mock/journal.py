"""Journal of an account: its latest events as one story, each from a source to a target.

Events are kept as they come and rendered when they are read, so that the acting thread does not
wait for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import singledispatchmethod

from ..flex_ui import GUEST_ATTRIBUTES, chat_in, customer_in, is_agent
from ..json_object import json_object
from ..lazy import renamed
from ..masking import mask
from .core.clock import iso
from .core.context import Backend
from .core.events import Event
from .flex.channels import is_conversation
from .flex.interaction_events import InteractionEvent
from .flex.resources import CreatedByFlex
from .messaging.events import (
    ChannelEvent,
    ChannelStateEvent,
    DeliveryEvent,
    MemberEvent,
    MessageEvent,
)
from .messaging.resources import Channel
from .studio.events import CreatedByFlow, ExecutionEvent, MessageRouted
from .studio.resources import StudioFlow
from .taskrouter.events import TaskRouterEvent
from .webhooks.outbox import Delivery, DeliveryDue, PreEventRequested

KEPT = 1000
"""Entries kept; older ones are dropped."""
CUSTOMER, FLEX, STUDIO, TASKROUTER = "customer", "Flex", "Studio", "TaskRouter"
AGENT, SERVER = "agent", "your server"

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
    """One event of an account.

    Attributes:
        at: Time of the event, as ISO 8601 by the mock's clock.
        source: Acting party: `customer`, `Flex`, `Studio`, `TaskRouter`, `agent` or `your server`.
        target: Party acted upon, likewise.
        text: The event in a few words; of a chat message its body.
        kind: Subject: `message`, `member`, `channel`, `studio`, `task`, `reservation`, `worker` or
            `webhook`.
        number: Place in the journal, as `position` counts; some numbers have no entry.
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


Line = tuple[str, str, str]
"""Source, target and text of an entry."""
JournalState = tuple[
    int, tuple[tuple[int, float, Event], ...], dict[str, str], tuple[tuple[str, str], ...]
]


class _MessageLine(Event, frozen=True):
    """The parts of a message event that its entry needs; whole messages would take much memory."""

    change: str
    sid: str
    author: str
    body: str | None
    type: str
    channel_attributes: str
    identity: str | None


_KINDS: dict[type[Event], str] = {
    MessageEvent: "message",
    _MessageLine: "message",
    MemberEvent: "member",
    ChannelEvent: "channel",
    ChannelStateEvent: "channel",
    DeliveryEvent: "message",
    ExecutionEvent: "studio",
    MessageRouted: "studio",
    InteractionEvent: "channel",
    TaskRouterEvent: "",
    DeliveryDue: "webhook",
    PreEventRequested: "webhook",
}
"""Events that are kept, and the kind of their entries; a TaskRouter event's name begins with it."""


class Journal:
    """The latest thousand events of an account, oldest first."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._count = 0
        self._events: deque[tuple[int, float, Event]] = deque(maxlen=KEPT)
        self._parties: dict[str, str] = {}
        self._creators: deque[tuple[str, str]] = deque(maxlen=KEPT)

    @property
    def position(self) -> int:
        """Number of events so far, for `since()`."""
        return self._count

    @property
    def entries(self) -> list[JournalEntry]:
        """Every entry that is kept, oldest first."""
        return self.since(0)

    def latest(self, count: int) -> list[JournalEntry]:
        """The entries of the last `count` events, oldest first; some events have none."""
        events = tuple(self._events)[-count:]
        return self.since(events[0][0] - 1) if events else []

    def since(self, position: int) -> list[JournalEntry]:
        """The entries since the journal was at a position."""
        renderer = _Renderer(self._backend, self._parties.copy(), dict(self._creators))
        entries = []
        for number, at, event in tuple(self._events):
            line = renderer.line(event) if number > position else None
            if line is not None:
                name = event.name if isinstance(event, TaskRouterEvent) else _KINDS[type(event)]
                kind = name.partition(".")[0]
                source, target, text = line
                entries.append(
                    JournalEntry(iso(at) or "", source, target, mask(text), kind, number)
                )
        return entries

    def clear(self) -> None:
        """Drop all entries."""
        self._events.clear()

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "nothing has happened yet"

    hear = renamed("handle")

    def handle(self, event: Event) -> None:
        """Keep one event; it is rendered later."""
        if type(event) in _KINDS:
            self._count += 1
            if isinstance(event, MessageEvent):
                message = event.message
                event = _MessageLine(
                    event.change,
                    message.sid,
                    message.author,
                    message.body,
                    message.type,
                    event.channel.attributes,
                    event.actor.identity,
                )
            elif isinstance(event, MemberEvent):  # messages may come long after the member joined
                name = event.member.name
                if self._parties.get(name) != AGENT:
                    self._parties[name] = AGENT if is_agent(event.member.attributes) else CUSTOMER
                if len(self._parties) > KEPT:
                    del self._parties[next(iter(self._parties))]
            self._events.append((self._count, self._backend.clock.now(), event))
        elif isinstance(event, CreatedByFlow | CreatedByFlex):
            creator = STUDIO if isinstance(event, CreatedByFlow) else FLEX
            self._creators.append((event.sid, creator))

    @property
    def state(self) -> JournalState:
        """The content, to be restored later."""
        return self._count, tuple(self._events), self._parties.copy(), tuple(self._creators)

    @state.setter
    def state(self, state: JournalState) -> None:
        self._count, events, parties, creators = state
        self._events = deque(events, maxlen=KEPT)
        self._parties = dict(parties)
        self._creators = deque(creators, maxlen=KEPT)


class _Renderer:
    """Renders events as lines, for one reading of the journal."""

    def __init__(self, backend: Backend, parties: dict[str, str], creators: dict[str, str]) -> None:
        self._store = backend.store
        self._parties = parties
        self._creators = creators
        self._ended: set[str] = set()

    @singledispatchmethod
    def line(self, event: Event) -> Line | None:
        """The line of an event, or None."""
        return None

    @line.register
    def _(self, event: _MessageLine) -> Line | None:
        if event.change != "added":
            return None
        text = event.body or ("(media)" if event.type == "media" else "(no text)")
        source = self._creators.get(event.sid) or self._parties.get(event.author)
        if source is None:
            by_contact = (json_object(event.channel_attributes) or {}).get("from") == event.author
            source = CUSTOMER if by_contact or event.identity is not None else SERVER
        return source, FLEX, text

    @line.register
    def _(self, event: MemberEvent) -> Line | None:
        name, by = event.member.name, event.actor.identity
        party = self._parties.get(name, CUSTOMER)
        if event.change == "removed":
            return party, FLEX, f"{name} leaves"
        if event.change != "added":
            return None
        if event.actor.network:  # which made the conversation for a message
            return FLEX, CUSTOMER, f"adds {name}"
        if party == AGENT or by == name:
            return party, FLEX, f"{name} joins"
        if event.member.attributes == GUEST_ATTRIBUTES:  # with its channel
            return FLEX, CUSTOMER, f"adds {name}"
        return self._actor(event), FLEX, f"adds {name}"

    @line.register
    def _(self, event: ChannelEvent) -> Line | None:
        sid, name = event.channel.sid, self._name(event.channel)
        if event.change == "added":
            if event.arrival:
                return FLEX, CUSTOMER, f"opens {name}"
            return self._actor(event), FLEX, f"opens {name}"
        if (json_object(event.channel.attributes) or {}).get("status") != "INACTIVE":
            self._ended.discard(sid)
        elif event.change == "updated" and sid not in self._ended:
            self._ended.add(sid)
            return FLEX, CUSTOMER, f"{name} is INACTIVE"
        return None

    def _name(self, channel: Channel) -> str:
        noun = "a conversation" if is_conversation(self._store, channel) else "a channel"
        return channel.friendly_name or noun

    @line.register
    def _(self, event: ChannelStateEvent) -> Line:
        return FLEX, CUSTOMER, f"{self._name(event.channel)} is {event.channel.state}"

    @line.register
    def _(self, event: DeliveryEvent) -> Line:
        return CUSTOMER, FLEX, f"message {event.receipt.status}"

    def _actor(self, event: ChannelEvent | MemberEvent) -> str:
        by = event.actor.identity
        return SERVER if by is None else self._parties.get(by, CUSTOMER)

    @line.register
    def _(self, event: ExecutionEvent) -> Line:
        flow = self._flow(event.flow_sid)
        if event.change == "started":
            return (FLEX if event.by_message else SERVER), STUDIO, f"starts {flow}"
        ending = f"waits at {event.widget}" if event.change == "parked" else "ends"
        return STUDIO, STUDIO, f"{flow} {ending}"

    @line.register
    def _(self, event: MessageRouted) -> Line:
        outcomes = {"replied": "reply to", "swallowed": "message swallowed by"}
        outcome = outcomes.get(event.outcome, "message ignored by")
        return FLEX, STUDIO, f"{outcome} {self._flow(event.flow_sid)}"

    def _flow(self, sid: str) -> str:
        flow = self._store.first(StudioFlow, sid=sid)
        return flow.friendly_name if flow else "a deleted flow"

    @line.register
    def _(self, event: TaskRouterEvent) -> Line | None:
        name, data = event.name, event.record.event_data
        agent = data.get("worker_name", "an agent")
        if name in _BY_AGENT:
            return AGENT, TASKROUTER, f"{agent} {_BY_AGENT[name]}"
        if name in _BY_TASKROUTER:
            return TASKROUTER, AGENT, f"{_BY_TASKROUTER[name]} {agent}"
        if name == "worker.activity.update":
            return AGENT, TASKROUTER, f"{agent} is {data['worker_activity_name']}"
        if name not in _TASKS:
            return None
        attributes = json_object(data["task_attributes"]) or {}
        name_of_customer = customer_in(attributes)
        customer = f" for {name_of_customer}" if name_of_customer else ""
        text = f"{_TASKS[name]}{customer}"
        if name == "task.created":
            return self._creators.get(data["task_sid"], SERVER), TASKROUTER, text
        return TASKROUTER, FLEX if chat_in(attributes) else SERVER, text

    @line.register
    def _(self, event: InteractionEvent) -> Line | None:
        channel = event.channel
        if event.name == "onChannelStatusUpdated":
            return FLEX, CUSTOMER, f"the interaction is {channel.status}"
        if event.name == "onChannelCreateFailed":
            about = f"{channel.error_code} {channel.error_message}"
            return FLEX, SERVER, f"the interaction failed: {about}"
        return None

    @line.register(DeliveryDue)
    @line.register(PreEventRequested)
    def _(self, event: DeliveryDue | PreEventRequested) -> Line | None:
        if (delivery := self._store.first(Delivery, seq=event.seq)) is None:
            return None
        answer, tries = "not answered yet", len(delivery.attempts)
        if tries:
            status = delivery.attempts[-1]["status"]
            answer = "no answer" if status is None else f"answered {status}"
        again = f" at try {tries}" if tries > 1 else ""
        source = FLEX if delivery.event.startswith("on") else TASKROUTER
        return source, SERVER, f"{delivery.event}, {answer}{again}"
