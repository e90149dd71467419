"""Studio of an account: takes messages, runs flows off the caller's thread, and times them out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...lazy import renamed
from ..core.clock import Timer, iso
from ..core.context import Backend
from ..core.events import Event
from ..core.jobs import KeyedExecutor
from ..core.sids import Sids
from ..webhooks.receivers import Receiver, Receivers
from . import executions, incoming
from .events import ExecutionDue, IncomingDue
from .executions import LIFE_SECONDS, queue_of
from .executor import REQUEST_SECONDS, Executor, HandOver, Show
from .incoming import PENDING
from .resources import ACTIVE, Execution, Incoming, Step
from .widgets import TIMED_OUT

ZONE = "America/Los_Angeles"
"""Zone of dates in templates, Pacific time (documented)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message for a flow.

    Attributes:
        message_sid: The message.
        channel_sid: Its channel.
        flow_sid: The flow that the channel's webhook names.
        contact: The contact's address.
        outcome: `pending`, `started` an execution, `replied` to one, `swallowed` by one that waits
            for something else, or `ignored` as the flow has no published revision, or is off the
            channel by then.
        execution_sid: The execution concerned.
        at: Time it was sent, as ISO 8601.
    """

    message_sid: str
    channel_sid: str
    flow_sid: str
    contact: str
    outcome: str
    execution_sid: str | None
    at: str


@dataclass(frozen=True, slots=True)
class StepFault:
    """A problem in a step, as Twilio's debugger would list it.

    Attributes:
        execution_sid: The execution.
        widget: The widget's name.
        type: The widget's type.
        code: Twilio's code.
        message: The problem and advice.
        ended: Whether the execution ended there.
        at: Time of the step, as ISO 8601.
    """

    execution_sid: str
    widget: str
    type: str
    code: int
    message: str
    ended: bool
    at: str


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        ValueError: The IANA time zone database has none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        example = "give a name such as Europe/Berlin or UTC"
        raise ValueError(f"there is no time zone {name!r}; {example}") from None


class Studio:
    """An account's Studio: register functions, wait for flows, read messages and errors.

    Args:
        backend: The account's.
        account_sid: The account's.
        receivers: Answer HTTP requests of flows.
        hand_over: Makes the task of a Send to Flex.
        show: Renders resources for the context of a flow.
    """

    def __init__(
        self,
        backend: Backend,
        account_sid: str,
        receivers: Receivers,
        hand_over: HandOver,
        show: Show,
    ) -> None:
        self.hand_over = hand_over
        self._show = show
        self._backend = backend
        self._account_sid = account_sid
        self._receivers = receivers
        self._queues = KeyedExecutor("studio")
        self._timers: dict[int, Timer] = {}
        self._zone = ZoneInfo(ZONE)

    @property
    def time_zone(self) -> str:
        """The zone of dates in templates, by default Pacific time, as Twilio documents it.

        Raises:
            ValueError: One is set that is not in the IANA time zone database.
        """
        return self._zone.key

    @time_zone.setter
    def time_zone(self, name: str) -> None:
        self._zone = zone_of(name)

    def register_function(self, url: str, function: Receiver) -> None:
        """Answer requests of flows to a URL with a Python function.

        Args:
            url: The URL that a Run Function or Make HTTP Request widget names.
            function: Takes a `WebhookRequest`. It returns a dict for JSON, which later
                widgets find as `widgets.NAME.parsed`, None for an empty 200, a number for a
                status, or a pair of status and body; an exception counts as a 500. It has ten
                seconds, and runs on a thread of its own.
        """
        self._receivers.register(url, function)

    def unregister_function(self, url: str) -> None:
        """Send requests for the URL to the network again."""
        self._receivers.unregister(url)

    @property
    def log(self) -> list[Heard]:
        """Every message for a flow, oldest first."""
        return [
            Heard(
                each.message_sid,
                each.channel_sid,
                each.flow_sid,
                each.contact,
                each.outcome,
                each.execution_sid,
                iso(each.date_created) or "",
            )
            for each in self._backend.store.select(Incoming)
        ]

    @property
    def errors(self) -> list[StepFault]:
        """Every problem in a step, in order of the steps."""
        return [
            StepFault(
                step.execution_sid,
                step.transitioned_from,
                step.type,
                step.error["code"],
                step.error["message"],
                step.name == "error",
                iso(step.date_updated) or "",
            )
            for step in self._backend.store.select(Step, {"is_faulty": True})
            if step.error is not None
        ]

    def waiting_for_reply(self, channel_sid: str) -> str | None:
        """Return the widget that waits for a reply in a chat; None where none does."""
        where = {"channel_sid": channel_sid, "status": ACTIVE}
        for execution in self._backend.store.select(Execution, where):
            if execution.waiting_until is not None:
                return execution.widget
        return None

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until every flow waits or has ended. Returns False on timeout (seconds)."""
        deadline = time.monotonic() + timeout
        while self._queues.settle(max(0.0, deadline - time.monotonic())):
            store = self._backend.store
            if not store.exists(Incoming, outcome=PENDING) and not store.exists(
                Execution, status=ACTIVE, waiting_until=None
            ):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)  # another thread has committed something and not dispatched it yet
        return False

    hear = renamed("handle")

    def handle(self, event: Event) -> None:
        """Queue a message or an execution that has become due."""
        if isinstance(event, IncomingDue):
            self._queues.put(event.queue, partial(self._route, event.seq))
        elif isinstance(event, ExecutionDue):
            self._queues.put(event.queue, partial(self._run, event.seq))

    def resume(self) -> None:
        """Queue pending work and set timers, after the store was restored or reopened."""
        for seq in list(self._timers):
            self._disarm(seq)
        store = self._backend.store
        for due in store.select(Incoming, {"outcome": PENDING}):
            self._queues.put(due.channel_sid, partial(self._route, due.seq))
        for execution in store.select(Execution, {"status": ACTIVE}):
            if execution.waiting_until is None:
                self._queues.put(queue_of(execution), partial(self._run, execution.seq))
            else:
                self._arm(execution)

    def close(self) -> None:
        """Stop, once running steps have ended; executions go on when the store is reopened."""
        self._queues.close(REQUEST_SECONDS + 1)

    def _route(self, seq: int) -> None:
        with self._executor().transaction() as ctx:
            due = ctx.store.first(Incoming, seq=seq, outcome=PENDING)
            if due is None:
                return  # the account was restored meanwhile
            ctx.sids = self._sids(due)
            execution = incoming.route(ctx, due)
        if execution is not None:
            self._disarm(execution.seq)
            self._run(execution.seq)

    def _sids(self, due: Incoming) -> Sids:
        """Return SIDs of a message's own, and others for each further webhook of the same flow."""
        seed = f"{due.message_sid} {due.flow_sid}"
        if self._backend.store.exists(Execution, sid=Sids(seed).new(Execution.prefix)):
            seed += f" {due.seq}"
        return Sids(seed)

    def _run(self, seq: int, lag: float = 0.0) -> None:
        execution = self._executor(lag).run(seq)
        if execution is not None:
            self._arm(execution)

    def _executor(self, lag: float = 0.0) -> Executor:
        return Executor(
            self._backend,
            self._account_sid,
            self._receivers,
            self.hand_over,
            self._show,
            self._queues.waiting,
            lambda: self._queues.is_closed,
            self._zone,
            lag,
        )

    def _arm(self, execution: Execution) -> None:
        """Set the time-out of a waiting execution.

        A time-out that an advanced clock has passed already follows at once, as of its own moment.
        """
        seq, due = execution.seq, execution.waiting_until
        if due is None or seq in self._timers:
            return
        time_out = partial(self._queues.put, queue_of(execution), partial(self._time_out, seq, due))
        if due <= self._backend.clock.now():
            time_out()
        else:
            self._timers[seq] = self._backend.clock.call_at(due, time_out)

    def _disarm(self, seq: int) -> None:
        timer = self._timers.pop(seq, None)
        if timer is not None:
            timer.cancel()

    def _time_out(self, seq: int, due: float) -> None:
        self._disarm(seq)
        lag = max(0.0, self._backend.clock.now() - due)
        with self._executor(lag).transaction() as ctx:
            execution = ctx.store.first(Execution, seq=seq, status=ACTIVE, waiting_until=due)
            if execution is None:
                return  # a reply came first, or it was ended
            if due >= execution.date_created + LIFE_SECONDS:
                executions.end(ctx, execution)
                return
            widget = executions.current_widget(ctx, execution)
            executions.leave(ctx, execution, widget, TIMED_OUT)
        self._run(seq, lag)
