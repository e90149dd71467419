"""The agents of a rehearsal: who works, who is offered what, who has which chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twilio.rest import Client

from ...account import Account
from ...desk import AcceptedTask, AgentDesk, Offer
from ...flex_ui import ignore_not_found
from ...mock import MockTwilio, TaskRouterNotification
from .recording import Record
from .script import Agents
from .timeline import AGENT, Misfit

LIVE = ("pending", "reserved", "assigned")
"""States of a task that an agent has or will have."""


@dataclass(frozen=True, slots=True)
class SimulatedAgent:
    """A worker of the account, where, and whether available when the rehearsal was set up."""

    sid: str
    name: str
    available: bool
    workspace_sid: str
    workspace: str


class SimulatedAgents:
    """Everybody who could answer.

    Args:
        account: The copy, whose requests are recorded.
        mock: The same from inside.
        behind: A client of the copy whose requests are not recorded, to set the stage with.
        record: The timeline.
        agents: Who works when the rehearsal begins.

    Attributes:
        tasks: SIDs of the tasks made since, oldest first.
    """

    def __init__(
        self, account: Account, mock: MockTwilio, behind: Client, record: Record, agents: Agents
    ) -> None:
        self._account, self._behind, self._record = account, behind, record
        self.tasks: list[str] = []
        self._offers: dict[str, TaskRouterNotification] = {}
        self._desks: dict[str, AgentDesk] = {}
        self._conversations: list[AcceptedTask] = []
        self._touched: list[str] = []
        self._known: dict[str, tuple[str, str]] = {}
        self._activities: dict[tuple[str, bool], str] = {}
        spaces = behind.taskrouter.v1.workspaces
        found = spaces.list()
        self._workspaces = [spaces(space.sid) for space in found]
        self.workers = [worker for space in found for worker in _workers(spaces, space)]
        self._on_duty = self._chosen(agents)
        if agents != "as they are":
            moved = [each for each in self.workers if each.available != (each in self._on_duty)]
            self._send(behind, moved, self._on_duty)
        self._stop_following = mock.follow_taskrouter(self._hear)

    def _chosen(self, agents: Agents) -> list[SimulatedAgent]:
        if isinstance(agents, tuple):
            return [worker for worker in self.workers if worker.name in agents]
        if isinstance(agents, int):
            return self.workers[:agents]
        return [] if agents == "none" else self.workers

    def missing(self, agents: Agents) -> list[str]:
        """Names that a script gives and nobody has."""
        names = {worker.name for worker in self.workers}
        return sorted(set(agents) - names) if isinstance(agents, tuple) else []

    def _send(
        self, client: Client, workers: list[SimulatedAgent], there: list[SimulatedAgent]
    ) -> None:
        """Have these workers available where they are `there`, else not."""
        for worker in workers:
            works = worker in there
            rejecting = {} if works else {"reject_pending_reservations": True}
            if client is not self._behind:
                self._record.acting = f"{AGENT} {worker.name}"
            workspace = client.taskrouter.v1.workspaces(worker.workspace_sid)
            activity = self._activity(worker.workspace_sid, available=works)
            workspace.workers(worker.sid).update(activity_sid=activity, **rejecting)

    def _activity(self, workspace_sid: str, *, available: bool) -> str:
        """The activity `Available` or `Offline`, else the first that does."""
        key = (workspace_sid, available)
        if key not in self._activities:
            name = "Available" if available else "Offline"
            workspace = self._behind.taskrouter.v1.workspaces(workspace_sid)
            found = workspace.activities.list(available=str(available).lower())
            if not found:
                raise Misfit(f"the workspace has no activity that is {name.lower()}")
            named = [each for each in found if each.friendly_name == name]
            self._activities[key] = (named or found)[0].sid
        return self._activities[key]

    def go_away(self) -> None:
        """Everybody stops working."""
        self._send(self._account.client, self._on_duty or self.workers, [])

    def come_back(self) -> None:
        """Those who worked when it began work again; everybody, if that was nobody."""
        back = self._on_duty or self.workers
        self._send(self._account.client, back, back)

    def accept(self) -> None:
        """Whoever is offered the customer's task accepts it."""
        worker, offer = self._offer("accept")
        self._conversations.append(self._desk(worker).accept(offer))

    def reject(self) -> None:
        """Whoever is offered the customer's task rejects it."""
        worker, offer = self._offer("reject")
        self._desk(worker).reject(offer)

    def _offer(self, doing: str) -> tuple[SimulatedAgent, Offer]:
        for news in list(self._offers.values()):
            worker = next(each for each in self.workers if each.sid == news.worker_sid)
            offers = self._desk(worker).offers
            found = [offer for offer in offers if offer.sid == news.reservation_sid]
            if found:
                return worker, found[0]
        raise Misfit(f"{self._why_no_offer()}, so there is nothing to {doing}")

    def _why_no_offer(self) -> str:
        if not self.tasks:
            return "no task was made"
        status = self.look().get(self.tasks[-1], "gone")
        if status == "pending":
            return "the task waits and no agent is offered it"
        return f"the latest task is {status}"

    def says(self, body: str) -> None:
        """The agent who has the chat writes in it."""
        self._talking().reply(body)

    def wrap_up(self) -> None:
        """The agent who has the chat ends it."""
        self._talking().wrap_up()

    def complete(self) -> None:
        """The agent who has the chat completes its task."""
        conversation = self._talking()
        conversation.complete()
        self._conversations.remove(conversation)

    def _talking(self) -> AcceptedTask:
        if not self._conversations:
            raise Misfit("no agent has the chat")
        conversation = self._conversations[-1]
        self._record.acting = f"{AGENT} {conversation.desk.agent}"
        return conversation

    def _desk(self, worker: SimulatedAgent) -> AgentDesk:
        self._record.acting = f"{AGENT} {worker.name}"
        if worker.sid not in self._desks:
            desk = AgentDesk(self._account, worker.name, workspace=worker.workspace)
            self._desks[worker.sid] = desk
        return self._desks[worker.sid]

    @property
    def identities(self) -> dict[str, str]:
        """Chat identity -> name, of the agents who have had an offer to answer."""
        return {desk.identity: desk.agent for desk in self._desks.values()}

    def _hear(self, news: TaskRouterNotification) -> None:
        if news.name == "task.created" and news.task_sid is not None:
            self.tasks.append(news.task_sid)
        if news.task_sid in self.tasks:
            self._touched.append(news.task_sid)
        if not news.name.startswith("reservation.") or news.reservation_sid is None:
            return
        if news.name == "reservation.created" and news.task_sid in self.tasks:
            self._offers[news.reservation_sid] = news
        else:
            self._offers.pop(news.reservation_sid, None)

    def look(self) -> dict[str, str]:
        """The state of every task made since; of one that is gone, the last it had."""
        touched, self._touched = self._touched, []
        for sid in dict.fromkeys(touched):
            task = self._task(sid)
            if task is not None:
                self._known[sid] = (str(task.assignment_status), task.attributes)
        return {sid: self._known[sid][0] for sid in self.tasks if sid in self._known}

    def cares_for(self, channel_sid: str) -> bool:
        """Whether an agent has the chat or will, by a task made since, when last looked at."""
        return any(
            status in LIVE and channel_sid in attributes
            for status, attributes in self._known.values()
        )

    def _task(self, sid: str) -> Any:
        for workspace in self._workspaces:
            with ignore_not_found():
                return workspace.tasks(sid).fetch()
        return None

    def close(self) -> None:
        """Send everybody home."""
        self._stop_following()
        for desk in self._desks.values():
            desk.close()


def _workers(spaces: Any, space: Any) -> list[SimulatedAgent]:
    found = [
        SimulatedAgent(
            worker.sid, worker.friendly_name, worker.available, space.sid, space.friendly_name
        )
        for worker in spaces(space.sid).workers.list()
    ]
    return sorted(found, key=lambda worker: worker.name)
