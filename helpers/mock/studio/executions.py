"""Executions: started, moved from widget to widget, parked and ended; created by REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from ...json_object import storable_json
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters
from . import definition, flows
from .actions import StepError, StepProblem, WaitForReply, WidgetResult
from .definition import Widget
from .engine import MISSING, follow, with_output, with_result
from .events import ExecutionDue, ExecutionEvent
from .resources import ACTIVE, ENDED, Execution, FlowRevision, Step, StudioFlow

LIFE_SECONDS = 30 * 24 * 3600
"""Longest time that an execution may be active (documented)."""
END = "Ended"
"""Target of a step where the flow ends (specified)."""


def start(
    ctx: Context,
    flow_revision: FlowRevision,
    *,
    trigger: Mapping[str, Any],
    contact: str,
    address: str,
    initiated_by: str,
    channel_sid: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> Execution:
    """Start an execution of a flow at its trigger, a message or request of the SID `initiated_by`.

    Templates have `trigger` and `data` as `trigger` and `flow.data`, the contact's address as
    `contact.channel.address`, and `address`, the flow's own, as `flow.channel.address`: the chat
    channel's SID (observed).
    """
    sid = ctx.sids.new(Execution.prefix)
    execution = ctx.create(
        Execution,
        sid=sid,
        flow_sid=flow_revision.sid,
        flow_version=flow_revision.revision,
        contact_channel_address=contact,
        channel_sid=channel_sid,
        status=ACTIVE,
        initiated_by=initiated_by,
        context={
            "trigger": dict(trigger),
            "contact": {"channel": {"address": contact}},
            "flow": {
                "flow_sid": flow_revision.sid,
                "sid": sid,
                "channel": {"address": address},
                **({} if data is None else {"data": dict(data)}),
            },
            "widgets": {},
        },
        widget=flow_revision.definition["initial_state"],
        step_sid=None,
        waiting_until=None,
        steps=0,
        repeats=0,
    )
    _emit(ctx, execution, "started")
    return execution


def _emit(ctx: Context, execution: Execution, change: str) -> None:
    by_message = execution.channel_sid is not None
    ctx.emit(ExecutionEvent(change, execution.flow_sid, execution.widget, by_message))


def queue_of(execution: Execution) -> str:
    """Key of the queue that runs it: jobs for one chat channel run in order."""
    return execution.channel_sid or execution.sid


def active(ctx: Context, flow_sid: str, contact: str) -> Execution | None:
    """The contact's execution of this flow that has not ended, or None."""
    return ctx.store.first(
        Execution, flow_sid=flow_sid, contact_channel_address=contact, status=ACTIVE
    )


def current_widget(ctx: Context, execution: Execution) -> Widget:
    """The current widget, from the revision that an execution, or its subflow, was started with.

    It is of type `MISSING` where the revision has no such widget, or was deleted.
    """
    subflow = execution.subflow or {}
    revision = ctx.store.first(
        FlowRevision,
        sid=subflow.get("flow_sid", execution.flow_sid),
        revision=subflow.get("flow_version", execution.flow_version),
    )
    name = execution.widget or ""
    widgets = definition.read(revision.definition) if revision else {}
    return widgets.get(name) or Widget(name, MISSING, (), {})


def open_step(ctx: Context, execution: Execution, widget: Widget) -> Step:
    """The execution's step in its current widget, created if there is none."""
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
        parent_step_sid=(execution.subflow or {}).get("step_sid"),
    )
    ctx.store.save(execution, step_sid=step.sid, date_updated=ctx.now)
    return step


def enter_subflow(
    ctx: Context,
    execution: Execution,
    widget: Widget,
    subflow: FlowRevision,
    parameters: Mapping[str, Any],
) -> None:
    """Go on in a subflow, at its trigger; the step of its Run Subflow stays open.

    A subflow sees the parent's trigger and the parameters (documented), and neither its variables
    nor its widgets (inferred).
    """
    step, above = open_step(ctx, execution, widget), execution.context
    flow = {name: value for name, value in above["flow"].items() if name != "variables"}
    parent = {"parameters": dict(parameters)}
    ctx.store.save(
        execution,
        subflow={
            "flow_sid": subflow.sid,
            "flow_version": subflow.revision,
            "widget": widget.name,
            "step_sid": step.sid,
            "context": above,
        },
        context={
            "trigger": {**above["trigger"], "parent": parent},
            "contact": above["contact"],
            "flow": flow,
            "widgets": {},
        },
        widget=subflow.definition["initial_state"],
        step_sid=None,
        steps=execution.steps + 1,
        repeats=0,
        date_updated=ctx.now,
    )


