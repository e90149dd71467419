"""A chat client by hand, frame by frame, for what the SDKs would never send."""

from __future__ import annotations

import itertools
from typing import Any

from websockets.sync.client import ClientConnection

from helpers.mock.realtime.notices import Frame, decode, encode

PATIENCE = 30


class Wire:
    """One connection, logged in where a token is given."""

    def __init__(self, socket: ClientConnection, token: str | None = None) -> None:
        self.socket = socket
        self._numbers = itertools.count(1)
        self.notified: list[Frame] = []
        if token is not None:
            assert self.say("init", token=token).header["status"]["code"] == 200

    def say(self, method: str, payload: Any = None, **header: Any) -> Frame:
        """Send a frame and wait for its reply."""
        number = f"C{next(self._numbers)}"
        self.socket.send(encode({"method": method, "id": number, **header}, payload))
        while (frame := decode(self.bytes())).header.get("id") != number:
            self.notified.append(frame)
        return frame

    def bytes(self) -> bytes:
        """The next frame, raw."""
        data = self.socket.recv(PATIENCE)
        assert isinstance(data, bytes)
        return data

    def ask(self, method: str, path: str, payload: Any = None, **params: Any) -> Frame:
        """Send a request through the tunnel."""
        http = {"host": "any", "path": path, "method": method, "params": params, "headers": {}}
        return self.say("message", payload, http_request=http, active_grant="ip_messaging")

    def follow(self, kind: str, name: str) -> dict[str, Any]:
        """Open a Sync object and subscribe to it; what it was opened with."""
        opened: dict[str, Any] = self.ask("GET", f"/v3/{kind.capitalize()}s/{name}").json()
        request = {
            "object_sid": opened["sid"],
            "object_type": kind,
            "last_event_id": opened["last_event_id"],
        }
        batch = {"action": "establish", "correlation_id": 1, "requests": [request]}
        assert self.ask("POST", "/v4/Subscriptions", batch).header["http_status"]["code"] == 200
        return opened

    def next_event(self, event_type: str) -> dict[str, Any]:
        """The event of the next notification of this type."""
        while True:
            frame = self.notified.pop(0) if self.notified else decode(self.bytes())
            payload = frame.json() if frame.method == "notification" else {}
            if payload.get("event_type") == event_type:
                event: dict[str, Any] = payload["event"]
                return event
