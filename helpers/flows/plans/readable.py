"""Changes of values in words that read: of a Studio flow by widget, of a workflow by filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...masking import mask as masked

WIDGETS, FILTERS, TARGETS, TRANSITIONS = "states", "filters", "targets", "transitions"
DEFAULT_FILTER = "default_filter"
PARTS = {WIDGETS: "widget", FILTERS: "filter", TARGETS: "target", TRANSITIONS: "transition"}
"""Lists whose items are compared one by one, and the noun of an item."""
NAMES = ("name", "filter_friendly_name", "event", "expression")
"""Names of an item, the best first."""
UNNAMED = ("properties",)
"""Levels that a path leaves out."""


@dataclass(frozen=True, repr=False)
class FieldChange:
    """A field, before and after."""

    field: str
    before: Any
    after: Any

    def __repr__(self) -> str:
        return masked(f"{self.field}: {self.before!r} -> {self.after!r}")


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    """Fields that differ."""
    for name in dict.fromkeys((*before, *after)):
        change = FieldChange(name, before.get(name), after.get(name))
        if change.before != change.after:
            yield change


def changes_within(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str = ""
) -> Iterator[FieldChange]:
    """Fields that differ, item by item within their values."""
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        place = path if name in UNNAMED else f"{path}{'.' if path else ''}{name}"
        if name in PARTS and all(
            isinstance(each, Mapping) for each in (*(old or ()), *(new or ()))
        ):
            yield from _of_items(name, old or [], new or [], path)
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from changes_within(old, new, "" if name == "definition" else place)
        elif name == "definition" and isinstance(new, Mapping):
            yield from changes_within({}, new)
        elif name == DEFAULT_FILTER:
            yield FieldChange(place, _brief(old), _brief(new))
        else:
            yield FieldChange(place, old, new)


def _of_items(name: str, before: list[Any], after: list[Any], path: str) -> Iterator[FieldChange]:
    old, new = _named(name, before), _named(name, after)
    above = f"{path}: " if path else ""
    for label in dict.fromkeys((*old, *new)):
        if label not in old or label not in new:
            yield FieldChange(f"{above}{label}", _brief(old.get(label)), _brief(new.get(label)))
        else:
            yield from changes_within(old[label], new[label], f"{above}{label}")
    # Widgets and transitions stand in no order; filters and targets are tried top to bottom.
    common = [label for label in old if label in new]
    if name in (FILTERS, TARGETS) and common != [label for label in new if label in old]:
        yield FieldChange(f"{above}order of {name}", [*old], [*new])


def _named(name: str, items: list[Any]) -> dict[str, Any]:
    """Items by a name that only one of them has."""
    found: dict[str, Any] = {}
    counted: Counter[str] = Counter()
    for number, item in enumerate(items, 1):
        own = name != TARGETS and next((item[key] for key in NAMES if item.get(key)), None)
        label = f"{PARTS[name]} {own or number}"
        counted[label] += 1
        found[label if counted[label] == 1 else f"{label} ({counted[label]})"] = item
    return found


def _brief(item: Mapping[str, Any] | None) -> Any:
    """An item that comes or goes, in a line."""
    if item is None:
        return None
    if "type" in item:
        return item["type"]
    if TARGETS in item:
        ways = ", then ".join(_brief(target) for target in item[TARGETS])
        return f"{item.get('expression', '')} -> {ways}"
    if "event" in item:
        return item.get("next") or "the flow ends"
    more = [f"{key} {value}" for key, value in item.items() if key != "queue"]
    return item.get("queue", "the same queue") + (f" ({', '.join(more)})" if more else "")
