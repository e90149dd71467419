"""Pages as Twilio's newer APIs send them: a list under its key, and a `meta` with links.

A page token stands for a place in the order of arrival, not for a count, so a list can be paged
while items come and go: each is visited once. (The token's format is the mock's own; Twilio
documents it as opaque.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..errors import TwilioError
from ..store import Order, R, Store, Where
from .http import Parameters, last

_TOKEN = re.compile(r"P(?P<way>[AB])(?P<seq>[0-9a-f]{1,15})\Z")


@dataclass(frozen=True, slots=True)
class PageSizes:
    """How many items a page holds by default, and at the most."""

    default: int = 50
    maximum: int = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page was asked for."""

    number: int
    size: int
    token: str | None

    @classmethod
    def read(cls, query: Parameters, sizes: PageSizes) -> Asked:
        """Read PageSize, Page and PageToken.

        A PageSize above the maximum counts as the maximum, since the helper libraries send up to
        1000 whatever the resource (observed); one below 1 is refused with 20007 (inferred).
        """
        size = _number(last(query, "PageSize"), "PageSize", sizes.default)
        if size < 1:
            raise TwilioError(20007, f"PageSize must be 1 to {sizes.maximum}")
        number = _number(last(query, "Page"), "Page", 0)
        if number < 0:
            raise TwilioError(20001, "Page must not be negative")
        return cls(number, min(size, sizes.maximum), last(query, "PageToken"))


def _number(text: str | None, name: str, default: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise TwilioError(20001, f"{name} must be a whole number, not {text[:40]!r}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """One page's items, with what lies on either side."""

    items: list[Any]
    asked: Asked
    has_previous: bool
    has_next: bool

    def envelope(
        self, key: str, url: str, filters: list[tuple[str, str]], rendered: list[Any]
    ) -> dict[str, Any]:
        """The JSON of the page; filters are kept in every link."""

        def link(number: int, token: str | None = None) -> str:
            query = [*filters, ("PageSize", str(self.asked.size)), ("Page", str(number))]
            if token is not None:
                query.append(("PageToken", token))
            return f"{url}?{urlencode(query)}"

        number = self.asked.number
        meta = {
            "page": number,
            "page_size": self.asked.size,
            "first_page_url": link(0),
            "previous_page_url": (
                link(max(0, number - 1), _token("B", self.items[0])) if self.has_previous else None
            ),
            "url": link(number, self.asked.token),
            "next_page_url": link(number + 1, _token("A", self.items[-1]))
            if self.has_next
            else None,
            "key": key,
        }
        return {"meta": meta, key: rendered}


def _token(way: str, item: Any) -> str:
    return f"P{way}{item.seq:x}"


def fetch(store: Store, kind: type[R], where: Where, asked: Asked, order: Order = "asc") -> Page:
    """Read one page of a kind, in order of arrival or against it.

    Raises:
        TwilioError: 20001, the token is not one that a page link carried.
    """
    if asked.token is None:
        return _by_number(store, kind, where, asked, order)
    match = _TOKEN.match(asked.token)
    if match is None:
        raise TwilioError(20001, "PageToken is not valid; follow next_page_url as it is")
    return _by_token(store, kind, where, asked, order, match["way"], int(match["seq"], 16))


def _by_number(store: Store, kind: type[R], where: Where, asked: Asked, order: Order) -> Page:
    offset = asked.number * asked.size
    items = store.select(kind, where, order=order, limit=asked.size + 1, offset=offset)
    page = items[: asked.size]
    return Page(page, asked, bool(page) and offset > 0, len(items) > asked.size)


def _by_token(  # noqa: PLR0913, PLR0917 - the page asked for, part by part
    store: Store, kind: type[R], where: Where, asked: Asked, order: Order, way: str, seq: int
) -> Page:
    forward = way == "A"
    direction: Order = order if forward else ("desc" if order == "asc" else "asc")
    bound = {"after": seq} if direction == "asc" else {"before": seq}
    items = store.select(kind, where, order=direction, limit=asked.size + 1, **bound)
    more, page = len(items) > asked.size, items[: asked.size]
    if forward:
        return Page(page, asked, bool(page), more)
    return Page(page[::-1], asked, more, bool(page))
