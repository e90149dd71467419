"""Studio as the account meets it: hears messages, runs flows off the caller's thread, times out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from ...lazy import renamed
from ..core.clock import Timer, iso
from ..core.context import Backend, Context
from ..core.errors import TwilioError
from ..core.events import Event
from ..core.jobs import KeyedExecutor
from ..core.sids import Sids
from ..webhooks.receivers import Receiver, Receivers
from . import engine, executions, incoming
from .actions import SendToFlex
from .executions import LIFE_SECONDS, ExecutionDue, queue_of
from .executor import REQUEST_SECONDS, Executor, HandingOver
from .incoming import PENDING, IncomingDue
from .resources import ACTIVE, Execution, Incoming, Step
from .widgets import TIMED_OUT


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that a flow was told of.

    Attributes:
        message_sid: The message.
        channel_sid: Where it was sent.
        flow_sid: The flow that the channel's webhook names.
        contact: The contact's address.
        outcome: `pending`, `started` an execution, `replied` to one, `swallowed` by one that waits
            for something else, or `ignored` for want of a published revision.
        execution_sid: The execution concerned.
        at: When it was sent, as ISO 8601.
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
    """Something that went wrong in a step, as Twilio's debugger would be told.

    Attributes:
        execution_sid: Where.
        widget: The widget's name.
        type: Its type.
        code: Twilio's code for it.
        message: What went wrong, and what to do.
        ended: Whether the execution ended there.
        at: When, as ISO 8601.
    """

    execution_sid: str
    widget: str
    type: str
    code: int
    message: str
    ended: bool
    at: str


def _nobody(ctx: Context, execution: Execution, task: SendToFlex) -> str:
    raise TwilioError(20404, "Nobody takes over from Send to Flex in this account")


class Studio:
    """An account's Studio: register functions, wait for flows, read what was heard and went wrong.

    Attributes:
        hand_over: Makes the task of a Send to Flex.
    """

    def __init__(self, backend: Backend, account_sid: str, receivers: Receivers) -> None:
        self.hand_over: HandingOver = _nobody
        self._backend = backend
        self._account_sid = account_sid
        self._receivers = receivers
        self._queues = KeyedExecutor("studio")
        self._timers: dict[int, Timer] = {}

    def register_function(self, url: str, function: Receiver) -> None:
        """Have a Python function answer what flows ask of a URL.

        Args:
            url: The URL that a Run Function or Make HTTP Request widget names.
            function: Takes a `WebhookRequest`, unsigned. It returns a dict for JSON, which later
                widgets find as `widgets.NAME.parsed`, None for an empty 200, a number for a
                status, or a pair of status and body; what it raises counts as a 500. It has ten
                seconds, and runs on a thread of its own.
        """
        self._receivers.register(url, function)

    def unregister_function(self, url: str) -> None:
        """Let what is asked of the URL go to the network again."""
        self._receivers.unregister(url)

    @property
    def log(self) -> list[Heard]:
        """Every message that a flow was told of, oldest first."""
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
        """Everything that went wrong in a step, in order of the steps."""
        faulty = self._backend.store.select(Step, {"is_faulty": True})
        return [_fault(step) for step in faulty if step.error is not None]

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until every flow waits or has ended; whether that came about in time (seconds)."""
        deadline = time.monotonic() + timeout
        while self._queues.settle(max(0.0, deadline - time.monotonic())):
            if not self._is_due():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)  # another thread has committed something and not told it yet
        return False

    def _is_due(self) -> bool:
        store = self._backend.store
        return store.exists(Incoming, outcome=PENDING) or store.exists(
            Execution, status=ACTIVE, waiting_until=None
        )

    def record(self, event: Event) -> None:
        """Write down whom a new message concerns, in the transaction that sent it."""
        incoming.record(self._backend, event)

    hear = renamed("handle")

    def handle(self, event: Event) -> None:
        """Take up what has become due."""
        if isinstance(event, IncomingDue):
            self._queues.put(event.queue, partial(self._take, event.seq))
        elif isinstance(event, ExecutionDue):
            self._queues.put(event.queue, partial(self._walk, event.seq))

    def resume(self) -> None:
        """Take up what a store that was put back, or opened anew, says is due or waits."""
        for seq in list(self._timers):
            self._disarm(seq)
        store = self._backend.store
        for due in store.select(Incoming, {"outcome": PENDING}):
            self._queues.put(due.channel_sid, partial(self._take, due.seq))
        for execution in store.select(Execution, {"status": ACTIVE}):
            if execution.waiting_until is None:
                self._queues.put(queue_of(execution), partial(self._walk, execution.seq))
            else:
                self._arm(execution)

    def close(self) -> None:
        """Walk on no more; what is under way ends its step first, and goes on when reopened."""
        self._queues.close(REQUEST_SECONDS + 1)

    def _take(self, seq: int) -> None:
        walk = self._new_walk()
        with walk.unit() as ctx:
            due = ctx.store.first(Incoming, seq=seq, outcome=PENDING)
            if due is None:
                return  # the account was put back meanwhile
            ctx.sids = Sids(f"{due.message_sid} {due.flow_sid}")
            execution = incoming.take(ctx, due)
        if execution is not None:
            self._disarm(execution.seq)
            self._go_on(walk, execution.seq)

    def _walk(self, seq: int) -> None:
        self._go_on(self._new_walk(), seq)

    def _go_on(self, walk: Executor, seq: int) -> None:
        execution = walk.on(seq)
        if execution is not None:
            self._arm(execution)

    def _new_walk(self, lag: float = 0.0) -> Executor:
        return Executor(
            self._backend,
            self._account_sid,
            self._receivers,
            self.hand_over,
            lambda: self._queues.is_closed,
            lag,
        )

    def _arm(self, execution: Execution) -> None:
        """See to it that the execution stops waiting in time.

        Time-outs that an advanced clock has passed already follow at once, each as of its own
        moment.
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
        walk = self._new_walk(max(0.0, self._backend.clock.now() - due))
        with walk.unit() as ctx:
            execution = ctx.store.first(Execution, seq=seq, status=ACTIVE, waiting_until=due)
            if execution is None:
                return  # a reply came first, or it was ended
            if due >= execution.date_created + LIFE_SECONDS:
                executions.end(ctx, execution)
                return
            definition = executions.definition_of(ctx, execution)
            widget = engine.standing(definition, execution.widget)
            executions.leave(ctx, execution, widget, TIMED_OUT)
        self._go_on(walk, seq)


def _fault(step: Step) -> StepFault:
    error = step.error or {}
    return StepFault(
        step.execution_sid,
        step.transitioned_from,
        step.type,
        error["code"],
        error["message"],
        step.name == "error",
        iso(step.date_updated) or "",
    )
