"""Rows of files that an earlier version wrote, which kept them in Chat's words."""

from __future__ import annotations

from ..core.store import Store
from ..messaging.resources import Message, Role
from .chat_parameters import read_permissions, read_role_type

_FACT, _NEUTRAL = "messaging", "neutral"


def mark(store: Store) -> None:
    """Note that the rows are in the model's own words."""
    store.write_fact(_FACT, _NEUTRAL)


def upgrade(store: Store) -> None:
    """Put the rows into the model's own words, if they are not: roles, and files of messages."""
    if store.read_fact(_FACT) == _NEUTRAL:
        return
    for role in store.select(Role):
        scope, permissions = read_role_type(role.type), read_permissions(role.permissions)
        store.save(role, type=scope, permissions=permissions)
    for message in store.select(Message, {"type": "media"}):
        if isinstance(message.media, dict):
            store.save(message, media=[message.media])
    mark(store)
