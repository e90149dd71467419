"""The page of Twilio's Flex desktop, and the requests of its own; a file stands in for it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from test_front_end_pages import SHOP, get, settings_in
from test_visitor_tokens import status_from

from helpers import Account, create_worker_token, diagnose_token, read_token
from helpers.mock import MockTwilio
from helpers.mock.server.app import ServerApp
from helpers.mock.server.running import BackgroundServer

PATIENCE = 30
CONFIGURATION = "/flex-api.twilio.com/v1/Configuration"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the desktop's place."""
    script = tmp_path / "flex.js"
    script.write_text("globalThis.Twilio = {};")
    monkeypatch.setenv("TWILIO_FLEX_UI", str(script))
    return script


@pytest.fixture
def workspace(account: Account) -> Any:
    return account.client.taskrouter.v1.workspaces.list()[0]


def session_of(server: BackgroundServer, worker: str = "alice") -> dict[str, Any]:
    session: dict[str, Any] = settings_in(get(server, f"/flex/?worker={worker}"))["session"]
    return session


def role_in(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return str(claims["grants"]["task_router"]["role"])


def ask(
    server: BackgroundServer, method: str, path: str, token: str, **options: Any
) -> requests.Response:
    return requests.request(
        method, server.url + path, auth=("token", token), timeout=PATIENCE, **options
    )


def token_for_taskrouter(account: Account, workspace: Any, worker: Any) -> str:
    own = account.credentials
    return create_worker_token(
        account_sid=own.account_sid,
        api_key=own.api_key,
        api_secret=own.api_secret,
        workspace_sid=workspace.sid,
        worker_sid=worker.sid,
        identity=worker.friendly_name,
    )


# -- the page


def test_the_page_logs_a_worker_in(
    account: Account, server: BackgroundServer, workspace: Any
) -> None:
    session = session_of(server, "bob")
    [bob] = workspace.workers.list(friendly_name="bob")
    reading = read_token(session["token"])
    assert (reading.worker_sid, reading.workspace_sid) == (bob.sid, workspace.sid)
    assert (reading.identity, role_in(session["token"])) == ("bob", "admin")
    assert reading.service_sid == account.credentials.chat_service_sid
    assert (session["identity"], session["roles"]) == ("bob", ["admin"])
    own = account.credentials
    keys = {"account_sid": own.account_sid, "api_secrets": {own.api_key: own.api_secret}}
    assert diagnose_token(session["token"], **keys).ok
    assert session_of(server, bob.sid)["identity"] == "bob"
    assert settings_in(get(server, "/flex/"))["session"]["identity"] == "alice"


def test_a_workers_attributes_name_its_roles(server: BackgroundServer, workspace: Any) -> None:
    for roles, shown, role in (
        (["supervisor", "agent"], ["supervisor", "agent"], "supervisor"),
        (["agent"], ["agent"], "worker"),
        (["emperor"], ["admin"], "admin"),
        ("agent", ["admin"], "admin"),
    ):
        name = f"worker of {roles}"
        workspace.workers.create(name, attributes=json.dumps({"roles": roles}))
        session = session_of(server, name)
        assert (session["roles"], role_in(session["token"])) == (shown, role)


def test_for_a_worker_that_there_is_not_the_page_says_so(server: BackgroundServer) -> None:
    page = get(server, "/flex/?worker=<b>")
    assert (page.status_code, "no worker" in page.text, "<b>" in page.text) == (404, True, False)


def test_without_a_copy_the_page_says_the_commands_that_bring_one(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWILIO_FLEX_UI", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("helpers.mock.server.chat_page.sdk_copy.KEPT", tmp_path)
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve() as server:
        page = get(server, "/flex/")
        assert page.status_code == 404
        assert "front_ends flex-2`" in page.text
        assert "front_ends flex`" in page.text
        only = get(server, "/flex/?version=1").text
        assert ("front_ends flex`" in only, "flex-2" in only) == (True, False)
        assert "2.17.1, 1.34.6" in get(server, "/flex/?version=3").text
        kept = tmp_path / "node_modules/@twilio/flex-ui/bundle/twilio-flex.prod.browser.js"
        kept.parent.mkdir(parents=True)
        kept.write_text("// 1.34")
        assert get(server, "/flex/?version=1.34").status_code == 200
        assert get(server, "/flex/front-end.js?version=1.34").text == "// 1.34"
        assert get(server, "/flex/front-end.js").text == "// 1.34"
        assert get(server, "/flex/?version=2.17").status_code == 404


def test_only_who_has_handed_a_plugin_in_gets_it(
    account: Account, server: BackgroundServer
) -> None:
    assert isinstance(account.mock, MockTwilio)
    key = account.mock.flex_users.keep_plugin("class Hello {}</script>")
    page = get(server, f"/flex/?plugin={key}")
    assert settings_in(page)["hasPlugin"] is True
    assert f'src="own.js?plugin={key}"' in page.text
    own = get(server, f"/flex/own.js?plugin={key}")
    assert own.text == "globalThis.flexPlugin = (\nclass Hello {}</script>\n);"
    assert own.headers["Content-Type"].startswith("text/javascript")
    for other in ("", "class Evil {}", key[:-1]):
        page = get(server, f"/flex/?plugin={other}")
        assert (settings_in(page)["hasPlugin"], "own.js" in page.text) == (False, False)
        assert get(server, f"/flex/own.js?plugin={other}").status_code == 404
    refused = get(server, f"/flex/own.js?plugin={key}", Origin=SHOP)
    assert (refused.status_code, "Hello" in refused.text) == (403, False)


# -- who may have it


def test_a_foreign_page_can_neither_frame_nor_read_the_desktop(server: BackgroundServer) -> None:
    page = get(server, "/flex/")
    policy = page.headers["Content-Security-Policy"].split("frame-ancestors ")[1]
    assert "example.com" not in policy
    assert "*" not in policy.split()
    assert "Access-Control-Allow-Origin" not in page.headers
    for headers in ({"Origin": SHOP}, {"Origin": "null"}, {"Host": "shop.example.com"}):
        refused = get(server, "/flex/?worker=alice", **headers)
        assert (refused.status_code, "eyJ" in refused.text) == (403, False)


def test_where_others_reach_the_mock_the_desktop_asks_for_credentials(
    account: Account, copy: Path
) -> None:
    assert account.mock is not None
    app, own = ServerApp(account.mock, at_once=False, is_open=True), account.credentials
    known, wrong = f"{own.account_sid}:{own.auth_token}", f"{own.account_sid}:wrong"
    for path, status in (("/flex/", 200), ("/flex/none.js", 404)):
        asked = [
            status_from(app, address, path, auth, method="GET")
            for address, auth in (
                ("192.0.2.7", None),
                ("192.0.2.7", wrong),
                ("192.0.2.7", known),
                ("127.0.0.1", None),
            )
        ]
        assert asked == [401, 401, status, status], path
    rebound = status_from(app, "127.0.0.1", "/flex/", None, method="GET", host="a.example.com")
    assert rebound == 401
    # a desktop that is there needs no credentials but its token
    assert account.mock.url is None
    token = account.mock.flex_users.log_in("alice")["token"]
    validate = f"/iam.twilio.com/v1/Accounts/{own.account_sid}/Tokens/validate"
    assert status_from(app, "192.0.2.7", validate, f"token:{token}") == 200
    assert status_from(app, "192.0.2.7", validate, "token:no") == 401
    app.close()


# -- requests of its own


def test_a_flex_user_is_described_by_its_token(
    account: Account, server: BackgroundServer, workspace: Any
) -> None:
    session = session_of(server)
    sid = account.credentials.account_sid
    [alice] = workspace.workers.list(friendly_name="alice")
    for path in (
        f"/iam.twilio.com/v1/Accounts/{sid}/Tokens/validate",
        f"/flex-api.twilio.com/v1/Accounts/{sid}/Tokens/Info",
    ):
        answer = ask(server, "POST", path, session["token"], json={"token": session["token"]})
        described = answer.json()
        assert (described["valid"], described["worker_sid"]) == (True, alice.sid)
        assert (described["identity"], described["roles"]) == ("alice", ["admin"])
        assert described["expiration"] == session["expiration"]
        other = ask(server, "POST", path.replace(sid, "AC" + "0" * 32), session["token"], json={})
        assert other.status_code == 404
        assert requests.post(server.url + path, json={}, timeout=PATIENCE).status_code == 401
        assert ask(server, "POST", path, account.chat_token("alice"), json={}).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/iam.twilio.com/v1/Accounts/{}/Tokens/refresh",
        "/preview.twilio.com/iam/Accounts/{}/Tokens/refresh",
    ],
)
def test_a_flex_users_token_is_renewed_with_all_its_grants(
    account: Account, server: BackgroundServer, path: str
) -> None:
    account.clock.freeze()
    old = session_of(server)["token"]
    account.clock.advance(seconds=60)
    url = server.url + path.format(account.credentials.account_sid)
    renewed = requests.post(url, json={"token": old}, timeout=PATIENCE).json()
    before, after = read_token(old), read_token(renewed["token"])
    assert after.worker_sid == before.worker_sid
    assert role_in(renewed["token"]) == role_in(old) == "admin"
    assert (after.identity, after.service_sid) == (before.identity, before.service_sid)
    assert before.expires is not None
    assert after.expires == before.expires + 60
    assert requests.post(url, json={"token": "no"}, timeout=PATIENCE).status_code == 401


