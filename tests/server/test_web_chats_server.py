"""The server for the page of Twilio's web chat for Conversations, in place of that of its clone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from test_visitor_tokens import status_from

from helpers import Account, read_token
from helpers.mock import MockTwilio
from helpers.mock.server.app import ServerApp

PAGE = {"Origin": "http://localhost:3000"}
Post = Callable[..., requests.Response]


@pytest.fixture
def post(account: Account) -> Iterator[Post]:
    """Asks the server as the page does."""
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve() as server:

        def ask(path: str, body: Any, **headers: str) -> requests.Response:
            url = f"{server.url}/webchats/{path}"
            return requests.post(url, json=body, headers=PAGE | headers, timeout=30)

        yield ask


@pytest.fixture
def address(account: Account) -> str:
    made = account.client.conversations.v1.address_configurations.create(
        type="chat", address="our web site"
    )
    return str(made.sid)


def test_the_form_starts_a_web_chat_and_asks_its_question(
    account: Account, post: Post, address: str
) -> None:
    account.clock.freeze()
    form = {"friendlyName": "Rosa", "email": "rosa@example.com", "query": "Where is it?"}
    answer = post("initWebchat", {"formData": form})
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE["Origin"]
    started = answer.json()
    assert set(started) == {"token", "conversationSid", "expiration"}
    conversation = account.client.conversations.v1.conversations(started["conversationSid"])
    [visitor] = conversation.participants.list()
    [message] = conversation.messages.list()
    assert (message.author, message.body) == (visitor.identity, "Where is it?")
    engagement = json.loads(conversation.fetch().attributes)["pre_engagement_data"]
    assert engagement == form
    token = read_token(started["token"])
    assert token.identity == visitor.identity
    assert token.expires is not None
    assert token.expires * 1000 == started["expiration"]


def test_a_form_without_a_question_asks_none(account: Account, post: Post, address: str) -> None:
    started = post("initWebchat", {"formData": {}}).json()
    conversation = account.client.conversations.v1.conversations(started["conversationSid"])
    assert conversation.messages.list() == []


def test_a_token_is_renewed_until_it_expires(account: Account, post: Post, address: str) -> None:
    account.clock.freeze()
    first = post("initWebchat", {"formData": {}}).json()
    account.clock.advance(3500)
    second = post("refreshToken", {"token": first["token"]}).json()
    assert read_token(second["token"]).identity == read_token(first["token"]).identity
    assert second["expiration"] == first["expiration"] + 3_500_000
    account.clock.advance(200)
    assert post("refreshToken", {"token": first["token"]}).status_code == 403
    assert post("refreshToken", {"token": second["token"]}).status_code == 200


def test_only_its_own_visitors_tokens_are_renewed(account: Account, post: Post) -> None:
    for token in (account.chat_token("alice"), account.worker_token(), "x", ""):
        refused = post("refreshToken", {"token": token})
        assert refused.status_code == 403, token
        assert "token" not in refused.json()
    assert post("refreshToken", {}).status_code == 400
    assert post("refreshToken", []).status_code == 400


def test_an_account_without_an_address_is_reported_to_need_one(post: Post) -> None:
    answer = post("initWebchat", {"formData": {}})
    assert answer.status_code == 409
    assert "address_configurations.create(" in answer.json()["error"]


def test_a_foreign_page_and_another_machine_start_no_chat(
    account: Account, post: Post, address: str
) -> None:
    body: dict[str, Any] = {"formData": {}}
    for origin in ("https://shop.example.com", "null"):
        assert post("initWebchat", body, Origin=origin).status_code == 403
    assert account.mock is not None
    app = ServerApp(account.mock, at_once=False, is_open=True)
    assert status_from(app, "192.0.2.7", "/webchats/initWebchat", None) == 401
    app.close()
    assert account.client.conversations.v1.conversations.list() == []
