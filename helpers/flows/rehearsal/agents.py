"""The agents of a rehearsal: their activities, their desks and the tasks they are offered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from twilio.rest import Client

from ...account import Account
from ...desk import AcceptedTask, AgentDesk, Offer
from ...flex_ui import ignore_not_found
from ...json_object import json_object
from ...mock import MockTwilio, TaskRouterNotification
from .customer import file_of
from .grammar import Said, Transfer
from .script import Agents
from .timeline import AGENT, SERVER, Misfit, Record

LIVE = ("pending", "reserved", "assigned")
"""States of a task that an agent has or will have."""
DELETED = ("task.deleted", "task.system-deleted")
_PROGRESS = {
    "workflow.target-matched": "matches {target}",
    "task-queue.entered": "waits in queue {queue}",
    "task-queue.moved": "leaves queue {queue}",
    "task-queue.timeout": "has waited its time in queue {queue}",
    "workflow.timeout": "reaches the end of its workflow",
    "workflow.skipped": "reaches the end of its workflow",
    "task.transfer-initiated": "is transferred",
    "task.transfer-attempt-failed": "is not taken yet",
    "task.transfer-completed": "has been transferred",
    "task.transfer-failed": "could not be transferred",
    "task.transfer-canceled": "is not transferred any more",
}
"""Progress of a task that the journal leaves out, in words."""


@dataclass(frozen=True, slots=True)
class KnownTask:
    """A task as it was last seen; `agent` is the worker who was offered it last, or took it."""

    status: str
    attributes: str
    queue: str
    priority: int
    agent: str | None = None


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
        self._known: dict[str, KnownTask] = {}
        self._holders: dict[str, str | None] = {}
        self._gone: set[str] = set()
        self._activities: dict[tuple[str, bool], str] = {}
        self._spaces: dict[str, str] = {}
        workspaces = setup.taskrouter.v1.workspaces
        found = workspaces.list()
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
            on_duty = self._on_duty
        else:
            on_duty = [each for each in self.workers if each.available]
        self._at_work = [each.name for each in on_duty]
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

    def _named(self, who: str) -> str:
        """The SID of the worker of this name; blank for no name, Misfit for none."""
        for worker in self.workers:
            if who and worker.name.lower() == who.lower():
                return worker.sid
        if who:
            names = ", ".join(worker.name for worker in self.workers) or "none"
            raise Misfit(f"there is no agent {who}; there are: {names}")
        return ""

    def accept(self, who: str = "") -> None:
        """Accept the oldest offer, or the oldest of an agent's."""
        desk, offer = self._offer("accept", who)
        self._accepted.append(desk.accept(offer))

    def reject(self, who: str = "") -> None:
        """Reject the oldest offer, or the oldest of an agent's."""
        desk, offer = self._offer("reject", who)
        desk.reject(offer)

    def _offer(self, action: str, who: str) -> tuple[AgentDesk, Offer]:
        named = self._named(who)
        offers = list(self._offers.values())
        for created in offers:
            if named and created.worker_sid != named:
                continue
            worker = next(each for each in self.workers if each.sid == created.worker_sid)
            self._record.acting = f"{AGENT} {worker.name}"
            if worker.sid not in self._desks:
                desk = AgentDesk(self._account, worker.name, workspace=worker.workspace)
                self._desks[worker.sid] = desk
            for offer in self._desks[worker.sid].offers:
                if offer.sid == created.reservation_sid:
                    return self._desks[worker.sid], offer
        if named and offers:
            others = [each.name for each in self.workers if each.sid in self._offered_to()]
            raise Misfit(f"{who} is offered nothing to {action}; {', '.join(others)} is")
        status = self.sync().get(self.tasks[-1], "gone") if self.tasks else ""
        reasons = {"": "no task was made", "pending": "the task waits and no agent is offered it"}
        reason = reasons.get(status, f"the latest task is {status}")
        raise Misfit(f"{reason}, so there is nothing to {action}")

    def _offered_to(self) -> set[str | None]:
        return {each.worker_sid for each in self._offers.values()}

    def says(self, message: str | Said, who: str = "") -> None:
        """Write in the chat of the latest accepted task."""
        chat = self._chat(who)
        if isinstance(message, Said):
            chat.send_message(message.text, message.attributes)
        else:
            chat.send_message(message)

    def send_file(self, name: str, who: str = "") -> None:
        """Send a file of this name in the chat of the latest accepted task."""
        self._chat(who).send_message(media=file_of(name))

    def type(self, who: str = "") -> None:
        """Show in the chat of the latest accepted task that a message is being typed."""
        self._chat(who).typing()
        self._record.note("event", self._record.acting, "is typing")

    def _chat(self, who: str) -> Any:
        latest = self._latest(who)
        if latest.channel is None:
            named = latest.offer.attributes.get("channelSid")
            raise Misfit(f"the agent had a task but no chat: its channelSid is {named!r}")
        return latest.channel

    def transfer(self, goal: Transfer, who: str = "") -> None:
        """Transfer the chat of the latest accepted task."""
        latest = self._latest(who)
        sid = self._goal(latest, goal)
        latest.transfer(sid, goal.mode)
        if goal.mode == "cold":
            self._accepted.remove(latest)

    def _goal(self, latest: AcceptedTask, goal: Transfer) -> str:
        if not goal.is_queue:
            return self._named(goal.to)
        space = next(each for each in self.workers if each.name == latest.desk.agent).workspace_sid
        queues = self._setup.taskrouter.v1.workspaces(space).task_queues.list()
        for queue in queues:
            if str(queue.friendly_name).lower() == goal.to.lower():
                return str(queue.sid)
        names = ", ".join(str(queue.friendly_name) for queue in queues)
        raise Misfit(f"there is no queue {goal.to}; there are: {names}")

    def wrap_up(self, who: str = "") -> None:
        """End the chat of the latest accepted task."""
        self._latest(who).wrap_up(leaving=self._leaving)

    def complete(self, who: str = "") -> None:
        """Complete the latest accepted task."""
        latest = self._latest(who)
        if self._leaving and latest.interaction is not None:
            if latest.status == "assigned":
                latest.wrap_up(leaving=True)
            latest.leave()
        else:
            latest.complete()
        self._accepted.remove(latest)

    def end_task(self, status: str) -> None:
        """Complete, cancel or delete the latest task by API, as your server."""
        task = self._latest_task(self._account.client)
        if status == "deleted":
            task.delete()
        else:
            task.update(assignment_status=status, reason="Ended by API")

    def add_attributes(self, added: Mapping[str, Any]) -> None:
        """Add attributes to the latest task by API, as your server."""
        task = self._latest_task(self._account.client)
        found = json_object(task.fetch().attributes) or {}
        task.update(attributes=json.dumps({**found, **added}))

    def _latest_task(self, client: Client) -> Any:
        if not self.tasks:
            raise Misfit("no task was made")
        self._record.acting = SERVER
        space = self._spaces[self.tasks[-1]]
        return client.taskrouter.v1.workspaces(space).tasks(self.tasks[-1])

    def _latest(self, who: str = "") -> AcceptedTask:
        named = self._named(who)
        taken = [
            each for each in self._accepted if not named or each.desk.agent.lower() == who.lower()
        ]
        if not taken:
            raise Misfit(f"{who or 'no agent'} has {'no' if who else 'the'} chat")
        latest = taken[-1]
        self._record.acting = f"{AGENT} {latest.desk.agent}"
        return latest

    @property
    def at_work(self) -> list[str]:
        """Names of the agents who are at work at the beginning."""
        return self._at_work

    @property
    def identities(self) -> dict[str, str]:
        """Names by chat identity, of the agents who have had an offer to answer."""
        return {desk.identity: desk.agent for desk in self._desks.values()}

    def _handle(self, event: TaskRouterNotification) -> None:
        sid = event.task_sid
        if event.name == "task.created" and sid is not None:
            self.tasks.append(sid)
            self._spaces[sid] = event.data["workspace_sid"]
        if sid in self.tasks:
            self._changed.append(sid)
            if event.name in DELETED:
                self._gone.add(sid)
            if event.name in ("reservation.created", "reservation.accepted"):
                self._holders[sid] = event.data.get("worker_name")
            if event.name in _PROGRESS:
                self._progress(event)
        if not event.name.startswith("reservation.") or event.reservation_sid is None:
            return
        if event.name == "reservation.created" and event.task_sid in self.tasks:
            self._offers[event.reservation_sid] = event
        else:
            self._offers.pop(event.reservation_sid, None)

    def sync(self) -> dict[str, str]:
        """Read the tasks that have changed. Returns the (last) state of every task made since."""
        changed, self._changed = self._changed, []
        workspaces = self._setup.taskrouter.v1.workspaces
        for sid in dict.fromkeys(changed):
            with ignore_not_found():
                task = workspaces(self._spaces[sid]).tasks(sid).fetch()
                self._known[sid] = KnownTask(
                    str(task.assignment_status),
                    task.attributes,
                    str(task.task_queue_friendly_name or ""),
                    int(task.priority),
                )
            if sid in self._gone and sid in self._known:
                self._known[sid] = replace(self._known[sid], status="deleted")
        return {sid: self._known[sid].status for sid in self.tasks if sid in self._known}

    @property
    def latest_task(self) -> KnownTask | None:
        """The task that was made last, as last seen."""
        known = self._known.get(self.tasks[-1]) if self.tasks else None
        return known and replace(known, agent=self._holders.get(self.tasks[-1]))

    def cares_for(self, channel_sid: str) -> bool:
        """Return whether an agent has the chat or will, by a task made since."""
        return self._status_of(channel_sid, LIVE) is not None

    def wraps_up(self, channel_sid: str) -> str | None:
        """The agent who wraps up a chat, and sees it until then; None for none."""
        sid = self._status_of(channel_sid, ("wrapping",))
        return self._holders.get(sid, "an agent") if sid else None

    def _status_of(self, channel_sid: str, statuses: tuple[str, ...]) -> str | None:
        """The SID of a task of a chat that is in one of these states, or None."""
        for sid, task in self._known.items():
            if task.status in statuses and channel_sid in task.attributes:
                return sid
        return None

    def _progress(self, event: TaskRouterNotification) -> None:
        """Record progress that the journal leaves out."""
        data, target = event.data, ""
        if event.name == "workflow.target-matched":
            target = self._target(event)
        queue = data.get("task_queue_name", "?")
        text = _PROGRESS[event.name].format(target=target, queue=queue)
        if reason := data.get("transfer_failed_reason"):
            text += f": {reason}"
        detail = f"{event.task_sid}, priority {data.get('task_priority', '0')}"
        self._record.add_routing(f"task {text}", detail)

    def _target(self, event: TaskRouterNotification) -> str:
        """The routing step that a task enters, in words."""
        number, place = event.step or (-1, 0)
        if number < 0:
            return "no filter: the default filter takes it"
        space, sid = event.data["workspace_sid"], event.data["workflow_sid"]
        flow = self._setup.taskrouter.v1.workspaces(space).workflows(sid).fetch()
        chosen = json.loads(flow.configuration)["task_routing"]["filters"][number]
        name = chosen.get("filter_friendly_name") or chosen.get("friendly_name")
        target = chosen["targets"][place]
        said = [
            f"{key} {target[key]}"
            for key in ("expression", "priority", "timeout")
            if target.get(key) not in (None, "")
        ]
        within = f" of {len(chosen['targets'])}" if len(chosen["targets"]) > 1 else ""
        return (
            f"filter {name or number + 1}, target {place + 1}{within}"
            + f" ({', '.join(said)})" * bool(said)
        )

    def close(self) -> None:
        """Close all desks."""
        self._unsubscribe()
        for desk in self._desks.values():
            desk.close()
