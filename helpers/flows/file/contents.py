"""The content of a whole flow file: its lists, and the class of each entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from .config import ROOT, FlexFlowConfig, Integration
from .conversations import (
    ADDRESSES,
    CUSTOM_CHATS,
    AddressConfig,
    AutoCreation,
    Creation,
    CustomChatConfig,
    OwnInteraction,
)
from .kinds import ROOTS, content, part_of

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

    model_config = ConfigDict(strict=True, extra="forbid")

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
}


def fields_at(path: Sequence[str | int]) -> tuple[str, ...]:
    """The fields of the part of a file that a path leads to."""
    part = part_of(path) or next(
        (_PARTS[str(name)] for name in reversed(path) if name in _PARTS), Contents
    )
    return tuple(part.model_fields)
