"""Actions of a person by hand: a customer's, an agent's, and those of the account's owner.

Buttons of the inspector and of the chat page carry them out. Each goes through the REST API, as the
account or with an access token, so that it is refused as Twilio would refuse it.
"""

from __future__ import annotations

import secrets
from typing import Any

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.routing import Route

from ... import flex_ui
from ...json_object import json_object
from .. import MockTwilio
from ..core.store import R
from ..messaging.resources import Member
from ..scenarios.story import Story
from ..taskrouter.resources import Activity, Reservation, Task, Worker
from .control import Body, Control, Json

FLOW = "Custom chat"
"""Name of the Flex Flow that is made."""
STUDIO_FLOW = "Conversations to Flex"
"""Name of the Studio Flow that is made."""
REASON = "Ended in the inspector"


class _Nothing(Body):
    pass


class _Chat(Body):
    name: str = Field(default="Jane", min_length=1, max_length=64)


class _Message(Body):
    """A message of a member, or by REST where there is none."""

    channel_sid: str
    body: str = Field(min_length=1)
    member_sid: str | None = None


class _OfReservation(Body):
    reservation_sid: str


class _OfTask(Body):
    task_sid: str


class _Activity(Body):
    worker_sid: str
    activity_sid: str


class _Replay(Body):
    number: int = Field(ge=1, le=10**15)


