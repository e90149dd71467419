"""A mock account that runs as a server: what `account.mock` is after `connect(URL)`."""

from .clock import RemoteClock
from .control_client import ControlRefused, MockUnreachable
from .mock import RemoteMock

__all__ = ["ControlRefused", "MockUnreachable", "RemoteClock", "RemoteMock"]
