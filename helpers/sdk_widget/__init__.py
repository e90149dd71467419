"""Twilio's own JavaScript Chat SDK inside a notebook cell, with its events in Python.

The model needs no widget library, so importing it loads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import SdkEvent, SdkModel

if TYPE_CHECKING:
    from .widget import ChatSdkWidget, NotServed

__all__ = ["ChatSdkWidget", "NotServed", "SdkEvent", "SdkModel"]


def __getattr__(name: str) -> object:
    if name in {"ChatSdkWidget", "NotServed"}:  # only now is a widget wanted
        from . import widget  # noqa: PLC0415

        return getattr(widget, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
