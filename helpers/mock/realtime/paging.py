"""Pages of Sync items, in the two ways in which the SDKs request them.

Newer Sync clients start from a key they have seen, which is included again; Sync 3.0, in the
prebuilt browser bundle, sends nothing but the token of the page before. A token therefore holds
everything: direction, order, size, and the key to continue from, so that items may come and go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from ..core.errors import TwilioError
from ..rest.http import FormValues, last

DEFAULT_SIZE, MAX_SIZE = 50, 100
"""Items a page (observed in the SDKs)."""
_TOKEN = re.compile(
    r"(?P<way>next|previous)\.(?P<order>asc|desc)\.(?P<size>[0-9]{1,3})\.(?P<key>.*)"
)

SyncKey = str | int
SyncItem = tuple[SyncKey, Any]


class SyncRange(NamedTuple):
    """At most `limit` items beyond a key, or from it on; from one end where `start` is None."""

    start: SyncKey | None
    included: bool
    descending: bool
    limit: int


SyncQuery = Callable[[SyncRange], list[SyncItem]]


@dataclass(frozen=True, slots=True)
class SyncPageRequest:
    """A request for one page of items."""

    order: str = "asc"
    size: int = DEFAULT_SIZE
    start: SyncKey | None = None
    included: bool = True
    backwards: bool = False

    def token(self, way: str, key: SyncKey) -> str:
        """The token of the page that continues from `key`."""
        return f"{way}.{self.order}.{self.size}.{quote(str(key), safe='')}"


PageTokens = Mapping[str, str | None]
NO_OTHER_PAGES: PageTokens = {"previous_token": None, "next_token": None}


def read(query: FormValues, *, numbered: bool) -> SyncPageRequest:
    """Read a request's parameters; `numbered` where keys are a list's indexes.

    Raises:
        TwilioError: 20001, a parameter makes no sense.
    """
    token = last(query, "PageToken")
    if token is None:
        start, order = last(query, "From"), last(query, "Order") or "asc"
        if order not in ("asc", "desc"):
            raise TwilioError(20001, "Order must be asc or desc")
        key = None if start is None else read_key(start, numbered=numbered)
        return SyncPageRequest(order, _size(last(query, "PageSize")), key)
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise TwilioError(20001, "PageToken is not one that a page carried")
    return SyncPageRequest(
        order=match["order"],
        size=_size(match["size"]),
        start=read_key(unquote(match["key"]), numbered=numbered),
        included=False,
        backwards=match["way"] == "previous",
    )


def _size(text: str | None) -> int:
    if text is None:
        return DEFAULT_SIZE
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise TwilioError(20001, f"PageSize must be a whole number above 0, not {text[:40]!r}")
    return min(int(text), MAX_SIZE)


def read_key(text: str, *, numbered: bool) -> SyncKey:
    """A map's key, or a list's index.

    Raises:
        TwilioError: 20001, an index is no whole number.
    """
    if not numbered:
        return text
    if not re.fullmatch("[0-9]{1,15}", text):
        raise TwilioError(20001, f"From must be an index, 0 or more, not {text[:40]!r}")
    return int(text)


def fetch(request: SyncPageRequest, query: SyncQuery) -> tuple[list[SyncItem], PageTokens]:
    """Items in the requested order, and the tokens of the pages around them, null where none is."""
    start, size = request.start, request.size
    descending = (request.order == "desc") != request.backwards
    found = query(SyncRange(start, request.included, descending, size + 1))
    ahead, items = len(found) > size, found[:size]
    behind = bool(items and query(SyncRange(items[0][0], False, not descending, 1)))
    if request.backwards:
        items.reverse()
        ahead, behind = behind, ahead
    return items, {
        "previous_token": request.token("previous", items[0][0]) if behind else None,
        "next_token": request.token("next", items[-1][0]) if ahead else None,
    }


def of_mapping(items: Mapping[str, Any], wanted: SyncRange) -> list[SyncItem]:
    """Query items in memory, in the order of their keys."""
    keys = sorted(items, reverse=wanted.descending)
    if wanted.start is not None:
        start = str(wanted.start)
        keys = [
            key
            for key in keys
            if (wanted.included and key == start)
            or (key < start if wanted.descending else key > start)
        ]
    return [(key, items[key]) for key in keys[: wanted.limit]]
