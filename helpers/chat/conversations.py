"""A chat client in the shape of `@twilio/conversations`, over Conversations' REST API.

The work is done by a `ChatClient` that reaches Conversations instead of Chat; what is shown here
has the names of that SDK.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

from twilio.rest import Client

from ..flex_ui import in_path
from .arguments import INDEX, JSON, KEY, TEXT, takes
from .channel import PAGE_SIZE, Channel, Direction
from .client import ChatClient
from .errors import raises_chat_error
from .records import Member, Paginator, User
from .session import Wait

if TYPE_CHECKING:
    from ..account import Account

# -- Conversations' REST resources, by the names of Chat's

_LISTS = {
    "channels": "conversations",
    "members": "participants",
    "user_channels": "user_conversations",
}
"""Collections of Chat and what Conversations calls them; the others are called the same."""
_PARAMETERS = {"from_": "author", "last_consumed_message_index": "last_read_message_index"}
_FIELDS = {
    "chat_service_sid": "service_sid",
    "conversation_sid": "channel_sid",
    "participant_sid": "member_sid",
    "author": "_from",
    "last_read_message_index": "last_consumed_message_index",
    "last_read_timestamp": "last_consumption_timestamp",
}
_MISSING: dict[str, Any] = {
    "type": "private",
    "status": "joined",
    "created_by": None,
    "last_updated_by": None,
}
"""Fields of Chat's resources that Conversations' have not, and the values that follow."""


class _Renamed:
    """A collection or resource of the SDK, reached and read by the names of Chat's."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __call__(self, key: str) -> _Renamed:
        return _Renamed(self._inner(key))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, _LISTS.get(name, name))
        if name in ("create", "fetch", "update"):
            return lambda *key, **given: _resource(found(*key, **_parameters(given)))
        if name in ("list", "stream"):
            return lambda **given: (list if name == "list" else iter)(
                map(_resource, found(**given))
            )
        return found if name == "delete" else _Renamed(found)


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    return {_PARAMETERS.get(name, name): value for name, value in given.items() if name != "type"}


def _resource(found: Any) -> SimpleNamespace:
    fields = {_FIELDS.get(name, name): value for name, value in vars(found).items()}
    if "index" in fields:
        media = fields["media"] or []
        fields |= {"type": "media" if media else "text", "media": media[0] if media else None}
        fields["attached_media"] = media
    return SimpleNamespace(**(_MISSING | fields))


def conversations_service(rest: Client, service_sid: str) -> Any:
    """Return the service of Conversations with the names of Chat's resources."""
    return _Renamed(rest.conversations.v1.services(service_sid))


# -- what is shown

_WORDS = (
    ("LastConsumed", "LastRead"),
    ("Channel", "Conversation"),
    ("channel", "conversation"),
    ("Member", "Participant"),
    ("member", "participant"),
    ("consumed", "read"),
    ("consumption", "read"),
)


_TIMERS = ("closed_after", "inactive_after")
"""Reasons of an update that the SDK does not name."""


def _in_conversations(word: str) -> str:
    """A word of the Chat SDK as `@twilio/conversations` spells it."""
    for chat, conversations in _WORDS:
        word = word.replace(chat, conversations)
    return word


