"""Twilio's own JavaScript chat SDKs, unmodified, on the mock: one WebSocket carries everything.

`twilio-chat` and `@twilio/conversations` speak Twilsock, a framing on a WebSocket: requests go
through it to chat's REST dialect, and every list a client shows is a Sync object that it reads
once, follows from there, and catches up with after a break. Sync objects are no second copy but
views of chat's own resources, kept up to date by chat's own events.
"""

EVENT_BRIDGE = "event-bridge.twilio.com"
"""Where TaskRouter's SDK has its own operations."""
