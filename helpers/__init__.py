"""What a notebook imports: an account to talk to, something to look at, a chat to type in.

Names are loaded when they are first used, so that `import helpers` stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import lazily

if TYPE_CHECKING:
    from .account import Account, connect
    from .chat import ChatClient, ChatError
    from .desk import AgentDesk
    from .environment import check_environment
    from .exercise import check
    from .front_ends import ChatSdkWidget
    from .mock import MockTwilio
    from .panel import AgentPanel, ChatPanel
    from .tokens import (
        create_chat_token,
        diagnose_token,
        looks_personal,
        read_token,
        stable_identity,
    )

_HOMES = {
    "Account": "account",
    "connect": "account",
    "ChatClient": "chat",
    "ChatError": "chat",
    "AgentDesk": "desk",
    "check": "exercise",
    "check_environment": "environment",
    "MockTwilio": "mock",
    "AgentPanel": "panel",
    "ChatPanel": "panel",
    "ChatSdkWidget": "front_ends",
    "create_chat_token": "tokens",
    "diagnose_token": "tokens",
    "looks_personal": "tokens",
    "read_token": "tokens",
    "stable_identity": "tokens",
}

__all__ = [
    "Account",
    "AgentDesk",
    "AgentPanel",
    "ChatClient",
    "ChatError",
    "ChatPanel",
    "ChatSdkWidget",
    "MockTwilio",
    "check",
    "check_environment",
    "connect",
    "create_chat_token",
    "diagnose_token",
    "looks_personal",
    "read_token",
    "stable_identity",
]

__getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
