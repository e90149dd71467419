"""Old name of `helpers.front_ends`."""

import warnings

from .front_ends import ChatPageFrame, ChatSdkWidget, NotServed, SdkEvent, SdkModel

__all__ = ["ChatPageFrame", "ChatSdkWidget", "NotServed", "SdkEvent", "SdkModel"]

warnings.warn("helpers.sdk_widget is now helpers.front_ends", DeprecationWarning, stacklevel=2)
