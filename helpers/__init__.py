"""Everything a notebook imports: an account, chat clients, panels, tokens.

Names are loaded when they are first used, so that `import helpers` stays cheap.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .lazy import lazily

if TYPE_CHECKING:
    from .account import Account, connect
    from .chat import ChatClient, ChatError, ConversationsClient
    from .desk import AgentDesk
    from .environment import check_environment
    from .exercise import check
    from .front_ends import ChatPageFrame, ChatSdkWidget, FlexDesktop, FlexWebChat
    from .mock import MockTwilio
    from .panel import AgentPanel, ChatPanel, side_by_side
    from .readiness import preflight
    from .tokens.identity import looks_personal, stable_identity
    from .tokens.making import create_chat_token, create_worker_token
    from .tokens.reading import diagnose_token, read_token

__all__ = [
    "Account",
    "AgentDesk",
    "AgentPanel",
    "ChatClient",
    "ChatError",
    "ChatPageFrame",
    "ChatPanel",
    "ChatSdkWidget",
    "ConversationsClient",
    "FlexDesktop",
    "FlexWebChat",
    "MockTwilio",
    "check",
    "check_environment",
    "connect",
    "create_chat_token",
    "create_worker_token",
    "diagnose_token",
    "looks_personal",
    "preflight",
    "read_token",
    "side_by_side",
    "stable_identity",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)

if "IPython" in sys.modules:  # in a notebook
    from .error_display import install

    install()
