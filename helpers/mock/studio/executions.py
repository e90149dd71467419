"""Executions: started, moved from widget to widget, parked, ended, and read and ended by REST."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.events import Event
from ..core.parameters import Parameters
from . import definition, flows
from .actions import Outcome, Problem, StepError, WaitForReply
from .definition import Definition, Widget
from .engine import after, follow, remember
from .events import ExecutionEvent
from .resources import ACTIVE, ENDED, Execution, FlowRevision, Step, StudioFlow

LIFE_SECONDS = 30 * 24 * 3600
"""How long an execution may be active (documented)."""
END = "Ended"
"""What a step leads to where the flow ends (specified)."""


@dataclass(frozen=True, slots=True)
class ExecutionDue(Event):
    """An execution was started and nobody walks it yet."""

    seq: int
    queue: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts an execution.

    Attributes:
        content: What templates find under `trigger`.
        contact: The contact's address, `contact.channel.address`.
        address: The flow's own address, `flow.channel.address`.
        initiated_by: The SID of the message or request.
        channel_sid: The chat channel it came from, if it did.
        data: What templates find under `flow.data`.
    """

    content: Mapping[str, Any]
    contact: str
    address: str
    initiated_by: str
    channel_sid: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def start(ctx: Context, flow_revision: FlowRevision, trigger: Trigger) -> Execution:
    """Start an execution of a flow at its trigger."""
    sid = ctx.sids.new(Execution.prefix)
    execution = ctx.create(
        Execution,
        sid=sid,
        flow_sid=flow_revision.sid,
        flow_version=flow_revision.revision,
        contact_channel_address=trigger.contact,
        channel_sid=trigger.channel_sid,
        status=ACTIVE,
        initiated_by=trigger.initiated_by,
        context=_context(flow_revision.sid, sid, trigger),
        widget=flow_revision.definition["initial_state"],
        step_sid=None,
        waiting_until=None,
        steps=0,
        repeats=0,
    )
    _tell(ctx, execution, "started")
    return execution


def _tell(ctx: Context, execution: Execution, change: str) -> None:
    by_message = execution.channel_sid is not None
    ctx.emit(ExecutionEvent(change, execution.flow_sid, execution.widget, by_message))


def _context(flow_sid: str, sid: str, trigger: Trigger) -> dict[str, Any]:
    return {
        "trigger": dict(trigger.content),
        "contact": {"channel": {"address": trigger.contact}},
        "flow": {
            "flow_sid": flow_sid,
            "sid": sid,
            "channel": {"address": trigger.address},
            "variables": {},
            "data": dict(trigger.data),
        },
        "widgets": {},
    }


def queue_of(execution: Execution) -> str:
    """What is done for one chat channel is done in order."""
    return execution.channel_sid or execution.sid


def active(ctx: Context, flow_sid: str, contact: str) -> Execution | None:
    """The contact's execution of this flow that has not ended, or None."""
    return ctx.store.first(
        Execution, flow_sid=flow_sid, contact_channel_address=contact, status=ACTIVE
    )


def definition_of(ctx: Context, execution: Execution) -> Definition:
    """The definition that an execution runs: that of the revision it was started with.

    It is empty once the flow was deleted, as the execution was with it.
    """
    where = {"sid": execution.flow_sid, "revision": execution.flow_version}
    saved = ctx.store.first(FlowRevision, **where)
    return definition.read(saved.definition) if saved else Definition("", {})


# -- from widget to widget


def open_step(ctx: Context, execution: Execution, widget: Widget) -> Step:
    """The execution's step in the widget where it stands."""
    if execution.step_sid is not None:
        step = ctx.store.first(Step, sid=execution.step_sid)
        assert step is not None  # deleting an execution deletes its steps
        return step
    step = ctx.create(
        Step,
        account_sid=execution.account_sid,
        flow_sid=execution.flow_sid,
        execution_sid=execution.sid,
        name=None,
        type=widget.type,
        transitioned_from=widget.name,
        transitioned_to=None,
        context=execution.context,
        error=None,
        is_faulty=False,
    )
    ctx.store.save(execution, step_sid=step.sid, date_updated=ctx.now)
    return step


def _leave(ctx: Context, execution: Execution, widget: Widget, outcome: Outcome) -> None:
    target = follow(widget, outcome)
    context = after(execution.context, widget, outcome)
    step = open_step(ctx, execution, widget)
    _close_step(ctx, step, outcome.event, target or END, context, outcome.problem)
    again = target == widget.name
    ctx.store.save(
        execution,
        context=context,
        widget=target,
        step_sid=None,
        waiting_until=None,
        steps=execution.steps + 1,
        repeats=execution.repeats + 1 if again else 0,
        status=ENDED if target is None else ACTIVE,
        date_updated=ctx.now,
    )
    if target is None:
        _tell(ctx, execution, "ended")


