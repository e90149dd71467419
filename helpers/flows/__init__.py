"""The Flex Flow workbench: configs in a file, checked, planned, applied, rehearsed and loaded.

Names are loaded when they are first used, as in `helpers`. No module in here may be called like a
public function: Python would put the module in the function's place when it is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import FlexFlowConfig, Integration
    from .directory import arguments_for
    from .file import FlowFile, load
    from .problems import FlowProblem

_HOMES = {
    "FlexFlowConfig": "config",
    "Integration": "config",
    "arguments_for": "directory",
    "FlowFile": "file",
    "load": "file",
    "FlowProblem": "problems",
}

__all__ = [
    "FlexFlowConfig",
    "FlowFile",
    "FlowProblem",
    "Integration",
    "arguments_for",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'helpers.flows' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
