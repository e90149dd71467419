"""The channels one chat client knows, and its user's place in them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from .channel import Channel, ConnectedClient, refresh
from .session import ChatSession


class ChannelBook:
    """Channel objects of one client, one for each SID.

    Args:
        session: The client's connection.
        client: Emits the events.

    Attributes:
        channels: By SID.
    """

    def __init__(self, session: ChatSession, client: ConnectedClient) -> None:
        self._session = session
        self._client = client
        self._lock = threading.RLock()
        self.channels: dict[str, Channel] = {}

    def of_status(self, status: str) -> list[Channel]:
        """Return the channels in which the user is `joined`, or `invited`, in that order."""
        with self._lock:
            return [channel for channel in self.channels.values() if channel.status == status]

    def add(self, fields: Mapping[str, Any]) -> Channel:
        """Return the channel with these fields, a new one if it is not known."""
        with self._lock:
            return self.channels.setdefault(
                fields["sid"], Channel(self._session, self._client, fields)
            )

    def enter(self, fields: Mapping[str, Any], status: str) -> Channel:
        """Record that the user is `joined` or `invited` now, without an event."""
        with self._lock:
            channel = self.add(fields)
            refresh(channel, fields)
            channel.status = status
        return channel

    def emit_entered(self, channel: Channel, *, is_new: bool) -> None:
        """Emit that the user has joined a channel or was invited, and that it is new if so."""
        if is_new:
            self._client.emit("channelAdded", channel)
        joined = channel.status == "joined"
        self._client.emit("channelJoined" if joined else "channelInvited", channel)

    def leave(self, channel_sid: str, *, removed: bool = False) -> None:
        """Record and emit that the user is no longer in a channel, or that it was deleted."""
        with self._lock:
            channel = self.channels.get(channel_sid)
            if channel is None:
                return
            gone = removed or channel.type == "private"
            was_in, channel.status = channel.status != "notParticipating", "notParticipating"
            if gone:
                del self.channels[channel_sid]
        if was_in:
            self._client.emit("channelLeft", channel)
        if gone:
            self._client.emit("channelRemoved", channel)
            channel.emit("removed", channel)
