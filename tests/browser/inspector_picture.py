"""Renew the README's picture of the inspector, notebooks/images/inspector.png.

    .venv/bin/pip install pillow
    .venv/bin/python tests/browser/inspector_picture.py

The front page of a server whose account had a busy afternoon, with a chat of it open. It needs a
system Chromium, as the browser tests do. Look at the result before you commit it.
"""

from __future__ import annotations

import io
import sys
from datetime import datetime

import chromium
from picture import NOTEBOOKS, save
from PIL import Image

from helpers.mock import MockTwilio
from helpers.mock.server.running import BackgroundServer

PICTURE = NOTEBOOKS / "images" / "inspector.png"
VIEW = {"width": 1240, "height": 660}
CHAT = "Noor"


def main() -> None:
    executable = chromium.find() or sys.exit(chromium.NOT_FOUND)
    mock = MockTwilio()
    mock.load("busy afternoon", at=datetime(2026, 3, 2, 16).astimezone())
    with BackgroundServer(mock) as server, chromium.launched(executable) as browser:
        page = browser.new_page(viewport=VIEW, device_scale_factor=2, color_scheme="light")
        page.goto(f"{server.url}/#/channels")
        page.locator(".rows .row", has_text=CHAT).click()
        page.locator(".message").last.wait_for()
        page.locator("#connection[data-state=live]").wait_for()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        taken = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    save(taken, PICTURE)


if __name__ == "__main__":
    main()
