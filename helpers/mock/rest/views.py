"""How a resource becomes JSON: declared field by field, with its URL and links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any

from ..core.clock import iso
from ..core.store import Resource

Render = Callable[[Any, str], dict[str, Any]]
"""Turns a resource and its URL into JSON."""


def view(
    kind: type[Resource],
    *,
    omit: tuple[str, ...] = (),
    rename: Mapping[str, str] | None = None,
    links: tuple[str, ...] | None = None,
    extra: Callable[[Any, str], dict[str, Any]] | None = None,
) -> Render:
    """Render a kind as its fields, dates as ISO 8601, then `url` and `links`.

    Args:
        kind: The resource class.
        omit: Fields this API does not show.
        rename: This API's name for a field.
        links: Sub-collections, each a link below the resource's URL; None leaves `links` out.
        extra: Whatever else this API shows, from the resource and its URL.
    """
    rename = rename or {}
    names = [f.name for f in fields(kind) if f.name not in ("seq", *omit)]
    keys = [rename.get(name, name) for name in names]
    moments = [rename.get(name, name) for name in names if _is_moment(name)]
    values = attrgetter(*names)

    def render(resource: Any, url: str) -> dict[str, Any]:
        shown = dict(zip(keys, values(resource), strict=True))
        for key in moments:
            shown[key] = iso(shown[key])
        shown["url"] = url
        if links is not None:
            shown["links"] = {link: f"{url}/{_segment(link)}" for link in links}
        if extra is not None:
            shown.update(extra(resource, url))
        return shown

    return render


def _is_moment(name: str) -> bool:
    return name.startswith("date_") or name.endswith(("_timestamp", "_date", "_start_time"))


def _segment(link: str) -> str:
    """`user_channels` -> `Channels`: the last word names the sub-collection."""
    return link.rsplit("_", 1)[-1].capitalize()
