"""The throw-away contact centre that a day is simulated in: one flow, and the agents of the day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from twilio.rest import Client

from ...account import Account
from ...mock import MockTwilio
from .client import RestClient
from .job import MIDNIGHT, Job
from .staffing import Shift

BOT_SECONDS = 30.0
"""Seconds of real time that flows and servers have to come to rest."""
_ROUNDS = 50


class NotSettled(RuntimeError):
    """Flows or servers go on and on."""


@dataclass(slots=True)
class SandboxAgent:
    """A worker.

    Attributes:
        sid: WK...
        identity: Their chat identity.
        shift: When they work.
        works: Whether their shift is on.
    """

    sid: str
    identity: str
    shift: Shift
    works: bool = False


class DaySandbox:
    """A mock account with nothing going on, its clock standing still at midnight.

    Attributes:
        mock: The account.
        rest: Sends requests to it.
        flow_sid: FO..., the flow of the case.
        agents: Everybody who works that day, all of them away.
        has_bot: Whether flows or servers act too, on threads of their own.
    """

    def __init__(self, case: Job) -> None:
        self.mock = case.origin.copy() if case.origin else _new()
        self._begins = self.mock.clock.now()
        credentials = self.mock.credentials
        account = Account("mock", credentials, self.mock.http_client, self.mock)
        self._client = Client(
            credentials.account_sid, credentials.auth_token, http_client=self.mock.http_client
        )
        account.credentials = replace(
            credentials, chat_service_sid=case.arguments["chat_service_sid"]
        )
        self._answer(case, account)
        self.flow_sid = self._install(case)
        self._workspace_sid = str(
            case.arguments.get("integration_workspace_sid") or self._first_workspace()
        )
        self._workspace = self._client.taskrouter.v1.workspaces(self._workspace_sid)
        self._find_activities()
        self._clear()
        channel = case.arguments.get("integration_channel") or "chat"
        self.agents = {agent.sid: agent for agent in self._hire(case, channel)}
        self.rest = RestClient(self.mock, case.arguments["chat_service_sid"], self._workspace_sid)
        self.has_bot = case.flow.integration_type != "task" or bool(case.servers)

    def _answer(self, case: Job, account: Account) -> None:
        """Have servers answer in this process; nothing goes to the network."""
        self.mock.webhooks.register_fallback(lambda _: None)
        for url, make in case.servers.items():
            self.mock.webhooks.register(url, make(account))

    def _install(self, case: Job) -> str:
        flows = self._client.flex_api.v1.flex_flow
        for other in flows.list():
            if other.enabled:
                flows(other.sid).update(enabled=False)
        return str(flows.create(**case.arguments).sid)

    def _first_workspace(self) -> str:
        found = self._client.taskrouter.v1.workspaces.list(limit=1)
        if not found:
            raise LookupError("the account has no TaskRouter workspace for agents to work in")
        return str(found[0].sid)

    def _find_activities(self) -> None:
        activities = self._workspace.activities.list()
        self._available = next((one.sid for one in activities if one.available), None)
        self._away = next((one.sid for one in activities if not one.available), None)
        if self._available is None or self._away is None:
            raise LookupError(
                f"workspace {self._workspace_sid} needs two activities, one available and one not,"
                " for agents to come and go; create the one that is missing"
            )

    def _clear(self) -> None:
        """Send home whoever works here, and delete the tasks that are open."""
        for worker in self._workspace.workers.list():
            if worker.activity_sid != self._away:
                self._workspace.workers(worker.sid).update(
                    activity_sid=self._away, reject_pending_reservations=True
                )
        for task in self._workspace.tasks.list():
            self._workspace.tasks(task.sid).delete()

    def _hire(self, case: Job, channel: str) -> Iterator[SandboxAgent]:
        staffing = case.staffing
        everybody = [shift for shift in staffing.shifts for _ in range(shift.agents)]
        for number, shift in enumerate(everybody, start=1):
            identity = f"agent-{number}"
            about = {**staffing.attributes, "contact_uri": f"client:{identity}"}
            made = self._workspace.workers.create(
                f"load test {identity}", activity_sid=self._away, attributes=json.dumps(about)
            )
            own = self._workspace.workers(made.sid).worker_channels(channel)
            own.update(capacity=staffing.at_once)
            yield SandboxAgent(made.sid, identity, shift)

    @property
    def now(self) -> float:
        """Seconds since the day began."""
        return self.mock.clock.now() - self._begins

    @property
    def next_due(self) -> float:
        """When the mock next does something by itself (seconds since the day began)."""
        due = self.mock.clock.next_due
        return float("inf") if due is None else due - self._begins

    def go_to(self, moment: float) -> None:
        """Move the clock on (seconds since the day began)."""
        clock = self.mock.clock
        clock.freeze(max(clock.now(), self._begins + moment))

    def settle(self) -> None:
        """Wait for flows and servers that act on what has happened.

        Raises:
            NotSettled: They do not come to rest.
        """
        if not self.has_bot:
            return
        mock = self.mock
        for _ in range(_ROUNDS):
            before = mock.journal.position
            rested = mock.webhooks.settle(BOT_SECONDS) and mock.studio.settle(BOT_SECONDS)
            if rested and mock.journal.position == before:
                return
        raise NotSettled(
            "the flow's bot or server goes on and on without anybody saying anything; look for a"
            " flow whose widgets lead in a circle, or a server that answers its own messages"
        )

    def come(self, agent: SandboxAgent) -> None:
        """Have an agent go available."""
        self.rest.move_worker(agent.sid, str(self._available), away=False)

    def go(self, agent: SandboxAgent) -> None:
        """Have an agent go away; chats under way go on."""
        self.rest.move_worker(agent.sid, str(self._away), away=True)


def _new() -> MockTwilio:
    mock = MockTwilio()
    mock.clock.freeze(MIDNIGHT)
    return mock
