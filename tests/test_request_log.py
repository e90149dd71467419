"""The log of every REST call: its parameters, its client, its outcome, and no secret."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
import requests
from support import FakeHttpClient, refused
from twilio.http.response import Response
from twilio.rest import Client

from helpers import Account
from helpers.mock import Credentials, MockTwilio

SECRETS = ("8e" * 16, "LiveApiSecretThatNobodyEverSees1")


def test_every_call_is_logged_with_its_request_and_its_outcome(
    account: Account, service: Any
) -> None:
    account.requests.clear()
    made = service.channels.create(unique_name="support")
    with refused(409, 50307):
        service.channels.create(unique_name="support")
    service.channels("support").fetch()
    sid = account.credentials.chat_service_sid
    path = f"chat.twilio.com/v2/Services/{sid}/Channels"
    assert [str(entry) for entry in account.requests] == [
        f"POST {path} -> 201",
        f"POST {path} -> 409 (50307)",
        f"GET {path}/support -> 200",
    ]
    assert repr(account.requests).splitlines() == [str(entry) for entry in account.requests]
    created = account.requests[0]
    assert (created.host, created.by) == ("chat.twilio.com", "account")
    assert created.parameters["UniqueName"] == "support"
    assert (created.status, created.code, created.milliseconds >= 0) == (201, None, True)
    assert made.unique_name == "support"


def test_a_page_that_was_followed_is_logged_with_its_parameters(
    account: Account, channel: Any
) -> None:
    for body in ("a", "b"):
        channel.messages.create(body=body)
    account.requests.clear()
    channel.messages.list(page_size=1)
    assert account.requests[1].parameters["Page"] == "1"
    assert account.requests[1].path.endswith("/Messages")


def test_parameters_that_are_secrets_are_masked(account: Account) -> None:
    url = "https://chat.twilio.com/v2/Credentials"
    data = {"Type": "fcm", "Secret": SECRETS[1], "ApiKey": SECRETS[0], "FriendlyName": "push"}
    account.client.request("POST", url, data=data)
    logged = account.requests[-1]
    assert logged.parameters["FriendlyName"] == "push"
    assert (logged.parameters["Secret"], logged.parameters["ApiKey"]) == ("***", "***")
    shown = repr(logged) + account.requests._repr_html_() + repr(logged.parameters)
    assert not any(secret in shown for secret in SECRETS)
    assert data["Secret"] == SECRETS[1]


def test_a_call_is_logged_as_it_was_sent_whatever_becomes_of_its_parameters(
    account: Account,
) -> None:
    url = "https://chat.twilio.com/v2/Services"
    data: dict[Any, Any] = {"FriendlyName": "first", 1: "one"}
    assert account.client.request("POST", url, data=data).status_code == 201
    data["FriendlyName"] = "second"
    assert account.requests[-1].parameters == {"FriendlyName": "first", "1": "one"}


def test_a_copy_of_the_log_that_leaves_the_process_holds_no_secret(account: Account) -> None:
    account.client.request("GET", f"https://chat.twilio.com/v2/Services?Token={SECRETS[1]}")
    pickled = pickle.dumps(account.requests)
    assert pickle.loads(pickled)[-1] == account.requests[-1]
    assert SECRETS[1].encode() not in pickled


def test_calls_are_logged_under_the_name_of_who_made_them(account: Account, service: Any) -> None:
    account.requests.clear()
    service.users.create(identity="user-42")
    token = account.chat_token("user-42")
    for polling in (False, True):
        user = account.client_of_chat_user(token, "user-42", polling=polling)
        user.chat.v2.services(account.credentials.chat_service_sid).users("user-42").fetch()
    assert [entry.by for entry in account.requests] == ["account", "user-42", "poll"]
    assert [entry.by for entry in account.requests.shown()] == ["account", "user-42"]
    assert len(account.requests.shown(polls=True)) == 3
    assert len(repr(account.requests).splitlines()) == 2


def test_a_failure_of_the_network_is_logged_with_status_0() -> None:
    account = Account("shared", Credentials.demo(), FakeHttpClient(TimeoutError("too slow")))
    with pytest.raises(TimeoutError):
        account.client.chat.v2.services("IS1").fetch()
    [entry] = account.requests
    assert (entry.status, entry.code) == (0, None)
    assert str(entry) == "GET chat.twilio.com/v2/Services/IS1 -> 0"


def test_a_refusal_that_is_not_json_is_logged_by_its_status() -> None:
    account = Account("shared", Credentials.demo(), FakeHttpClient(Response(502, "<html>")))
    with pytest.raises(Exception, match="502"):
        account.client.chat.v2.services("IS1").fetch()
    assert (account.requests[0].status, account.requests[0].code) == (502, None)


def test_the_log_shows_as_a_table_that_is_safe(account: Account, service: Any) -> None:
    service.channels.create(friendly_name="<script>alert(1)</script>")
    shown = account.requests._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_the_log_keeps_the_latest_thousand_calls_and_can_be_cleared_and_cut(
    account: Account,
) -> None:
    for number in range(1005):
        account.client.request("GET", f"https://flex-api.twilio.com/v1/FlexFlows?N={number}")
    log = account.requests
    assert len(log) == 1000
    assert (log[0].parameters["N"], log[-1].parameters["N"]) == ("5", "1004")
    assert [entry.parameters["N"] for entry in log[-2:]] == ["1003", "1004"]
    log.clear()
    assert (len(log), repr(log)) == (0, "no requests yet")


def test_a_mock_logs_the_calls_of_all_its_doors_until_it_is_reset() -> None:
    with MockTwilio() as mock:
        own = mock.credentials
        chat = f"/v2/Services/{own.chat_service_sid}/Channels"
        mock.client.chat.v2.services(own.chat_service_sid).channels.create(unique_name="one")
        later = Client(own.account_sid, own.auth_token, http_client=mock.async_http_client)
        with refused(409, 50307):
            asyncio.run(
                later.chat.v2.services(own.chat_service_sid).channels.create_async(
                    unique_name="one"
                )
            )
        with mock.serve() as server:
            requests.get(f"{server.url}/chat.twilio.com{chat}/two", timeout=30)
        logged = [(each.method, each.path, each.status, each.code) for each in mock.requests]
        assert logged == [
            ("POST", chat, 201, None),
            ("POST", chat, 409, 50307),
            ("GET", f"{chat}/two", 401, 20003),
        ]
        assert [each.problem for each in mock.requests] == [
            "",
            "Channel with unique name 'one' already exists",
            "Authenticate",
        ]
        mock.reset()
        assert len(mock.requests) == 0
