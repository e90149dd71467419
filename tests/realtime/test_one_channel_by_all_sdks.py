"""One private channel, used by Python and both JavaScript SDKs in any order, is one to all of them.

Chat v2 and Conversations v1 act with account credentials; alice has a `ChatClient`, bob a
`ConversationsClient`, carol `twilio-chat` and dave `@twilio/conversations`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import javascript
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run
from javascript import JavaScriptClient, Sdk
from support import EventLog, examples

from helpers import Account, ChatClient, ConversationsClient

import os
from hypothesis import Phase
PHASES=[Phase.generate]
if "PAT" in os.environ: javascript.PATIENCE = float(os.environ["PAT"])
PEOPLE = ("alice", "bob", "carol", "dave")
MESSAGES = ("messageAdded", "messageRemoved")
PHONE, SHOP = "+15005550001", "+15005550006"
numbers = st.integers(0, 5)
texts = st.text("ab ✓", min_size=1, max_size=9)
data = st.sampled_from([{}, {"a": 1}, [1, "✓"], {"b": {"c": None}}])
names = st.lists(st.sampled_from(("a.txt", "b ✓.txt")), min_size=1, max_size=3)


@dataclass
class Sent:
    """A message as it was sent and changed since."""

    sid: str
    index: int
    author: str
    body: str | None
    attributes: Any
    files: list[str]


class Door:
    """A way to the channel: by account credentials, or as a chat user who has an `identity`."""

    identity: str | None = None
    files = 1
    """Files that a message has, as this door shows it."""
    text_with_files = True

    def view(self) -> dict[str, Any]:
        raise NotImplementedError


class ByRest(Door):
    """Account credentials, by way of one of the two APIs."""

    def __init__(self, account: Account, *, chat: bool) -> None:
        self.account, self.chat = account, chat
        client, service = account.client, account.credentials.chat_service_sid
        self.service = client.chat.v2.services(service)
        self.conversations = client.conversations.v1.conversations
        self.users = self.service.users if chat else client.conversations.v1.users
        self.horizon = "last_consumed_message_index" if chat else "last_read_message_index"
        if chat:
            self.invite = self._invite
        else:
            self.files, self.add_phone = 10, self._add_phone

    def create(self) -> str:
        made = (
            self.service.channels.create(type="private")
            if self.chat
            else self.conversations.create()
        )
        sid: str = made.sid
        return sid

    def open(self, sid: str) -> None:
        self.channel = self.service.channels(sid) if self.chat else self.conversations(sid)
        self.members = self.channel.members if self.chat else self.channel.participants

    def send(self, author: str, body: str, attributes: Any) -> int:
        return self._send(author, body=body, attributes=json.dumps(attributes))

    def send_files(self, author: str, files: list[str]) -> int:
        service = self.account.credentials.chat_service_sid
        url = f"https://mcs.us1.twilio.com/v1/Services/{service}/Media"
        sent = {"params": {"Filename": files[0]}, "data": b"abc"}
        kind = {"Content-Type": "text/plain"}
        answer = self.account.client.request("POST", url, headers=kind, **sent)
        return self._send(author, media_sid=json.loads(answer.text)["sid"])

    def _send(self, author: str, **content: Any) -> int:
        by = {"from_" if self.chat else "author": author}
        index: int = self.channel.messages.create(**content, **by).index
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

    def _add_phone(self) -> None:
        binding = {"address": PHONE, "proxy_address": SHOP}
        self.members.create(**{f"messaging_binding_{name}": to for name, to in binding.items()})

    def _invite(self, identity: str) -> None:
        self.channel.invites.create(identity=identity)

    def remove(self, key: str) -> None:
        self.members(key).delete()

    def annotate_member(self, key: str, attributes: Any) -> None:
        self.members(key).update(attributes=json.dumps(attributes))

    def read(self, identity: str, index: int | None) -> None:
        self.members(identity).update(**{self.horizon: "" if index is None else index})

    def unread(self, identity: str) -> int | None:
        user, sid = self.users(identity), self.channel.fetch().sid
        own = user.user_channels(sid) if self.chat else user.user_conversations(sid)
        count: int | None = own.fetch().unread_messages_count
        return count

    def view(self) -> dict[str, Any]:
        members, found = self.members.list(), self.channel.messages.list()
        shown = {
            "messages": [
                [
                    each.sid,
                    each.index,
                    each._from if self.chat else each.author,
                    each.body,
                    json.loads(each.attributes),
                    [one["filename"] for one in _listed(each.media)],
                ]
                for each in found
            ],
            "people": {
                each.sid: [
                    each.identity,
                    getattr(each, self.horizon),
                    json.loads(each.attributes),
                    each.role_sid,
                ]
                for each in members
            },
            "attributes": json.loads(self.channel.fetch().attributes),
            "counts": [len(found), len(members)],
            "unread": {each.identity: self.unread(each.identity) for each in members if each.identity},
        }
        if self.chat:
            now = self.channel.fetch()
            shown["counts"] = [now.messages_count, now.members_count]
        return shown


def _listed(media: Any) -> list[Any]:
    return media if isinstance(media, list) else [media] if media else []


class ByPython(Door):
    """A chat user by way of a client of this package, of one of the two APIs."""

    def __init__(self, client: ChatClient | ConversationsClient) -> None:
        self.identity = client.identity
        self.client: Any = client
        self.log = EventLog(client, *MESSAGES)
        self.chat = isinstance(client, ChatClient)
        if not self.chat:
            self.files, self.remove, self.add_phone = 10, self._remove, self._add_phone
        else:
            self.invite = self._invite

    def create(self) -> str:
        if self.chat:
            return self.client.create_channel(is_private=True).sid  # type: ignore[no-any-return]
        return self.client.create_conversation().sid  # type: ignore[no-any-return]

    def open(self, sid: str) -> None:
        find = "get_channel_by_sid" if self.chat else "get_conversation_by_sid"
        self.channel = getattr(self.client, find)(sid)

    @property
    def received(self) -> list[tuple[str, int]]:
        sid = self.channel.sid
        return [(name, about.index) for name, about in self.log.all if about._channel_sid == sid]

    def wait_for(self, event: str, index: int) -> None:
        assert (event, index) in self.received

    def send(self, author: str, body: str, attributes: Any) -> int:
        return self.channel.send_message(body, attributes)  # type: ignore[no-any-return]

    def send_files(self, author: str, files: list[str]) -> int:
        media = {"content_type": "text/plain", "media": b"abc", "filename": files[0]}
        return self.channel.send_message(media=media)  # type: ignore[no-any-return]

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

    def _add_phone(self) -> None:
        self.channel.add_non_chat_participant(SHOP, PHONE)

    def _invite(self, identity: str) -> None:
        self.channel.invite(identity)

    def _remove(self, key: str) -> None:
        self.channel.remove_participant(key)

    def read_own(self, index: int | None) -> None:
        verb = "consumed" if self.chat else "read"
        getattr(self.channel, f"update_last_{verb}_message_index")(index)

    def leave(self) -> None:
        self.channel.leave()

    def join(self) -> None:
        self.channel.join()

    def view(self) -> dict[str, Any]:
        channel, chat = self.channel, self.chat
        members = channel.get_members() if chat else channel.get_participants()
        read = "last_consumed_message_index" if chat else "last_read_message_index"
        unread = "get_unconsumed_messages_count" if chat else "get_unread_messages_count"
        count = channel.get_members_count if chat else channel.get_participants_count
        assert channel.status == "joined"
        return {
            "messages": [
                [each.sid, each.index, each.author, each.body, each.attributes, self._files(each)]
                for each in channel.get_messages(100).items
            ],
            "people": {
                each.sid: [each.identity, getattr(each, read), each.attributes, each.role_sid]
                for each in members
            },
            "attributes": channel.attributes,
            "counts": [channel.get_messages_count(), count()],
            "unread": {self.identity: getattr(channel, unread)()},
        }

    def _files(self, message: Any) -> list[str]:
        return [media.filename for media in message.attached_media]


class ByJavaScript(Door):
    """A chat user by way of one of Twilio's SDKs."""

    def __init__(self, client: JavaScriptClient, identity: str, *, chat: bool) -> None:
        self.client, self.identity, self.chat = client, identity, chat
        if chat:
            self.text_with_files, self.invite = False, self._invite
        else:
            self.files, self.add_phone = 10, self._add_phone

    def create(self) -> str:
        made: dict[str, Any] = self.client.ask("create", {"isPrivate": True} if self.chat else {})
        sid: str = made["sid"]
        return sid

    def open(self, sid: str) -> None:
        self.sid = sid

    def _ask(self, act: str, *args: Any) -> Any:
        return self.client.ask(act, self.sid, *args)

    def wait_for(self, event: str, index: int) -> None:
        self.client.wait_for(event, channel=self.sid, index=index)

    def send(self, author: str, body: str, attributes: Any) -> int:
        return self._ask("send", body, attributes)  # type: ignore[no-any-return]

    def send_files(self, author: str, files: list[str]) -> int:
        if self.chat:
            return self._ask("sendMedia", "text/plain", "abc")  # type: ignore[no-any-return]
        return self._ask("sendFiles", "See", files)  # type: ignore[no-any-return]

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

    def _add_phone(self) -> None:
        self._ask("addPhone", SHOP, PHONE, {})

    def _invite(self, identity: str) -> None:
        self._ask("invite", identity)

    def remove(self, key: str) -> None:
        self._ask("take", key)

    def read_own(self, index: int | None) -> None:
        if index is None:
            self._ask("readNone")
        else:
            self._ask("read", index)

    def leave(self) -> None:
        self._ask("leave")

    def join(self) -> None:
        self._ask("join")

    @property
    def received(self) -> list[tuple[str, int]]:
        return [
            (each["event"], each["index"])
            for each in [*self.client.events]
            if each["event"] in MESSAGES and each["channel"] == self.sid
        ]

    def view(self) -> dict[str, Any]:
        shown: dict[str, Any] = self._ask("view")
        if self.identity not in [one[0] for one in shown["people"].values()]:
            shown["unread"] = {}
        else:
            shown["unread"] = {self.identity: shown["counts"].pop()}
        return shown


