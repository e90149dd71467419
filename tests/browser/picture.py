"""Renew the README's picture, notebooks/images/panel.png.

    .venv/bin/pip install pillow
    .venv/bin/python tests/browser/picture.py

The panels of notebook 04 in a real JupyterLab, photographed in the middle of a chat. It needs a
system Chromium, as the browser tests do, and Pillow to make the file a third of its size. Look at
the result before you commit it.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import chromium
import numpy as np
from lab_page import LabPage, copy_without_outputs
from lab_server import Lab
from PIL import Image

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NAME = "04_exchange_messages.ipynb"
PICTURE = NOTEBOOKS / "images" / "panel.png"
PANELS = "side_by_side(ChatPanel"
VIEW = {"width": 1020, "height": 1100}
ABOVE, BELOW = 8, 14

# The notebook's own messages make room for a chat that explains itself.
EMPTY_THE_CHANNEL = """
service = client.chat.v2.services(account.credentials.chat_service_sid)
for message in service.channels(flex_channel.sid).messages.list():
    service.channels(flex_channel.sid).messages(message.sid).delete()
"""
CHAT = [
    ("customer", "Hi, where is my parcel?"),
    ("agent", "Hello Jane! Which order is it?"),
    ("customer", "4711, the green lamp"),
]
UNSENT = "Found it: it reaches you"
# The cell one writes in is selected, which JupyterLab shows with a bar and buttons.
SELECT_THE_LAST_CELL = """() => {
  const { content } = jupyterapp.shell.currentWidget;
  content.activeCellIndex = content.widgets.length - 1;
}"""


def prepare(path: Path) -> int:
    """Shorten the copied notebook to its panels; return the number of their cell."""
    notebook = json.loads(path.read_text("utf-8"))
    cells = notebook["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    shown = next(number for number, source in enumerate(sources) if PANELS in source)
    before = max(number for number in range(shown) if cells[number]["cell_type"] == "code")
    cells[before]["source"] = sources[before] + EMPTY_THE_CHANNEL
    notebook["cells"] = cells[: shown + 2]  # and a cell that takes the selection
    path.write_text(json.dumps(notebook), "utf-8")
    return shown


def talk(panels: dict[str, Any]) -> None:
    """Type the chat, each line once the one before has arrived."""
    for who, line in CHAT:
        panels[who].get_by_role("textbox").fill(line)
        panels[who].get_by_role("textbox").press("Enter")
        for panel in panels.values():
            panel.locator(".fcl-log").get_by_text(line, exact=True).wait_for()
    panels["customer"].locator(".fcl-seen .fcl-read").wait_for()
    panels["agent"].locator(".fcl-seen .fcl-read").wait_for()
    panels["agent"].get_by_role("textbox").type(UNSENT)
    panels["customer"].get_by_text("alice is typing").wait_for()


def photograph(lab: Lab, lab_page: LabPage) -> Image.Image:
    """Run the notebook, chat in its panels and take the picture."""
    copy_without_outputs(NOTEBOOKS / NAME, lab.root / NAME)
    shown = prepare(lab.root / NAME)
    lab_page.open(NAME)
    lab_page.choose("View", "Appearance", "Show Left Sidebar")
    lab_page.run_all()
    lab_page.wait_until_run(NAME)
    lab_page.show_cell(shown)
    panels = lab_page.notebook.locator(".fcl:not(.fcl-desk)")
    talk({"customer": panels.nth(0), "agent": panels.nth(1)})
    lab_page.page.evaluate(SELECT_THE_LAST_CELL)
    top, below = lab_page.show_cell(shown).bounding_box(), panels.first.bounding_box()
    y = top["y"] - ABOVE
    height = below["y"] + below["height"] + BELOW - y
    clip = {"x": top["x"], "y": y, "width": top["width"], "height": height}
    return Image.open(io.BytesIO(lab_page.page.screenshot(clip=clip, animations="disabled")))


def with_few_colours(picture: Image.Image) -> Image.Image:
    """Keep the 256 commonest colours as they are; Pillow's own palettes tint white and greys."""
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    packed = pixels.astype(np.uint32) @ (65536, 256, 1)
    _, first, place, count = np.unique(packed, True, True, True)
    colours = pixels[first].astype(int)
    palette = colours[np.argsort(-count)[:256]]
    nearest = [np.abs(palette - colour).sum(axis=1).argmin() for colour in colours]
    shape = (picture.height, picture.width)
    small = Image.fromarray(np.array(nearest, np.uint8)[place].reshape(shape))
    small.putpalette(palette.astype(np.uint8).tobytes())
    return small


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture of few colours, and say how large it is."""
    with_few_colours(picture).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")  # noqa: T201 - it is a command


def renew(
    path: Path, take: Callable[[Lab, LabPage], Image.Image], view: dict[str, int], scale: float
) -> None:
    """Take a picture in a JupyterLab of its own."""
    executable = chromium.find() or sys.exit(chromium.NOT_FOUND)
    with (
        TemporaryDirectory() as folder,
        Lab(Path(folder)) as lab,
        chromium.launched(executable) as browser,
    ):
        page = browser.new_page(viewport=view, device_scale_factor=scale)
        lab.wait()
        taken = take(lab, LabPage(page, lab.url))
    save(taken, path)


if __name__ == "__main__":
    renew(PICTURE, photograph, VIEW, 2)
