"""Preflight: each point of a set-up, ready and not, and nothing changed."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from support import everything
from twilio.http import HttpClient

from helpers import Account, account, connect, migrate, preflight, readiness
from helpers.account import EndOfLifeWarning, SetUpIncomplete
from helpers.mock import DEMO_VALUES, Credentials, MockTwilio


def verdict(account: Account, subject: str) -> tuple[str, str]:
    """The verdict on a point, and what was found."""
    [check] = [each for each in preflight(account).checks if each.subject == subject]
    assert (check.remedy == "") == (check.verdict == "ready")
    return check.verdict, check.found


def test_a_new_account_lacks_nothing_and_is_not_changed(account: Account) -> None:
    before = everything(account)
    result = preflight(account)
    assert result.is_ready
    assert everything(account) == before
    looks = [each.subject for each in result.checks if each.verdict == "look"]
    assert looks == ["timers", "chat addresses", "Studio", "Flex Flows"]


def test_an_account_that_was_migrated_is_ready(account: Account) -> None:
    for call in migrate.plan(account).calls:
        call.run(account.client)
    account.client.conversations.v1.configuration().update(default_closed_timer="P1D")
    for flow in account.client.flex_api.v1.flex_flow.list():
        account.client.flex_api.v1.flex_flow(flow.sid).update(enabled=False)
    assert {each.verdict for each in preflight(account).checks} == {"ready"}


def other_service(client: Any) -> None:
    sid = client.chat.v2.services.create("Other").sid
    client.conversations.v1.configuration().update(default_chat_service_sid=sid)


def plain_http(client: Any) -> None:
    client.conversations.v1.configuration.webhooks().update(
        post_webhook_url="http://example.com/", filters=["onMessageAdded"]
    )


def public_channel(client: Any) -> None:
    sid = client.chat.v2.services.list()[0].sid
    client.chat.v2.services(sid).channels.create(unique_name="lobby", type="public")


def no_capacity(client: Any) -> None:
    workspace = client.taskrouter.v1.workspaces(client.taskrouter.v1.workspaces.list()[0].sid)
    for worker in workspace.workers.list():
        workspace.workers(worker.sid).worker_channels("chat").update(capacity=0)


@pytest.mark.parametrize(
    ("spoil", "subject", "expected", "said"),
    [
        (other_service, "default service", "missing", "not Flex's IS"),
        (plain_http, "webhooks", "look", "http://example.com/ is not https"),
        (public_channel, "public channels", "look", "1 public channels"),
        (no_capacity, "routing", "missing", "none of 2 workers has capacity for chat"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_fault_is_named(
    account: Account, spoil: Callable[[Any], None], subject: str, expected: str, said: str
) -> None:
    spoil(account.client)
    found, text = verdict(account, subject)
    assert found == expected
    assert said in text
    assert preflight(account).is_ready == (expected != "missing")


def test_the_end_of_the_legacy_api_is_no_fault(account: Account) -> None:
    assert account.mock is not None
    account.mock.faults.end_legacy_api()
    assert verdict(account, "Flex Flows") == ("ready", "the legacy API answers HTTP 410")
    assert verdict(account, "public channels") == ("ready", "the legacy API answers HTTP 410")


def test_a_refusal_is_a_verdict_and_no_traceback(account: Account) -> None:
    assert account.mock is not None
    account.mock.faults.add("GET flex-api.twilio.com/v1/Configuration", status=403, times=None)
    result = preflight(account)
    assert not result.is_ready
    assert result.checks[0].found.startswith("the account refuses: ")
    assert "<table>" in result._repr_html_()


# -- the live account, which is checked when it is opened

LIVE = Credentials("AC" + "5" * 32, "6" * 32, "SK" + "7" * 32, "s3cret" * 6, "IS" + "8" * 32)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockTwilio]:
    """A mock that `connect("live")` opens, with credentials from the environment."""
    for name in DEMO_VALUES:
        monkeypatch.setenv(name, getattr(LIVE, name.removeprefix("TWILIO_").lower()))
    with MockTwilio(credentials=LIVE) as mock:
        monkeypatch.setattr(account, "LiveHttpClient", lambda **_: Door(mock.http_client))
        yield mock


class Door(HttpClient):
    """HTTP client to a mock, with the session that a live one has."""

    def __init__(self, forward: HttpClient) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self.timeout = None
        self.session = requests.Session()
        self.request = forward.request


def warned(**options: Any) -> tuple[Account, list[str]]:
    """The live account, and the warnings about its set-up."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        opened = connect("live", **options)
    found = [each for each in caught if each.category is not EndOfLifeWarning]
    assert {each.category for each in found} <= {SetUpIncomplete}
    assert {each.filename for each in found} <= {__file__}
    return opened, [str(each.message) for each in found]


def test_a_live_account_that_is_set_up_is_opened_without_a_word(live: MockTwilio) -> None:
    opened, said = warned()
    assert (opened.mode, said) == ("live", [])
    assert {each.method for each in opened.requests} == {"GET"}


def test_a_live_account_says_what_it_lacks(live: MockTwilio) -> None:
    own = Account("mock", LIVE, live.http_client, live)
    other_service(own.client)
    no_capacity(own.client)
    opened, [said] = warned()
    title, *points = said.splitlines()
    assert title == "Chats on Flex Conversations cannot reach an agent of this account; it lacks:"
    assert [point.split(":")[0].strip() for point in points] == ["default service", "routing"]
    assert str(preflight(opened).missing[1]) in said
    assert {each.method for each in opened.requests} == {"GET"}


def test_a_token_for_another_service_is_a_fault(
    live: MockTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_CHAT_SERVICE_SID", "IS" + "9" * 32)
    [said] = warned()[1]
    assert "access tokens: for IS9999" in said
    assert "Set TWILIO_CHAT_SERVICE_SID to Flex's" in said


def test_a_live_account_that_cannot_be_reached_is_opened_all_the_same(live: MockTwilio) -> None:
    live.faults.add("*", kind="reset", times=None)
    opened, said = warned()
    assert said == ["The account's set-up was not checked: ConnectionError"]
    assert len(opened.requests) == 1


def test_the_check_can_be_left_out(live: MockTwilio) -> None:
    opened, said = warned(check=False)
    assert (said, list(opened.requests)) == ([], [])


def test_an_answer_that_is_not_understood_is_a_verdict(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(readiness._CHECKS, "timers", lambda reader: reader.nothing)
    assert verdict(account, "timers") == (
        "look",
        "an answer of another form than Twilio's: AttributeError",
    )


def test_an_account_shows_conversations_first_where_it_is_live(live: MockTwilio) -> None:
    opened, _ = warned()
    opened.client.conversations.v1.conversations.create(friendly_name="Support")
    holdings = opened.holdings()
    assert list(holdings)[:3] == ["Conversations service", "Conversations", "Addresses"]
    assert holdings["Conversations"] == "Support"
