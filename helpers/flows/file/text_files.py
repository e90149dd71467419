"""Texts of flow files and others, read and written whole; and JSON, strictly."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from shutil import copymode
from stat import S_ISREG
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import FlowProblem, Problem

TEXT = "the text"
"""Source of flows that come from no file."""


def located(source: str, line: int) -> str:
    """`FILE:LINE`, or `line N` of a text."""
    return f"line {line}" if source == TEXT else f"{source}:{line}"


def write_text(path: str | Path, text: str) -> None:
    """Write a file as its owner's alone, whole or not at all; FlowProblem if it fails."""
    try:
        target = Path(path).resolve()
        if target.is_symlink():  # one in a circle, which Python 3.13 resolves to itself
            target.stat()  # fails
        if target.exists() and not target.is_file():  # a device, such as a terminal
            with open(target, "w", encoding="utf-8", newline="\n", opener=_at_once) as device:
                os.set_blocking(device.fileno(), True)
                device.write(text)
            return
        with TemporaryDirectory(dir=target.parent, prefix=".flows") as folder:
            new = Path(folder, "new")  # so that a full disk leaves the old one as it was
            new.touch(0o600)
            new.write_text(text, encoding="utf-8", newline="\n")
            if target.exists():
                copymode(target, new)
            new.replace(target)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError of links in a circle
        reason = getattr(error, "strerror", None) or error
        fix = f"cannot be written ({reason}); give a path in a folder that exists"
        raise FlowProblem(Problem(str(path), "", fix)) from None


LARGEST = 64 * 2**20
"""Bytes of a file that is read."""
_PIPED = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Begin names of what the process has open: only these may be pipes, which somebody fills."""
_piped: dict[tuple[str, int], str] = {}
"""Texts of pipes, which can be read once, by path and inode."""


def _at_once(path: str, flags: int) -> int:
    """Open a file; where that is a pipe, without a wait for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))


def content_of(path: str | Path) -> str:
    """The text of a file in UTF-8; OSError or ValueError say why it cannot be read."""
    with open(path, "rb", opener=_at_once) as file:
        status = os.fstat(file.fileno())
        place = str(path), status.st_ino
        is_pipe = not S_ISREG(status.st_mode)
        if is_pipe and place in _piped:
            return _piped[place]
        if is_pipe:
            if not place[0].startswith(_PIPED):
                raise ValueError("it is a pipe or a device")
            os.set_blocking(file.fileno(), True)
        found: bytes | None = file.read(LARGEST + 1)
    if found is None:  # as of some of Linux's /proc
        raise ValueError("it has nothing yet")
    if len(found) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MB")
    lines = io.IncrementalNewlineDecoder(None, translate=True)
    text = lines.decode(found.decode("utf-8-sig"), final=True)
    if is_pipe:
        _piped[place] = text
    return text


def text_of(path: str | Path, kind: str) -> str:
    """The text of a file in UTF-8; FlowProblem says that it cannot be read, and which `kind` is."""
    try:
        return content_of(path)
    except UnicodeDecodeError as error:
        fix = f"is not UTF-8: {error.reason}; save it in that encoding"
    except IsADirectoryError:
        fix = (
            f"is a directory; give the path of {kind}, or have `python -m helpers.flows import`"
            " read one of Terraform's or of saved JSON"
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        fix = f"cannot be read ({reason}); give the path of {kind}"
    raise FlowProblem(Problem(str(path), "", fix))


def read_json(text: str, source: str) -> Any:
    """The content of a JSON text; FlowProblem with `source` and line if it is none."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            name = next(name for name in names if names.count(name) > 1)
            at = text.find(json.dumps(name), text.find(json.dumps(name)) + 1)
            line = text[:at].count("\n") + 1
            raise FlowProblem(Problem(f"{source}:{line}", name, "is given twice; remove one"))
        return found

    def no_number(name: str) -> None:
        line = text[: text.find(name)].count("\n") + 1
        fix = f"is not JSON: there is no number {name}; write null or a number"
        raise FlowProblem(Problem(f"{source}:{line}", "", fix))

    try:
        return json.loads(
            text.removeprefix("\ufeff"), object_pairs_hook=unique, parse_constant=no_number
        )
    except FlowProblem:
        raise
    except json.JSONDecodeError as error:
        fix = f"is not JSON: {error.msg} (column {error.colno}); correct the line"
        raise FlowProblem(Problem(f"{source}:{error.lineno}", "", fix)) from None
    except RecursionError:
        raise FlowProblem(Problem(source, "", "is nested too deep; flatten it")) from None
    except ValueError as error:  # an integer of thousands of digits
        fix = f"is not JSON: {str(error).partition(';')[0]}; put it in quotes"
        raise FlowProblem(Problem(source, "", fix)) from None
