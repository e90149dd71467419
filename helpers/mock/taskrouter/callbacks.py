"""What a workspace's event callback is told: a form for the URL it names.

The parameters are documented; that the time comes in seconds and in milliseconds was observed.
"""

from __future__ import annotations

from typing import NamedTuple

from .events import TaskRouterEvent


class Callback(NamedTuple):
    """One request to an application."""

    url: str
    method: str
    parameters: dict[str, str]


def callback_for(event: TaskRouterEvent) -> Callback | None:
    """The request that tells of an event; None where the workspace does not want it told."""
    workspace, record = event.workspace, event.record
    if not workspace.event_callback_url or not _is_wanted(workspace.events_filter, event.name):
        return None
    about = {
        "EventType": event.name,
        "AccountSid": record.account_sid,
        "EventDescription": record.description,
        "ResourceType": record.resource_type,
        "ResourceSid": record.resource_sid,
        "Timestamp": str(int(record.event_date)),
        "TimestampMs": str(int(record.event_date * 1000)),
        "Sid": record.sid,
    }
    data = {_pascal(name): value for name, value in record.event_data.items()}
    return Callback(workspace.event_callback_url, "POST", about | data)


def _is_wanted(events_filter: str | None, name: str) -> bool:
    """Whether a comma-separated list names the event; an empty one names them all (specified)."""
    names = [part.strip() for part in (events_filter or "").split(",") if part.strip()]
    return not names or name in names


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
