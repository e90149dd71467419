"""Where a chat client's news comes from: the mock in this kernel, or a poll of the REST API."""

from __future__ import annotations

import json
import logging
import random
import threading
from typing import TYPE_CHECKING, Any, Protocol

from requests import RequestException
from twilio.base.exceptions import TwilioException
from twilio.rest.chat.v2.service.channel import ChannelInstance
from twilio.rest.chat.v2.service.channel.member import MemberInstance
from twilio.rest.chat.v2.service.channel.message import MessageInstance

from ..mock import ChatEvent, MockTwilio
from ..mock.clock import Timer
from .errors import as_chat_error
from .records import Member, Message
from .survey import Survey

if TYPE_CHECKING:
    from .channel import Channel
    from .client import ChatClient

_log = logging.getLogger(__name__)


class Feed(Protocol):
    """Brings news to a chat client."""

    def start(self) -> None:
        """Learn which channels there are, and bring news from now on."""

    def pause(self) -> None:
        """Bring no news for now."""

    def resume(self) -> None:
        """Bring what was missed, and news again."""

    def stop(self) -> None:
        """Bring no more news."""

    def nudge(self) -> None:
        """There may be news."""

    def meet(self, channel_sid: str) -> None:
        """Bring news of this channel from now on, if it is joined."""


class KernelFeed:
    """News of a mock in this kernel, brought on the thread that acted, as soon as it committed."""

    def __init__(self, client: ChatClient, mock: MockTwilio) -> None:
        self._client = client
        self._mock = mock
        self._survey = Survey(client)
        self._paused = False
        self._lock = threading.RLock()
        self._stop_following: Any = None
        self._typing: dict[tuple[str, str], tuple[Timer, Member]] = {}

    def start(self) -> None:
        """Follow the mock from now on."""
        self._stop_following = self._mock.follow(self._hear)
        self._survey.begin()

    def pause(self) -> None:
        """Let events pass."""
        self._paused = True

    def resume(self) -> None:
        """Survey what was missed, then follow again."""
        with self._lock:
            while self._paused and self._survey.look():
                pass  # what handlers did meanwhile is news too
            self._paused = False

    def stop(self) -> None:
        """Follow no longer."""
        if self._stop_following is not None:
            self._stop_following()
        for timer, _ in self._typing.values():
            timer.cancel()

    def nudge(self) -> None:
        """Nothing to do: events come by themselves."""

    def meet(self, channel_sid: str) -> None:
        """Nothing to do: joining is an event."""

    def _hear(self, event: ChatEvent) -> None:
        with self._lock:
            self._sort(event)

    def _sort(self, event: ChatEvent) -> None:
        if self._paused or event.channel_sid is None:
            return
        if event.resource["service_sid"] != self._client.service_sid:
            return
        channel = self._client.known(event.channel_sid)
        mine = event.identity == self._client.identity
        if event.name == "memberJoined" and mine:
            self._survey.look_into(event.channel_sid)
        elif channel is None or channel.status != "joined":
            return
        elif event.name == "memberLeft" and mine:
            self._survey.leave(channel.sid)
        elif event.name == "channelRemoved":
            self._survey.leave(channel.sid, removed=True)
        else:
            self._pass_on(channel, event)

    def _pass_on(self, channel: Channel, event: ChatEvent) -> None:
        if event.name == "channelUpdated":
            rest = ChannelInstance(None, event.resource, self._client.service_sid)
            channel.take(rest)
            self._client.tell_updated(channel, list(event.reasons))
        elif event.name.startswith("message"):
            self._message(channel, event)
        elif event.name.startswith("member"):
            self._member(channel, event)
        elif event.name == "typingStarted" and event.identity != self._client.identity:
            self._started_typing(channel, event)

    def _message(self, channel: Channel, event: ChatEvent) -> None:
        rest = MessageInstance(None, event.resource, self._client.service_sid, channel.sid)
        message = Message.of(rest, self._client.media_url)
        if not self._survey.heard(channel.sid, event.name, message):
            return
        if event.name == "messageUpdated":
            about = {"message": message, "update_reasons": list(event.reasons)}
            self._client.tell(channel, event.name, about)
            return
        if event.name == "messageAdded":
            self._stopped_typing(channel, message.author)
        self._client.tell(channel, event.name, message)

    def _member(self, channel: Channel, event: ChatEvent) -> None:
        member = self._member_of(channel, event)
        if not self._survey.heard(channel.sid, event.name, member):
            return
        if member.identity == self._client.identity:
            channel.last_consumed_message_index = member.last_consumed_message_index
        if event.name == "memberUpdated":
            about = {"member": member, "update_reasons": list(event.reasons)}
            self._client.tell(channel, event.name, about)
        else:
            self._client.tell(channel, event.name, member)

    def _member_of(self, channel: Channel, event: ChatEvent) -> Member:
        rest = MemberInstance(None, event.resource, self._client.service_sid, channel.sid)
        return Member.of(rest)

    def _started_typing(self, channel: Channel, event: ChatEvent) -> None:
        member = self._member_of(channel, event)
        key = (channel.sid, member.identity)
        known = self._typing.pop(key, None)
        if known is not None:
            known[0].cancel()
        clock = self._client.account.clock
        end = clock.call_later(
            event.timeout or 0, lambda: self._stopped_typing(channel, member.identity)
        )
        self._typing[key] = (end, member)
        if known is None:
            self._client.tell(channel, "typingStarted", member)

    def _stopped_typing(self, channel: Channel, identity: str) -> None:
        typing = self._typing.pop((channel.sid, identity), None)
        if typing is not None:
            typing[0].cancel()
            self._client.tell(channel, "typingEnded", typing[1])


