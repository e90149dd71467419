"""TaskRouter's workspaces, and what is within them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from ....json_object import compact_json
from ....mock import order_by_clauses
from ...errors import FieldPath
from ..config import Described, Name
from .field_types import JsonObject, checked, declared
from .kind import AS_IS, URL, Fields, ResourceField, ResourceKind, Swap, reference

Attributes = Annotated[
    JsonObject, checked(declared("taskrouter", "CreateWorker", "attributes"), compact_json)
]
Expression = Annotated[str, checked(declared("taskrouter", "CreateTaskQueue", "target_workers"))]


OrderBy = Annotated[str, checked(Annotated[str, AfterValidator(order_by_clauses)])]


_Said = AfterValidator(lambda text: text or None)
"""A blank stands for nothing, as in an account."""


class RoutingTarget(Described):
    """A step of a workflow's filter: a queue by name, and the conditions of waiting in it."""

    queue: Name | None = None
    expression: Annotated[Expression, _Said] | None = None
    priority: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    timeout: Annotated[int, Field(ge=1)] | None = None
    order_by: OrderBy | None = None
    skip_if: Annotated[Expression, _Said] | None = None
    known_worker_sid: Annotated[str, _Said] | None = None
    known_worker_friendly_name: Annotated[str, _Said] | None = None


class DefaultTarget(RoutingTarget):
    """The queue of tasks that match no filter."""

    queue: Name


class RoutingFilter(Described):
    """Tasks that match `expression` go through `targets`, top to bottom."""

    filter_friendly_name: Annotated[str, _Said] | None = None
    expression: Expression
    targets: Annotated[list[RoutingTarget], Field(min_length=1)]

    @model_validator(mode="after")
    def _first_names_a_queue(self) -> Self:
        if self.targets[0].queue is None:
            reason = "names no queue in its first target; add it, as only later ones inherit one"
            raise PydanticCustomError(
                "json", "{reason}", {"reason": reason, "path": ("targets", 0)}
            )
        return self


def _in_targets(filters: Any, swap: Swap, path: FieldPath) -> Any:
    """Swap the queue of each target of a workflow's filters."""
    return [
        {
            **each,
            "targets": [
                _in_target(target, swap, (*path, number, "targets", at))
                for at, target in enumerate(each.get("targets", ()))
            ],
        }
        for number, each in enumerate(filters)
    ]


def _in_target(target: Any, swap: Swap, path: FieldPath) -> Any:
    if not target.get("queue"):
        return target
    return {**target, "queue": swap("queues", target["queue"], (*path, "queue"))}


_ROUTING = "configuration"


def _routing(workflow: Any) -> Fields:
    routing = json.loads(workflow.configuration or "{}").get("task_routing") or {}
    filters = [
        {
            **_said({"filter_friendly_name": each.pop("friendly_name", None), **each}),
            "targets": [_said(target) for target in each.get("targets") or ()],
        }
        for each in routing.get("filters") or ()
    ]
    default = routing.get("default_filter")
    return {"filters": filters, "default_filter": default and _said(default)}


def _said(values: Fields) -> Fields:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _as_configuration(values: Fields) -> Fields:
    routing = {name: values.pop(name) for name in ("filters", "default_filter") if name in values}
    if routing:
        said = {name: value for name, value in routing.items() if value is not None}
        values[_ROUTING] = compact_json({"task_routing": said})
    return values


def _attributes(worker: Any) -> Fields:
    return {"attributes": json.loads(worker.attributes or "{}")}


def _as_attributes(values: Fields) -> Fields:
    if "attributes" in values:
        values["attributes"] = compact_json(values["attributes"])
    return values


_CHANNELS = ("default", "voice", "sms", "chat", "video")
TASKROUTER = (
    ResourceKind(
        "workspaces",
        "workspace",
        "WS",
        "taskrouter",
        "CreateWorkspace",
        "taskrouter.v1.workspaces",
        (
            ResourceField("event_callback_url", **URL),
            ResourceField("events_filter"),
            ResourceField("multi_task_enabled", True),
            ResourceField("prioritize_queue_order", "FIFO"),
            reference("activities", "default_activity", AS_IS, is_late=True, at_first="Offline"),
            reference("activities", "timeout_activity", AS_IS, is_late=True, at_first="Offline"),
        ),
        brings={
            "activities": ("Offline", "Available", "Unavailable"),
            "task_channels": _CHANNELS,
        },
    ),
    ResourceKind(
        "activities",
        "activity",
        "WA",
        "taskrouter",
        "CreateActivity",
        "activities",
        (ResourceField("available", False, is_fixed=True),),
        within="workspaces",
    ),
    ResourceKind(
        "task_channels",
        "task channel",
        "TC",
        "taskrouter",
        "CreateTaskChannel",
        "task_channels",
        (
            ResourceField("friendly_name", ...),
            ResourceField("channel_optimized_routing", False),
        ),
        within="workspaces",
        key="unique_name",
        is_key_fixed=True,
        permanent={"default": {}},
    ),
    ResourceKind(
        "queues",
        "queue",
        "WQ",
        "taskrouter",
        "CreateTaskQueue",
        "task_queues",
        (
            ResourceField("target_workers", "1==1"),
            ResourceField("max_reserved_workers", 1),
            ResourceField("task_order", "FIFO"),
            reference("activities", "reservation_activity"),
            reference("activities", "assignment_activity"),
        ),
        within="workspaces",
    ),
    ResourceKind(
        "workflows",
        "workflow",
        "WW",
        "taskrouter",
        "CreateWorkflow",
        "workflows",
        (
            ResourceField("filters", [], list[RoutingFilter], _ROUTING, convert=_in_targets),
            ResourceField("default_filter", None, DefaultTarget, _ROUTING, convert=_in_target),
            ResourceField("task_reservation_timeout", 120),
            ResourceField("assignment_callback_url", **URL),
            ResourceField("fallback_assignment_callback_url", **URL),
        ),
        within="workspaces",
        unpack=_routing,
        pack=_as_configuration,
    ),
    ResourceKind(
        "workers",
        "worker",
        "WK",
        "taskrouter",
        "CreateWorker",
        "workers",
        (
            ResourceField("attributes", {}, Attributes),
            reference("activities", "activity", AS_IS, is_initial=True),
        ),
        within="workspaces",
        ignores_case=True,
        holds=("activity_sid",),
        unpack=_attributes,
        pack=_as_attributes,
    ),
    ResourceKind(
        "worker_channels",
        "channel",
        "WC",
        "taskrouter",
        "UpdateWorkerChannel",
        "worker_channels",
        (
            ResourceField("capacity", AS_IS, attribute="configured_capacity"),
            ResourceField("available", True),
        ),
        "channels",
        "workers",
        key="task_channel_unique_name",
        is_key_fixed=True,
        comes_with="task_channels",
    ),
)
