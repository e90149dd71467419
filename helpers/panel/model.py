"""Model of a chat panel: everything `ChatPanel` displays, without any widget.

It can be tested and used without a browser: `model.send("Hello")`, `model.messages`. It takes any
chat client of the shape in `protocols`, which is that of Twilio's Chat SDK.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

from ..json_object import entry
from . import records
from .events import PanelModel
from .protocols import Channel, Client, Handler, Media, Member, Message, Page, User
from .records import Alert, Change, MediaView, MessageView, Notice, Person, Status
from .transcript import Transcript

__all__ = ["Channel", "ChatPanelModel", "Client", "Media", "Member", "Message", "Page", "User"]

_NOTICES_KEPT = 200
_PAGES_SEARCHED = 10
_BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")


class ChatPanelModel(PanelModel[Status, Change]):
    """A channel as one person sees it, kept up to date by the client's events."""

    def __init__(self, channel: Channel, page_size: int = 30) -> None:
        super().__init__(
            Status(
                title=_title(channel),
                connection=channel.client.connection_state,
                problem=_problem(channel.client),
                ended=_ending(channel),
            )
        )
        self.channel = channel
        self.identity = channel.client.identity
        self.draft = ""
        self._people: dict[str, Person] = {}
        self._friendly_names: dict[str, str | None] = {}
        self._sources: dict[str, Message] = {}
        self._page: Page | None = None
        self._transcript = Transcript()
        self._notices: deque[Notice] = deque(maxlen=_NOTICES_KEPT)
        self._read_up_to = -1
        self.read_index: int | None = None
        """Read horizon of this person: the index of the last message read, None for nothing."""
        channel_events: dict[str, Handler] = {
            "messageAdded": self._message_added,
            "messageUpdated": self._message_updated,
            "messageRemoved": self._message_removed,
            "typingStarted": self._typing_started,
            "typingEnded": self._typing_ended,
            "memberJoined": self._member_joined,
            "memberUpdated": lambda event: self._add_member(event["member"]),
            "memberLeft": self._member_left,
            "updated": self._channel_updated,
            "removed": lambda _channel: self._set(ended=records.REMOVED, typing=()),
        }
        client_events: dict[str, Handler] = {
            "connectionStateChanged": self._connection_changed,
            "connectionError": self._connection_failed,
            "tokenAboutToExpire": lambda _ttl: self._set(alert=records.TOKEN_EXPIRES),
            "tokenExpired": lambda: self._set(alert=records.TOKEN_EXPIRED),
        }
        # before loading, so that nothing falls between
        self._subscriptions.listen(channel, channel_events)
        self._subscriptions.listen(channel.client, client_events)
        self._attempt(
            "Could not load the members", lambda: list(map(self._add_member, channel.get_members()))
        )
        self._load_page("Could not load messages", lambda: channel.get_messages(page_size))

    def __repr__(self) -> str:
        return f"ChatPanelModel({self.status.title!r}, as={self.identity!r})"

    # -- state

    @property
    def messages(self) -> list[MessageView]:
        """Messages loaded so far, oldest first."""
        with self._announcer.lock:
            return list(self._transcript)

    @property
    def notices(self) -> list[Notice]:
        """Latest notices of who joined and left since this model was made, oldest first."""
        with self._announcer.lock:
            return list(self._notices)

    @property
    def you(self) -> Person:
        """The person whose view of the chat this is."""
        return self._person(self.identity)

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

    def send(self, text: str) -> int | None:
        """Send a message and return its index; None if nothing was sent.

        The text is sent as it was typed, but for blank lines before it and space after it; blank
        text is not sent. If Twilio refuses, `error` says why and `draft` keeps the text.
        """
        body = as_typed(text)
        if not body:
            return None
        self.draft = body  # until it is sent
        index = self._send(lambda: self.channel.send_message(body))
        if index is not None:
            self.draft = ""
        return index

    def retry(self) -> int | None:
        """Send the draft, a text that could not be sent, again; returns as `send()` does."""
        return self.send(self.draft)

    def send_file(self, media: str | Path | Mapping[str, Any]) -> int | None:
        """Send a file and return its index; None if it was not sent, and `error` says why.

        `media` is its path, or `{"content_type": ..., "media": bytes, "filename": ...}`.
        """
        return self._send(lambda: self.channel.send_message(media=media))

    def _send(self, send: Callable[[], int]) -> int | None:
        if self.status.ended:
            self._set(alert=Alert("send", "error", f"Not sent. {self.status.ended}"))
            return None
        try:
            index = send()
        except Exception as failure:
            self._set(alert=records.alert_for("send", "Not sent", failure))
            return None
        self._settle("send")
        return index

    def edit(self, sid: str, text: str) -> bool:
        """Replace the text of a message of this person; False if it was not, `error` says why."""
        body = as_typed(text)
        return bool(body) and self._alter("Not changed", sid, lambda one: one.update_body(body))

    def delete(self, sid: str) -> bool:
        """Delete a message of this person; False if it was not, and `error` says why."""
        return self._alter("Not deleted", sid, lambda one: one.remove())

    def _alter(self, what: str, sid: str, act: Callable[[Message], object]) -> bool:
        try:
            act(self._sources[sid])
        except KeyError:
            gone = f"{what}: this message is gone, or is not yours."
            self._set(alert=Alert("send", "error", gone))
            return False
        except Exception as failure:
            self._set(alert=records.alert_for("send", what, failure))
            return False
        self._settle("send")
        return True

    def search(self, text: str, *, deeper: bool = False) -> list[MessageView]:
        """Return the loaded messages with this text, in whatever case, or a file of that name.

        With `deeper`, earlier messages are loaded until one more is found, ten pages at most.
        """
        found = self._with_text(text)
        for _ in range(_PAGES_SEARCHED if deeper else 0):
            before = len(found)
            self.load_earlier()
            found = self._with_text(text)
            if len(found) > before or not self.status.has_earlier:
                break
        return found

    def _with_text(self, text: str) -> list[MessageView]:
        wanted = text.strip().casefold()
        return [one for one in self.messages if wanted and wanted in _searched(one)]

    def before(self, index: int, count: int) -> list[MessageView]:
        """Return the loaded messages just before an index, so many at most, oldest first."""
        with self._announcer.lock:
            return self._transcript.before(index, count)

    def since(self, index: int, count: int) -> list[MessageView]:
        """Return the loaded messages from an index on, so many at most, oldest first."""
        with self._announcer.lock:
            return self._transcript.since(index, count)

    @property
    def loaded(self) -> tuple[int, int]:
        """Indexes of the oldest and the newest message loaded; -1 without any."""
        with self._announcer.lock:
            return self._transcript.first_index, self._transcript.last_index

    def typing(self) -> None:
        """Signal the others that this person is typing."""
        self._attempt("Could not signal typing", self.channel.typing)

    def load_earlier(self) -> None:
        """Load the page before the oldest message; does nothing at the beginning."""
        page = self._page
        with self._announcer:
            if page is None or self._status.loading_earlier or not self._status.has_earlier:
                return
            self._update(loading_earlier=True)
        self._load_page("Could not load earlier messages", page.prev_page)
        self._set(loading_earlier=False)

    def mark_read(self) -> None:
        """Mark everything here as read, if others wrote anything new."""
        with self._announcer.lock:
            latest = next((m.index for m in reversed(self._transcript) if not m.own), -1)
            if latest <= self._read_up_to:
                return
            self._read_up_to = latest
        self._attempt("Could not mark as read", self.channel.set_all_messages_consumed)

    def media_url(self, sid: str) -> str | None:
        """Return the temporary URL of a message's file, by the message's SID."""
        source = self._sources.get(sid)
        if source is None or source.media is None:
            return None
        open_file = methodcaller("get_content_temporary_url")
        return self._attempt("Could not open the file", lambda: open_file(source.media))

    # -- events of the channel

    def _message_added(self, message: Message) -> None:
        view = self._view(message)
        with self._announcer:
            if added := self._transcript.add([view]):
                self._announcer.queue(Change("added", added))
            if self._status.typing:  # the author is not any more
                self._update(typing=self._typing_without(view.author))

    def _message_updated(self, event: Mapping[str, Any]) -> None:
        view = self._view(event["message"])
        with self._announcer:
            known = self._transcript.get(view.sid)
            edited = "body" in (event.get("update_reasons") or ()) or bool(known and known.edited)
            view = replace(view, edited=edited)
            self._queue("updated", (view,) if self._transcript.replace(view) else ())

    def _message_removed(self, message: Message) -> None:
        with self._announcer:
            self._sources.pop(message.sid, None)
            gone = self._transcript.remove(message.sid)
            self._queue("removed", (gone,) if gone else ())

    def _typing_started(self, member: Member) -> None:
        if member.identity is not None and member.identity != self.identity:
            typist = self._person(member.identity)
            with self._announcer:
                self._update(typing=(*self._typing_without(member.identity), typist))

    def _typing_ended(self, member: Member) -> None:
        with self._announcer:
            self._update(typing=self._typing_without(member.identity))

    def _member_joined(self, member: Member) -> None:
        self._add_member(member)
        self._note(member, "joined")

    def _member_left(self, member: Member) -> None:
        self._typing_ended(member)
        self._note(member, "left")

    def _note(self, member: Member, change: str) -> None:
        identity = member.identity
        known = self._person(identity).name if identity else "Somebody"
        name = "You" if identity == self.identity else known
        with self._announcer:
            number = self._notices[-1].number + 1 if self._notices else 1
            after = self._transcript.last_index
            notice = Notice(number, after, f"{name} {change}", datetime.now(UTC), name)
            self._notices.append(notice)
            self._announcer.queue(Change("notice", notice=notice))

    def _channel_updated(self, _event: object) -> None:
        self._set(title=_title(self.channel), ended=_ending(self.channel))

    def _connection_changed(self, state: str) -> None:
        self._set(connection=state, problem=_problem(self.channel.client))
        if state == "connected":
            self._settle("connection", "token")

    def _connection_failed(self, error: Mapping[str, Any]) -> None:
        text = f"Connection failed: {error.get('message') or 'no reason given'}"
        alert = records.twilio_alert("connection", text, error.get("errorCode"))
        self._set(alert=alert, problem=_problem(self.channel.client))

    # -- from the client's objects to records

    def _load_page(self, what: str, load: Callable[[], Page]) -> None:
        def add() -> None:
            page = self._page = load()
            views = [self._view(message) for message in page.items]
            with self._announcer:
                self._queue("earlier", self._transcript.add(views))
                self._update(has_earlier=page.has_prev_page)

        self._attempt(what, add)

    def _add_member(self, member: Member) -> None:
        identity = member.identity
        if identity is None:  # reached over another network: no user of the chat
            return
        if identity not in self._friendly_names:  # once: it is a request to Twilio
            load = partial(self.channel.client.get_user, identity)
            user: User | None = self._attempt("Could not load a name", load)
            self._friendly_names[identity] = user.friendly_name if user else None
        name = self._friendly_names[identity]
        found = self._people[identity] = records.person(identity, member.attributes, name)
        if identity == self.identity:
            self.read_index = member.last_consumed_message_index
            self._set(role=found.role)
        elif member.last_consumed_message_index is not None:
            with self._announcer:
                seen = max(member.last_consumed_message_index, self._status.seen_index or 0)
                self._update(seen_index=seen)

    def _person(self, identity: str) -> Person:
        return self._people.setdefault(identity, records.person(identity))

    def _view(self, message: Message) -> MessageView:
        author = message.author
        writer = self._people.get(author) or self._person(author)
        if message.media is not None or author == self.identity:
            self._sources[message.sid] = message
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

    def _settle(self, *topics: records.AlertTopic) -> None:
        """Remove an alert on one of these topics: its cause is gone."""
        with self._announcer:
            if self._status.alert is not None and self._status.alert.topic in topics:
                self._update(alert=None)

    def _queue(self, kind: records.MessageChange, messages: tuple[MessageView, ...]) -> None:
        if messages:
            self._announcer.queue(Change(kind, messages))

    def _typing_without(self, identity: str) -> tuple[Person, ...]:
        return tuple(typist for typist in self._status.typing if typist.identity != identity)

    def _change(self, status: Status) -> Change:
        return Change("status", status=status)

    def _observer_failed(self, change: Change, failure: Exception) -> None:
        if change.kind != "status":  # a view that cannot show a status would fail for ever
            self.report(f"Could not show {change.kind}", failure)


def as_typed(text: str) -> str:
    """Return a text as it is sent: indentation counts, blank lines around it do not."""
    return _BLANK_LINES.sub("", text).rstrip()


def _searched(message: MessageView) -> str:
    texts = (message.body, message.media.filename if message.media else None)
    return "\n".join(filter(None, texts)).casefold()


def _problem(client: Client) -> str | None:
    """Return what only `helpers.chat` says beside the state."""
    return getattr(client, "connection_problem", None)


def _title(channel: Channel) -> str:
    return channel.friendly_name or channel.unique_name or channel.sid


def _ending(channel: Channel) -> str | None:
    if getattr(channel, "state", None) == "closed":
        return records.CLOSED
    status = entry(channel.attributes, "status")
    return records.ENDED if isinstance(status, str) and status.upper() == "INACTIVE" else None


def _media(media: Any) -> MediaView:
    """Describe a file: a mapping in Twilio's REST API, an object in its Chat SDK."""
    names = ("sid", "content_type", "filename", "size")
    if isinstance(media, Mapping):
        return MediaView(*map(media.get, names))  # type: ignore[arg-type]
    return MediaView(*(getattr(media, name) for name in names))
