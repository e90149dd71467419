"""Plays a script: a copy of an account with a customer, agents, a server and its own clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twilio.base.exceptions import TwilioRestException

from ...account import Account
from ...chat import ChatError
from ...desk import NoDeskHere
from ...mock import MockTwilio
from ..copying import SETTLING, Servers, plain_client
from ..errors import NotSettled
from .agents import SimulatedAgents
from .customer import CustomerMessage
from .grammar import Expectation, duration
from .script import Agents, ScriptStep
from .server import SimulatedServer
from .timeline import CUSTOMER, REACHED_NOBODY, STUDIO, Misfit, Record, RecordingHttpClient
from .ways import WayIn

MOST_TIMERS = 20_000
"""Timers that may run in one wait, lest two of them start each other for ever."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A message of the customer's that reached nobody, and why."""

    body: str
    why: str


class Simulation:
    """A copied account with a customer, agents and a server; only the script moves its clock."""

    def __init__(
        self,
        mock: MockTwilio,
        account: Account,
        way: WayIn,
        agents: Agents,
        servers: Servers,
    ) -> None:
        self._mock, self._kind = mock, way.kind
        self.record = Record(mock)
        door = RecordingHttpClient(mock.http_client, self.record)
        recorded = Account("mock", account.credentials, door, mock)
        self.agents = SimulatedAgents(
            recorded, mock, plain_client(mock), self.record, agents, way.agents_leave
        )
        self.customer = way.customer(recorded, mock, self.record)
        self.server = SimulatedServer(recorded, self.record, way, servers)
        self.misfits: list[str] = []
        self.unmet: list[str] = []
        self.lost: list[Lost] = []
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
        try:
            ACTS[step.verb](self, step.said)
        except (Misfit, NoDeskHere) as misfit:
            reason = str(misfit)
        except (TwilioRestException, ChatError) as refused:
            reason = f"Twilio refuses: {refused.code}: {refused.msg}"
        if reason:
            who, _, _ = step.verb.partition(" ")
            self.misfits.append(f"{step}: {reason}")
            self.record.note("state", who, f"could not: {step.verb}", reason)
        self._sync()

    def wait(self, seconds: float) -> None:
        """Let time pass; each timer that is due on the way rings at its own moment."""
        clock = self._mock.clock
        end = clock.now() + seconds
        for _ in range(MOST_TIMERS):
            due = clock.next_due
            if due is None or due > end:
                clock.advance(end - clock.now())
                return
            clock.advance(max(0.0, due - clock.now()))
            self._sync()
        raise NotSettled(f"more than {MOST_TIMERS} timers ran within {duration(seconds)}")

    def expect(self, expected: Expectation) -> None:
        """Check an expectation, and record the result."""
        tasks = self.agents.tasks
        is_answered = any(not each.by_customer for each in self.customer.messages)
        found = {
            "tasks": str(len(tasks)),
            "task": self._states[tasks[-1]] if tasks else "none",
            "channel": self.channel_status(),
            "customer": "answered" if is_answered else "unanswered",
        }[expected.of]
        met = found.lower() == expected.value
        if not met:
            self.unmet.append(f"expected {expected.text}: it is {found}")
        self.record.note(
            "state", "script", f"expected {expected.text}", "yes" if met else f"no: {found}"
        )

    def channel_status(self) -> str:
        """The state of the latest chat, or `none` before there is one."""
        channels = self.customer.channels
        return self.customer.states[channels[-1]] if channels else "none"

    def _sync(self) -> None:
        """Wait until the mock is idle, then record events and states that have changed."""
        self._settle()
        self.record.catch_up()
        problems = self._mock.studio.errors
        new_problems, self._problems = problems[self._problems :], len(problems)
        for problem in new_problems:
            self.record.note("state", STUDIO, f"problem in {problem.widget}", problem.message)
        states = {**self.customer.states, **self.agents.sync()}
        messages = self.customer.messages
        new, self._judged = messages[self._judged :], len(messages)
        for message in new:
            if message.by_customer and (reason := self._why_lost(message)):
                self.lost.append(Lost(message.body, reason))
                self.record.note("state", CUSTOMER, REACHED_NOBODY, reason)
        for sid, state in states.items():
            before = self._states.get(sid)
            if state != before:
                self.record.note("state", sid, state, f"was {before}" if before else "new")
        self._states = states

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
        if self.customer.states[message.channel_sid] == (ended := self.customer.ended):
            return f"the chat has ended ({ended}), nothing routes it"
        if self._kind in ("external", "webhook"):
            return f"your server is {self.server.state}"
        if outcome is not None:
            return f"the Studio flow had it {outcome}"
        return "no task, flow or server cares for the chat"

    def close(self) -> None:
        """Close all desks and clients."""
        self.customer.close()
        self.agents.close()

    def set_server(self, state: str) -> None:
        """Set the server up, down or slow."""
        self.server.state = state


Act = Callable[[Simulation, Any], None]
ACTS: dict[str, Act] = {
    "customer opens": lambda it, _: it.customer.open(),
    "customer says": lambda it, body: it.customer.says(body),
    "customer leaves": lambda it, _: it.customer.leave(),
    "customer returns": lambda it, _: it.customer.open(),
    "agent accepts": lambda it, _: it.agents.accept(),
    "agent rejects": lambda it, _: it.agents.reject(),
    "agent says": lambda it, body: it.agents.says(body),
    "agent wraps up": lambda it, _: it.agents.wrap_up(),
    "agent completes": lambda it, _: it.agents.complete(),
    "agents go away": lambda it, _: it.agents.go_away(),
    "agents come back": lambda it, _: it.agents.come_back(),
    "bot says": lambda it, body: it.server.says(body, it.customer.latest),
    "bot hands over": lambda it, _: it.server.hand_over(it.customer.latest),
    "webhook is down": lambda it, _: it.set_server("down"),
    "webhook is slow": lambda it, _: it.set_server("slow"),
    "webhook is up": lambda it, _: it.set_server("up"),
    "wait": lambda it, seconds: it.wait(seconds),
    "expect": lambda it, expected: it.expect(expected),
}
"""The action of each verb of a script."""
