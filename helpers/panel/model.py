"""A chat, ready to be shown: what `ChatPanel` displays, without any widget.

Everything that can be decided is decided here, so that it can be tested without a browser and used
without one: `model.send("Hello")`, `model.messages`. The chat client is taken by its shape (see
`protocols`), which is that of Twilio's Chat SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import methodcaller
from typing import Any, TypeVar

from .announcer import Observer
from .protocols import Channel, Client, Handler, Media, Member, Message, Page, User
from .records import (
    ENDED,
    REMOVED,
    TOKEN_EXPIRED,
    TOKEN_EXPIRES,
    Alert,
    MediaView,
    MessageView,
    Notice,
    Person,
    Status,
    alert_for,
    person,
    twilio_alert,
)
from .state import ChatState
from .subscriptions import Subscriptions

__all__ = ["Channel", "ChatPanelModel", "Client", "Media", "Member", "Message", "Page", "User"]

T = TypeVar("T")


class ChatPanelModel:
    """One channel as one person sees it, kept up to date by the client's events.

    Events may come on any thread. Failures become `error` and never vanish.
    """

    def __init__(self, channel: Channel, page_size: int = 30) -> None:
        self.channel = channel
        self.identity = channel.client.identity
        self.draft = ""
        self._people: dict[str, Person] = {}
        self._friendly_names: dict[str, str | None] = {}
        self._files: dict[str, Media] = {}
        self._page: Page | None = None
        self._state = ChatState(
            Status(
                title=_title(channel),
                connection=channel.client.connection_state,
                problem=_problem(channel.client),
                ended=_ending(channel.attributes),
            )
        )
        self._subscriptions = Subscriptions(self._handler_failed)
        self._subscribe()  # before loading, so that nothing falls between
        self._attempt("Could not load the members", self._load_members)
        self._attempt("Could not load messages", lambda: self._load(page_size))

    def __repr__(self) -> str:
        return f"ChatPanelModel({self.status.title!r}, as={self.identity!r})"

    # -- what there is to see

    @property
    def messages(self) -> list[MessageView]:
        """The messages loaded so far, oldest first."""
        return self._state.messages

    @property
    def notices(self) -> list[Notice]:
        """Who joined and left while this model was listening."""
        return self._state.notices

    @property
    def you(self) -> Person:
        """Whose view of the chat this is."""
        return self._who(self.identity)

    @property
    def status(self) -> Status:
        """Connection, typing, alert and so on; an immutable value."""
        return self._state.status

    @property
    def connection_state(self) -> str:
        """The client's state: connecting, connected, disconnected, denied or error."""
        return self.status.connection

    @property
    def typing_identities(self) -> list[str]:
        """Who else is typing."""
        return [typist.identity for typist in self.status.typing]

    @property
    def error(self) -> str | None:
        """What went wrong last, with Twilio's code, or None."""
        return self.status.alert.text if self.status.alert else None

    @property
    def ended(self) -> bool:
        """Whether the agent ended the chat, or the channel was removed."""
        return self.status.ended is not None

    # -- what one can do

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Tell `observer` of every Change; call what this returns to stop that."""
        return self._state.announcer.observe(observer)

    def send(self, text: str) -> int | None:
        """Send a message and return its index; None where nothing was sent.

        Blank text is not sent. Where Twilio refuses, `error` says why and `draft` keeps the text.
        """
        body = text.strip()
        if not body:
            return None
        if self.status.ended:
            self._not_sent(body, Alert("send", "error", f"Not sent. {self.status.ended}"))
            return None
        try:
            index = self.channel.send_message(body)
        except Exception as failure:  # shown to the writer
            self._not_sent(body, alert_for("send", "Not sent", failure))
            return None
        self.draft = ""
        self._state.settle("send")
        return index

    def typing(self) -> None:
        """Let the others see that this person is typing."""
        self._attempt("Could not signal typing", self.channel.typing)

    def load_earlier(self) -> None:
        """Put the page before the oldest message in front; does nothing at the beginning."""
        page = self._page
        if page is not None and self._state.begin_loading():
            self._attempt("Could not load earlier messages", lambda: self._keep(page.prev_page()))
            self._state.set(loading_earlier=False)

    def mark_read(self) -> None:
        """Tell Twilio that everything here was read, if others wrote anything new."""
        if self._state.take_unread():
            self._attempt("Could not mark as read", self.channel.set_all_messages_consumed)

    def media_url(self, sid: str) -> str | None:
        """Ask for the temporary URL of a message's file, by the message's SID."""
        if sid not in self._files:
            return None
        ask = partial(methodcaller("get_content_temporary_url"), self._files[sid])
        url: str | None = self._attempt("Could not open the file", ask)
        return url

    def dismiss_alert(self) -> None:
        """Take the alert away, as its reader asked."""
        self._state.set(alert=None)

    def report(self, what: str, failure: Exception) -> None:
        """Show a failure in the alert line: what print() writes in a handler is never seen."""
        self._state.report(what, failure)

    def close(self) -> None:
        """Unsubscribe from the channel and the client, and forget the observers."""
        self._subscriptions.close()
        self._state.announcer.close()

    # -- what happens in the channel

    def _subscribe(self) -> None:
        channel_events: dict[str, Handler] = {
            "messageAdded": lambda message: self._state.add(self._view(message)),
            "messageUpdated": self._message_updated,
            "messageRemoved": lambda message: self._state.remove(message.sid),
            "typingStarted": self._typing_started,
            "typingEnded": lambda member: self._state.stop_typing(member.identity),
            "memberJoined": self._member_joined,
            "memberUpdated": lambda event: self._know(event["member"]),
            "memberLeft": self._member_left,
            "updated": self._channel_updated,
            "removed": lambda _channel: self._state.set(ended=REMOVED, typing=()),
        }
        client_events: dict[str, Handler] = {
            "connectionStateChanged": self._connection_changed,
            "connectionError": self._connection_failed,
            "tokenAboutToExpire": lambda _ttl: self._state.set(alert=TOKEN_EXPIRES),
            "tokenExpired": lambda: self._state.set(alert=TOKEN_EXPIRED),
        }
        self._subscriptions.listen(self.channel, channel_events)
        self._subscriptions.listen(self.channel.client, client_events)

    def _message_updated(self, event: Mapping[str, Any]) -> None:
        edited = "body" in (event.get("update_reasons") or ())
        self._state.replace(self._view(event["message"]), edited)

    def _typing_started(self, member: Member) -> None:
        if member.identity != self.identity:
            self._state.start_typing(self._who(member.identity))

    def _member_joined(self, member: Member) -> None:
        self._know(member)
        self._state.note(f"{self._called(member.identity)} joined")

    def _member_left(self, member: Member) -> None:
        self._state.stop_typing(member.identity)
        self._state.note(f"{self._called(member.identity)} left")

    def _channel_updated(self, _event: object) -> None:
        self._state.set(title=_title(self.channel), ended=_ending(self.channel.attributes))

    def _connection_changed(self, state: str) -> None:
        self._state.set(connection=state, problem=_problem(self.channel.client))
        if state == "connected":
            self._state.settle("connection", "token")

    def _connection_failed(self, error: Mapping[str, Any]) -> None:
        text = f"Connection failed: {error.get('message') or 'no reason given'}"
        alert = twilio_alert("connection", text, error.get("errorCode"))
        self._state.set(alert=alert, problem=_problem(self.channel.client))

    def _handler_failed(self, event: str, failure: Exception) -> None:
        self.report(f"Could not handle {event}", failure)

    # -- from the client's objects to records

    def _load(self, page_size: int) -> None:
        self._keep(self.channel.get_messages(page_size))

    def _load_members(self) -> None:
        for member in self.channel.get_members():
            self._know(member)

    def _keep(self, page: Page) -> None:
        self._page = page
        self._state.prepend([self._view(message) for message in page.items], page.has_prev_page)

    def _know(self, member: Member) -> None:
        identity = member.identity
        if identity not in self._friendly_names:  # asked once: it is a request to Twilio
            ask = partial(self.channel.client.get_user, identity)
            user: User | None = self._attempt("Could not load a name", ask)
            self._friendly_names[identity] = user.friendly_name if user else None
        name = self._friendly_names[identity]
        who = self._people[identity] = person(identity, member.attributes, name)
        if who.identity == self.identity:
            self._state.set(role=who.role)
        elif member.last_consumed_message_index is not None:
            self._state.seen(member.last_consumed_message_index)

    def _who(self, identity: str) -> Person:
        return self._people.get(identity) or person(identity)

    def _called(self, identity: str) -> str:
        return "You" if identity == self.identity else self._who(identity).name

    def _view(self, message: Message) -> MessageView:
        who = self._who(message.author)
        if message.media is not None:
            self._files[message.sid] = message.media
        return MessageView(
            sid=message.sid,
            index=message.index,
            author=message.author,
            name=who.name,
            role=who.role,
            body=message.body,
            own=message.author == self.identity,
            timestamp=message.timestamp,
            media=_media(message.media),
        )

    def _not_sent(self, body: str, alert: Alert) -> None:
        self.draft = body
        self._state.set(alert=alert)

    def _attempt(self, what: str, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except Exception as failure:  # shown to the reader
            self.report(what, failure)
            return None


def _problem(client: Client) -> str | None:
    """What `helpers.chat` says beside the state; other clients of this shape need not."""
    return getattr(client, "connection_problem", None)


def _title(channel: Channel) -> str:
    return channel.friendly_name or channel.unique_name or channel.sid


def _ending(attributes: Mapping[str, Any]) -> str | None:
    status = attributes.get("status")
    return ENDED if isinstance(status, str) and status.upper() == "INACTIVE" else None


def _media(media: Any) -> MediaView | None:
    """Describe a file; Twilio's REST API does that with a mapping, its Chat SDK with an object."""
    if media is None:
        return None
    told: Callable[[str], Any] = partial(getattr, media)
    if isinstance(media, Mapping):
        told = media.get
    return MediaView(told("sid"), told("content_type"), told("filename"), told("size"))
