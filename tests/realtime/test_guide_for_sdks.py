"""The guide's lines for Twilio's JavaScript Chat SDK, run as they are written."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from typing import Any

import node_packages
from snippets import snippet

from helpers import Account

PATIENCE = 30


def test_a_page_receives_messages_as_the_guide_says(
    account: Account, channel: Any, uri: str
) -> None:
    script = snippet("chat").replace("ws://127.0.0.1:8787/v3/wsconnect", uri)
    assert uri in script
    channel.members.create(identity="jane")
    with subprocess.Popen(
        ["node", "-e", script],
        cwd=node_packages.installed(),
        env={**os.environ, "CHAT_TOKEN": account.chat_token("jane")},
        stdout=subprocess.PIPE,
        text=True,
    ) as page:
        try:
            writer = threading.Thread(target=keep_talking, args=(channel, page))
            writer.start()
            assert page.stdout is not None
            line = page.stdout.readline()
        finally:
            page.kill()
            writer.join(PATIENCE)
    assert line == "Bot: How can I help?\n"


def keep_talking(channel: Any, page: subprocess.Popen[str]) -> None:
    """Send messages until the page, which needs a moment to connect, has ended, or time is up."""
    for _ in range(PATIENCE * 10):
        if page.poll() is not None:
            return
        channel.messages.create(body="How can I help?", from_="Bot")
        time.sleep(0.1)
    page.kill()
