"""Studio flows. They can be listed and read; running their widgets is not simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .store import Resource


@dataclass(slots=True)
class StudioFlow(Resource):
    """A Studio flow (FW) with its JSON definition."""

    prefix: ClassVar[str] = "FW"

    sid: str
    account_sid: str
    friendly_name: str
    definition: dict[str, Any]
    status: str
    revision: int
    commit_message: str | None
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)


KINDS: tuple[type[Resource], ...] = (StudioFlow,)
