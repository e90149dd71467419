"""Choice of the account: a mock here, a shared mock, or the live one only on request."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from support import FakeHttpClient, shared_account_that_is_gone
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from helpers import Account, connect
from helpers.account import CredentialsMissing, EndOfLifeWarning
from helpers.mock import DEMO_VALUES, Credentials, MockUnreachable, RemoteClock

LIVE = {
    "TWILIO_ACCOUNT_SID": "AC" + "9f" * 16,
    "TWILIO_AUTH_TOKEN": "8e" * 16,
    "TWILIO_API_KEY": "SK" + "7d" * 16,
    "TWILIO_API_SECRET": "LiveApiSecretThatNobodyEverSees1",
    "TWILIO_CHAT_SERVICE_SID": "IS" + "6c" * 16,
}
SECRETS = (LIVE["TWILIO_AUTH_TOKEN"], LIVE["TWILIO_API_SECRET"])


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that would have gone out to the network."""
    urls: list[str] = []

    def request(self: Any, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        urls.append(uri)
        return Response(200, json.dumps({"meta": {"key": "channels"}, "channels": []}))

    monkeypatch.setattr(RemoteClock, "now", lambda self: 0.0)  # as if a mock answered there
    monkeypatch.setattr("requests.Session.send", lambda *a, **k: pytest.fail("went out"))
    monkeypatch.setattr(TwilioHttpClient, "request", request)
    return urls


@pytest.fixture
def live_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The five variables of a live account, in the environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in LIVE.items():
        monkeypatch.setenv(name, value)
    return dict(LIVE)


def live() -> Account:
    with pytest.warns(EndOfLifeWarning):
        return connect("live", check=False)


# -- a mock in this kernel


def test_by_default_the_account_is_a_mock_with_its_own_state() -> None:
    first, second = connect(), connect()
    assert first.mode == "mock"
    assert first.mock is not None
    assert first.clock is first.mock.clock
    service_sid = first.credentials.chat_service_sid
    first.client.chat.v2.services(service_sid).channels.create()
    assert len(first.client.chat.v2.services(service_sid).channels.list()) == 1
    assert second.client.chat.v2.services(service_sid).channels.list() == []


def test_a_mock_holds_what_a_new_flex_account_holds(account: Account) -> None:
    holdings = account.holdings()
    sid = account.credentials.chat_service_sid
    assert holdings == {
        "Chat service": f"Flex Chat Service: {sid}",
        "Chat channels": "none",
        "Flex Flows": "Flex Web Channel Flow",
        "TaskRouter workspaces": "Flex Task Assignment",
        "Studio flows": "Webchat Flow",
    }


def test_the_mocks_credentials_are_the_same_everywhere_and_plainly_fake(account: Account) -> None:
    assert account.credentials == connect().credentials
    assert "demo" in account.credentials.auth_token
    assert "demo" in account.credentials.api_secret
    assert account.credentials.account_sid == DEMO_VALUES["TWILIO_ACCOUNT_SID"]


def test_a_mock_takes_the_credentials_of_the_environment(live_settings: dict[str, str]) -> None:
    account = connect()
    assert account.mode == "mock"
    assert account.credentials.account_sid == live_settings["TWILIO_ACCOUNT_SID"]
    assert account.client.chat.v2.services(live_settings["TWILIO_CHAT_SERVICE_SID"]).fetch()


def test_a_chat_token_is_dated_by_the_mocks_clock(account: Account) -> None:
    account.clock.advance(10 * 24 * 3600)
    service_sid = account.credentials.chat_service_sid
    user = account.client_of_chat_user(account.chat_token("user-42"), "user-42")
    assert user.chat.v2.services(service_sid).users.create(identity="user-42").sid


# -- never live by accident


def test_live_credentials_alone_do_not_reach_the_live_account(
    live_settings: dict[str, str], sent: list[str]
) -> None:
    account = connect()
    account.client.chat.v2.services(live_settings["TWILIO_CHAT_SERVICE_SID"]).channels.list()
    assert (account.mode, sent) == ("mock", [])


@pytest.mark.parametrize("where", ["LIVE!", "production", "127.0.0.1:8787", "ftp://x", "mock"])
def test_a_place_that_is_no_place_is_refused(where: str) -> None:
    with pytest.raises(ValueError, match=r"give nothing for a mock in this kernel") as caught:
        connect(where)
    assert repr(where) in str(caught.value)


def test_live_is_reached_when_requested_by_name(
    live_settings: dict[str, str], sent: list[str]
) -> None:
    account = live()
    account.client.chat.v2.services(live_settings["TWILIO_CHAT_SERVICE_SID"]).channels.list()
    assert (account.mode, account.mock) == ("live", None)
    assert sent[0].startswith("https://chat.twilio.com/v2/Services/IS6c")


@pytest.mark.parametrize("value", ["live", "LIVE"])
def test_live_is_reached_when_the_environment_requests_it(
    live_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("TWILIO_MODE", value)
    with pytest.warns(EndOfLifeWarning):
        assert connect(check=False).mode == "live"


def test_the_environments_wish_for_live_is_refused_without_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_MODE", "live")
    with pytest.raises(CredentialsMissing):
        connect()


def test_a_mock_kept_in_a_file_is_reopened(tmp_path: Path) -> None:
    def channels(account: Account) -> Any:
        return account.client.chat.v2.services(account.credentials.chat_service_sid).channels

    first = connect(db=tmp_path / "account.db")
    made = channels(first).create(unique_name="kept").sid
    first.mock.close()
    again = connect(db=tmp_path / "account.db")
    assert [(each.sid, each.unique_name) for each in channels(again).list()] == [(made, "kept")]
    again.mock.close()


def test_a_file_is_for_a_mock_in_this_kernel_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--db"):
        connect("http://127.0.0.1:8787", db=tmp_path / "account.db")
    assert list(tmp_path.iterdir()) == []


# -- the shared mock


def test_a_shared_mock_is_reached_at_its_url(sent: list[str]) -> None:
    account = connect("http://127.0.0.1:8787/")
    sid = account.credentials.chat_service_sid
    account.client.chat.v2.services(sid).channels.list()
    assert (account.mode, repr(account.mock)) == ("shared", "<the mock at http://127.0.0.1:8787>")
    [url] = sent
    assert url == f"http://127.0.0.1:8787/chat.twilio.com/v2/Services/{sid}/Channels"
    assert account.credentials == Credentials.demo()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("127.0.0.1:8787", "no URL of a mock"),
        ("http://", "no URL of a mock"),
        ("http:///v2", "no URL of a mock"),
        ("ftp://127.0.0.1", "no URL of a mock"),
        ("http://127.0.0.1:99999", "[Pp]ort"),
        ("http://127.0.0.1:8787/#/channels", r"ends before any \? or #"),
        ("http://127.0.0.1:8787/?a=b", r"ends before any \? or #"),
        ("http://me:s3cret@127.0.0.1:8787", "not in the URL"),
        ("https://chat.twilio.com", "Twilio itself"),
        ("https://CHAT.Dublin.ie1.Twilio.com.:443/v2", "Twilio itself"),
        ("http://chat\u3002twilio.com", "Twilio itself"),
        ("https://twilio.com", "Twilio itself"),
        ("http://me:s3cret@api.twilio.com", "Twilio itself"),
        (f"http://{'x' * 70}.example.com", "label"),
    ],
)
def test_what_is_no_url_of_a_mock_is_refused_at_once(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        connect(url)
    assert "'http://127.0.0.1:8787'" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_variable_that_names_twilio_counts_as_no_mock(
    monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    monkeypatch.setenv("TWILIO_MOCK_URL", "https://chat.twilio.com")
    with pytest.raises(ValueError, match="Twilio itself"):
        connect()
    assert sent == []
    assert connect("http://twilio.com.example.com:8787").mode == "shared"


def test_a_seed_is_for_a_mock_in_this_kernel_only() -> None:
    with pytest.raises(ValueError, match="--seed"):
        connect("http://127.0.0.1:8787", seed=7)


def test_the_environment_gives_a_new_mock_its_seed_and_its_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILIO_MOCK_SEED", "7")
    monkeypatch.setenv("TWILIO_MOCK_TIME", "2026-06-01T09:00:00Z")
    flows = [connect().client.studio.v2.flows.list()[0] for _ in range(2)]
    assert flows[0].sid == flows[1].sid != connect(seed=8).client.studio.v2.flows.list()[0].sid
    assert {flow.date_created for flow in flows} == {datetime(2026, 6, 1, 9, tzinfo=UTC)}
    assert connect().clock.is_frozen


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TWILIO_MOCK_SEED", "seven", "invalid literal"),
        ("TWILIO_MOCK_TIME", "tomorrow", "Invalid isoformat string"),
        ("TWILIO_MOCK_TIME", "2026-06-01T09:00:00", "give a time zone"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"{name}={value!r} cannot be read: {reason}"):
        connect()


def test_a_file_keeps_the_moment_at_which_its_account_was_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for moment in ("2026-06-01T09:00:00Z", "2027-01-01T00:00:00Z"):
        monkeypatch.setenv("TWILIO_MOCK_TIME", moment)
        with connect(db=tmp_path / "account.db").mock as mock:
            assert mock.clock.now() == datetime(2026, 6, 1, 9, tzinfo=UTC).timestamp()


def test_where_no_mock_answers_connecting_fails_at_once_and_says_how_to_start_one() -> None:
    with pytest.raises(
        MockUnreachable,
        match=r"No answer from http://127\.0\.0\.1:9 .*Start the mock there: python -m",
    ):
        connect("http://127.0.0.1:9")


def test_where_a_mock_answers_no_more_the_sdks_error_says_how_to_start_one() -> None:
    with pytest.raises(requests.ConnectionError) as failed:
        shared_account_that_is_gone().client.chat.v2.services.list()
    assert failed.value.__notes__ == [
        "Does a mock run at http://127.0.0.1:9? Start it: python -m helpers.mock"
    ]


def test_a_proxy_of_the_environment_is_not_used_for_a_mock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(requests.ConnectionError, match=r"127\.0\.0\.1"):
        shared_account_that_is_gone().client.chat.v2.services.list()


def test_the_environment_may_name_the_shared_mock(
    monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    monkeypatch.setenv("TWILIO_MOCK_URL", "http://127.0.0.1:9999")
    account = connect()
    assert account.mode == "shared"
    account.client.chat.v2.services("IS1").channels.list()
    assert sent == ["http://127.0.0.1:9999/chat.twilio.com/v2/Services/IS1/Channels"]


def test_an_argument_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    monkeypatch.setenv("TWILIO_MOCK_URL", "http://127.0.0.1:9999")
    account = connect("http://127.0.0.1:1234")
    account.client.chat.v2.services("IS1").channels.list()
    assert sent[0].startswith("http://127.0.0.1:1234/")


# -- live credentials


def test_without_credentials_live_names_each_variable_and_where_to_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CredentialsMissing) as caught:
        connect("live")
    assert set(caught.value.problems) == set(LIVE)
    for name, problem in caught.value.problems.items():
        assert problem.startswith("missing")
        assert "Console >" in problem
        assert name in str(caught.value)


@pytest.mark.parametrize("name", list(LIVE))
@pytest.mark.parametrize("state", ["missing", "blank", "malformed", "demo"])
def test_a_variable_that_is_wrong_is_named_alone_and_its_value_is_not_shown(
    live_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, state: str
) -> None:
    wrong = {"blank": "", "malformed": "short secret", "demo": DEMO_VALUES[name]}
    if state == "missing":
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, wrong[state])
    with pytest.raises(CredentialsMissing) as caught:
        connect("live")
    assert list(caught.value.problems) == [name]
    text = str(caught.value) + repr(caught.value)
    for value in (*live_settings.values(), *filter(None, wrong.values())):
        assert value not in text


def test_live_credentials_may_come_from_a_dotenv_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [f"{name}={value}" for name, value in LIVE.items()]
    (tmp_path / ".env").write_text("\n".join(lines))
    inside = tmp_path / "notebooks"
    inside.mkdir()
    monkeypatch.chdir(inside)
    account = live()
    assert account.credentials.api_secret == LIVE["TWILIO_API_SECRET"]
    assert connect().mode == "mock"
    assert connect().credentials == Credentials.demo({})


def test_the_environment_goes_before_the_dotenv_file(
    live_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("TWILIO_API_SECRET=FromTheFileSixteenPlus\n")
    assert live().credentials.api_secret == live_settings["TWILIO_API_SECRET"]
    monkeypatch.delenv("TWILIO_API_SECRET")
    assert live().credentials.api_secret == "FromTheFileSixteenPlus"


def test_live_warns_that_the_product_has_ended_and_when(live_settings: dict[str, str]) -> None:
    with pytest.warns(EndOfLifeWarning) as caught:
        connect("live", check=False)
    [warning] = caught
    text = str(warning.message)
    for date in ("1 June 2026", "25 July 2022", "25 January 2021"):
        assert date in text
    assert warning.filename == __file__


def test_a_mock_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        connect()


# -- secrets


def test_secrets_show_nowhere(live_settings: dict[str, str], sent: list[str]) -> None:
    account = live()
    account.client.chat.v2.services(live_settings["TWILIO_CHAT_SERVICE_SID"]).channels.list()
    token = account.chat_token("user-42")
    account.client_of_chat_user(token, "user-42").chat.v2.services("IS1").channels.list()
    shown = [
        repr(account),
        str(account),
        account._repr_html_(),
        repr(account.credentials),
        str(account.credentials),
        repr(account.client),
        repr(account.requests),
        account.requests._repr_html_(),
        repr(list(account.requests)),
        repr([entry.parameters for entry in account.requests]),
    ]
    for text in shown:
        for secret in (*SECRETS, token):
            assert secret not in text
    assert repr(account) == f"<LIVE Twilio account {live_settings['TWILIO_ACCOUNT_SID']}>"


def test_an_exception_of_a_refused_call_shows_no_secret(account: Account) -> None:
    token = account.chat_token("user-42")
    user = account.client_of_chat_user(token, "user-42")
    with pytest.raises(Exception, match="needs account credentials") as caught:
        user.flex_api.v1.channel("CH1").fetch()
    for secret in (account.credentials.auth_token, account.credentials.api_secret, token):
        assert secret not in str(caught.value) + repr(caught.value.__dict__)


# -- how an account shows itself


def test_an_account_shows_what_it_holds_as_a_table_that_is_safe(
    account: Account, service: Any
) -> None:
    service.channels.create(friendly_name="<script>alert(1)</script>")
    shown = account._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "Mock Twilio account in this kernel: AC" in shown


def test_a_long_list_is_cut_and_says_so(account: Account, service: Any) -> None:
    for number in range(21):
        service.channels.create(friendly_name=f"c{number}")
    named = account.holdings()["Chat channels"]
    assert named.startswith("c0, c1, ")
    assert named.endswith("c19, ...")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (requests.ConnectionError("no route to host"), "no route to host"),
        (Response(401, '{"code": 20003, "message": "Authenticate"}'), "Authenticate"),
        (Response(502, "<html>Bad Gateway</html>"), "HTTP 502"),
    ],
    ids=["no network", "401", "502 in HTML"],
)
def test_an_account_that_cannot_be_reached_shows_why_instead_of_failing(
    answer: Response | Exception, why: str
) -> None:
    account = Account("shared", Credentials.demo(), FakeHttpClient(answer))
    holdings = account.holdings()
    assert all(value.startswith("no answer: ") for value in holdings.values())
    assert why in holdings["Chat channels"]
    assert "no answer: " in account._repr_html_()
    assert "<html>" not in account._repr_html_()
