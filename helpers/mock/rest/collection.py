"""A REST collection, declared: list, fetch, page and delete follow from the declaration.

Only what is special about an operation is written out, as a function of the product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Concatenate, Generic, TypeVar
from urllib.parse import quote

from ..core.context import Context
from ..core.errors import NO_REFUSALS, NOT_SIMULATED, Refusals, Refused, TwilioError
from ..core.parameters import Parameters, as_moment
from ..core.store import Between, Order, R, Store
from .http import Reply, Request, last
from .listing import (
    Filter,
    Filters,
    ListPage,
    PageRequest,
    PageSizes,
    Rank,
    Selection,
    fetch_page,
    fetch_ranked,
    read_ordering,
)
from .views import Render

Arguments = Mapping[str, str]
"""Values of the `{Names}` in an operation's path, decoded."""
P = TypeVar("P")
"""The resource that a collection is nested in."""

ANY_TIME = Between()
_REST_OF_THE_SECOND = 0.999999
"""Dates are shown and queried in whole seconds, and kept more finely."""

Handler = Callable[[Context, Arguments, Request], Reply]
ServiceOf = Callable[[Store, Arguments], str | None]
"""Returns the service that an operation is in."""
EVERY = ("List", "Create", "Fetch", "Update", "Delete")
"""Operations of a collection."""


