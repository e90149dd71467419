"""Pages as Twilio's newer APIs send them: a list under its key, and a `meta` with links.

A page token stands for a place in the order of arrival, not for a count, so a list can be paged
while items come and go: each is visited once. (The token's format is the mock's own; Twilio
documents it as opaque.)

A list that is filtered or sorted by what only Python can tell is read whole; a place in it is then
the sort key of its last item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, field

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import as_moment
from ..core.store import Between, Order, R, Store, Where
from .http import FormValues, last

_TOKEN = re.compile(r"P(?P<way>[AB])(?P<seq>[0-9a-f]{1,15})\Z")
_RANKED_TOKEN = re.compile(r"P(?P<way>[AB])R(?P<rank>(?:[0-9a-f]{2}){1,200})\Z")

PAGING = ("PageSize", "Page", "PageToken")
"""Query parameters of every list."""
Keep = Callable[[Any], bool]
"""Returns True for an item that belongs to a list."""
Rank = Callable[[Any], tuple[float, ...]]
"""Returns an item's place in a list; lower is earlier."""


class PageSizes(Struct, frozen=True):
    """Items of a page by default, and at the most.

    Where `absolute` is False, a page beyond the first is only reached by the token of a link.
    """

    default: int = 50
    maximum: int = 100
    absolute: bool = True


class PageRequest(Struct, frozen=True):
    """The page that a query names."""

    number: int
    size: int
    token: str | None

    @classmethod
    def read(cls, query: FormValues, sizes: PageSizes) -> PageRequest:
        """Read PageSize, Page and PageToken.

        A PageSize above the maximum counts as the maximum, since the helper libraries send up to
        1000 whatever the resource (observed); one below 1 is refused with 20007 (inferred).

        Raises:
            TwilioError: 20007 or 20001, a number is not acceptable; 40153, a page number without
                a token where the API needs one (documented).
        """
        size = _number(last(query, "PageSize"), "PageSize", sizes.default)
        if size < 1:
            raise TwilioError(20007, f"PageSize must be 1 to {sizes.maximum}")
        number = _number(last(query, "Page"), "Page", 0)
        if number < 0:
            raise TwilioError(20001, "Page must not be negative")
        token = last(query, "PageToken")
        if number and token is None and not sizes.absolute:
            raise TwilioError(40153, "Page needs the PageToken of a link; follow next_page_url")
        return cls(number, min(size, sizes.maximum), token)


