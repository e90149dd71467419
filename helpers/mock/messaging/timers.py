"""Timers of channels: each makes its channel inactive or closed at its time, by the clock."""

from __future__ import annotations

import threading

from ..core.clock import Timer
from ..core.context import ACCOUNT, Actor, Backend
from ..core.events import Event
from ..core.store import Between, Store
from .events import ChannelEvent, ChannelStateEvent
from .resources import Channel

CLOCK = Actor(webhooks=True)
"""Originator of changes that timers make."""


class ChannelTimers:
    """Changes the states of an account's channels when they are due."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._timer: Timer | None = None
        self._setting = threading.Lock()

    def handle(self, event: Event) -> None:
        """Watch a channel whose timers or state were changed.

        A message only moves its timers on: they are looked at when they would have ended.
        """
        assert isinstance(event, ChannelEvent | ChannelStateEvent)
        due = event.channel.next_change()
        if due is not None and not (isinstance(event, ChannelEvent) and event.change == "removed"):
            self._set(due)

    def resume(self) -> None:
        """Do what is due, and set the timer anew: at the start, and after a restore or reset."""
        with self._setting:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        self._ring()

    def _set(self, due: float) -> None:
        """Schedule the timer unless an earlier one is set."""
        with self._setting:
            if self._timer is not None:
                if self._timer.is_waiting and self._timer.due <= due:
                    return
                self._timer.cancel()
            self._timer = self._backend.clock.call_at(due, self._ring)

    def _ring(self) -> None:
        with self._setting:
            self._timer = None
        now, events, due = self._backend.clock.now(), self._backend.events, []
        with self._backend.transaction():
            for channel in timed(self._backend.store):
                date, before = channel.next_change(), channel.state
                if date is not None and date <= now:
                    self._backend.store.save(channel, state=channel.state_at(now))
                    events.emit(ChannelEvent("updated", channel, ACCOUNT, ("state",)))
                    events.emit(ChannelStateEvent(channel, before, "timer", CLOCK))
                due.append(channel.next_change())
        if dates := [date for date in due if date is not None]:
            self._set(min(dates))


def timed(store: Store) -> list[Channel]:
    """Return the channels that have timers."""
    found = {
        channel.seq: channel
        for timer in ("inactive_after", "closed_after")
        for channel in store.select(Channel, {timer: Between()})
    }
    return list(found.values())
