"""A mock account that runs as a server: what `account.mock` is after `connect(URL)`."""

from .clock import RemoteClock
from .levers import LeverRefused, MockUnreachable
from .mock import RemoteMock

__all__ = ["LeverRefused", "MockUnreachable", "RemoteClock", "RemoteMock"]
