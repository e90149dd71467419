"""A REST collection, declared: list, fetch, page and delete follow from the declaration.

Only what is special about an operation is written out, as a function of the product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ..core.context import Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import Parameters, as_moment
from ..core.store import Between, Order, Resource
from .http import Reply, Request, last
from .listing import (
    Filter,
    Filters,
    Page,
    PageRequest,
    PageSizes,
    Selection,
    fetch_page,
    fetch_ranked,
    read_ordering,
)
from .views import Render

Arguments = Mapping[str, str]
"""Values of the `{Names}` in an operation's path, decoded."""

ANY_TIME = Between()
_REST_OF_THE_SECOND = 0.999999
"""Dates are shown and asked for in whole seconds, and kept more finely."""

Handler = Callable[[Context, Arguments, Request], Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call an API answers.

    `name` is its operationId in Twilio's OpenAPI documents; `opened_by` is the query parameter, if
    there is one, that stands in for credentials.
    """

    name: str
    method: str
    host: str
    path: str
    handle: Handler
    opened_by: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """A create or update: the parameters it takes and the product function that does it.

    `rename` maps this API's parameter names to those the product's fields would have.
    """

    fields: type[Parameters]
    run: Callable[..., Any]
    rename: Mapping[str, str] = field(default_factory=dict)
    status: int = 201
    needs_parameters: bool = False

    def read(self, request: Request) -> Any:
        """The request's form as one object, or a refusal."""
        form = _shaped(self.fields, request.form)
        for theirs, ours in self.rename.items():
            form.pop(ours, None)
            if theirs in form:
                form[ours] = form.pop(theirs)
        fields = self.fields.read(form)
        if not request.is_form:
            raise TwilioError(
                20001, "The body must be application/x-www-form-urlencoded, not JSON or other text"
            )
        if self.needs_parameters and not fields.model_fields_set:
            raise TwilioError(20161, "No parameter to update was given")
        return fields


def _shaped(fields: type[Parameters], form: Mapping[str, Any]) -> dict[str, Any]:
    """Repeated names become lists only where the field is one."""
    shaped = dict(form)
    lists = _list_names(fields)
    if lists or list in map(type, shaped.values()):
        for name, value in form.items():
            shaped[name] = _listed(value) if name in lists else _single(value)
    return shaped


_LISTS: dict[type[Parameters], frozenset[str]] = {}


def _list_names(fields: type[Parameters]) -> frozenset[str]:
    if fields not in _LISTS:
        _LISTS[fields] = frozenset(
            info.alias or name
            for name, info in fields.model_fields.items()
            if "list[" in str(info.annotation)
        )
    return _LISTS[fields]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _single(value: Any) -> Any:
    return value[-1] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of one API, below a parent or at its root.

    Args:
        host: e.g. `chat.twilio.com`.
        segment: The collection's path segment, e.g. `Channels`.
        kind: The resource kept.
        render: Its JSON.
        key: The list's key in a page.
        noun: Its name in operation names, e.g. `Channel`.
        root: Path before the segment where there is no parent, e.g. `/v2`.
        parent: The collection it is nested in.
        scope: The field that holds the parent's SID.
        lookup: Fields that a path key is compared with, in turn.
        argument: The path's name for a parent's SID, as in OpenAPI.
        sizes: Items a page.
        filters: Query parameter -> field to match, or what else it chooses by.
        periods: Query parameters `NAMEFrom` and `NAMETo` -> date they bound, the bounds included.
        default: What a list is narrowed to besides, from the names in its query.
        ordered: Whether `Order` may be `desc`.
        orderings: What `Ordering` may name -> the field sorted by.
        create, update, delete: The product's functions, where the API has them.
        guard: Refuses a caller that may not see an item.
        enter: Refuses a caller that may not look inside a parent; creation has its own rules.
        item_key: The field that names an item in its URL.
        detail: JSON that takes more than the resource itself to know.
        in_lists: Its JSON in a list, where that is another.
        only: Field values that every item of the collection has.
        version: The field that an item's ETag shows, and that `If-Match` is compared with.
        elsewhere: Keys that name no item but operations which are not simulated.
    """

    host: str
    segment: str
    kind: type[Resource]
    render: Render
    key: str
    noun: str
    root: str = ""
    parent: Collection | None = None
    scope: str | None = None
    lookup: tuple[str, ...] = ("sid",)
    sizes: PageSizes = field(default_factory=PageSizes)
    filters: Filters = field(default_factory=dict)
    periods: Mapping[str, str] = field(default_factory=dict)
    default: Filter | None = None
    ordered: bool = False
    orderings: Mapping[str, str] = field(default_factory=dict)
    create: Write | None = None
    update: Write | None = None
    delete: Callable[[Context, Any], None] | None = None
    guard: Callable[[Context, Any], None] | None = None
    enter: Callable[[Context, Any], None] | None = None
    item_key: str = "sid"
    detail: Callable[[Context, Any], dict[str, Any]] | None = None
    in_lists: Render | None = None
    only: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    elsewhere: frozenset[str] = frozenset()
    path: str = field(init=False)
    """Path of the whole collection, with `{Names}` for the keys of its parents."""
    _template: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        above = self.parent
        path = f"{self.root}/" if above is None else f"{above.path}/{{{above.argument}}}/"
        object.__setattr__(self, "path", path + self.segment)
        template = f"https://{self.host}{self.path}"
        object.__setattr__(self, "_template", template)

    @property
    def argument(self) -> str:
        """The path's name for this collection's key when something is nested below it."""
        return f"{self.noun}Sid"

    def operations(self) -> list[Operation]:
        """Every operation that the declaration gives rise to."""
        item = f"{self.path}/{{Sid}}"
        made: list[tuple[str, str, str, Handler | None]] = [
            (f"List{self.noun}", "GET", self.path, self._list),
            (f"Create{self.noun}", "POST", self.path, self._create if self.create else None),
            (f"Fetch{self.noun}", "GET", item, self._fetch),
            (f"Update{self.noun}", "POST", item, self._update if self.update else None),
            (f"Delete{self.noun}", "DELETE", item, self._delete if self.delete else None),
        ]
        return [
            Operation(name, method, self.host, path, handle)
            for name, method, path, handle in made
            if handle is not None
        ]

    def resolve(self, ctx: Context, arguments: Arguments, key: str) -> Any:
        """The resource a path names.

        Raises:
            TwilioError: 20404, it or one of its parents does not exist.
        """
        where = self._scope(ctx, arguments)
        for name in self.lookup:
            found = ctx.store.find(self.kind, {name: key, **where})
            if found is not None:
                if self.guard is not None:
                    self.guard(ctx, found)
                return found
        self.resolve_parent(ctx, arguments)
        if key in self.elsewhere:
            raise TwilioError(
                NOT_SIMULATED,
                f"{key} of {self.segment} is not simulated by this mock, so it cannot say what"
                f" Twilio would answer; the {self.segment} themselves can be listed",
            )
        raise not_found(f"{self._url_path(arguments)}/{key}")

    def resolve_parent(self, ctx: Context, arguments: Arguments) -> Any:
        """The resource this collection is nested in, or None at the root."""
        if self.parent is None:
            return None
        return self.parent.resolve(ctx, arguments, arguments[self.parent.argument])

    def _scope(self, ctx: Context, arguments: Arguments) -> dict[str, Any]:
        """Conditions that keep a query inside the parent.

        What is found inside a parent at the root proves that the parent exists, so it is not
        looked up.
        """
        above = self.parent
        if above is not None and above.parent is None and above.lookup == ("sid",):
            scope = {self.scope: arguments[above.argument]} if self.scope else {}
            return {**scope, **self.only}
        return self._within(ctx, self.resolve_parent(ctx, arguments))

    def _within(self, ctx: Context, parent: Any) -> dict[str, Any]:
        if parent is None or self.scope is None:
            return {**self.only}
        if self.enter is not None:
            self.enter(ctx, parent)
        return {self.scope: parent.sid, **self.only}

    def _url_path(self, arguments: Arguments) -> str:
        return self.path.format_map({n: quote(v, safe="") for n, v in arguments.items()})

    def url(self, arguments: Arguments, parent: Any) -> str:
        """Absolute URL of the collection, its parent named by SID."""
        if self.parent is None:
            return self._template
        return self._template.format_map({**arguments, self.parent.argument: parent.sid})

    def item_json(
        self, ctx: Context, arguments: Arguments, parent: Any, item: Any
    ) -> dict[str, Any]:
        """JSON of one item."""
        return self._shown(ctx, item, self.url(arguments, parent), self.render)

    def _shown(self, ctx: Context, item: Any, base: str, render: Render) -> dict[str, Any]:
        shown = render(item, f"{base}/{getattr(item, self.item_key)}")
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
        url = self.url(arguments, parent)
        render = self.in_lists or self.render
        rendered = [self._shown(ctx, item, url, render) for item in page.items]
        return Reply(200, page.envelope(self.key, url, kept, rendered))

    def _bound(self, request: Request, where: dict[str, Any], kept: list[tuple[str, str]]) -> None:
        """Keep to the periods that are asked for."""
        for name, column in self.periods.items():
            asked = {
                bound: text
                for bound in (f"{name}From", f"{name}To")
                if (text := last(request.query, bound)) is not None
            }
            if asked:
                low = _moment(asked, f"{name}From", ANY_TIME.low)
                high = _moment(asked, f"{name}To", ANY_TIME.high)
                where[column] = Between(low, high + _REST_OF_THE_SECOND)
                kept.extend(asked.items())

    def _page(
        self, ctx: Context, chosen: Selection, request: Request, kept: list[tuple[str, str]]
    ) -> Page:
        asked = PageRequest.read(request.query, self.sizes)
        order = self._order(request, kept)
        ordering = last(request.query, "Ordering") if self.orderings else None
        if ordering is not None:
            kept.append(("Ordering", ordering))
        if ordering is None and not chosen.keeps:
            return fetch_page(ctx.store, self.kind, chosen.where, asked, order)
        found = [item for item in ctx.store.select(self.kind, chosen.where) if chosen.holds(item)]
        return fetch_ranked(found, asked, read_ordering(self.orderings, ordering))

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
        return Reply(200, self._json(ctx, arguments, item), self._headers(item))

    def _create(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        write = self.create
        assert write is not None  # operations() lists only what is declared
        parent = self.resolve_parent(ctx, arguments)
        fields = write.read(request)
        made = write.run(ctx, fields) if parent is None else write.run(ctx, parent, fields)
        shown = self.item_json(ctx, arguments, parent, made)
        return Reply(write.status, shown, self._headers(made))

    def _update(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        write = self.update
        assert write is not None  # operations() lists only what is declared
        item = self.resolve(ctx, arguments, arguments["Sid"])
        self._match(item, request)
        changed = write.run(ctx, item, write.read(request))
        return Reply(write.status, self._json(ctx, arguments, changed), self._headers(changed))

    def _delete(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        remove = self.delete
        assert remove is not None  # operations() lists only what is declared
        item = self.resolve(ctx, arguments, arguments["Sid"])
        self._match(item, request)
        remove(ctx, item)
        return Reply(204)

    def _headers(self, item: Any) -> Mapping[str, str]:
        return {} if self.version is None else {"ETag": f'"{getattr(item, self.version)}"'}

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

    def _json(self, ctx: Context, arguments: Arguments, item: Any) -> dict[str, Any]:
        return self.item_json(ctx, arguments, self.resolve_parent(ctx, arguments), item)


def _moment(asked: Mapping[str, str], name: str, otherwise: float) -> float:
    try:
        return as_moment(asked[name]) if name in asked else otherwise
    except ValueError:
        raise TwilioError(
            20001, f"Invalid parameter {name}: give ISO 8601, e.g. 2026-01-05T09:00:00Z"
        ) from None


def not_found(path: str) -> TwilioError:
    """Twilio's refusal of a path that names nothing; the version is left out, as at Twilio."""
    without_version = "/" + path.split("/", 2)[-1]
    return TwilioError(20404, f"The requested resource {without_version} was not found")
