"""Studio flows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import FieldPath
from .kind import ResourceField, ResourceKind, Swap

STUDIO_FLOWS, DEFINITION = "studio_flows", "definition"


def _in_texts(value: Any, swap: Swap, path: FieldPath) -> Any:
    """Swap every text of a Studio flow's definition that stands for a SID, or is one."""
    if isinstance(value, Mapping):
        return {name: _in_texts(each, swap, (*path, name)) for name, each in value.items()}
    if isinstance(value, list):
        return [_in_texts(each, swap, (*path, at)) for at, each in enumerate(value)]
    return swap("", value, path) if isinstance(value, str) else value


STUDIO = (
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
