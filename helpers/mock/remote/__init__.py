"""A mock that runs as a server: `account.mock` after `connect(URL)`."""

from .clock import RemoteClock
from .control_client import ControlRefused, MockUnreachable
from .mock import RemoteMock

__all__ = ["ControlRefused", "MockUnreachable", "RemoteClock", "RemoteMock"]
