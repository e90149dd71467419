"""The resources that a flow file holds beside ways into Flex, declared as data.

One table says of each kind its key, its fields, other kinds that it names, and its place in the
official SDK; reading, planning, writing and exporting follow from it. Types and limits of fields
are those that the account declares for its own parameters.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
)
from pydantic import create_model as new_model

from ...json_object import compact_json
from ...mock import parameters_of
from .config import Lifecycle, Name, Protectable, WebAddress
from .field_types import (
    Attributes,
    DefaultTarget,
    Path,
    RoutingFilter,
    RoutingTarget,
    checked,
    declared,
    declared_type,
)

Swap = Callable[[str, str, Path], str]
"""Puts a SID for the name of a resource of a kind, or a name for a SID; a blank kind is any."""
Convert = Callable[[Any, Swap, Path], Any]
Fields = dict[str, Any]
Address = tuple[str, ...]
"""Kind and name, of a resource within another behind those of that; a single one has no name."""
STUDIO_FLOWS, DEFINITION = "studio_flows", "definition"
REFERENCE = "ref:"
"""Begins a text that stands for the SID of the resource whose kind and name follow."""
AS_IS: Any = object()
"""Default of a field that stays as the account has it where the file does not say it."""


def key_of(kind: str, sid: str) -> str:
    """A resource's SID, distinct from that of another view of the same resource."""
    return f"{sid} as {KINDS[kind].noun}" if kind in KINDS and KINDS[kind].view_of else sid


def spelled(address: Address) -> str:
    """`queues/VIP` of a resource; of one within another that one's kind and name before it."""
    return "/".join(filter(None, address))


def _by_name(kind: str) -> Convert:
    return lambda value, swap, path: swap(kind, value, path)


def _in_targets(filters: Any, swap: Swap, path: Path) -> Any:
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


def _in_target(target: Any, swap: Swap, path: Path) -> Any:
    if not target.get("queue"):
        return target
    return {**target, "queue": swap("queues", target["queue"], (*path, "queue"))}


def _in_texts(value: Any, swap: Swap, path: Path) -> Any:
    """Swap every text of a Studio flow's definition that stands for a SID, or is one."""
    if isinstance(value, Mapping):
        return {name: _in_texts(each, swap, (*path, name)) for name, each in value.items()}
    if isinstance(value, list):
        return [_in_texts(each, swap, (*path, at)) for at, each in enumerate(value)]
    return swap("", value, path) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class ResourceField:
    """One field of a kind.

    Attributes:
        name: In a file.
        default: Twilio's; `...` for a field that must be given.
        type: In a file; by default that of the parameter.
        parameter: The SDK's name of it; by default `name`.
        attribute: The SDK's name of it in answers, with dots into values; by default `parameter`.
        convert: Swaps names and SIDs within a value.
        is_fixed: No update changes it.
        is_late: A new resource gets it by an update, once all that it names is there.
        is_initial: A new resource gets it, and then it is no concern of the file.
        refers: The kind that it names, if it is one name.
        at_first: The name of what it names in a new resource, if that is there from the start.
        is_always: Every update must give it.
        is_set: Order and repetition mean nothing.
        usual: What a new resource has, which an export leaves out.
        is_shared: The kind that this one is another view of has it, too.
    """

    name: str
    default: Any = None
    type: Any = None
    parameter: str = ""
    attribute: str = ""
    convert: Convert | None = None
    is_fixed: bool = False
    is_late: bool = False
    is_initial: bool = False
    refers: str = ""
    at_first: str = ""
    is_always: bool = False
    is_set: bool = False
    usual: Any = AS_IS
    is_shared: bool = False


def reference(kind: str, name: str, default: Any = None, **more: Any) -> ResourceField:
    """A field that names a resource of a kind, within the same one."""
    return ResourceField(
        name, default, Name, f"{name}_sid", convert=_by_name(kind), refers=kind, **more
    )


class ResourceConfig(Protectable):
    """A resource as a file describes it; its fields are those of its kind.

    Attributes:
        formerly: Its old name: a resource of this name is renamed instead of made anew.
    """

    formerly: Name | None = None


