"""A day in a contact centre: simpy says what happens when, the mock what comes of it.

Customers and agents are simpy processes. Whatever TaskRouter, Studio or the janitor do about them
is the mock's doing: its clock goes along from one event to the next, and its own timers
(reservation and workflow time-outs, Studio's waits, the age of tasks) ring on the way.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

import simpy

from ...mock import ChatEvent, TaskRouterNotification
from .client import RequestRefused
from .contacts import Contact, ContactRecord
from .demand import HOUR, Arrival
from .job import Job
from .sandbox import DaySandbox, SandboxAgent

Steps = Generator[simpy.Event, Any, None]
ENDED = frozenset({"task.completed", "task.canceled", "task.deleted", "task.system-deleted"})
_NO_LONGER_OFFERED = frozenset({20001, 20404})
"""An offer that timed out or was taken back; one that went with its task."""


class Day:
    """One day, to be lived through once.

    Attributes:
        closes: When it ends, in seconds since it began.
        queue: How many tasks wait, from which moment on.
        missed: Offers that agents did not answer in time.
        refusals: What the mock said where it refused to make a customer's channel.

    Args:
        case: What to simulate.
        tell: Told again and again how many seconds of the day have passed.
    """

    def __init__(self, case: Job, tell: Callable[[float], None] = lambda _: None) -> None:
        self.closes = case.demand.seconds
        self.queue: list[tuple[float, int]] = [(0.0, 0)]
        self.missed = 0
        self.refusals: list[str] = []
        self._case = case
        self._tell = tell
        self._centre = DaySandbox(case)
        self._rest = self._centre.rest
        self._world = simpy.Environment()
        self._news: deque[TaskRouterNotification | ChatEvent] = deque()
        self._all: list[Contact] = []
        self._chats: dict[str, Contact] = {}
        self._of_task: dict[str, Contact | None] = {}
        self._waiting: set[str] = set()
        self._open = 0
        self._expected = 0

    @property
    def now(self) -> float:
        """Seconds since the day began."""
        return self._centre.now

    def live(self) -> None:
        """Live through it, until nobody is there any more or overtime is up."""
        self._prepare()
        latest = self.closes + self._case.overtime * HOUR
        while (self._expected or self._open) and self._go_on(latest):
            self._centre.settle()
            while self._news:
                self._hear(self._news.popleft())
        self._centre.go_to(latest if self._open else self.closes)

    def _go_on(self, latest: float) -> bool:
        """Let the next thing happen, the mock's own things first; False if it is too late."""
        upcoming, due = self._world.peek(), self._centre.next_due
        moment = min(upcoming, due)
        if moment > latest:
            return False
        self._centre.go_to(moment)
        if upcoming < due:
            self._world.step()
        return True

    def conversations(self) -> tuple[ContactRecord, ...]:
        """What has become of everybody so far, in order of arrival."""
        return tuple(chat.recorded(self.now) for chat in self._all)

    def _prepare(self) -> None:
        mock = self._centre.mock
        mock.follow_taskrouter(self._news.append)
        if self._centre.has_bot:
            mock.follow(self._news.append)
        customers = self._case.demand.customers(self._case.seed)
        self._expected = len(customers)
        for agent in self._centre.agents.values():
            self._world.process(self._work(agent))
        self._world.process(self._come(customers))

    def _in(self, seconds: float) -> simpy.Event:
        """So many seconds from now; simpy's own clock may lag behind the mock's."""
        return self._world.timeout(max(0.0, self.now + seconds - self._world.now))

    # -- customers

    def _come(self, customers: list[Arrival]) -> Steps:
        for customer in customers:
            yield self._in(customer.arrives - self.now)
            self._expected -= 1
            self._tell(self.now)
            self._arrive(customer)

    def _arrive(self, customer: Arrival) -> None:
        chat = Contact(customer, self.now)
        self._all.append(chat)
        try:
            chat.channel_sid, task_sid = self._rest.open_chat(
                self._centre.flow_sid, customer.identity
            )
        except RequestRefused as refused:
            chat.is_refused = True
            self.refusals.append(str(refused))
            return
        self._open += 1
        self._chats[chat.channel_sid] = chat
        if task_sid is not None:
            self._of_task[task_sid] = chat
        self._say(chat)
        if customer.patience < math.inf:
            self._world.process(self._lose_patience(chat))

    def _say(self, chat: Contact) -> None:
        body = self._case.demand.says[chat.said]
        self._rest.say(chat.channel_sid, chat.customer.identity, body)
        chat.said += 1

    def _lose_patience(self, chat: Contact) -> Steps:
        yield self._in(chat.customer.patience)
        if chat.waits:
            self._rest.leave(chat.channel_sid, chat.customer.identity)
            chat.left = self.now
            self._see_whether_over(chat)

    def _answer_bot(self, chat: Contact) -> Steps:
        demand, customer = self._case.demand, chat.customer
        chat.is_typing = True
        yield self._in(demand.answers_after.draw(customer.random, customer.number))
        chat.is_typing = False
        if chat.waits and chat.said < len(demand.says):
            self._say(chat)

    def _see_whether_over(self, chat: Contact) -> None:
        if chat.is_over:
            self._open -= 1

    # -- agents

    def _work(self, agent: SandboxAgent) -> Steps:
        yield self._in(agent.shift.start * HOUR - self.now)
        agent.works = True
        self._centre.come(agent)
        if agent.shift.end is not None:
            yield self._in(agent.shift.end * HOUR - self.now)
            agent.works = False
            self._centre.go(agent)

    def _come_back(self, agent: SandboxAgent) -> Steps:
        """TaskRouter has sent an agent away who did not answer an offer."""
        yield self._in(self._case.staffing.back_after)
        if agent.works:
            self._centre.come(agent)

    def _serve(
        self, agent: SandboxAgent, chat: Contact, reservation_sid: str, task_sid: str
    ) -> Steps:
        staffing, customer = self._case.staffing, chat.customer
        yield self._in(staffing.reaction.draw(customer.random, customer.number))
        if not self._accept(agent, reservation_sid):
            return
        self._leave_queue(task_sid)
        chat.accepted, chat.agent = self.now, agent.identity
        self._rest.join(chat.channel_sid, agent.identity)
        if chat.left is None:
            self._rest.say(chat.channel_sid, agent.identity, "How can I help?")
            yield self._in(customer.handle_time)
        else:
            yield self._in(staffing.notices)
        if chat.ended is None:  # a task is deleted after a day, whoever works on it
            self._rest.move_task(task_sid, "wrapping")
        self._rest.end_chat(chat.channel_sid)
        yield self._in(staffing.wrap_up.draw(customer.random, customer.number))
        if chat.ended is None:
            self._rest.move_task(task_sid, "completed")
        self._rest.leave(chat.channel_sid, agent.identity)

    def _accept(self, agent: SandboxAgent, reservation_sid: str) -> bool:
        """Accept an offer; False if it is not there any more."""
        try:
            self._rest.accept(agent.sid, reservation_sid)
        except RequestRefused as refused:
            if refused.code in _NO_LONGER_OFFERED:
                return False
            raise
        return True

    # -- what the mock tells

    def _hear(self, news: TaskRouterNotification | ChatEvent) -> None:
        if isinstance(news, ChatEvent):
            self._hear_message(news)
        elif news.name == "task.created":
            self._enter_queue(str(news.task_sid))
        elif news.name in ENDED:
            self._end(str(news.task_sid))
        elif news.name == "reservation.created":
            self._offer(news)
        elif news.name == "reservation.timeout":
            self._miss(news)

    def _hear_message(self, event: ChatEvent) -> None:
        """A bot has spoken, unless it was the customer or an agent."""
        chat = self._chats.get(event.channel_sid or "")
        if event.name != "messageAdded" or chat is None or chat.is_typing or not chat.waits:
            return
        if event.identity != chat.customer.identity and chat.said < len(self._case.demand.says):
            self._world.process(self._answer_bot(chat))

    def _enter_queue(self, task_sid: str) -> None:
        if task_sid not in self._of_task:
            self._of_task[task_sid] = self._chats.get(self._rest.channel_of(task_sid) or "")
        chat = self._of_task[task_sid]
        if chat is not None:
            chat.queued = self.now
            self._waiting.add(task_sid)
            self._count_queue()

    def _leave_queue(self, task_sid: str) -> None:
        if task_sid in self._waiting:
            self._waiting.remove(task_sid)
            self._count_queue()

    def _count_queue(self) -> None:
        self.queue.append((self.now, len(self._waiting)))

    def _end(self, task_sid: str) -> None:
        chat = self._of_task.pop(task_sid, None)
        if chat is not None:
            self._leave_queue(task_sid)
            chat.ended = self.now
            self._see_whether_over(chat)

    def _offer(self, news: TaskRouterNotification) -> None:
        agent = self._centre.agents.get(str(news.worker_sid))
        chat = self._of_task.get(str(news.task_sid))
        if agent is not None and chat is not None:
            steps = self._serve(agent, chat, str(news.reservation_sid), str(news.task_sid))
            self._world.process(steps)

    def _miss(self, news: TaskRouterNotification) -> None:
        agent = self._centre.agents.get(str(news.worker_sid))
        if agent is not None:
            self.missed += 1
            self._world.process(self._come_back(agent))
