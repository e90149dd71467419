"""Reasons for which messaging refuses; each dialect has its code and words for them."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """A reason, with plain words that `{name}` the values raised with it."""

    SERVICE_NOT_FOUND = "service {sid} not found"
    NOT_PERMITTED = "{identity!r} lacks the permission {permission}"
    NOT_OWN = "only a user's own channels and devices are open to it"
    ACCOUNT_ONLY = "account credentials are needed"

    ROLE_NOT_FOUND = "role {sid} not found"
    NOT_A_CHANNEL_ROLE = "role {sid} is for a {scope}, not for a channel"
    NOT_A_SERVICE_ROLE = "role {sid} is for a {scope}, not for a service"
    ROLE_NOT_SETTABLE = "a chat user may not set a role"
    ROLE_IS_DEFAULT = "a default role cannot be deleted"
    ROLE_IN_USE = "the role is in use"
    PERMISSION_UNKNOWN = "{scope} roles have no permission {permission!r}"

    USER_EXISTS = "user already exists"
    USER_OF_ANOTHER = "a chat user cannot create another user"
    USER_UNKNOWN = "no user has this identity in service {service_sid}"

    CHANNEL_NOT_FOUND = "channel {sid} not found"
    CHANNEL_HIDDEN = "channel is private, and the user is no member"
    CHANNEL_CLOSED = "channel is closed"
    CHANNEL_NOT_JOINABLE = "a private channel is joined by its creator only"
    CHANNEL_FULL = "channel has its limit of {count} members"
    CHANNEL_FULL_OF_OTHERS = "channel has its limit of {count} members without an identity"
    UNIQUE_NAME_TAKEN = "channel with unique name {unique_name!r} already exists"

    NOT_A_MEMBER = "user {identity!r} is not a member of the channel"
    MEMBER_NOT_FOUND = "member {sid} not found"
    WEBHOOK_NOT_FOUND = "webhook {sid} not found"
    MEMBER_EXISTS = "member already exists"
    MEMBER_ADDRESS_TAKEN = "address and proxy address are in use in channel {sid}"
    USER_FULL = "user is in its limit of {count} channels"
    HORIZON_OF_ANOTHER = "a chat user may only move its own read horizon"
    HORIZON_OF_INVITED = "only a member has a read horizon"
    INVITED_ALREADY = "user is invited already"

    TEXT_TOO_LONG = "a text of {length} characters is too long for a phone: at most {limit}"
    MEDIA_BODY_FIXED = "the body of a media message cannot be changed"
    MESSAGE_FIELDS_FIXED = "a chat user changes a message's body and attributes only"
    MEDIA_NOT_FOUND = "media {sid} not found"
    MEDIA_SENT = "media {sid} was sent already"
    MEDIA_TYPE_BAD = "a media type is needed, such as image/png"
    MEDIA_TOO_LARGE = "media is larger than {limit} MB"
    LINK_EXPIRED = "the link has expired or is not valid"

    WEBHOOKS_FULL = "channel has its limit of {count} webhooks"
    ADDRESS_UNKNOWN = "no channel is made for a message of {address} to {proxy_address}"
    ADDRESS_WITHOUT_FLOW = "a channel that a message makes needs a Studio flow"
    ADDRESS_WITHOUT_URL = "a channel that a message makes needs a webhook's URL"
    ADDRESS_TAKEN = "address {address} is configured already"
    CREDENTIAL_NOT_FOUND = "credential {sid} not found"
