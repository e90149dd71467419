"""Sends messages over a connection that may fail, none twice.

Chat v2 has no idempotency key (inferred from its parameters): whether a message arrived before a
time-out, a broken connection or a server error shows only in the channel.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from twilio.base.exceptions import TwilioException

from ..json_object import attributes_in
from .errors import ChatError, OutcomeUnknown, TransientError, as_chat_error
from .retrying_client import Backoff
from .session import ChatSession

MOST_TRIES = 8
MOST_SECONDS = 60.0
"""Seconds for which sending is tried, the waits between tries included."""
PAGE_SIZE = 50
ADVICE = "Look at get_messages() before you send it again"


class Sending:
    """Sends one client's messages into one channel, one after another, so that order is kept.

    In the mock's own kernel nothing queues: a message is there when the call returns, and a handler
    may send while another thread waits for it.
    """

    def __init__(self, session: ChatSession, channel_sid: str) -> None:
        self._session = session
        self._channel_sid = channel_sid
        self._turn: AbstractContextManager[Any] = (
            nullcontext() if session.is_in_kernel else threading.RLock()
        )
        self._newest: int | None = None

    def send(self, content: dict[str, str], upload: Callable[[], str] | None = None) -> int:
        """Send one message and return its index.

        Args:
            content: `attributes` and, for a text, `body`, as the SDK's `create()` takes them.
            upload: Uploads the file of a message that has one and returns its media SID.

        Raises:
            OutcomeUnknown: It may have arrived or not.
            ChatError: It was refused, or could not be sent in time; it did not arrive.
        """
        with self._turn:
            delivered = self._session.feed.newest_index(self._channel_sid)
            known = [index for index in (delivered, self._newest) if index is not None]
            before = max(known, default=None)
            outgoing = _Outgoing(self._session, self._channel_sid, content, before)
            index = outgoing.deliver(upload)
            self._newest = max(index, -1 if self._newest is None else self._newest)
            return index


@dataclass
class _Outgoing:
    """A message on its way: arguments of the SDK's `create()`; `before` is the newest known."""

    session: ChatSession
    channel_sid: str
    content: dict[str, str]
    before: int | None
    in_doubt: bool = False

    def deliver(self, upload: Callable[[], str] | None) -> int:
        """Send it, unless a try before may have: then find it first. Returns its index."""
        deadline, backoff, delay = time.monotonic() + MOST_SECONDS, Backoff(), 0.0
        for left in reversed(range(MOST_TRIES)):
            try:
                if delay:
                    self.session.wait(delay)
                if upload is not None:
                    self.content["media_sid"], upload = upload(), None
                self.session.require_connected()
                arrived = self._found() if self.in_doubt else None
                return self._posted() if arrived is None else arrived
            except TransientError as failure:
                delay = backoff.after(failure)
                if left and time.monotonic() + delay <= deadline:
                    continue
                if self.in_doubt:
                    raise self._unknown(str(failure.msg), failure) from failure
                text = f"Not sent: {failure.msg}. Send it again in {delay:.0f} s or later"
                raise ChatError(failure.code, text, failure.status) from failure
            except OutcomeUnknown:
                raise
            except TwilioException as error:
                refusal = as_chat_error(error)
                unknown = self.in_doubt and self._unknown(str(refusal.msg), refusal)
                raise unknown or refusal from None
        raise AssertionError("a message is tried at least once")

    def _posted(self) -> int:
        try:
            sent = self._messages.create(
                from_=self.session.identity, x_twilio_webhook_enabled="true", **self.content
            )
        except TransientError as failure:
            self.in_doubt = failure.may_have_acted
            raise
        if sent.index is None:
            self.in_doubt = True
            raise TransientError("an answer that cannot be understood", "without index")
        return int(sent.index)

    def _found(self) -> int | None:
        """Return its index if it is there; None, and no doubt any more, if it is not.

        Messages of the same user that differ leave it open: a webhook may have changed this one.
        """
        own = []
        for message in self._messages.stream(order="desc", page_size=PAGE_SIZE):
            if self.before is not None and message.index <= self.before:
                break
            if message._from == self.session.identity:
                own.append(message)
        matching = [message.index for message in own if self._is_this(message)]
        if self.before is not None and matching:
            return int(min(matching))
        if own:
            raise self._unknown("there are other new messages of this user")
        self.in_doubt = False
        return None

    def _is_this(self, message: Any) -> bool:
        media_sid = message.media["sid"] if message.media else None
        there = (message.body if media_sid is None else None, media_sid)
        return there == (self.content.get("body"), self.content.get("media_sid")) and (
            attributes_in(message.attributes) == attributes_in(self.content["attributes"])
        )

    def _unknown(self, why: str, cause: ChatError | None = None) -> OutcomeUnknown:
        text = f"It is not known whether the message arrived: {why}. {ADVICE}"
        return OutcomeUnknown(cause.code if cause else None, text, cause.status if cause else 0)

    @property
    def _messages(self) -> Any:
        return self.session.service.channels(self.channel_sid).messages