@dataclass(frozen=True, slots=True)
class Api:
    """One REST API.

    Attributes:
        host: e.g. `chat.twilio.com`.
        refusals: Its words for what a product refuses.
        users_of: The service whose chat users may call operations open to them.
    """

    host: str
    refusals: Refusals = NO_REFUSALS
    users_of: ServiceOf | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One call an API answers.

    Attributes:
        name: Its operationId in Twilio's OpenAPI documents.
        method: HTTP's.
        host: e.g. `chat.twilio.com`.
        path: With `{Names}`.
        handle: Answers it.
        opened_by: The query parameter, if there is one, that stands in for credentials.
        users_of: The service whose chat users may call it; None where an access token is not
            enough.
        refusals: The API's words for what a product refuses.
    """

    name: str
    method: str
    host: str
    path: str
    handle: Handler
    opened_by: str | None = None
    users_of: ServiceOf | None = None
    refusals: Refusals = NO_REFUSALS


@dataclass(frozen=True, slots=True)
class Write(Generic[P, R]):
    """A create or update.

    Attributes:
        fields: The parameters it takes.
        run: The product's function; called with the parameters, below the parent that a resource
            is made in or the resource that is changed, if there is one.
        needs_parameters: Refuse a call without any.
        spread: Call `run` with keyword arguments, of what the caller sent.
    """

    fields: type[Parameters]
    run: Callable[Concatenate[Context, P, ...], R]
    needs_parameters: bool = False
    spread: bool = False

    def read(self, request: Request) -> Any:
        """Return the request's form as one object, or refuse it."""
        form, lists = request.form, self.fields.lists
        if list in map(type, form.values()) or not lists.isdisjoint(form):
            form = {
                name: _listed(value) if name in lists else _listed(value)[-1]
                for name, value in form.items()
            }
        fields = self.fields.read(form)
        if not request.is_form:
            raise TwilioError(
                20001, "The body must be application/x-www-form-urlencoded, not JSON or other text"
            )
        if self.needs_parameters and not fields.model_fields_set:
            raise TwilioError(20161, "No parameter to update was given")
        return fields


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class Collection(Generic[P, R]):
    """A collection of one API, below a parent or at its root.

    Attributes:
        api: The API.
        segment: The collection's path segment, e.g. `Channels`.
        kind: The resource kept.
        render: Its JSON.
        key: The list's key in a page.
        noun: Its name in operation names, e.g. `Channel`.
        root: Path before the segment where there is no parent, e.g. `/v2`.
        parent: The collection it is nested in.
        scope: The field that holds the parent's SID.
        lookup: Fields that a path key is compared with, in turn.
        argument: The name of its key in paths below it, as in OpenAPI; by default the noun's SID.
        inside: Finds the parent where no path names it.
        sizes: Items a page.
        filters: Query parameter -> field to match, or what else it chooses by.
        periods: Query parameters `NAMEFrom` and `NAMETo` -> date they bound, the bounds included.
        default: A narrowing of every list, from the names in its query.
        ordered: Whether `Order` may be `desc`.
        orderings: What `Ordering` may name -> the field sorted by.
        rank: An item's place in a list, where that is not the order of arrival.
        create, update, delete: The product's functions, where the API has them.
        guard: Refuses a chat user that may not see an item.
        enter: Refuses a chat user that may not look inside a parent; creation has its own rules.
        open_to_users: Operations that chat users of the API may call.
        missing: The reason to refuse a key that names no item with, if the API has a code for it.
        item_key: The field that names an item in its URL.
        detail: JSON that takes more than the resource itself to know.
        in_lists: JSON in a list, where that is another.
        only: Field values that every item of the collection has.
        version: The field that an item's ETag shows, and that `If-Match` is compared with.
        elsewhere: Keys that name no item but operations which are not simulated.
    """

    api: Api
    segment: str
    kind: type[R]
    render: Render[R]
    key: str
    noun: str
    root: str = ""
    parent: Collection[Any, Any] | None = None
    inside: Callable[[Context], P] | None = None
    argument: str = ""
    scope: str | None = None
    lookup: tuple[str, ...] = ("sid",)
    sizes: PageSizes = field(default_factory=PageSizes)
    filters: Filters = field(default_factory=dict)
    periods: Mapping[str, str] = field(default_factory=dict)
    default: Filter | None = None
    ordered: bool = False
    orderings: Mapping[str, str] = field(default_factory=dict)
    rank: Rank | None = None
    create: Write[P, R] | None = None
    update: Write[R, R] | None = None
    delete: Callable[[Context, R], None] | None = None
    guard: Callable[[Context, R], None] | None = None
    enter: Callable[[Context, P], None] | None = None
    open_to_users: tuple[str, ...] = EVERY
    missing: Enum | None = None
    item_key: str = "sid"
    detail: Callable[[Context, R], dict[str, Any]] | None = None
    in_lists: Render[R] | None = None
    only: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    elsewhere: frozenset[str] = frozenset()
    path: str = field(init=False)
    """Path of the whole collection, with `{Names}` for the keys of its parents."""
    _template: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        above = self.parent
        path = f"{self.root}/" if above is None else f"{above.path}/{{{above.argument}}}/"
        object.__setattr__(self, "argument", self.argument or f"{self.noun}Sid")
        object.__setattr__(self, "path", path + self.segment)
        object.__setattr__(self, "_template", f"https://{self.api.host}{self.path}")

    def operations(self) -> list[Operation]:
        """Return every operation that the declaration gives rise to."""
        item = f"{self.path}/{{Sid}}"
        made: list[tuple[str, str, str, Handler | None]] = [
            ("List", "GET", self.path, self._list),
            ("Create", "POST", self.path, self._create if self.create else None),
            ("Fetch", "GET", item, self._fetch),
            ("Update", "POST", item, self._update if self.update else None),
            ("Delete", "DELETE", item, self._delete if self.delete else None),
        ]
        return [
            Operation(
                f"{verb}{self.noun}",
                method,
                self.api.host,
                path,
                handle,
                users_of=self.api.users_of if verb in self.open_to_users else None,
                refusals=self.api.refusals,
            )
            for verb, method, path, handle in made
            if handle is not None
        ]

    def resolve(self, ctx: Context, arguments: Arguments, key: str) -> R:
        """Return the resource a path names.

        Raises:
            TwilioError: 20404, it or one of its parents does not exist.
            Refused: With `missing`, it does not exist; or a chat user may not see it.
        """
        above = self.parent
        if above is not None and above.parent is None and above.lookup == ("sid",):
            # an item inside a parent at the root proves that the parent exists
            where = {**self.only}
            if self.scope is not None:
                where[self.scope] = arguments[above.argument]
        else:
            where = self._within(ctx, self.resolve_parent(ctx, arguments))
        for name in self.lookup:
            found = ctx.store.find(self.kind, {name: key, **where})
            if found is not None:
                if self.guard is not None and ctx.actor.identity is not None:
                    self.guard(ctx, found)
                return found
        self.resolve_parent(ctx, arguments)
        if key in self.elsewhere:
            raise TwilioError(
                NOT_SIMULATED,
                f"{key} of {self.segment} is not simulated by this mock, so it cannot say what"
                f" Twilio would answer; the {self.segment} themselves can be listed",
            )
        if self.missing is not None:
            raise Refused(self.missing, sid=key)
        parents = {name: quote(text, safe="") for name, text in arguments.items()}
        raise not_found(f"{self.path.format_map(parents)}/{key}")

    def resolve_parent(self, ctx: Context, arguments: Arguments) -> Any:
        """Return the resource this collection is nested in, or None at the root."""
        above = self.parent
        if above is None:
            return None if self.inside is None else self.inside(ctx)
        return above.resolve(ctx, arguments, arguments[above.argument])

    def _within(self, ctx: Context, parent: Any) -> dict[str, Any]:
        if parent is None or self.scope is None:
            return {**self.only}
        if self.enter is not None and ctx.actor.identity is not None:
            self.enter(ctx, parent)
        return {self.scope: parent.sid, **self.only}

    def item_json(self, ctx: Context, arguments: Arguments, parent: Any, item: R) -> dict[str, Any]:
        """Return the JSON of one item."""
        url = self._template
        if self.parent is not None:
            url = url.format_map({**arguments, self.parent.argument: parent.sid})
        shown = self.render(item, f"{url}/{getattr(item, self.item_key)}")
        return shown if self.detail is None else shown | self.detail(ctx, item)

    def _list(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        parent = self.resolve_parent(ctx, arguments)
        chosen = Selection(self._within(ctx, parent))
        kept: list[tuple[str, str]] = []
        for name, by in self.filters.items():
            if name in request.query:
                values = _listed(request.query[name])
                chosen.narrow(by, ctx, parent, values)
                kept.extend((name, value) for value in values)
        if self.default is not None:
            chosen.narrow(self.default, ctx, parent, list(request.query))
        self._bound(request, chosen.where, kept)
        page = self._page(ctx, chosen, request, kept)
        url = self._template
        if self.parent is not None:
            url = url.format_map({**arguments, self.parent.argument: parent.sid})
        render, detail = self.in_lists or self.render, self.detail
        rendered = [render(item, f"{url}/{getattr(item, self.item_key)}") for item in page.items]
        if detail is not None:
            for shown, item in zip(rendered, page.items, strict=True):
                shown.update(detail(ctx, item))
        return Reply(200, page.envelope(self.key, url, kept, rendered))

    def _bound(self, request: Request, where: dict[str, Any], kept: list[tuple[str, str]]) -> None:
        """Keep to the periods that the query names."""
        for name, column in self.periods.items():
            bounds = {
                bound: text
                for bound in (f"{name}From", f"{name}To")
                if (text := last(request.query, bound)) is not None
            }
            if bounds:
                low = _moment(bounds, f"{name}From", ANY_TIME.low)
                high = _moment(bounds, f"{name}To", ANY_TIME.high)
                where[column] = Between(low, high + _REST_OF_THE_SECOND)
                kept.extend(bounds.items())

    def _page(
        self, ctx: Context, chosen: Selection, request: Request, kept: list[tuple[str, str]]
    ) -> ListPage:
        wanted = PageRequest.read(request.query, self.sizes)
        order = self._order(request, kept)
        ordering = last(request.query, "Ordering") if self.orderings else None
        if ordering is not None:
            kept.append(("Ordering", ordering))
        if ordering is None and not chosen.keeps and self.rank is None:
            return fetch_page(ctx.store, self.kind, chosen.where, wanted, order)
        found = [item for item in ctx.store.select(self.kind, chosen.where) if chosen.holds(item)]
        return fetch_ranked(found, wanted, self.rank or read_ordering(self.orderings, ordering))

    def _order(self, request: Request, kept: list[tuple[str, str]]) -> Order:
        order = last(request.query, "Order") if self.ordered else None
        if order is None:
            return "asc"
        if order not in ("asc", "desc"):
            raise TwilioError(20001, "Order must be asc or desc")
        kept.append(("Order", order))
        return "asc" if order == "asc" else "desc"

    def _fetch(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        item = self.resolve(ctx, arguments, arguments["Sid"])
        return self._reply(ctx, 200, arguments, self.resolve_parent(ctx, arguments), item)

    def _create(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        write = self.create
        assert write is not None  # operations() lists only what is declared
        parent = self.resolve_parent(ctx, arguments)
        fields = write.read(request)
        if write.spread:
            made = write.run(ctx, parent, **fields.given())
        elif parent is None:
            made = write.run(ctx, fields)
        else:
            made = write.run(ctx, parent, fields)
        return self._reply(ctx, 201, arguments, parent, made)

    def _update(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        write = self.update
        assert write is not None  # operations() lists only what is declared
        item = self.resolve(ctx, arguments, arguments["Sid"])
        self._match(item, request)
        fields = write.read(request)
        if write.spread:
            changed = write.run(ctx, item, **fields.given())
        else:
            changed = write.run(ctx, item, fields)
        return self._reply(ctx, 200, arguments, self.resolve_parent(ctx, arguments), changed)

    def _delete(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        remove = self.delete
        assert remove is not None  # operations() lists only what is declared
        item = self.resolve(ctx, arguments, arguments["Sid"])
        self._match(item, request)
        remove(ctx, item)
        return Reply(204)

    def _reply(
        self, ctx: Context, status: int, arguments: Arguments, parent: Any, item: R
    ) -> Reply:
        version = self.version
        headers = {} if version is None else {"ETag": f'"{getattr(item, version)}"'}
        return Reply(status, self.item_json(ctx, arguments, parent, item), headers)

    def _match(self, item: Any, request: Request) -> None:
        """Refuse a change to an item that has changed since the caller looked (specified)."""
        wanted = request.headers.get("If-Match")
        if wanted is None or self.version is None or wanted.strip() == "*":
            return
        if wanted.strip().removeprefix("W/").strip('"') != str(getattr(item, self.version)):
            raise TwilioError(
                20412,
                f"{self.noun} {getattr(item, self.item_key)} has changed: If-Match {wanted[:40]}"
                " is not its ETag any more; fetch it and try again",
            )


def _moment(bounds: Mapping[str, str], name: str, otherwise: float) -> float:
    try:
        return as_moment(bounds[name]) if name in bounds else otherwise
    except ValueError:
        raise TwilioError(
            20001, f"Invalid parameter {name}: give ISO 8601, e.g. 2026-01-05T09:00:00Z"
        ) from None


def not_found(path: str) -> TwilioError:
    """Return the refusal of a path that names nothing, its version left out as at Twilio."""
    without_version = "/" + path.split("/", 2)[-1]
    return TwilioError(20404, f"The requested resource {without_version} was not found")
