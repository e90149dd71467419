"""Renew the README's picture of Twilio's own front ends, notebooks/images/front_ends.png.

    .venv/bin/pip install pillow
    .venv/bin/python -m helpers.front_ends webchat && .venv/bin/python -m helpers.front_ends flex-2
    export PYTHONPATH=$PWD/tests:$PWD/tests/plugins:$PWD
    .venv/bin/python tests/browser/front_ends_picture.py

The Flex desktop and the web chat widget in cells of a real JupyterLab, in the middle of a chat.
Look at the result before you commit it.
"""

from __future__ import annotations

import io
from typing import Any

from flex_desktop import accept, go_available
from lab_page import LabPage, write_notebook
from lab_server import Lab
from picture import NOTEBOOKS, renew
from PIL import Image

PICTURE = NOTEBOOKS / "images" / "front_ends.png"
NAME = "front_ends.ipynb"
VIEW = {"width": 1500, "height": 1000}
CELLS = [
    "from helpers import FlexDesktop, FlexWebChat, connect\n"
    "from ipywidgets import HBox, Layout\n\n"
    "account = connect()\n"
    "account.mock.serve();",
    "desktop, widget = FlexDesktop(account, height=600), FlexWebChat(account)\n"
    'desktop.layout, widget.layout = Layout(flex="1 1 0"), Layout(flex="0 0 340px")\n'
    "HBox([desktop, widget])",
    "...",
]


def talk(desktop: Any, widget: Any) -> None:
    """Let a visitor ask, and the agent at the desktop answer."""
    desktop.wait_for_selector(".Twilio-MainContainer", timeout=60_000)
    go_available(desktop)
    widget.fill("input[name=friendlyName]", "Jane")
    widget.fill("textarea[name=question]", "Hi, where is my parcel?")
    widget.click("text=Start chat")
    widget.wait_for_selector("text=where is my parcel?")
    accept(desktop)
    reply(desktop, "Hello Jane! Which order is it?")
    widget.wait_for_selector("text=Which order is it?")
    widget.fill("textarea", "4711, the green lamp")
    widget.press("textarea", "Enter")
    desktop.wait_for_selector("text=4711, the green lamp")


def reply(desktop: Any, text: str) -> None:
    """Write as the agent does."""
    box = desktop.locator("textarea, [role=textbox]").first
    box.press_sequentially(text)
    box.press("Enter")
    desktop.wait_for_selector(f"text={text}")


def frame_of(page: Any, path: str) -> Any:
    """The frame with a page of the mock's."""
    frame = page.wait_for_selector(f"iframe[src*='{path}']").content_frame()
    frame.wait_for_url(f"**{path}**")
    return frame


def photograph(lab: Lab, lab_page: LabPage) -> Image.Image:
    """Run the cells, chat in their frames and take the picture."""
    write_notebook(lab.root / NAME, CELLS)
    lab_page.open(NAME)
    lab_page.choose("View", "Appearance", "Show Left Sidebar")
    lab_page.run_all()
    lab_page.wait_until_run(NAME)
    page = lab_page.page
    talk(*(frame_of(page, path) for path in ("/flex/", "/webchat/")))
    page.wait_for_timeout(1_000)
    output = lab_page.show_cell(1).locator(".jp-OutputArea-output").first
    return Image.open(io.BytesIO(output.screenshot(animations="disabled")))


if __name__ == "__main__":
    renew(PICTURE, photograph, VIEW, 1.5)