def leave(ctx: Context, execution: Execution, widget: Widget, outcome: Outcome) -> None:
    """End the step in a widget and move on to the next one, or end.

    A transition that is missing ends the execution with an error; what the widget did stays done.
    """
    try:
        _leave(ctx, execution, widget, outcome)
    except StepError as error:
        fail(ctx, execution, widget, error.problem)


def park(ctx: Context, execution: Execution, widget: Widget, wait: WaitForReply) -> None:
    """Have the execution wait for a reply in a widget, thirty days after its start at the most."""
    open_step(ctx, execution, widget)
    ctx.store.save(
        execution,
        context=remember(execution.context, widget, wait.left),
        waiting_until=min(ctx.now + wait.seconds, execution.date_created + LIFE_SECONDS),
        date_updated=ctx.now,
    )
    _tell(ctx, execution, "parked")


def fail(ctx: Context, execution: Execution, widget: Widget, problem: Problem) -> None:
    """End the execution with an error in the widget where it stands."""
    step = open_step(ctx, execution, widget)
    _close_step(ctx, step, "error", END, execution.context, problem)
    end(ctx, execution)


def _close_step(
    ctx: Context,
    step: Step,
    name: str | None,
    target: str,
    context: dict[str, Any],
    problem: Problem | None,
) -> None:
    ctx.store.save(
        step,
        name=name,
        transitioned_to=target,
        context=context,
        error=None if problem is None else problem._asdict(),
        is_faulty=problem is not None,
        date_updated=ctx.now,
    )


def end(ctx: Context, execution: Execution) -> None:
    """End an execution wherever it stands; a step it is in ends without a transition's name."""
    if execution.step_sid is not None:
        step = ctx.store.first(Step, sid=execution.step_sid)
        if step is not None and step.transitioned_to is None:
            ctx.store.save(step, transitioned_to=END, date_updated=ctx.now)
    ctx.store.save(
        execution,
        status=ENDED,
        widget=None,
        step_sid=None,
        waiting_until=None,
        date_updated=ctx.now,
    )
    _tell(ctx, execution, "ended")


# -- what REST asks for


def _parameters(text: Any) -> Any:
    try:
        parsed = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise TwilioError(20001, "Invalid parameter Parameters: give a JSON object as text")
    return parsed


class NewExecution(Parameters):
    """Parameters of execution creation (specified)."""

    to: str
    from_: str
    parameters: Annotated[dict[str, Any] | None, BeforeValidator(_parameters)] = None


class ExecutionChanges(Parameters):
    """Parameters of execution update (specified)."""

    status: Literal["active", "ended"]


def create(ctx: Context, flow: StudioFlow, new: NewExecution) -> Execution:
    """Start an execution for a contact by REST: its trigger is an incoming request.

    Raises:
        TwilioError: 20409, the contact has an active execution of this flow; 20404, no revision of
            the flow was published.
    """
    running = active(ctx, flow.sid, new.to)
    if running is not None:
        raise TwilioError(
            20409, f"{new.to} has an active execution of this flow, {running.sid}; end it first"
        )
    saved = flows.running(ctx, flow, new.to)
    if saved is None:
        raise TwilioError(20404, f"Flow {flow.sid} has no published revision to run")
    data = new.parameters or {}
    asked = {"to": new.to, "from": new.from_, "parameters": data}
    trigger = Trigger(
        content={"request": asked},
        contact=new.to,
        address=new.from_,
        initiated_by=ctx.sids.new("RQ"),
        data=data,
    )
    execution = start(ctx, saved, trigger)
    ctx.emit(ExecutionDue(execution.seq, queue_of(execution)))
    return execution


def update(ctx: Context, execution: Execution, changes: ExecutionChanges) -> Execution:
    """End an execution; one that has ended stays so.

    Raises:
        TwilioError: 20409, it has ended and is to be active again.
    """
    if changes.status == ENDED and execution.status == ACTIVE:
        end(ctx, execution)
    elif changes.status == ACTIVE and execution.status == ENDED:
        raise TwilioError(20409, f"Execution {execution.sid} has ended; start another one")
    return execution


def delete(ctx: Context, execution: Execution) -> None:
    """Delete an execution with its steps; one under way ends there and then (inferred)."""
    ctx.store.remove_all(Step, execution_sid=execution.sid)
    ctx.store.remove(execution)