IDLE_FACTOR = 1.5
"""How much longer each pause gets while there is no news."""
LONGEST_PAUSE = 5.0
"""Seconds between polls when nothing has happened for a while."""
LONGEST_BACKOFF = 60.0
"""Seconds between tries when Twilio throttles or does not answer."""


class PollingFeed:
    """News gathered by reading the REST API, politely, on a background thread."""

    def __init__(self, client: ChatClient, pause: float) -> None:
        self._client = client
        self._survey = Survey(client)
        self._shortest = self._pause = pause
        self._wake = threading.Event()
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

    def resume(self) -> None:
        """Read again, from where it stopped."""
        self._paused = False
        self.nudge()

    def stop(self) -> None:
        """End the thread; it is given a moment to finish what it reads."""
        self._stopped = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)

    def nudge(self) -> None:
        """Look now, and often again for a while."""
        self._pause = self._shortest
        self._wake.set()

    def meet(self, channel_sid: str) -> None:
        """Look at this channel now."""
        with self._reading:
            self._survey.meet(channel_sid)

    def _run(self) -> None:
        while not self._stopped:
            self._wake.wait(self._pause)
            self._wake.clear()
            if not (self._stopped or self._paused):
                self._look()

    def _look(self) -> None:
        service = self._client.polled_service
        try:
            with self._reading:
                news = self._survey.look()
        except TwilioException as error:
            refusal = as_chat_error(error)
            if refusal.status not in (401, 403):
                self._back_off(refusal)
            elif service is self._client.polled_service:  # no newer token since
                self._client.denied(refusal)
        except (RequestException, json.JSONDecodeError) as error:
            self._back_off(error)
        else:
            self._client.regained()
            longer = min(LONGEST_PAUSE, max(self._shortest, self._pause * IDLE_FACTOR))
            self._pause = self._shortest if news else longer

    def _back_off(self, error: Exception) -> None:
        self._pause = min(LONGEST_BACKOFF, max(1.0, self._pause) * 2)
        self._pause *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads clients, not a secret
        _log.debug("poll failed, next try in %.1f s: %s", self._pause, error)
        self._client.lost(error)
