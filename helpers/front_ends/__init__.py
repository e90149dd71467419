"""Twilio's own front ends and JavaScript Chat SDK inside a notebook cell.

The model needs no widget library, so importing it loads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily
from .sdk_model import SdkEvent, SdkModel

if TYPE_CHECKING:
    from .frame import FlexDesktop, FlexWebChat, FrontEndFrame
    from .sdk_widget import ChatPageFrame, ChatSdkWidget, NotServed

__all__ = [
    "ChatPageFrame",
    "ChatSdkWidget",
    "FlexDesktop",
    "FlexWebChat",
    "FrontEndFrame",
    "NotServed",
    "SdkEvent",
    "SdkModel",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)