@dataclass(frozen=True, repr=False)
class ResourceKind:
    """Resources of one kind.

    Attributes:
        name: Of its own.
        noun: For sentences.
        prefix: Of its SIDs.
        product: The API.
        operation: The one that declares its parameters.
        collection: Place of its collection in the SDK, below the client or what it is within.
        fields: Fields of a file.
        listed: The name of its list in a file; by default its own.
        within: The kind that contains it.
        key: The field that its name is.
        is_key_fixed: It cannot be renamed.
        ignores_case: Names that differ in case only are one.
        is_single: There is one in each, without a name: it is only fetched and updated.
        settings: Place of late fields in the SDK, below the resource, if not in it.
        view_of: The kind that shows the same resources; this one does in an API that has ended.
        brings: Names of what a new one contains from the start, by list.
        holds: Attributes of the SDK's resource that name others besides its fields.
        permanent: Names of those that cannot be deleted.
        comes_with: A kind beside what it is within: one is there for each of these, by the name of
            that one, and is neither made nor deleted.
        is_whole: Lists leave out values, so that each is fetched.
        unpack: Returns the fields of an answer, with SIDs; by default their attributes.
        pack: Returns parameters of the fields, with SIDs; by default one each.
    """

    name: str
    noun: str
    prefix: str
    product: str
    operation: str
    collection: str
    fields: tuple[ResourceField, ...] = ()
    listed: str = ""
    within: str = ""
    key: str = "friendly_name"
    is_key_fixed: bool = False
    ignores_case: bool = False
    is_single: bool = False
    settings: str = ""
    view_of: str = ""
    brings: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    holds: tuple[str, ...] = ()
    permanent: tuple[str, ...] = ()
    comes_with: str = ""
    is_whole: bool = False
    unpack: Callable[[Any], Fields] | None = None
    pack: Callable[[Fields], Fields] | None = None

    def __post_init__(self) -> None:
        if not self.listed:
            object.__setattr__(self, "listed", self.name)

    @cached_property
    def by_name(self) -> dict[str, ResourceField]:
        """Its fields by their names in a file."""
        return {field.name: field for field in self.fields}

    @cached_property
    def children(self) -> tuple[ResourceKind, ...]:
        """The kinds that one contains."""
        return tuple(kind for kind in KINDS.values() if kind.within == self.name)

    def __repr__(self) -> str:
        """Short: the table says the rest."""
        return f"<{self.name}>"

    @cached_property
    def depth(self) -> int:
        """Number of the resources that one is within."""
        return KINDS[self.within].depth + 1 if self.within else 0

    @cached_property
    def model(self) -> type[ResourceConfig]:
        """The class of an entry, with those of what is within it."""
        own: Any = {
            field.name: (
                (_type(self, field), ...)
                if field.default is ...
                else (_type(self, field) | None, None)
            )
            for field in self.fields
        }
        within: Any = {kind.listed: (content(kind) | None, None) for kind in self.children}
        found: type[ResourceConfig] = new_model(
            f"{self.operation}Config", __base__=ResourceConfig, **own, **within
        )
        return found

    def own(self, fields: Fields, is_beside: bool) -> Fields:
        """The fields that are not shared, if the file has the other view of the kind beside it."""
        return {
            name: value
            for name, value in fields.items()
            if not (is_beside and self.by_name[name].is_shared)
        }

    def lasting(self, fields: Fields) -> Fields:
        """The fields that are kept as the file says, and not only at first."""
        return {
            name: value
            for name, value in fields.items()
            if name not in self.by_name or not self.by_name[name].is_initial
        }

    def complete(self, config: ResourceConfig) -> Fields:
        """The fields of an entry, with Twilio's defaults but for those that stay as they are."""
        given = config.model_dump(mode="json", include={*self.by_name}, exclude_none=True)
        return {
            field.name: self.tidy(field, given.get(field.name, field.default))
            for field in self.fields
            if field.name in given or field.default is not AS_IS
        }

    @staticmethod
    def tidy(field: ResourceField, value: Any) -> Any:
        """A value in the form in which values are compared."""
        if value in ("", None):
            return None if field.default in (None, AS_IS) else field.default
        return sorted(set(value)) if field.is_set else value

    def read(self, resource: Any, swap: Swap) -> Fields:
        """The fields of the SDK's resource, with names for SIDs."""
        given = self.unpack(resource) if self.unpack else {}
        found = {}
        for field in self.fields:
            value = given[field.name] if field.name in given else _attribute(resource, field)
            found[field.name] = self.converted(field, self.tidy(field, value), swap)
        return found

    @staticmethod
    def converted(field: ResourceField, value: Any, swap: Swap) -> Any:
        """A value of a field with its names or SIDs swapped."""
        if value is None or field.convert is None:
            return value
        return field.convert(value, swap, (field.name,))

    def parameters(self, values: Fields, swap: Swap) -> Fields:
        """Fields as parameters of the SDK, with SIDs for names; a blank stands for nothing."""
        sent = {
            name: self.converted(self.by_name[name], value, swap) if name in self.by_name else value
            for name, value in values.items()
        }
        if self.pack:
            sent = self.pack(sent)
        return {
            (self.by_name[name].parameter or name) if name in self.by_name else name: (
                "" if value is None else value
            )
            for name, value in sent.items()
        }


