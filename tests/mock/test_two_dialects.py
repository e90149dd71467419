"""One private channel, used by Chat v2 and Conversations v1 in any order, is one to both."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support import examples, refused

from helpers import connect

IDENTITIES = ("jane", "alice", "bob")
identities, numbers = st.sampled_from(IDENTITIES), st.integers(0, 5)
by_chat = st.booleans()
"""Whether a call goes over Chat v2; else over Conversations v1."""


class OneChannel(RuleBasedStateMachine):
    """People, texts and files come, change and go, over either API."""

    def __init__(self) -> None:
        super().__init__()
        self.account = connect()
        self.client, self.sid = self.account.client, self.account.credentials.chat_service_sid
        self.made = self.client.conversations.v1.conversations.create(unique_name="orders")
        self.chat = self.client.chat.v2.services(self.sid).channels("orders")
        self.conversation = self.client.conversations.v1.conversations(self.made.sid)
        self.people: dict[str, int | None] = {}
        self.texts: dict[str, tuple[int, str | None, str]] = {}
        self.next_index = 0
        self.attributes = "{}"

    def members(self, chat: bool) -> Any:
        return self.chat.members if chat else self.conversation.participants

    def messages(self, chat: bool) -> Any:
        return self.chat.messages if chat else self.conversation.messages

    @rule(identity=identities, chat=by_chat)
    def add(self, identity: str, chat: bool) -> None:
        if identity in self.people:
            with refused(409, 50404 if chat else 50433):
                self.members(chat).create(identity=identity)
        else:
            self.members(chat).create(identity=identity)
            self.people[identity] = None

    @rule(identity=identities, chat=by_chat)
    def remove(self, identity: str, chat: bool) -> None:
        if identity in self.people:
            self.members(chat)(identity).delete()
            del self.people[identity]
        else:
            with refused(404, 20404 if chat else 50432):
                self.members(chat)(identity).delete()

    @rule(identity=identities, index=numbers, chat=by_chat)
    def read(self, identity: str, index: int, chat: bool) -> None:
        if identity in self.people:
            name = "last_consumed_message_index" if chat else "last_read_message_index"
            self.members(chat)(identity).update(**{name: index})
            self.people[identity] = index

    @rule(author=identities, body=st.text("ab ✓", min_size=1, max_size=9), chat=by_chat)
    def send(self, author: str, body: str, chat: bool) -> None:
        sent = self.messages(chat).create(body=body, **{"from_" if chat else "author": author})
        self.keep(sent, body, author)

    @rule(author=identities, chat=by_chat)
    def send_a_file(self, author: str, chat: bool) -> None:
        url = f"https://mcs.us1.twilio.com/v1/Services/{self.sid}/Media"
        kind = {"Content-Type": "text/plain"}
        media = json.loads(self.client.request("POST", url, data=b"abc", headers=kind).text)["sid"]
        sent = self.messages(chat).create(
            media_sid=media, **{"from_" if chat else "author": author}
        )
        self.keep(sent, None, author)

    def keep(self, sent: Any, body: str | None, author: str) -> None:
        assert sent.index == self.next_index
        self.texts[sent.sid] = (sent.index, body, author)
        self.next_index += 1

    @rule(number=numbers, chat=by_chat)
    def edit(self, number: int, chat: bool) -> None:
        texts = [sid for sid, (_, body, _) in self.texts.items() if body is not None]
        if texts:
            sid = texts[number % len(texts)]
            self.messages(chat)(sid).update(body="edited")
            index, _, author = self.texts[sid]
            self.texts[sid] = (index, "edited", author)

    @rule(number=numbers, chat=by_chat)
    def delete(self, number: int, chat: bool) -> None:
        if self.texts:
            sid = [*self.texts][number % len(self.texts)]
            self.messages(chat)(sid).delete()
            del self.texts[sid]

    @rule(number=numbers, chat=by_chat)
    def describe(self, number: int, chat: bool) -> None:
        self.attributes = json.dumps({"number": number})
        (self.chat if chat else self.conversation).update(attributes=self.attributes)

    @invariant()
    def both_show_the_same_texts_and_files(self) -> None:
        old, new = self.chat.messages.list(), self.conversation.messages.list()
        assert [(each.sid, each.index) for each in old] == [(each.sid, each.index) for each in new]
        assert {each.sid: (each.index, each.body, each.author) for each in new} == self.texts
        assert [each._from for each in old] == [each.author for each in new]
        files = [[each.media] if each.media else None for each in old]
        assert files == [each.media for each in new]

    @invariant()
    def both_show_the_same_people_as_far_as_they_have_read(self) -> None:
        old, new = self.chat.members.list(), self.conversation.participants.list()
        assert [(each.sid, each.role_sid) for each in old] == [
            (each.sid, each.role_sid) for each in new
        ]
        assert {each.identity: each.last_consumed_message_index for each in old} == self.people
        assert {each.identity: each.last_read_message_index for each in new} == self.people
        for identity in self.people:
            sid = self.made.sid
            chat = self.client.chat.v2.services(self.sid).users(identity).user_channels(sid)
            own = self.client.conversations.v1.users(identity).user_conversations("orders")
            unread = chat.fetch().unread_messages_count
            assert unread == own.fetch().unread_messages_count
            [place] = self.client.conversations.v1.participant_conversations.list(identity=identity)
            assert place.conversation_sid == sid

    @invariant()
    def both_show_the_same_channel(self) -> None:
        old, new = self.chat.fetch(), self.conversation.fetch()
        assert (old.sid, old.attributes) == (new.sid, new.attributes)
        assert old.attributes == self.attributes
        assert (old.messages_count, old.members_count) == (len(self.texts), len(self.people))


TestOneChannel = OneChannel.TestCase
TestOneChannel.settings = settings(
    max_examples=examples(10), stateful_step_count=20, deadline=None, derandomize=True
)
