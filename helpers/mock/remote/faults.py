"""The faults of a mock elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..faults import BadFault, Fault
from ..faults.matching import listed, listed_as_html
from ..faults.registry import FaultRegistry
from ..faults.settings import Settings
from .control_client import ControlClient, ControlRefused

_COUNTED = ("id", "hits", "passed", "left")


class RemoteFault:
    """One rule of a mock elsewhere, with the names of `Fault`; what it counts is asked for anew.

    Attributes:
        id: A number of its own.
        settings: What it does, to which calls.
    """

    def __init__(self, control: ControlClient, said: dict[str, Any]) -> None:
        self._control = control
        self.id: int = said["id"]
        self.settings = Settings.read(
            {name: value for name, value in said.items() if name not in _COUNTED}
        )

    @property
    def hits(self) -> int:
        """Calls it has struck."""
        return int(self._counted()["hits"])

    @property
    def passed(self) -> int:
        """Calls it has let pass, as `skip` asks."""
        return int(self._counted()["passed"])

    @property
    def left(self) -> int | None:
        """Calls it will still strike; None for as many as come."""
        left: int | None = self._counted()["left"]
        return left

    def _counted(self) -> dict[str, Any]:
        counted: dict[str, Any] = self._control.call("GET", f"/faults/{self.id}")
        return counted

    def remove(self) -> None:
        """Strike no more, and be listed no more."""
        self._control.call("DELETE", f"/faults/{self.id}")

    def here(self) -> Fault:
        """As it stands now, to be shown."""
        counted = self._counted()
        fault = Fault(self.id, self.settings, lambda _: None)
        fault.hits, fault.passed = counted["hits"], counted["passed"]
        return fault

    def __repr__(self) -> str:
        return repr(self.here())

    def __enter__(self) -> RemoteFault:
        return self

    def __exit__(self, *about: object) -> None:
        self.remove()


class RemoteFaults(FaultRegistry[RemoteFault]):
    """The faults of a mock elsewhere, with the names of `Faults`."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def add_from_json(self, given: Mapping[str, Any]) -> RemoteFault:
        """A fault from a JSON object, with the names that `add` has.

        Raises:
            BadFault: It fits no operation, or its settings do not fit together.
        """
        try:
            return RemoteFault(self._control, self._control.call("POST", "/faults", dict(given)))
        except ControlRefused as refusal:
            raise BadFault(str(refusal)) from None

    def clear(self) -> None:
        """Have every call answered again."""
        self._control.call("DELETE", "/faults")

    def __iter__(self) -> Iterator[RemoteFault]:
        said = self._control.call("GET", "/faults")["faults"]
        return iter([RemoteFault(self._control, each) for each in said])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return listed(self._here())

    def _repr_html_(self) -> str:
        return listed_as_html(self._here())

    def _here(self) -> list[Fault]:
        return [fault.here() for fault in self]
