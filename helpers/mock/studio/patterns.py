"""Regular expressions of a flow, matched so that none of them holds anybody up.

RE2 matches in linear time all that it can express. The rest is matched by backtracking, for a
bounded time and up to a bounded size: look-around, back references, and classes such as a word's
letters in a text beyond ASCII, where RE2 knows those of ASCII only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

MAX_SECONDS = 0.1
"""Time that backtracking may take (the mock's own limit)."""
MAX_SIZE = 500
"""Size of an expression for backtracking: its characters, repeated as their counts say."""
_FLAGS = re.IGNORECASE | re.DOTALL
_ASCII_CLASS = re.compile(r"\\[wWdDsSbB]")
_SPACE_BEYOND_RE2 = frozenset("\v\x1c\x1d\x1e\x1f")
_PIECE = re.compile(
    r"\\."
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|(?P<open>\()|(?P<close>\))"
    r"|\{(?P<least>\d*)(?P<range>,)?\d*\}|(?P<plus>\+)|[*?]"
    r"|.",
    re.DOTALL,
)


class PatternTooCostly(Exception):
    """Refusal to match any further, with the reason as a sentence's predicate."""


def matches_whole(pattern: str, text: str) -> bool:
    """Match a whole text, without regard to case; an invalid expression matches nothing.

    Raises:
        PatternTooCostly: The expression passes a bound.
    """
    if not is_valid(pattern):
        return False
    linear = _linear(pattern)
    if linear is not None and _means_the_same(pattern, text):
        return linear.fullmatch(text) is not None
    return _backtracking(pattern, text)


@lru_cache(maxsize=512)
def is_valid(pattern: str) -> bool:
    """Return whether a text is a regular expression."""
    try:
        re.compile(pattern, _FLAGS)
    except (re.error, OverflowError, RecursionError):
        return False
    except FutureWarning:  # an odd set such as `[[]`, where warnings are errors
        return True
    return True


@lru_cache(maxsize=512)
def _linear(pattern: str) -> Any:
    """RE2's expression; None for one that it cannot express."""
    import re2

    options = re2.Options()
    options.case_sensitive, options.dot_nl, options.log_errors = False, True, False
    try:
        # `{,3}` is plain text to RE2
        return None if "{," in pattern else re2.compile(pattern, options)
    except (re2.error, UnicodeError):
        return None


def _means_the_same(pattern: str, text: str) -> bool:
    if not text.isascii():
        return not _ASCII_CLASS.search(pattern) and text.isprintable()
    return _SPACE_BEYOND_RE2.isdisjoint(text)


def _backtracking(pattern: str, text: str) -> bool:
    import regex

    if (size := expanded_size(pattern)) > MAX_SIZE:
        raise PatternTooCostly(
            f"is too large for this mock: {size} characters with its repetitions,"
            f" at most {MAX_SIZE} with look-around, back references or text beyond ASCII"
        )
    try:
        found = regex.fullmatch(pattern, text, int(_FLAGS), timeout=MAX_SECONDS, concurrent=True)
    except TimeoutError:
        raise PatternTooCostly(
            f"takes more than {MAX_SECONDS:g} s for this text; this mock stops there"
        ) from None
    except (regex.error, RecursionError):  # what only `re` takes
        return False
    return found is not None


def expanded_size(pattern: str) -> int:
    """Characters of an expression, each counted as often as it must be repeated.

    `a{3}` counts as three; `a+` as two, since a compiler unrolls it into `aa*`.
    """
    sizes, last = [0], 0
    for piece in _PIECE.finditer(pattern):
        if piece["open"]:
            sizes.append(0)
        elif piece["close"]:
            last = sizes.pop() if len(sizes) > 1 else 0
            sizes[-1] += last
        elif piece["plus"] or piece["least"]:
            least = 1 if piece["plus"] else min(int(piece["least"][:9]), MAX_SIZE + 1)
            factor = max(1, least + 1 if piece["plus"] or piece["range"] else least)
            sizes[-1] += last * (factor - 1)
            last *= factor
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)