class OneChannel(RuleBasedStateMachine):
    """People, texts and files come, change and go, by whoever may do it."""

    def __init__(self, doors: list[Any]) -> None:
        super().__init__()
        self.doors = doors
        self.clients: list[Any] = [door for door in doors if door.identity]
        self.people: dict[str, list[Any]] = {}
        self.invited: set[str] = set()
        self.sent: list[Sent] = []
        self.next_index = 0
        self.attributes: Any = {}
        self.received: dict[str, list[tuple[str, int]]] = {name: [] for name in PEOPLE}

    @initialize(door=numbers)
    def create(self, door: int) -> None:
        self.creator = self.doors[door].identity
        self.sid = self.doors[door].create()
        for each in self.doors[:2]:
            each.open(self.sid)
        for number, name in enumerate(PEOPLE):
            self._add(self.doors[number % 2], name)

    def _by(self, number: int, act: str) -> Any:
        """One of those who have this act and are in the channel, or act for the account."""
        able = [
            door
            for door in self.doors
            if hasattr(door, act) and door.identity in (None, *self._inside())
        ]
        return able[number % len(able)]

    def _inside(self) -> list[str]:
        return [one[0] for one in self.people.values()]

    def _add(self, door: Any, name: str) -> None:
        door.add(name)
        self._came(name)

    def _came(self, name: str | None) -> None:
        [new] = [one for one in self.doors[0].members.list() if one.sid not in self.people]
        self.people[new.sid] = [name, None, {}, new.role_sid]
        self.invited.discard(name)
        for door in self.clients:
            if door.identity == name:
                door.open(self.sid)

    @rule(number=numbers, who=numbers)
    def add(self, number: int, who: int) -> None:
        missing = [name for name in PEOPLE if name not in self._inside()]
        if missing:
            name = missing[who % len(missing)]
            self._add(self._by(number, "add"), name)

    @rule(number=numbers)
    def add_phone(self, number: int) -> None:
        if None not in self._inside():
            self._by(number, "add_phone").add_phone()
            self._came(None)

    @rule(number=numbers, who=numbers)
    def remove(self, number: int, who: int) -> None:
        if self.people:
            sid = [*self.people][who % len(self.people)]
            name = self.people[sid][0]
            door = self._by(number, "remove")
            door.remove(name or sid)
            self._went(sid)

    @rule(number=numbers)
    def leave(self, number: int) -> None:
        inside = [door for door in self.clients if door.identity in self._inside()]
        if inside:
            door = inside[number % len(inside)]
            door.leave()
            self._went(next(sid for sid, one in self.people.items() if one[0] == door.identity))

    def _went(self, sid: str) -> None:
        name, *_ = self.people.pop(sid)
        for door in self.clients:
            if door.identity == name and isinstance(door, ByJavaScript):
                door.client.wait_for("channelRemoved", sid=self.sid)

    @rule(number=numbers, who=numbers)
    def invite(self, number: int, who: int) -> None:
        others = [name for name in PEOPLE if name not in {*self._inside(), *self.invited}]
        if others:
            name = others[who % len(others)]
            self._by(number, "invite").invite(name)
            self.invited.add(name)

    @rule(number=numbers, who=numbers, body=texts, attributes=data)
    def send(self, number: int, who: int, body: str, attributes: Any) -> None:
        door, author = self._by(number, "send"), self._author(who)
        index = door.send(author, body, attributes)
        self._keep(index, door.identity or author, body, attributes, [])

    @rule(number=numbers, who=numbers, files=names)
    def send_files(self, number: int, who: int, files: list[str]) -> None:
        door, author = self._by(number, "send_files"), self._author(who)
        several = isinstance(door, ByJavaScript) and not door.chat
        if isinstance(door, ByJavaScript) and door.chat:
            files = [None]  # twilio-chat sends no names
        index = door.send_files(author, files)
        body, attributes = ("See", {"files": len(files)}) if several else (None, {})
        kept = files if several else files[:1]
        self._keep(index, door.identity or author, body, attributes, kept)

    def _author(self, number: int) -> str:
        return (*PEOPLE, "system", PHONE)[number]

    def _keep(self, index: int, author: str, body: str | None, attributes: Any, files: Any) -> None:
        assert index == self.next_index
        self.next_index += 1
        sid = self.doors[0].channel.messages.list()[-1].sid
        self.sent.append(Sent(sid, index, author, body, attributes, files))
        self._all_receive("messageAdded", index)

    def _all_receive(self, event: str, index: int) -> None:
        for door in self.clients:
            if door.identity in self._inside():
                door.wait_for(event, index)
                self.received[door.identity].append((event, index))

    @rule(number=numbers, which=numbers, body=texts)
    def edit(self, number: int, which: int, body: str) -> None:
        found = [each for each in self.sent if each.body is not None]
        if found:
            sent = found[which % len(found)]
            self._by(number, "edit").edit(sent, body)
            sent.body = body

    @rule(number=numbers, which=numbers, attributes=data)
    def annotate(self, number: int, which: int, attributes: Any) -> None:
        if self.sent:
            sent = self.sent[which % len(self.sent)]
            self._by(number, "annotate").annotate(sent, attributes)
            sent.attributes = attributes

    @rule(number=numbers, which=numbers)
    def delete(self, number: int, which: int) -> None:
        if self.sent:
            sent = self.sent.pop(which % len(self.sent))
            self._by(number, "delete").delete(sent)
            self._all_receive("messageRemoved", sent.index)

    @rule(number=numbers, attributes=data)
    def describe(self, number: int, attributes: Any) -> None:
        self._by(number, "describe").describe(attributes)
        self.attributes = attributes

    @rule(number=numbers, who=numbers, attributes=data)
    def annotate_member(self, number: int, who: int, attributes: Any) -> None:
        if self.people:
            sid = [*self.people][who % len(self.people)]
            self.doors[number % 2].annotate_member(sid, attributes)
            self.people[sid][2] = attributes

    @rule(number=numbers, who=numbers, index=st.none() | numbers, own=st.booleans())
    def read(self, number: int, who: int, index: int | None, own: bool) -> None:
        inside = [sid for sid, one in self.people.items() if one[0]]
        if inside:
            one = self.people[inside[who % len(inside)]]
            if own:
                next(door for door in self.clients if door.identity == one[0]).read_own(index)
            else:
                self.doors[number % 2].read(one[0], index)
            one[1] = index

    @invariant()
    def everybody_has_the_same(self) -> None:
        for door in self.doors:
            if door.identity in (None, *self._inside()):
                expected = self._seen_by(door)
                deadline = time.monotonic() + (
                    javascript.PATIENCE if isinstance(door, ByJavaScript) else 0
                )
                while (shown := self._shown(door)) != expected and time.monotonic() < deadline:
                    time.sleep(0.005)
                if shown != expected:
                    print("DIFF", door.identity, door.chat)
                    if isinstance(shown, dict):
                        for k in shown:
                            if shown[k] != expected[k]: print(k, "\n   ", shown[k], "\n   ", expected[k])
                    else: print(shown)
                    if isinstance(door, ByJavaScript): print([e for e in door.client.events if e.get("sid")==self.sid or e.get("channel")==self.sid])
                assert (door.identity, shown) == (door.identity, expected)

    def _shown(self, door: Any) -> Any:
        try:
            return door.view()
        except javascript.Refused as refusal:  # not there yet
            return refusal.message

    def _seen_by(self, door: Any) -> dict[str, Any]:
        def body(sent: Sent) -> str | None:
            return sent.body if door.text_with_files or not sent.files else None

        unread = {
            name: None if read is None else sum(sent.index > read for sent in self.sent)
            for name, read, *_ in self.people.values()
            if name and door.identity in (None, name)
        }
        return {
            "messages": [
                [
                    sent.sid,
                    sent.index,
                    sent.author,
                    body(sent),
                    sent.attributes,
                    sent.files[: door.files],
                ]
                for sent in self.sent
            ],
            "people": self.people,
            "attributes": self.attributes,
            "counts": [len(self.sent), len(self.people)],
            "unread": unread,
        }

    def teardown(self) -> None:
        self.doors[0].channel.delete()
        for door in self.clients:
            assert (door.identity, door.received) == (door.identity, self.received[door.identity])


