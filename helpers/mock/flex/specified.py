"""What a Flex Flow may hold, as Twilio specifies it: one place for requests and for flow files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ..fields import is_web_address

__all__ = [
    "CONTACT",
    "DEFAULTS",
    "REQUIRED",
    "ChannelType",
    "IntegrationType",
    "Priority",
    "RetryCount",
    "Timeout",
    "is_web_address",
]

ChannelType = Literal["web", "sms", "facebook", "whatsapp", "line", "custom"]
IntegrationType = Literal["studio", "external", "task"]
Timeout = Annotated[int, Field(ge=1, le=1_209_600)]
"""Seconds a task may wait."""
Priority = Annotated[int, Field(ge=0, le=2**31)]
RetryCount = Annotated[int, Field(ge=0, le=3)]

DEFAULTS: dict[str, dict[str, Any]] = {
    "studio": {"retry_count": 3},
    "external": {"retry_count": 3},
    "task": {"channel": "default", "timeout": 86_400, "priority": 0, "creation_on_message": False},
}
"""Integration settings that apply to each type, with Twilio's defaults (specified)."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "studio": ("flow_sid",),
    "external": ("url",),
    "task": ("workspace_sid", "workflow_sid"),
}
"""Integration settings that a type cannot do without (specified)."""

CONTACT = ("channel_type", "contact_identity")
"""What a contact is told by: only one enabled flow may have the same (45212; documented)."""
