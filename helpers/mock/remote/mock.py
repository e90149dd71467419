"""A mock that runs as a server, controlled over HTTP.

Its members have the names of `MockTwilio`'s, so that a notebook's cells work with either.
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

_MEMBERS = ("clock", "faults", "load", "reset", "scenarios", "snapshot", "type_in", "url")


class RemoteMock:
    """A mock account that runs as a server.

    Attributes:
        url: The server's URL.
        clock: The mock's clock, to freeze and advance.
        faults: Rules that make chosen calls fail.
    """

    def __init__(self, base: str, credentials: Credentials) -> None:
        self._control = ControlClient(base, credentials)
        self.url = self._control.base
        self.clock = RemoteClock(self._control)
        self.faults = RemoteFaults(self._control)

    def serve(self, port: int = 0) -> Self:
        """Return this mock, which is served already at its `url`.

        `port` has no effect; it is there so that a notebook's cells work with either mock.
        """
        return self

    def close(self) -> None:
        """Do nothing: the server runs until its own process ends."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def reset(self, at: datetime | float | None = None) -> None:
        """Reset to a new account, at real time or frozen at a moment; see `MockTwilio.reset`.

        Raises:
            ValueError: `at` has no time zone; nothing has changed.
        """
        self._control.call("POST", "/reset", {"at": None if at is None else moment(at)})
        self.clock.forget()

    @property
    def scenarios(self) -> Scenarios:
        """The accounts that `load()` takes, with a sentence about each."""
        listed = self._control.call("GET", "/scenarios")["scenarios"]
        return Scenarios(*(Scenario(**each) for each in listed))

    def load(self, name: str, at: datetime | float | None = None) -> Scenario:
        """Replace the account by a scenario; see `MockTwilio.load`.

        Raises:
            UnknownScenario: There is no scenario of that name; nothing has changed.
            ValueError: `at` has no time zone; nothing has changed.
        """
        body = {"name": name, "at": None if at is None else moment(at)}
        try:
            loaded = self._control.call("POST", "/scenarios", body)
        except ControlRefused as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                raise UnknownScenario(str(refusal)) from None
            raise
        self.clock.forget()
        return Scenario(**loaded)

    @contextmanager
    def snapshot(self) -> Iterator[RemoteMock]:
        """Restore resources and SIDs on leaving the `with` block; the clock is not changed."""
        name = self._control.call("POST", "/snapshots")["name"]
        try:
            yield self
        finally:
            self._control.call("POST", f"/snapshots/{name}/restore")
            self._control.call("DELETE", f"/snapshots/{name}")

    def type_in(self, token: str, channel_sid: str) -> int:
        """Send a typing indicator of the chat user of `token`; returns the seconds it lasts."""
        body = {"token": token, "channel_sid": channel_sid}
        return int(self._control.call("POST", "/typing", body)["seconds"])

    def __getattr__(self, name: str) -> NoReturn:
        """Raise an error that names the members it has."""
        raise AttributeError(
            f"a mock that runs as a server has no {name!r}, only {', '.join(_MEMBERS)}; a mock in"
            " this kernel, from connect() without a URL, has everything"
        )

    def __repr__(self) -> str:
        return f"<the mock at {self.url}>"
