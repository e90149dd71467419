"""The agents of a rehearsal: their activities, their desks and the tasks they are offered."""

from __future__ import annotations

from dataclasses import dataclass

from twilio.rest import Client

from ...account import Account
from ...desk import AcceptedTask, AgentDesk, Offer
from ...flex_ui import ignore_not_found
from ...mock import MockTwilio, TaskRouterNotification
from .script import Agents
from .timeline import AGENT, Misfit, Record

LIVE = ("pending", "reserved", "assigned")
"""States of a task that an agent has or will have."""


@dataclass(frozen=True, slots=True)
class SimulatedAgent:
    """A worker of the account; `available` is as the rehearsal was set up."""

    sid: str
    name: str
    available: bool
    workspace_sid: str
    workspace: str


class SimulatedAgents:
    """All workers of an account, and in `tasks` the SIDs of the tasks made since, oldest first.

    Requests of `setup`, a client of the same account, are not recorded. Agents who are `leaving`
    leave an interaction where others end it.
    """

    def __init__(
        self,
        account: Account,
        mock: MockTwilio,
        setup: Client,
        record: Record,
        agents: Agents,
        leaving: bool,
    ) -> None:
        self._account, self._setup, self._record, self._leaving = account, setup, record, leaving
        self.tasks: list[str] = []
        self._offers: dict[str, TaskRouterNotification] = {}
        self._desks: dict[str, AgentDesk] = {}
        self._accepted: list[AcceptedTask] = []
        self._changed: list[str] = []
        self._known: dict[str, tuple[str, str]] = {}
        self._activities: dict[tuple[str, bool], str] = {}
        workspaces = setup.taskrouter.v1.workspaces
        found = workspaces.list()
        self._workspaces = [workspaces(space.sid) for space in found]
        self.workers = [
            SimulatedAgent(
                worker.sid, worker.friendly_name, worker.available, space.sid, space.friendly_name
            )
            for space in found
            for worker in sorted(
                workspaces(space.sid).workers.list(), key=lambda worker: str(worker.friendly_name)
            )
        ]
        if isinstance(agents, tuple):
            self._on_duty = [worker for worker in self.workers if worker.name in agents]
        elif isinstance(agents, int):
            self._on_duty = self.workers[:agents]
        else:
            self._on_duty = [] if agents == "none" else self.workers
        if agents != "as they are":
            moved = [each for each in self.workers if each.available != (each in self._on_duty)]
            self._set_activities(setup, moved, self._on_duty)
        self._unsubscribe = mock.follow_taskrouter(self._handle)

    def _set_activities(
        self, client: Client, workers: list[SimulatedAgent], available: list[SimulatedAgent]
    ) -> None:
        for worker in workers:
            is_available = worker in available
            rejecting = {} if is_available else {"reject_pending_reservations": True}
            if client is not self._setup:
                self._record.acting = f"{AGENT} {worker.name}"
            workspace = client.taskrouter.v1.workspaces(worker.workspace_sid)
            activity = self._activity(worker.workspace_sid, available=is_available)
            workspace.workers(worker.sid).update(activity_sid=activity, **rejecting)

    def _activity(self, workspace_sid: str, *, available: bool) -> str:
        """The activity `Available` or `Offline`, else the first of the same kind."""
        key = (workspace_sid, available)
        if key not in self._activities:
            name = "Available" if available else "Offline"
            workspace = self._setup.taskrouter.v1.workspaces(workspace_sid)
            found = workspace.activities.list(available=str(available).lower())
            if not found:
                raise Misfit(f"the workspace has no activity that is {name.lower()}")
            named = [each for each in found if each.friendly_name == name]
            self._activities[key] = (named or found)[0].sid
        return self._activities[key]

    def go_away(self) -> None:
        """Set the agents on duty offline."""
        self._set_activities(self._account.client, self._on_duty or self.workers, [])

    def come_back(self) -> None:
        """Set the agents on duty available; all agents, if none were."""
        back = self._on_duty or self.workers
        self._set_activities(self._account.client, back, back)

    def accept(self) -> None:
        """Accept the customer's task, as the agent who is offered it."""
        desk, offer = self._offer("accept")
        self._accepted.append(desk.accept(offer))

    def reject(self) -> None:
        """Reject the customer's task, as the agent who is offered it."""
        desk, offer = self._offer("reject")
        desk.reject(offer)

    def _offer(self, action: str) -> tuple[AgentDesk, Offer]:
        for created in list(self._offers.values()):
            worker = next(each for each in self.workers if each.sid == created.worker_sid)
            self._record.acting = f"{AGENT} {worker.name}"
            if worker.sid not in self._desks:
                desk = AgentDesk(self._account, worker.name, workspace=worker.workspace)
                self._desks[worker.sid] = desk
            for offer in self._desks[worker.sid].offers:
                if offer.sid == created.reservation_sid:
                    return self._desks[worker.sid], offer
        status = self.sync().get(self.tasks[-1], "gone") if self.tasks else ""
        reasons = {"": "no task was made", "pending": "the task waits and no agent is offered it"}
        reason = reasons.get(status, f"the latest task is {status}")
        raise Misfit(f"{reason}, so there is nothing to {action}")

    def says(self, body: str) -> None:
        """Write in the chat of the latest accepted task."""
        latest = self._latest()
        if latest.channel is None:
            named = latest.offer.attributes.get("channelSid")
            raise Misfit(f"the agent had a task but no chat: its channelSid is {named!r}")
        latest.reply(body)

    def wrap_up(self) -> None:
        """End the chat of the latest accepted task."""
        self._latest().wrap_up(leaving=self._leaving)

    def complete(self) -> None:
        """Complete the latest accepted task."""
        latest = self._latest()
        if self._leaving and latest.interaction is not None:
            if latest.status == "assigned":
                latest.wrap_up(leaving=True)
            latest.leave()
        else:
            latest.complete()
        self._accepted.remove(latest)

    def _latest(self) -> AcceptedTask:
        if not self._accepted:
            raise Misfit("no agent has the chat")
        latest = self._accepted[-1]
        self._record.acting = f"{AGENT} {latest.desk.agent}"
        return latest

    @property
    def identities(self) -> dict[str, str]:
        """Names by chat identity, of the agents who have had an offer to answer."""
        return {desk.identity: desk.agent for desk in self._desks.values()}

    def _handle(self, event: TaskRouterNotification) -> None:
        if event.name == "task.created" and event.task_sid is not None:
            self.tasks.append(event.task_sid)
        if event.task_sid in self.tasks:
            self._changed.append(event.task_sid)
        if not event.name.startswith("reservation.") or event.reservation_sid is None:
            return
        if event.name == "reservation.created" and event.task_sid in self.tasks:
            self._offers[event.reservation_sid] = event
        else:
            self._offers.pop(event.reservation_sid, None)

    def sync(self) -> dict[str, str]:
        """Read the tasks that have changed. Returns the (last) state of every task made since."""
        changed, self._changed = self._changed, []
        for sid in dict.fromkeys(changed):
            for workspace in self._workspaces:
                with ignore_not_found():
                    task = workspace.tasks(sid).fetch()
                    self._known[sid] = (str(task.assignment_status), task.attributes)
                    break
        return {sid: self._known[sid][0] for sid in self.tasks if sid in self._known}

    def cares_for(self, channel_sid: str) -> bool:
        """Return whether an agent has the chat or will, by a task made since."""
        return any(
            status in LIVE and channel_sid in attributes
            for status, attributes in self._known.values()
        )

    def close(self) -> None:
        """Close all desks."""
        self._unsubscribe()
        for desk in self._desks.values():
            desk.close()
