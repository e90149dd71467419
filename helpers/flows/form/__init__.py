"""A form that edits a Flex Flow and says, as one types, what would come of it.

The model needs no widget library, so importing it loads none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .model import FlowFormModel, FormState

if TYPE_CHECKING:
    from .widget import FlowForm

__all__ = ["FlowForm", "FlowFormModel", "FormState"]


def __getattr__(name: str) -> object:
    if name == "FlowForm":  # only now are widgets wanted
        return import_module(".widget", __name__).FlowForm
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
