"""The events that webhooks are told of, pre and post, and when they are.

Names are documented but for four, which are marked; the reference of Programmable Chat lists the
others.
"""

from __future__ import annotations

POST_EVENTS = (
    "onMessageSent",
    "onMessageUpdated",
    "onMessageRemoved",
    "onMediaMessageSent",  # observed
    "onChannelAdded",
    "onChannelUpdated",
    "onChannelDestroyed",
    "onMemberAdded",
    "onMemberUpdated",  # inferred
    "onMemberRemoved",
    "onUserAdded",  # observed
    "onUserUpdated",
)
BEFORE = {
    "onMessageSent": "onMessageSend",
    "onMessageUpdated": "onMessageUpdate",
    "onMessageRemoved": "onMessageRemove",
    "onMediaMessageSent": "onMediaMessageSend",  # inferred
    "onChannelAdded": "onChannelAdd",
    "onChannelUpdated": "onChannelUpdate",
    "onChannelDestroyed": "onChannelDestroy",
    "onMemberAdded": "onMemberAdd",
    "onMemberUpdated": "onMemberUpdate",  # inferred
    "onMemberRemoved": "onMemberRemove",
    "onUserUpdated": "onUserUpdate",
}
"""The pre-event that goes before each; `onUserAdded` has none."""
CHANNEL_EVENTS = tuple(
    event
    for event in POST_EVENTS
    if event not in ("onChannelAdded", "onUserAdded", "onUserUpdated")
)
"""What a channel webhook can be told of: what comes after it was made, in its channel."""
