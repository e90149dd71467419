"""Faults on demand: chosen calls fail as Twilio or the network would, and only those."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
import requests
from support import refused
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpers import Account
from helpers.mock import BadFault, Faults, MockTwilio, Request
from helpers.mock.faults.settings import RATE_LIMITS, RateLimit

SOON = 0.03
"""Seconds that a client waits here; what is late is later than that."""
LATE = 0.06


@pytest.fixture
def mock(account: Account) -> MockTwilio:
    assert account.mock is not None
    return account.mock


@pytest.fixture
def faults(mock: MockTwilio) -> Faults:
    return mock.faults


@pytest.fixture
def impatient(mock: MockTwilio) -> None:
    """The SDK gives up soon."""
    mock.http_client.timeout = SOON


def bodies(channel: Any) -> list[str]:
    return [message.body for message in channel.messages.list()]


def outcomes(channel: Any, calls: int) -> list[int]:
    """The status of so many messages sent one after the other; 0 for no answer."""
    return [outcome(channel) for _ in range(calls)]


def outcome(channel: Any) -> int:
    try:
        channel.messages.create(body="hello")
    except TwilioRestException as error:
        return int(error.status)
    except requests.RequestException:
        return 0
    return 201


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


# -- faults come and go


def test_a_fault_is_in_force_for_a_block(faults: Faults, channel: Any) -> None:
    with faults.add("CreateMessage", status=503, times=None) as fault:
        assert outcomes(channel, 2) == [503, 503]
    assert outcome(channel) == 201
    assert (fault.hits, list(faults)) == (2, [])


def test_all_are_cleared_at_once(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", status=503, times=None)
    faults.add("*", kind="reset", times=None)
    faults.clear()
    assert (outcome(channel), len(faults)) == (201, 0)


def test_a_new_account_has_none(faults: Faults, mock: MockTwilio, account: Account) -> None:
    faults.add("*", status=503, times=None)
    mock.reset()
    assert account.client.chat.v2.services.list()
    assert len(faults) == 0


def test_faults_are_listed_with_what_they_have_done(faults: Faults, channel: Any) -> None:
    faults.add("CreateMessage", status=429, retry_after=2, times=3, skip=1)
    faults.add("*Channel*", kind="timeout", phase="after", times=None)
    faults.add("GET *", latency=1.5)
    outcomes(channel, 2)
    assert repr(faults).splitlines() == [
        "Fault(calls: CreateMessage, what: HTTP 429, code 20429, retry after 2 s,"
        " phase: before the effect, skip: 0, left: 2, hits: 1)",
        "Fault(calls: *Channel*, what: timeout, phase: after the effect, skip: 0,"
        " left: no end, hits: 0)",
        "Fault(calls: GET *, what: 1.5 s late, phase: before the effect, skip: 0, left: 1,"
        " hits: 0)",
    ]
    page = faults._repr_html_()
    assert page.count("<tr>") == 4
    assert '<td style="text-align:left">CreateMessage</td>' in page


def test_a_pattern_is_shown_as_text_and_not_as_html(faults: Faults) -> None:
    faults.add("[<b>C]reateMessage", status=503)
    assert "<b>" not in faults._repr_html_()
    assert "[&lt;b&gt;C]reateMessage" in faults._repr_html_()


def test_the_request_log_shows_what_the_caller_saw(
    account: Account, faults: Faults, channel: Any
) -> None:
    account.requests.clear()
    faults.add("CreateMessage", status=429)
    faults.add("CreateMessage", kind="reset", phase="after")
    outcomes(channel, 3)
    assert [(each.status, each.code) for each in account.requests] == [
        (429, 20429),
        (0, None),
        (201, None),
    ]


def test_a_request_handed_to_the_account_itself_meets_none(
    faults: Faults, mock: MockTwilio, account: Account
) -> None:
    fault = faults.add("ListService", status=503)
    own = account.credentials
    request = Request(
        "GET", "chat.twilio.com", "/v2/Services", auth=(own.account_sid, own.auth_token)
    )
    assert (mock.handle(request).status, fault.hits) == (200, 0)


def test_the_same_faults_and_calls_have_the_same_outcome(account: Account) -> None:
    def play() -> tuple[list[int], list[tuple[str, Any]]]:
        mock = MockTwilio(seed=7)
        mock.clock.freeze(1_800_000_000)
        again = Account("mock", account.credentials, mock.http_client, mock)
        service = again.client.chat.v2.services(again.credentials.chat_service_sid)
        channel = service.channels(service.channels.create().sid)
        mock.faults.add("CreateMessage", status=429, skip=1, times=2)
        mock.faults.add("Create*", kind="timeout", phase="after", skip=2)
        statuses = outcomes(channel, 8)
        return statuses, [(each.sid, each.date_created) for each in channel.messages.list()]

    first, second = play(), play()
    assert first == second
    assert len(first[1]) == 6
    assert first[0] == [201, 429, 429, 201, 0, 201, 201, 201]


# -- asynchronously


def send_asynchronously(account: Account, mock: MockTwilio, channel: Any) -> None:
    own, sid = account.credentials, channel.fetch().sid
    client = Client(own.account_sid, own.auth_token, http_client=mock.async_http_client)
    messages = client.chat.v2.services(own.chat_service_sid).channels(sid).messages
    asyncio.run(messages.create_async(body="hello"))


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"status": 503}, TwilioRestException),
        ({"kind": "timeout"}, TimeoutError),
        ({"kind": "reset"}, aiohttp.ClientOSError),
    ],
    ids=["refusal", "timeout", "reset"],
)
def test_the_asynchronous_sdk_meets_the_same_faults(
    account: Account,
    mock: MockTwilio,
    channel: Any,
    fault: dict[str, Any],
    raised: type[Exception],
    phase: str,
) -> None:
    made = mock.faults.add("CreateMessage", phase=phase, **fault)
    with pytest.raises(raised):
        send_asynchronously(account, mock, channel)
    assert bodies(channel) == ([] if phase == "before" else ["hello"])
    assert made.hits == 1


def test_the_asynchronous_sdk_waits_for_what_is_late(
    account: Account, mock: MockTwilio, channel: Any
) -> None:
    mock.faults.add("CreateMessage", latency=LATE)
    started = time.monotonic()
    send_asynchronously(account, mock, channel)
    assert time.monotonic() - started >= LATE
    assert bodies(channel) == ["hello"]


def test_an_asynchronous_request_gives_up_when_its_time_is_over(
    account: Account, mock: MockTwilio
) -> None:
    mock.faults.add("CreateService", latency=60)
    own = account.credentials
    request = mock.async_http_client.request(
        "POST",
        "https://chat.twilio.com/v2/Services",
        data={"FriendlyName": "Mine"},
        auth=(own.account_sid, own.auth_token),
        timeout=SOON,
    )
    with pytest.raises(TimeoutError):
        asyncio.run(request)
    names = [each.friendly_name for each in account.client.chat.v2.services.list()]
    assert names == ["Flex Chat Service", "Mine"]


def test_the_event_loop_runs_on_while_an_answer_is_late(
    account: Account, mock: MockTwilio, channel: Any
) -> None:
    own, sid = account.credentials, channel.fetch().sid
    client = Client(own.account_sid, own.auth_token, http_client=mock.async_http_client)
    messages = client.chat.v2.services(own.chat_service_sid).channels(sid).messages
    mock.faults.add("CreateMessage", latency=LATE, times=None)

    async def send() -> None:
        await asyncio.gather(*(messages.create_async(body=str(n)) for n in range(20)))

    started = time.monotonic()
    asyncio.run(send())
    assert LATE <= time.monotonic() - started < 20 * LATE
    assert len(bodies(channel)) == 20


# -- as JSON, for whoever asks over HTTP


def test_a_fault_comes_from_json_and_goes_to_json(faults: Faults, channel: Any) -> None:
    given = json.loads('{"pattern": "CreateMessage", "status": 429, "retry_after": 2, "times": 3}')
    fault = faults.add_from_json(given)
    assert outcomes(channel, 1) == [429]
    assert json.loads(json.dumps(fault.to_json())) == {
        "id": 1,
        "pattern": "CreateMessage",
        "kind": "refusal",
        "status": 429,
        "code": 20429,
        "message": None,
        "retry_after": 2,
        "latency": 0.0,
        "phase": "before",
        "times": 3,
        "skip": 0,
        "per_second": None,
        "segments": None,
        "hits": 1,
        "passed": 0,
        "left": 2,
    }
    assert faults.find(1) is fault
    assert faults.find(2) is None


def test_json_null_is_no_end_for_times_and_nothing_for_the_rest(
    faults: Faults, channel: Any
) -> None:
    fault = faults.add_from_json(
        {"pattern": "CreateMessage", "kind": "reset", "times": None, "status": None}
    )
    assert fault.left is None
    assert outcomes(channel, 2) == [0, 0]


# -- what cannot be


@pytest.mark.parametrize(
    ("pattern", "nearest"),
    [
        ("CreateMesage", "the nearest are CreateMessage"),
        ("createmessage", "the nearest are CreateMessage"),
        ("SendMessage", "UpdateMessage"),
        ("POST chat.twilio.com/v2/Service", "POST chat.twilio.com/v2/Services"),
        ("PUT chat.twilio.com/v2/Services", "POST chat.twilio.com/v2/Services"),
        ("POST video.twilio.com/v1/Rooms", "no operation of this mock fits"),
    ],
)
def test_a_pattern_that_fits_no_operation_is_refused_with_the_nearest(
    faults: Faults, pattern: str, nearest: str
) -> None:
    with pytest.raises(BadFault, match="no operation of this mock fits") as caught:
        faults.add(pattern, status=503)
    assert nearest in str(caught.value)
    assert len(faults) == 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "say what goes wrong: a status such as 503"),
        ({"retry_after": 2}, "say what goes wrong"),
        (
            {"status": 418},
            "no error of Twilio's that this mock knows has HTTP status 418; it knows",
        ),
        (
            {"status": 502},
            "HTTP 502 has no general code; name one: with HTTP 502 come 50057, 50076",
        ),
        ({"status": 501}, "no error of Twilio's"),
        ({"code": 501}, "code 501 is no error of Twilio's that this mock knows"),
        ({"code": 20430}, "code 20430 is no error of Twilio's that this mock knows; the nearest"),
        ({"status": 500, "code": 20429}, "code 20429 comes with HTTP 429, not 500"),
        ({"kind": "refusal"}, "needs a status such as 503"),
        ({"kind": "latency"}, "kind='latency' needs latency, in seconds"),
        ({"kind": "timeout", "status": 503}, "leave out status"),
        ({"kind": "reset", "retry_after": 0}, "leave out retry_after"),
        ({"latency": 1, "message": "late"}, "leave out message"),
        ({"kind": "explosion"}, "kind='explosion': it must be 'refusal', 'latency'"),
        ({"status": 503, "phase": "during"}, "phase='during': it must be 'before' or 'after'"),
        ({"status": 503, "times": 0}, "times=0: it must be 1 or more"),
        ({"status": 503, "skip": -1}, "skip=-1: it must be 0 or more"),
        ({"status": "503"}, "status='503': it must be a whole number"),
        ({"latency": -1}, "latency=-1: it must be 0 or more"),
        ({"latency": float("nan")}, "latency=nan"),
        ({"latency": float("inf")}, "latency=inf"),
        ({"latency": 86_400}, "latency=86400: it must be 3600"),
        ({"status": 503, "retry": 2}, "a fault has no setting 'retry'; there is retry_after"),
        ({"status": 503, "probability": 0.5}, "a fault has no setting 'probability'"),
        ({"status": 503, "times": 0, "skip": -1}, "; skip=-1"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_a_sentence(
    faults: Faults, channel: Any, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(BadFault) as caught:
        faults.add_from_json({"pattern": "CreateMessage", **settings})
    assert sentence in str(caught.value)
    assert (len(faults), outcome(channel)) == (0, 201)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"status": 503}, "pattern is missing"),
        ({"pattern": " ", "status": 503}, "pattern=' '"),
        ({"pattern": 7, "status": 503}, "pattern=7: it must be text"),
        (["CreateMessage"], 'a fault is an object such as {"pattern"'),
    ],
)
def test_a_fault_needs_a_pattern(faults: Faults, given: Any, sentence: str) -> None:
    with pytest.raises(BadFault) as caught:
        faults.add_from_json(given)
    assert sentence in str(caught.value)


def test_a_long_pattern_is_refused_as_fast_as_a_short_one(faults: Faults) -> None:
    start = time.perf_counter()
    with pytest.raises(BadFault) as refusal:
        faults.add("*a" * 100_000, status=500)
    assert time.perf_counter() - start < 1
    assert len(str(refusal.value)) < 1_000


def test_the_legacy_api_can_be_ended_and_brought_back(
    account: Account, faults: Faults, service: Any
) -> None:
    client = account.client
    faults.end_legacy_api()
    for call in (
        service.fetch,
        service.channels.list,
        client.flex_api.v1.flex_flow.list,
        client.flex_api.v1.flex_flow("FO" + 32 * "0").fetch,
        client.flex_api.v1.channel.list,
        client.flex_api.v1.web_channel.list,
    ):
        with refused(410, 20410, "use Flex Conversations"):
            call()
    conversation = client.conversations.v1.conversations.create(friendly_name="Lives on")
    assert client.conversations.v1.conversations(conversation.sid).fetch().state == "active"
    assert client.flex_api.v1.configuration().fetch().account_sid == client.account_sid
    faults.clear()
    assert service.fetch().friendly_name == "Flex Chat Service"


# -- rates


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
