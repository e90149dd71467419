"""Where a script is played: a copy of an account, its players, and a clock that waits for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from ...account import Account
from ...chat import ChatError
from ...desk import NoDeskHere
from ...mock import MockTwilio
from .agents import SimulatedAgents
from .customer import NAME, CustomerMessage, Servers, SimulatedCustomer, SimulatedServer
from .grammar import Expectation, duration
from .recording import Record, RecordingHttpClient
from .script import Agents, ScriptStep
from .timeline import CUSTOMER, Misfit

SETTLING = 10.0
"""Seconds of real time that flows and webhooks have to come to rest."""
MOST_TIMERS = 20_000
"""Timers that may run in one wait, lest two of them wind each other up for ever."""


class NotSettled(RuntimeError):
    """Flows or webhooks went on and on."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A message of the customer's that reached nobody, and why."""

    body: str
    why: str


class Simulation:
    """A copy of an account with a customer, agents and a server.

    Args:
        mock: The copy; its clock stands still but for the script.
        account: The same as an account.
        flow_sid: FO..., the flow that is rehearsed.
        kind: Its integration type.
        agents: Who works when it begins.
        servers: What answers URLs; the others get an empty 200.
    """

    def __init__(
        self,
        mock: MockTwilio,
        account: Account,
        flow_sid: str,
        kind: str,
        agents: Agents,
        servers: Servers,
    ) -> None:
        self._mock, self._kind = mock, kind
        credentials = account.credentials
        self._behind = Client(
            credentials.account_sid, credentials.auth_token, http_client=mock.http_client
        )
        self.record = Record(mock)
        door = RecordingHttpClient(mock.http_client, self.record)
        self._account = Account("mock", credentials, door, mock)
        self.floor = SimulatedAgents(self._account, mock, self._behind, self.record, agents)
        self.customer = SimulatedCustomer(self._account, mock, self.record, flow_sid)
        self.server = SimulatedServer(self._account, self.record, kind, servers)
        self.misfits: list[str] = []
        self.unmet: list[str] = []
        self.lost: list[Lost] = []
        self._judged = 0
        self._states: dict[str, str] = {}
        mock.webhooks.register_fallback(self.server)
        self._settle()
        self.record.skip()

    def play(self, step: ScriptStep) -> None:
        """Have one step done; what does not fit, or is refused, is written down."""
        self.record.note("step", "script", str(step))
        try:
            ACTS[step.verb](self, step.said)
        except (Misfit, NoDeskHere) as misfit:
            self._does_not_fit(step, str(misfit))
        except (TwilioRestException, ChatError) as refused:
            self._does_not_fit(step, f"Twilio refuses: {refused.code}: {refused.msg}")
        self._look()

    def _does_not_fit(self, step: ScriptStep, why: str) -> None:
        who, _, _ = step.verb.partition(" ")
        self.misfits.append(f"{step}: {why}")
        self.record.note("state", who, f"could not: {step.verb}", why)

    def wait(self, seconds: float) -> None:
        """Let time pass; everything that falls due on the way happens at its own moment."""
        clock = self._mock.clock
        end = clock.now() + seconds
        for _ in range(MOST_TIMERS):
            due = clock.next_due
            if due is None or due > end:
                clock.advance(end - clock.now())
                return
            clock.advance(max(0.0, due - clock.now()))
            self._look()
        raise NotSettled(f"more than {MOST_TIMERS} timers ran within {duration(seconds)}")

    def expect(self, expected: Expectation) -> None:
        """Look whether something is as it should be."""
        found = self._facts()[expected.of]
        met = found.lower() == expected.value
        if not met:
            self.unmet.append(f"expected {expected.text}: it is {found}")
        self.record.note(
            "state", "script", f"expected {expected.text}", "yes" if met else f"no: {found}"
        )

    def _facts(self) -> dict[str, str]:
        answered = any(not said.by_customer for said in self.customer.said)
        tasks = self.floor.tasks
        return {
            "tasks": str(len(tasks)),
            "task": self._states[tasks[-1]] if tasks else "none",
            "channel": self.channel_status(),
            "customer": "answered" if answered else "unanswered",
        }

    def channel_status(self) -> str:
        """`ACTIVE`, `INACTIVE`, `deleted`, or `none` before there is a chat."""
        channels = self.customer.channels
        return self.customer.states[channels[-1]] if channels else "none"

    def _look(self) -> None:
        """Let everything come to rest, then write down what happened and what has changed."""
        self._settle()
        self.record.catch_up()
        states = {**self.customer.states, **self.floor.look()}
        self._judge()
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

    def _judge(self) -> None:
        """See who was reached by what the customer has said since."""
        new, self._judged = self.customer.said[self._judged :], len(self.customer.said)
        for said in new:
            if said.by_customer and not self._reached(said):
                why = self._why_lost(said)
                self.lost.append(Lost(said.body, why))
                self.record.note("state", CUSTOMER, "message reached nobody", why)

    def _reached(self, said: CustomerMessage) -> bool:
        return (
            self.floor.cares_for(said.channel_sid)
            or self.server.has_heard(said.sid)
            or self._flow_outcome(said) in ("started", "replied")
        )

    def _flow_outcome(self, said: CustomerMessage) -> str | None:
        log = self._mock.studio.log
        return next((heard.outcome for heard in log if heard.message_sid == said.sid), None)

    def _why_lost(self, said: CustomerMessage) -> str:
        if self.customer.states[said.channel_sid].upper() == "INACTIVE":
            return "the chat has ended (INACTIVE), nothing routes it"
        if self._kind == "external":
            return f"your server is {self.server.state}"
        outcome = self._flow_outcome(said)
        if outcome is not None:
            return f"the Studio flow had it {outcome}"
        return "no task, flow or server cares for the chat"

    def close(self) -> None:
        """Send everybody home."""
        self.customer.close()
        self.floor.close()

    def bot_says(self, body: str) -> None:
        """The server answers as a bot."""
        self.server.says(body, *self._latest())

    def bot_hands_over(self) -> None:
        """The server brings in an agent."""
        channel_sid, message_sid = self._latest()
        self.server.hand_over(channel_sid, NAME, message_sid)

    def _latest(self) -> tuple[str, str]:
        latest = self.customer.latest
        return (latest.channel_sid, latest.sid) if latest else ("", "")

    def set_server(self, state: str) -> None:
        """Have the server up, down or slow."""
        self.server.state = state


