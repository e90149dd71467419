"""Parties to one channel: the two REST APIs, the two Python clients and the two JavaScript SDKs.

All act by the same names, where they can at all, and show the channel in the same form.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from javascript import JavaScriptClient
from support import EventLog

from helpers import Account, ChatClient, ConversationsClient

PHONE, SHOP = "+15005550001", "+15005550006"
MESSAGES = ("messageAdded", "messageRemoved")


@dataclass
class Sent:
    """A message as it was sent, and changed since."""

    sid: str
    index: int
    author: str
    body: str | None
    attributes: Any
    files: list[Any]


@dataclass
class View:
    """The channel as somebody shows it.

    Attributes:
        people: By SID: identity, read horizon, attributes and role.
        counts: Of messages and members.
        unread: By identity, of those whose count is shown.
    """

    messages: list[Sent]
    people: dict[str, list[Any]]
    attributes: Any
    counts: list[int]
    unread: dict[str, int | None] = field(default_factory=dict)


class Party:
    """One of them: with account credentials, or a chat user who has an `identity`.

    Attributes:
        chat: Whether it uses Chat; else Conversations.
        shows_text_with_files: Whether a message that has files is shown with its text.
    """

    identity: str | None = None
    shows_text_with_files = True
    of_one_api: ClassVar = {"add_phone": "conversations", "invite": "chat"}
    """Acts that only one of the APIs has."""

    def __init__(self, *, chat: bool) -> None:
        self.chat = chat
        self.horizon = "last_consumed_message_index" if chat else "last_read_message_index"

    def can(self, act: str) -> bool:
        """Whether there is a way to do this."""
        own = "chat" if self.chat else "conversations"
        return hasattr(self, act) and self.of_one_api.get(act, own) == own


class ByRest(Party):
    """The account, by one of the APIs."""

    def __init__(self, account: Account, *, chat: bool) -> None:
        super().__init__(chat=chat)
        client, self.service_sid = account.client, account.credentials.chat_service_sid
        self.request = client.request
        service = client.chat.v2.services(self.service_sid)
        v1 = client.conversations.v1
        self.channels: Any = service.channels if chat else v1.conversations
        self.users = service.users if chat else v1.users

    def create(self) -> str:
        made = self.channels.create(**({"type": "private"} if self.chat else {}))
        sid: str = made.sid
        return sid

    def open(self, sid: str) -> None:
        self.sid, self.channel = sid, self.channels(sid)
        self.members = self.channel.members if self.chat else self.channel.participants

    def send(self, author: str, body: str, attributes: Any) -> int:
        return self._send(author, body=body, attributes=json.dumps(attributes))

    def send_files(self, author: str, names: list[str]) -> int:
        url = f"https://mcs.us1.twilio.com/v1/Services/{self.service_sid}/Media"
        kind = {"Content-Type": "text/plain"}
        sent = self.request("POST", url, {"Filename": names[0]}, data=b"abc", headers=kind)
        return self._send(author, media_sid=json.loads(sent.text)["sid"])

    def _send(self, author: str, **content: Any) -> int:
        content["from_" if self.chat else "author"] = author
        index: int = self.channel.messages.create(**content).index
        return index

    def edit(self, sent: Sent, body: str) -> None:
        self.channel.messages(sent.sid).update(body=body)

    def annotate(self, sent: Sent, attributes: Any) -> None:
        self.channel.messages(sent.sid).update(attributes=json.dumps(attributes))

    def delete(self, sent: Sent) -> None:
        self.channel.messages(sent.sid).delete()

    def describe(self, attributes: Any) -> None:
        self.channel.update(attributes=json.dumps(attributes))

    def add(self, identity: str) -> None:
        self.members.create(identity=identity)

    def add_phone(self) -> None:
        self.members.create(messaging_binding_address=PHONE, messaging_binding_proxy_address=SHOP)

    def invite(self, identity: str) -> None:
        self.channel.invites.create(identity=identity)

    def remove(self, key: str) -> None:
        self.members(key).delete()

    def annotate_member(self, key: str, attributes: Any) -> None:
        self.members(key).update(attributes=json.dumps(attributes))

    def read(self, key: str, index: int | None) -> None:
        self.members(key).update(**{self.horizon: "" if index is None else index})

    def _unread(self, identity: str) -> int | None:
        user = self.users(identity)
        own = user.user_channels if self.chat else user.user_conversations
        count: int | None = own(self.sid).fetch().unread_messages_count
        return count

    def view(self) -> View:
        author = "_from" if self.chat else "author"
        messages = [
            Sent(
                each.sid,
                each.index,
                getattr(each, author),
                each.body,
                json.loads(each.attributes),
                [one["filename"] for one in ([each.media] if self.chat else each.media) if one]
                if each.media
                else [],
            )
            for each in self.channel.messages.list()
        ]
        people = {
            one.sid: [
                one.identity,
                getattr(one, self.horizon),
                json.loads(one.attributes),
                one.role_sid,
            ]
            for one in self.members.list()
        }
        now = self.channel.fetch()
        unread = {one[0]: self._unread(one[0]) for one in people.values() if one[0]}
        counts = (
            [now.messages_count, now.members_count] if self.chat else [len(messages), len(people)]
        )
        return View(messages, people, json.loads(now.attributes), counts, unread)


class ByPython(Party):
    """A chat user, by one of this package's clients."""

    of_one_api: ClassVar = Party.of_one_api | {"remove": "conversations"}

    def __init__(self, client: ChatClient | ConversationsClient) -> None:
        super().__init__(chat=isinstance(client, ChatClient))
        self.client: Any = client
        self.identity = client.identity
        self.events = EventLog(client, *MESSAGES)

    def _by_name(self, chat: str, conversations: str) -> Any:
        return getattr(self.channel, chat if self.chat else conversations)

    def create(self) -> str:
        client = self.client
        made = client.create_channel(is_private=True) if self.chat else client.create_conversation()
        sid: str = made.sid
        return sid

    def open(self, sid: str) -> None:
        client = self.client
        find = client.get_channel_by_sid if self.chat else client.get_conversation_by_sid
        self.channel = find(sid)

    @property
    def received(self) -> list[tuple[str, int]]:
        sid = self.channel.sid
        return [(name, one.index) for name, one in self.events.all if one._channel_sid == sid]

    def wait_for(self, event: str, index: int) -> None:
        assert (event, index) in self.received  # at once

    def send(self, author: str, body: str, attributes: Any) -> int:
        index: int = self.channel.send_message(body, attributes)
        return index

    def send_files(self, author: str, names: list[str]) -> int:
        media = {"content_type": "text/plain", "media": b"abc", "filename": names[0]}
        index: int = self.channel.send_message(media=media)
        return index

    def _message(self, sent: Sent) -> Any:
        return self.channel.get_messages(1, sent.index, "forward").items[0]

    def edit(self, sent: Sent, body: str) -> None:
        self._message(sent).update_body(body)

    def annotate(self, sent: Sent, attributes: Any) -> None:
        self._message(sent).update_attributes(attributes)

    def delete(self, sent: Sent) -> None:
        self._message(sent).remove()

    def describe(self, attributes: Any) -> None:
        self.channel.update_attributes(attributes)

    def add(self, identity: str) -> None:
        self.channel.add(identity)

    def add_phone(self) -> None:
        self.channel.add_non_chat_participant(SHOP, PHONE)

    def invite(self, identity: str) -> None:
        self.channel.invite(identity)

    def remove(self, key: str) -> None:
        self.channel.remove_participant(key)

    def leave(self) -> None:
        self.channel.leave()

    def read_own(self, index: int | None) -> None:
        self._by_name(f"update_{self.horizon}", f"update_{self.horizon}")(index)

    def view(self) -> View:
        assert self.channel.status == "joined"
        members = self._by_name("get_members", "get_participants")()
        people = {
            one.sid: [one.identity, getattr(one, self.horizon), one.attributes, one.role_sid]
            for one in members
        }
        count = self._by_name("get_members_count", "get_participants_count")
        unread = self._by_name("get_unconsumed_messages_count", "get_unread_messages_count")
        messages = [
            Sent(
                each.sid,
                each.index,
                each.author,
                each.body,
                each.attributes,
                [media.filename for media in each.attached_media],
            )
            for each in self.channel.get_messages(100).items
        ]
        counts = [self.channel.get_messages_count(), count()]
        return View(messages, people, self.channel.attributes, counts, {self.identity: unread()})


