"""Resources of an account: found, matched with those of a file, and read by names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twilio.base.exceptions import TwilioException

from ..errors import FlowProblem, Problem, is_ended
from ..file.entries import ResourceEntry
from ..file.kinds.kind import REFERENCE, Address, Fields, ResourceKind, spelled
from ..file.kinds.table import ROOTS, VIEWS
from .directory import Directory, Where


@dataclass
class FoundResource:
    """A resource of an account, with its name and fields in `state`.

    Attributes:
        kind: Its kind.
        sid: Its SID.
        address: As an entry's; by the names that the file gives.
        name: In the account.
        parents: SIDs of what it is within, the outermost first.
        raw: The SDK's.
        entry: That describes it.
        fields: Its fields, by names.
    """

    kind: ResourceKind
    sid: str
    address: Address
    name: str
    parents: tuple[str, ...]
    raw: Any
    entry: ResourceEntry | None
    fields: Fields = field(default_factory=dict)

    @property
    def held(self) -> set[str]:
        """SIDs of others that it names besides its fields."""
        return {getattr(self.raw, name) for name in self.kind.holds}

    @property
    def state(self) -> Fields:
        """Its name, by its key, and its fields but for those of the start."""
        own = self.kind.lasting(self.fields)
        return own if self.kind.is_single else {self.kind.key: self.name, **own}


class Survey:
    """The resources of an account in the lists of a file, or in all lists, oldest first.

    Raises:
        FlowProblem: Several resources have the name of an entry.
    """

    def __init__(
        self,
        directory: Directory,
        entries: Sequence[ResourceEntry] = (),
        lists: Collection[Address] | None = (),
        where: Where = lambda *_: "",
    ) -> None:
        self.directory, self._lists, self._where = directory, lists, where
        self._listed: dict[Address, list[ResourceEntry]] = {}
        for entry in entries:
            self._listed.setdefault(entry.address[:-1], []).append(entry)
        self._problems: list[Problem] = []
        self.found: list[FoundResource] = []
        self.places: list[Address] = []
        """Lists that were looked at."""
        self.parents: dict[Address, tuple[str, ...]] = {}
        """SIDs of what each entry is within; those of new ones are references."""
        named = {place[0] for place in lists or ()}
        self.is_beside = lists is None or any({*pair} <= named for pair in VIEWS)
        """Both views of some resources are looked at."""
        directory.expect_nothing()
        for kind in ROOTS:
            self._visit(kind, (), ())
        if self._problems:
            raise FlowProblem(*self._problems)
        for one in self.found:
            fields = directory.fields(one.kind, one.raw, one.sid, one.parents)
            one.fields = one.kind.own(fields, self.is_beside)
        self.by_entry = {one.entry.address: one for one in self.found if one.entry}

    def _visit(self, kind: ResourceKind, above: Address, parents: tuple[str, ...]) -> None:
        place = (*above, kind.listed)
        found = self._list(kind, place, parents)
        if found is None:
            return
        self.places.append(place)
        left = dict.fromkeys(range(len(found)))
        by_name: dict[str, list[int]] = {}
        for number, raw in enumerate(found):
            by_name.setdefault(_name(kind, raw), []).append(number)
        for entry in self._listed.get(place, ()):
            self.parents[entry.address] = parents
            at = self._match(entry, found, left, by_name)
            if at is None:
                sid = REFERENCE + spelled(entry.address)
                self.directory.expect(kind, parents, entry.label, sid)
                for child in kind.children:
                    for name in kind.brings.get(child.listed, ()):
                        address = (*entry.address, child.listed, name)
                        ref = REFERENCE + spelled(address)
                        self.directory.expect(child, (*parents, sid), name, ref)
            else:
                del left[at]
                sid = self._found(kind, found[at], entry.address, parents, entry)
            for child in kind.children:
                self._visit(child, entry.address, (*parents, sid))
        for at in left:
            address = (*place, _name(kind, found[at]))
            sid = self._found(kind, found[at], address, parents, None)
            if self._lists is None:
                for child in kind.children:
                    self._visit(child, address, (*parents, sid))

    def _list(
        self, kind: ResourceKind, place: Address, parents: tuple[str, ...]
    ) -> list[Any] | None:
        """The SDK's resources of a list; None for one that is of no concern."""
        if self._lists is not None and place not in self._lists:
            return None
        if self.is_beside and kind.view_of and kind.permanent:  # the roles of the other view
            return None
        try:
            return [] if _is_new(parents) else self.directory.found(kind.name, parents)
        except TwilioException as refused:
            if self._lists is not None or not kind.view_of or not is_ended(refused):
                raise
            return None

    def _found(
        self,
        kind: ResourceKind,
        raw: Any,
        address: Address,
        parents: tuple[str, ...],
        entry: ResourceEntry | None,
    ) -> str:
        sid: str = f"{parents[-1]} {kind.name}" if kind.is_single else raw.sid
        if entry is not None:
            self.directory.names[sid] = entry.address[-1]
        self.found.append(FoundResource(kind, sid, address, _name(kind, raw), parents, raw, entry))
        return sid

    def _match(
        self,
        entry: ResourceEntry,
        found: Sequence[Any],
        left: Collection[int],
        by_name: Mapping[str, Sequence[int]],
    ) -> int | None:
        kind = entry.kind
        for name in ("",) if kind.is_single else entry.names:
            same = [at for at in by_name.get(name, ()) if at in left]
            if len(same) > 1:
                sids = ", ".join(found[at].sid for at in same)
                fix = f"is the name of {len(same)} {kind.noun}s of the account ({sids})"
                place = self._where(entry)
                self._problems.append(Problem(place, repr(name), f"{fix}; rename or delete one"))
            if same:
                return same[0]
        return None


def _name(kind: ResourceKind, raw: Any) -> str:
    return "" if kind.is_single else str(getattr(raw, kind.key) or "")


def _is_new(parents: Sequence[str]) -> bool:
    return any(sid.startswith(REFERENCE) for sid in parents)
