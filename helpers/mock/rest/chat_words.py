"""Chat v2's words for permissions, role types and refusals, which Flex v1 and the SDKs share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from ..core.errors import Refusals
from ..core.store import Store
from ..messaging.permissions import CHANNEL, SERVICE, Permission
from ..messaging.permissions import PERMISSIONS as SCOPES
from ..messaging.refusals import Reason
from ..messaging.resources import Message, Role

PERMISSIONS: dict[Permission, str] = {
    each: re.sub("_([a-z])", lambda match: match[1].upper(), each.value) for each in Permission
} | {Permission.DELETE_CHANNEL: "destroyChannel"}
del PERMISSIONS[Permission.ADD_NON_CHAT_MEMBER]  # Chat has none
"""Chat's spelling of each permission, e.g. `editAnyMessage`."""
READ_PERMISSIONS = {spelling: permission for permission, spelling in PERMISSIONS.items()}
ROLE_TYPES = {CHANNEL: "channel", SERVICE: "deployment"}
"""Chat's spelling of each scope of roles."""
READ_ROLE_TYPES = {spelling: scope for scope, spelling in ROLE_TYPES.items()}


def grants(
    types: Mapping[str, str], spellings: Mapping[Permission, str]
) -> dict[str, tuple[str, ...]]:
    """Return the permissions that a role of each type may have, all in an API's spelling."""
    return {
        types[scope]: tuple(spellings[each] for each in known if each in spellings)
        for scope, known in SCOPES.items()
    }


GRANTS = grants(ROLE_TYPES, PERMISSIONS)


def spelled(spellings: Mapping[Permission, str], role: Role) -> list[str]:
    """Return a role's permissions in an API's spelling, without those that it does not have."""
    return [spellings[each] for each in map(Permission, role.permissions) if each in spellings]


_TABLE: dict[Enum, tuple[int, str]] = {
    Reason.SERVICE_NOT_FOUND: (50050, "Service {sid} not found"),
    Reason.NOT_PERMITTED: (
        50107,
        "User {identity!r} is not authorized for this command:"
        " none of its roles has the permission {permission}",
    ),
    Reason.NOT_OWN: (50107, "A chat user reaches only its own channels and bindings"),
    Reason.ACCOUNT_ONLY: (20403, "This needs account credentials; an access token is not enough"),
    Reason.ROLE_NOT_FOUND: (50100, "Role {sid} not found in this service"),
    Reason.NOT_A_CHANNEL_ROLE: (50101, "Role {sid} is of type {scope}; a channel role is needed"),
    Reason.NOT_A_SERVICE_ROLE: (
        50102,
        "Role {sid} is of type {scope}; a deployment role is needed",
    ),
    Reason.ROLE_NOT_SETTABLE: (50205, "A chat user may not set a role"),
    Reason.ROLE_IS_DEFAULT: (20409, "A service's default role cannot be deleted"),
    Reason.ROLE_IN_USE: (20409, "Somebody has this role; give them another first"),
    Reason.PERMISSION_UNKNOWN: (
        50104,
        "Permission {permission!r} does not exist for {scope} roles",
    ),
    Reason.USER_EXISTS: (50201, "User already exists"),
    Reason.USER_OF_ANOTHER: (50107, "A chat user cannot create another user"),
    Reason.USER_UNKNOWN: (  # Twilio blames the channel's invites (observed)
        20404,
        "The requested resource /Services/{service_sid}/Channels/{channel_sid}/Invites"
        " was not found",
    ),
    Reason.CHANNEL_NOT_FOUND: (50300, "Channel {sid} not found"),
    Reason.CHANNEL_HIDDEN: (50300, "Channel not found, or private and you are not a member"),
    Reason.CHANNEL_CLOSED: (20409, "The channel is a closed conversation; nothing is changed"),
    Reason.CHANNEL_NOT_JOINABLE: (
        50107,
        "A private channel is joined by its creator only; a member must add you",
    ),
    Reason.CHANNEL_FULL: (50403, "Channel has its limit of {count} members"),
    Reason.UNIQUE_NAME_TAKEN: (50307, "Channel with unique name {unique_name!r} already exists"),
    Reason.NOT_A_MEMBER: (50400, "User {identity!r} is not a member of the channel"),
    Reason.MEMBER_EXISTS: (50404, "Member already exists"),
    Reason.USER_FULL: (50208, "User is in its limit of {count} channels"),
    Reason.HORIZON_OF_ANOTHER: (50107, "A chat user may only move its own read horizon"),
    Reason.HORIZON_OF_INVITED: (50400, "Only a member has a read horizon"),
    Reason.INVITED_ALREADY: (50212, "User is invited to the channel already"),
    Reason.TEXT_TOO_LONG: (
        50505,
        "Body is too long: {length} characters, at most {limit} where a member is reached by"
        " SMS or WhatsApp",
    ),
    Reason.MEDIA_BODY_FIXED: (50509, "The body of a media message cannot be changed"),
    Reason.MESSAGE_FIELDS_FIXED: (
        50107,
        "A chat user changes a message's body and attributes only",
    ),
    Reason.MEDIA_NOT_FOUND: (50507, "Media {sid} not found in this service; upload it first"),
    Reason.MEDIA_SENT: (50508, "Media {sid} was sent already; upload the file again"),
    Reason.MEDIA_TYPE_BAD: (50511, "Content-Type must be the file's media type, such as image/png"),
    Reason.MEDIA_TOO_LARGE: (50512, "Media is too large: at most {limit} MB"),
    Reason.LINK_EXPIRED: (20403, "This link has expired or is not valid; fetch the media again"),
    Reason.WEBHOOKS_FULL: (50321, "A channel has at most {count} webhooks"),
    Reason.CREDENTIAL_NOT_FOUND: (20404, "The requested resource /Credentials/{sid} was not found"),
}
REFUSALS = Refusals(_TABLE, permission=PERMISSIONS, scope=ROLE_TYPES)
_FACT, _NEUTRAL = "messaging", "neutral"


def mark(store: Store) -> None:
    """Note that the rows of a file are in the model's own words."""
    store.write_fact(_FACT, _NEUTRAL)


def upgrade(store: Store) -> None:
    """Put rows that an earlier version wrote in Chat's words into the model's."""
    if store.read_fact(_FACT) == _NEUTRAL:
        return
    for role in store.select(Role):
        permissions = [READ_PERMISSIONS.get(each, each) for each in role.permissions]
        store.save(role, type=READ_ROLE_TYPES[role.type], permissions=permissions)
    for message in store.select(Message, {"type": "media"}):
        if isinstance(message.media, dict):
            store.save(message, media=[message.media])
    mark(store)
