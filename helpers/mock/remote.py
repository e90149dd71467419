"""A mock that runs as a server elsewhere: its levers, pulled over HTTP.

It has the same names as `MockTwilio`, so that a notebook's cells work with either.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests

from .clock import Timer
from .credentials import Credentials

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


class RemoteClock:
    """The clock of a mock elsewhere, with the methods of `Clock`.

    `now()` is asked for once a second at most; between, the time that went by here is added.
    """

    def __init__(self, levers: Levers) -> None:
        self._levers = levers
        self._asked: tuple[float, float, bool] | None = None

    def now(self) -> float:
        """Epoch seconds, UTC."""
        if self._asked is None or time.monotonic() - self._asked[0] > 1:
            self._take(self._levers.pull("GET", "/clock"))
        assert self._asked is not None  # noqa: S101 - just taken
        at, now, is_frozen = self._asked
        return now if is_frozen else now + time.monotonic() - at

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return bool(self._levers.pull("GET", "/clock")["is_frozen"])

    def freeze(self, at: datetime | float | None = None) -> None:
        """Stop the clock, at a moment given as aware datetime or epoch seconds, or right now."""
        self._set(freeze=True if at is None else _moment(at))

    def unfreeze(self) -> None:
        """Let the clock run on from where it stands."""
        self._set(unfreeze=True)

    def advance(self, seconds: float) -> None:
        """Move forward, running every timer that falls due on the way.

        Raises:
            ValueError: `seconds` is negative.
        """
        self._set(advance=seconds)

    def reset(self) -> None:
        """Real time again."""
        self._set(reset=True)

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        """Run `call` when the clock reaches `due` (epoch seconds), on a thread of this process.

        The other clock is looked at once a second, so that an advance of it is noticed.
        """
        timer = Timer(due, call, lambda: None)
        threading.Thread(target=self._wait, args=(timer,), name="remote-clock", daemon=True).start()
        return timer

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Run `call` in so many seconds of the other clock."""
        return self.call_at(self.now() + seconds, call)

    def _wait(self, timer: Timer) -> None:
        while timer.is_waiting:
            try:
                left = timer.due - self.now()
            except (MockUnreachable, LeverRefused):
                left = 1.0  # the server may come back
            if left <= 0:
                timer.fire()
            else:
                time.sleep(min(left, 1))

    def _set(self, **change: Any) -> None:
        self._take(self._levers.pull("POST", "/clock", change))

    def _take(self, said: dict[str, Any]) -> None:
        self._asked = (time.monotonic(), said["now"], said["is_frozen"])

    def __repr__(self) -> str:
        return f"<the clock of {self._levers.base}>"


def _moment(at: datetime | float) -> str | float:
    return at.isoformat() if isinstance(at, datetime) else float(at)


class RemoteMock:
    """A mock account that runs as a server.

    Attributes:
        clock: The time it lives by, to freeze and advance.
    """

    def __init__(self, base: str, credentials: Credentials) -> None:
        self._levers = Levers(base, credentials)
        self.url = self._levers.base
        self.clock = RemoteClock(self._levers)

    def reset(self) -> None:
        """Back to a new account at real time."""
        self._levers.pull("POST", "/reset")

    @contextmanager
    def snapshot(self) -> Iterator[RemoteMock]:
        """Put everything back on leaving the `with` block: resources and SIDs, not the clock."""
        name = self._levers.pull("POST", "/snapshots")["name"]
        try:
            yield self
        finally:
            self._levers.pull("POST", f"/snapshots/{name}/restore")
            self._levers.pull("DELETE", f"/snapshots/{name}")

    def type_in(self, token: str, channel_sid: str) -> int:
        """Tell a channel that the chat user of `token` is typing; seconds the indicator lasts."""
        body = {"token": token, "channel_sid": channel_sid}
        return int(self._levers.pull("POST", "/typing", body)["seconds"])

    def __repr__(self) -> str:
        return f"<the mock at {self.url}>"
