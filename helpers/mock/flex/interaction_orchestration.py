"""Actions of Flex when the task of an interaction moves on, or its customer writes again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ...flex_ui import is_agent
from ...masking import log_exception
from ..core.clock import Timer
from ..core.context import Backend, Context
from ..core.errors import Refused, TwilioError
from ..core.events import Event
from ..core.schema import Between
from ..messaging import members
from ..messaging.events import MessageEvent
from ..messaging.resources import Message
from ..taskrouter import completion, reservations
from ..taskrouter.events import TaskRouterEvent
from ..taskrouter.resources import Reservation, Task
from . import interaction_endings as endings
from . import interactions
from .interaction_events import ChannelDue
from .interactions import channel_of
from .resources import InteractionChannel, InteractionInvite, InteractionParticipant

_log = logging.getLogger(__name__)


class InteractionOrchestration:
    """Reactions to events of interactions, TaskRouter and messaging, in their own transactions."""

    def __init__(self, backend: Backend, account_sid: str) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._timer: Timer | None = None

    def handle(self, event: Event) -> None:
        """Act on an event that concerns an interaction."""
        if not self._backend.store.last_seq(InteractionChannel):
            return  # most accounts never had any
        if isinstance(event, ChannelDue):
            self._open(event.sid)
        elif isinstance(event, MessageEvent):
            if event.change == "added":
                self._wrote(event.channel.sid, event.message.author)
        elif isinstance(event, TaskRouterEvent) and event.task is not None:
            invite = interactions.invite_of(self._backend.store, event.task)
            if invite is not None:
                self._task_moved(event.name, invite, event.task, event.reservation)

    def pause(self, participant_sid: str) -> None:
        """Pause a chat for its agent; raises as `interaction_endings.pause` does."""
        self._act(endings.pause, participant_sid)
        self.arm()

    def unpause(self, participant_sid: str) -> None:
        """Take it up again; raises as `interaction_endings.resume` does."""
        self._act(endings.resume, participant_sid)

    def arm(self) -> None:
        """Give chats that are paused for too long back to their queue; watch the others."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        dates = []
        for channel in self._backend.store.select(InteractionChannel, {"status": "pause"}):
            due = channel.date_updated + endings.PAUSE_LIMIT
            if due > self._backend.clock.now():
                dates.append(due)
                continue
            with self._backend.transaction():
                endings.requeue(Context(self._backend, self._account_sid), channel)
        if dates:
            self._timer = self._backend.clock.call_at(min(dates), self.arm)

    def _act(
        self, act: Callable[[Context, InteractionParticipant], object], participant_sid: str
    ) -> None:
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            found = {"sid": participant_sid, "type": "agent"}
            agent = ctx.store.find(InteractionParticipant, found)
            if agent is None:
                raise TwilioError(20404, f"No interaction has an agent {participant_sid[:40]}")
            act(ctx, agent)

    def resume(self) -> None:
        """Catch up with events that were committed but not dispatched before the process ended."""
        store = self._backend.store
        for channel in store.select(InteractionChannel, {"status": "setup"}):
            self._try(channel.sid, self._open, channel.sid)
        for invite in store.select(InteractionInvite):
            task = store.first(Task, sid=invite.task_sid)
            if task is None:
                continue
            for reservation in store.select(Reservation, {"task_sid": task.sid}):
                name = _EVENTS.get(reservation.reservation_status, "")
                self._try(invite.sid, self._task_moved, name, invite, task, reservation)
            self._try(
                invite.sid, self._task_moved, f"task.{task.assignment_status}", invite, task, None
            )
        for channel in store.select(InteractionChannel, {"status": "inactive"}):
            written = {
                "channel_sid": channel.media_channel_sid,
                "date_created": Between(low=channel.date_updated),
            }
            for message in store.select(Message, written):
                self._try(channel.sid, self._wrote, channel.media_channel_sid, message.author)

    def _try(self, sid: str, act: Callable[..., None], *about: object) -> None:
        try:
            act(*about)
        except (Refused, TwilioError):
            log_exception(_log, "Flex could not catch up with %s", sid)

    def _open(self, sid: str) -> None:
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            channel = ctx.store.first(InteractionChannel, sid=sid)
            if channel is not None:
                interactions.open_channel(ctx, channel)

    def _task_moved(
        self, name: str, invite: InteractionInvite, seen: Task, reservation: Reservation | None
    ) -> None:
        if name not in _REACTIONS:
            return
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            task = ctx.store.first(Task, sid=seen.sid)
            _REACTIONS[name](ctx, invite, task, reservation)

    def _wrote(self, channel_sid: str, name: str) -> None:
        """Give a customer who writes to a chat that was left a new task (documented)."""
        waits = {"media_channel_sid": channel_sid, "status": "inactive"}
        if not self._backend.store.exists(InteractionChannel, **waits):
            return
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            channel = ctx.store.first(InteractionChannel, **waits)
            author = members.writer(ctx.store, channel_sid, name)
            if channel is not None and author is not None and not is_agent(author.attributes):
                endings.renew(ctx, channel)


# -- reactions to events of a task


def _offered(
    ctx: Context, invite: InteractionInvite, task: Task | None, reservation: Reservation | None
) -> None:
    known = reservation and ctx.store.first(Reservation, sid=reservation.sid)
    if known and invite.is_accepted_at_once and known.reservation_status == "pending":
        reservations.accept(ctx, known)


def _accepted(
    ctx: Context, invite: InteractionInvite, task: Task | None, reservation: Reservation | None
) -> None:
    channel = channel_of(ctx, invite)
    routings = [each.routing_properties or {} for each in interactions.agents_of(ctx, channel)]
    if reservation and reservation.sid not in {each["reservation_sid"] for each in routings}:
        interactions.join(ctx, invite, reservation)
    if channel.status in ("inactive", "pause"):
        endings.set_status(ctx, channel, "active")
    endings.settle_transfer(ctx, invite, is_accepted=True)


def _declined(
    ctx: Context, invite: InteractionInvite, task: Task | None, reservation: Reservation | None
) -> None:
    """Cancel the task of an invitation of one worker that turns it down (documented)."""
    is_for_worker = invite.routing.get("worker_sid") is not None
    if task is not None and is_for_worker and task.assignment_status == "pending":
        completion.cancel(ctx, task, "The invited worker declined")


def _canceled(
    ctx: Context, invite: InteractionInvite, task: Task | None, reservation: Reservation | None
) -> None:
    """Close a channel whose first task was cancelled; the conversation stays (documented).

    Where agents were invited into it meanwhile, it stays as well (inferred).
    """
    endings.settle_transfer(ctx, invite, is_accepted=False)
    channel = channel_of(ctx, invite)
    first = ctx.store.first(InteractionInvite, channel_sid=channel.sid)
    is_first = first is not None and first.sid == invite.sid and channel.status == "active"
    if is_first and not interactions.is_waited_in(ctx, channel):
        endings.set_status(ctx, channel, "closed")


_REACTIONS = {
    "reservation.created": _offered,
    "reservation.accepted": _accepted,
    "reservation.rejected": _declined,
    "reservation.timeout": _declined,
    "task.canceled": _canceled,
}
_EVENTS = {"pending": "reservation.created"} | {
    status: f"reservation.{status}" for status in ("accepted", "rejected", "timeout")
}
"""Event that a reservation of each status came from."""
