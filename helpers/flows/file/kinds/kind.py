"""A kind of the resources in a flow file: fields, place in the SDK, and what follows from them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic import create_model as new_model
from pydantic_core import PydanticCustomError

from ....mock import parameters_of
from ...errors import FieldPath, meant
from ..config import Name, Protectable, WebAddress
from .field_types import checked, declared, declared_type

Swap = Callable[[str, str, FieldPath], str]
"""Puts a SID for the name of a resource of a kind, or a name for a SID; a blank kind is any."""
Convert = Callable[[Any, Swap, FieldPath], Any]
Fields = dict[str, Any]
Address = tuple[str, ...]
"""Kind and name, of a resource within another behind those of that; a single one has no name."""
REFERENCE = "ref:"
"""Begins a text that stands for the SID of the resource whose kind and name follow."""
AS_IS: Any = object()
"""Default of a field that stays as the account has it where the file does not say it."""


def spelled(address: Address) -> str:
    """`queues/VIP` of a resource; of one within another that one's kind and name before it."""
    return "/".join(filter(None, address))


def _by_name(kind: str) -> Convert:
    return lambda value, swap, path: swap(kind, value, path)


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
        demands: The fields that what it names must have.
        choices: A field, and the values that this one may have where that one has each of its own.
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
    demands: Mapping[str, str] = dataclasses.field(default_factory=dict)
    choices: tuple[str, Mapping[str, Collection[str]]] = ("", {})


def reference(kind: str, name: str, default: Any = None, **more: Any) -> ResourceField:
    """A field that names a resource of a kind, within the same one."""
    return ResourceField(
        name, default, Name, f"{name}_sid", convert=_by_name(kind), refers=kind, **more
    )


URL: dict[str, Any] = {"type": WebAddress}
"""Of a field that is a web address."""


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
        permanent: Names of those that cannot be deleted, and their fields that are always so.
        comes_with: A kind beside what it is within: one is there for each of these, by the name of
            that one, and is neither made nor deleted.
        is_whole: Lists leave out values, so that each is fetched.
        unpack: Returns the fields of an answer, with SIDs; by default their attributes.
        pack: Returns parameters of the fields, with SIDs; by default one each.
        children: The kinds that one contains, which the table fills in.
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
    permanent: Mapping[str, Fields] = dataclasses.field(default_factory=dict)
    comes_with: str = ""
    is_whole: bool = False
    unpack: Callable[[Any], Fields] | None = None
    pack: Callable[[Fields], Fields] | None = None
    children: tuple[ResourceKind, ...] = ()

    def __post_init__(self) -> None:
        if not self.listed:
            object.__setattr__(self, "listed", self.name)

    @cached_property
    def by_name(self) -> dict[str, ResourceField]:
        """Its fields by their names in a file."""
        return {field.name: field for field in self.fields}

    def __repr__(self) -> str:
        """Short: the table says the rest."""
        return f"<{self.name}>"

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

    def chosen(self, config: Any) -> Any:
        """An entry; refuses a value that another field's does not allow."""
        for field in self.fields:
            by, choices = field.choices
            known = choices.get(getattr(config, by), ()) if by else ()
            for at, value in enumerate(getattr(config, field.name)) if by else ():
                if value not in known:
                    reason = f"is none that {by} {getattr(config, by)} can have"
                    reason = f"{reason}; {meant(value, known)}"
                    context = {"reason": reason, "path": (field.name, at)}
                    raise PydanticCustomError("json", "{reason}", context)
        return config

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
    entry: Any = Annotated[
        model,
        BeforeValidator(lambda given: {} if given is None else given),
        AfterValidator(kind.chosen),
    ]
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
