"""Whatever happens to channels, members and messages, what the account says of them agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support import everything, examples, refused

from helpers import connect

IDENTITIES = ("jane", "alice", "bob")
numbers = st.integers(0, 5)
identities = st.sampled_from(IDENTITIES)


@dataclass
class Expected:
    """What one channel should hold: its members' SIDs and horizons, its messages' indexes."""

    channel: Any
    members: dict[str, str] = field(default_factory=dict)
    read: dict[str, int | None] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    next_index: int = 0

    @property
    def last_message(self) -> str | None:
        """The link to the message that came last of those that are left."""
        sid = next(reversed(self.messages), None)
        return sid and f"{self.channel.url}/Messages/{sid}"

    def unread(self, identity: str) -> int | None:
        read = self.read[identity]
        return None if read is None else sum(index > read for index in self.messages.values())


class Walk:
    """A list that is paged through while it changes.

    `present` gives the SIDs that are in the list now, `channel` where the list is, if in one.
    """

    def __init__(
        self, page: Any, present: Callable[[], set[str]], channel: Expected | None = None
    ) -> None:
        self.channel = channel
        self._page = page
        self._present = present
        self._stayed = present()
        self._seen: set[str] = set()
        self._look()

    def _look(self) -> None:
        for item in self._page:
            assert item.sid not in self._seen, "visited twice"
            self._seen.add(item.sid)

    def go_on(self) -> bool:
        """Turn the page; whether there was another one."""
        self._stayed &= self._present()
        self._page = self._page.next_page()
        if self._page is None:
            assert self._stayed <= self._seen, "passed over"
            return False
        self._look()
        return True


class Chats(RuleBasedStateMachine):
    """Channels, members and messages come, change and go."""

    def __init__(self) -> None:
        super().__init__()
        self.account = connect()
        sid = self.account.credentials.chat_service_sid
        self.service = self.account.client.chat.v2.services(sid)
        self.users = {identity: self.service.users.create(identity) for identity in IDENTITIES}
        self.channels: list[Expected] = []
        self.walks: list[Walk] = []

    def some(self, number: int) -> Expected:
        return self.channels[number % len(self.channels)]

    @contextmanager
    def refused(self, status: int, code: int) -> Iterator[None]:
        """Refused, and nothing has changed."""
        before = everything(self.account)
        with refused(status, code):
            yield
        assert everything(self.account) == before

    # -- channels

    @precondition(lambda self: len(self.channels) < 4)
    @rule()
    def make_a_channel(self) -> None:
        name = f"channel {len(self.channels)}"
        if any(expected.channel.unique_name == name for expected in self.channels):
            with self.refused(409, 50307):
                self.service.channels.create(unique_name=name)
        else:
            self.channels.append(Expected(self.service.channels.create(unique_name=name)))

    @precondition(lambda self: len(self.channels) > 1)
    @rule(number=numbers)
    def delete_a_channel(self, number: int) -> None:
        expected = self.some(number)
        expected.channel.delete()
        self.channels.remove(expected)
        self.walks = [walk for walk in self.walks if walk.channel is not expected]
        with self.refused(404, 20404):
            expected.channel.messages.create(body="Too late")

    # -- members

    @precondition(lambda self: self.channels)
    @rule(number=numbers, identity=identities)
    def add_a_member(self, number: int, identity: str) -> None:
        expected = self.some(number)
        if identity in expected.members:
            with self.refused(409, 50404):
                expected.channel.members.create(identity)
        else:
            expected.members[identity] = expected.channel.members.create(identity).sid
            expected.read[identity] = None

    @precondition(lambda self: self.channels)
    @rule(number=numbers)
    def add_a_stranger_in_a_role_that_does_not_exist(self, number: int) -> None:
        with self.refused(404, 50100):
            self.some(number).channel.members.create("stranger", role_sid="RL" + "0" * 32)

    @precondition(lambda self: self.channels)
    @rule(number=numbers, identity=identities)
    def remove_a_member(self, number: int, identity: str) -> None:
        expected = self.some(number)
        if identity in expected.members:
            expected.channel.members(identity).delete()
            del expected.members[identity], expected.read[identity]
        else:
            with self.refused(404, 20404):
                expected.channel.members(identity).delete()

    @precondition(lambda self: self.channels)
    @rule(number=numbers, identity=identities, index=st.integers(-2, 8))
    def read_up_to(self, number: int, identity: str, index: int) -> None:
        expected = self.some(number)
        if identity not in expected.members:
            return
        member = expected.channel.members(identity)
        if index < 0:
            with self.refused(400, 50406):
                member.update(last_consumed_message_index=index)
        else:
            member.update(last_consumed_message_index=index)
            expected.read[identity] = index

    # -- messages

    @precondition(lambda self: self.channels)
    @rule(number=numbers, identity=identities)
    def send(self, number: int, identity: str) -> None:
        expected = self.some(number)
        message = expected.channel.messages.create(body="Hello", from_=identity)
        assert message.index == expected.next_index
        expected.messages[message.sid] = message.index
        expected.next_index += 1

    @precondition(lambda self: self.channels)
    @rule(number=numbers)
    def send_too_much(self, number: int) -> None:
        with self.refused(400, 50505):
            self.some(number).channel.messages.create(body="x" * 32_769)

    @precondition(lambda self: any(expected.messages for expected in self.channels))
    @rule(number=numbers, place=numbers)
    def remove_a_message(self, number: int, place: int) -> None:
        holding = [expected for expected in self.channels if expected.messages]
        expected = holding[number % len(holding)]
        sid = [*expected.messages][-1 - place % len(expected.messages)]
        expected.channel.messages(sid).delete()
        del expected.messages[sid]
        with self.refused(404, 20404):
            expected.channel.messages(sid).update(body="Too late")

    # -- paging, while all that goes on

    @rule(size=st.integers(1, 3))
    def start_paging_channels(self, size: int) -> None:
        page = self.service.channels.page(page_size=size)
        self.walks.append(Walk(page, lambda: {each.channel.sid for each in self.channels}))

    @precondition(lambda self: self.channels)
    @rule(number=numbers)
    def start_paging_members(self, number: int) -> None:
        expected = self.some(number)
        page = expected.channel.members.page(page_size=1)
        self.walks.append(Walk(page, lambda: {*expected.members.values()}, expected))

    @precondition(lambda self: self.channels)
    @rule(number=numbers, size=st.integers(1, 3), order=st.sampled_from(["asc", "desc"]))
    def start_paging_messages(self, number: int, size: int, order: str) -> None:
        expected = self.some(number)
        page = expected.channel.messages.page(order=order, page_size=size)
        self.walks.append(Walk(page, lambda: {*expected.messages}, expected))

    @precondition(lambda self: self.walks)
    @rule(number=numbers)
    def turn_a_page(self, number: int) -> None:
        walk = self.walks[number % len(self.walks)]
        if not walk.go_on():
            self.walks.remove(walk)

    def teardown(self) -> None:
        for walk in self.walks:
            while walk.go_on():
                pass

    # -- what agrees, whatever happened

    @invariant()
    def channels_agree_with_their_lists(self) -> None:
        found = {channel.sid: channel for channel in self.service.channels.list()}
        assert list(found) == [expected.channel.sid for expected in self.channels]
        for expected in self.channels:
            channel = found[expected.channel.sid]
            members = {each.identity: each.sid for each in channel.members.list()}
            messages = {each.sid: each.index for each in channel.messages.list()}
            assert members == expected.members
            assert channel.members_count == len(members)
            assert list(messages.items()) == list(expected.messages.items())
            assert channel.messages_count == len(messages)
            assert channel.links["last_message"] == expected.last_message

    @invariant()
    def users_agree_with_their_channels(self) -> None:
        for identity, user in self.users.items():
            own = {each.channel_sid: each for each in user.user_channels.list()}
            joined = [each for each in self.channels if identity in each.members]
            assert own.keys() == {expected.channel.sid for expected in joined}
            assert user.fetch().joined_channels_count == len(joined)
            for expected in joined:
                view = own[expected.channel.sid]
                assert view.member_sid == expected.members[identity]
                assert view.last_consumed_message_index == expected.read[identity]
                assert view.unread_messages_count == expected.unread(identity)


TestChats = pytest.mark.long(Chats.TestCase)
TestChats.settings = settings(
    max_examples=examples(25), stateful_step_count=40, deadline=None, derandomize=True
)
