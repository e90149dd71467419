"""A REST collection, declared: list, fetch, page and delete follow from the declaration.

Only what is special about an operation is written out, as a function of the product.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Concatenate, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from msgspec import Struct

from ..core.context import Context
from ..core.errors import NO_REFUSALS, Refusals, Refused, TwilioError
from ..core.parameters import Parameters, folded, read_json_object
from ..core.sids import LENGTH as SID_LENGTH
from ..core.store import Order, R, Store
from .http import FORM, MULTIPART, Reply, Request, last
from .listing import (
    PAGING,
    Filter,
    Filters,
    PageRequest,
    PageSizes,
    Rank,
    Selection,
    fetch_page,
    fetch_ranked,
    read_order,
    read_ordering,
)
from .views import Render

_NAME = re.compile(r"{(\w+)}")
Arguments = Mapping[str, str]
"""Values of the `{Names}` in an operation's path, decoded."""
P = TypeVar("P")
"""The resource that a collection is nested in."""

Action = Callable[[Context, P], None]
"""Acts on a resource, or refuses to."""
Handler = Callable[[Context, Arguments, Request], Reply]
ServiceOf = Callable[[Store, Arguments], str | None]
"""Returns the service that an operation is in."""
Details = Callable[[Context, Sequence[R]], Iterable[dict[str, Any]]]
"""Returns more JSON for each of some items."""
ANY_SERVICE = "any"
"""Stands for the services of all chat users, where an operation looks after them itself."""
EVERY = ("List", "Create", "Fetch", "Update", "Delete")
"""Operations of a collection."""


def for_each(detail: Callable[[Context, R], dict[str, Any]]) -> Details[R]:
    """Return the details of items, of a function of one."""

    def details(ctx: Context, items: Sequence[R]) -> Iterator[dict[str, Any]]:
        return (detail(ctx, item) for item in items)

    return details


@dataclass(frozen=True, slots=True)
class Api:
    """One REST API.

    Attributes:
        host: e.g. `chat.twilio.com`.
        root: First segment of every path, e.g. `/v2`.
        refusals: Its words for what a product refuses.
        users_of: The service whose chat users may call operations open to them.
        sizes: Items a page.
        collections: Those declared within it so far.
    """

    host: str
    root: str
    refusals: Refusals = NO_REFUSALS
    users_of: ServiceOf | None = None
    sizes: PageSizes = field(default_factory=PageSizes)
    collections: list[Collection[Any, Any] | Single[Any, Any]] = field(
        default_factory=list, init=False
    )

    def operations(self) -> list[Operation]:
        """Return the operations of its collections."""
        return [operation for each in self.collections for operation in each.operations()]


