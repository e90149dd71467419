"""The resources that a flow file holds beside ways into Flex, declared as data.

One table says of each kind its key, its fields, other kinds that it names, and its place in the
official SDK; reading, planning, writing and exporting follow from it. Types and limits of fields
are those that the account declares for its own parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .kind import ResourceKind
from .services import SERVICES
from .studio import STUDIO
from .taskrouter import TASKROUTER


def _with_children(kinds: Sequence[ResourceKind]) -> dict[str, ResourceKind]:
    """Kinds by name, with the kinds that each contains."""
    found: dict[str, ResourceKind] = {}
    for kind in reversed(kinds):
        children = tuple(each for each in found.values() if each.within == kind.name)
        found = {kind.name: replace(kind, children=children)} | found
    return found


KINDS = _with_children((*TASKROUTER, *SERVICES, *STUDIO))
"""Kinds by name, what contains others before them."""
VIEWS = tuple(
    (kind.listed, KINDS[kind.view_of].listed)
    for kind in KINDS.values()
    if kind.view_of and not kind.within
)
"""Lists of other views of resources, and those of the resources."""
ROOTS = tuple(kind for kind in KINDS.values() if not kind.within)
"""Kinds that are within no other."""


def key_of(kind: str, sid: str) -> str:
    """A resource's SID, distinct from that of another view of the same resource."""
    return f"{sid} as {KINDS[kind].noun}" if kind in KINDS and KINDS[kind].view_of else sid


def depth_of(kind: str) -> int:
    """Number of the resources that one of a kind is within."""
    above = KINDS[kind].within
    return depth_of(above) + 1 if above else 0
