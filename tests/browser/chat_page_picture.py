"""Renew the picture of the chat page, notebooks/images/chat_page.png.

    .venv/bin/pip install pillow
    .venv/bin/python tests/browser/chat_page_picture.py

One chat in two windows of the customer's, light and dark, in the middle of a conversation. It needs
a system Chromium and npm, as the browser tests do. Look at the result before you commit it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugins"))

import chromium
import node_packages
from picture import NOTEBOOKS, save
from PIL import Image

from helpers import Account, AgentDesk, connect
from helpers.mock import MockTwilio
from helpers.mock.server.chat_page.sdk_copy import CHAT

PICTURE = NOTEBOOKS / "images" / "chat_page.png"
VIEW = {"width": 400, "height": 520}
GAP = 40
LAMP = b"""<svg xmlns="http://www.w3.org/2000/svg" width="220" height="110">
  <rect width="220" height="110" fill="#e4f0e8"/>
  <path d="M92 28h36l18 40H74z" fill="#2f7d4f"/><path d="M107 68h6v24h-6z" fill="#1d4f32"/>
  <rect x="88" y="90" width="44" height="6" rx="3" fill="#1d4f32"/>
</svg>"""


def make_ready(account: Account) -> AgentDesk:
    """A handler that makes tasks, and an agent who takes them."""
    workspace = account.client.taskrouter.v1.workspaces.list()[0]
    account.client.flex_api.v1.flex_flow.create(
        friendly_name="Custom chat",
        chat_service_sid=account.credentials.chat_service_sid,
        channel_type="custom",
        integration_type="task",
        integration_workspace_sid=workspace.sid,
        integration_workflow_sid=workspace.workflows.list()[0].sid,
        integration_channel="chat",
    )
    desk = AgentDesk(account, "alice")
    desk.go_available()
    return desk


def shows(pages: list[Any], what: str) -> None:
    for page in pages:
        page.locator(what).last.wait_for()


def talk(pages: list[Any], desk: AgentDesk) -> None:
    """Chat, sending each line once the one before has arrived."""
    conversation = desk.accept()
    assert conversation.channel is not None
    pages[0].get_by_label("Your message").fill("Hi, is this the lamp I ordered?")
    pages[0].get_by_label("Your message").press("Enter")
    shows(pages, ".own")
    file = {"name": "lamp.svg", "mimeType": "image/svg+xml", "buffer": LAMP}
    pages[0].get_by_label("Send a file").set_input_files(file)
    shows(pages, ".own img")
    conversation.reply("Yes, the green one. It reaches you today.")
    shows(pages, ".row:not(.own)")
    conversation.channel.set_all_messages_consumed()
    shows(pages, "#seen:not([hidden])")
    conversation.channel.typing()
    shows(pages, "#typing:not(:empty)")


def side_by_side(pages: list[Any]) -> Image.Image:
    taken = [Image.open(io.BytesIO(page.screenshot(animations="disabled"))) for page in pages]
    wide = Image.new("RGB", (sum(one.width for one in taken) + GAP, taken[0].height), "white")
    wide.paste(taken[0], (0, 0))
    wide.paste(taken[1], (taken[0].width + GAP, 0))
    return wide


def main() -> None:
    executable = chromium.find() or sys.exit(chromium.NOT_FOUND)
    account = connect()
    desk = make_ready(account)
    assert isinstance(account.mock, MockTwilio)
    copy = node_packages.installed() / CHAT.place
    with account.mock.serve(chat_sdk=copy) as server, chromium.launched(executable) as browser:
        pages, address = [], f"{server.url}/chat"
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=VIEW, device_scale_factor=2, color_scheme=scheme)
            page.goto(address)
            page.locator("#fields:enabled").wait_for()
            identity = page.evaluate("() => localStorage.getItem('identity')")
            address = f"{server.url}/chat?identity={identity}"
            pages.append(page)
        talk(pages, desk)
        taken = side_by_side(pages)
    save(taken, PICTURE)


if __name__ == "__main__":
    main()
