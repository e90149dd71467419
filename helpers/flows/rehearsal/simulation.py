"""Plays a script: a copy of an account with a customer, agents, a server and its own clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from twilio.base.exceptions import TwilioRestException

from ...account import Account
from ...chat import ChatError
from ...desk import NoDeskHere
from ...mock import MockTwilio
from ..accounts.copying import SETTLING, Servers, plain_client
from ..errors import NotSettled
from .agents import SimulatedAgents
from .customer import CustomerContext, CustomerMessage, SimulatedCustomer, persona
from .grammar import Expectation, Failing, duration
from .looking import found_of, is_met, shown
from .script import Script, ScriptStep
from .server import SimulatedServer
from .timeline import (
    REACHED_NOBODY,
    SERVER,
    STUDIO,
    Misfit,
    NotForThisFlow,
    Record,
    RecordingHttpClient,
)
from .ways import WayIn

MOST_TIMERS = 20_000
"""Timers that may run in one wait, lest two of them start each other for ever."""
MOST_REPLIES = 100
"""Replies to bots in one step."""
FILE = "(a file)"
ENDED = ("INACTIVE", "closed")
"""States of a chat that nobody writes in any more."""


Trouble = Literal["misfit", "foreign", "unmet"]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A step at `where` that could not be done, or an expectation that was not met, and why.

    Its `kind` is `misfit`, or `foreign` for a step of a party that has no part in such a chat; or
    `unmet`.
    """

    step: ScriptStep
    kind: Trouble
    reason: str

    def __str__(self) -> str:
        return self.reason if self.kind == "unmet" else f"{self.step}: {self.reason}"

    @property
    def where(self) -> str:
        """Its place in the script: `FILE:LINE`, or `step N`."""
        return self.step.where


@dataclass(frozen=True, slots=True)
class Lost:
    """A message of the customer's that reached nobody, and why."""

    body: str
    why: str


