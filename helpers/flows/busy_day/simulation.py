"""A day in a contact centre: an agenda decides when things happen, the mock their consequences.

Customers and agents are processes of the agenda. TaskRouter, Studio and the janitor act in the mock
(or in the fast engine, its like): its clock moves along from one event to the next, and its own
timers (reservation and workflow time-outs, Studio's waits, the age of tasks) ring on the way.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from ...mock import ChatEvent
from .client import RequestRefused
from .demand import HOUR, Arrival
from .fast import FastCentre
from .metrics import ContactOutcome, ContactRecord
from .sandbox import ENDED, DayEvent, DaySandbox, FastPlan, Job, SandboxAgent

Process = Generator[float, None, None]
"""Yields the moment to go on at."""
_NO_LONGER_OFFERED = frozenset({20001, 20404})
"""Codes for an offer that timed out or was taken back, and for one that went with its task."""


class Agenda:
    """Processes in the order of their moments; new ones come before what is due at the same."""

    def __init__(self) -> None:
        self.now = 0.0
        self._numbers = itertools.count()
        self._entries: list[tuple[float, int, int, Process]] = []

    def start(self, process: Process) -> None:
        """Begin a process now, once those begun before have."""
        heapq.heappush(self._entries, (self.now, 0, next(self._numbers), process))

    @property
    def upcoming(self) -> float:
        """The next moment."""
        return self._entries[0][0] if self._entries else math.inf

    def step(self) -> None:
        """Take the next process as far as it goes."""
        self.now, _, _, process = heapq.heappop(self._entries)
        moment = next(process, None)
        if moment is not None:
            heapq.heappush(self._entries, (moment, 1, next(self._numbers), process))


@dataclass(slots=True)
class Contact:
    """A customer's contact during the day; moments as in `ContactRecord`."""

    customer: Arrival
    arrived: float
    channel_sid: str = ""
    queued: float | None = None
    accepted: float | None = None
    ended: float | None = None
    left: float | None = None
    agent: str | None = None
    said: int = 0  # messages of the customer
    is_typing: bool = False  # about to answer a bot
    is_refused: bool = False

    @property
    def waits(self) -> bool:
        """Return whether the customer is there and no agent is, or has been."""
        gone = self.left is not None or self.ended is not None or self.is_refused
        return self.accepted is None and not gone

    @property
    def is_over(self) -> bool:
        """Return whether neither the customer nor an agent has anything left to do."""
        has_task = self.queued is not None and self.ended is None
        return not has_task and not (self.ended is None and self.left is None)

    def recorded(self, now: float) -> ContactRecord:
        """The contact's record as of now."""
        results: tuple[tuple[ContactOutcome, float | None], ...] = (
            ("refused", self.arrived if self.is_refused else None),
            ("abandoned", self.left),
            ("answered", self.accepted),
            ("canceled", self.ended),
        )
        found = [(outcome, at) for outcome, at in results if at is not None]
        outcome, until = found[0] if found else ("waiting", now)
        return ContactRecord(
            self.customer.number,
            self.arrived,
            self.queued,
            self.accepted,
            self.ended,
            self.left,
            self.agent,
            outcome,
            until - self.arrived,
            self.customer.demand.name,
        )


