"""A flow file that has been read, or is to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from ...masking import mask as masked
from ..errors import FieldPath, Problem
from .config import ROOT, Contact, FlexFlowConfig, by_contact
from .contents import LISTS, Config
from .conversations import ADDRESSES, CUSTOM_CHATS, AddressConfig, CustomChatConfig
from .entries import ResourceEntry
from .kinds.kind import Address
from .text_files import TEXT, located, write_text
from .variables import Values


@dataclass(frozen=True, repr=False)
class FlowFile:
    """Ways into an account's Flex, from the path `source` or from a text.

    Attributes:
        flows: Flex Flows, of the legacy API.
        source: The path, or `the text`.
        lines: The line of each field by its path, e.g. `(0, "integration", "flow")`; that of an
            address begins with `address_configurations`.
        addresses: Address configurations.
        custom_chats: Chats whose conversations your own server creates; no account keeps them.
        lists: The lists that the file has, with or without contents: what the account has of the
            others is no concern of the file. By default Flex Flows, and those that are not empty.
        values: Its variables; `text` names those that are secrets.
        resources: Other resources, each before those within it.
        places: Their lists, as `lists`: `("workspaces",)`, `("workspaces", NAME, "queues")`.
        remarks: Values that YAML reads as others than are written, such as `no`.
    """

    flows: tuple[FlexFlowConfig, ...] = ()
    source: str = TEXT
    lines: Mapping[FieldPath, int] = field(default_factory=dict, compare=False)
    addresses: tuple[AddressConfig, ...] = ()
    custom_chats: tuple[CustomChatConfig, ...] = ()
    lists: tuple[str, ...] = (ROOT,)
    values: Values = field(default=Values(), compare=False)
    resources: tuple[ResourceEntry, ...] = ()
    places: tuple[Address, ...] = ()
    remarks: tuple[Problem, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        others = {ADDRESSES: self.addresses, CUSTOM_CHATS: self.custom_chats}
        given = {*self.lists, *(name for name, held in others.items() if held)}
        object.__setattr__(self, "lists", tuple(name for name in LISTS if name in given))

    @property
    def entries(self) -> tuple[Config, ...]:
        """All that can be played."""
        return (*self.flows, *self.addresses, *self.custom_chats)

    @property
    def kept(self) -> tuple[FlexFlowConfig | AddressConfig, ...]:
        """All that an account keeps."""
        return (*self.flows, *self.addresses)

    def __repr__(self) -> str:
        """Short: `text` has it all, passwords in URLs included."""
        named = ", ".join(repr(entry.label) for entry in (*self.entries, *self.resources))
        return f"FlowFile({self.source}: {named or 'no flows'})"

    def __getitem__(self, name: str) -> Any:
        """A flow, an address or a chat: by its friendly name, or as `sms +15550100`."""
        for entry in self.entries:
            if name in (entry.label, entry.friendly_name):
                return entry
        known = ", ".join(repr(entry.label) for entry in self.entries) or "none"
        raise KeyError(f"{self.source} has no flow {name!r}; it has {known}")

    def where(self, flow: Config | ResourceEntry, *fields: str | int) -> str:
        """`FILE:LINE` of an entry's field, or of the nearest field above it."""
        place: FieldPath | None
        if isinstance(flow, ResourceEntry):
            place = flow.path
        else:
            place = self._places.get(id(flow))
            if place is None:
                place = self._places[id(self.entries[self.entries.index(flow)])]
        path: FieldPath = (*place, *fields)
        while path and path not in self.lines:
            path = path[:-1]
        return located(self.source, self.lines[path]) if path else self.source

    @cached_property
    def _places(self) -> dict[int, FieldPath]:
        """Place of each entry, by its `id()`, as comparing many flows takes long."""
        of_flows: dict[int, FieldPath] = {id(each): (at,) for at, each in enumerate(self.flows)}
        return of_flows | {
            id(each): (name, at)
            for name, held in ((ADDRESSES, self.addresses), (CUSTOM_CHATS, self.custom_chats))
            for at, each in enumerate(held)
        }

    @cached_property
    def enabled(self) -> dict[Contact, list[FlexFlowConfig]]:
        """The enabled flows of each contact."""
        return by_contact((flow, flow) for flow in self.flows)

    @cached_property
    def names(self) -> frozenset[str | None]:
        """Names that its flows have or had."""
        return frozenset(
            name for flow in self.flows for name in (flow.friendly_name, flow.formerly)
        )

    @property
    def text(self) -> str:
        """The flows as YAML, in a layout of its own."""
        held = dict(zip(LISTS, (self.flows, self.addresses, self.custom_chats), strict=True))
        content: dict[str, Any] = self.values.declarations | {
            name: [self.values.written(_dumped(each)) for each in held[name]] for name in self.lists
        }
        placed: dict[Address, dict[str, Any]] = {(): content}
        for place in self.places:
            placed[place] = placed[place[:-1]].setdefault(place[-1], {})
            for entry in self.resources:
                if entry.address[:-1] == place:
                    is_single = entry.kind.is_single
                    placed[entry.address] = (
                        placed[place]
                        if is_single
                        else placed[place].setdefault(self.values.written(entry.label), {})
                    )
                    placed[entry.address].update(self.values.written(entry.dumped()))
        return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(masked(self.text))}</pre>"

    def write(self, path: str | Path) -> None:
        """Write the flows as YAML, in UTF-8 with line feeds everywhere; FlowProblem if it fails."""
        write_text(path, self.text)


def _dumped(config: BaseModel) -> dict[str, Any]:
    is_short = not isinstance(config, FlexFlowConfig)
    fields = config.model_dump(mode="json", exclude_none=True, exclude_defaults=is_short)
    return {name: value for name, value in fields.items() if value not in ([], {})}


class _Dumper(yaml.SafeDumper):
    """Writes line breaks of every kind as escapes: PyYAML folds some that it reads verbatim."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if text.splitlines() == [text] else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
