"""Sends messages over a line that may fail, none twice.

Chat v2 has no key by which Twilio would know a message again (inferred from its parameters), so
that after a time-out, a broken connection or a server error nobody knows whether it arrived. What
settles that is a look into the channel.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from twilio.base.exceptions import TwilioException

from .errors import ChatError, OutcomeUnknown, TransientError, as_chat_error
from .records import json_object
from .retrying_client import Backoff

if TYPE_CHECKING:
    from .client import ChatClient

MOST_TRIES = 8
MOST_SECONDS = 60.0
"""How long a message is tried to be sent, over its tries and the waits between them."""
PAGE_SIZE = 50
ADVICE = "Look at get_messages() before you send it again"


class Sending:
    """What one client sends into one channel: one message after another, so that order is kept.

    In the mock's own kernel there is nothing to queue for: a message is there when the call
    returns, and a handler may send while another thread waits for it.
    """

    def __init__(self, client: ChatClient, channel_sid: str, *, in_kernel: bool) -> None:
        self._client = client
        self._channel_sid = channel_sid
        self._turn: AbstractContextManager[Any] = nullcontext() if in_kernel else threading.RLock()
        self._newest: int | None = None

    def send(self, content: dict[str, str], upload: Callable[[], str] | None = None) -> int:
        """Send one message; its index.

        Args:
            content: `attributes` and, for a text, `body`, as the SDK's `create()` takes them.
            upload: Uploads the file of a message that has one; its media SID.

        Raises:
            OutcomeUnknown: It may have arrived or not.
            ChatError: It was refused, or could not be sent in time; it did not arrive.
        """
        with self._turn:
            outgoing = Outgoing(self._client, self._channel_sid, content, self._newest_known())
            index = self._deliver(outgoing, upload)
            self._newest = max(index, -1 if self._newest is None else self._newest)
            return index

    def _newest_known(self) -> int | None:
        """The newest message that was there before, as far as this client knows."""
        heard = self._client.newest_index(self._channel_sid)
        known = [index for index in (heard, self._newest) if index is not None]
        return max(known, default=None)

    def _deliver(self, outgoing: Outgoing, upload: Callable[[], str] | None) -> int:
        deadline, backoff = time.monotonic() + MOST_SECONDS, Backoff()
        for left in reversed(range(MOST_TRIES)):
            try:
                if upload is not None:
                    outgoing.content["media_sid"], upload = upload(), None
                return outgoing.settle()
            except TransientError as trouble:
                delay = backoff.after(trouble)
                if not left or time.monotonic() + delay > deadline:
                    raise outgoing.given_up(trouble, delay) from trouble
                outgoing.wait(delay)
        raise AssertionError("a message is tried at least once")


class Outgoing:
    """One message on its way.

    Attributes:
        content: What the SDK's `create()` takes.
        in_doubt: Whether a try may have brought it there.
    """

    def __init__(
        self, client: ChatClient, channel_sid: str, content: dict[str, str], before: int | None
    ) -> None:
        self._client = client
        self._channel_sid = channel_sid
        self.content = content
        self._before = before
        self.in_doubt = False

    def settle(self) -> int:
        """Find it if it may be there, else send it; its index.

        Raises:
            Trouble: Neither could be done, for now.
        """
        try:
            self._client.require_connected()
            arrived = self._found() if self.in_doubt else None
            return self._posted() if arrived is None else arrived
        except (TransientError, OutcomeUnknown):
            raise
        except TwilioException as error:
            raise self._refused(as_chat_error(error)) from None

    def wait(self, seconds: float) -> None:
        """Wait for another try."""
        try:
            self._client.wait(seconds)
        except ChatError as error:
            raise self._refused(error) from None

    def given_up(self, trouble: TransientError, delay: float) -> ChatError:
        """What to raise when it is not tried again, though that would make sense in a while."""
        if self.in_doubt:
            return self._unknown(str(trouble.msg), trouble)
        text = f"Not sent: {trouble.msg}. Send it again in {delay:.0f} s or later"
        return ChatError(trouble.code, text, trouble.status)

    def _posted(self) -> int:
        try:
            sent = self._channel.messages.create(
                from_=self._client.identity, x_twilio_webhook_enabled="true", **self.content
            )
        except TransientError as trouble:
            self.in_doubt = trouble.may_have_acted
            raise
        return int(sent.index)

    def _found(self) -> int | None:
        """Its index, if it is there; None, and no doubt any more, if it is not.

        Messages of the same user that differ leave it open: a webhook may have changed this one.
        """
        own = self._own_since()
        matching = [message.index for message in own if self._is_this(message)]
        if self._before is not None and matching:
            return int(min(matching))
        if own:
            raise self._unknown("there are other new messages of this user")
        self.in_doubt = False
        return None

    def _own_since(self) -> list[Any]:
        own = []
        before = -1 if self._before is None else self._before
        for message in self._channel.messages.stream(order="desc", page_size=PAGE_SIZE):
            if message.index <= before:
                break
            if message._from == self._client.identity:
                own.append(message)
        return own

    def _is_this(self, message: Any) -> bool:
        media_sid = message.media["sid"] if message.media else None
        there = (message.body if media_sid is None else None, media_sid)
        return there == (self.content.get("body"), self.content.get("media_sid")) and (
            json_object(message.attributes) == json_object(self.content["attributes"])
        )

    def _refused(self, refusal: ChatError) -> ChatError:
        return self._unknown(str(refusal.msg), refusal) if self.in_doubt else refusal

    def _unknown(self, why: str, cause: ChatError | None = None) -> OutcomeUnknown:
        text = f"Nobody knows whether the message arrived: {why}. {ADVICE}"
        return OutcomeUnknown(cause.code if cause else None, text, cause.status if cause else 0)

    @property
    def _channel(self) -> Any:
        return self._client.service.channels(self._channel_sid)
