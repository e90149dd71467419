"""A server that keeps its account in a file stops and starts again; clients just go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from javascript import Sdk, in_the_bundle_too

from helpers import Account, connect
from helpers.mock.server.running import BackgroundServer


@contextmanager
def serving(db: Path, port: int = 0) -> Iterator[tuple[Account, int]]:
    """The account of a file, served; at which port."""
    account = connect(db=db)
    assert account.mock is not None
    with account.mock as mock, BackgroundServer(mock, port=port) as server:
        yield account, int(server.url.rsplit(":", 1)[1])


@in_the_bundle_too
def test_nothing_is_lost_or_doubled_over_a_restart(sdk: Sdk, tmp_path: Path) -> None:
    db = tmp_path / "account.db"
    with ExitStack() as first_life, ExitStack() as second_life:
        account, port = first_life.enter_context(serving(db))
        service = account.client.chat.v2.services(account.credentials.chat_service_sid)
        sid = service.channels.create(friendly_name="Support").sid
        channel = service.channels(sid)
        channel.members.create(identity="jane")
        jane = sdk.begin(f"ws://127.0.0.1:{port}/v3/wsconnect", account.chat_token("jane"))
        jane.is_ready()
        jane.wait_for("channelJoined")
        jane.ask("messages", sid)
        first = channel.messages.create(body="before", from_="bob")
        jane.wait_for("messageAdded", body="before")
        first.update(body="before, edited")
        gone = channel.messages.create(body="gone")
        jane.wait_for("messageUpdated")
        jane.wait_for("messageAdded", body="gone")
        jane.ask("members", sid)

        first_life.close()
        jane.wait_for("connectionStateChanged", value="connecting")
        account, _ = second_life.enter_context(serving(db, port))
        service = account.client.chat.v2.services(account.credentials.chat_service_sid)
        channel = service.channels(sid)
        for number in range(3):
            channel.messages.create(body=f"after {number}", from_="bob")
        channel.messages(first.sid).update(body="edited again")
        channel.messages(gone.sid).delete()
        channel.members.create(identity="ann")

        jane.wait_for("messageUpdated", body="edited again")
        jane.wait_for("messageRemoved", body="gone")
        jane.wait_for("memberJoined", identity="ann")
        channel.messages.create(body="live again", from_="bob")
        jane.wait_for("messageAdded", body="live again")
        bodies = [event["body"] for event in jane.all("messageAdded")]
        assert bodies == ["before", "gone", "after 0", "after 1", "after 2", "live again"]
        assert len(jane.all("messageRemoved")) == 1
        assert jane.all("channelLeft") == jane.all("channelRemoved") == []
        jane.leave()