def _leave_subflow(
    ctx: Context, execution: Execution, subflow: Mapping[str, Any], within: Mapping[str, Any]
) -> None:
    """Go on in the parent flow; its Run Subflow has the subflow's variables (documented).

    So it has the outputs of its widgets, by their names (inferred).
    """
    output = {**within["widgets"], **within["flow"].get("variables", {})}
    own = {name: subflow[name] for name in ("context", "widget", "step_sid")}
    ctx.store.save(execution, subflow=None, waiting_until=None, **own)
    leave(ctx, execution, current_widget(ctx, execution), WidgetResult("completed", output))


def leave(ctx: Context, execution: Execution, widget: Widget, result: WidgetResult) -> None:
    """End the step in a widget and move on to the next one, or end: the subflow, if it is in one.

    A missing transition ends the execution with an error; the effects of the widget stay.
    """
    try:
        target = follow(widget, result)
    except StepError as error:
        fail(ctx, execution, widget, error.problem)
        return
    context = with_result(execution.context, widget, result)
    _close_step(ctx, execution, widget, (result.event, target or END, context), result.problem)
    if target is None and execution.subflow is not None:
        _leave_subflow(ctx, execution, execution.subflow, context)
        return
    ctx.store.save(
        execution,
        context=context,
        widget=target,
        step_sid=None,
        waiting_until=None,
        steps=execution.steps + 1,
        repeats=execution.repeats + 1 if target == widget.name else 0,
        status=ENDED if target is None else ACTIVE,
        date_updated=ctx.now,
    )
    if target is None:
        _emit(ctx, execution, "ended")


def park(ctx: Context, execution: Execution, widget: Widget, wait: WaitForReply) -> None:
    """Wait for a reply in a widget, until thirty days after the execution's start at the most."""
    open_step(ctx, execution, widget)
    ctx.store.save(
        execution,
        context=with_output(execution.context, widget, wait.output),
        waiting_until=min(ctx.now + wait.seconds, execution.date_created + LIFE_SECONDS),
        date_updated=ctx.now,
    )
    _emit(ctx, execution, "parked")


def fail(ctx: Context, execution: Execution, widget: Widget, problem: StepProblem) -> None:
    """End the execution with an error in its current widget."""
    _close_step(ctx, execution, widget, ("error", END, execution.context), problem)
    end(ctx, execution)


def _close_step(
    ctx: Context,
    execution: Execution,
    widget: Widget,
    ending: tuple[str, str, dict[str, Any]],
    problem: StepProblem | None,
) -> None:
    name, target, context = ending
    ctx.store.save(
        open_step(ctx, execution, widget),
        name=name,
        transitioned_to=target,
        context=context,
        error=None if problem is None else problem._asdict(),
        is_faulty=problem is not None,
        date_updated=ctx.now,
    )


def end(ctx: Context, execution: Execution) -> None:
    """End an execution in any state; an open step ends without a transition's name."""
    open_steps = {execution.step_sid, (execution.subflow or {}).get("step_sid")} - {None}
    for step in ctx.store.select(Step, {"sid": [*open_steps]}):
        if step.transitioned_to is None:
            ctx.store.save(step, transitioned_to=END, date_updated=ctx.now)
    ctx.store.save(
        execution,
        status=ENDED,
        subflow=None,
        widget=None,
        step_sid=None,
        waiting_until=None,
        date_updated=ctx.now,
    )
    _emit(ctx, execution, "ended")


def _read_parameters(text: str) -> dict[str, Any]:
    try:
        parsed = storable_json(text)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise TwilioError(20001, "Invalid parameter Parameters: give a JSON object as text")
    return parsed


class NewExecution(Parameters):
    """Parameters of execution creation (specified)."""

    to: str
    from_: str
    parameters: Annotated[dict[str, Any] | None, BeforeValidator(_read_parameters)] = None


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
    execution = start(
        ctx,
        saved,
        trigger={"request": {"to": new.to, "from": new.from_, "parameters": data}},
        contact=new.to,
        address=new.from_,
        initiated_by=ctx.sids.new("RQ"),
        data=data,
    )
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
    """Delete an execution with its steps; an active one ends at once (inferred)."""
    ctx.store.remove_all(Step, execution_sid=execution.sid)
    ctx.store.remove(execution)
