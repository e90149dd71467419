"""The rules this mock follows, how well each is known, where from, and which test shows it.

Only what is not plain from Twilio's OpenAPI documents is listed; operations and error codes list
themselves (see `fidelity`).
"""

from __future__ import annotations

from . import chat, flex, realtime, studio, taskrouter, webhooks
from .rule import Rule

__all__ = ["RULES", "Rule"]

RULES: tuple[Rule, ...] = (
    *flex.RULES,
    *chat.RULES,
    *webhooks.RULES,
    *studio.RULES,
    *taskrouter.RULES,
    *realtime.RULES,
)
