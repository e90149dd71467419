"""A mock that runs as a server: `account.mock` after `connect(URL)`."""

from typing import TYPE_CHECKING

from ...lazy import lazily
from .clock import RemoteClock
from .control_client import ControlRefused, MockUnreachable
from .mock import RemoteMock

__all__ = ["ControlRefused", "MockUnreachable", "RemoteClock", "RemoteMock"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, LeverRefused="ControlRefused")
