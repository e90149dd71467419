"""The customer's page as tests use it: written into, and read.

`PANEL_SCREENSHOTS=folder` keeps pictures of what was tested.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from waiting import becomes

NARROW = {"width": 400, "height": 640}
PIXEL = bytes.fromhex(  # a PNG of one pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


def can_write(page: Any) -> None:
    page.locator("#fields:enabled").wait_for()


def write(page: Any, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")


def bubble(page: Any, text: str) -> Any:
    return page.get_by_role("log").locator(".bubble").get_by_text(text, exact=True)


def bodies(page: Any) -> list[str]:
    found: list[str] = page.get_by_role("log").locator(".bubble").all_inner_texts()
    return found


def shows(page: Any, *texts: str) -> None:
    """Wait until the chat has these bodies and no others."""
    becomes(lambda: bodies(page), list(texts))


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("PANEL_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"chat-page-{name}.png", animations="disabled")
