"""The Configuration of the Flex instance, which apps ask for the account's parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from filed import opened

from helpers import Account

URL = "https://flex-api.twilio.com/v1/Configuration"
JSON = {"Content-Type": "application/json; charset=utf-8"}


def update(account: Account, **settings: Any) -> tuple[int, Any]:
    """Post settings as JSON."""
    answer = account.client.request("POST", URL, data=json.dumps(settings).encode(), headers=JSON)
    return answer.status_code, json.loads(answer.text)


def test_it_names_what_the_account_has(account: Account, client: Any) -> None:
    found = client.flex_api.v1.configuration().fetch()
    workspace = client.taskrouter.v1.workspaces.list()[0]
    own = client.taskrouter.v1.workspaces(workspace.sid)
    queues = [queue.sid for queue in own.task_queues.list()]
    assert (found.account_sid, found.status, found.url) == (
        account.credentials.account_sid,
        "ok",
        URL,
    )
    assert found.flex_instance_sid[:2] == "GO"
    assert found.chat_service_instance_sid == account.credentials.chat_service_sid
    assert found.taskrouter_workspace_sid == workspace.sid
    assert found.taskrouter_target_workflow_sid == own.workflows.list()[0].sid
    assert found.taskrouter_target_taskqueue_sid == queues[0]
    assert found.taskrouter_taskqueues == [{"sid": sid, "targettable": True} for sid in queues]
    [offline] = own.activities.list(friendly_name="Offline")
    assert found.taskrouter_offline_activity_sid == offline.sid
    assert (found.runtime_domain, found.call_recording_enabled) == (None, False)
    assert client.request("GET", URL).text == client.request("GET", URL).text


def test_an_update_sets_what_it_names_and_keeps_the_rest(account: Account, client: Any) -> None:
    account.clock.freeze()
    before = client.flex_api.v1.configuration().fetch()
    account.clock.advance(60)
    own = account.credentials.account_sid
    update(account, account_sid=own, ui_attributes={"theme": {"name": "Dark"}}, crm_enabled=True)
    status, shown = update(account, account_sid=own, ui_attributes={"n": [1]}, flex_url="https://f")
    assert (status, shown["ui_attributes"], shown["crm_enabled"]) == (200, {"n": [1]}, True)
    after = client.flex_api.v1.configuration().fetch()
    assert (after.ui_attributes, after.flex_url) == ({"n": [1]}, "https://f")
    assert after.flex_instance_sid == before.flex_instance_sid
    assert after.date_updated.timestamp() == int(account.clock.now())
    assert after.date_created == before.date_created
    update(account, account_sid=own, flex_url=None)
    assert client.flex_api.v1.configuration().fetch().flex_url is None


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"account_sid": "AC" + "0" * 32},
        {"account_sid": "AC" + "f" * 32},
        {"account_sid": "own", "ui_color": "red"},
        {"account_sid": "own", "status": "notstarted"},
        {"account_sid": "own", "crm_enabled": "yes"},
        {"account_sid": "own", "integrations": {}},
        {"account_sid": "own", "flex_url": 7},
        {"account_sid": "own", "taskrouter_workspace_sid": "Flex Task Assignment"},
        {"account_sid": "own", "chat_service_instance_sid": "IS" + "g" * 32},
    ],
)
def test_an_update_that_is_not_acceptable_changes_nothing(
    account: Account, client: Any, settings: dict[str, Any]
) -> None:
    before = client.request("GET", URL).text
    if settings.get("account_sid") == "own":
        settings["account_sid"] = account.credentials.account_sid
    status, refusal = update(account, **settings)
    assert (status, refusal["code"]) == (400, 45004)
    assert client.request("GET", URL).text == before


@pytest.mark.parametrize("body", [b"", b"[]", b"ui_language=de", b'{"account_sid"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(account: Account, client: Any, body: bytes) -> None:
    answer = client.request("POST", URL, data=body, headers=JSON)
    assert (answer.status_code, json.loads(answer.text)["code"]) == (400, 45004)


def test_it_is_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    with opened(file) as account:
        own = account.credentials.account_sid
        _, shown = update(account, account_sid=own, ui_language="de")
    with opened(file) as account:
        assert json.loads(account.client.request("GET", URL).text) == shown
