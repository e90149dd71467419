"""The page of Twilio's web chat widget, and who may have it; a file stands in for the widget."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from test_visitor_tokens import status_from

from helpers import Account
from helpers.mock import MockTwilio
from helpers.mock.server.app import ServerApp
from helpers.mock.server.running import BackgroundServer

SHOP = "https://shop.example.com"
HUB = "hub.example.com"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the widget's place."""
    script = tmp_path / "widget.js"
    script.write_text("globalThis.Twilio = {};")
    monkeypatch.setenv("TWILIO_FLEX_WEBCHAT_UI", str(script))
    return script


def get(server: BackgroundServer, path: str = "/webchat/", **headers: str) -> requests.Response:
    return requests.get(
        server.url + path,
        headers={each.replace("_", "-"): headers[each] for each in headers},
        timeout=30,
    )


def settings_in(page: requests.Response) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="settings">(.*?)</script>', page.text)
    assert found is not None, page.text
    settings: dict[str, Any] = json.loads(found[1])
    return settings


def test_the_page_starts_the_widget_with_the_accounts_web_flow(
    account: Account, server: BackgroundServer, copy: Path
) -> None:
    page = get(server)
    assert page.status_code == 200
    [flow] = account.client.flex_api.v1.flex_flow.list()
    assert settings_in(page) == {
        "accountSid": account.credentials.account_sid,
        "flexFlowSid": flow.sid,
    }
    scripts = re.findall(r'<script src="([^"]+)"', page.text)
    assert scripts[0] == "../redirect.js"  # libraries take WebSocket when they are loaded
    texts = [requests.get(f"{server.url}/webchat/{each}", timeout=30) for each in scripts]
    assert [each.status_code for each in texts] == [200, 200, 200]
    assert texts[1].text == copy.read_text()
    assert "renderWebChat" in texts[2].text


def test_the_page_has_the_flow_that_is_named(account: Account, server: BackgroundServer) -> None:
    flows = account.client.flex_api.v1.flex_flow
    made = {
        "chat_service_sid": account.credentials.chat_service_sid,
        "enabled": False,
        "integration_type": "external",
        "integration_url": "https://bot.example.com/messages",
    }
    named = flows.create("Second", channel_type="web", **made)
    assert settings_in(get(server, f"/webchat/?flow={named.sid}"))["flexFlowSid"] == named.sid
    custom = flows.create("Own chat", channel_type="custom", **made)
    for sid, reason in (
        ("FO" + "0" * 32, "20404"),
        (custom.sid, "ChannelType web"),
        ("<b>", "&lt;b"),
    ):
        page = get(server, f"/webchat/?flow={sid}")
        assert (page.status_code, reason in page.text, "<b>" in page.text) == (404, True, False)


