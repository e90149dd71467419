"""Pages of Sync items, by the two ways the SDKs ask for them.

Newer Sync clients ask from a key they have seen, which is included again; Sync 3.0, in the
prebuilt browser bundle, sends nothing but the token it was given. A token therefore holds all:
direction, order, size, and the key it goes on from, so that items may come and go meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, unquote

from ..core.errors import TwilioError
from ..rest.http import FormValues, last

DEFAULT, MOST = 50, 100
"""Items a page (observed in the SDKs)."""
_TOKEN = re.compile(
    r"(?P<way>next|previous)\.(?P<order>asc|desc)\.(?P<size>[0-9]{1,3})\.(?P<key>.*)"
)
_INDEX = re.compile(r"[0-9]{1,15}\Z")

SyncKey = str | int
SyncItem = tuple[SyncKey, Any]


class SyncQuery(Protocol):
    """Reads items beyond a key (or from it on), in one direction."""

    def __call__(
        self, start: SyncKey | None, *, included: bool, descending: bool, limit: int
    ) -> list[SyncItem]:
        """At most `limit` items, beginning at one end where `start` is None."""
        ...


@dataclass(frozen=True, slots=True)
class SyncPageRequest:
    """Which page of items was asked for."""

    order: str = "asc"
    size: int = DEFAULT
    start: SyncKey | None = None
    included: bool = True
    backwards: bool = False

    def token(self, way: str, key: SyncKey) -> str:
        """What a client goes on with from `key`."""
        return f"{way}.{self.order}.{self.size}.{quote(str(key), safe='')}"


@dataclass(frozen=True, slots=True)
class SyncPage:
    """Items in the order asked for, and the tokens of the pages around them."""

    items: list[SyncItem]
    previous_token: str | None
    next_token: str | None

    @property
    def meta(self) -> Mapping[str, str | None]:
        """As Sync answers it."""
        return {"previous_token": self.previous_token, "next_token": self.next_token}


def read(query: FormValues, *, numbered: bool) -> SyncPageRequest:
    """Which page a request asks for; `numbered` where keys are a list's indexes.

    Raises:
        TwilioError: 20001, a parameter makes no sense.
    """
    token = last(query, "PageToken")
    if token is not None:
        return _read_token(token, numbered)
    order = last(query, "Order") or "asc"
    start = last(query, "From")
    if order not in ("asc", "desc"):
        raise TwilioError(20001, "Order must be asc or desc")
    return SyncPageRequest(order, _size(last(query, "PageSize")), start and _key(start, numbered))


def _read_token(token: str, numbered: bool) -> SyncPageRequest:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise TwilioError(20001, "PageToken is not one that a page carried")
    return SyncPageRequest(
        order=match["order"],
        size=_size(match["size"]),
        start=_key(unquote(match["key"]), numbered),
        included=False,
        backwards=match["way"] == "previous",
    )


def _size(text: str | None) -> int:
    if text is None:
        return DEFAULT
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise TwilioError(20001, f"PageSize must be a whole number above 0, not {text[:40]!r}")
    return min(int(text), MOST)


def _key(text: str, numbered: bool) -> SyncKey:
    if not numbered:
        return text
    if not _INDEX.match(text):
        raise TwilioError(20001, f"From must be an index, 0 or more, not {text[:40]!r}")
    return int(text)


def fetch(asked: SyncPageRequest, query: SyncQuery) -> SyncPage:
    """One page; a token is null where nothing lies on that side."""
    descending = (asked.order == "desc") != asked.backwards
    found = query(asked.start, included=asked.included, descending=descending, limit=asked.size + 1)
    more, items = len(found) > asked.size, found[: asked.size]
    if not items:
        return SyncPage([], None, None)
    behind = bool(query(items[0][0], included=False, descending=not descending, limit=1))
    if asked.backwards:
        items.reverse()
        more, behind = behind, more
    return SyncPage(
        items,
        asked.token("previous", items[0][0]) if behind else None,
        asked.token("next", items[-1][0]) if more else None,
    )


def only(asked: SyncPageRequest, query: SyncQuery) -> SyncPage:
    """The one item that a page would start from, if it is there."""
    found = query(asked.start, included=True, descending=False, limit=1)
    return SyncPage([item for item in found if item[0] == asked.start], None, None)


def within(items: Mapping[str, Any]) -> SyncQuery:
    """A query of items that are all at hand, in the order of their keys."""

    def query(
        start: SyncKey | None, *, included: bool, descending: bool, limit: int
    ) -> list[SyncItem]:
        keys = sorted(items, reverse=descending)
        if start is not None:
            keys = [key for key in keys if _is_beyond(key, str(start), descending, included)]
        return [(key, items[key]) for key in keys[:limit]]

    return query


def _is_beyond(key: str, start: str, descending: bool, included: bool) -> bool:
    if key == start:
        return included
    return key < start if descending else key > start
