"""The faults of a mock that runs as a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..faults import BadFault, Fault
from ..faults.settings import FaultRegistry, FaultRule, FaultSettings
from .control_client import ControlClient, ControlRefused


class RemoteFault(FaultRule):
    """One rule of the server, with the names of `Fault`; its counts are fetched at each read.

    Attributes:
        id: A number of its own.
        settings: Its pattern and effect.
    """

    def __init__(self, control: ControlClient, fault: dict[str, Any]) -> None:
        self._control = control
        self.id: int = fault["id"]
        self.settings = FaultSettings.read(
            {name: fault[name] for name in FaultSettings.model_fields}
        )

    @property
    def hits(self) -> int:
        """Calls that it has made fail."""
        return self._counted().hits

    @property
    def passed(self) -> int:
        """Calls that it has let pass, by `skip`."""
        return self._counted().passed

    @property
    def left(self) -> int | None:
        """Calls that it will still make fail; None for no limit."""
        return self._counted().left

    def remove(self) -> None:
        """Stop, and leave the list."""
        self._control.call("DELETE", f"/faults/{self.id}")

    def row(self) -> dict[str, str]:
        """Its row in a list of faults."""
        return self._counted().row()

    def _counted(self) -> Fault:
        """A copy with its present counts."""
        counts = self._control.call("GET", f"/faults/{self.id}")
        fault = Fault(self.id, self.settings, lambda _: None)
        fault.hits, fault.passed = counts["hits"], counts["passed"]
        return fault


class RemoteFaults(FaultRegistry[RemoteFault]):
    """The faults of the server, with the names of `Faults`."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def add_from_json(self, given: Mapping[str, Any]) -> RemoteFault:
        """Add a fault as `FaultRegistry.add_from_json` does."""
        try:
            return RemoteFault(self._control, self._control.call("POST", "/faults", dict(given)))
        except ControlRefused as refusal:
            raise BadFault(str(refusal)) from None

    def clear(self) -> None:
        """Remove all faults."""
        self._control.call("DELETE", "/faults")

    def __iter__(self) -> Iterator[RemoteFault]:
        faults = self._control.call("GET", "/faults")["faults"]
        return iter([RemoteFault(self._control, each) for each in faults])

    def __len__(self) -> int:
        return len(list(iter(self)))
