"""One private channel, used by Python and both JavaScript SDKs in any order, is one to all of them.

Chat v2 and Conversations v1 act with account credentials; alice has a `ChatClient`, bob a
`ConversationsClient`, carol `twilio-chat` and dave `@twilio/conversations`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import javascript
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from javascript import Sdk
from parties import PHONE, ByJavaScript, ByPython, ByRest, Sent, View
from support import examples

from helpers import Account, ChatClient, ConversationsClient

PEOPLE = ("alice", "bob", "carol", "dave")
numbers = st.integers(0, 5)
texts = st.text("ab ✓", min_size=1, max_size=9)
data = st.sampled_from([{}, {"a": 1}, [1, "✓"], {"b": {"c": None}}])
names = st.lists(st.sampled_from(("a.txt", "b ✓.txt")), min_size=1, max_size=3)


class OneChannel(RuleBasedStateMachine):
    """People, texts and files come, change and go, by any of those who can do it."""

    def __init__(self, parties: list[Any]) -> None:
        super().__init__()
        self.parties = parties
        self.chat, self.conversations, *self.users = parties
        self.people: dict[str, list[Any]] = {}
        self.invited: set[str] = set()
        self.sent: list[Sent] = []
        self.next_index = 0
        self.attributes: Any = {}
        self.received: dict[str, list[tuple[str, int]]] = {name: [] for name in PEOPLE}

    @initialize(number=numbers)
    def create(self, number: int) -> None:
        self.sid = self.parties[number].create()
        for each in (self.chat, self.conversations):
            each.open(self.sid)
        for name in PEOPLE:
            self.chat.add(name)
            self.came(name)

    def inside(self) -> list[str | None]:
        return [one[0] for one in self.people.values()]

    def by(self, number: int, act: str) -> Any:
        """One of those who have this act and are in the channel, or act for the account."""
        admitted = (None, *self.inside())
        able = [each for each in self.parties if each.identity in admitted and each.can(act)]
        return able[number % len(able)]

    def came(self, name: str | None) -> None:
        [new] = [one for one in self.chat.members.list() if one.sid not in self.people]
        self.people[new.sid] = [name, None, {}, new.role_sid]
        self.invited.discard(name or "")
        for each in self.users:
            if each.identity == name:
                each.open(self.sid)

    def went(self, sid: str) -> None:
        name, *_ = self.people.pop(sid)
        for each in self.users:
            if each.identity == name and isinstance(each, ByJavaScript):
                each.client.wait_for("channelRemoved", sid=self.sid)

    @rule(number=numbers, who=numbers)
    def add(self, number: int, who: int) -> None:
        if others := [name for name in PEOPLE if name not in self.inside()]:
            name = others[who % len(others)]
            self.by(number, "add").add(name)
            self.came(name)

    @rule(number=numbers)
    def add_phone(self, number: int) -> None:
        if None not in self.inside():
            self.by(number, "add_phone").add_phone()
            self.came(None)

    @rule(number=numbers, who=numbers)
    def remove(self, number: int, who: int) -> None:
        if self.people:
            sid = [*self.people][who % len(self.people)]
            self.by(number, "remove").remove(self.people[sid][0] or sid)
            self.went(sid)

    @rule(who=numbers)
    def leave(self, who: int) -> None:
        if inside := [each for each in self.users if each.identity in self.inside()]:
            user = inside[who % len(inside)]
            user.leave()
            self.went(next(sid for sid, one in self.people.items() if one[0] == user.identity))

    @rule(number=numbers, who=numbers)
    def invite(self, number: int, who: int) -> None:
        if others := [name for name in PEOPLE if name not in {*self.inside(), *self.invited}]:
            name = others[who % len(others)]
            self.by(number, "invite").invite(name)
            self.invited.add(name)

    @rule(number=numbers, who=numbers, body=texts, attributes=data)
    def send(self, number: int, who: int, body: str, attributes: Any) -> None:
        party = self.by(number, "send")
        author = party.identity or (*PEOPLE, "system", PHONE)[who]
        self.keep(party.send(author, body, attributes), author, body, attributes, [])

    @rule(number=numbers, who=numbers, files=names)
    def send_files(self, number: int, who: int, files: list[Any]) -> None:
        party = self.by(number, "send_files")
        author = party.identity or (*PEOPLE, "system", PHONE)[who]
        index = party.send_files(author, files)
        if isinstance(party, ByJavaScript) and not party.chat:
            self.keep(index, author, "See", {"files": len(files)}, files)
        else:  # one file, to which twilio-chat gives no name
            self.keep(index, author, None, {}, [None if party is self.users[2] else files[0]])

    def keep(self, index: int, author: str, body: str | None, attributes: Any, files: Any) -> None:
        assert index == self.next_index
        self.next_index += 1
        sid = self.chat.channel.messages.list(order="desc", limit=1)[0].sid
        self.sent.append(Sent(sid, index, author, body, attributes, files))
        self.is_received("messageAdded", index)

    def is_received(self, event: str, index: int) -> None:
        for each in self.users:
            if each.identity in self.inside():
                each.wait_for(event, index)
                self.received[each.identity].append((event, index))

    @rule(number=numbers, which=numbers, body=texts)
    def edit(self, number: int, which: int, body: str) -> None:
        if found := [each for each in self.sent if each.body is not None]:
            sent = found[which % len(found)]
            self.by(number, "edit").edit(sent, body)
            sent.body = body

    @rule(number=numbers, which=numbers, attributes=data)
    def annotate(self, number: int, which: int, attributes: Any) -> None:
        if self.sent:
            sent = self.sent[which % len(self.sent)]
            self.by(number, "annotate").annotate(sent, attributes)
            sent.attributes = attributes

    @rule(number=numbers, which=numbers)
    def delete(self, number: int, which: int) -> None:
        if self.sent:
            sent = self.sent.pop(which % len(self.sent))
            self.by(number, "delete").delete(sent)
            self.is_received("messageRemoved", sent.index)

    @rule(number=numbers, attributes=data)
    def describe(self, number: int, attributes: Any) -> None:
        self.by(number, "describe").describe(attributes)
        self.attributes = attributes

    @rule(number=numbers, who=numbers, attributes=data)
    def annotate_member(self, number: int, who: int, attributes: Any) -> None:
        if self.people:
            sid = [*self.people][who % len(self.people)]
            self.by(number, "annotate_member").annotate_member(sid, attributes)
            self.people[sid][2] = attributes

    @rule(number=numbers, who=numbers, index=st.none() | numbers)
    def read(self, number: int, who: int, index: int | None) -> None:
        if inside := [one for one in self.people.values() if one[0]]:
            one = inside[who % len(inside)]
            user = next(each for each in self.users if each.identity == one[0])
            party = (self.chat, self.conversations, user)[number % 3]
            if party is user:
                user.read_own(index)
            else:
                party.read(one[0], index)
            one[1] = index

    @invariant()
    def all_show_the_same(self) -> None:
        for party in self.parties:
            if party.identity in (None, *self.inside()):
                expected = self.as_shown_by(party)
                deadline = time.monotonic() + javascript.PATIENCE
                while (shown := self.shown_by(party)) != expected:
                    is_late = isinstance(party, ByJavaScript) and time.monotonic() < deadline
                    assert is_late, (party.identity, shown, expected)
                    time.sleep(0.005)

    def shown_by(self, party: Any) -> View | str:
        try:
            view: View = party.view()
        except javascript.Refused as refusal:  # not yet there
            return str(refusal)
        return view

    def as_shown_by(self, party: Any) -> View:
        people = [one for one in self.people.values() if one[0]]
        return View(
            [
                replace(
                    sent,
                    body=sent.body if party.shows_text_with_files or not sent.files else None,
                    files=sent.files[:1] if party.chat else sent.files,
                )
                for sent in self.sent
            ],
            self.people,
            self.attributes,
            [len(self.sent), len(self.people)],
            {
                name: None if read is None else sum(sent.index > read for sent in self.sent)
                for name, read, *_ in people
                if party.identity in (None, name)
            },
        )

    def teardown(self) -> None:
        self.conversations.channel.delete()
        assert {each.identity: each.received for each in self.users} == self.received


@pytest.fixture
def parties(account: Account, uri: str, sdks: Callable[[str], Sdk]) -> Iterator[list[Any]]:
    """The two APIs and a client of each SDK, whose users may do everything."""
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    roles = {role.friendly_name: role.sid for role in service.roles.list()}
    service.update(
        default_channel_role_sid=roles["channel admin"],
        default_service_role_sid=roles["service admin"],
    )
    with ExitStack() as clients:
        found: list[Any] = [ByRest(account, chat=True), ByRest(account, chat=False)]
        for client, name in ((ChatClient, "alice"), (ConversationsClient, "bob")):
            connected = clients.enter_context(client(account, account.chat_token(name)))
            found.append(ByPython(connected))
        for sdk, name in zip(javascript.SDKS, ("carol", "dave"), strict=True):
            fresh = {"httpCacheIntervalOverride": "PT0S"}
            begun = sdks(sdk).begin(uri, account.chat_token(name), **fresh)
            clients.callback(begun.leave)
            begun.is_ready()
            found.append(ByJavaScript(begun, name, chat=sdk == "twilio-chat"))
        yield found


@pytest.mark.hypothesis
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # the server's pings do
def test_a_channel_is_the_same_to_all_sdks_in_any_order_of_calls(parties: list[Any]) -> None:
    run_state_machine_as_test(
        lambda: OneChannel(parties),
        settings=settings(
            max_examples=examples(10),
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.generate],  # shrinking would wait for what is missing, again and again
        ),
    )
