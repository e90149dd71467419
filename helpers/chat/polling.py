"""News gathered by reading the REST API, for an account that is not in this kernel."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from twilio.base.exceptions import TwilioException

from .errors import ChatError, TransientError, as_chat_error
from .reconciler import Reconciler

if TYPE_CHECKING:
    from .client import ChatClient

IDLE_FACTOR = 1.5
"""How much longer each pause gets while there is no news."""
LONGEST_IDLE = 5.0
"""Seconds between polls when nothing has happened for a while."""


class PollingFeed:
    """News gathered politely, on a background thread.

    It survives whatever happens on the way: it goes on from the last message it has told, and after
    a failure it waits as long as the server asks for, or longer each time.
    """

    def __init__(self, client: ChatClient, pause: float) -> None:
        self._client = client
        self._survey = Reconciler(client)
        self._shortest = self._pause = pause
        self._throttled = False
        self._news = threading.Event()
        self._orders = threading.Event()
        self._reading = threading.RLock()
        self._paused = self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Learn the channels now, so that a failure shows here, then poll."""
        self._survey.begin()
        name = f"chat-poll-{self._client.identity}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """Stop reading for now."""
        self._paused = True

    def resume(self) -> bool:
        """Read again, from where it stopped; what fails is told then."""
        self._paused = False
        self._pause = self._shortest
        self._wake()
        return True

    def stop(self) -> None:
        """End the thread; it is given a moment to finish what it reads."""
        self._stopped = True
        self._wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _wake(self) -> None:
        self._orders.set()
        self._news.set()

    def nudge(self) -> None:
        """Look soon, and often again for a while; unless the server wants to be left alone."""
        if not self._throttled:
            self._pause = self._shortest
            self._news.set()

    def meet(self, channel_sid: str) -> None:
        """Look at this channel now."""
        with self._reading:
            self._survey.meet(channel_sid)

    def newest_index(self, channel_sid: str) -> int | None:
        """The newest message told of in a channel."""
        return self._survey.newest_index(channel_sid)

    def _run(self) -> None:
        while not self._stopped:
            self._rest()
            if not (self._stopped or self._paused):
                self._look()

    def _rest(self) -> None:
        woken_by = self._orders if self._throttled else self._news
        self._client.wait_for(woken_by, self._pause)
        woken_by.clear()

    def _look(self) -> None:
        service = self._client.polled_service
        try:
            with self._reading:
                news = self._survey.look()
        except TransientError as trouble:
            self._back_off(trouble)
        except TwilioException as error:
            if not self._stopped and service is self._client.polled_service:  # no newer token
                self._refused(as_chat_error(error))
        else:
            self._throttled = False
            longer = min(LONGEST_IDLE, max(self._shortest, self._pause * IDLE_FACTOR))
            self._pause = self._shortest if news else longer
            self._client.regained()

    def _back_off(self, trouble: TransientError) -> None:
        self._pause, self._throttled = trouble.delay, trouble.retry_after is not None
        self._client.lost(trouble)

    def _refused(self, refusal: ChatError) -> None:
        """A token that does not count any more is final; a user that is gone may come back."""
        self._throttled = False
        if refusal.status in (401, 403):
            self._client.denied(refusal)
            return
        self._pause = max(self._pause, LONGEST_IDLE)
        if refusal.status == 404:
            with self._reading:
                self._survey.leave_all()
        self._client.forgotten(refusal)
