"""Tokens and web channels of visitors, as Twilio's legacy web chat asks for them."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from typing import Any

import pytest
import requests

from helpers import Account, connect, diagnose_token, read_token
from helpers.mock.realtime.connection import LEFT
from helpers.mock.server.app import ServerApp
from helpers.mock.server.running import BackgroundServer

PATIENCE = 30
SHOP = "https://shop.example.com"


@pytest.fixture
def account() -> Account:
    return connect()


@pytest.fixture
def server(account: Account) -> Any:
    assert account.mock is not None
    with account.mock.serve() as server:
        yield server


def ask(server: BackgroundServer, account: Account, path: str = "", **body: Any) -> Any:
    sid = account.credentials.account_sid
    url = f"{server.url}/iam.twilio.com/v1/Accounts/{sid}/Tokens{path}"
    return requests.post(url, json=body, timeout=PATIENCE)


def token_of(server: BackgroundServer, account: Account) -> str:
    token: str = ask(server, account, products=["flex"]).json()["token"]
    return token


def test_a_visitor_gets_a_token_for_an_identity_of_its_own(
    account: Account, server: BackgroundServer
) -> None:
    first, second = (ask(server, account, products=["flex"]).json() for _ in range(2))
    assert first["identity"] != second["identity"]
    reading = read_token(first["token"])
    assert reading.identity == first["identity"]
    assert reading.service_sid == account.credentials.chat_service_sid
    own = account.credentials
    keys = {"account_sid": own.account_sid, "api_secrets": {own.api_key: own.api_secret}}
    assert diagnose_token(first["token"], **keys).ok
    assert first["expiration"].endswith("Z")
    assert first["roles"]


def test_a_token_is_renewed_for_the_same_identity(
    account: Account, server: BackgroundServer
) -> None:
    account.clock.freeze()
    old = token_of(server, account)
    account.clock.advance(seconds=60)
    renewed = ask(server, account, "/refresh", token=old).json()
    assert renewed["identity"] == read_token(old).identity
    expires = read_token(old).expires
    assert expires is not None
    assert read_token(renewed["token"]).expires == expires + 60
    account.clock.advance(seconds=7200)
    refused = ask(server, account, "/refresh", token=old)
    assert (refused.status_code, refused.json()["code"]) == (401, 20104)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", {}, 400),
        ("", {"products": ["video"]}, 400),
        ("", {"products": 7}, 400),
        ("/refresh", {}, 401),
        ("/refresh", {"token": 7}, 401),
        ("/nowhere", {}, 501),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    account: Account, server: BackgroundServer, path: str, body: dict[str, Any], status: int
) -> None:
    assert ask(server, account, path, **body).status_code == status


def test_a_page_of_a_foreign_site_gets_no_token(account: Account, server: BackgroundServer) -> None:
    sid = account.credentials.account_sid
    url = f"{server.url}/iam.twilio.com/v1/Accounts/{sid}/Tokens"
    for headers in ({"Origin": SHOP}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = requests.post(url, json={"products": ["flex"]}, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 403
        assert "token" not in answer.json()
    page = {"Origin": "http://localhost:3000"}
    answer = requests.post(url, json={"products": ["flex"]}, headers=page, timeout=PATIENCE)
    assert answer.headers["Access-Control-Allow-Origin"] == page["Origin"]


def status_from(
    app: ServerApp,
    address: str,
    path: str,
    auth: str | None,
    *,
    method: str = "POST",
    host: str = "192.0.2.1:8787",
) -> int:
    """Ask for a token, or anything else, from an address. Returns the answer's status."""
    sent: list[Any] = []
    headers = [(b"host", host.encode()), (b"content-type", b"application/json")]
    if auth is not None:
        headers.append((b"authorization", b"Basic " + base64.b64encode(auth.encode())))
    scope = {
        "type": "http",
        "method": method,
        "server": ("192.0.2.1", 8787),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "client": (address, 50_000),
        "extensions": {LEFT: {"now": bool}},
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b'{"products": ["flex"]}'}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return int(sent[0]["status"])


def test_another_machine_gets_a_token_only_with_credentials(account: Account) -> None:
    assert account.mock is not None
    app, own = ServerApp(account.mock, at_once=False, is_open=True), account.credentials
    path = f"/iam.twilio.com/v1/Accounts/{own.account_sid}/Tokens"
    known = f"{own.account_sid}:{own.auth_token}"
    for address, auth, status in (
        ("192.0.2.7", None, 401),
        ("192.0.2.7", f"{own.account_sid}:wrong", 401),
        ("192.0.2.7", known, 200),
        ("127.0.0.1", None, 200),
    ):
        assert status_from(app, address, path, auth) == status, address
    app.close()


def test_another_account_has_no_tokens(account: Account, server: BackgroundServer) -> None:
    url = f"{server.url}/iam.twilio.com/v1/Accounts/AC{'0' * 32}/Tokens"
    assert requests.post(url, json={"products": ["flex"]}, timeout=PATIENCE).status_code == 404


def test_a_visitor_makes_a_web_channel_for_itself_alone(
    account: Account, server: BackgroundServer
) -> None:
    [flow] = account.client.flex_api.v1.flex_flow.list()
    token = token_of(server, account)
    identity = read_token(token).identity
    url = f"{server.url}/flex-api.twilio.com/v1/WebChannels"
    form = {
        "FlexFlowSid": flow.sid,
        "ChatFriendlyName": "Flex WebChat",
        "CustomerFriendlyName": "Visitor",
        "PreEngagementData": json.dumps({"question": "Where is my order?"}),
    }

    def make(**more: str) -> requests.Response:
        return requests.post(url, form | more, auth=("token", token), timeout=PATIENCE)

    assert make(Identity="somebody-else").status_code == 403
    assert make().status_code == 403
    made = make(Identity=str(identity))
    assert made.status_code == 201
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    [member] = service.channels(made.json()["sid"]).members.list()
    assert member.identity == identity
    for method in ("GET", "DELETE"):
        answer = requests.request(
            method, f"{url}/{made.json()['sid']}", auth=("token", token), timeout=PATIENCE
        )
        assert answer.status_code == 403


def test_the_script_that_leads_a_page_here_holds_nothing_of_the_account(
    account: Account, server: BackgroundServer
) -> None:
    script = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script"}
    answer = requests.get(f"{server.url}/redirect.js", headers=script, timeout=PATIENCE)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"\b(AC|SK|IS)[0-9a-f]{32}", answer.text)
    assert requests.post(f"{server.url}/redirect.js", timeout=PATIENCE).status_code == 405
