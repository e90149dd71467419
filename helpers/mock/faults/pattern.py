"""Pattern of the calls of a fault: a glob over operation names, or over method, host and path."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fnmatch import fnmatchcase

from ..rest.collection import Operation

_NEAREST = 3


class Pattern:
    """A glob of one word, over operation names, or of two: `POST chat.twilio.com/v2/Services/*`.

    In a path `*` stands for a segment or a part of one, and at the end for all that follows, so
    that `GET *` is every call that reads and `[!G]* *` every call that changes something.
    """

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        method, _, url = self.text.partition(" ")
        self._method = method.upper()
        self._url = url.removeprefix("https://").strip("/").split("/") if url else None

    def fits(self, operation: Operation, path: str) -> bool:
        """Whether a call of the operation at this path fits; hosts have no region here."""
        if self._url is None:
            return fnmatchcase(operation.name, self.text)
        if not fnmatchcase(operation.method, self._method):
            return False
        return _fit([operation.host, *path.strip("/").split("/")], self._url)

    def problem(self, operations: Iterable[Operation]) -> str | None:
        """Advice about a pattern that fits no operation; None for one that does."""
        known = tuple(operations)
        if any(self.fits(operation, operation.path) for operation in known):
            return None
        if self._url is None:
            names = sorted({operation.name for operation in known})
        else:
            names = [f"{each.method} {each.host}{each.path}" for each in known]
        plain = {name.lower(): name for name in names}
        near = difflib.get_close_matches(self.text.lower(), plain, n=_NEAREST, cutoff=0)
        return (
            f"no operation of this mock fits {self.text!r};"
            f" the nearest are {', '.join(plain[name] for name in near)}"
        )


def _fit(segments: list[str], globs: list[str]) -> bool:
    if globs[-1] == "*" and len(segments) >= len(globs):
        globs, segments = globs[:-1], segments[: len(globs) - 1]
    return len(segments) == len(globs) and all(
        segment.startswith("{") or fnmatchcase(segment, glob)
        for segment, glob in zip(segments, globs, strict=True)
    )
