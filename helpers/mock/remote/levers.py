"""Asks a mock that runs as a server to move its clock, make calls fail, and the like."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import requests

from ..credentials import Credentials

PATIENCE = 30
"""Seconds to wait for an answer."""


class MockUnreachable(ConnectionError):  # noqa: N818 - reads as what happened
    """Nobody answers where the mock should be."""


class LeverRefused(ValueError):  # noqa: N818 - reads as what happened
    """The mock refused what was asked of it; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Levers:
    """Asks a server's `/_mock` paths.

    Args:
        base: Its URL, e.g. `http://127.0.0.1:8787`.
        credentials: The account's.
    """

    def __init__(self, base: str, credentials: Credentials) -> None:
        self.base = base.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (credentials.account_sid, credentials.auth_token)

    def pull(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answered.

        Raises:
            MockUnreachable: Nobody answers there.
            LeverRefused: The mock says why.
        """
        url = f"{self.base}/_mock{path}"
        try:
            answer = self._session.request(method, url, json=body, timeout=PATIENCE)
        except requests.RequestException as error:
            raise MockUnreachable(
                f"No answer from {self.base} ({type(error).__name__})."
                " Start the mock there: python -m helpers.mock"
            ) from None
        if not answer.ok:
            raise LeverRefused(answer.status_code, _refusal(answer))
        return answer.json()


def _refusal(answer: requests.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return f"{answer.url} answered {answer.status_code}; is a mock running there?"
    return str(said.get("error") or said.get("message"))


def moment(at: datetime | float) -> str | float:
    """A moment as the levers take it."""
    return at.isoformat() if isinstance(at, datetime) else float(at)
