"""Plays scripts with a Flex Flow in a throw-away copy of an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...account import Account
from ..config import FlexFlowConfig
from ..errors import Problem
from .copying import copy_for
from .customer import Servers
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
    """Play a short script with a Flex Flow, and see all that comes of it.

    It happens in a throw-away copy with a clock of its own: the account is not touched, no request
    leaves the machine, and a day takes no time. An enabled flow that the new one would clash with
    is disabled in the copy, one of the same name is replaced.

    Args:
        flow: The config.
        script: A shipped script's name (see `SCRIPTS`), a YAML file or text, a list of steps, or
            a `Script`.
        account: Where the flow is to live; a new mock account by default.
        servers: For URLs that are called on the way, what makes a Python function to answer: it is
            given the copy as an account. Other URLs answer with an empty 200.

    Raises:
        FlowProblem: The flow names what the account does not have, or the script is not right.
        TwilioRestException: The flow is refused.
    """
    played = script_of(script)
    return Sandbox(flow, account, servers or {}).play(played)


class Sandbox:
    """A copy of an account with a flow in place, where one script after another can be played.

    Args:
        flow: The config.
        account: As for `rehearse`.
        servers: As for `rehearse`.

    Raises:
        FlowProblem: The flow names what the account does not have.
        TwilioRestException: The flow is refused.
    """

    def __init__(self, flow: FlexFlowConfig, account: Account | None, servers: Servers) -> None:
        self._flow, self._servers = flow, servers
        self._mock, arguments = copy_for(flow, account)
        mock = self._mock
        self._account = Account("mock", mock.credentials, mock.http_client, mock)
        self._flow_sid = _put_in_place(self._account.client, arguments, flow.formerly)
        service = arguments["chat_service_sid"]
        self._account.credentials = replace(mock.credentials, chat_service_sid=service)
        self._before = mock.take_snapshot(), mock.clock.setting

    def play(self, script: Script) -> Rehearsal:
        """Play a script from the beginning, whatever was played before."""
        self._put_back()
        kind = self._flow.integration_type
        stage = Simulation(
            self._mock, self._account, self._flow_sid, kind, script.agents, self._servers
        )
        try:
            _play(stage, script)
            outcome = outcome_of(stage, kind)
        finally:
            stage.close()
        record = stage.record
        return Rehearsal(self._flow, script, tuple(record.rows), tuple(record.entries), outcome)

    def _put_back(self) -> None:
        snapshot, setting = self._before
        self._mock.clock.forget_timers()
        self._mock.clock.setting = setting
        self._mock.restore(snapshot)


def _play(stage: Simulation, script: Script) -> None:
    missing = stage.floor.missing(script.agents)
    if missing:
        raise _nobody(missing, [worker.name for worker in stage.floor.workers])
    for step in script.steps:
        stage.play(step)


def _nobody(missing: list[str], there: list[str]) -> ScriptProblem:
    fix = f"are no workers here: {', '.join(missing)}; there are: {', '.join(there) or 'none'}"
    return ScriptProblem(Problem("", "agents", fix))


def _put_in_place(client: Any, arguments: dict[str, Any], formerly: str | None) -> str:
    """Make the flow in the copy, or change the one of that name; its SID."""
    flows = client.flex_api.v1.flex_flow
    own = None
    for flow in flows.list():
        if flow.friendly_name in (arguments["friendly_name"], formerly) and own is None:
            own = flow.sid
        elif arguments["enabled"] and _clashes(flow, arguments):
            client.flex_api.v1.flex_flow(flow.sid).update(enabled=False)
    if own is None:
        return str(flows.create(**arguments).sid)
    return str(client.flex_api.v1.flex_flow(own).update(**{"contact_identity": ""} | arguments).sid)


def _clashes(flow: Any, arguments: dict[str, Any]) -> bool:
    same_type = str(flow.channel_type) == arguments["channel_type"]
    same_contact = (flow.contact_identity or None) == arguments.get("contact_identity")
    return bool(flow.enabled and same_type and same_contact)
