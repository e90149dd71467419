"""Older chat SDKs of Twilio's, which speak another dialect than today's."""

from __future__ import annotations

import json

import node_packages
import pytest
import sdk_matrix
from websockets.sync.client import connect
from wire import Wire

from helpers import Account
from helpers.mock.server.running import BackgroundServer

EVERY = node_packages.FOLDER / "every_sdk/package.json"


@pytest.mark.parametrize("sdk", ["chat-3", "conversations-1"])
def test_an_older_sdk_takes_every_step(sdk: str) -> None:
    steps = sdk_matrix.steps_of(node_packages.installed(), sdk)
    assert {step: reason for step, reason in steps.items() if reason} == {}
    package = json.loads((node_packages.FOLDER / "package.json").read_text("utf-8"))
    version = package["dependencies"][sdk].removeprefix("npm:")
    assert sdk_matrix.rows()[version] == sdk_matrix.shown(steps)


def test_the_page_has_a_row_for_every_version_and_names_every_step() -> None:
    packages = json.loads(EVERY.read_text("utf-8"))["dependencies"].values()
    sdks = [each.removeprefix("npm:") for each in packages if each.startswith("npm:")]
    assert list(sdk_matrix.rows()) == sdks
    page, script = sdk_matrix.PAGE.read_text("utf-8"), sdk_matrix.SCRIPT.read_text("utf-8")
    names = [line.split("'")[1] for line in script.splitlines() if line.startswith("  '")]
    assert f"in one channel: {', '.join(names)}." in page
    assert set(sdk_matrix.rows().values()) == {f"{len(names)} of {len(names)}"}


SESSION = {"purpose": "com.twilio.rtd.ipmsg", "context": {"apiVersion": "3"}}


@pytest.fixture
def wire(account: Account, server: BackgroundServer):  # type: ignore[no-untyped-def]
    with connect(f"{server.url.replace('http', 'ws', 1)}/v3/wsconnect") as socket:
        yield Wire(socket, account.chat_token("alice"))


def begin(wire: Wire) -> str:
    sid: str = wire.ask("POST", "/v3/Lists", SESSION).json()["sid"]
    return sid


def command(wire: Wire, sid: str, **request: object) -> dict[str, object]:
    """Send a command. Returns its outcome."""
    body = {"data": {"request": request, "commandId": "1"}}
    answer = wire.ask("POST", f"/v3/Lists/{sid}/Items", body)
    assert answer.header["http_status"]["code"] == 201
    event = wire.next_event("list_item_updated")
    assert event["id"] > answer.json()["last_event_id"]
    outcome: dict[str, object] = event["item_data"]["response"]
    return outcome


@pytest.mark.parametrize("method", ["put_notification_ctx", "delete_notification_ctx"])
def test_a_notification_context_is_acknowledged(wire: Wire, method: str) -> None:
    assert wire.say(method, {"product_id": "data_sync"}).header["status"]["code"] == 200


def test_a_session_of_another_version_is_refused_with_those_that_work(wire: Wire) -> None:
    body = {**SESSION, "context": {"apiVersion": "2"}}
    answer = wire.ask("POST", "/v3/Lists", body)
    assert answer.header["http_status"]["code"] == 501
    assert "twilio-chat 3.3 to 6.0 and @twilio/conversations 1.2 to 3.0" in answer.json()["message"]


def test_a_session_begins_with_its_context(wire: Wire) -> None:
    sid = begin(wire)
    context = wire.ask("GET", f"/v3/Lists/{sid}/Context").json()
    assert context["data"]["identity"] == "alice"
    request = {"object_sid": sid, "object_type": "list", "last_event_id": 0}
    batch = {"action": "establish", "correlation_id": 7, "requests": [request]}
    wire.ask("POST", "/v4/Subscriptions", batch)
    assert wire.next_event("subscription_established")["object_sid"] == sid
    event = wire.next_event("list_context_updated")
    assert event["context_data"] == context["data"]
    assert event["id"] > context["last_event_id"]


def test_a_command_is_refused_with_twilios_code(wire: Wire) -> None:
    sid = begin(wire)
    assert command(wire, sid, action="createChannel", type="public")["status"] == 50107
    missing = command(wire, sid, action="sendMessage", text="Hi")
    assert (missing["status"], missing["statusText"]) == (20001, "The command lacks channelSid")
    assert command(wire, sid, action="dance")["status"] == 501
    assert command(wire, sid, action="consumptionReportV2", report=7)["status"] == 20001
    edit = command(wire, sid, action="editMessage", channelSid="CH1", messageIdx="0", text="x")
    assert edit["status"] in (20404, 50300)


def test_another_users_session_and_one_that_is_gone_are_not_found(
    account: Account, server: BackgroundServer, wire: Wire
) -> None:
    sid = begin(wire)
    url = f"{server.url.replace('http', 'ws', 1)}/v3/wsconnect"
    with connect(url) as socket:
        bob = Wire(socket, account.chat_token("bob"))
        body = {"data": {"request": {"action": "leaveChannel"}, "commandId": "1"}}
        for each, path in ((bob, sid), (wire, "ES" + "0" * 32)):
            answer = each.ask("POST", f"/v3/Lists/{path}/Items", body)
            assert answer.header["http_status"]["code"] == 404
            assert answer.json()["code"] == 54150


@pytest.mark.parametrize("body", [{}, {"data": 7}, {"data": {"request": "x"}}])
def test_a_command_that_makes_no_sense_is_refused(wire: Wire, body: object) -> None:
    answer = wire.ask("POST", f"/v3/Lists/{begin(wire)}/Items", body)
    assert answer.header["http_status"]["code"] == 400
