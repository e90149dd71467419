"""A mock that runs as a server elsewhere: its control, pulled over HTTP.

What it has, it has by the names of `MockTwilio`, so that a notebook's cells work with either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import NoReturn, Self

from ..core.credentials import Credentials
from ..scenarios import Scenario, Scenarios, UnknownScenario
from .clock import RemoteClock
from .control_client import ControlClient, ControlRefused, moment
from .faults import RemoteFaults

_HAS = ("clock", "faults", "load", "reset", "scenarios", "snapshot", "type_in", "url")


class RemoteMock:
    """A mock account that runs as a server.

    Attributes:
        url: Where it answers.
        clock: The time it lives by, to freeze and advance.
        faults: Rules that make chosen calls fail.
    """

    def __init__(self, base: str, credentials: Credentials) -> None:
        self._control = ControlClient(base, credentials)
        self.url = self._control.base
        self.clock = RemoteClock(self._control)
        self.faults = RemoteFaults(self._control)

    def serve(self, port: int = 0) -> Self:
        """It is served already, by whoever started it: this goes on answering at its `url`.

        `port` is there so that a notebook's cells work with either mock, and chooses nothing.
        """
        return self

    def close(self) -> None:
        """Leave it to whoever started it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def reset(self, at: datetime | float | None = None) -> None:
        """Back to a new account, at real time or frozen at a moment; `MockTwilio.reset` says how.

        Raises:
            ValueError: `at` says no time zone; nothing has changed.
        """
        self._control.call("POST", "/reset", {"at": None if at is None else moment(at)})
        self.clock.forget()

    @property
    def scenarios(self) -> Scenarios:
        """The accounts that `load()` knows there, with a sentence about each."""
        listed = self._control.call("GET", "/scenarios")["scenarios"]
        return Scenarios(*(Scenario(**each) for each in listed))

    def load(self, name: str, at: datetime | float | None = None) -> Scenario:
        """Make the account one with a story behind it; `MockTwilio.load` says how.

        Raises:
            UnknownScenario: There is none of that name; nothing has changed.
            ValueError: `at` says no time zone; nothing has changed.
        """
        body = {"name": name, "at": None if at is None else moment(at)}
        try:
            said = self._control.call("POST", "/scenarios", body)
        except ControlRefused as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                raise UnknownScenario(str(refusal)) from None
            raise
        self.clock.forget()
        return Scenario(**said)

    @contextmanager
    def snapshot(self) -> Iterator[RemoteMock]:
        """Put everything back on leaving the `with` block: resources and SIDs, not the clock."""
        name = self._control.call("POST", "/snapshots")["name"]
        try:
            yield self
        finally:
            self._control.call("POST", f"/snapshots/{name}/restore")
            self._control.call("DELETE", f"/snapshots/{name}")

    def type_in(self, token: str, channel_sid: str) -> int:
        """Tell a channel that the chat user of `token` is typing; seconds the indicator lasts."""
        body = {"token": token, "channel_sid": channel_sid}
        return int(self._control.call("POST", "/typing", body)["seconds"])

    def __getattr__(self, name: str) -> NoReturn:
        """Say what a mock elsewhere has, of one in this kernel."""
        raise AttributeError(
            f"a mock elsewhere has no {name!r} here, only {', '.join(_HAS)}; a mock in this kernel,"
            " by connect() without a URL, has everything"
        )

    def __repr__(self) -> str:
        return f"<the mock at {self.url}>"
