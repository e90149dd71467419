"""A mock that runs as a server elsewhere: its levers, pulled over HTTP.

It has the same names as `MockTwilio`, so that a notebook's cells work with either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..credentials import Credentials
from .clock import RemoteClock
from .faults import RemoteFaults
from .levers import Levers


class RemoteMock:
    """A mock account that runs as a server.

    Attributes:
        url: Where it answers.
        clock: The time it lives by, to freeze and advance.
        faults: Rules that make chosen calls fail.
    """

    def __init__(self, base: str, credentials: Credentials) -> None:
        self._levers = Levers(base, credentials)
        self.url = self._levers.base
        self.clock = RemoteClock(self._levers)
        self.faults = RemoteFaults(self._levers)

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