class ByJavaScript(Party):
    """A chat user, by one of Twilio's SDKs."""

    def __init__(self, client: JavaScriptClient, identity: str, *, chat: bool) -> None:
        super().__init__(chat=chat)
        self.client, self.identity = client, identity
        self.shows_text_with_files = not chat

    def create(self) -> str:
        made = self.client.ask("create", {"isPrivate": True} if self.chat else {})
        sid: str = made["sid"]
        return sid

    def open(self, sid: str) -> None:
        self.sid = sid

    def _ask(self, act: str, *args: Any) -> Any:
        return self.client.ask(act, self.sid, *args)

    @property
    def received(self) -> list[tuple[str, int]]:
        return [
            (each["event"], each["index"])
            for each in [*self.client.events]
            if each["event"] in MESSAGES and each["channel"] == self.sid
        ]

    def wait_for(self, event: str, index: int) -> None:
        self.client.wait_for(event, channel=self.sid, index=index)

    def send(self, author: str, body: str, attributes: Any) -> int:
        index: int = self._ask("send", body, attributes)
        return index

    def send_files(self, author: str, names: list[str]) -> int:
        index: int = (
            self._ask("sendMedia", "text/plain", "abc")
            if self.chat
            else self._ask("sendFiles", "See", names)
        )
        return index

    def edit(self, sent: Sent, body: str) -> None:
        self._ask("edit", sent.index, body)

    def annotate(self, sent: Sent, attributes: Any) -> None:
        self._ask("annotate", sent.index, attributes)

    def delete(self, sent: Sent) -> None:
        self._ask("remove", sent.index)

    def describe(self, attributes: Any) -> None:
        self._ask("setAttributes", attributes)

    def add(self, identity: str) -> None:
        self._ask("add", identity)

    def add_phone(self) -> None:
        self._ask("addPhone", SHOP, PHONE, {})

    def invite(self, identity: str) -> None:
        self._ask("invite", identity)

    def remove(self, key: str) -> None:
        self._ask("take", key)

    def leave(self) -> None:
        self._ask("leave")

    def read_own(self, index: int | None) -> None:
        self._ask(*(("readNone",) if index is None else ("read", index)))

    def view(self) -> View:
        shown = self._ask("view")
        messages = [Sent(*each) for each in shown["messages"]]
        *counts, unread = shown["counts"]
        of_its_own = {self.identity: unread}
        return View(messages, shown["people"], shown["attributes"], counts, of_its_own)
