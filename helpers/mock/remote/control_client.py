"""Asks a mock that runs as a server to move its clock, make calls fail, and the like."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import requests

from ..core.clock import epoch
from ..core.credentials import Credentials

PATIENCE = 30
"""Seconds to wait for an answer."""
_START = "Start the mock there: python -m helpers.mock"
_WHY = (
    (requests.exceptions.SSLError, "The mock speaks plain http: begin its URL with http://"),
    (
        requests.exceptions.ReadTimeout,
        f"It is busy for more than {PATIENCE} s, and may still do what was asked; look before you"
        " ask again",
    ),
)


class MockUnreachable(ConnectionError):
    """No mock answers where one should be."""


class ControlRefused(ValueError):
    """The mock refused what was asked of it; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ControlClient:
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

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answered.

        Raises:
            MockUnreachable: Nobody answers there, or nobody who is a mock.
            LeverRefused: The mock says why.
        """
        url = f"{self.base}/_mock{path}"
        try:
            answer = self._session.request(method, url, json=body, timeout=PATIENCE)
        except requests.RequestException as error:
            advice = next((why for kind, why in _WHY if isinstance(error, kind)), _START)
            raise MockUnreachable(
                f"No answer from {self.base} ({type(error).__name__}). {advice}"
            ) from None
        said = _document(answer)
        if said is None:
            raise MockUnreachable(
                f"{answer.url} answered HTTP {answer.status_code}, but not as a mock does:"
                " something else runs there. Look at the URL that the mock said when it started"
            )
        if not answer.ok:
            raise ControlRefused(answer.status_code, str(said.get("error") or said.get("message")))
        return said


def _document(answer: requests.Response) -> dict[str, Any] | None:
    """The JSON object answered, as a mock always does; None for anything else."""
    try:
        said = answer.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def moment(at: datetime | float) -> str | float:
    """A moment as the levers take it.

    Raises:
        ValueError: It is one that no clock can show.
    """
    epoch(at)
    return at.isoformat() if isinstance(at, datetime) else float(at)
