"""Carries an execution from widget to widget, until it waits for a reply or has ended.

Each widget is one transaction: what it did and where it led are kept together or not at all. HTTP
requests are made between transactions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from ..core.context import Backend, Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.sids import Sids
from ..messaging import channels, messages
from ..webhooks.receivers import Receivers, WebhookRequest
from . import engine, executions
from .actions import (
    Action,
    Answer,
    HttpRequest,
    Outcome,
    Problem,
    SendMessage,
    SendToFlex,
    StepError,
    WaitForReply,
)
from .definition import Widget
from .events import CreatedByFlow
from .resources import ACTIVE, Execution

REQUEST_SECONDS = 10.0
"""How long an HTTP request of a flow may take (documented)."""
_log = logging.getLogger(__name__)

HandingOver = Callable[[Context, Execution, SendToFlex], str]
"""Makes the task of a Send to Flex and returns its SID, or raises a TwilioError saying why not.

It runs in the transaction that ends the step: both are kept, or neither.
"""


@dataclass(frozen=True, slots=True)
class Executor:
    """One stretch of an execution's way.

    Args:
        ground: The account's.
        account_sid: Whose.
        receivers: Answer HTTP requests.
        hand_over: Makes tasks.
        is_stopped: Whether to stop before the next widget, as the account is being closed.
        lag: Seconds by which the clock had gone past the moment that set the walk off.
    """

    backend: Backend
    account_sid: str
    receivers: Receivers
    hand_over: HandingOver
    is_stopped: Callable[[], bool]
    lag: float = 0.0

    @contextmanager
    def unit(self, *about: object) -> Iterator[Context]:
        """One transaction, at the walk's own time.

        Its SIDs follow from what it is about, so that they are the same however the threads of an
        account take turns; what is about nothing makes nothing that has one.
        """
        with self.backend.transaction():
            ctx = Context(self.backend, self.account_sid)
            ctx.now -= self.lag
            ctx.sids = Sids(" ".join(map(str, about)))
            yield ctx

    def on(self, seq: int) -> Execution | None:
        """Walk on as far as possible; the execution if it now waits, else None."""
        while True:
            execution = self.backend.store.first(Execution, seq=seq, status=ACTIVE)
            if execution is None or execution.waiting_until is not None:
                return execution
            if self.is_stopped():
                return None
            self._step(execution)

    def _step(self, execution: Execution) -> None:
        ctx = Context(self.backend, self.account_sid)
        widget = engine.standing(executions.definition_of(ctx, execution), execution.widget)
        try:
            self._carry_out(execution, widget, self._decided(execution, widget))
        except StepError as error:
            self._fail(execution, widget, error.problem)
        except Exception as error:  # else the execution would hang
            _log.exception("the mock failed in widget %s", widget.name)
            reason = f"The mock itself failed here: {type(error).__name__}: {error}"
            self._fail(execution, widget, Problem(NOT_SIMULATED, reason))

    def _decided(self, execution: Execution, widget: Widget) -> Action:
        move = engine.enter(
            widget, execution.context, steps=execution.steps, repeats=execution.repeats
        )
        if not isinstance(move, HttpRequest):
            return move
        with self.unit(execution.sid, execution.steps, "ask") as ctx:
            current = _unmoved(ctx, execution)
            if current is None:
                return Outcome("")  # it is over: nobody will follow this
            executions.open_step(ctx, current, widget)
        return move.then(self._asked(move))

    def _asked(self, ask: HttpRequest) -> Answer:
        headers = {"User-Agent": "TwilioProxy/1.1"}
        if ask.content_type:
            headers["Content-Type"] = ask.content_type
        request = WebhookRequest(ask.method, ask.url, headers, dict(ask.parameters), ask.body)
        answer = self.receivers.ask(request, timeout=REQUEST_SECONDS, redirects=True)
        return Answer(answer.status, answer.body, answer.content_type, answer.problem)

    def _carry_out(self, execution: Execution, widget: Widget, move: Action) -> None:
        try:
            with self.unit(execution.sid, execution.steps) as ctx:
                if (current := _unmoved(ctx, execution)) is not None:
                    _arrive(ctx, current, widget, self._acted(ctx, current, move))
        except TwilioError as error:
            if not isinstance(move, SendMessage | SendToFlex):
                raise
            self._carry_out(execution, widget, move.refused(error.message))

    def _acted(self, ctx: Context, execution: Execution, move: Action) -> Outcome | WaitForReply:
        if isinstance(move, SendMessage):
            return move.then(_say(ctx, execution, move))
        if isinstance(move, SendToFlex):
            task_sid = self.hand_over(ctx, execution, move)
            ctx.emit(CreatedByFlow(task_sid))
            return move.then(task_sid)
        assert isinstance(move, Outcome | WaitForReply)  # requests are made before
        return move

    def _fail(self, execution: Execution, widget: Widget, problem: Problem) -> None:
        with self.unit(execution.sid, execution.steps) as ctx:
            if (current := _unmoved(ctx, execution)) is not None:
                executions.fail(ctx, current, widget, problem)


def _unmoved(ctx: Context, seen: Execution) -> Execution | None:
    """The execution as it is now, if it still stands where it was seen.

    It may have been ended meanwhile, or the whole account put back to an earlier state.
    """
    current = ctx.store.first(Execution, seq=seen.seq, status=ACTIVE, steps=seen.steps)
    is_same = current and current.widget == seen.widget and current.waiting_until is None
    return current if is_same else None


def _arrive(
    ctx: Context, execution: Execution, widget: Widget, move: Outcome | WaitForReply
) -> None:
    if isinstance(move, WaitForReply):
        executions.park(ctx, execution, widget, move)
    else:
        executions.leave(ctx, execution, widget, move)


def _say(ctx: Context, execution: Execution, say: SendMessage) -> Mapping[str, str]:
    """Send a message on the flow's behalf; it fires no webhooks, so that no flow hears it."""
    channel = channels.find(ctx, say.channel_sid)
    new = messages.NewMessage(author=say.author, body=say.body, attributes=say.attributes)
    message = messages.send(ctx, channel, new)
    ctx.emit(CreatedByFlow(message.sid))
    return {
        "Sid": message.sid,
        "From": message.author,
        "To": execution.contact_channel_address,
        "Body": say.body,
        "Status": "sent",
        "ChannelSid": channel.sid,
    }
