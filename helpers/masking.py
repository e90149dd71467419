"""Request parameters that hold secrets, masked wherever requests are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MASK = "***"
SECRET_PARAMETERS = frozenset({"Certificate", "PrivateKey", "ApiKey", "Secret", "Signature"})


def masked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's parameters as they may be shown."""
    return {**parameters, **dict.fromkeys(SECRET_PARAMETERS & parameters.keys(), MASK)}
