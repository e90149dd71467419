"""Where a chat client's news comes from; here, the mock in this kernel. `polling` has the other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol

from twilio.base.exceptions import TwilioException
from twilio.rest.chat.v2.service.channel import ChannelInstance
from twilio.rest.chat.v2.service.channel.member import MemberInstance
from twilio.rest.chat.v2.service.channel.message import MessageInstance

from ..mock import ChatEvent, MockTwilio
from ..mock.core.clock import Timer
from .errors import TransientError, as_chat_error
from .reconciler import Reconciler
from .records import Member, Message

if TYPE_CHECKING:
    from .channel import Channel
    from .client import ChatClient


class Feed(Protocol):
    """Brings news to a chat client."""

    def start(self) -> None:
        """Learn which channels there are, and bring news from now on."""

    def pause(self) -> None:
        """Bring no news for now."""

    def resume(self) -> bool:
        """Bring what was missed, and news again; False where it could not be read, for now."""

    def stop(self) -> None:
        """Bring no more news."""

    def nudge(self) -> None:
        """There may be news."""

    def meet(self, channel_sid: str) -> None:
        """Bring news of this channel from now on, if it is joined."""

    def newest_index(self, channel_sid: str) -> int | None:
        """The newest message known in a channel, -1 for none; None for a channel not followed."""


class KernelFeed:
    """News of a mock in this kernel, brought on the thread that acted, as soon as it committed."""

    def __init__(self, client: ChatClient, mock: MockTwilio) -> None:
        self._client = client
        self._mock = mock
        self._survey = Reconciler(client)
        self._paused = False
        self._catching_up: threading.Thread | None = None
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

    def resume(self) -> bool:
        """Survey what was missed, then follow again; where that fails, a thread goes on trying."""
        try:
            self._catch_up()
        except TransientError as trouble:
            self._keep_trying(trouble)
            return False
        return True

    def _catch_up(self) -> None:
        with self._lock:
            while self._paused and self._survey.look():
                pass  # what handlers did meanwhile is news too
            self._paused = False

    def _keep_trying(self, trouble: TransientError) -> None:
        self._client.lost(trouble)
        with self._lock:
            self._paused = True
            if self._catching_up is None:
                name = f"chat-catch-up-{self._client.identity}"
                self._catching_up = threading.Thread(
                    target=self._try_again, args=(trouble,), name=name, daemon=True
                )
                self._catching_up.start()

    def _try_again(self, trouble: TransientError) -> None:
        while self._is_behind():
            try:
                self._client.wait(trouble.delay)
                self._catch_up()
            except TransientError as again:
                trouble = again
                self._client.lost(trouble)
            except TwilioException as error:
                self._client.denied(as_chat_error(error))
            else:
                self._client.regained()

    def _is_behind(self) -> bool:
        with self._lock:
            behind = self._paused and self._client.is_usable
            if not behind:
                self._catching_up = None
            return behind

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

    def newest_index(self, channel_sid: str) -> int | None:
        """The newest message heard of in a channel."""
        return self._survey.newest_index(channel_sid)

    def _hear(self, event: ChatEvent) -> None:
        with self._lock:
            try:
                self._sort(event)
            except TransientError as trouble:  # what there is to this event is caught up on later
                self._keep_trying(trouble)

    def _sort(self, event: ChatEvent) -> None:
        if self._paused or event.channel_sid is None:
            return
        if event.resource["service_sid"] != self._client.service_sid:
            return
        channel = self._client.known(event.channel_sid)
        mine = event.identity == self._client.identity
        if event.name == "memberJoined" and mine:
            self._survey.look_into(event.channel_sid)
        elif event.name == "channelInvited" and mine:
            self._survey.invited(event.channel_sid)
        elif channel is None or channel.status == "notParticipating":
            return
        elif event.name in ("memberLeft", "inviteRemoved") and mine:
            self._survey.leave(channel.sid)
        elif event.name == "channelRemoved":
            self._survey.leave(channel.sid, removed=True)
        elif channel.status == "joined":
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
