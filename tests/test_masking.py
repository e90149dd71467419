"""What looks like a secret is masked where it is shown, and kept as it was where it is stored."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from support import seconds_of_work

from helpers import Account, tables
from helpers.masking import log_exception, mask, masked
from helpers.mock import Credentials, MockTwilio, Request

AUTH_TOKEN, API_SECRET = "8e3b" * 8, "aB3xY9zQ" * 4
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJBQzEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ann:pa55@w0rd@bot.example.com/x", "https://ann:***@bot.example.com/x"),
        ("https://x.example/?token=abc&a=1#sig=5", "https://x.example/?token=***&a=1#sig=***"),
        ("https://x.example/?key=abc&sv=2", "https://x.example/?key=***&sv=2"),
        ("Body=hi&password=hunter2&From=jane", "Body=hi&password=***&From=jane"),
        ('{"password": "x y", "a": 1}', '{"password": "***", "a": 1}'),
        (json.dumps({"x": '{"apiKey": "abc"}'}), json.dumps({"x": '{"apiKey": "***"}'})),
        ("Authorization: Basic QUM6dG9rZW4xMjM=", "Authorization: Basic ***"),
        (f"a token {JWT} here", "a token *** here"),
        (f"/v2/Services/{AUTH_TOKEN}/Channels", "/v2/Services/***/Channels"),
        (f"secret of a key: {API_SECRET}", "secret of a key: ***"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, shown: str) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "CH0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "Author=jane&PageToken=PT1&page_token=PT2",
        "A basic understanding of tokens is needed",
        "user:name@example.com",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "part", ["token", "//a:", '"token\\', "=", "basic ", "eyJa.", "a_", " \t:"]
)
def test_a_long_text_is_masked_at_once(part: str) -> None:
    text = part * (100_000 // len(part))
    assert seconds_of_work(lambda: mask(text), time.thread_time) < 2


def test_parameters_are_masked_by_name_and_by_form() -> None:
    given = {
        "Token": "x",
        "AuthToken": "",
        "Url": ["https://a:b@c/", "https://d/?sig=e"],
        API_SECRET: "1",
        "Nested": {"secret": 5},
        "Limit": 5,
    }
    assert masked(given) == {
        "Token": "***",
        "AuthToken": "",
        "Url": ["https://a:***@c/", "https://d/?sig=***"],
        "***": "1",
        "Nested": {"secret": "***"},
        "Limit": 5,
    }


OWN = Credentials(
    account_sid="AC" + "1" * 32,
    auth_token="own auth token of no form",
    api_key="SK" + "1" * 32,
    api_secret="own api secret that has no form at all",
    chat_service_sid="IS" + "1" * 32,
)
SECRETS = (AUTH_TOKEN, API_SECRET, JWT, OWN.auth_token, OWN.api_secret, "hunter2")


@pytest.fixture
def own(tmp_path: Path) -> Any:
    with MockTwilio(credentials=OWN, db=tmp_path / "account.db") as mock:
        yield mock


def shown_by(own: MockTwilio, url: str) -> str:
    """All that the inspector shows of requests."""
    state = f"{url}/_mock/state/requests"
    auth = (OWN.account_sid, OWN.auth_token)
    items = requests.get(state, auth=auth).json()["items"]
    details = [requests.get(f"{state}/{each['number']}", auth=auth).json() for each in items]
    return json.dumps([items, details])


def test_a_secret_in_a_wrong_place_of_a_request_is_not_shown(
    own: MockTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account("mock", OWN, own.http_client, own)
    with own.serve() as server:
        for secret in SECRETS:
            chat = f"{server.url}/chat.twilio.com/v2"
            for user in (OWN.account_sid, secret):
                options: dict[str, Any] = {"auth": (user, OWN.auth_token), "timeout": 10}
                requests.get(f"{chat}/Services/{secret}", **options)
                requests.get(f"{chat}/Services?{secret}", **options)
                requests.get(
                    f"{chat}/Services", params={"PageSize": "1", "token": secret}, **options
                )
                requests.post(
                    f"{chat}/Services", data={"FriendlyName": secret, secret: "1"}, **options
                )
                requests.post(f"{chat}/Services", data=f"password={secret}", **options)
                requests.get(f"{chat}/Services", headers={"X-Token": secret}, **options)
            path = "https://chat.twilio.com/v2/Services"
            for url, data in ((f"{path}/{secret}", {}), (path, {"FriendlyName": secret})):
                account.client.request("POST", f"{url}?token={secret}", data=data)
        inspected = shown_by(own, server.url)
    kept = [(each.path, each.parameters) for each in account.requests]
    shown = f"{inspected}{kept}{list(account.requests)}{account.requests._repr_html_()}"
    shown += tables.requests(account.requests).to_csv() + caplog.text
    assert "FriendlyName" in shown
    for secret in SECRETS:
        named = f"password={secret}"
        assert secret not in shown if secret != "hunter2" else named not in shown


def test_a_webhooks_secrets_are_sent_and_stored_but_not_shown(
    own: MockTwilio, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    account = Account("mock", OWN, own.http_client, own)
    hook = f"https://ann:hunter2@hooks.example.com/chat?token={API_SECRET}"
    arrived = []

    def receiver(request: Any) -> None:
        arrived.append(request.url)
        raise ValueError(f"no access to {hook}")

    own.webhooks.register(hook, receiver)
    service = account.client.chat.v2.services(OWN.chat_service_sid)
    service.update(post_webhook_url=hook, webhook_filters=["onMessageSent"])
    messages = service.channels(service.channels.create().sid).messages
    messages.create(body=f"my password={AUTH_TOKEN}", x_twilio_webhook_enabled="true")
    assert own.webhooks.settle()
    assert arrived == [hook]
    [attempt] = own.webhooks.log
    assert (attempt.url, attempt.parameters["Body"]) == (hook, f"my password={AUTH_TOKEN}")
    shown = f"{attempt}{own.webhooks.log}{tables.deliveries(own.webhooks.log).to_csv()}"
    shown += f"{own.journal}{own.journal.entries}{caplog.text}"
    assert "hooks.example.com" in shown
    assert "ValueError" in caplog.text
    for secret in ("hunter2", API_SECRET, AUTH_TOKEN):
        assert secret not in shown
    own.close()
    stored = b"".join(each.read_bytes() for each in tmp_path.glob("account.db*"))
    for kept in (hook, AUTH_TOKEN):
        assert kept.encode() in stored
    for secret in (OWN.auth_token, OWN.api_secret):
        assert secret.encode() not in stored


def test_a_file_holds_no_credentials_of_its_account(own: MockTwilio, tmp_path: Path) -> None:
    account = Account("mock", OWN, own.http_client, own)
    token = account.chat_token("jane")
    jane = account.client_of_chat_user(token, "jane").chat.v2.services(OWN.chat_service_sid)
    jane.users.create(identity="jane")
    account.client.chat.v2.credentials.create(type="fcm", secret="f1rebase-secret")
    own.load("busy afternoon")
    for _ in range(2):
        stored = b"".join(each.read_bytes() for each in tmp_path.glob("account.db*"))
        for secret in (OWN.auth_token, OWN.api_secret, token, "f1rebase-secret"):
            assert secret.encode() not in stored
        own.close()


def test_a_traceback_is_logged_masked(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("helpers.test")
    error = ValueError(f"at https://ann:hunter2@x.example/?sig={API_SECRET}")
    log_exception(log, "failed at %s", f"/{AUTH_TOKEN}", error=error)
    assert caplog.records[0].getMessage() == "failed at /***"
    assert "ValueError: at https://ann:***@x.example/?sig=***" in caplog.text


def test_a_request_shows_no_credentials_in_its_repr() -> None:
    headers = {"Authorization": "Basic abc"}
    path = f"/v2/{AUTH_TOKEN}"
    shown = repr(Request("GET", "chat.twilio.com", path, headers=headers, auth=("AC1", "hunter2")))
    assert "/v2/***" in shown
    assert not any(secret in shown for secret in (AUTH_TOKEN, "hunter2", "abc"))
