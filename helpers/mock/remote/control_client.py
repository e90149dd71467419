"""Client of the control paths of a mock that runs as a server: its clock, faults and the like."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import requests

from ...json_object import json_object
from ..core.clock import epoch
from ..core.credentials import Credentials

TIMEOUT = 30
"""Seconds to wait for an answer."""
_START = "Start the mock there: python -m helpers.mock"
_ADVICE = (
    (requests.exceptions.SSLError, "The mock speaks plain http: begin its URL with http://"),
    (
        requests.exceptions.ReadTimeout,
        f"It is busy for more than {TIMEOUT} s and may still carry out the request; check before"
        " you repeat it",
    ),
)


class MockUnreachable(ConnectionError):
    """No mock answers at the URL."""


class ControlRefused(ValueError):
    """The mock refused a control request; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ControlClient:
    """Sends requests to a server's `/_mock` paths.

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
        """Send a request, and return the JSON of the answer.

        Raises:
            MockUnreachable: There is no answer, or none of a mock.
            ControlRefused: The mock refused, with its reason.
        """
        url = f"{self.base}/_mock{path}"
        try:
            answer = self._session.request(method, url, json=body, timeout=TIMEOUT)
        except requests.RequestException as error:
            advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), _START)
            raise MockUnreachable(
                f"No answer from {self.base} ({type(error).__name__}). {advice}"
            ) from None
        content = json_object(answer.content)
        if content is None:
            raise MockUnreachable(
                f"{answer.url} answered HTTP {answer.status_code}, but not as a mock does:"
                " something else runs there. Look at the URL that the mock printed when it started"
            )
        if not answer.ok:
            reason = content.get("error") or content.get("message")
            raise ControlRefused(answer.status_code, str(reason))
        return content


def moment(at: datetime | float) -> str | float:
    """A moment in the JSON of a control request.

    Raises:
        ValueError: It has no time zone, or is before 1970 or after 9999.
    """
    epoch(at)
    return at.isoformat() if isinstance(at, datetime) else float(at)
