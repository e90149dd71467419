"""Plays scripts with a Flex Flow in a throw-away copy of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...account import Account
from ..config import FlexFlowConfig
from ..copying import Servers, account_of, copy_of
from ..errors import Problem
from ..starting import described
from .outcome import Rehearsal, outcome_of
from .script import Script, ScriptProblem, script_of
from .simulation import Simulation


def rehearse(
    flow: FlexFlowConfig,
    script: object,
    *,
    account: Account | None = None,
    servers: Servers | None = None,
) -> Rehearsal:
    """Play a short script with a Flex Flow.

    It happens in a throw-away copy with a clock of its own: the account is not touched, no request
    leaves the machine, and a day takes no time. An enabled flow that the new one would clash with
    is disabled in the copy, one of the same name is replaced.

    It begins at the script's `at`. Without that it begins on Monday, 5 January 2026, at 09:00 UTC,
    or in an account whose clock stands still at that time; a weekday of `at` is the first one from
    that day on. Chats and tasks of the account are as old, and due as soon, as they are there.

    Args:
        flow: The config.
        script: A shipped script's name (see `SCRIPTS`), a YAML file or text, a list of steps, or
            a `Script`.
        account: The account that the flow is for; a new mock account by default.
        servers: For URLs that are called on the way, makers of a Python function to answer: each
            is given the copy as an account. Other URLs answer with an empty 200.

    Raises:
        FlowProblem: The flow names something that the account does not have, or the script is not
            right.
        TwilioRestException: The flow is refused.
    """
    played = script_of(script)
    return Sandbox(flow, account, servers or {}).play(played)


class Sandbox:
    """A copy of an account with a flow in place, where one script after another can be played."""

    def __init__(self, flow: FlexFlowConfig, account: Account | None, servers: Servers) -> None:
        self._flow, self._servers = flow, servers
        self._mock, [arguments] = copy_of(account, [flow])
        mock = self._mock
        self._account = account_of(mock)
        self._flow_sid = _put_in_place(self._account.client, arguments, flow.formerly)
        service = arguments["chat_service_sid"]
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
        kind = self._flow.integration_type
        simulation = Simulation(
            self._mock, self._account, self._flow_sid, kind, script.agents, self._servers
        )
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
            outcome = outcome_of(simulation, kind)
        finally:
            simulation.close()
        record = simulation.record
        return Rehearsal(self._flow, script, tuple(record.rows), tuple(record.entries), outcome)


def _put_in_place(client: Any, arguments: dict[str, Any], formerly: str | None) -> str:
    """Make the flow in the copy, or change the one of that name; its SID."""
    flows = client.flex_api.v1.flex_flow
    contact = (arguments["channel_type"], arguments.get("contact_identity"))
    own = None
    for flow in flows.list():
        if flow.friendly_name in (arguments["friendly_name"], formerly) and own is None:
            own = flow.sid
        elif (
            arguments["enabled"]
            and flow.enabled
            and (str(flow.channel_type), flow.contact_identity or None) == contact
        ):
            flows(flow.sid).update(enabled=False)
    if own is None:
        return str(flows.create(**arguments).sid)
    return str(flows(own).update(**{"contact_identity": ""} | arguments).sid)
