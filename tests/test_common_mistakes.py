"""What engineers get wrong: each is in a notebook's table, and the mock answers as the table says.

The mistakes are from public issues, error pages and sample code.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from support import refused
from twilio.rest import Client

from helpers import Account, ChatClient, ChatError, diagnose_token, flows

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
TABLES = {
    "01": (
        "`tokenAboutToExpire` never comes",
        "dies after an hour",
        "20103",
        "20107",
        "pass `str(user_id)`",
        "`exp` is wrong",
        "401 `Authenticate`",
        "`/Services/undefined was not found`",
        "your auth token is in the browser",
    ),
    "02": (
        "45212",
        "the agent has a task, but no chat",
        "for channel type `custom`",
        "where is the Flex Flow's SID",
        "a stuck execution blocks the contact",
        "`contact_uri`",
        "agents are never removed",
    ),
    "03": (
        "50404",
        "409 when you create a User",
        "404 that blames the channel",
        "the request was sent as JSON",
        "50107",
        "the channel is INACTIVE",
        "a second chat with the same people",
        "an update *replaces* attributes",
        "enable the janitor",
        "long-lived channels grow forever",
    ),
    "05": ("`X-Twilio-Webhook-Enabled: true` is missing", "`Source` and `From`", "behind a proxy"),
    "07": ("`AddressSid`",),
}
"""A part of each mistake's row, by notebook."""


def test_the_thirty_mistakes_are_explained_where_they_belong() -> None:
    assert sum(map(len, TABLES.values())) == 30
    for number, parts in TABLES.items():
        [path] = NOTEBOOKS.glob(f"{number}_*.ipynb")
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        [table] = [t for c in cells if "## Common mistakes" in (t := "".join(c["source"]))]
        rows = [line for line in table.splitlines() if line.startswith("| ")]
        for part in parts:
            assert sum(part in row for row in rows) == 1, part


def signed(account: Account, secret: str = "", **claims: Any) -> str:
    """A token by one's own JWT code."""
    own, now = account.credentials, int(time.time())
    grants = {"identity": "jane", "chat": {"service_sid": own.chat_service_sid}}
    usual = {"iss": own.api_key, "sub": own.account_sid, "exp": now + 3600, "grants": grants}
    headers = {"cty": "twilio-fpa;v=1"}
    content = {"jti": f"{own.api_key}-{now}", **usual, **claims}
    return jwt.encode(content, secret or own.api_secret, "HS256", headers)


def code_of(account: Account, token: str) -> int | None:
    own = account.credentials
    secrets = {own.api_key: own.api_secret}
    found = diagnose_token(token, account_sid=own.account_sid, api_secrets=secrets).code
    if found is not None:
        with pytest.raises(ChatError) as error:
            ChatClient(account, token)
        assert error.value.code == found  # a client that connects is told the same
    return found


def test_tokens_are_refused_with_the_codes_in_the_table(account: Account) -> None:
    own = account.credentials
    grants = {"identity": 7, "chat": {"service_sid": own.chat_service_sid}}
    assert code_of(account, signed(account)) is None
    assert code_of(account, signed(account, sub="AC" + "1" * 32)) == 20103
    assert code_of(account, signed(account, iss=own.account_sid, sub=own.api_key)) == 20103
    assert code_of(account, signed(account, own.auth_token)) == 20107
    assert code_of(account, signed(account, grants=grants)) == 20106
    assert code_of(account, signed(account, exp=-3600)) == 20104


def test_the_end_of_a_token_of_less_than_three_minutes_is_announced_half_way(
    account: Account,
) -> None:
    account.clock.freeze()
    warned: list[int] = []
    chat = ChatClient(account, signed(account, exp=int(account.clock.now()) + 120))
    chat.on("tokenAboutToExpire", warned.append)
    account.clock.advance(121)
    assert (warned, chat.connection_state) == ([60], "denied")


def test_an_api_key_is_no_account_sid(account: Account) -> None:
    own = account.credentials
    wrong = Client(own.api_key, own.auth_token, http_client=account.client.http_client)
    with refused(401, 20003):
        wrong.chat.v2.services(own.chat_service_sid).fetch()


def test_an_undefined_service_is_not_found(client: Any) -> None:
    with refused(404, 20404, "/Services/undefined"):
        client.chat.v2.services("undefined").fetch()


def test_a_member_that_flex_has_added_cannot_join(
    service: Any, task_flow: Any, make_channel: Callable[..., Any]
) -> None:
    channel = service.channels(make_channel(task_flow).sid)
    with refused(409, 50404):
        channel.members.create(identity="user-42")


def test_a_user_is_created_once_and_found_by_its_identity(service: Any) -> None:
    service.users.create(identity="jane")
    with refused(409, 50201):
        service.users.create(identity="jane")
    assert service.users("jane").fetch().identity == "jane"
    with refused(404, 20404):
        service.users("nobody").fetch()


def test_json_is_no_form(account: Account) -> None:
    assert account.mock is not None
    own = account.credentials
    with account.mock.serve() as server:
        url = f"{server.url}/chat.twilio.com/v2/Services/{own.chat_service_sid}/Users"
        auth = (own.account_sid, own.auth_token)
        answer = requests.post(url, json={"Identity": "jane"}, auth=auth, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_a_plain_user_adds_no_members(channel: Any, acting_as: Callable[[str], Any]) -> None:
    channel.members.create(identity="jane")
    with refused(403, 50107):
        acting_as("jane").channels(channel.fetch().sid).members.create(identity="joe")


def test_an_update_replaces_the_attributes(
    service: Any, task_flow: Any, make_channel: Callable[..., Any]
) -> None:
    channel = service.channels(make_channel(task_flow).sid)
    channel.update(attributes='{"order": 4711}')
    assert json.loads(channel.fetch().attributes) == {"order": 4711}


def test_a_flow_without_a_task_channel_is_found_by_the_check() -> None:
    text = "flex_flows:\n- {friendly_name: A, channel_type: custom, integration_type: task,"
    text += " integration: {workspace: Flex Task Assignment, workflow: Assign to Anyone}}"
    assert [found.id for found in flows.check(text)] == ["task-channel"]
