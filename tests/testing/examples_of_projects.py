"""The example projects of the documentation, and copies of them with a mistake."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "docs/examples"


def broken(file: Path, target: Path, old: str, new: str) -> None:
    """Copy a back end with a mistake."""
    text = file.read_text("utf-8")
    assert text.count(old) == 1 or not old
    target.write_text(text.replace(old, new) if old else text, "utf-8")
