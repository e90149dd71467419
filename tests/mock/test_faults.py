"""Faults on demand: chosen calls fail as Twilio or the network would, and only those."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from faulty import LATE, SOON, bodies, outcome, outcomes
from support import refused
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpers import Account
from helpers.mock import Faults, MockTwilio

# -- what a call comes to


def test_without_faults_every_call_is_answered(faults: Faults, channel: Any) -> None:
    assert outcomes(channel, 2) == [201, 201]
    assert (list(faults), repr(faults)) == ([], "no faults: every call is answered")


def test_a_status_brings_twilios_code_and_error_document(
    faults: Faults, channel: Any, account: Account
) -> None:
    faults.add("CreateMessage", status=429, retry_after=2)
    with pytest.raises(TwilioRestException) as caught:
        channel.messages.create(body="hello")
    assert (caught.value.status, caught.value.code) == (429, 20429)
    assert caught.value.msg == "Unable to create record: Too many requests"
    assert bodies(channel) == []


def test_the_answer_is_the_whole_document_with_retry_after(
    faults: Faults, mock: MockTwilio, account: Account
) -> None:
    faults.add("ListService", code=20429, retry_after=2)
    own = account.credentials
    answer = mock.http_client.request(
        "GET", "https://chat.twilio.com/v2/Services", auth=(own.account_sid, own.auth_token)
    )
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert json.loads(answer.text) == {
        "code": 20429,
        "message": "Too many requests",
        "more_info": "https://www.twilio.com/docs/errors/20429",
        "status": 429,
    }


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"status": 500}, 500, 20500),
        ({"status": 503}, 503, 20503),
        ({"status": 404}, 404, 20404),
        ({"code": 50063}, 429, 50063),
        ({"code": 50403}, 403, 50403),
        ({"status": 429, "code": 45010}, 429, 45010),
    ],
)
def test_a_status_or_a_code_brings_the_other(
    faults: Faults, channel: Any, asked: dict[str, Any], status: int, code: int
) -> None:
    faults.add("CreateMessage", **asked)
    with refused(status, code):
        channel.messages.create(body="hello")


def test_a_refusal_can_have_words_of_its_own(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", status=503, message="Back at noon")
    with refused(503, 20503, "Back at noon"):
        channel.messages.create(body="hello")


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"kind": "timeout"}, requests.exceptions.ReadTimeout),
        ({"kind": "reset"}, requests.exceptions.ConnectionError),
        ({"latency": LATE}, requests.exceptions.ReadTimeout),
    ],
    ids=["timeout", "reset", "latency"],
)
@pytest.mark.usefixtures("impatient")
def test_the_network_fails_as_the_sdks_own_client_has_it(
    faults: Faults, channel: Any, fault: dict[str, Any], raised: type[Exception]
) -> None:
    faults.add("CreateMessage", **fault)
    with pytest.raises(raised) as caught:
        channel.messages.create(body="hello")
    assert type(caught.value) is raised


def test_a_reset_says_what_the_system_says(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", kind="reset")
    with pytest.raises(requests.exceptions.ConnectionError, match="Connection aborted") as caught:
        channel.messages.create(body="hello")
    assert isinstance(caught.value.args[0].args[1], ConnectionResetError)


@pytest.mark.usefixtures("impatient")
def test_a_time_out_takes_as_long_as_the_client_waits(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", kind="timeout")
    started = time.monotonic()
    with pytest.raises(requests.exceptions.ReadTimeout, match=f"read timeout={SOON}"):
        channel.messages.create(body="hello")
    assert time.monotonic() - started >= SOON


def test_the_time_out_set_on_the_accounts_client_counts(
    account: Account, faults: Faults, channel: Any
) -> None:
    account.client.http_client.timeout = SOON
    faults.add("CreateMessage", kind="timeout")
    with pytest.raises(requests.exceptions.ReadTimeout, match=f"read timeout={SOON}"):
        channel.messages.create(body="hello")


def test_a_client_that_would_wait_for_ever_is_told_at_once(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", kind="timeout")
    with pytest.raises(requests.exceptions.ReadTimeout, match="read timeout=None"):
        channel.messages.create(body="hello")


def test_latency_delays_the_answer_and_changes_nothing_else(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", latency=LATE)
    started = time.monotonic()
    channel.messages.create(body="hello")
    assert time.monotonic() - started >= LATE
    assert bodies(channel) == ["hello"]


def test_a_refusal_can_be_late_too(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", status=503, latency=LATE)
    started = time.monotonic()
    with refused(503, 20503):
        channel.messages.create(body="hello")
    assert time.monotonic() - started >= LATE


# -- before and after the effect


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"kind": "timeout"}, {"kind": "reset"}], ids=str
)
def test_a_call_has_had_its_effect_or_not(
    faults: Faults, channel: Any, fault: dict[str, Any], phase: str
) -> None:
    faults.add("CreateMessage", phase=phase, **fault)
    assert outcome(channel) in (0, 503)
    assert bodies(channel) == ([] if phase == "before" else ["hello"])


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.usefixtures("impatient")
def test_a_late_call_has_its_effect_although_the_client_gave_up(
    faults: Faults, channel: Any, phase: str
) -> None:
    faults.add("CreateMessage", latency=LATE, phase=phase)
    assert outcome(channel) == 0
    assert bodies(channel) == ["hello"]


def test_a_caller_who_tries_again_after_a_lost_answer_says_it_twice(
    faults: Faults, channel: Any
) -> None:
    faults.add("CreateMessage", kind="reset", phase="after")
    assert outcomes(channel, 2) == [0, 201]
    assert bodies(channel) == ["hello", "hello"]


def test_what_was_lost_after_the_effect_was_told_to_followers(
    faults: Faults, mock: MockTwilio, channel: Any
) -> None:
    told: list[str] = []
    mock.follow(lambda event: told.append(event.name))
    faults.add("CreateMessage", status=500, phase="after")
    assert outcome(channel) == 500
    assert told == ["messageAdded"]


def test_an_outage_is_met_before_credentials_are_looked_at(
    faults: Faults, mock: MockTwilio, account: Account
) -> None:
    stranger = Client(account.credentials.account_sid, "wrong", http_client=mock.http_client)
    faults.add("CreateService", status=503)
    with refused(503, 20503):
        stranger.chat.v2.services.create("Mine")
    with refused(401, 20003):
        stranger.chat.v2.services.create("Mine")


# -- which calls, and how many


def test_one_call_fails_unless_told_otherwise(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", status=503)
    assert outcomes(channel, 3) == [503, 201, 201]


def test_the_next_so_many_calls_fail_once_some_have_passed(faults: Faults, channel: Any) -> None:
    fault = faults.add("CreateMessage", status=503, skip=2, times=3)
    assert outcomes(channel, 6) == [201, 201, 503, 503, 503, 201]
    assert (fault.passed, fault.hits, fault.left) == (2, 3, 0)


def test_all_calls_fail_until_the_fault_is_removed(faults: Faults, channel: Any) -> None:
    fault = faults.add("CreateMessage", status=503, times=None)
    assert outcomes(channel, 5) == [503] * 5
    fault.remove()
    assert outcome(channel) == 201
    assert (fault.hits, fault.left, len(faults)) == (5, None, 0)


@pytest.mark.parametrize("step", range(4))
def test_each_write_of_a_sequence_can_be_the_one_that_fails(
    faults: Faults, service: Any, step: int
) -> None:
    faults.add("[!G]* *", status=500, skip=step)

    def act() -> None:
        made = service.channels.create(unique_name="order-7")
        made.members.create("jane")
        service.channels(made.sid).fetch()
        made.update(friendly_name="Order 7")
        made.delete()

    with refused(500, 20500):
        act()
    made = service.channels.list(limit=1)
    assert bool(made) == (step > 0)
    if made:
        assert len(made[0].members.list()) == (step > 1)
        assert made[0].friendly_name == ("Order 7" if step > 2 else None)


def test_the_first_fault_that_takes_a_call_is_the_only_one(faults: Faults, channel: Any) -> None:
    first = faults.add("CreateMessage", status=503)
    second = faults.add("CreateMess*", status=429, times=2)
    assert outcomes(channel, 4) == [503, 429, 429, 201]
    assert (first.hits, second.hits) == (1, 2)


def test_a_fault_that_lets_a_call_pass_leaves_it_to_the_next(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", status=503, skip=1)
    faults.add("CreateMessage", status=429, times=None)
    assert outcomes(channel, 4) == [429, 503, 429, 429]


@pytest.mark.parametrize(
    "pattern",
    [
        "CreateMessage",
        "Create*",
        "*Message",
        "*",
        "POST chat.twilio.com/v2/Services/*/Channels/*/Messages",
        "POST https://chat.twilio.com/v2/Services/*",
        "post chat.*/*",
        "* *",
        "POST chat.twilio.com/v2/Services/IS*/Channels/CH*/Messages",
    ],
)
def test_a_pattern_fits_a_call(faults: Faults, channel: Any, pattern: str) -> None:
    faults.add(pattern, status=503)
    assert outcome(channel) == 503


@pytest.mark.parametrize(
    "pattern",
    [
        "CreateMember",
        "Update*",
        "GET *",
        "POST flex-api.twilio.com/*",
        "POST chat.twilio.com/v2/Services/*/Channels",
        "POST chat.twilio.com/v2/Services/*/Channels/*/M?mbers",
    ],
)
def test_a_pattern_leaves_other_calls_alone(faults: Faults, channel: Any, pattern: str) -> None:
    fault = faults.add(pattern, status=503)
    assert outcome(channel) == 201
    assert fault.hits == 0


def test_one_channel_of_two_can_be_meant(faults: Faults, service: Any) -> None:
    one, other = (service.channels(service.channels.create().sid) for _ in range(2))
    sid = one.fetch().sid
    faults.add(f"POST chat.twilio.com/v2/Services/*/Channels/{sid}/Messages", status=503)
    assert (outcome(other), outcome(one), outcome(one)) == (201, 503, 201)


def test_the_same_name_in_two_products_is_told_apart_by_address(
    faults: Faults, service: Any, make_flow: Callable[..., Any], make_channel: Callable[..., Any]
) -> None:
    flow = make_flow()
    faults.add("POST flex-api.twilio.com/v1/Channels", status=503)
    assert service.channels.create().sid.startswith("CH")
    with refused(503, 20503):
        make_channel(flow)


def test_a_call_by_way_of_a_region_is_the_same_call(faults: Faults, account: Account) -> None:
    account.client.region, account.client.edge = "ie1", "dublin"
    faults.add("GET chat.twilio.com/v2/Services", status=503)
    with refused(503, 20503):
        account.client.chat.v2.services.list()


def test_calls_that_are_not_simulated_meet_no_fault(faults: Faults, account: Account) -> None:
    fault = faults.add("*", status=503, times=None)
    with refused(501, 501):
        account.client.video.v1.rooms.create(unique_name="support")
    assert fault.hits == 0
