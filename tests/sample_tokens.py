"""Access tokens as the twilio SDK makes them, and the account that they are for."""

from __future__ import annotations

from typing import Any

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant

ACCOUNT, KEY, SERVICE = ("AC" + "a" * 32, "SK" + "b" * 32, "IS" + "c" * 32)
API_SECRET, AUTH_TOKEN = ("topSecret" * 4)[:32], "0f" * 16
NOW = 1_800_000_000
HOUR = 3600


def sdk_token(**changes: Any) -> str:
    """Return a token made by the twilio SDK at `NOW` for an hour, some values changed."""
    values: dict[str, Any] = {
        "account_sid": ACCOUNT,
        "signing_key_sid": KEY,
        "secret": API_SECRET,
        "grants": [ChatGrant(service_sid=SERVICE)],
        "identity": "user-42",
        "nbf": NOW,
        "valid_until": NOW + HOUR,
    }
    return str(AccessToken(**values | changes).to_jwt())
