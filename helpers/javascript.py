"""The DOM kit that pages and widgets share, and ES modules joined to one script."""

from __future__ import annotations

import re
from pathlib import Path

KIT = Path(__file__).parent / "static" / "dom.js"
"""Every module imports it as `./dom.js`: servers serve it beside their own."""

_IMPORT = re.compile(r'^import [^;]*? from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def joined(module: Path) -> str:
    """Join an ES module and all that it imports, since a Jupyter comm carries one script.

    Modules may import nothing but names, of siblings or the kit; no two may declare the same one.
    """
    parts: dict[Path, str] = {}

    def add(path: Path) -> None:
        text = path.read_text("utf-8")
        for name in _IMPORT.findall(text):
            imported = KIT if name == KIT.name else path.with_name(name)
            if imported not in parts:
                add(imported)
        parts[path] = _EXPORT.sub("", _IMPORT.sub("", text))

    add(module)
    return "\n".join(parts.values())