def _number(text: str | None, name: str, default: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise TwilioError(20001, f"{name} must be a whole number, not {text[:40]!r}")
    return int(text)


class ListPage(Struct, frozen=True):
    """One page's items, with what lies on either side."""

    items: list[Any]
    request: PageRequest
    has_previous: bool
    has_next: bool
    rank: Rank | None = None

    def envelope(
        self, key: str, url: str, filters: list[tuple[str, str]], rendered: list[Any]
    ) -> dict[str, Any]:
        """The JSON of the page; filters are kept in every link."""
        start = f"{url}?{urlencode(filters)}&" if filters else f"{url}?"
        start += f"PageSize={self.request.size}&Page="

        def link(number: int, token: str | None = None) -> str:
            return f"{start}{number}" if token is None else f"{start}{number}&PageToken={token}"

        number = self.request.number
        previous, following = self.previous_token, self.next_token
        meta = {
            "page": number,
            "page_size": self.request.size,
            "first_page_url": link(0),
            "previous_page_url": link(max(0, number - 1), previous) if previous else None,
            "url": link(number, self.request.token),
            "next_page_url": link(number + 1, following) if following else None,
            "key": key,
        }
        return {"meta": meta, key: rendered}

    @property
    def previous_token(self) -> str | None:
        """Token of the page before; None where this is the first."""
        return self._token("B", self.items[0]) if self.has_previous else None

    @property
    def next_token(self) -> str | None:
        """Token of the page after; None where this is the last."""
        return self._token("A", self.items[-1]) if self.has_next else None

    def _token(self, way: str, item: Any) -> str:
        if self.rank is None:
            return f"P{way}{item.seq:x}"
        return f"P{way}R{json.dumps(self.rank(item)).encode().hex()}"


def fetch_page(
    store: Store, kind: type[R], where: Where, request: PageRequest, order: Order = "asc"
) -> ListPage:
    """Read one page of a kind, in order of arrival or against it.

    Raises:
        TwilioError: 20001, the token is not one that a page link carried.
    """
    size = request.size
    if request.token is None:
        offset = request.number * size
        items = store.select(kind, where, order=order, limit=size + 1, offset=offset)
        page = items[:size]
        return ListPage(page, request, bool(page) and offset > 0, len(items) > size)
    match = _match(_TOKEN, request.token)
    is_forward, seq = match["way"] == "A", int(match["seq"], 16)
    direction: Order = "asc" if is_forward == (order == "asc") else "desc"
    after, before = (seq, None) if direction == "asc" else (None, seq)
    items = store.select(kind, where, order=direction, after=after, before=before, limit=size + 1)
    has_more, page = len(items) > size, items[:size]
    if is_forward:
        return ListPage(page, request, bool(page), has_more)
    return ListPage(page[::-1], request, has_more, bool(page))


def fetch_ranked(items: Iterable[Any], request: PageRequest, rank: Rank) -> ListPage:
    """Return one page of items that were read whole, sorted by `rank`, which no two share.

    Raises:
        TwilioError: 20001, the token is not one that a page link carried.
    """
    ranked, size = sorted(items, key=rank), request.size
    if request.token is None:
        start = request.number * size
        end = start + size
    else:
        match = _match(_RANKED_TOKEN, request.token)
        try:
            place = tuple(float(each) for each in json.loads(bytes.fromhex(match["rank"])))
        except (ValueError, TypeError):
            raise _bad_token() from None
        if match["way"] == "A":
            start = sum(1 for item in ranked if rank(item) <= place)
            end = start + size
        else:
            end = sum(1 for item in ranked if rank(item) < place)
            start = max(0, end - size)
    page = ranked[start:end]
    return ListPage(page, request, bool(page) and start > 0, end < len(ranked), rank)


def _match(pattern: re.Pattern[str], token: str) -> re.Match[str]:
    if match := pattern.match(token):
        return match
    raise _bad_token()


def _bad_token() -> TwilioError:
    return TwilioError(20001, "PageToken is not valid; follow next_page_url as it is")


Narrowing = Mapping[str, Any] | Keep
"""Field values to match, or a test of each item."""

Filter = Callable[[Context, Any, list[str]], Narrowing]
"""Returns what values of a parameter narrow a list to; called with the list's parent."""

Filters = Mapping[str, str | Filter]
_REST_OF_THE_SECOND = 0.999999
"""Dates are shown and queried in whole seconds, and kept more finely."""


def from_date(column: str, name: str) -> Filter:
    """Keep to the date that the parameter `name` gives, or later."""
    return lambda ctx, parent, values: {column: Between(low=_moment(name, values[-1]))}


def to_date(column: str, name: str) -> Filter:
    """Keep to the second that the parameter `name` gives, or earlier."""

    def narrow(ctx: Context, parent: Any, values: list[str]) -> Narrowing:
        return {column: Between(high=_moment(name, values[-1]) + _REST_OF_THE_SECOND)}

    return narrow


def _moment(name: str, text: str) -> float:
    try:
        return as_moment(text)
    except ValueError:
        raise TwilioError(
            20001, f"Invalid parameter {name}: give ISO 8601, e.g. 2026-01-05T09:00:00Z"
        ) from None


class Selection(Struct):
    """Conditions that an item must meet: those the store can test, and those only Python can."""

    where: dict[str, Any]
    keeps: list[Keep] = field(default_factory=list)

    def narrow(self, by: str | Filter, ctx: Context, parent: Any, values: list[str]) -> None:
        """Add a condition."""
        chosen = {by: values} if isinstance(by, str) else by(ctx, parent, values)
        if isinstance(chosen, Mapping):
            for column, allowed in chosen.items():
                before = self.where.get(column)
                if isinstance(before, list) and isinstance(allowed, list):
                    self.where[column] = [value for value in before if value in allowed]
                elif isinstance(before, Between) and isinstance(allowed, Between):
                    low, high = max(before.low, allowed.low), min(before.high, allowed.high)
                    self.where[column] = Between(low, high)
                else:
                    self.where[column] = allowed
        else:
            self.keeps.append(chosen)

    def holds(self, item: Any) -> bool:
        """Return whether an item that the store found meets the other conditions as well."""
        return all(keep(item) for keep in self.keeps)


def read_order(query: FormValues) -> str | None:
    """Return the `Order` of a query, or None.

    Raises:
        TwilioError: 20001, it is no order.
    """
    order = last(query, "Order")
    if order not in (None, "asc", "desc"):
        raise TwilioError(20001, "Order must be asc or desc")
    return order


def read_ordering(orderings: Mapping[str, str], text: str | None) -> Rank:
    """`Priority:desc,DateCreated:asc` as a sort key; ties are in the order the last part says.

    Raises:
        TwilioError: 20001, a part names nothing to sort by, or another direction.
    """
    parts = []
    for part in filter(None, (text or "").split(",")):
        name, _, way = part.strip().partition(":")
        if name not in orderings or way not in ("", "asc", "desc"):
            takes = f"Ordering takes {', '.join(orderings)}, each with :asc or :desc"
            raise TwilioError(20001, f"{takes}; got {part!r}")
        parts.append((orderings[name], -1 if way == "desc" else 1))
    parts.append(("seq", parts[-1][1] if parts else 1))

    def rank(item: Any) -> tuple[float, ...]:
        return tuple(sign * getattr(item, column) for column, sign in parts)

    return rank