class Actions:
    """Actions on one mock; each can be undone."""

    def __init__(self, mock: MockTwilio, control: Control) -> None:
        self._mock = mock
        self._control = control

    @property
    def routes(self) -> list[Route]:
        """Routes, by the name of the action."""
        add = self._control.undoable
        return [
            add("/actions/flow", "the new Flex Flow", self._make_flow, _Nothing),
            add("/actions/studio-flow", "the new Studio Flow", self._make_studio_flow, _Nothing),
            add("/actions/chat", "the new chat", self._start_chat, _Chat),
            add("/actions/conversation", "the new conversation", self._start_conversation, _Chat),
            add("/actions/message", "the message", self._send, _Message),
            add("/actions/accept", "accepting the task", self._accept, _OfReservation),
            add("/actions/reject", "rejecting the task", self._reject, _OfReservation),
            add("/actions/wrap-up", "the end of the chat", self._wrap_up, _OfTask),
            add("/actions/complete", "completing the task", self._complete, _OfTask),
            add("/actions/activity", "the agent's activity", self._set_activity, _Activity),
            add("/actions/replay", "the replayed webhook", self._replay, _Replay),
        ]

    def _story(self) -> Story:
        try:
            return Story(self._mock, self._mock.clock.now())
        except IndexError:
            raise HTTPException(409, "This needs a workspace with a workflow") from None

    def _make_flow(self, body: _Nothing) -> Json:
        return {"sid": self._flow_sid(self._story())}

    def _flow_sid(self, story: Story) -> str:
        """Find the enabled Flex Flow for custom channels, or make one."""
        for flow in story.client.flex_api.v1.flex_flow.list():
            is_for_us = flow.chat_service_sid == self._mock.credentials.chat_service_sid
            if is_for_us and flow.channel_type == "custom" and flow.enabled:
                return str(flow.sid)
        return str(story.task_flow(friendly_name=FLOW).sid)

    def _make_studio_flow(self, body: _Nothing) -> Json:
        return {"sid": self._story().conversation_flow(friendly_name=STUDIO_FLOW).sid}

    def _start_chat(self, body: _Chat) -> Json:
        story = self._story()
        return {"channel_sid": story.chat(self._flow_sid(story), _new_identity(), body.name).sid}

    def _start_conversation(self, body: _Chat) -> Json:
        return {"channel_sid": self._story().conversation(_new_identity(), body.name).sid}

    def _send(self, body: _Message) -> Json:
        """Send as a member; one of another network, such as SMS, has no access token."""
        story = self._story()
        service, author = story.service, {}
        if body.member_sid is not None:
            member = self._found(Member, body.member_sid)
            if member.identity is None:
                author = {"from_": member.name}
            else:
                service = story.seen_by(member.identity)
        messages = service.channels(flex_ui.in_path(body.channel_sid)).messages
        sent = messages.create(body=body.body, x_twilio_webhook_enabled="true", **author)
        return {"sid": sent.sid}

    def _accept(self, body: _OfReservation) -> None:
        story, reservation = self._story(), self._found(Reservation, body.reservation_sid)
        flex_ui.accept(self._offer(story, reservation))
        task = self._found(Task, reservation.task_sid)
        chat_sid = flex_ui.chat_of(task.attributes)
        if chat_sid and _interaction(story, task) is None:  # else Flex has the agent join
            with flex_ui.ignore_not_found():
                flex_ui.join(story.service.channels(chat_sid), self._identity(story, reservation))

    def _reject(self, body: _OfReservation) -> None:
        reservation = self._found(Reservation, body.reservation_sid)
        self._offer(self._story(), reservation).update(reservation_status="rejected")

    def _wrap_up(self, body: _OfTask) -> None:
        story, task = self._story(), self._found(Task, body.task_sid)
        interaction = _interaction(story, task)
        if interaction is not None:
            flex_ui.end_interaction(interaction)
            return
        chat_sid = flex_ui.wrap_up(_workspace(story, task).tasks(task.sid), REASON)
        if chat_sid:
            with flex_ui.ignore_not_found():
                flex_ui.end_chat(story.service.channels(chat_sid))

    def _complete(self, body: _OfTask) -> None:
        """Complete a task, and take its agent out of the chat."""
        if self._found(Task, body.task_sid).assignment_status == "assigned":
            self._wrap_up(body)
        story, task = self._story(), self._found(Task, body.task_sid)
        interaction = _interaction(story, task)
        if interaction is not None:
            flex_ui.close_agent(interaction, task.sid)
            return
        flex_ui.complete(_workspace(story, task).tasks(task.sid), REASON)
        chat_sid = flex_ui.chat_of(task.attributes)
        where = {"task_sid": task.sid, "reservation_status": "completed"}
        for reservation in self._mock.look(lambda ctx: ctx.store.select(Reservation, where)):
            if chat_sid:
                identity = self._identity(story, reservation)
                flex_ui.leave(story.service.channels(chat_sid), identity)

    def _set_activity(self, body: _Activity) -> None:
        worker, activity = self._found(Worker, body.worker_sid), body.activity_sid
        known = self._mock.look(lambda ctx: ctx.store.first(Activity, sid=activity))
        rejecting = (
            {} if known is None or known.available else {"reject_pending_reservations": True}
        )
        workers = _workspace(self._story(), worker).workers
        workers(worker.sid).update(activity_sid=activity, **rejecting)

    def _replay(self, body: _Replay) -> Json:
        number = self._mock.webhooks.replay(body.number)
        if number is None:
            raise HTTPException(404, f"There is no delivery {body.number} any more")
        return {"number": number}

    def _found(self, kind: type[R], sid: str) -> R:
        found = self._mock.look(lambda ctx: ctx.store.first(kind, sid=sid))
        if found is None:
            raise HTTPException(404, f"There is no {kind.__name__.lower()} {sid[:40]} any more")
        return found

    def _offer(self, story: Story, reservation: Reservation) -> Any:
        """A reservation as the SDK names it, by its worker."""
        worker = _workspace(story, reservation).workers(reservation.worker_sid)
        return worker.reservations(reservation.sid)

    def _identity(self, story: Story, reservation: Reservation) -> str:
        workers = _workspace(story, reservation).workers
        return flex_ui.identity_of(workers(reservation.worker_sid).fetch())


def _new_identity() -> str:
    return f"customer_{secrets.token_hex(4)}"


def _interaction(story: Story, task: Task) -> Any:
    """The SDK's context of a task's interaction channel, or None."""
    return flex_ui.interaction_channel_in(story.client.flex_api.v1, json_object(task.attributes))


def _workspace(story: Story, item: Reservation | Task | Worker) -> Any:
    return story.client.taskrouter.v1.workspaces(item.workspace_sid)
