"""Versions of Twilio's chat SDKs, each taken through the steps of an application."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from helpers import connect

SCRIPT = Path(__file__).with_name("matrix.js")
PAGE = Path(__file__).resolve().parents[2] / "docs/reference/sdks.md"
PATIENCE = 100
"""Seconds for an SDK."""


def steps_of(folder: Path, sdk: str) -> dict[str, str | None]:
    """Take an SDK through the steps; those that failed have a reason."""
    account = connect()
    assert account.mock is not None
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    roles = {each.friendly_name: each.sid for each in service.roles.list()}
    service.update(
        default_service_role_sid=roles["service admin"],
        default_channel_role_sid=roles["channel admin"],
        default_channel_creator_role_sid=roles["channel admin"],
    )
    with account.mock, account.mock.serve() as server:
        settings = {
            "uri": server.url.replace("http", "ws", 1) + "/v3/wsconnect",
            "mock": server.url,
            "tokens": {
                "alice": account.chat_token("alice"),
                "again": account.chat_token("alice", ttl=7200),
                "bob": account.chat_token("bob"),
            },
        }
        ran = subprocess.run(
            ["node", str(SCRIPT), str(folder), sdk, json.dumps(settings)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
    found: dict[str, str | None] = json.loads(ran.stdout.strip().splitlines()[-1])
    return found


def rows() -> dict[str, str]:
    """Return the page's SDKs with their versions, and how many steps it says pass."""
    pattern = r"^\| `(\S+)` (\S+) \| (\d+ of \d+) \|"
    return {
        f"{name}@{version}": passed
        for name, version, passed in re.findall(pattern, PAGE.read_text("utf-8"), re.MULTILINE)
    }


def shown(steps: dict[str, str | None]) -> str:
    """Return the number of steps that passed, as the page has it."""
    return f"{sum(reason is None for reason in steps.values())} of {len(steps)}"
