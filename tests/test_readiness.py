"""Preflight: each point of a set-up, ready and not, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support import everything

from helpers import Account, migrate, preflight


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
