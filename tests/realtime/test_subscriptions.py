"""The order in which a batch of subscriptions is answered, on the wire."""

from __future__ import annotations

from typing import Any

from websockets.sync.client import connect
from wire import Wire

from helpers import Account
from helpers.mock.realtime import feeds


def test_a_batch_is_answered_before_its_notifications(
    account: Account, channel: Any, uri: str
) -> None:
    """Answered last, it would have the browser bundle forget what it opened meanwhile."""
    channel.members.create(identity="jane")
    channel.messages.create(from_="bob", body="missed")
    name = f"{channel.fetch().sid}.messages"
    with connect(uri, compression=None) as socket:
        wire = Wire(socket, account.chat_token("jane"))
        opened = wire.ask("GET", f"/v3/Lists/{name}").json()
        request = {"object_sid": opened["sid"], "object_type": "list", "last_event_id": 0}
        batch = {"action": "establish", "correlation_id": 1, "requests": [request]}
        wire.ask("POST", "/v4/Subscriptions", batch)
        assert wire.notified == []
        assert wire.next_event("list_item_added")["item_data"]["text"] == "missed"
        wire.next_event("subscription_established")


def test_changes_of_which_only_the_latest_matters_wait_for_a_fifth_of_a_second() -> None:
    assert feeds.MERGED == 0.2
