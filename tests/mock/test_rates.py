"""Rates that Twilio limits, on demand."""

from __future__ import annotations

import pytest
from support import refused
from twilio.rest import Client

from helpers import Account
from helpers.mock import BadFault, Faults
from helpers.mock.faults.settings import RATE_LIMITS, RateLimit


def test_twilios_rates_are_limited_on_demand_by_the_mocks_clock(
    account: Account, client: Client, faults: Faults
) -> None:
    account.clock.freeze()
    v1 = client.conversations.v1.conversations
    first, second = v1.create(), v1.create()
    faults.limit_rates()
    for _ in range(30):
        first.messages.create(body="hello")
    with refused(429, 20429, "Too many requests"):
        first.messages.create(body="one too many")
    second.messages.create(body="in another conversation")
    first.participants.create(identity="jane")
    first.fetch()
    account.clock.advance(1)
    assert first.messages.create(body="a second later").index == 30
    web_chat = client.flex_api.v2.web_channels.create
    for _ in range(5):
        with refused(404, 45744):
            web_chat(address_sid="IG" + "0" * 32)
    with refused(429, 20429):
        web_chat(address_sid="IG" + "0" * 32)
    faults.clear()
    for _ in range(40):
        first.messages.create(body="as fast as you can")


def test_a_rate_counts_each_operation_and_place_apart(
    account: Account, client: Client, faults: Faults
) -> None:
    account.clock.freeze()
    limit = faults.add("*Conversation", code=20429, per_second=1, times=1)
    v1 = client.conversations.v1.conversations
    made = v1.create()
    made.fetch()
    assert limit.hits == 0
    with refused(429, 20429):
        made.fetch()
    made.fetch()
    assert (limit.hits, limit.left) == (1, 0)
    assert "above 1 a second" in repr(limit)
    with pytest.raises(BadFault, match="per_second"):
        faults.add("*", code=20429, per_second=0)


@pytest.mark.parametrize("limit", RATE_LIMITS, ids=lambda limit: limit.pattern)
def test_each_rate_limit_names_operations_that_there_are(faults: Faults, limit: RateLimit) -> None:
    assert faults.add(limit.pattern, code=20429, per_second=limit.per_second).settings.status == 429
