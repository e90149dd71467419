"""The content of a whole flow file: its lists, and the class of each entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from .config import ROOT, FlexFlowConfig, Integration, Lifecycle
from .conversations import (
    ADDRESSES,
    CUSTOM_CHATS,
    AddressConfig,
    AutoCreation,
    Creation,
    CustomChatConfig,
    OwnInteraction,
)
from .kinds.kind import content
from .kinds.table import ROOTS
from .kinds.taskrouter import DefaultTarget, RoutingFilter, RoutingTarget

Config = FlexFlowConfig | AddressConfig | CustomChatConfig
LISTS: dict[str, type[BaseModel]] = {
    ROOT: FlexFlowConfig,
    ADDRESSES: AddressConfig,
    CUSTOM_CHATS: CustomChatConfig,
}
"""Class of the entries of each list of a file."""
KEPT = (ROOT, ADDRESSES)
"""Lists of resources that an account keeps."""


class LegacyContents(BaseModel):
    """Flex Flows and nothing else."""

    model_config = ConfigDict(strict=True, extra="forbid", defer_build=True)

    flex_flows: list[FlexFlowConfig]


class _WaysIn(LegacyContents):
    flex_flows: list[FlexFlowConfig] = []
    address_configurations: list[AddressConfig] = []
    custom_chats: list[CustomChatConfig] = []


_RESOURCES: Any = {kind.listed: (content(kind) | None, None) for kind in ROOTS}
Contents: Any = create_model("Contents", __base__=_WaysIn, **_RESOURCES)
_PARTS: dict[str, type[BaseModel]] = {
    **LISTS,
    "integration": Integration,
    "auto_creation": AutoCreation,
    "creation": Creation,
    "interaction": OwnInteraction,
    "filters": RoutingFilter,
    "targets": RoutingTarget,
    "default_filter": DefaultTarget,
    "lifecycle": Lifecycle,
}


def fields_at(path: Iterable[str | int]) -> tuple[str, ...]:
    """The fields of the part of a file that a path leads to."""
    part: type[BaseModel] = Contents
    kinds, steps = ROOTS, iter(path)
    for step in steps:
        kind = next((kind for kind in kinds if kind.listed == step), None)
        if kind is not None:
            part, kinds = kind.model, kind.children
            if not kind.is_single:
                next(steps, None)  # its name, which may be that of a part
        elif step in _PARTS:
            part = _PARTS[str(step)]
    return tuple(part.model_fields)