class Day:
    """One day, to be run once, with attributes of `LoadTest`.

    It is played by the fast engine where a plan is given. `on_progress` gets its seconds;
    `customers` are those drawn already.
    """

    def __init__(
        self,
        job: Job,
        plan: FastPlan | None = None,
        on_progress: Callable[[float], None] = lambda _: None,
        customers: Sequence[Arrival] | None = None,
    ) -> None:
        self.closes = job.demand.seconds
        self.queue: list[tuple[float, int]] = [(0.0, 0)]
        self.missed = 0
        self.without_chat = 0
        self.refusals: list[str] = []
        self._job = job
        self._on_progress = on_progress
        self._customers = customers
        self._sandbox = DaySandbox(job) if plan is None else FastCentre(job, plan)
        self._rest = self._sandbox.rest
        self._agenda = Agenda()
        self._events: deque[DayEvent] = deque()
        self._all: list[Contact] = []
        self._by_channel: dict[str, Contact] = {}
        self._by_task: dict[str, Contact | None] = {}
        self._waiting: set[str] = set()
        self._open: set[int] = set()
        self._expected = 0

    @property
    def now(self) -> float:
        """Seconds since the day began."""
        return self._sandbox.now

    def run(self) -> None:
        """Simulate the day, until all contacts are over or overtime is up."""
        self._sandbox.follow(self._events.append)
        customers = self._customers
        if customers is None:
            customers = self._job.demand.customers(self._job.seed)
        self._expected = len(customers)
        for agent in self._sandbox.agents.values():
            self._agenda.start(self._work(agent))
        self._agenda.start(self._arrivals(customers))
        latest = self.closes + self._job.overtime * HOUR
        agenda, sandbox, events = self._agenda, self._sandbox, self._events
        while self._expected or self._open:
            upcoming, due = agenda.upcoming, sandbox.next_due
            if min(upcoming, due) > latest:
                break
            sandbox.go_to(min(upcoming, due))
            if upcoming < due:  # the mock's own timers come first
                agenda.step()
            sandbox.settle()
            while events:
                self._handle(events.popleft())
        self._sandbox.go_to(latest if self._open else self.closes)

    def conversations(self) -> tuple[ContactRecord, ...]:
        """The contacts so far, in order of arrival."""
        return tuple(contact.recorded(self.now) for contact in self._all)

    def _in(self, seconds: float) -> float:
        """The moment in so many seconds from now; the agenda's clock may lag behind the mock's."""
        begun = self._agenda.now
        return begun + max(0.0, self.now + seconds - begun)

    # -- customers

    def _arrivals(self, customers: Sequence[Arrival]) -> Process:
        for customer in customers:
            yield self._in(customer.arrives - self.now)
            self._expected -= 1
            self._on_progress(self.now)
            contact = Contact(customer, self.now)
            self._all.append(contact)
            try:
                contact.channel_sid, task_sid = self._rest.open_chat(
                    customer.identity, customer.demand
                )
            except RequestRefused as refused:
                contact.is_refused = True
                self.refusals.append(str(refused))
                continue
            self._update_open(contact)
            self._by_channel[contact.channel_sid] = contact
            if task_sid is not None:
                self._by_task[task_sid] = contact
            self._say(contact)
            if customer.patience < math.inf:
                self._agenda.start(self._lose_patience(contact))

    def _say(self, contact: Contact) -> None:
        body = contact.customer.demand.says[contact.said]
        self._rest.say(contact.channel_sid, contact.customer.identity, body)
        contact.said += 1

    def _update_open(self, contact: Contact) -> None:
        """Keep apart the contacts that are not over; one may come back to life with a late task."""
        if contact.is_over:
            self._open.discard(contact.customer.number)
        else:
            self._open.add(contact.customer.number)

    def _lose_patience(self, contact: Contact) -> Process:
        yield self._in(contact.customer.patience)
        if contact.waits:
            self._rest.leave(contact.channel_sid, contact.customer.identity)
            contact.left = self.now
            self._update_open(contact)

    def _answer_bot(self, contact: Contact) -> Process:
        customer, demand = contact.customer, contact.customer.demand
        contact.is_typing = True
        yield self._in(customer.draw("answers", demand.answers_after))
        contact.is_typing = False
        if contact.waits and contact.said < len(demand.says):
            self._say(contact)

    # -- agents

    def _work(self, agent: SandboxAgent) -> Process:
        yield self._in(agent.shift.start * HOUR - self.now)
        agent.works = True
        self._sandbox.set_available(agent)
        if agent.shift.end is not None:
            yield self._in(agent.shift.end * HOUR - self.now)
            agent.works = False
            self._sandbox.set_available(agent, is_available=False)

    def _come_back(self, agent: SandboxAgent) -> Process:
        """Return after TaskRouter has set the agent away for not answering an offer."""
        yield self._in(agent.group.back_after)
        if agent.works:
            self._sandbox.set_available(agent)

    def _serve(
        self, agent: SandboxAgent, contact: Contact, reservation_sid: str, task_sid: str
    ) -> Process:
        group, customer = agent.group, contact.customer
        yield self._in(customer.draw("reaction", group.reaction))
        try:
            self._rest.accept(agent.sid, reservation_sid)
        except RequestRefused as refused:
            if refused.code in _NO_LONGER_OFFERED:
                return
            raise
        self._leave_queue(task_sid)
        contact.accepted, contact.agent = self.now, agent.identity
        self._rest.join(contact.channel_sid, agent.identity)
        if contact.left is None:
            self._rest.say(contact.channel_sid, agent.identity, "How can I help?")
            agent.chats += 1
            yield self._in(customer.handle_time * (1 + group.slowdown * (agent.chats - 1)))
        else:
            agent.chats += 1
            yield self._in(group.notices)
        if contact.ended is None:  # a task is deleted after a day, even one under way
            self._rest.update_task(task_sid, "wrapping")
        self._rest.end_chat(contact.channel_sid)
        yield self._in(customer.draw("wrap-up", group.wrap_up))
        agent.chats -= 1
        if contact.ended is None:
            self._rest.update_task(task_sid, "completed")
        self._rest.leave(contact.channel_sid, agent.identity)

    # -- events of the mock

    def _handle(self, event: DayEvent) -> None:
        if isinstance(event, ChatEvent):
            self._handle_message(event)
            return
        task_sid = str(event.task_sid)
        if event.name == "task.created":
            if task_sid not in self._by_task:
                channel_sid = self._rest.channel_of(task_sid) or ""
                self._by_task[task_sid] = self._by_channel.get(channel_sid)
                self.without_chat += channel_sid not in self._by_channel
            contact = self._by_task[task_sid]
            if contact is not None:
                contact.queued = self.now
                self._update_open(contact)
                self._waiting.add(task_sid)
                self.queue.append((self.now, len(self._waiting)))
        elif event.name in ENDED:
            contact = self._by_task.pop(task_sid, None)
            if contact is not None:
                self._leave_queue(task_sid)
                contact.ended = self.now
                self._update_open(contact)
        elif event.name in ("reservation.created", "reservation.timeout"):
            agent = self._sandbox.agents.get(str(event.worker_sid))
            contact = self._by_task.get(task_sid)
            if agent is not None and event.name == "reservation.timeout":
                self.missed += 1
                self._agenda.start(self._come_back(agent))
            elif agent is not None and contact is not None:
                serving = self._serve(agent, contact, str(event.reservation_sid), task_sid)
                self._agenda.start(serving)

    def _handle_message(self, event: ChatEvent) -> None:
        """Start the customer's answer to a bot's message."""
        contact = self._by_channel.get(event.channel_sid or "")
        if event.name != "messageAdded" or contact is None or contact.is_typing:
            return
        is_own = event.identity == contact.customer.identity
        if contact.waits and not is_own and contact.said < len(contact.customer.demand.says):
            self._agenda.start(self._answer_bot(contact))

    def _leave_queue(self, task_sid: str) -> None:
        if task_sid in self._waiting:
            self._waiting.remove(task_sid)
            self.queue.append((self.now, len(self._waiting)))
