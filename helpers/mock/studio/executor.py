"""Runs an execution from widget to widget, until it waits for a reply or has ended.

Each widget is one transaction: its effects and its transition are kept together or not at all. HTTP
requests are made between transactions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from ...masking import log_exception
from ..core.context import Backend, Context
from ..core.database import UNSTORABLE, DatabaseClosed, DatabaseFailed
from ..core.errors import NOT_SIMULATED, Refused, TwilioError
from ..core.parameters import AtMost, AtMostBytes, Parameters, json_object
from ..core.sids import Sids
from ..messaging import channels, messages
from ..webhooks.receivers import Receivers, WebhookRequest
from . import engine, executions
from .actions import (
    TEMPLATE_FAILED,
    Effect,
    HttpRequest,
    HttpResponse,
    SendMessage,
    SendToFlex,
    StepError,
    StepProblem,
    WaitForReply,
    WidgetResult,
)
from .definition import Widget
from .events import CreatedByFlow
from .resources import ACTIVE, Execution

REQUEST_SECONDS = 10.0
"""Longest time that an HTTP request of a flow may take (documented)."""
_log = logging.getLogger(__name__)

HandOver = Callable[[Context, Execution, SendToFlex], str]
"""Makes the task of a Send to Flex and returns its SID, or raises a TwilioError.

It runs in the transaction that ends the step: both are kept, or neither.
"""


@dataclass(frozen=True, slots=True)
class Executor:
    """One run of an execution.

    Args:
        waiting: Context of a wait, in which other executions go on.
        is_stopped: Returns True to stop before the next widget, as the account is being closed.
        lag: Seconds by which the clock has passed the moment that caused the run.
    """

    backend: Backend
    account_sid: str
    receivers: Receivers
    hand_over: HandOver
    waiting: Callable[[], AbstractContextManager[None]]
    is_stopped: Callable[[], bool]
    lag: float = 0.0

    @contextmanager
    def transaction(self, *seed: object) -> Iterator[Context]:
        """Open a transaction at the run's own time.

        Its SIDs follow from the seed, so that the order of the threads does not change them; no
        seed is needed where no SID is made.
        """
        with self.backend.transaction():
            ctx = Context(self.backend, self.account_sid)
            ctx.now -= self.lag
            ctx.sids = Sids(" ".join(map(str, seed)))
            yield ctx

    def run(self, seq: int) -> Execution | None:
        """Run as far as possible; returns the execution if it now waits, else None."""
        while True:
            execution = self.backend.store.first(Execution, seq=seq, status=ACTIVE)
            if execution is None or execution.waiting_until is not None:
                return execution
            if self.is_stopped():
                return None
            ctx = Context(self.backend, self.account_sid)
            widget = executions.current_widget(ctx, execution)
            try:
                self._apply(execution, widget, self._effect(execution, widget))
            except StepError as error:
                self._apply(execution, widget, error.problem)
            except (DatabaseFailed, DatabaseClosed):
                raise  # the step is taken again once the file works, or is opened again
            except UNSTORABLE as error:
                reason = f"{widget.name} gives what cannot be kept: {error}"
                self._apply(execution, widget, StepProblem(TEMPLATE_FAILED, reason))
            except Exception as error:
                log_exception(_log, "the mock failed in widget %s", widget.name)
                reason = f"The mock itself failed here: {type(error).__name__}: {error}"
                self._apply(execution, widget, StepProblem(NOT_SIMULATED, reason))

    def _effect(self, execution: Execution, widget: Widget) -> Effect:
        action = engine.enter(
            widget, execution.context, steps=execution.steps, repeats=execution.repeats
        )
        if not isinstance(action, HttpRequest):
            return action
        with self.transaction(execution.sid, execution.steps, "ask") as ctx:
            current = _unchanged(ctx, execution)
            if current is None:
                return WidgetResult("")  # it has ended: no transition will be taken
            executions.open_step(ctx, current, widget)
        content_type = {"Content-Type": action.content_type} if action.content_type else {}
        headers = {"User-Agent": "TwilioProxy/1.1", **content_type}
        request = WebhookRequest(
            action.method, action.url, headers, dict(action.parameters), action.body
        )
        with self.waiting():
            answer = self.receivers.ask(request, timeout=REQUEST_SECONDS, redirects=True)
        return action.then(
            HttpResponse(answer.status, answer.body, answer.content_type, answer.problem)
        )

    def _apply(self, execution: Execution, widget: Widget, effect: Effect | StepProblem) -> None:
        try:
            with self.transaction(execution.sid, execution.steps) as ctx:
                if (current := _unchanged(ctx, execution)) is None:
                    return
                result = self._result(ctx, current, effect)
                if isinstance(result, StepProblem):
                    executions.fail(ctx, current, widget, result)
                elif isinstance(result, WaitForReply):
                    executions.park(ctx, current, widget, result)
                else:
                    executions.leave(ctx, current, widget, result)
        except (Refused, TwilioError) as error:
            if not isinstance(effect, SendMessage | SendToFlex):
                raise
            reason = error.message if isinstance(error, TwilioError) else str(error)
            self._apply(execution, widget, effect.refused(reason))

    def _result(
        self, ctx: Context, execution: Execution, effect: Effect | StepProblem
    ) -> WidgetResult | WaitForReply | StepProblem:
        if isinstance(effect, SendMessage):
            return effect.then(_send(ctx, execution, effect))
        if isinstance(effect, SendToFlex):
            task_sid = self.hand_over(ctx, execution, effect)
            ctx.emit(CreatedByFlow(task_sid))
            return effect.then(task_sid)
        return effect


def _unchanged(ctx: Context, seen: Execution) -> Execution | None:
    """The execution as it is now; None if it was ended or moved, or the account restored, since."""
    where = {"steps": seen.steps, "widget": seen.widget, "waiting_until": None}
    return ctx.store.first(Execution, seq=seen.seq, status=ACTIVE, **where)


class _Limits(Parameters):
    """Limits of a flow's messages, which are Chat's (inferred)."""

    author: Annotated[str, AtMost(256, 50310, "From")] = Field(alias="From")
    body: Annotated[str, AtMostBytes(32 * 1024, 50505, "Body")]
    attributes: Annotated[
        str, AtMostBytes(4 * 1024, 50303, "Attributes"), json_object(50304, "Attributes")
    ]


def _send(ctx: Context, execution: Execution, action: SendMessage) -> Mapping[str, str]:
    """Send a message as the account: it fires no webhooks, so that it reaches no flow."""
    channel = channels.find(ctx, action.channel_sid)
    new = {"From": action.author, "Body": action.body, "Attributes": action.attributes}
    message = messages.send(ctx, channel, **_Limits.read(new).given())
    ctx.emit(CreatedByFlow(message.sid))
    return {
        "Sid": message.sid,
        "From": message.author,
        "To": execution.contact_channel_address,
        "Body": action.body,
        "Status": "sent",
        "ChannelSid": channel.sid,
    }
