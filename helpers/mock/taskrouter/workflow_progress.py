"""Progress of a waiting task through its workflow: into a queue, on to the next step, or out."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..core.errors import TwilioError
from . import completion, configuration, events
from .configuration import Routing, RoutingStep, Target
from .expressions import time_of_day
from .limits import change
from .resources import Task, Workflow

LEFT_WORKFLOW = "Task reached the end of its workflow"
"""Reason of a cancelled task that no step of its workflow holds (inferred wording)."""


def start(ctx: Context, task: Task) -> None:
    """Send a new task on its way.

    Raises:
        TwilioError: 20001, no filter matches and there is no default filter (observed).
    """
    events.emit(ctx, "task.created", task=task)
    if task.task_queue_sid is not None or is_direct(task):
        _wait_in(ctx, task, task.task_queue_sid)
        return
    events.emit(ctx, "workflow.entered", task=task)
    routing = _routing(ctx, task)
    step = configuration.first_step(routing, filter_scope(ctx, task))
    if step is None:
        raise TwilioError(
            20001,
            f"The task matches no filter of workflow {task.workflow_sid}, which has no"
            " default_filter, so it cannot be created",
        )
    _enter(ctx, task, routing, step)


def start_again(ctx: Context, task: Task) -> None:
    """Send a waiting task through its workflow from the start."""
    if task.step is not None:
        routing = _routing(ctx, task)
        step = configuration.first_step(routing, filter_scope(ctx, task))
        _move(ctx, task, routing, step, "workflow.timeout")


def time_out_step(ctx: Context, task: Task) -> None:
    """Move a waiting task on from a step whose time is up (documented)."""
    events.emit(ctx, "task-queue.timeout", task=task)
    routing = _routing(ctx, task)
    step = configuration.step_after(routing, _step(task), filter_scope(ctx, task))
    _move(ctx, task, routing, step, "workflow.timeout")


def skip_step(ctx: Context, task: Task) -> None:
    """Move a waiting task on from a step to skip; in the end to the default filter (documented)."""
    routing, step = _routing(ctx, task), _step(task)
    following = configuration.step_after(routing, step, filter_scope(ctx, task))
    if following is None and step != configuration.DEFAULT and routing.default_filter:
        following = configuration.DEFAULT
    _move(ctx, task, routing, following, "workflow.skipped")


def _move(ctx: Context, task: Task, routing: Routing, step: RoutingStep | None, end: str) -> None:
    """Enter a step; without one, cancel the task (documented)."""
    if step is not None:
        _enter(ctx, task, routing, step)
        return
    events.emit(ctx, end, task=task)
    completion.cancel(ctx, task, LEFT_WORKFLOW)


def _enter(ctx: Context, task: Task, routing: Routing, step: RoutingStep) -> None:
    target = configuration.target_at(routing, step) or Target()
    if target.priority is not None:
        task.priority = target.priority
    task.step_ends_at = ctx.now + target.timeout if target.timeout else None
    events.emit(ctx, "workflow.target-matched", task=task)
    _wait_in(
        ctx,
        task,
        configuration.queue_at(routing, step),
        step=list(step),
        step_ends_at=task.step_ends_at,
        undecided=bool(target.skip_if),
        priority=task.priority,
    )


def _wait_in(ctx: Context, task: Task, queue_sid: str | None, **changes: Any) -> None:
    """Let a task wait in a queue; one that is meant for a single worker needs none."""
    enters = task.task_queue_entered_date is None
    if not enters and queue_sid != task.task_queue_sid:
        events.emit(ctx, "task-queue.moved", task=task)
        enters = True
    if enters:
        changes |= {"task_queue_sid": queue_sid, "task_queue_entered_date": ctx.now}
    change(ctx, task, **changes, due_at=_due_while_pending(task))
    if enters and queue_sid is not None:
        events.emit(ctx, "task-queue.entered", task=task)


def wait_again(ctx: Context, task: Task) -> None:
    """Let a task that was reserved wait in the same step once more."""
    target = target_of(ctx, task)
    change(
        ctx,
        task,
        assignment_status="pending",
        due_at=_due_while_pending(task),
        undecided=bool(target and target.skip_if),
    )


def _due_while_pending(task: Task) -> float:
    """Return the time at which a waiting task's step or its timeout ends."""
    ends = task.date_created + task.timeout
    return ends if task.step_ends_at is None else min(ends, task.step_ends_at)


def filter_scope(ctx: Context, task: Task) -> dict[str, Any]:
    """Return the names in a workflow filter: the task's attributes, and the time of day."""
    details = task.details
    return {"task": details, **details, "taskrouter": time_of_day(ctx.now)}


def target_of(ctx: Context, task: Task) -> Target | None:
    """Return the routing step that a task waits in; None where no workflow moves it."""
    return None if task.step is None else configuration.target_at(_routing(ctx, task), _step(task))


def _routing(ctx: Context, task: Task) -> Routing:
    workflow = ctx.get_cached(Workflow, task.workflow_sid)
    return configuration.read(workflow.configuration) if workflow else Routing()


def _step(task: Task) -> RoutingStep:
    return RoutingStep(*(task.step or configuration.DEFAULT))


def is_direct(task: Task) -> bool:
    """Return whether a task is meant for a single worker."""
    return (task.routing_target or "").startswith("WK")