class Simulation:
    """A copied account with customers, agents and a server; only the script moves its clock."""

    def __init__(
        self,
        mock: MockTwilio,
        account: Account,
        way: WayIn,
        script: Script,
        servers: Servers,
    ) -> None:
        self._mock, self._way, self._kind = mock, way, way.kind
        self.record = Record(mock)
        door = RecordingHttpClient(mock.http_client, self.record)
        recorded = Account("mock", account.credentials, door, mock)
        self.agents = SimulatedAgents(
            recorded, mock, plain_client(mock), self.record, script.agents, way.agents_leave
        )
        self._context = CustomerContext(recorded, mock, self.record)
        self.chats = self._context.chats
        self._customers: dict[str, SimulatedCustomer] = {}
        self.server = SimulatedServer(recorded, self.record, way, servers)
        self.problems: list[Shortfall] = []
        self.lost: list[Lost] = []
        self._replies, self._left = script.replies, dict[str, list[str]]()
        self._judged = 0
        self._states: dict[str, str] = {}
        mock.webhooks.register_fallback(self.server)
        self._settle()
        self._problems = len(mock.studio.errors)
        self.record.skip()

    def play(self, step: ScriptStep) -> None:
        """Do one step; a misfit or a refusal is recorded."""
        self.record.note("step", "script", str(step))
        reason = ""
        kind: Trouble = "misfit"
        try:
            ACTS[step.verb](self, step)
        except (Misfit, NoDeskHere) as misfit:
            reason = str(misfit)
            kind = "foreign" if isinstance(misfit, NotForThisFlow) else kind
        except (TwilioRestException, ChatError) as refused:
            reason = f"Twilio refuses: {refused.code}: {refused.msg}"
        if reason:
            reason += self._hint() if step.verb.startswith("agent ") else ""
            who, _, _ = step.verb.partition(" ")
            self.problems.append(Shortfall(step, kind, reason))
            self.record.note("state", who, f"could not: {step.verb}", reason)
        self._sync()
        self._reply_to_bot()

    def _hint(self) -> str:
        """Advice where a Studio flow waits for a customer, so that no agent gets the chat."""
        if self.agents.tasks or not self.chats.channels:
            return ""
        widget = self._mock.studio.waiting_for_reply(self.latest_chat)
        return f"; the Studio flow waits at {widget} for a reply, see `replies`" if widget else ""

    def customer(self, step: ScriptStep) -> SimulatedCustomer:
        """The customer of a step, who comes into being with the first."""
        if step.who not in self._customers:
            own = persona(len(self._customers) + 1, step.who)
            self._customers[step.who] = self._way.customer(self._context, own)
        return self._customers[step.who]

    @property
    def latest(self) -> CustomerMessage | None:
        """The customers' latest message."""
        return next((one for one in reversed(self.chats.messages) if one.by_customer), None)

    def _reply_to_bot(self) -> None:
        """Let customers answer a bot that waits for them, while they have replies."""
        for _ in range(MOST_REPLIES if self._replies else 0):
            asked = next((each for each in self._customers.values() if self._is_asked(each)), None)
            if asked is None:
                return
            try:
                asked.says(self._left[asked.channels[-1]].pop(0))
            except (Misfit, TwilioRestException, ChatError) as refused:
                self.record.note("state", asked.own.actor, "could not reply", str(refused))
                return
            self._sync()

    def _is_asked(self, customer: SimulatedCustomer) -> bool:
        """Return whether a bot waits for a customer who has a reply left."""
        sid = next(reversed(customer.channels), None)
        said = [each for each in self.chats.messages if each.channel_sid == sid]
        if sid is None or not said or said[-1].by_customer or self._is_agents(said[-1]):
            return False
        if self._kind == "studio":
            if self._mock.studio.waiting_for_reply(sid) is None:
                return False
        elif self.agents.cares_for(sid):
            return False
        return bool(self._left.setdefault(sid, list(self._replies)))

    def _is_agents(self, message: CustomerMessage) -> bool:
        return message.author in self.agents.identities

    def wait(self, seconds: float) -> None:
        """Let time pass; each timer that is due on the way rings at its own moment."""
        timers = iter(range(MOST_TIMERS))

        def sync() -> None:
            if next(timers, None) is None:
                raise NotSettled(f"more than {MOST_TIMERS} timers ran within {duration(seconds)}")
            self._sync()

        self._mock.clock.advance(seconds, after_each=sync)

    def expect(self, step: ScriptStep, expected: Expectation) -> None:
        """Check an expectation, and record the result."""
        for each in expected.value if expected.of == "all" else (expected,):
            found = found_of(self, each)
            met = is_met(each, found)
            if not met:
                reason = f"expected {each.text}: it is {shown(found)}"
                self.problems.append(Shortfall(step, "unmet", reason))
            self.record.note(
                "state", "script", f"expected {each.text}", "yes" if met else f"no: {shown(found)}"
            )

    def channel_status(self) -> str:
        """The state of the latest chat, or `none` before there is one."""
        channels = self.chats.channels
        return self.chats.states[channels[-1]] if channels else "none"

    @property
    def latest_chat(self) -> str:
        """The SID of the latest chat."""
        if not self.chats.channels:
            raise Misfit("there is no chat yet")
        return self.chats.channels[-1]

    @property
    def kind(self) -> str:
        """The party that a customer's message reaches, as the config says."""
        return self._kind

    def actor_of(self, message: CustomerMessage) -> str:
        """The customer of a message, as a timeline names them."""
        return str(self._customers_by_name[message.customer].actor)

    def answers(self) -> tuple[CustomerMessage | None, list[CustomerMessage]]:
        """The first message of a customer's, and all messages that this customer got since."""
        messages = self.chats.messages
        first = next((each for each in messages if each.by_customer), None)
        later = messages[messages.index(first) + 1 :] if first else []
        return first, [
            each
            for each in later
            if first and not each.by_customer and each.customer == first.customer
        ]

    def answered_after(self, *, by_agent: bool = False) -> int | None:
        """Seconds from the first message of a customer's to the answer, or to an agent's."""
        first, replies = self.answers()
        known = (each for each in replies if not by_agent or self._is_agents(each))
        reply = next(known, None)
        return reply.seconds - first.seconds if first and reply else None

    def task_status(self) -> str:
        """The state of the latest task, or `none` before there is one."""
        tasks = self.agents.tasks
        return self._states[tasks[-1]] if tasks else "none"

    @property
    def mock(self) -> MockTwilio:
        """The copy."""
        return self._mock

    def _sync(self) -> None:
        """Wait until the mock is idle, then record events and states that have changed."""
        self._settle()
        self.record.catch_up()
        problems = self._mock.studio.errors
        new_problems, self._problems = problems[self._problems :], len(problems)
        for problem in new_problems:
            self.record.note("state", STUDIO, f"problem in {problem.widget}", problem.message)
        states = {**self.chats.states, **self.agents.sync()}
        self._judge()
        for sid, state in states.items():
            before = self._states.get(sid)
            if state != before:
                self.record.note("state", sid, state, f"was {before}" if before else "new")
        self._states = states

    def _judge(self) -> None:
        """Find out whom each new message of a customer's has reached."""
        messages = self.chats.messages
        new, self._judged = messages[self._judged :], len(messages)
        by_customers = [message for message in new if message.by_customer]
        log = self._mock.studio.log if by_customers else []
        started = {run.message_sid for run in log if run.outcome == "started"}
        for message in by_customers:
            if message.sid in started:
                self._left.pop(message.channel_sid, None)
            actor = self.actor_of(message)
            reason = self._why_lost(message)
            agent = self.agents.wraps_up(message.channel_sid)
            if reason and agent:
                seen = "the task is in wrap-up, so that nothing routes it"
                self.record.note("state", actor, f"message reaches {agent} only", seen)
            elif reason:
                self.lost.append(Lost(message.body or FILE, reason))
                self.record.note("state", actor, REACHED_NOBODY, reason)

    @property
    def _customers_by_name(self) -> dict[str, Any]:
        return {each.own.name: each.own for each in self._customers.values()}

    def _settle(self) -> None:
        settled = all(
            settle(SETTLING)
            for settle in (self._mock.webhooks.settle, self._mock.studio.settle) * 2
        )
        if not settled:
            raise NotSettled(f"flows or webhooks are still at work after {SETTLING:g} s")

    def _why_lost(self, message: CustomerMessage) -> str:
        """The reason why a message reached nobody; blank if an agent, server or flow has it."""
        log = self._mock.studio.log
        outcome = next((run.outcome for run in log if run.message_sid == message.sid), None)
        if (
            self.agents.cares_for(message.channel_sid)
            or self.server.has_received(message.sid)
            or outcome in ("started", "replied")
        ):
            return ""
        if (state := self.chats.states[message.channel_sid]) in ENDED:
            return f"the chat has ended ({state}), nothing routes it"
        if self._kind in ("external", "webhook"):
            return self.server.refusal_of(message.sid)
        if outcome is not None:
            return f"the Studio flow had it {outcome}"
        return "no task, flow or server cares for the chat"

    def close(self) -> None:
        """Close all desks and clients."""
        for customer in self._customers.values():
            customer.close()
        self.agents.close()

    def add_attributes_to_chat(self, added: Mapping[str, Any]) -> None:
        """Add attributes to the latest chat, as your server."""
        self.record.acting = SERVER
        self._way.add_attributes(self._context.account, self.latest_chat, added)

    def fail(self, failing: Failing) -> None:
        """Let the server's next answers be failures."""
        self.server.failing = failing

    def set_server(self, state: str) -> None:
        """Set the server up, down or slow; up, it fails no more."""
        self.server.state = state
        self.server.failing = Failing(0)


