"""Plays scripts with a Flex Flow in a throw-away copy of an account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...account import Account
from ...mock import MockTwilio
from ..accounts.copying import Servers, account_of, arguments_in, copy_of
from ..errors import Problem
from .draft import Playable, StudioDraft
from .outcome import Rehearsal, outcome_of
from .script import Script, ScriptProblem, script_of
from .simulation import Simulation
from .starting import described
from .ways import way_of


def rehearse(
    flow: Playable,
    script: object,
    *,
    account: Account | None = None,
    servers: Servers | None = None,
    replies: Sequence[str] | None = None,
) -> Rehearsal:
    """Play a short script with a Flex Flow, or with a way into Flex Conversations.

    It happens in a throw-away copy with a clock of its own: the account is not touched, no request
    leaves the machine, and a day takes no time. An enabled flow that the new one would clash with
    is disabled in the copy, one of the same name is replaced.

    It begins at the script's `at`. Without that it begins on Monday, 5 January 2026, at 09:00 UTC,
    or in an account whose clock stands still at that time; a weekday of `at` is the first one from
    that day on. Chats and tasks of the account are as old, and due as soon, as they are there.

    A step that cannot be done is skipped, and said in the outcome's `misfits`; what is taken for
    granted is said in `assumptions`.

    Agents use Flex UI, which takes plain tasks and Interactions. A customer of an address of type
    `sms`, `whatsapp` or `messenger` has a phone, any other one a page.

    Args:
        flow: The config: a Flex Flow, an address configuration or a chat of your own server; or a
            `StudioDraft`, a definition of a Studio flow that nobody has published.
        script: A shipped script's name (see `SCRIPTS`), a YAML file or text, a list of steps, or
            a `Script`.
        account: The account that the flow is for; a new mock account by default.
        servers: For URLs that are called on the way, makers of a Python function to answer: each
            is given the copy as an account. Other URLs answer with an empty 200.
        replies: Texts with which customers answer a bot that asks them something, one after
            another, in place of the script's own.

    Raises:
        FlowProblem: The flow names something that the account does not have, or is an address that
            no simulated customer can reach; or the script is not right.
        TwilioRestException: The flow is refused.
    """
    played = script_of(script, replies)
    return Sandbox(flow, account, servers or {}).play(played)


class Sandbox:
    """A copy of an account with a flow in place, where one script after another can be played."""

    def __init__(self, flow: Playable, account: Account | None, servers: Servers) -> None:
        self._flow, self._servers, self._is_new = flow, servers, account is None
        self._is_read = account is not None and not isinstance(account.mock, MockTwilio)
        self._is_at_rest = account is not None and account.clock.is_frozen
        self._assumed: list[str] = []
        if isinstance(flow, StudioDraft):
            self._mock, _ = copy_of(account, [], flow.is_conversation)
            way, self._assumed = flow.put_in(account_of(self._mock))
            arguments = arguments_in(account_of(self._mock), way)
        else:
            way = flow
            self._mock, [arguments] = copy_of(account, [flow])
        mock = self._mock
        self._account = account_of(mock)
        self._way = way_of(self._account, way, arguments)
        name = "chat_service_sid", "auto_creation_conversation_service_sid"
        service = next(arguments[each] for each in name if each in arguments)
        self._account.credentials = replace(mock.credentials, chat_service_sid=service)
        self._before = mock.take_snapshot(), mock.clock.setting

    def play(self, script: Script) -> Rehearsal:
        """Play a script from the beginning, independently of earlier ones."""
        snapshot, setting = self._before
        clock = self._mock.clock
        clock.forget_timers()
        clock.setting = setting
        now = begins = clock.now()
        if script.start:
            clock.freeze(begins := script.start.moment(now))
        self._mock.restore(snapshot, shift=begins - now)
        simulation = Simulation(self._mock, self._account, self._way, script, self._servers)
        try:
            known = [worker.name for worker in simulation.agents.workers]
            named = script.agents if isinstance(script.agents, tuple) else ()
            if missing := sorted(set(named) - set(known)):
                there_are = ", ".join(known) or "none"
                fix = f"are no workers here: {', '.join(missing)}; there are: {there_are}"
                raise ScriptProblem(Problem("", "agents", fix))
            if script.start:
                at = described(begins, script.start.zone)
                simulation.record.note("step", "script", f"at: {script.start}", at)
            for step in script.steps:
                simulation.play(step)
            outcome = outcome_of(simulation)
        finally:
            simulation.close()
        record = simulation.record
        return Rehearsal(
            self._flow,
            script,
            tuple(record.rows),
            tuple(record.entries),
            outcome,
            tuple(self._assumptions(script, begins, simulation)),
            tuple(simulation.problems),
        )

    def _assumptions(self, script: Script, begins: float, played: Simulation) -> Iterator[str]:
        """Things that were taken for granted."""
        if not script.start:
            stands = self._is_at_rest and "the time at which the account's clock stands still"
            yield f"it begins at {stands or described(begins, 'UTC')}, as the script has no `at`"
        if self._is_new:
            yield "the account is a new one: agents alice and bob, one queue, one workflow"
        elif self._is_read:
            yield (
                "of the account it has what its API shows of services, workspaces and the Studio"
                " flow: no chats, tasks or capacities of agents"
            )
        at_work = ", ".join(played.agents.at_work) or "nobody"
        yield f"at work: {at_work}; they react when the script says so, and never by themselves"
        yield from self._way.assumptions()
        yield from self._assumed
        yield from map(str, script.remarks)
        urls = sorted(played.server.unanswered)
        if urls:
            yield f"no server of yours answers {', '.join(urls)}: an empty 200 stands in for it"