Act = Callable[[Simulation, Any], None]
ACTS: dict[str, Act] = {
    "customer opens": lambda stage, _: stage.customer.open(),
    "customer says": lambda stage, body: stage.customer.says(body),
    "customer leaves": lambda stage, _: stage.customer.leave(),
    "customer returns": lambda stage, _: stage.customer.open(),
    "agent accepts": lambda stage, _: stage.floor.accept(),
    "agent rejects": lambda stage, _: stage.floor.reject(),
    "agent says": lambda stage, body: stage.floor.says(body),
    "agent wraps up": lambda stage, _: stage.floor.wrap_up(),
    "agent completes": lambda stage, _: stage.floor.complete(),
    "agents go away": lambda stage, _: stage.floor.go_away(),
    "agents come back": lambda stage, _: stage.floor.come_back(),
    "bot says": lambda stage, body: stage.bot_says(body),
    "bot hands over": lambda stage, _: stage.bot_hands_over(),
    "webhook is down": lambda stage, _: stage.set_server("down"),
    "webhook is slow": lambda stage, _: stage.set_server("slow"),
    "webhook is up": lambda stage, _: stage.set_server("up"),
    "wait": lambda stage, seconds: stage.wait(seconds),
    "expect": lambda stage, expected: stage.expect(expected),
}
"""What each verb of a script does."""