def _in_chat(event: str) -> str:
    """The name of an event in the Chat SDK."""
    return event.replace("conversation", "channel").replace("participant", "member")


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant of a conversation.

    Attributes:
        sid: MB...
        identity: The user's identity; None for somebody with an address on another network.
        attributes: Application data; Flex writes `member_type` `guest` or `agent`.
        last_read_message_index: Read horizon; None for nothing read.
        last_read_timestamp: Time of the last reading.
        role_sid: RL...
    """

    sid: str
    identity: str | None
    attributes: Any
    last_read_message_index: int | None
    last_read_timestamp: datetime | None
    role_sid: str

    @classmethod
    def of(cls, member: Member) -> Participant:
        """Make one from a member."""
        return cls(
            member.sid,
            member.identity,
            member.attributes,
            member.last_consumed_message_index,
            member.last_consumption_timestamp,
            member.role_sid,
        )


class _Source:
    """Events of a chat object, by the names of `@twilio/conversations`."""

    def __init__(self, emitter: Any, shown: Callable[[Any], Any]) -> None:
        self._emitter = emitter
        self._shown = shown
        self._handlers: dict[tuple[str, Callable[..., Any]], Callable[..., Any]] = {}

    def on(self, event: str, f: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """Call `f` at every `event`; also a decorator, as `ChatClient.on` is."""
        if f is None:
            return lambda handler: self.on(event, handler)

        def handler(*about: Any) -> Any:
            return f(*map(self._shown, about))

        self._emitter.on(_in_chat(event), handler)
        self._handlers[event, f] = handler
        return f

    def off(self, event: str, f: Callable[..., Any]) -> None:
        """Stop calling `f` at `event`; not an error if it was not called."""
        with suppress(KeyError):
            self._emitter.off(_in_chat(event), self._handlers.pop((event, f)))


class Conversation(_Source):
    """A conversation, kept up to date by its client.

    Events: `messageAdded`, `messageRemoved` (Message), `messageUpdated` ({message,
    update_reasons}), `participantJoined`, `participantLeft` (Participant), `participantUpdated`
    ({participant, update_reasons}), `typingStarted`, `typingEnded` (Participant), `updated`
    ({conversation, update_reasons}), `removed` (Conversation).

    Attributes:
        client: The client it belongs to.
        chat_channel: The same conversation as a `Channel`, which panels and tables take.
    """

    def __init__(self, client: ConversationsClient, channel: Channel) -> None:
        super().__init__(channel, client._shown)
        self.client = client
        self.chat_channel = channel

    @property
    def sid(self) -> str:
        """CH..."""
        return self.chat_channel.sid

    @property
    def status(self) -> str:
        """`joined` or `notParticipating`."""
        return self.chat_channel.status

    @property
    def friendly_name(self) -> str | None:
        """Its name, if it has one."""
        return self.chat_channel.friendly_name

    @property
    def unique_name(self) -> str | None:
        """Its unique name, if it has one."""
        return self.chat_channel.unique_name

    @property
    def attributes(self) -> Any:
        """Application data: any JSON value."""
        return self.chat_channel.attributes

    @property
    def last_read_message_index(self) -> int | None:
        """Read horizon of this client's user."""
        return self.chat_channel.last_consumed_message_index

    @property
    def state(self) -> Literal["active", "inactive", "closed"]:
        """The state as the account has it now; nothing can be sent to a closed conversation."""
        return self._rest().fetch().state  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"Conversation({self.sid}, {self.friendly_name!r}, {self.status})"

    def send_message(
        self,
        body: str | None = None,
        attributes: Any = None,
        *,
        media: str | Path | Mapping[str, Any] | None = None,
    ) -> int:
        """Send a text or a file; as `Channel.send_message`, refusals in Conversations' words.

        Raises:
            ChatError: 50377, the conversation is closed; 50430, not a participant; 20104, the
                token has expired.
            OutcomeUnknown: It may have arrived or not.
            ValueError: Neither body nor media, both, or an argument of another kind.
        """
        return self.chat_channel.send_message(body, attributes, media=media)

    def get_messages(
        self,
        page_size: int = PAGE_SIZE,
        anchor: int | None = None,
        direction: Direction = "backwards",
    ) -> Paginator:
        """Return a page of messages, ascending; as `Channel.get_messages`."""
        return self.chat_channel.get_messages(page_size, anchor, direction)

    def get_messages_count(self) -> int:
        """Return the number of messages, for which REST has no count: they are listed."""
        return sum(1 for _ in self._rest().messages.stream())

    def get_participants(self) -> list[Participant]:
        """Return the participants."""
        return [Participant.of(member) for member in self.chat_channel.get_members()]

    def get_participants_count(self) -> int:
        """Return the number of participants."""
        return len(self.get_participants())

    @takes(identity=KEY)
    def get_participant_by_identity(self, identity: str) -> Participant | None:
        """Return the participant of an identity, or None."""
        return next((one for one in self.get_participants() if one.identity == identity), None)

    @takes(identity=KEY, attributes=JSON)
    def add(self, identity: str, attributes: Any = None) -> None:
        """Add a participant; needs the permission `addParticipant`."""
        self._add(identity=identity, attributes=attributes)

    @takes(proxy_address=KEY, address=KEY, attributes=JSON)
    def add_non_chat_participant(
        self, proxy_address: str, address: str, attributes: Any = None
    ) -> None:
        """Add somebody by address, such as a phone number, reached from a number of yours."""
        self._add(
            messaging_binding_address=address,
            messaging_binding_proxy_address=proxy_address,
            attributes=attributes,
        )

    @takes(participant=KEY)
    @raises_chat_error
    def remove_participant(self, participant: str) -> None:
        """Remove a participant, by SID or identity."""
        self._rest().participants(in_path(participant)).delete(x_twilio_webhook_enabled="true")

    def typing(self) -> bool:
        """Signal the others that this user is typing; as `Channel.typing`."""
        return self.chat_channel.typing()

    def get_unread_messages_count(self) -> int | None:
        """Return the number of messages above the read horizon; None without a horizon."""
        return self.chat_channel.get_unconsumed_messages_count()

    @takes(index=INDEX.or_none())
    def update_last_read_message_index(self, index: int | None) -> int | None:
        """Set the read horizon, and return the unread count that results."""
        return self.chat_channel.update_last_consumed_message_index(index)

    @takes(index=INDEX)
    def advance_last_read_message_index(self, index: int) -> int | None:
        """Set the read horizon, only ever forward, and return the unread count that results."""
        return self.chat_channel.advance_last_consumed_message_index(index)

    def set_all_messages_read(self) -> int | None:
        """Move the read horizon to the last message and return the unread count that results."""
        return self.chat_channel.set_all_messages_consumed()

    def set_all_messages_unread(self) -> int | None:
        """Remove the read horizon: nothing counts as read."""
        return self.chat_channel.set_no_messages_consumed()

    def join(self) -> Conversation:
        """Join a conversation that this user created, and return it."""
        self.chat_channel.join()
        return self

    def leave(self) -> Conversation:
        """Leave the conversation, and return it."""
        self.chat_channel.leave()
        return self

    def update_attributes(self, attributes: Any) -> Conversation:
        """Replace the attributes, and return the conversation."""
        self.chat_channel.update_attributes(attributes)
        return self

    @raises_chat_error
    def _add(self, **given: Any) -> None:
        attributes = given.pop("attributes")
        if attributes is not None:
            given["attributes"] = json.dumps(attributes)
        self._rest().participants.create(x_twilio_webhook_enabled="true", **given)

    def _rest(self) -> Any:
        return self.client._service.conversations(self.sid)


