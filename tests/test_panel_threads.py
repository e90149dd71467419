"""The chat panel's model under events from many threads, and observers that misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from fake_chat import AGENT, GUEST, FakeChannel, Room

from helpers.panel import ChatPanelModel
from helpers.panel.records import Change


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def channel(room: Room) -> FakeChannel:
    return room.join(GUEST, "guest")


@pytest.fixture
def model(channel: FakeChannel) -> ChatPanelModel:
    return ChatPanelModel(channel)


def changes_of(model: ChatPanelModel) -> list[Change]:
    """Collect the changes from now on."""
    changes: list[Change] = []
    model.observe(changes.append)
    return changes


def interrupted(_change: Change) -> None:
    raise KeyboardInterrupt


class TestThreads:
    def test_observers_get_every_message_once_from_many_threads(self, channel, model):
        changes = changes_of(model)
        messages = [Room().write(AGENT, None) for _ in range(400)]
        for number, message in enumerate(messages):
            message.sid, message.index = f"IM{number}", number
        in_threads(4, lambda part: [channel.emit("messageAdded", m) for m in messages[part::4]])
        received = [message.index for change in changes for message in change.messages]
        assert sorted(received) == [m.index for m in model.messages] == list(range(400))

    def test_an_observer_may_send_and_is_notified_of_that_afterwards(self, room, model):
        received: list[str | None] = []

        def answer(change: Change) -> None:
            if change.messages and not change.messages[0].own:
                model.send("pong")
            received.extend(message.body for message in change.messages)

        model.observe(answer)
        room.write(AGENT, "ping")
        assert received == ["ping", "pong"]

    def test_an_interrupted_observer_does_not_deafen_the_others(self, room, model):
        stop = model.observe(interrupted)
        with pytest.raises(KeyboardInterrupt):
            room.write(AGENT, "one")
        stop()
        changes = changes_of(model)
        room.write(AGENT, "two")
        assert [m.body for c in changes for m in c.messages if c.kind == "added"] == ["two"]


def in_threads(count: int, work: Callable[[int], object]) -> None:
    threads = [threading.Thread(target=work, args=(part,)) for part in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