def test_a_flex_user_reads_the_configuration(account: Account, server: BackgroundServer) -> None:
    token = session_of(server)["token"]
    shown = ask(server, "GET", f"{CONFIGURATION}?UiVersion=1.34.6", token).json()
    assert shown["ui_attributes"] == {"version_compatibility": "yes"}
    assert (shown["ui_version"], shown["account_sid"]) == (
        "1.34.6",
        account.credentials.account_sid,
    )
    # Flex UI 1.34 adds a bracket to its credentials
    basic = base64.b64encode(f"token:{token}".encode()).decode()
    for extra, status in ((")", 200), ("))", 401), ("(", 401)):
        headers = {"Authorization": f"Basic {basic}{extra}"}
        answer = requests.get(server.url + CONFIGURATION, headers=headers, timeout=PATIENCE)
        assert answer.status_code == status
    for path, status in ((CONFIGURATION, 401), (f"{CONFIGURATION}/Public", 200)):
        assert ask(server, "GET", path, account.chat_token("jane")).status_code == status
    [public] = get(server, f"{CONFIGURATION}/Public").json()["configurations"]
    assert set(public) == {"account_sid", "public_attributes", "runtime_domain", "url"}
    other = get(server, f"{CONFIGURATION}/Public?AccountSid=AC{'0' * 32}").json()
    assert other == {"configurations": []}
    assert account.client.flex_api.v1.configuration().fetch().ui_attributes == {}


