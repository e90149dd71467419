"""Resources of a flow file besides ways into Flex."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .kinds.kind import Address, Fields, ResourceConfig, ResourceKind
from .kinds.table import ROOTS


@dataclass(frozen=True)
class ResourceEntry:
    """A resource of a file; `address` has its kind and name behind those of what it is within."""

    kind: ResourceKind
    address: Address
    config: ResourceConfig

    @property
    def label(self) -> str:
        """Its name; of a single one, the name of what it is within."""
        return self.address[-1] or self.address[-3]

    @property
    def viewed(self) -> Address:
        """The address of the resource that this is another view of."""
        root = next(kind for kind in ROOTS if kind.listed == self.address[0])
        return (root.view_of, *self.address[1:])

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which it is known in an account, the latest first."""
        return tuple(filter(None, (self.address[-1], self.config.formerly)))

    def dumped(self) -> Fields:
        """Its own fields as a file has them, without those that are as Twilio has them anyway."""
        own = {*self.kind.by_name, "formerly", "lifecycle"}
        given = self.config.model_dump(mode="json", include=own, exclude_none=True)
        defaults = {field.name: field.default for field in self.kind.fields}
        return {name: value for name, value in given.items() if value != defaults.get(name, ...)}

    @property
    def path(self) -> tuple[str, ...]:
        """Its place in a file."""
        return tuple(filter(None, self.address))


def entries_of(
    holder: Any, kinds: Iterable[ResourceKind] = ROOTS, above: Address = ()
) -> Iterator[ResourceEntry]:
    """The resources in the lists of a file, or of an entry, each before those within it."""
    for kind in kinds:
        held = getattr(holder, kind.listed, None)
        for name, config in ({"": held} if kind.is_single else held or {}).items():
            if config is not None:
                address = (*above, kind.listed, name)
                yield ResourceEntry(kind, address, config)
                yield from entries_of(config, kind.children, address)


def lists_of(
    holder: Any, kinds: Iterable[ResourceKind] = ROOTS, above: Address = ()
) -> Iterator[Address]:
    """The addresses of the lists that a file, or an entry, has, with or without contents."""
    for kind in kinds:
        held = getattr(holder, kind.listed, None)
        if held is not None:
            yield (*above, kind.listed)
        for name, config in ({"": held} if kind.is_single else held or {}).items():
            yield from lists_of(config, kind.children, (*above, kind.listed, name))
