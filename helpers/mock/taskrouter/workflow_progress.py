"""A waiting task's way through its workflow: into a queue, on to the next step, or out."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..core.errors import TwilioError
from . import completion, configuration, events
from .configuration import Routing, RoutingStep, Target
from .limits import change
from .resources import Task, Workflow

LEFT_WORKFLOW = "Task reached the end of its workflow"
"""Why a task was cancelled that no step of its workflow holds (inferred wording)."""


def start(ctx: Context, task: Task) -> None:
    """Send a new task on its way.

    Raises:
        TwilioError: 20001, no filter matches and there is no default filter (observed).
    """
    events.emit(ctx, "task.created", task, task=task)
    if is_direct(task):
        _wait_in(ctx, task, task.task_queue_sid)
        return
    events.emit(ctx, "workflow.entered", task, task=task)
    routing = _routing(ctx, task)
    step = configuration.first_step(routing, filter_scope(task))
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
        step = configuration.first_step(routing, filter_scope(task))
        _go(ctx, task, routing, step, "workflow.timeout")


def time_out_step(ctx: Context, task: Task) -> None:
    """Move a waiting task on from a step whose time is up (documented)."""
    events.emit(ctx, "task-queue.timeout", task, task=task)
    routing = _routing(ctx, task)
    following = configuration.step_after(routing, _step(task), filter_scope(task))
    _go(ctx, task, routing, following, "workflow.timeout")


def skip_step(ctx: Context, task: Task) -> None:
    """Move a waiting task on from a step that is to be skipped (documented)."""
    routing = _routing(ctx, task)
    following = configuration.step_skipping(routing, _step(task), filter_scope(task))
    _go(ctx, task, routing, following, "workflow.skipped")


def _go(ctx: Context, task: Task, routing: Routing, step: RoutingStep | None, end: str) -> None:
    """Enter a step; where there is none, the task is cancelled (documented)."""
    if step is not None:
        _enter(ctx, task, routing, step)
        return
    events.emit(ctx, end, task, task=task)
    completion.cancel(ctx, task, LEFT_WORKFLOW)


def _enter(ctx: Context, task: Task, routing: Routing, step: RoutingStep) -> None:
    target = configuration.target_at(routing, step) or Target()
    change(
        ctx,
        task,
        step=list(step),
        step_ends_at=ctx.now + target.timeout if target.timeout else None,
        undecided=bool(target.skip_if),
        priority=task.priority if target.priority is None else target.priority,
    )
    events.emit(ctx, "workflow.target-matched", task, task=task)
    _wait_in(ctx, task, configuration.queue_at(routing, step))


def _wait_in(ctx: Context, task: Task, queue_sid: str | None) -> None:
    """Have a task wait in a queue; one that is meant for a single worker needs none."""
    moves = task.task_queue_entered_date is not None and queue_sid != task.task_queue_sid
    if moves:
        events.emit(ctx, "task-queue.moved", task, task=task)
    changes: dict[str, Any] = {"due_at": due_while_pending(task)}
    enters = moves or task.task_queue_entered_date is None
    if enters:
        changes |= {"task_queue_sid": queue_sid, "task_queue_entered_date": ctx.now}
    change(ctx, task, **changes)
    if enters and queue_sid is not None:
        events.emit(ctx, "task-queue.entered", task, task=task)


def wait_again(ctx: Context, task: Task) -> None:
    """Have a task that was reserved wait in the same step once more."""
    target = target_of(ctx, task)
    change(
        ctx,
        task,
        assignment_status="pending",
        due_at=due_while_pending(task),
        undecided=bool(target and target.skip_if),
    )


def due_while_pending(task: Task) -> float:
    """When a waiting task's time is up, in its step or altogether."""
    ends = task.date_created + task.timeout
    return ends if task.step_ends_at is None else min(ends, task.step_ends_at)


def filter_scope(task: Task) -> dict[str, Any]:
    """What the names in a workflow filter stand for: the task's attributes."""
    details = task.details
    return {"task": details, **details}


def target_of(ctx: Context, task: Task) -> Target | None:
    """The routing step that a task waits in; None where no workflow says."""
    return None if task.step is None else configuration.target_at(_routing(ctx, task), _step(task))


def _routing(ctx: Context, task: Task) -> Routing:
    workflow = ctx.get_cached(Workflow, task.workflow_sid)
    return configuration.read(workflow.configuration) if workflow else Routing()


def _step(task: Task) -> RoutingStep:
    return RoutingStep(*(task.step or configuration.DEFAULT))


def is_direct(task: Task) -> bool:
    """Whether a task that has just been made goes past the workflow: to a queue or a worker."""
    return task.task_queue_sid is not None or (task.routing_target or "").startswith("WK")
