"""What a busy day leaves behind: nothing that should be gone."""

from __future__ import annotations

from typing import Any

import pytest
from office import Office
from support import most_examples

from helpers.desk import AgentDesk

AT_ONCE = 4
CONVERSATIONS = most_examples(1000)


@pytest.mark.long
def test_many_conversations_leave_nothing_behind(
    service: Any, task_flow: Any, make_channel: Any, office: Office
) -> None:
    desks = [AgentDesk(office.account, name) for name in ("alice", "bob")]
    for desk in desks:
        desk.go_available()
        office.set_capacity(desk.agent, AT_ONCE, "chat")
    sids: list[str] = []
    for start in range(0, CONVERSATIONS, AT_ONCE):
        for number in range(start, start + AT_ONCE):
            identity = f"user-{number}"
            sids.append(make_channel(task_flow, identity=identity).sid)
            service.channels(sids[-1]).messages.create(body="hello", from_=identity)
        for desk in desks:
            for offer in desk.offers:
                desk.accept(offer).reply("How can I help?")
            for conversation in list(desk.conversations):
                conversation.complete()
    assert len(set(sids)) == CONVERSATIONS
    for desk in desks:
        desk.close()
    assert_nothing_is_left(service, office, sids)


def assert_nothing_is_left(service: Any, office: Office, sids: list[str]) -> None:
    ended = office.workspace.tasks.list()
    assert [task.assignment_status for task in ended] == ["completed"] * len(sids)
    for name in ("alice", "bob"):
        reservations = office.worker(name).reservations.list()
        assert {each.reservation_status for each in reservations} == {"completed"}
        assert office.capacity(name, "chat") == (0, 100)
        assert service.users(name).user_channels.list() == []
    for sid in sids:
        assert service.channels(sid).webhooks.list() == []
        [member] = service.channels(sid).members.list()
        assert member.identity.startswith("user-")
    office.account.clock.advance(300)
    assert office.workspace.tasks.list() == []
