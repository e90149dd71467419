"""Calls of the official SDK as data: shown as a line of Python, and carried out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Step = str | tuple[str, ...]
"""A name on the way from the client to a resource, or a name with what it is called with."""


@dataclass(frozen=True)
class Call:
    """One call: `client.chat.v3.channels('IS..', 'CH..').update(type='private')`.

    Attributes:
        path: The way to the resource: `("chat", "v3", ("channels", "IS..", "CH.."))`.
        method: `create` or `update`.
        arguments: By the SDK's names.
        shown: Python in place of an argument that is too large to show.
    """

    path: tuple[Step, ...]
    method: str
    arguments: Mapping[str, Any]
    shown: Mapping[str, str] = field(default_factory=dict)

    def run(self, client: Any) -> Any:
        """Carry it out; returns the SDK's resource."""
        found = client
        for step in self.path:
            name, *given = (step,) if isinstance(step, str) else step
            found = getattr(found, name)
            if not isinstance(step, str):
                found = found(*given)
        return getattr(found, self.method)(**self.arguments)

    def __str__(self) -> str:
        steps = [
            step if isinstance(step, str) else f"{step[0]}({', '.join(map(_shown, step[1:]))})"
            for step in self.path
        ]
        given = [
            f"{name}={self.shown.get(name) or _shown(value)}"
            for name, value in self.arguments.items()
        ]
        start, one_line = ".".join(["client", *steps, self.method]), ", ".join(given)
        if len(start) + len(one_line) < 98:
            return f"{start}({one_line})"
        lines = "".join(f"    {each},\n" for each in given)
        return f"{start}(\n{lines})"


def _shown(value: Any) -> str:
    """A value as Python, texts in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_shown(name)}: {_shown(each)}' for name, each in value.items())}}}"
    return repr(value)
