"""Access tokens for a notebook: make one that works, read one, find out why one was refused.

The SDK's `AccessToken` signs whatever it is given, so a mistake shows only when a client connects.
`create_chat_token` finds it first; `diagnose_token` names it, by the mock's own rules.
"""

from .identity import TokenProblem, looks_personal, stable_identity
from .making import IdentityWarning, create_chat_token, create_worker_token
from .reading import ClaimRow, Diagnosis, TokenReading, diagnose_token, read_token

__all__ = [
    "ClaimRow",
    "Diagnosis",
    "IdentityWarning",
    "TokenProblem",
    "TokenReading",
    "create_chat_token",
    "create_worker_token",
    "diagnose_token",
    "looks_personal",
    "read_token",
    "stable_identity",
]
