"""Credentials of the mock's account: from the environment, else fixed and obviously fake."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from ... import masking

DEMO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0123456789abcdef" * 2,
    "TWILIO_AUTH_TOKEN": "demo_auth_token_of_the_mock_only",
    "TWILIO_API_KEY": "SK" + "0123456789abcdef" * 2,
    "TWILIO_API_SECRET": "demo_api_secret_of_the_mock_only",
    "TWILIO_CHAT_SERVICE_SID": "IS" + "0123456789abcdef" * 2,
}
"""The same on every machine, so that stored notebooks repeat; they open no real account."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials of an account. The two secrets never show in a repr."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_key: str
    api_secret: str = field(repr=False)
    chat_service_sid: str

    def __post_init__(self) -> None:
        """Let the secrets be masked wherever they would be shown."""
        masking.know(self.auth_token, self.api_secret)

    @classmethod
    def demo(cls, environment: Mapping[str, str] | None = None) -> Credentials:
        """The mock's credentials: the environment's where set, else the demo values."""
        environment = os.environ if environment is None else environment
        return cls(**{name: environment.get(key) or DEMO[key] for name, key in cls._keys()})

    def export(self) -> None:
        """Put the five values into this process's environment, under Twilio's usual names.

        Code that reads `os.environ["TWILIO_ACCOUNT_SID"]`, as Twilio's guides do, then finds them.
        """
        os.environ.update(self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """The five values, the secrets among them, by their variables' names."""
        return {key: getattr(self, name) for name, key in self._keys()}

    @classmethod
    def _keys(cls) -> list[tuple[str, str]]:
        return [(f.name, f"TWILIO_{f.name.upper()}") for f in fields(cls)]

    @property
    def is_known(self) -> bool:
        """True where a secret is a demo value, which everybody knows."""
        return (
            self.auth_token == DEMO["TWILIO_AUTH_TOKEN"]
            or self.api_secret == DEMO["TWILIO_API_SECRET"]
        )

    @property
    def sids(self) -> dict[str, str]:
        """SIDs of the account; neither is secret."""
        return {"account_sid": self.account_sid, "chat_service_sid": self.chat_service_sid}

    def open(self, username: str, password: str) -> bool:
        """Check a basic-auth pair: the account's own, or its API key's."""
        if username not in (self.account_sid, self.api_key):
            return False
        secret = self.auth_token if username == self.account_sid else self.api_secret
        given = password.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(secret.encode(), given)
