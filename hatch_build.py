"""Builds the wheel: the package `helpers` of the clone under a name that no other project has.

Its files are those of the clone; where they name the package, in imports, messages, pages and
notebooks, they name it as it is called there. An editable install leaves the clone as it
is, and brings no plugin of pytest: `-p helpers.testing.plugin` does.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "flex_chat_lab"
TEXTS = {".css", ".html", ".ipynb", ".js", ".md", ".py", ".svg", ".yaml"}
MENTION = re.compile(
    r"(?<![\w/.-])helpers(?=[/`'\"\\]|\.\w)|(?<=from )helpers(?= import)|(?<=import )helpers\b"
)
"""The package, as code and sentences name it; the English word stays."""
OUTSIDE = re.compile(r"\]\(\.\./([^)#]+)")
"""A notebook's link to a file that is not among the notebooks."""
BESIDE = "files/{}"
"""Its place in a folder of copied notebooks."""
LINK = re.compile(r"!?\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")
"""A page's link to a file, which leads on only where that file is there too."""


class NamedWheel(BuildHookInterface[Any]):
    """Adds the files of `helpers` and the notebooks to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files of a wheel; an editable install has the clone's own."""
        if version == "editable":
            # pytest would rewrite every `assert` of `helpers` for a plugin that is installed
            self.metadata.core.entry_points.clear()
            return
        self._folder = tempfile.TemporaryDirectory()
        root, stage = Path(self.root), Path(self._folder.name)
        notebooks = sorted(root.glob("notebooks/*.ipynb"))
        linked = {
            BESIDE.format(PurePosixPath(link).name): root / link
            for at in notebooks
            for link in OUTSIDE.findall(at.read_text("utf-8"))
        }
        chosen = {f"notebooks/{name}": at for name, at in linked.items()}
        chosen |= {at.relative_to(root / "helpers").as_posix(): at for at in _package(root)}
        for at in [*notebooks, *root.glob("notebooks/images/*")]:
            chosen[at.relative_to(root).as_posix()] = at
        chosen["notebooks/nbval_sanitize.cfg"] = root / "tests/nbval_sanitize.cfg"
        for target, source in chosen.items():
            copy = source
            if source.suffix in TEXTS:
                copy = stage / target
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(_renamed(source, linked), "utf-8", newline="\n")
            build_data["force_include"][str(copy)] = f"{NAME}/{target}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the renamed copies."""
        if version != "editable":
            self._folder.cleanup()


def _package(root: Path) -> list[Path]:
    return [
        at
        for at in sorted((root / "helpers").rglob("*"))
        if at.suffix in TEXTS and "__pycache__" not in at.parts
    ]


def _renamed(source: Path, linked: dict[str, Path]) -> str:
    """Return a file's text, with the package called as in the wheel, and links within it."""
    text = source.read_text("utf-8")
    if source.suffix == ".ipynb":
        text = OUTSIDE.sub(lambda at: f"]({BESIDE.format(PurePosixPath(at[1]).name)}", text)
    elif source.suffix == ".md" and source in linked.values():
        text = LINK.sub(
            lambda at: (
                f"[{at[1]}]({name}{at[3] or ''})"
                if BESIDE.format(name := PurePosixPath(at[2]).name) in linked
                else at[1]
            ),
            text,
        )
    return MENTION.sub(NAME, text)