class Operation(Struct, frozen=True):
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
        flex_users: Whether a Flex user's token, which has a grant for TaskRouter, is enough.
    """

    name: str
    method: str
    host: str
    path: str
    handle: Handler
    opened_by: str | None = None
    users_of: ServiceOf | None = None
    refusals: Refusals = NO_REFUSALS
    flex_users: bool = False


class _Parent(NamedTuple):
    """A resource that an item is nested in, by its SID alone."""

    sid: str


@dataclass(frozen=True, slots=True)
class Write(Generic[P, R]):
    """A create or update.

    Attributes:
        fields: The parameters it takes.
        run: The product's function; called with the parameters, below the parent that a resource
            is made in or the resource that is changed, if there is one.
        needs_parameters: Refuse a call without any.
        spread: Call `run` with keyword arguments, of what the caller sent.
        json: The parameters are the properties of a JSON body, spelt as declared.
    """

    fields: type[Parameters]
    run: Callable[Concatenate[Context, P, ...], R]
    needs_parameters: bool = False
    spread: bool = False
    json: bool = False

    def perform(self, request: Request, ctx: Context, *above: P) -> R:
        """Call the product's function with the request's parameters, or refuse them."""
        if self.spread and request.is_form and not (self.json or request.query or request.files):
            given = self.fields.plain(request.form)
            if given:
                return self.run(ctx, *above, **given)
        new = self.read(request)
        return self.run(ctx, *above, **new.given()) if self.spread else self.run(ctx, *above, new)

    def read(self, request: Request) -> Any:
        """Return the request's form as one object, or refuse it.

        What is not read is noted; a parameter that is misspelt or in the wrong place is refused.
        """
        if request.query:
            self._ignore(request, request.query, "the query of a POST is not read")
        if self.json:
            sent = read_json_object(request.body.decode("utf-8", "replace"))
            if sent is None:
                raise TwilioError(20001, "The body must be a JSON object")
            return self.fields.read(sent)
        if not self.fields.names.issuperset(request.form):
            unknown = request.form.keys() - self.fields.names
            self._ignore(request, unknown, "no such parameter; names are spelt as in its reference")
        if request.files:
            field = request.files[0].field
            raise TwilioError(20001, f"Invalid parameter {field}: it is a file, not a text")
        form, lists = request.form, self.fields.lists
        if list in map(type, form.values()) or not lists.isdisjoint(form):
            form = {
                name: _listed(value) if name in lists else _listed(value)[-1]
                for name, value in form.items()
            }
        fields = self.fields.read(form)
        if not request.is_form:
            given = request.headers.get("Content-Type", "")[:80]
            raise TwilioError(20001, f"The body must be {FORM} or {MULTIPART}, not {given}")
        if self.needs_parameters and not fields.model_fields_set:
            raise TwilioError(20161, "No parameter to update was given")
        return fields

    def _ignore(self, request: Request, names: Iterable[str], reason: str) -> None:
        request.ignore(names, reason)
        for name in names:
            meant = self.fields.spellings.get(folded(name))
            if meant is not None and meant not in request.form:
                raise TwilioError(
                    20001, f"Missing parameter {meant} in the post body: {name} was given; {reason}"
                )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(slots=True, eq=False)
class Collection(Generic[P, R]):
    """A collection of one API.

    Attributes:
        within: The API, or the collection that it is nested in.
        segment: The collection's path segment, e.g. `Channels`.
        kind: The resource kept.
        render: Its JSON.
        key: The list's key in a page; by default the segment.
        noun: Its name in operation names, e.g. `Channel`; by default the kind's.
        argument: The name of its key in paths below it, as in OpenAPI; by default the noun's SID.
        scope: The field that holds the parent's SID; by default called like the parent's key.
        lookup: Fields that a path key is compared with, in turn.
        inside: Finds the parent where no path names it.
        sizes: Items a page, if they are not those of the API.
    filters: Query parameter -> field to match, or what else it chooses by.
        default: A narrowing of every list, from the names in its query.
        ordered: Whether `Order` may be `desc`.
        orderings: What `Ordering` may name -> the field sorted by.
        rank: An item's place in a list, where that is not the order of arrival.
        created: The status of the answer to a creation.
        create, update, delete: The product's functions, where the API has them.
        guard: Tells whether a chat user may see an item; a list leaves out what it may not.
        hidden: The reason to refuse an item with that a chat user may not see.
        enter: Refuses a chat user that may not look inside a parent; creation has its own rules.
        simulated: Operations that there are, of those that the declaration gives rise to.
        open_to_users: Operations that chat users of the API may call.
        keys_of: Returns the values that a path key stands for, such as SIDs for a name.
        missing: The reason to refuse a key that names no item with, if the API has a code for it.
        item_key: The field that names an item in its URL.
        details: JSON of each of some items that takes more than the item itself to know.
        unlisted: Names of the JSON that are null in a list.
        only: Field values that every item of the collection has.
        version: The field that an item's ETag shows, and that `If-Match` is compared with.
        path: Path of the whole collection, with `{Names}` for the keys of its parents.
    """

    within: Api | Collection[Any, Any]
    segment: str
    kind: type[R]
    render: Render[R]
    key: str = ""
    noun: str = ""
    argument: str = ""
    scope: str | None = None
    lookup: tuple[str, ...] = ("sid",)
    inside: Callable[[Context], P] | None = None
    sizes: PageSizes | None = None
    filters: Filters = field(default_factory=dict)
    default: Filter | None = None
    ordered: bool = False
    orderings: Mapping[str, str] = field(default_factory=dict)
    rank: Rank | None = None
    created: int = 201
    create: Write[P, R] | None = None
    update: Write[R, R] | None = None
    delete: Action[R] | None = None
    guard: Callable[[Context, R], bool] | None = None
    hidden: Enum | None = None
    enter: Action[P] | None = None
    simulated: tuple[str, ...] = EVERY
    open_to_users: tuple[str, ...] = EVERY
    keys_of: Callable[[Context, str], list[str]] | None = None
    missing: Enum | None = None
    item_key: str = "sid"
    details: Details[R] | None = None
    unlisted: tuple[str, ...] = ()
    only: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    api: Api = field(init=False)
    parent: Collection[Any, Any] | None = field(init=False)
    path: str = field(init=False)
    _above: list[str] = field(init=False)
    _template: str = field(init=False)
    _readable: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.within, Api):
            self.api, self.parent = self.within, None
            self.path = f"{self.api.root}/{self.segment}"
        else:
            self.api, self.parent = self.within.api, self.within
            self.path = f"{self.parent.path}/{{{self.parent.argument}}}/{self.segment}"
            self.scope = self.scope or _snake_case(self.parent.argument)
        self.key = self.key or _snake_case(self.segment)
        self.noun = self.noun or self.kind.__name__
        self.argument = self.argument or f"{self.noun}Sid"
        self.api.collections.append(self)
        self._above = _NAME.findall(self.path)[:-1]
        self._template = f"https://{self.api.host}{_NAME.sub('%s', self.path)}"
        sorting = {"Order": self.ordered, "Ordering": bool(self.orderings)}
        self._readable = frozenset(
            {*PAGING, *self.filters, *(name for name, is_read in sorting.items() if is_read)}
        )

    def operations(self) -> list[Operation]:
        """Return the operations that the declaration gives rise to."""
        item = f"{self.path}/{{Sid}}"
        made: list[tuple[str, str, str, Handler]] = [("List", "GET", self.path, self._list)]
        if self.create:
            made.append(("Create", "POST", self.path, partial(self._create, self.create)))
        made.append(("Fetch", "GET", item, self._fetch))
        if self.update:
            made.append(("Update", "POST", item, partial(self._update, self.update)))
        if self.delete:
            made.append(("Delete", "DELETE", item, partial(self._delete, self.delete)))
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
            if verb in self.simulated
        ]

    def resolve(self, ctx: Context, arguments: Arguments, key: str) -> R:
        """Return the resource a path names.

        Raises:
            TwilioError: 20404, it or one of its parents does not exist.
            Refused: With `missing`, it does not exist; or a chat user may not see it.
        """
        above = self.parent
        sought = key if self.keys_of is None else self.keys_of(ctx, key)
        if above is not None and above.parent is None and above.lookup == ("sid",):
            # an item inside a parent at the root proves that the parent exists
            where = {**self.only, str(self.scope): arguments[above.argument]}
        else:
            where = self._where(ctx, self.resolve_parent(ctx, arguments))
        for name in self.lookup:
            if name == "sid" and type(sought) is str and len(sought) != SID_LENGTH:
                continue
            found = ctx.store.find(self.kind, {name: sought, **where})
            if found is not None:
                is_user = ctx.actor.identity is not None
                if self.hidden and is_user and self.guard and not self.guard(ctx, found):
                    raise Refused(self.hidden)
                return found
        self.resolve_parent(ctx, arguments)
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

    def _above_of(self, ctx: Context, arguments: Arguments, item: R) -> Any:
        """Return what an item that was found is nested in, as far as its URL needs it."""
        if self.parent is None or self.scope is None:
            return self.resolve_parent(ctx, arguments)
        return _Parent(getattr(item, self.scope))

    def _where(self, ctx: Context, parent: Any) -> dict[str, Any]:
        if parent is None or self.scope is None:
            return {**self.only}
        if self.enter is not None and ctx.actor.identity is not None:
            self.enter(ctx, parent)
        return {self.scope: parent.sid, **self.only}

    def item_json(self, ctx: Context, arguments: Arguments, parent: Any, item: R) -> dict[str, Any]:
        """Return the JSON of one item."""
        url = self._url(arguments, parent)
        shown = self.render(item, f"{url}/{getattr(item, self.item_key)}")
        if self.details is not None:
            [more] = self.details(ctx, [item])
            shown |= more
        return shown

    def _list(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        parent = self.resolve_parent(ctx, arguments)
        if not self._readable.issuperset(request.query):
            unread = request.query.keys() - self._readable
            request.ignore(unread, "no such parameter of this list")
        chosen = self.select(ctx, parent, request)
        kept: list[tuple[str, str]] = []
        for name in self.filters:
            if name in request.query:
                kept.extend((name, value) for value in _listed(request.query[name]))
        wanted = PageRequest.read(request.query, self.sizes or self.api.sizes)
        order = read_order(request.query) if self.ordered else None
        ordering = last(request.query, "Ordering") if self.orderings else None
        for name, text in (("Order", order), ("Ordering", ordering)):
            if text is not None:
                kept.append((name, text))
        if ordering is None and not chosen.keeps and self.rank is None:
            direction: Order = "desc" if order == "desc" else "asc"
            page = fetch_page(ctx.store, self.kind, chosen.where, wanted, direction)
        else:
            found = filter(chosen.holds, ctx.store.select(self.kind, chosen.where))
            rank = self.rank or read_ordering(self.orderings, ordering)
            page = fetch_ranked(found, wanted, rank)
        url, render, key = self._url(arguments, parent), self.render, self.item_key
        rendered = [render(item, f"{url}/{getattr(item, key)}") for item in page.items]
        if self.details is not None:
            for shown, more in zip(rendered, self.details(ctx, page.items), strict=True):
                shown.update(more)
        if self.unlisted:
            for shown in rendered:
                shown.update(dict.fromkeys(shown.keys() & self.unlisted))
        return Reply(200, page.envelope(self.key, url, kept, rendered))

    def select(self, ctx: Context, parent: Any, request: Request) -> Selection:
        """Return the conditions that a query's filters set for the items of a list."""
        chosen = Selection(self._where(ctx, parent))
        for name, by in self.filters.items():
            if name in request.query:
                chosen.narrow(by, ctx, parent, _listed(request.query[name]))
        if self.default is not None:
            chosen.narrow(self.default, ctx, parent, list(request.query))
        if self.guard is not None and ctx.actor.identity is not None:
            chosen.keeps.append(partial(self.guard, ctx))
        return chosen

    def _url(self, arguments: Arguments, parent: Any) -> str:
        if self.parent is None:
            return self._template
        # the path may name the parent otherwise
        return self._template % (*map(arguments.__getitem__, self._above), parent.sid)

    def _fetch(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        item = self.resolve(ctx, arguments, arguments["Sid"])
        return self._reply(ctx, 200, arguments, self._above_of(ctx, arguments, item), item)

    def _create(
        self, write: Write[P, R], ctx: Context, arguments: Arguments, request: Request
    ) -> Reply:
        parent = self.resolve_parent(ctx, arguments)
        above = () if parent is None else (parent,)
        made = write.perform(request, ctx, *above)
        if not request.needs_document:
            return Reply(self.created)
        return self._reply(ctx, self.created, arguments, parent, made)

    def _update(
        self, write: Write[R, R], ctx: Context, arguments: Arguments, request: Request
    ) -> Reply:
        item = self.resolve(ctx, arguments, arguments["Sid"])
        self.match(item, request)
        changed = write.perform(request, ctx, item)
        if not request.needs_document:
            return Reply(200)
        return self._reply(ctx, 200, arguments, self._above_of(ctx, arguments, changed), changed)

    def _delete(
        self, run: Action[R], ctx: Context, arguments: Arguments, request: Request
    ) -> Reply:
        item = self.resolve(ctx, arguments, arguments["Sid"])
        self.match(item, request)
        run(ctx, item)
        return Reply(204)

    def _reply(
        self, ctx: Context, status: int, arguments: Arguments, parent: Any, item: R
    ) -> Reply:
        version = self.version
        headers = {} if version is None else {"ETag": f'"{getattr(item, version)}"'}
        return Reply(status, self.item_json(ctx, arguments, parent, item), headers)

    def match(self, item: Any, request: Request) -> None:
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


@dataclass(slots=True, eq=False)
class Single(Generic[P, R]):
    """The one resource of its kind at a place, such as a configuration: fetched and updated.

    Attributes:
        within: The API, or the collection that it is nested in.
        segment: The rest of its path, e.g. `Configuration/Webhooks`.
        noun: Its name in operation names.
        find: Returns it; called with the parent, if there is one.
        render: Its JSON, from it and its URL.
        update: The product's function.
    """

    within: Api | Collection[Any, Any]
    segment: str
    noun: str
    find: Callable[..., R]
    render: Callable[[Context, R, str], dict[str, Any]]
    update: Write[R, R]
    api: Api = field(init=False)
    path: str = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.within, Api):
            self.api, above = self.within, self.within.root
        else:
            self.api = self.within.api
            above = f"{self.within.path}/{{{self.within.argument}}}"
        self.path = f"{above}/{self.segment}"
        self.api.collections.append(self)

    def operations(self) -> list[Operation]:
        """Return its operations."""
        return [
            Operation(
                f"{verb}{self.noun}",
                method,
                self.api.host,
                self.path,
                self._answer,
                refusals=self.api.refusals,
            )
            for verb, method in (("Fetch", "GET"), ("Update", "POST"))
        ]

    def _answer(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        within = self.within
        if isinstance(within, Collection):
            found = self.find(ctx, within.resolve(ctx, arguments, arguments[within.argument]))
        else:
            found = self.find(ctx)
        if request.method == "POST":
            found = self.update.perform(request, ctx, found)
        names = {name: quote(text, safe="") for name, text in arguments.items()}
        url = f"https://{self.api.host}{self.path.format_map(names)}"
        return Reply(200, self.render(ctx, found, url))


_NAME = re.compile(r"{(\w+)}")


def _snake_case(words: str) -> str:
    return re.sub(r"\B[A-Z]", r"_\g<0>", words).lower()


def not_found(path: str) -> TwilioError:
    """Return the refusal of a path that names nothing, its version left out as at Twilio."""
    without_version = "/" + path.split("/", 2)[-1]
    return TwilioError(20404, f"The requested resource {without_version} was not found")