@pytest.fixture
def doors(
    account: Account, uri: str, sdks: Callable[[str], Sdk]
) -> Iterator[list[Any]]:
    """The account's two APIs, and a client of each SDK; all may do everything."""
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    admin = next(role.sid for role in service.roles.list() if role.friendly_name == "channel admin")
    service.update(default_channel_role_sid=admin)
    with ExitStack() as clients:
        found: list[Any] = [ByRest(account, chat=True), ByRest(account, chat=False)]
        for of, name in ((ChatClient, "alice"), (ConversationsClient, "bob")):
            found.append(ByPython(clients.enter_context(of(account, account.chat_token(name)))))
        for sdk, name in zip(javascript.SDKS, ("carol", "dave"), strict=True):
            options = {"httpCacheIntervalOverride": "PT0S"}
            client = sdks(sdk).begin(uri, account.chat_token(name), **options)
            clients.callback(client.leave)
            client.is_ready()
            found.append(ByJavaScript(client, name, chat=sdk == "twilio-chat"))
        yield found


@pytest.mark.hypothesis
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:Warning")  # pings of the server
def test_all_sdks_have_the_same_channel(doors: list[Any]) -> None:
    run(
        lambda: OneChannel(doors),
        settings=settings(**({} if "N" in os.environ else dict(max_examples=examples(10))), stateful_step_count=20, deadline=None, phases=PHASES, **(dict(max_examples=int(os.environ["N"]), derandomize=False) if "N" in os.environ else {})),
    )