def test_without_a_copy_the_page_says_the_command_that_brings_one(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWILIO_FLEX_WEBCHAT_UI", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("helpers.mock.server.chat_page.sdk_copy.KEPT", tmp_path)
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve() as server:
        page = get(server)
        assert page.status_code == 404
        assert "python -m helpers.front_ends webchat" in page.text
        assert "frame-ancestors" in page.headers["Content-Security-Policy"]
        script = get(server, "/webchat/front-end.js")
        assert (script.status_code, "python -m helpers" in script.text) == (404, True)


# -- who may have it


def test_a_foreign_page_can_neither_frame_nor_read_the_page(server: BackgroundServer) -> None:
    page = get(server)
    policy = page.headers["Content-Security-Policy"].split("frame-ancestors ")[1].split()
    assert policy[0] == "'self'"
    hosts = {re.sub(r"^https?://|:\*$", "", each) for each in policy[1:] if "://" in each}
    assert hosts == {"127.0.0.1", "localhost"}
    assert "Access-Control-Allow-Origin" not in page.headers
    for headers in ({"Origin": SHOP}, {"Origin": "null"}, {"Host": "shop.example.com"}):
        refused = get(server, **headers)
        assert refused.status_code == 403, headers
        assert "settings" not in refused.text


def test_another_machine_has_the_page_only_with_credentials(account: Account, copy: Path) -> None:
    assert account.mock is not None
    app, own = ServerApp(account.mock, at_once=False, is_open=True), account.credentials
    known = f"{own.account_sid}:{own.auth_token}"
    for path, status in (
        ("/webchat/", 200),
        ("/webchat/widget.js", 404),
        (f"{app.frames.path}/webchat/", 200),
    ):
        asked = [
            status_from(app, address, path, auth, method="GET")
            for address, auth in (
                ("192.0.2.7", None),
                ("192.0.2.7", f"{own.account_sid}:wrong"),
                ("192.0.2.7", known),
                ("127.0.0.1", None),
            )
        ]
        assert asked == [401, 401, status, status], path
    rebound = status_from(app, "127.0.0.1", "/webchat/", None, method="GET", host="a.example.com")
    assert rebound == 401
    app.close()


# -- frames of the kernel's notebook, through Jupyter's own server


def test_a_frame_of_the_notebook_gets_page_and_token_under_a_name_of_jupyters(
    account: Account, server: BackgroundServer
) -> None:
    door = server.frame_path
    through = {"Host": HUB, "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/user/x/proxy/80"}
    page = requests.get(server.url + door + "/webchat/", headers=through, timeout=30)
    assert page.status_code == 200
    assert f"wss://{HUB}" in page.headers["Content-Security-Policy"]
    sid = account.credentials.account_sid
    tokens = f"/iam.twilio.com/v1/Accounts/{sid}/Tokens"
    asked = {"headers": through | {"Origin": f"https://{HUB}"}, "json": {"products": ["flex"]}}
    answer = requests.post(server.url + door + tokens, timeout=30, **asked)
    assert answer.status_code == 200
    assert requests.post(server.url + tokens, timeout=30, **asked).status_code == 403
    ready = requests.get(server.url + door + "/ready", headers=through, timeout=30)
    assert (ready.text, ready.headers["Access-Control-Allow-Origin"]) == ("ready", "*")


def test_links_to_files_lead_a_frame_back_through_jupyters_server(
    account: Account, server: BackgroundServer
) -> None:
    own = account.credentials
    through = {"Host": HUB, "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/user/x/proxy/80"}
    token = account.chat_token("jane")
    media = f"/mcs.us1.twilio.com/v1/Services/{own.chat_service_sid}/Media"
    headers = through | {"Content-Type": "text/plain", "X-Twilio-Token": token}
    url = server.url + server.frame_path + media
    made = requests.post(url, b"note", headers=headers, timeout=30).json()
    shown = requests.get(f"{url}/{made['sid']}", headers=headers, timeout=30).json()
    link = shown["links"]["content_direct_temporary"]
    assert link.startswith(f"https://{HUB}/user/x/proxy/80{server.frame_path}/mcs.us1.twilio.com/")
    path = link.removeprefix(f"https://{HUB}/user/x/proxy/80")
    assert requests.get(server.url + path, headers=through, timeout=30).text == "note"


@pytest.mark.parametrize(
    "path",
    ["/", "/_mock/state/overview", "/chat/", "/inspector/", "/example.com/", "/webchat", ""],
)
def test_the_way_of_frames_leads_nowhere_else(server: BackgroundServer, path: str) -> None:
    assert get(server, server.frame_path + path).status_code == 404
    assert get(server, server.frame_path + path, Host=HUB).status_code == 403


def test_the_way_of_frames_is_not_to_be_guessed(server: BackgroundServer) -> None:
    door = server.frame_path
    assert len(door) >= len("/_frame/") + 32
    for wrong in (
        door[:-1],
        door[:-1] + ("a" if door[-1] != "a" else "b"),
        "/_frame/",
        "/_frame/é",
    ):
        for path in ("/webchat/", "/ready", "/iam.twilio.com/v1/Accounts/AC/Tokens"):
            assert get(server, wrong + path).status_code == 404
            assert get(server, wrong + path, Host=HUB).status_code == 403