def _attribute(resource: Any, field: ResourceField) -> Any:
    value = resource
    for name in (field.attribute or field.parameter or field.name).split("."):
        if value is None:
            break
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name)
    return value


# -- types of a file


def content(kind: ResourceKind) -> Any:
    """The type of the content of a kind's list in a file."""
    model: Any = kind.model
    entry: Any = Annotated[model, BeforeValidator(lambda given: {} if given is None else given)]
    if kind.is_single:
        return entry
    name: Any = Name
    if kind.key in parameters_of(kind.product, kind.operation).model_fields:
        name = Annotated[Name, checked(declared(kind.product, kind.operation, kind.key))]
    return dict[name, entry]


def _type(kind: ResourceKind, field: ResourceField) -> Any:
    """The type of a field in a file: strict, and within the limits of the account."""
    if field.type is not None:
        return field.type
    return declared_type(kind.product, kind.operation, field.parameter or field.name)


# -- fields that Twilio keeps as JSON


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


# -- the table

_SOME = Annotated[list[str], Field(min_length=1)]
_URL: dict[str, Any] = {"type": WebAddress}
_CHANNELS = ("default", "voice", "sms", "chat", "video")

_ROLES = ("service admin", "service user", "channel admin", "channel user")
"""Roles that a new service has, and that cannot be deleted."""


def _roles(of: str, product: str, operation: str, **more: Any) -> ResourceKind:
    return ResourceKind(
        f"{of}_roles",
        "role",
        "RL",
        product,
        operation,
        "roles",
        (
            ResourceField("type", ..., is_fixed=True),
            ResourceField("permissions", ..., _SOME, "permission", "permissions", is_set=True),
        ),
        "roles",
        f"{of}_services",
        is_key_fixed=True,
        permanent=_ROLES,
        **more,
    )


def _pushes(verbs: Sequence[str], end: str = "", **more: Any) -> Iterator[ResourceField]:
    """Fields of push notifications, by what devices are notified of."""
    for verb in verbs:
        for setting, default in (("enabled", False), ("template", ""), ("sound", "")):
            yield _push(f"{verb}{end}", setting, default, **more)


def _push(verb: str, setting: str, default: Any, *, of: str = "", **more: Any) -> ResourceField:
    name = f"{verb}_{setting}"
    of_media = setting.replace("with_media_", "with_media.")
    place = ".".join(filter(None, (of, verb, of_media)))
    return ResourceField(name, default, None, f"{of}_{name}" if of else "", place, **more)


_NO_MEDIA = "Media messages are not supported by your client"
_OF_CHAT: dict[str, Any] = {"of": "notifications"}

