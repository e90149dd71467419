"""Model of a chat panel: everything `ChatPanel` displays, without any widget.

It can be tested and used without a browser: `model.send("Hello")`, `model.messages`. It takes any
chat client of the shape in `protocols`, which is that of Twilio's Chat SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from .events import Subscriptions
from .protocols import Channel, Client, Handler, Media, Member, Message, Page, User
from .records import (
    ENDED,
    REMOVED,
    TOKEN_EXPIRED,
    TOKEN_EXPIRES,
    Alert,
    Change,
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

__all__ = ["Channel", "ChatPanelModel", "Client", "Media", "Member", "Message", "Page", "User"]

T = TypeVar("T")


class ChatPanelModel:
    """A channel as one person sees it, kept up to date by the client's events.

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
        self._subscriptions = Subscriptions(
            lambda event, failure: self.report(f"Could not handle {event}", failure)
        )
        self._subscribe()  # before loading, so that nothing falls between
        self._attempt("Could not load the members", self._load_members)
        self._load_page("Could not load messages", lambda: channel.get_messages(page_size))

    def __repr__(self) -> str:
        return f"ChatPanelModel({self.status.title!r}, as={self.identity!r})"

    # -- state

    @property
    def messages(self) -> list[MessageView]:
        """Messages loaded so far, oldest first."""
        return self._state.messages

    @property
    def notices(self) -> list[Notice]:
        """Notices of who joined and left since this model was made."""
        return self._state.notices

    @property
    def you(self) -> Person:
        """The person whose view of the chat this is."""
        return self._person(self.identity)

    @property
    def status(self) -> Status:
        """Connection, typing, alert and so on; an immutable value."""
        return self._state.status

    @property
    def connection_state(self) -> str:
        """State of the client: connecting, connected, disconnected, denied or error."""
        return self.status.connection

    @property
    def typing_identities(self) -> list[str]:
        """Identities of the others who are typing."""
        return [typist.identity for typist in self.status.typing]

    @property
    def error(self) -> str | None:
        """The latest failure, with Twilio's code, or None."""
        return self.status.alert.text if self.status.alert else None

    @property
    def ended(self) -> bool:
        """True once the agent ended the chat, or the channel was removed."""
        return self.status.ended is not None

    # -- actions

    def observe(self, observer: Callable[[Change], None]) -> Callable[[], None]:
        """Call `observer` with every Change. Returns a function that stops that."""
        return self._state.announcer.observe(observer)

    def send(self, text: str) -> int | None:
        """Send a message and return its index; None if nothing was sent.

        Blank text is not sent. If Twilio refuses, `error` says why and `draft` keeps the text.
        """
        body = text.strip()
        if not body:
            return None
        if self.status.ended:
            self._not_sent(body, Alert("send", "error", f"Not sent. {self.status.ended}"))
            return None
        try:
            index = self.channel.send_message(body)
        except Exception as failure:
            self._not_sent(body, alert_for("send", "Not sent", failure))
            return None
        self.draft = ""
        self._state.settle("send")
        return index

    def typing(self) -> None:
        """Signal the others that this person is typing."""
        self._attempt("Could not signal typing", self.channel.typing)

    def load_earlier(self) -> None:
        """Load the page before the oldest message; does nothing at the beginning."""
        page = self._page
        if page is not None and self._state.begin_loading():
            self._load_page("Could not load earlier messages", page.prev_page)
            self._state.set(loading_earlier=False)

    def mark_read(self) -> None:
        """Mark everything here as read, if others wrote anything new."""
        if self._state.take_unread():
            self._attempt("Could not mark as read", self.channel.set_all_messages_consumed)

    def media_url(self, sid: str) -> str | None:
        """Return the temporary URL of a message's file, by the message's SID."""
        media = self._files.get(sid)
        if media is None:
            return None

        def ask_url() -> str:
            return media.get_content_temporary_url()

        return self._attempt("Could not open the file", ask_url)

    def dismiss_alert(self) -> None:
        """Remove the alert."""
        self._state.set(alert=None)

    def report(self, what: str, failure: Exception) -> None:
        """Show a failure in the alert line: the output of a handler's print() is never seen."""
        self._state.report(what, failure)

    def close(self) -> None:
        """Unsubscribe from the channel and the client, and remove the observers."""
        self._subscriptions.close()
        self._state.announcer.close()

    # -- events of the channel

    def _subscribe(self) -> None:
        channel_events: dict[str, Handler] = {
            "messageAdded": self._message_added,
            "messageUpdated": self._message_updated,
            "messageRemoved": lambda message: self._state.remove(message.sid),
            "typingStarted": self._typing_started,
            "typingEnded": lambda member: self._state.stop_typing(member.identity),
            "memberJoined": self._member_joined,
            "memberUpdated": lambda event: self._add_member(event["member"]),
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

    def _message_added(self, message: Message) -> None:
        self._state.add(self._view(message))

    def _message_updated(self, event: Mapping[str, Any]) -> None:
        edited = "body" in (event.get("update_reasons") or ())
        self._state.replace(self._view(event["message"]), edited)

    def _typing_started(self, member: Member) -> None:
        if member.identity != self.identity:
            self._state.start_typing(self._person(member.identity))

    def _member_joined(self, member: Member) -> None:
        self._add_member(member)
        self._note(member, "joined")

    def _member_left(self, member: Member) -> None:
        self._state.stop_typing(member.identity)
        self._note(member, "left")

    def _note(self, member: Member, change: str) -> None:
        identity = member.identity
        name = "You" if identity == self.identity else self._person(identity).name
        self._state.note(f"{name} {change}")

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

    # -- from the client's objects to records

    def _load_members(self) -> None:
        for member in self.channel.get_members():
            self._add_member(member)

    def _load_page(self, what: str, load: Callable[[], Page]) -> None:
        def add() -> None:
            page = self._page = load()
            self._state.prepend([self._view(message) for message in page.items], page.has_prev_page)

        self._attempt(what, add)

    def _add_member(self, member: Member) -> None:
        identity = member.identity
        if identity not in self._friendly_names:  # once: it is a request to Twilio
            load = partial(self.channel.client.get_user, identity)
            user: User | None = self._attempt("Could not load a name", load)
            self._friendly_names[identity] = user.friendly_name if user else None
        name = self._friendly_names[identity]
        found = self._people[identity] = person(identity, member.attributes, name)
        if identity == self.identity:
            self._state.set(role=found.role)
        elif member.last_consumed_message_index is not None:
            self._state.seen(member.last_consumed_message_index)

    def _person(self, identity: str) -> Person:
        return self._people.setdefault(identity, person(identity))

    def _view(self, message: Message) -> MessageView:
        author = message.author
        writer = self._people.get(author) or self._person(author)
        if message.media is not None:
            self._files[message.sid] = message.media
        return MessageView(
            sid=message.sid,
            index=message.index,
            author=author,
            name=writer.name,
            role=writer.role,
            body=message.body,
            own=author == self.identity,
            timestamp=message.timestamp,
            media=_media(message.media) if message.media else None,
        )

    def _not_sent(self, body: str, alert: Alert) -> None:
        self.draft = body
        self._state.set(alert=alert)

    def _attempt(self, what: str, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except Exception as failure:
            self.report(what, failure)
            return None


def _problem(client: Client) -> str | None:
    """Return what only `helpers.chat` says beside the state."""
    return getattr(client, "connection_problem", None)


def _title(channel: Channel) -> str:
    return channel.friendly_name or channel.unique_name or channel.sid


def _ending(attributes: Mapping[str, Any]) -> str | None:
    status = attributes.get("status")
    return ENDED if isinstance(status, str) and status.upper() == "INACTIVE" else None


def _media(media: Any) -> MediaView:
    """Describe a file: a mapping in Twilio's REST API, an object in its Chat SDK."""
    names = ("sid", "content_type", "filename", "size")
    if isinstance(media, Mapping):
        return MediaView(*map(media.get, names))  # type: ignore[arg-type]
    return MediaView(*(getattr(media, name) for name in names))
