"""Faults as a client over the network meets them: refusals, lateness, silence, a cut connection."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from support import refused

from helpers import Account, connect
from helpers.mock import DEMO_VALUES, BadFault, MockTwilio

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
AUTH = (DEMO_VALUES["TWILIO_ACCOUNT_SID"], DEMO_VALUES["TWILIO_AUTH_TOKEN"])


@pytest.fixture
def faults(shared: Account) -> Any:
    return shared.mock.faults


@pytest.fixture
def channels(shared: Account) -> Any:
    return shared.client.chat.v2.services(SERVICE).channels


def post(url: str, name: str, timeout: float = 30) -> requests.Response:
    path = f"{url}/chat.twilio.com/v2/Services/{SERVICE}/Channels"
    return requests.post(path, data={"UniqueName": name}, auth=AUTH, timeout=timeout)


def names(channels: Any) -> list[str]:
    return [channel.unique_name for channel in channels.list()]


def test_a_throttled_call_gets_a_retry_after(faults: Any, url: str, channels: Any) -> None:
    throttled = faults.add("CreateChannel", status=429, retry_after=2, times=2)
    answers = [post(url, name) for name in ("a", "b", "c")]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert (answers[0].headers["Retry-After"], answers[0].json()["code"]) == ("2", 20429)
    assert (throttled.hits, throttled.left) == (2, 0)
    assert names(channels) == ["c"]


@pytest.mark.parametrize(("phase", "there"), [("before", []), ("after", ["a"])])
def test_a_cut_connection_says_nothing_of_the_effect(
    faults: Any, url: str, channels: Any, phase: str, there: list[str]
) -> None:
    faults.add("CreateChannel", kind="reset", phase=phase)
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        post(url, "a")
    assert names(channels) == there


@pytest.mark.parametrize(("phase", "there"), [("before", []), ("after", ["a"])])
def test_silence_ends_in_the_clients_time_out(
    faults: Any, url: str, channels: Any, phase: str, there: list[str]
) -> None:
    faults.add("CreateChannel", kind="timeout", phase=phase)
    with pytest.raises(requests.ReadTimeout):
        post(url, "a", timeout=0.3)
    assert names(channels) == there


def test_a_late_answer_comes_with_its_effect(faults: Any, url: str, channels: Any) -> None:
    faults.add("CreateChannel", latency=0.3)
    started = time.monotonic()
    assert post(url, "a").status_code == 201
    assert time.monotonic() - started >= 0.3
    assert names(channels) == ["a"]


def test_one_that_waits_holds_up_no_other_call(faults: Any, url: str, channels: Any) -> None:
    faults.add("CreateChannel", kind="timeout", times=60)
    sessions = [requests.Session() for _ in range(60)]
    with pytest.raises(requests.ReadTimeout):
        sessions[0].post(
            f"{url}/chat.twilio.com/v2/Services/{SERVICE}/Channels", auth=AUTH, timeout=0.2
        )
    started = time.monotonic()
    assert channels.list() == []
    assert time.monotonic() - started < 1


def test_the_sdk_sees_what_it_would_see_of_twilio(faults: Any, url: str) -> None:
    faults.add("FetchService", status=503)
    with refused(503, 20503):
        connect(url).client.chat.v2.services(SERVICE).fetch()


def test_faults_are_listed_with_what_they_did_and_cleared_at_once(
    faults: Any, mock: MockTwilio, channels: Any
) -> None:
    faults.add("CreateChannel", status=500, times=None)
    with faults.add("FetchChannel", kind="reset", skip=1) as passing:
        assert len(faults) == 2
        assert repr(faults) == repr(mock.faults)
        assert faults._repr_html_() == mock.faults._repr_html_()
        assert passing.passed == 0
    assert [fault.settings.pattern for fault in faults] == ["CreateChannel"]
    faults.clear()
    assert list(mock.faults) == []
    assert channels.create(unique_name="again").unique_name == "again"


def test_a_fault_that_cannot_be_is_refused_as_in_this_process(faults: Any) -> None:
    with pytest.raises(BadFault, match="CreateChannel"):
        faults.add("CreatChannel", status=500)
    with pytest.raises(BadFault, match="no error of Twilio's"):
        faults.add("CreateChannel", code=1)


def test_rates_of_a_server_are_limited_on_demand(shared: Account) -> None:
    shared.clock.freeze()
    limits = shared.mock.faults.limit_rates()
    web_chats = shared.client.flex_api.v2.web_channels
    for _ in range(5):
        with refused(404, 45744):
            web_chats.create(address_sid="IG" + "0" * 32)
    with refused(429, 20429):
        web_chats.create(address_sid="IG" + "0" * 32)
    assert sum(limit.hits for limit in limits) == 1
