"""A workflow's configuration: filters, their targets, and the steps of a task through them.

Pure: computes the next step, and moves nothing. Unknown keys are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ..core.errors import TwilioError
from ..core.parameters import read_json_object
from ..core.wording import predicate
from .expressions import Scope, matches, parse


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


_Text = Annotated[str, BeforeValidator(lambda given: "" if given is None else given)]


class Target(_Part):
    """A routing step (documented): a queue, and the conditions for tasks that wait in it.

    Null is as good as nothing (inferred).
    """

    queue: str | None = None
    expression: _Text = ""
    priority: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    timeout: Annotated[int, Field(ge=1)] | None = None
    order_by: _Text = ""
    skip_if: _Text = ""
    known_worker_sid: str | None = None
    known_worker_friendly_name: str | None = None


class Filter(_Part):
    """Tasks that match `expression` go through `targets`, top to bottom (documented)."""

    expression: str
    filter_friendly_name: str | None = Field(
        default=None, validation_alias=AliasChoices("filter_friendly_name", "friendly_name")
    )
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]


class Routing(_Part):
    """The filters, tried top to bottom, and the target of tasks that match none."""

    filters: tuple[Filter, ...] = ()
    default_filter: Target | None = None


class _Document(_Part):
    task_routing: Routing


class RoutingStep(NamedTuple):
    """Position of a task: a filter and one of its targets, counted from 0."""

    filter: int
    target: int


DEFAULT = RoutingStep(-1, 0)
"""The default filter's only step."""

_CLAUSE = re.compile(r"(?:worker\.)?(?P<path>[\w$.]+)(?:\s+(?P<way>ASC|DESC))?", re.IGNORECASE)


class Clause(NamedTuple):
    """One part of `order_by`: a worker attribute and its direction."""

    path: str
    descending: bool


@lru_cache(maxsize=1024)
def read(text: str) -> Routing:
    """Read a configuration.

    Raises:
        TwilioError: 20001: no JSON, a key of another type, a filter whose first target has no
            queue, or an expression that cannot be read.
    """
    document = read_json_object(text)
    if document is None:
        raise _refused('it must be JSON such as {"task_routing": {"filters": [...]}}')
    try:
        routing = _Document.model_validate(document).task_routing
    except ValidationError as problem:
        first = problem.errors()[0]
        path = "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]
        )
        raise _refused(f"{path.removeprefix('.')} {predicate(first)}") from None
    for name, target in _targets(routing):
        _check_expression(f"{name}.expression", target.expression)
        _check_expression(f"{name}.skip_if", target.skip_if)
        if target.order_by:
            clauses(target.order_by)
    if routing.default_filter is not None and routing.default_filter.queue is None:
        raise _refused("default_filter names no queue")
    return routing


def _targets(routing: Routing) -> Iterator[tuple[str, Target]]:
    for number, one in enumerate(routing.filters):
        name = f"filters[{number}]"
        _check_expression(f"{name}.expression", one.expression)
        if one.targets[0].queue is None:
            raise _refused(f"{name}.targets[0] names no queue; only later targets inherit one")
        yield from ((f"{name}.targets[{at}]", target) for at, target in enumerate(one.targets))
    if routing.default_filter is not None:
        yield "default_filter", routing.default_filter


def _check_expression(name: str, text: str) -> None:
    try:
        parse(text)
    except TwilioError as problem:
        raise _refused(f"{name}: {problem.message}") from None


def _refused(message: str) -> TwilioError:
    return TwilioError(20001, f"Invalid parameter Configuration: {message}")


@lru_cache(maxsize=1024)
def clauses(order_by: str) -> tuple[Clause, ...]:
    """Split `worker.level DESC, worker.age` into its parts; ascending by default.

    Raises:
        TwilioError: 20001, a part is not an attribute and a direction.
    """
    found = [_CLAUSE.fullmatch(part.strip()) for part in order_by.split(",")]
    if None in found:
        raise _refused(f"order_by {order_by!r} must be such as worker.level DESC, worker.age ASC")
    return tuple(
        Clause(match["path"], (match["way"] or "").upper() == "DESC") for match in found if match
    )


def queues(routing: Routing) -> set[str]:
    """Return the SIDs of the queues that a configuration names."""
    return {target.queue for _, target in _targets(routing) if target.queue is not None}


def target_at(routing: Routing, step: RoutingStep) -> Target | None:
    """Return the target of a step; None where the configuration no longer has it."""
    if step == DEFAULT:
        return routing.default_filter
    try:
        return routing.filters[step.filter].targets[step.target]
    except IndexError:
        return None


def queue_at(routing: Routing, step: RoutingStep) -> str | None:
    """Return the queue of a step: its target's, or that of the target before (documented)."""
    if step == DEFAULT:
        return routing.default_filter.queue if routing.default_filter else None
    above = routing.filters[step.filter].targets[step.target :: -1]
    return next((target.queue for target in above if target.queue is not None), None)


def first_step(routing: Routing, task: Scope) -> RoutingStep | None:
    """Return the step a task enters: the first filter that it matches, else the default one."""
    step = _first_match(routing, task, 0)
    return step or (DEFAULT if routing.default_filter else None)


def step_after(routing: Routing, step: RoutingStep, task: Scope) -> RoutingStep | None:
    """Return the step after one that timed out (documented).

    The next target, then the next filter that the task matches; never the default filter.
    """
    if step == DEFAULT or step.filter >= len(routing.filters):
        return None
    if step.target + 1 < len(routing.filters[step.filter].targets):
        return RoutingStep(step.filter, step.target + 1)
    return _first_match(routing, task, step.filter + 1)


def _first_match(routing: Routing, task: Scope, start: int) -> RoutingStep | None:
    for number in range(start, len(routing.filters)):
        if matches(routing.filters[number].expression, task):
            return RoutingStep(number, 0)
    return None
