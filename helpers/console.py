"""Runs a command as its process: what the terminal, a pipe or Ctrl-C may do is no traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended."""
UNREAD = 141
"""Exit code of a command whose output nobody reads to the end, as of one that SIGPIPE ended."""
_UNWRITTEN = 1


def run(main: Callable[[], int]) -> NoReturn:
    """Run a command and end the process with its exit code.

    A character that a stream cannot show is escaped, and what is written to a closed one is lost.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed before the process began
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main()
    except SystemExit as end:  # of argparse
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        code = _said("Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        code = UNREAD
    sys.exit(_flushed(code))


def _flushed(code: int) -> int:
    """Write out what is left. Returns the exit code, another one where that fails."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            # The interpreter flushes again as it ends, and must not fail again.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            is_unread = isinstance(error, BrokenPipeError)
            code = UNREAD if is_unread else _said(f"cannot write: {error.strerror}", _UNWRITTEN)
    return code


def _said(message: str, code: int) -> int:
    """Say why a command ends, if standard error is open. Returns the code."""
    with suppress(OSError):
        sys.stderr.write(f"{message}\n")
    return code
