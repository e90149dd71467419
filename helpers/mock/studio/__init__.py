"""Studio: flows of widgets, and the executions that carry a contact through one."""

from .resources import KINDS, StudioFlow

__all__ = ["KINDS", "StudioFlow"]
