"""Services of Conversations, and the same services as the legacy API shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from ....mock import CHAT_GRANTS, CONVERSATIONS_GRANTS
from .kind import AS_IS, URL, ResourceField, ResourceKind, reference

_SOME = Annotated[list[str], Field(min_length=1)]

_ROLES = ("service admin", "service user", "channel admin", "channel user")
"""Roles that a new service has, and that cannot be deleted."""
Grants = Mapping[str, Collection[str]]
"""Permissions by the type of a role: first that for a chat, then that for the service."""


def _roles(of: str, product: str, operation: str, grants: Grants, **more: Any) -> ResourceKind:
    for_chat, for_service = grants
    return ResourceKind(
        f"{of}_roles",
        "role",
        "RL",
        product,
        operation,
        "roles",
        (
            ResourceField("type", ..., is_fixed=True),
            ResourceField(
                "permissions",
                ...,
                _SOME,
                "permission",
                "permissions",
                is_set=True,
                choices=("type", grants),
            ),
        ),
        "roles",
        f"{of}_services",
        is_key_fixed=True,
        permanent={
            name: {"type": for_service if name.startswith("service") else for_chat}
            for name in _ROLES
        },
        **more,
    )


def _pushes(verbs: Sequence[str], end: str = "", **more: Any) -> Iterator[ResourceField]:
    """Fields of push notifications, by what devices are notified of."""
    for verb in verbs:
        for setting, default in (("enabled", False), ("template", ""), ("sound", "")):
            yield _push(f"{verb}{end}", setting, default, **more)


def _push(verb: str, setting: str, default: Any, *, of: str = "", **more: Any) -> ResourceField:
    name = f"{verb}_{setting}"
    of_media = setting.replace("with_media_", "with_media.")
    place = ".".join(filter(None, (of, verb, of_media)))
    return ResourceField(name, default, None, f"{of}_{name}" if of else "", place, **more)


def _default(roles: str, name: str, at_first: str, kind: str, **more: Any) -> ResourceField:
    """A setting that names a role of one type: `at_first` in a new service."""
    return reference(
        roles,
        name,
        AS_IS,
        is_late=True,
        at_first=at_first,
        demands={"type": kind},
        **more,
    )


_NO_MEDIA = "Media messages are not supported by your client"
_OF_CHAT: dict[str, Any] = {"of": "notifications"}

SERVICES = (
    ResourceKind(
        "conversation_services",
        "conversation service",
        "IS",
        "conversations",
        "UpdateServiceConfiguration",
        "conversations.v1.services",
        (
            _default(
                "conversation_roles",
                "default_conversation_creator_role",
                "channel admin",
                "conversation",
            ),
            _default(
                "conversation_roles", "default_conversation_role", "channel user", "conversation"
            ),
            _default("conversation_roles", "default_chat_service_role", "service user", "service"),
            ResourceField("reachability_enabled", False, is_late=True),
        ),
        is_key_fixed=True,
        settings="configuration",
        brings={"roles": _ROLES},
    ),
    _roles("conversation", "conversations", "CreateServiceRole", CONVERSATIONS_GRANTS),
    ResourceKind(
        "conversation_webhooks",
        "webhooks",
        "",
        "conversations",
        "UpdateServiceWebhookConfiguration",
        "configuration.webhooks",
        (
            ResourceField("pre_webhook_url", **URL),
            ResourceField("post_webhook_url", **URL),
            ResourceField("method", "POST"),
            ResourceField("filters", [], is_set=True),
        ),
        "webhooks",
        "conversation_services",
        is_single=True,
    ),
    ResourceKind(
        "conversation_notifications",
        "push notifications",
        "",
        "conversations",
        "UpdateServiceNotification",
        "configuration.notifications",
        (
            ResourceField("log_enabled", False),
            *_pushes(["new_message"]),
            _push("new_message", "badge_count_enabled", False),
            _push("new_message", "with_media_enabled", False),
            _push("new_message", "with_media_template", ""),
            *_pushes(["added_to", "removed_from"], "_conversation"),
        ),
        "notifications",
        "conversation_services",
        is_single=True,
    ),
    ResourceKind(
        "chat_services",
        "chat service",
        "IS",
        "chat",
        "UpdateService",
        "chat.v2.services",
        (
            _default(
                "chat_roles", "default_service_role", "service user", "deployment", is_shared=True
            ),
            _default(
                "chat_roles", "default_channel_role", "channel user", "channel", is_shared=True
            ),
            _default(
                "chat_roles",
                "default_channel_creator_role",
                "channel admin",
                "channel",
                is_shared=True,
            ),
            ResourceField("read_status_enabled", True, is_late=True),
            ResourceField("reachability_enabled", False, is_late=True, is_shared=True),
            ResourceField("typing_indicator_timeout", 5, is_late=True),
            ResourceField("consumption_report_interval", 10, is_late=True),
            *(
                ResourceField(
                    f"{part}_{name}", AS_IS, attribute=f"{part}.{name}", is_late=True, usual=usual
                )
                for part, name, usual in (
                    ("limits", "channel_members", 100),
                    ("limits", "user_channels", 250),
                    ("media", "compatibility_message", _NO_MEDIA),
                )
            ),
        ),
        view_of="conversation_services",
        brings={"roles": _ROLES},
    ),
    _roles("chat", "chat", "CreateRole", CHAT_GRANTS, view_of="conversation_roles"),
    ResourceKind(
        "chat_webhooks",
        "webhooks",
        "",
        "chat",
        "UpdateService",
        "",
        (
            ResourceField("pre_webhook_url", **URL),
            ResourceField("post_webhook_url", **URL),
            ResourceField("method", "POST", None, "webhook_method"),
            ResourceField("filters", [], None, "webhook_filters", is_set=True),
            ResourceField("pre_retry_count", 0, None, "pre_webhook_retry_count"),
            ResourceField("post_retry_count", 0, None, "post_webhook_retry_count"),
        ),
        "webhooks",
        "chat_services",
        is_single=True,
        view_of="conversation_webhooks",
    ),
    ResourceKind(
        "chat_notifications",
        "push notifications",
        "",
        "chat",
        "UpdateService",
        "",
        (
            ResourceField(
                "log_enabled",
                False,
                None,
                "notifications_log_enabled",
                "notifications.log_enabled",
                is_shared=True,
            ),
            *_pushes(["new_message"], is_shared=True, **_OF_CHAT),
            _push("new_message", "badge_count_enabled", False, is_shared=True, **_OF_CHAT),
            *_pushes(["added_to", "removed_from"], "_channel", is_shared=True, **_OF_CHAT),
            *_pushes(["invited_to"], "_channel", **_OF_CHAT),
        ),
        "notifications",
        "chat_services",
        is_single=True,
        view_of="conversation_notifications",
    ),
)
