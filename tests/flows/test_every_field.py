"""Every field of every kind: written, read back, its drift shown, and mended."""

from __future__ import annotations

from typing import Any

import yaml

from helpers import Account
from helpers.flows import export, load, plan
from helpers.flows.file.kinds.table import KINDS


def centre(*, other: bool) -> str:
    """A file that says every field of every kind; in the other one each has another value."""

    def one(first: Any, second: Any) -> Any:
        return second if other else first

    url = one("https://a.example/x", "https://b.example/y")
    hook = {"pre_webhook_url": url, "post_webhook_url": url, "method": one("GET", "POST")}
    push = {
        f"{verb}_{name}": one(*both)
        for verb in ("new_message", "added_to_conversation", "removed_from_conversation")
        for name, both in {
            "enabled": (True, False),
            "template": ("One", "Two"),
            "sound": ("ping", "pong"),
        }.items()
    }
    target = {"queue": one("Left", "Right"), "timeout": one(30, 60)}
    content = {
        "workspaces": {
            "Shop": {
                "event_callback_url": url,
                "events_filter": one("task.created", "task.canceled"),
                "multi_task_enabled": True,  # Twilio refuses to switch it off again
                "prioritize_queue_order": one("LIFO", "FIFO"),
                "default_activity": one("A", "B"),
                "timeout_activity": one("A", "B"),
                "activities": {"A": {"available": True}, "B": {}},
                "task_channels": {
                    "post": {
                        "friendly_name": one("Post", "Mail"),
                        "channel_optimized_routing": one(True, False),
                    }
                },
                "queues": {
                    "Left": {
                        "target_workers": one("level > 1", "level > 2"),
                        "max_reserved_workers": one(2, 3),
                        "task_order": one("LIFO", "FIFO"),
                        "reservation_activity": one("A", "B"),
                        "assignment_activity": one("A", "B"),
                    },
                    "Right": {},
                },
                "workflows": {
                    "Main": {
                        "filters": [{"expression": "1==1", "targets": [target]}],
                        "default_filter": {"queue": one("Left", "Right")},
                        "task_reservation_timeout": one(30, 60),
                        "assignment_callback_url": url,
                        "fallback_assignment_callback_url": url,
                    }
                },
                "workers": {
                    "zoe": {
                        "attributes": {"level": one(1, 2)},
                        "activity": one("A", "B"),
                        "channels": {
                            "post": {"capacity": one(2, 3), "available": one(False, True)}
                        },
                    }
                },
            }
        },
        "conversation_services": {
            "Second": {
                "default_conversation_creator_role": one("channel user", "channel admin"),
                "default_conversation_role": one("helper", "channel user"),
                "default_chat_service_role": one("service admin", "service user"),
                "reachability_enabled": one(True, False),
                "roles": {
                    "helper": {
                        "type": "conversation",
                        "permissions": one(["sendMessage"], ["leaveConversation"]),
                    }
                },
                "webhooks": {
                    **hook,
                    "filters": one(["onMessageAdded"], ["onConversationAdded"]),
                },
                "notifications": {
                    "log_enabled": one(True, False),
                    "new_message_badge_count_enabled": one(True, False),
                    "new_message_with_media_enabled": one(True, False),
                    "new_message_with_media_template": one("One", "Two"),
                    **push,
                },
            }
        },
        "chat_services": {
            "Second": {
                "read_status_enabled": one(False, True),
                "typing_indicator_timeout": one(8, 9),
                "consumption_report_interval": one(20, 30),
                "limits_channel_members": one(20, 30),
                "limits_user_channels": one(20, 30),
                "media_compatibility_message": one("Look", "See"),
                "webhooks": {
                    **hook,
                    "filters": one(["onMessageSent"], ["onChannelAdded"]),
                    "pre_retry_count": one(1, 2),
                    "post_retry_count": one(1, 2),
                },
                "notifications": {
                    "invited_to_channel_enabled": one(True, False),
                    "invited_to_channel_template": one("One", "Two"),
                    "invited_to_channel_sound": one("ping", "pong"),
                },
            }
        },
        "studio_flows": {
            "Hello": {
                "status": "published",
                "definition": {
                    "initial_state": "Trigger",
                    "description": one("One", "Two"),
                    "states": [
                        {
                            "name": "Trigger",
                            "type": "trigger",
                            "transitions": [],
                            "properties": {"offset": {"x": one(1, 2), "y": 0}},
                        }
                    ],
                },
            }
        },
    }
    return str(yaml.safe_dump(content))


STEADY = {
    ("activities", "available"),  # which no update changes
    ("conversation_roles", "type"),
    ("workers", "activity"),  # the agents' own, once they are there
    ("workspaces", "multi_task_enabled"),
    ("studio_flows", "status"),
}
"""Fields that are the same in both files, or of no concern later."""
CHAT_ROLES = "chat_roles"
"""A view of roles that says no more than the other one."""


def test_the_files_say_every_field_of_every_kind() -> None:
    said: dict[str, set[str]] = {}
    for entry in load(centre(other=False)).resources:
        said.setdefault(entry.kind.name, set()).update(entry.config.model_fields_set)
    for kind in KINDS.values():
        own = {field.name for field in kind.fields if not field.is_shared}
        if kind.name != CHAT_ROLES:
            assert own <= said[kind.name], kind.name


def test_drift_of_every_field_is_shown_and_mended(account: Account) -> None:
    one, other = centre(other=False), centre(other=True)
    plan(account, one).apply()
    assert plan(account, one).is_empty
    plan(account, other).apply()
    assert plan(account, other).is_empty
    drift = {
        (step.kept_in, change.field.split(".")[0].split(" ")[0])
        for step in plan(account, one).steps
        if step.action == "update"
        for change in step.changes
    }
    readable = {
        ("workflows", "filters"): ("workflows", "filter"),
        ("studio_flows", "definition"): ("studio_flows", "widget"),
    }
    for kind in KINDS.values():
        for field in kind.fields:
            place = (kind.name, field.name)
            if place not in STEADY and not field.is_shared and kind.name != CHAT_ROLES:
                assert readable.get(place, place) in drift, place
    plan(account, one).apply()
    assert plan(account, one).is_empty


def test_every_field_is_exported(account: Account) -> None:
    one = centre(other=False)
    plan(account, one).apply()
    exported = {
        entry.address: entry
        for entry in load(export(account, everything=True).text + "\n").resources
    }
    for entry in load(one).resources:
        said = exported[entry.address].dumped()
        for name, value in entry.dumped().items():
            assert said[name] == value, (entry.address, name)
