"""How a resource becomes JSON: declared field by field, with its URL and links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

from ..core.clock import iso_second
from ..core.store import Resource

R = TypeVar("R", bound=Resource)
Render = Callable[[R, str], dict[str, Any]]
"""Turns a resource and its URL into JSON."""
DATES = ("date_created", "date_updated")


def view(
    kind: type[R],
    *,
    omit: tuple[str, ...] = (),
    rename: Mapping[str, str] | None = None,
    repeat: Mapping[str, str] | None = None,
    dates: tuple[str, ...] = (),
    firsts: tuple[str, ...] = (),
    links: Mapping[str, str] | None = None,
    extra: Callable[[R, str], dict[str, Any]] | None = None,
) -> Render[R]:
    """Render a kind as its fields, those dates last, as ISO 8601, then `url` and `links`.

    Args:
        kind: The resource class.
        omit: Fields this API does not show.
        rename: This API's name for a field.
        repeat: A further name of this API -> the field it shows again.
        dates: Fields that are dates, besides those of creation and update.
        firsts: Fields that hold a list, of which this API shows the first item.
        links: Name of each link -> path segment below the resource's URL; None leaves `links` out.
        extra: More that this API shows, from the resource and its URL.
    """
    rename, repeat = rename or {}, repeat or {}
    shown_fields = [name for name in kind.__struct_fields__ if name not in ("seq", *omit)]
    names = sorted(shown_fields, key=DATES.__contains__)
    keys = [*(rename.get(name, name) for name in names), *repeat]
    names.extend(repeat.values())
    moments = [key for key, name in zip(keys, names, strict=True) if name in (*DATES, *dates)]
    values = attrgetter(*names)
    blank = dict.fromkeys((*keys, "url"))  # with room for all: filling it is faster than growing
    below = None if links is None else [(name, f"/{segment}") for name, segment in links.items()]

    def render(resource: R, url: str) -> dict[str, Any]:
        shown: dict[str, Any] = blank.copy()
        shown.update(zip(keys, values(resource), strict=True))
        for key in moments:
            if (moment := shown[key]) is not None:
                shown[key] = iso_second(int(moment))
        for key in firsts:
            shown[key] = shown[key][0] if shown[key] else None
        shown["url"] = url
        if below is not None:
            shown["links"] = linked = {}
            for name, segment in below:  # no comprehension, which is a call
                linked[name] = url + segment
        if extra is not None:
            shown.update(extra(resource, url))
        return shown

    return render