Act = Callable[[Simulation, ScriptStep], None]
ACTS: dict[str, Act] = {
    "customer opens": lambda it, step: it.customer(step).open(step.said),
    "customer says": lambda it, step: it.customer(step).says(step.said),
    "customer sends": lambda it, step: it.customer(step).send_file(step.said),
    "customer types": lambda it, step: it.customer(step).type(),
    "customer leaves": lambda it, step: it.customer(step).leave(),
    "customer returns": lambda it, step: it.customer(step).open(step.said),
    "agent accepts": lambda it, step: it.agents.accept(step.who),
    "agent rejects": lambda it, step: it.agents.reject(step.who),
    "agent says": lambda it, step: it.agents.says(step.said, step.who),
    "agent sends": lambda it, step: it.agents.send_file(step.said, step.who),
    "agent types": lambda it, step: it.agents.type(step.who),
    "agent transfers": lambda it, step: it.agents.transfer(step.said, step.who),
    "agent wraps up": lambda it, step: it.agents.wrap_up(step.who),
    "agent completes": lambda it, step: it.agents.complete(step.who),
    "agents go away": lambda it, _: it.agents.go_away(),
    "agents come back": lambda it, _: it.agents.come_back(),
    "bot says": lambda it, step: it.server.says(step.said, it.latest),
    "bot hands over": lambda it, _: it.server.hand_over(it.latest),
    "webhook is down": lambda it, _: it.set_server("down"),
    "webhook is slow": lambda it, _: it.set_server("slow"),
    "webhook is up": lambda it, _: it.set_server("up"),
    "webhook fails": lambda it, step: it.fail(step.said),
    "chat gets": lambda it, step: it.add_attributes_to_chat(step.said),
    "task gets": lambda it, step: it.agents.add_attributes(step.said),
    "task is completed": lambda it, _: it.agents.end_task("completed"),
    "task is canceled": lambda it, _: it.agents.end_task("canceled"),
    "task is deleted": lambda it, _: it.agents.end_task("deleted"),
    "wait": lambda it, step: it.wait(step.said),
    "expect": lambda it, step: it.expect(step, step.said),
}
"""The action of each verb of a script."""
