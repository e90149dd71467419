"""Blocks of code in the README and in docs/, found by the comment in front of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(
    r"(?:<!-- (?P<name>.*?) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.M | re.S
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: str
    name: str
    language: str
    text: str

    @property
    def is_run(self) -> bool:
        """Whether the page does not say why it is not."""
        return not self.name.startswith("not run: ")


def blocks() -> list[Block]:
    """Return every block that names its language, in the order of the pages."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [
        Block(
            page.relative_to(ROOT).as_posix(), found["name"] or "", found["language"], found["text"]
        )
        for page in pages
        for found in _BLOCK.finditer(page.read_text("utf-8"))
    ]


def snippet(name: str) -> str:
    """Return the text of the one block with this name."""
    [text] = [block.text for block in blocks() if block.name == name]
    return text