class ConversationsClient(_Source):
    """A customer's or agent's chat on Flex Conversations, connected with an access token.

    In the shape of `@twilio/conversations`, over Twilio's REST API: Python has no official SDK for
    chat users. For the rest it is as `ChatClient`: how events come, what a live account can do,
    how it survives failures, and how it ends.

    Events: `conversationAdded`, `conversationJoined`, `conversationLeft`, `conversationRemoved`
    (Conversation), `conversationUpdated` ({conversation, update_reasons}), those of `Conversation`
    for every conversation, `userUpdated` ({user, update_reasons}), `tokenAboutToExpire`,
    `tokenExpired`, `connectionStateChanged` (state), `connectionError` ({terminal, message,
    errorCode}).

    Args:
        account: From `connect()`.
        token: An access token with a chat grant.
        poll_seconds: Pause between polls while something happens, where polling is needed.
        wait: Waits between polls and between tries.

    Attributes:
        account: As given.

    Raises:
        ChatError: The token is refused (20101 to 20107), or Twilio refuses the connection.
    """

    def __init__(
        self,
        account: Account,
        token: str,
        *,
        poll_seconds: float = 1.0,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self.account = account
        self._conversations: dict[str, Conversation] = {}
        self._chat = ChatClient(
            account, token, poll_seconds=poll_seconds, wait=wait, service=conversations_service
        )
        super().__init__(self._chat, self._shown)

    @property
    def identity(self) -> str:
        """Identity of its user."""
        return self._chat.identity

    @property
    def user(self) -> User:
        """This client's user; as `ChatClient.user`."""
        return self._chat.user

    @property
    def connection_state(self) -> str:
        """State of the connection; as `ChatClient.connection_state`."""
        return self._chat.connection_state

    @property
    def connection_problem(self) -> str | None:
        """Reason why it is not `connected`, and when it is tried again; None if it is."""
        return self._chat.connection_problem

    def __repr__(self) -> str:
        return f"ConversationsClient(identity={self.identity!r}, {self.connection_state})"

    def __enter__(self) -> ConversationsClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    def update_token(self, token: str) -> None:
        """Continue with a fresh token for the same identity; raises as `ChatClient` does."""
        self._chat.update_token(token)

    def shutdown(self) -> None:
        """Disconnect: no more events. Repeating it does nothing."""
        self._chat.shutdown()

    def get_user(self, identity: str) -> User:
        """Return a user by identity."""
        return self._chat.get_user(identity)

    @takes(sid=KEY)
    def get_conversation_by_sid(self, sid: str) -> Conversation:
        """Return a conversation by its SID.

        Raises:
            ChatError: 50350, there is none; 50430, this user is not in it.
            ValueError: It is empty.
        """
        return self._conversation(self._chat.get_channel_by_sid(sid))

    @takes(unique_name=KEY)
    def get_conversation_by_unique_name(self, unique_name: str) -> Conversation:
        """Return a conversation by its unique name; raises as for a SID."""
        return self.get_conversation_by_sid(unique_name)

    def get_subscribed_conversations(self) -> list[Conversation]:
        """Return the conversations this client's user is in, closed ones too."""
        return list(map(self._conversation, self._chat.get_subscribed_channels()))

    @takes(friendly_name=TEXT.or_none(), unique_name=TEXT.or_none(), attributes=JSON)
    @raises_chat_error
    def create_conversation(
        self,
        *,
        friendly_name: str | None = None,
        unique_name: str | None = None,
        attributes: Any = None,
    ) -> Conversation:
        """Create an empty conversation, to be joined."""
        given = {
            "friendly_name": friendly_name,
            "unique_name": unique_name,
            "attributes": None if attributes is None else json.dumps(attributes),
        }
        made = self._service.conversations.create(
            x_twilio_webhook_enabled="true",
            **{name: value for name, value in given.items() if value is not None},
        )
        return self.get_conversation_by_sid(made.sid)

    @property
    def _service(self) -> Any:
        session = self._chat._session
        session.require_connected()
        return session.service._inner

    def _conversation(self, channel: Channel) -> Conversation:
        known = self._conversations.get(channel.sid)
        if known is None or known.chat_channel is not channel:  # left, and joined again
            known = self._conversations[channel.sid] = Conversation(self, channel)
        return known

    def _shown(self, about: Any) -> Any:
        """An argument of an event as this SDK shows it."""
        if isinstance(about, Channel):
            return self._conversation(about)
        if isinstance(about, Member):
            return Participant.of(about)
        if isinstance(about, dict) and "update_reasons" in about:
            shown = {_in_conversations(name): self._shown(each) for name, each in about.items()}
            named = [*map(_in_conversations, about["update_reasons"])]
            return shown | {"update_reasons": [each for each in named if each not in _TIMERS]}
        return about
