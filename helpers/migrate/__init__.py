"""Moves a set-up from the legacy Flex messaging API to Flex Conversations.

`read` reads an account, `plan` lists the changes that it needs, with reasons and calls. Nothing is
changed. Names are loaded when they are first used, as in `helpers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily

if TYPE_CHECKING:
    from .legacy import LegacyAccount, UnreadableAccount, read
    from .rehearsing import Difference, MovedRehearsal, Rehearsals, rehearse
    from .report import Migration, plan
    from .rules import RequiredChange
    from .studio import RewrittenFlow, rewrite

__all__ = [
    "Difference",
    "LegacyAccount",
    "Migration",
    "MovedRehearsal",
    "Rehearsals",
    "RequiredChange",
    "RewrittenFlow",
    "UnreadableAccount",
    "plan",
    "read",
    "rehearse",
    "rewrite",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)
