"""What the form asks for, and the config that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ...mock import flex_flows
from ..config import FlexFlowConfig, settings_of
from ..file import fix_of, setting_of

EntryKind = Literal["text", "choice", "switch", "number"]


class Entry(NamedTuple):
    """One field of the form.

    Attributes:
        name: As `FlexFlowConfig.fields` names it.
        label: As the form names it.
        kind: How it is entered.
        choices: What there is to choose from.
    """

    name: str
    label: str
    kind: EntryKind
    choices: tuple[str, ...] = ()

    @property
    def setting(self) -> str | None:
        """The setting of a handler that it is; None for a field of every flow."""
        return self.name.removeprefix("integration.") if "." in self.name else None

    def applies(self, integration_type: str) -> bool:
        """Whether a flow with this handler has it."""
        return self.setting is None or self.setting in settings_of(integration_type)


ENTRIES = (
    Entry("friendly_name", "Name", "text"),
    Entry("channel_type", "Channel type", "choice", get_args(flex_flows.ChannelType)),
    Entry("contact_identity", "Contact identity", "text"),
    Entry("integration_type", "Handler", "choice", get_args(flex_flows.IntegrationType)),
    Entry("integration.flow", "Studio flow", "text"),
    Entry("integration.url", "URL", "text"),
    Entry("integration.workspace", "Workspace", "text"),
    Entry("integration.workflow", "Workflow", "text"),
    Entry("integration.channel", "Task channel", "text"),
    Entry("integration.timeout", "Timeout, s", "number"),
    Entry("integration.priority", "Priority", "number"),
    Entry("integration.creation_on_message", "Task on first message", "switch"),
    Entry("integration.retry_count", "Retry count", "number"),
    Entry("long_lived", "Long-lived", "switch"),
    Entry("janitor_enabled", "Janitor", "switch"),
    Entry("enabled", "Enabled", "switch"),
)
_NUMBERS = {
    name: value
    for defaults in flex_flows.DEFAULTS.values()
    for name, value in defaults.items()
    if not isinstance(value, str)
}
EMPTY: dict[str, Any] = {
    **dict.fromkeys((entry.name for entry in ENTRIES), None),
    **{f"integration.{name}": value for name, value in _NUMBERS.items()},
    "channel_type": "custom",
    "integration_type": "studio",
    "long_lived": False,
    "janitor_enabled": False,
    "enabled": True,
}
"""A form that nobody has filled in."""
UNSEEN = ("chat_service", "formerly", "accept")
"""What a file says besides: the form keeps it as it is."""


class Entered(NamedTuple):
    """What the values make: a config, or what is wrong with them, by field."""

    flow: FlexFlowConfig | None
    problems: dict[str, str]


def entered(values: Mapping[str, Any]) -> Entered:
    """Make the config of what is entered; settings of other handlers do not count."""
    kind = values["integration_type"]
    given = {entry: values[entry.name] for entry in ENTRIES if values[entry.name] is not None}
    own = {entry.name: value for entry, value in given.items() if entry.setting is None}
    settings = {
        entry.setting: value
        for entry, value in given.items()
        if entry.setting is not None and entry.applies(kind)
    }
    unseen = {name: values[name] for name in UNSEEN if values.get(name) is not None}
    try:
        config = FlexFlowConfig.model_validate(own | unseen | {"integration": settings})
        return Entered(config, {})
    except ValidationError as refused:
        return Entered(None, {_field(error): fix_of(error) for error in refused.errors()})


def _field(error: ErrorDetails) -> str:
    return ".".join(map(str, (*error["loc"], *setting_of(error))))
