"""Errors in notebooks: one line with code, reason and link; the traceback unfolds below it.

That holds for Twilio's errors, through its unmodified library, and for those of this package. All
others show as usual.
"""

from __future__ import annotations

import re
import sys
from html import escape
from types import TracebackType
from typing import Any

from IPython.core.getipython import get_ipython

from .masking import mask

_BY_THEMSELVES = ("twilio", "helpers")
"""Packages whose errors say what is wrong."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_failed: dict[str, Any] = {}


def install() -> None:
    """Show errors so in this notebook, unless something else handles its errors already."""
    shell: Any = get_ipython()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((Exception,), _show)


def failure_of_the_cell_before() -> BaseException | None:
    """Return the error that the cell before this one stopped with, in this notebook."""
    shell = get_ipython()
    if shell is None or _failed.get("cell") != shell.execution_count - 1:
        return None
    error: BaseException = _failed["error"]
    return error


def in_one_line(error: BaseException) -> str:
    """Return an error's name and reason, and for Twilio's the code and a link, without secrets."""
    name, text = type(error).__name__, str(error)
    if type(error).__module__.partition(".")[0] == "twilio" or hasattr(error, "code"):
        from twilio.base.exceptions import TwilioException

        from .chat.errors import as_chat_error
        from .mock import TwilioError

        if isinstance(error, (TwilioException, TwilioError)):
            refused = as_chat_error(error)
            status = f" (HTTP {refused.status})" if refused.status else ""
            text = f"{refused.code or ''} {refused.msg}".strip() + status
            if refused.code:
                text += f" https://www.twilio.com/docs/api/errors/{refused.code}"
    text = "\n".join([text, *getattr(error, "__notes__", ())])
    return mask(f"{name}: {text}" if text else name)


def _show(
    shell: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    _failed.update(cell=shell.execution_count, error=error)
    speaks = kind.__module__.partition(".")[0] in _BY_THEMSELVES
    if not speaks and not (kind.__module__.startswith("requests") and hasattr(error, "__notes__")):
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)
        return
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace  # for %tb and %debug
    name, _, reason = in_one_line(error).partition(": ")
    shell._showtraceback(kind, reason, [f"\x1b[0;31m{name}\x1b[0m: {reason}"])
    lines = shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
    whole = escape(mask(_COLOURS.sub("", "\n".join(lines))))
    shell.display_pub.publish(
        {
            "text/html": f"<details><summary>Traceback</summary><pre>{whole}</pre></details>",
            "text/plain": "(%tb shows the traceback)",
        }
    )
