"""How a chat client's connection is: its state, in the Chat SDK's words, and what is the matter."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .emitter import Emitter
from .errors import ChatError, TransientError

CONNECTION_STATES = ("connecting", "connected", "disconnecting", "disconnected", "denied", "error")
Wait = Callable[[threading.Event, float], bool]
"""Waits for an event, so many seconds at most; whether it came."""


class ChatConnection(Emitter):
    """The state of a connection, and the events that tell of it.

    Args:
        wait: How to wait.
    """

    identity: str

    def __init__(self, wait: Wait) -> None:
        super().__init__()
        self.connection_state = "connecting"
        self.connection_problem: str | None = None
        self.wait_for = wait
        self._refusal: ChatError | None = None
        self._closing = threading.Event()

    def wait(self, seconds: float) -> None:
        """Wait for another try.

        Raises:
            ChatError: This client was shut down meanwhile.
        """
        if self.wait_for(self._closing, seconds) or self._closing.is_set():
            raise _shut_down()

    @property
    def is_usable(self) -> bool:
        """Whether it makes sense to ask: it is not shut down, and its token counts."""
        return self._refusal is None and not self._closing.is_set()

    def require_connected(self) -> None:
        """Refuse to act while the connection is closed or denied.

        Raises:
            ChatError: With the code that ended the connection.
        """
        self._require_open()
        if self._refusal is not None:
            raise self._refusal

    def _require_open(self) -> None:
        if self.connection_state == "disconnected":
            raise _shut_down()

    def lost(self, trouble: TransientError) -> None:
        """The connection failed for now; the feed keeps trying."""
        if self.is_usable:
            self.connection_problem = f"{trouble.what}, next try in {trouble.delay:.1f} s"
            self._state("connecting")
            self._error(str(trouble.msg), trouble.code, terminal=False)

    def regained(self) -> None:
        """The connection works again."""
        if self.is_usable:
            self.connection_problem = None
            self._state("connected")

    def forgotten(self, refusal: ChatError) -> None:
        """The account does not know this client's user: told once, until it does."""
        if self.is_usable and self.connection_state != "error":
            self.connection_problem = (
                f"the account does not know {self.identity} any more: it was reset, or its server"
                f" restarted without its state; make the channels anew ({refusal})"
            )
            self._state("error")
            self._error(self.connection_problem, refusal.code, terminal=False)

    def denied(self, error: ChatError) -> None:
        """Twilio refuses the token: nothing works until `update_token()`."""
        if self.is_usable:
            self._refusal = error
            self.connection_problem = str(error.msg)
            self._state("denied")
            self._error(str(error.msg), error.code, terminal=True)

    def _state(self, state: str) -> None:
        if state != self.connection_state:
            self.connection_state = state
            self.emit("connectionStateChanged", state)

    def _error(self, message: str, code: int | None, *, terminal: bool) -> None:
        self.emit("connectionError", {"terminal": terminal, "message": message, "errorCode": code})


def _shut_down() -> ChatError:
    return ChatError(None, "This chat client has been shut down; make a new one")
