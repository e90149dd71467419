"""A chat of two people in this process, in the shape the panel expects of a chat client."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

GUEST, AGENT = "abc123", "agent_alice"
SID = "{prefix}{number:032x}"


class Emitter:
    """Handlers by event, called in the order in which they came."""

    def __init__(self) -> None:
        self.handlers: dict[str, list[Callable[..., object]]] = defaultdict(list)

    def on(self, event: str, handler: Callable[..., object]) -> None:
        self.handlers[event].append(handler)

    def off(self, event: str, handler: Callable[..., object]) -> None:
        self.handlers[event].remove(handler)

    def emit(self, event: str, *arguments: object) -> None:
        for handler in list(self.handlers[event]):
            handler(*arguments)

    @property
    def listeners(self) -> int:
        return sum(len(handlers) for handlers in self.handlers.values())


@dataclass
class FakeMedia:
    sid: str
    content_type: str
    filename: str | None
    size: int
    url: str = "http://127.0.0.1:1/file"

    def get_content_temporary_url(self) -> str:
        return self.url


def stored(media: Any) -> FakeMedia:
    content, kind, name = media["media"], media["content_type"], media["filename"]
    url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return FakeMedia("ME1", kind, name, len(content), url)


@dataclass
class FakeMessage:
    sid: str
    index: int
    author: str
    body: str | None
    timestamp: datetime
    media: FakeMedia | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    room: Room | None = field(default=None, repr=False)

    @property
    def type(self) -> str:
        return "media" if self.media else "text"

    def update_body(self, body: str) -> None:
        self.room.check()
        self.room.edit(self, body)

    def remove(self) -> None:
        self.room.check()
        self.room.remove(self)


@dataclass
class FakeMember:
    identity: str
    attributes: dict[str, Any] = field(default_factory=dict)
    last_consumed_message_index: int | None = None
    sid: str = "MB1"


@dataclass
class FakeUser:
    identity: str
    friendly_name: str | None = None


class FakePage:
    def __init__(self, messages: list[FakeMessage], size: int, end: int) -> None:
        self._all, self._size, self._start = messages, size, max(0, end - size)
        self.items = messages[self._start : end]
        self.has_prev_page = self._start > 0

    def prev_page(self) -> FakePage:
        return FakePage(self._all, self._size, self._start)


class FakeClient(Emitter):
    def __init__(self, identity: str) -> None:
        super().__init__()
        self.identity = identity
        self.connection_state = "connected"
        self.connection_problem: str | None = None
        self.users: dict[str, FakeUser] = {}

    def get_user(self, identity: str) -> FakeUser:
        return self.users.get(identity, FakeUser(identity))

    def become(self, state: str) -> None:
        self.connection_state = state
        self.emit("connectionStateChanged", state)


class Room:
    """State that the channels of all clients share."""

    def __init__(self, friendly_name: str = "Chat with abc123") -> None:
        self.friendly_name = friendly_name
        self.attributes: Any = {"status": "ACTIVE"}
        self.messages: list[FakeMessage] = []
        self.members: list[FakeMember] = []
        self.channels: list[FakeChannel] = []
        self.refusal: Exception | None = None

    def check(self) -> None:
        """Fail once, where a test has set a refusal."""
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            raise refusal

    def with_agent(self) -> FakeChannel:
        """The guest's view of a chat with an agent."""
        channel = self.join(GUEST, "guest")
        self.join(AGENT, "agent")
        return channel

    def join(self, identity: str, member_type: str) -> FakeChannel:
        member = FakeMember(identity, {"member_type": member_type})
        self.members.append(member)
        self.emit("memberJoined", member)
        self.channels.append(FakeChannel(self, FakeClient(identity)))
        return self.channels[-1]

    def write(
        self,
        author: str,
        body: str | None,
        media: FakeMedia | None = None,
        ago: timedelta = timedelta(),
    ) -> FakeMessage:
        number = self.messages[-1].index + 1 if self.messages else 0
        sid = SID.format(prefix="IM", number=number)
        message = FakeMessage(sid, number, author, body, datetime.now(UTC) - ago, media, room=self)
        self.messages.append(message)
        self.emit("messageAdded", message)
        return message

    def edit(self, message: FakeMessage, body: str) -> None:
        message.body = body
        self.emit("messageUpdated", {"message": message, "update_reasons": ["body"]})

    def remove(self, message: FakeMessage) -> None:
        self.messages.remove(message)
        self.emit("messageRemoved", message)

    def end(self) -> None:
        self.attributes = {**self.attributes, "status": "INACTIVE"}
        for channel in self.channels:
            channel.emit("updated", {"channel": channel, "update_reasons": ["attributes"]})

    def emit(self, event: str, *arguments: object) -> None:
        for channel in self.channels:
            channel.emit(event, *arguments)


class FakeChannel(Emitter):
    """One person's view of the room; `refusal` makes the next send fail."""

    sid = SID.format(prefix="CH", number=1)
    unique_name = None
    status = "joined"

    def __init__(self, room: Room, client: FakeClient) -> None:
        super().__init__()
        self.room, self.client = room, client
        self.refusal: Exception | None = None
        self.consumed = 0

    @property
    def friendly_name(self) -> str:
        return self.room.friendly_name

    @property
    def attributes(self) -> Any:
        return self.room.attributes

    @property
    def member(self) -> FakeMember:
        return next(m for m in self.room.members if m.identity == self.client.identity)

    def send_message(self, body: str | None = None, *, media: Any = None) -> int:
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        return self.room.write(self.client.identity, body, media and stored(media)).index

    def get_messages(self, page_size: int = 30) -> FakePage:
        return FakePage(self.room.messages, page_size, len(self.room.messages))

    def get_members(self) -> list[FakeMember]:
        return self.room.members

    def typing(self) -> None:
        self.room.emit("typingStarted", self.member)

    def set_all_messages_consumed(self) -> int:
        self.consumed += 1
        self.member.last_consumed_message_index = len(self.room.messages) - 1
        event = {"member": self.member, "update_reasons": ["lastConsumedMessageIndex"]}
        self.room.emit("memberUpdated", event)
        return 0