def test_a_flex_user_lists_queues_and_channels_of_its_workspace(
    account: Account, server: BackgroundServer, workspace: Any
) -> None:
    token = session_of(server)["token"]
    path = "/taskrouter.twilio.com/v1/Workspaces"
    other = account.client.taskrouter.v1.workspaces.create("Other")
    for name, key in (("TaskQueues", "task_queues"), ("TaskChannels", "channels")):
        answer = ask(server, "GET", f"{path}/{workspace.sid}/{name}", token)
        assert (answer.status_code, answer.json()["meta"]["key"]) == (200, key)
        assert ask(server, "GET", f"{path}/{other.sid}/{name}", token).status_code == 403
        own = f"{path}/{workspace.sid}/{name}"
        assert ask(server, "GET", own, account.chat_token("alice")).status_code == 401
        assert ask(server, "POST", own, token, data={"FriendlyName": "x"}).status_code == 403
    assert ask(server, "GET", f"{path}/{workspace.sid}/Workers", token).status_code == 403


def test_an_agent_joins_only_the_chats_of_its_tasks(
    account: Account, server: BackgroundServer, workspace: Any
) -> None:
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels.create(type="private")
    for name in ("alice", "bob"):
        [worker] = workspace.workers.list(friendly_name=name)
        attributes = {**json.loads(worker.attributes), "roles": ["agent"]}
        worker.update(attributes=json.dumps(attributes))
    [available] = workspace.activities.list(friendly_name="Available")
    [alice] = workspace.workers.list(friendly_name="alice")
    alice.update(activity_sid=available.sid)
    path = f"/flex-api.twilio.com/v1/Channels/{channel.sid}/Roles/agent/Users"

    def join(worker: str, identity: str) -> tuple[int, int | None]:
        form = {"Identity": identity}
        answer = ask(server, "POST", path, session_of(server, worker)["token"], data=form)
        return answer.status_code, answer.json().get("code")

    assert join("alice", "alice") == (403, 20403)
    workspace.tasks.create(attributes=json.dumps({"channelSid": channel.sid}))
    assert join("bob", "bob") == (403, 20403)
    assert join("alice", "bob") == (403, 20403)
    assert join("alice", "alice") == (201, None)
    assert join("alice", "alice")[0] == 409
    [member] = service.channels(channel.sid).members.list()
    role = service.roles(member.role_sid).fetch()
    assert (member.identity, "editChannelAttributes" in role.permissions) == ("alice", True)
    own = {"Identity": "alice"}
    for token in (account.chat_token("alice"), token_for_taskrouter(account, workspace, alice)):
        assert ask(server, "POST", path, token, data=own).status_code == 401
    nowhere = path.replace(channel.sid, "CH" + "0" * 32)
    token = session_of(server)["token"]
    assert ask(server, "POST", nowhere, token, data=own).status_code == 404


def test_a_supervisor_joins_any_chat_of_its_service(
    account: Account, server: BackgroundServer
) -> None:
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels.create(type="private")
    path = f"/flex-api.twilio.com/v1/Channels/{channel.sid}/Roles/admin/Users"
    token = session_of(server)["token"]
    assert ask(server, "POST", path, token, data={"Identity": "alice"}).status_code == 201


def test_what_is_fixed_is_answered_and_credentials_may_come_along(server: BackgroundServer) -> None:
    here = "http://localhost:3000"
    plugins = get(server, "/flex.twilio.com/plugins", Origin=here)
    assert (plugins.status_code, plugins.json()) == (200, [])
    assert plugins.headers["Access-Control-Allow-Origin"] == here
    assert plugins.headers["Access-Control-Allow-Credentials"] == "true"
    assert get(server, "/flex.twilio.com/plugins", Origin=SHOP).status_code == 403
    assert get(server, "/assets.flex.twilio.com/assets/countries.json").json() == []
    status = get(server, "/status.twilio.com/api/v2/summary.json").json()
    assert status["components"] == [{"name": "FLEX", "status": "operational"}]
    sound = get(server, "/sdk.twilio.com/js/client/sounds/releases/1.0.0/incoming.mp3")
    assert (sound.headers["Content-Type"], sound.content[:4]) == ("audio/wav", b"RIFF")
    token = session_of(server)["token"]
    assert ask(server, "GET", "/flex.twilio.com/nowhere", token).status_code == 501
