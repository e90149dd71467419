"""The guide's requests against a server, run as they are written: curl, and Node's library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable

import node_packages
import pytest
from served import Command
from snippets import snippet
from support import refused

from helpers import Account, connect
from helpers.mock import DEMO_VALUES

Start = Callable[..., Command]
EXAMPLE = "http://127.0.0.1:8787"


@pytest.fixture
def shared(command: Start) -> Account:
    return connect(command().url)


def url_of(account: Account) -> str:
    return account.mock.url


def run(arguments: list[str], account: Account, **settings: str) -> str:
    done = subprocess.run(
        arguments,
        env={**os.environ, **DEMO_VALUES, "TWILIO_MOCK_URL": url_of(account), **settings},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def members(account: Account, channel_sid: str) -> list[str]:
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    return [member.identity for member in service.channels(channel_sid).members.list()]


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl and bash")
def test_curl_makes_a_flex_channel_as_the_guide_says(shared: Account) -> None:
    script = snippet("curl").replace(EXAMPLE, url_of(shared))
    answer = json.loads(run(["bash", "-euo", "pipefail", "-c", script], shared))
    assert members(shared, answer["sid"]) == ["abc123"]
    assert answer["url"] == f"https://flex-api.twilio.com/v1/Channels/{answer['sid']}"


def test_the_node_library_makes_a_flex_channel_as_the_guide_says(shared: Account) -> None:
    folder = node_packages.installed()
    flow = shared.client.flex_api.v1.flex_flow.create(
        friendly_name="Custom chat",
        chat_service_sid=shared.credentials.chat_service_sid,
        channel_type="custom",
        integration_type="external",
        integration_url="https://bot.example.com/messages",
    )
    modules = {"NODE_PATH": str(folder / "node_modules")}
    sid = run(["node", "-e", snippet("node")], shared, FLEX_FLOW_SID=flow.sid, **modules)
    assert members(shared, sid.strip()) == ["abc123"]


TOKEN = """
const AccessToken = require("twilio").jwt.AccessToken;
const grant = new AccessToken.ChatGrant({ serviceSid: process.env.TWILIO_CHAT_SERVICE_SID });
const token = new AccessToken(process.env.TWILIO_ACCOUNT_SID, process.env.TWILIO_API_KEY,
  process.env.TWILIO_API_SECRET, { identity: "abc123" });
token.addGrant(grant);
console.log(token.toJwt());
"""


def test_a_token_made_by_the_node_library_opens_the_account(shared: Account) -> None:
    modules = {"NODE_PATH": str(node_packages.installed() / "node_modules")}
    token = run(["node", "-e", TOKEN], shared, **modules).strip()
    user = shared.client_of_chat_user(token, "abc123")
    service = user.chat.v2.services(shared.credentials.chat_service_sid)
    with refused(403, 50107, "User 'abc123'"):  # known by name, with a customer's role
        service.channels.create()


def test_the_node_library_sends_and_reads_messages_and_is_refused_in_twilios_dialect(
    shared: Account,
) -> None:
    folder = node_packages.installed()
    service = shared.client.chat.v2.services(shared.credentials.chat_service_sid)
    channel = service.channels.create()
    program = snippet("node").partition("async function")[0] + (
        """
        const channel = client.chat.v2.services(process.env.TWILIO_CHAT_SERVICE_SID)
          .channels(process.env.CHANNEL_SID);
        (async () => {
          for (const body of ["one", "two", "three"])
            await channel.messages.create({ body, from: "abc123" });
          const read = await channel.messages.list({ pageSize: 2 });
          const refusal = await channel.members("nobody").fetch().catch((error) => error);
          console.log(JSON.stringify({
            bodies: read.map((message) => message.body),
            status: refusal.status, code: refusal.code,
          }));
        })();
        """
    )
    modules = {"NODE_PATH": str(folder / "node_modules")}
    output = json.loads(run(["node", "-e", program], shared, CHANNEL_SID=channel.sid, **modules))
    assert output == {"bodies": ["one", "two", "three"], "status": 404, "code": 20404}
