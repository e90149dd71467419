"""Faults as they are set: listed, removed, as JSON, and refused."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from faulty import outcome, outcomes
from support import refused, seconds_of_work

from helpers import Account
from helpers.mock import BadFault, Faults, MockTwilio, Request

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
    def add() -> None:
        with pytest.raises(BadFault) as refusal:
            faults.add("*a" * 100_000, status=500)
        assert len(str(refusal.value)) < 1_000

    assert seconds_of_work(add, time.thread_time) < 1


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
