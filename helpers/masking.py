"""Request parameters that hold secrets, masked wherever requests are shown."""

from __future__ import annotations

from typing import Any

MASK = "***"
SECRET_PARAMETERS = frozenset({"Certificate", "PrivateKey", "ApiKey", "Secret", "Signature"})


def masked_parameter(name: str, value: Any) -> Any:
    """Return a request parameter's value as it may be shown."""
    return MASK if name in SECRET_PARAMETERS else value