_KINDS = (
    ResourceKind(
        "workspaces",
        "workspace",
        "WS",
        "taskrouter",
        "CreateWorkspace",
        "taskrouter.v1.workspaces",
        (
            ResourceField("event_callback_url", **_URL),
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
        permanent=("default",),
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
            ResourceField("assignment_callback_url", **_URL),
            ResourceField("fallback_assignment_callback_url", **_URL),
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
    ResourceKind(
        "conversation_services",
        "conversation service",
        "IS",
        "conversations",
        "UpdateServiceConfiguration",
        "conversations.v1.services",
        (
            *(
                reference("conversation_roles", name, AS_IS, is_late=True, at_first=role)
                for name, role in (
                    ("default_conversation_creator_role", "channel admin"),
                    ("default_conversation_role", "channel user"),
                    ("default_chat_service_role", "service user"),
                )
            ),
            ResourceField("reachability_enabled", False, is_late=True),
        ),
        is_key_fixed=True,
        settings="configuration",
        brings={"roles": _ROLES},
    ),
    _roles("conversation", "conversations", "CreateServiceRole"),
    ResourceKind(
        "conversation_webhooks",
        "webhooks",
        "",
        "conversations",
        "UpdateServiceWebhookConfiguration",
        "configuration.webhooks",
        (
            ResourceField("pre_webhook_url", **_URL),
            ResourceField("post_webhook_url", **_URL),
            ResourceField("method", "POST"),
            ResourceField("filters", [], is_set=True),
        ),
        "webhooks",
        "conversation_services",
        is_single=True,
    ),
    ResourceKind(
        "conversation_notifications",
        "push notifications",
        "",
        "conversations",
        "UpdateServiceNotification",
        "configuration.notifications",
        (
            ResourceField("log_enabled", False),
            *_pushes(["new_message"]),
            _push("new_message", "badge_count_enabled", False),
            _push("new_message", "with_media_enabled", False),
            _push("new_message", "with_media_template", ""),
            *_pushes(["added_to", "removed_from"], "_conversation"),
        ),
        "notifications",
        "conversation_services",
        is_single=True,
    ),
    ResourceKind(
        "chat_services",
        "chat service",
        "IS",
        "chat",
        "UpdateService",
        "chat.v2.services",
        (
            *(
                reference("chat_roles", name, AS_IS, is_late=True, at_first=role, is_shared=True)
                for name, role in (
                    ("default_service_role", "service user"),
                    ("default_channel_role", "channel user"),
                    ("default_channel_creator_role", "channel admin"),
                )
            ),
            ResourceField("read_status_enabled", True, is_late=True),
            ResourceField("reachability_enabled", False, is_late=True, is_shared=True),
            ResourceField("typing_indicator_timeout", 5, is_late=True),
            ResourceField("consumption_report_interval", 10, is_late=True),
            *(
                ResourceField(
                    f"{part}_{name}", AS_IS, attribute=f"{part}.{name}", is_late=True, usual=usual
                )
                for part, name, usual in (
                    ("limits", "channel_members", 100),
                    ("limits", "user_channels", 250),
                    ("media", "compatibility_message", _NO_MEDIA),
                )
            ),
        ),
        view_of="conversation_services",
        brings={"roles": _ROLES},
    ),
    _roles("chat", "chat", "CreateRole", view_of="conversation_roles"),
    ResourceKind(
        "chat_webhooks",
        "webhooks",
        "",
        "chat",
        "UpdateService",
        "",
        (
            ResourceField("pre_webhook_url", **_URL),
            ResourceField("post_webhook_url", **_URL),
            ResourceField("method", "POST", None, "webhook_method"),
            ResourceField("filters", [], None, "webhook_filters", is_set=True),
            ResourceField("pre_retry_count", 0, None, "pre_webhook_retry_count"),
            ResourceField("post_retry_count", 0, None, "post_webhook_retry_count"),
        ),
        "webhooks",
        "chat_services",
        is_single=True,
        view_of="conversation_webhooks",
    ),
    ResourceKind(
        "chat_notifications",
        "push notifications",
        "",
        "chat",
        "UpdateService",
        "",
        (
            ResourceField(
                "log_enabled",
                False,
                None,
                "notifications_log_enabled",
                "notifications.log_enabled",
                is_shared=True,
            ),
            *_pushes(["new_message"], is_shared=True, **_OF_CHAT),
            _push("new_message", "badge_count_enabled", False, is_shared=True, **_OF_CHAT),
            *_pushes(["added_to", "removed_from"], "_channel", is_shared=True, **_OF_CHAT),
            *_pushes(["invited_to"], "_channel", **_OF_CHAT),
        ),
        "notifications",
        "chat_services",
        is_single=True,
        view_of="conversation_notifications",
    ),
    ResourceKind(
        STUDIO_FLOWS,
        "Studio flow",
        "FW",
        "studio",
        "CreateFlow",
        "studio.v2.flows",
        (
            ResourceField("status", "published", is_always=True),
            ResourceField(DEFINITION, ..., convert=_in_texts),
        ),
        is_whole=True,
    ),
)
KINDS: dict[str, ResourceKind] = {kind.name: kind for kind in _KINDS}
"""Kinds by name, what contains others before them."""
VIEWS = tuple(
    (kind.listed, KINDS[kind.view_of].listed) for kind in _KINDS if kind.view_of and not kind.within
)
"""Lists of other views of resources, and those of the resources."""
ROOTS = tuple(kind for kind in _KINDS if not kind.within)
"""Kinds that are within no other."""


def part_of(path: Sequence[str | int]) -> type[BaseModel] | None:
    """The class of the innermost part of a file that a path leads through."""
    found: type[BaseModel] | None = None
    kinds = ROOTS
    for step in path:
        kind = next((kind for kind in kinds if kind.listed == step), None)
        if kind is not None:
            found, kinds = kind.model, kind.children
        elif step in _PARTS:
            found = _PARTS[str(step)]
    return found


_PARTS: dict[str, type[BaseModel]] = {
    "filters": RoutingFilter,
    "targets": RoutingTarget,
    "default_filter": DefaultTarget,
    "lifecycle": Lifecycle,
}
