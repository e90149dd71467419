"""Sources of a chat client's events: the mock in this kernel, or polling for any other account."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import Any

from twilio.base.exceptions import TwilioException

from ..interrupts import Uninterrupted
from ..mock import ChatEvent, MockTwilio, Timer
from .channel import Channel, ChannelBook, emit, emit_updated, refresh
from .errors import TransientError, as_chat_error
from .reconciler import Reconciler
from .records import Member, Message
from .session import ChatSession

IDLE_FACTOR = 1.5
"""Factor by which each pause between polls grows while nothing happens."""
LONGEST_IDLE = 5.0
"""Seconds between polls when nothing has happened for a while."""

LEFT = ("memberLeft", "inviteRemoved")
"""Events that end the place of the user they are about."""


class _ReconciledFeed:
    def __init__(self, session: ChatSession, book: ChannelBook) -> None:
        self._session = session
        self._reconciler = Reconciler(session, book)
        self._paused = False
        self.newest_index = self._reconciler.newest_index

    def pause(self) -> None:
        """Deliver no events for now."""
        self._paused = True


class KernelFeed(_ReconciledFeed):
    """Events of a mock in this kernel, delivered after each commit, on the thread that acted."""

    def __init__(self, session: ChatSession, book: ChannelBook, mock: MockTwilio) -> None:
        super().__init__(session, book)
        self._book = book
        self._mock = mock
        self._catching_up: threading.Thread | None = None
        self._lock = threading.RLock()
        self._unfollow: Any = None
        self._typing: dict[tuple[str, str | None], tuple[Timer, Member]] = {}
        self._handlers = {
            "channelUpdated": self._channel_updated,
            **dict.fromkeys(("messageAdded", "messageUpdated", "messageRemoved"), self._message),
            **dict.fromkeys(("memberJoined", "memberUpdated", "memberLeft"), self._member),
            "typingStarted": self._started_typing,
        }

    def start(self) -> None:
        """Follow the mock from now on."""
        self._unfollow = self._mock.follow(self._handle)
        self._reconciler.load()

    def resume(self) -> bool:
        """Deliver what was missed, then follow again; where that fails, a thread keeps trying."""
        try:
            self._catch_up()
        except TransientError as failure:
            self._keep_trying(failure)
            return False
        return True

    def stop(self) -> None:
        """Stop following."""
        if self._unfollow is not None:
            self._unfollow()
        for timer, _ in self._typing.values():
            timer.cancel()

    def nudge(self) -> None:
        """Do nothing: events come by themselves."""

    def follow_channel(self, channel_sid: str) -> None:
        """Do nothing: joining is an event."""

    def _catch_up(self) -> None:
        with self._lock:
            while self._paused and self._reconciler.sync():
                pass  # handlers may have acted meanwhile
            self._paused = False

    def _keep_trying(self, failure: TransientError) -> None:
        self._session.lost(failure)
        with self._lock:
            self._paused = True
            if self._catching_up is None:
                name = f"chat-catch-up-{self._session.identity}"
                self._catching_up = threading.Thread(
                    target=self._try_again, args=(failure,), name=name, daemon=True
                )
                self._catching_up.start()

    def _try_again(self, failure: TransientError) -> None:
        while True:
            with self._lock:
                if not (self._paused and self._session.is_usable):
                    self._catching_up = None
                    return
            try:
                self._session.wait(failure.delay)
                self._catch_up()
            except TransientError as again:
                failure = again
                self._session.lost(failure)
            except TwilioException as error:
                self._session.denied(as_chat_error(error))
            else:
                self._session.regained()

    def _handle(self, event: ChatEvent) -> None:
        sid = event.channel_sid
        with self._lock:
            if self._paused or event.resource["service_sid"] != self._session.service_sid:
                return
            if sid is None:
                if event.name == "userUpdated":
                    self._session.user_updated(event.resource, event.reasons)
                return
            channel = self._book.channels.get(sid)
            is_own = event.identity == self._session.identity
            try:
                if is_own and event.name == "memberJoined":
                    self._reconciler.sync_channel(sid)
                elif is_own and event.name == "channelInvited":
                    self._reconciler.sync_invitation(sid)
                elif channel is None or channel.status == "notParticipating":
                    return
                elif event.name == "channelRemoved" or (is_own and event.name in LEFT):
                    self._reconciler.forget(sid, removed=event.name == "channelRemoved")
                elif channel.status == "joined" and event.name in self._handlers:
                    self._handlers[event.name](channel, event)
            except TransientError as failure:  # the rest of this event is caught up on later
                self._keep_trying(failure)

    def _channel_updated(self, channel: Channel, event: ChatEvent) -> None:
        refresh(channel, event.resource)
        emit_updated(channel, list(event.reasons))

    def _message(self, channel: Channel, event: ChatEvent) -> None:
        message = Message.of(event.resource, self._session)
        if not self._reconciler.apply_message(channel.sid, event.name, message):
            return
        if event.name == "messageAdded" and self._typing:
            self._stopped_typing(channel, message.author)
        emit(channel, event.name, message, event.reasons)

    def _member(self, channel: Channel, event: ChatEvent) -> None:
        member = Member.of(event.resource)
        if not self._reconciler.apply_member(channel.sid, event.name, member):
            return
        if member.identity == self._session.identity:
            channel.last_consumed_message_index = member.last_consumed_message_index
        emit(channel, event.name, member, event.reasons)

    def _started_typing(self, channel: Channel, event: ChatEvent) -> None:
        member = Member.of(event.resource)
        if member.identity == self._session.identity:
            return
        key = (channel.sid, member.identity)
        known = self._typing.pop(key, None)
        if known is not None:
            known[0].cancel()
        end = self._session.account.clock.call_later(
            event.timeout or 0, lambda: self._stopped_typing(channel, member.identity)
        )
        self._typing[key] = (end, member)
        if known is None:
            emit(channel, "typingStarted", member)

    def _stopped_typing(self, channel: Channel, identity: str | None) -> None:
        typing = self._typing.pop((channel.sid, identity), None)
        if typing is not None:
            typing[0].cancel()
            emit(channel, "typingEnded", typing[1])


class PollingFeed(_ReconciledFeed):
    """Events found by reading the REST API on a background thread.

    It continues from the last message delivered whatever fails, and waits after a failure as long
    as the server asks for, or longer each time.
    """

    def __init__(self, session: ChatSession, book: ChannelBook, pause: float) -> None:
        super().__init__(session, book)
        self._shortest = self._pause = pause
        self._throttled = False
        self._nudged = threading.Event()
        self._ordered = threading.Event()
        self._reading = threading.RLock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Load the channels now, so that a failure shows here, then poll."""
        self._reconciler.load()
        name = f"chat-poll-{self._session.identity}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def resume(self) -> bool:
        """Read again, from where it stopped."""
        self._paused = False
        self._pause = self._shortest
        self._wake()
        return True

    def stop(self) -> None:
        """End the thread, as the session closes; it is given a moment to finish its read."""
        self._wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def _wake(self) -> None:
        self._ordered.set()
        self._nudged.set()

    def nudge(self) -> None:
        """Poll soon, and often for a while, unless the server throttles."""
        if not self._throttled:
            self._pause = self._shortest
            with Uninterrupted():
                self._nudged.set()

    def follow_channel(self, channel_sid: str) -> None:
        """Read this channel now."""
        with self._reading:
            self._reconciler.follow_channel(channel_sid)

    def _run(self) -> None:
        closing = self._session.closing
        while not closing.is_set():
            woken_by = self._ordered if self._throttled else self._nudged
            self._session.wait_for(woken_by, self._pause)
            woken_by.clear()
            if not (closing.is_set() or self._paused):
                self._poll()

    def _poll(self) -> None:
        service = self._session.polled_service
        try:
            with self._reading:
                changed = self._reconciler.sync()
        except TransientError as failure:
            self._pause, self._throttled = failure.delay, failure.retry_after is not None
            self._session.lost(failure)
        except TwilioException as error:
            is_current = service is self._session.polled_service  # there is no newer token
            if is_current and not self._session.closing.is_set():
                self._refused(error)
        else:
            self._throttled = False
            longer = min(LONGEST_IDLE, max(self._shortest, self._pause * IDLE_FACTOR))
            self._pause = self._shortest if changed else longer
            self._session.regained()

    def _refused(self, error: TwilioException) -> None:
        """Treat a refused token as final, unlike a user that is gone and may come back."""
        refusal = as_chat_error(error)
        self._throttled = False
        if refusal.status in (401, 403):
            self._session.denied(refusal)
            return
        self._pause = max(self._pause, LONGEST_IDLE)
        if refusal.status == HTTPStatus.NOT_FOUND:
            with self._reading:
                self._reconciler.forget_all()
        self._session.forgotten(refusal)
