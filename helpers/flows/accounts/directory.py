"""Names to SIDs and back, for resources of an account that a Flex Flow can refer to.

A name stands for a SID where it is the only one of its kind; otherwise the SID stands for itself.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from ...account import Account
from ...flex_ui import ignore_not_found
from ..errors import FieldPath, meant
from ..file.config import ROOT
from ..file.conversations import ADDRESSES
from ..file.kinds.kind import REFERENCE, Address, Fields, ResourceKind, Swap, spelled
from ..file.kinds.table import KINDS, depth_of

SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}\Z")
_REFERENCE = re.compile(rf"{REFERENCE}\w+/")
SHOWN = 10
Where = Callable[..., str]
"""Gives the place of a flow's field in a file."""


@dataclass(frozen=True)
class ReferenceKind:
    """Resources of one kind: their noun in messages, and the name and SID of each."""

    noun: str
    named: tuple[tuple[str, str], ...]

    @property
    def sids(self) -> list[str]:
        """The SID of each."""
        return [sid for _, sid in self.named]

    def sid(self, given: str) -> str:
        """The SID of a name, or of a SID that exists; LookupError for none or several."""
        by_sid = SID.match(given)
        found = [sid for name, sid in self.named if given == (sid if by_sid else name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(
                f"{len(found)} {self.noun}s are named {given!r}; give one's SID: {', '.join(found)}"
            )
        names = [name or sid for name, sid in self.named]
        near = difflib.get_close_matches(given, names, n=1)
        meant = f" (did you mean {near[0]!r}?)" if near else ""
        known = ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
        raise LookupError(
            f"the account has no {self.noun} {given!r}{meant}. It has {known or 'none'};"
            f" create the {self.noun} there first, or name another"
        )

    def name(self, sid: str) -> str:
        """The name that stands for a SID, or the SID."""
        name = next((name for name, own in self.named if own == sid), "")
        unique = sum(name == other for other, _ in self.named) == 1
        return name if name and unique and not SID.match(name) else sid

    def standing_for(self, given: str) -> str:
        """The name that stands for a name or SID, or the argument itself."""
        try:
            return self.name(self.sid(given))
        except LookupError:
            return given


Parents = tuple[str, ...]
"""SIDs of what a resource is within, the outermost first."""
COLLECTIONS = {
    ROOT: "flex_api.v1.flex_flow",
    ADDRESSES: "conversations.v1.address_configurations",
    **{kind.name: kind.collection for kind in KINDS.values()},
}
"""Place of each kind's collection in the SDK."""


class Directory:
    """Resources of one account, read through the SDK when they are first needed, and cached.

    Attributes:
        own_service: SID of the account's own chat service.
        names: By SID, names that a file has for resources of the account.
    """

    def __init__(self, account: Account) -> None:
        self._client = account.client
        self.own_service = account.credentials.chat_service_sid
        self._lists: dict[tuple[str, Parents], list[Any]] = {}
        self._within: dict[str, str] = {}
        self._read: dict[tuple[str, Parents, str], tuple[Any, Fields]] = {}
        self._expected: dict[tuple[str, Parents], dict[str, str]] = {}
        self.names: dict[str, str] = {}

    # -- collections of the SDK

    def collection(self, kind: str, parents: Parents = ()) -> Any:
        """The SDK's collection of a kind; of a single resource, its context."""
        below = self._client
        if parents:
            below = self.collection(KINDS[kind].within, parents[:-1])(parents[-1])
        found = attrgetter(COLLECTIONS[kind])(below) if COLLECTIONS[kind] else below
        is_single = kind in KINDS and KINDS[kind].is_single
        return found() if is_single and callable(found) else found

    def found(self, kind: str, parents: Parents = ()) -> list[Any]:
        """The SDK's resources of a kind, oldest first."""
        if (kind, parents) not in self._lists:
            collection = self.collection(kind, parents)
            is_single = kind in KINDS and KINDS[kind].is_single
            if is_single:
                found = []
                with ignore_not_found():  # as of an account of which not all was saved
                    found = [collection.fetch()]
            else:
                found = sorted(collection.list(), key=attrgetter("date_created"))
            self._lists[kind, parents] = found
            self._within |= {one.sid: parents[-1] for one in found if parents and not is_single}
        return self._lists[kind, parents]

    def and_above(self, sid: str) -> list[str]:
        """A SID, and those of what its resource is within."""
        return [sid, *(self.and_above(self._within[sid]) if sid in self._within else ())]

    def forget(self, *place: Any) -> None:
        """Read a list again, given by kind and parents, when it is next needed; or all."""
        caches: list[dict[Any, Any]] = [self._lists, self._read]
        for cache in caches:
            for each in [each for each in cache if each[: len(place)] == place]:
                del cache[each]

    # -- names

    def expect_nothing(self) -> None:
        """Forget the resources that are still to be made, and names that a file has."""
        self._expected.clear()
        self.names.clear()

    def expect(self, kind: ResourceKind, parents: Parents, name: str, ref: str) -> None:
        """Let a text stand for the SID of a resource that is still to be made."""
        views = [each.name for each in KINDS.values() if each.view_of == kind.name]
        for each in (kind.name, *views, *filter(None, [kind.view_of])):
            self._expected.setdefault((each, parents), {}).setdefault(name, ref)

    def references(self, kind: str, parents: Parents = ()) -> ReferenceKind:
        """The names and SIDs of a kind, of resources that are to be made included."""
        noun, key, found = KINDS[kind].noun, KINDS[kind].key, []
        if not any(sid.startswith(REFERENCE) for sid in parents):
            found = self.found(kind, parents)
        named = [(self.names.get(one.sid) or getattr(one, key) or "", one.sid) for one in found]
        return ReferenceKind(noun, (*named, *self._expected.get((kind, parents), {}).items()))

    def fields(self, kind: ResourceKind, raw: Any, sid: str, parents: Parents) -> Fields:
        """The fields of a resource of the account, by names; kept until its list is read again."""
        place = (kind.name, parents, sid)
        known, fields = self._read.get(place, (None, {}))
        if known is not raw:
            whole = raw
            if kind.is_whole or kind.settings:
                whole = None
                with ignore_not_found():
                    whole = self.resource(kind, parents, sid).fetch()
            fields = {} if whole is None else kind.read(whole, self.to_name((*parents, sid)))
            self._read[place] = raw, fields
        return fields

    def resource(self, kind: ResourceKind, parents: Parents, sid: str) -> Any:
        """The SDK's context of a resource, or of what keeps its settings."""
        collection = self.collection(kind.name, parents)
        if kind.is_single:
            return collection
        return attrgetter(kind.settings)(collection(sid))() if kind.settings else collection(sid)

    def to_name(self, scope: Parents) -> Swap:
        """Put names for SIDs, within these resources, the outermost first; or leave the SIDs."""

        def swap(kind: str, text: str, _path: FieldPath) -> str:
            if kind:
                return self.references(kind, scope[: depth_of(kind)]).name(text)
            return self._reference(text)

        return swap

    def to_sid(self, scope: Parents) -> Swap:
        """Put SIDs for names, within these resources; LookupError for a name of nothing."""

        def swap(kind: str, text: str, _path: FieldPath) -> str:
            if kind:
                return self.references(kind, scope[: depth_of(kind)]).sid(text)
            return self._dereferenced(text) if _REFERENCE.match(text) else text

        return swap

    def _reference(self, text: str) -> str:
        """A reference for a SID, with kinds and names of what it is within; or the text."""
        for kind in self._kinds(text):
            everything = self._everywhere(kind)
            found = next((address for address, sid in everything if sid == text), None)
            if found is not None:
                root = KINDS[kind.view_of].listed if kind.view_of else found[0]
                return REFERENCE + spelled((root, *found[1:]))
        return text

    def brief(self, kind: str, text: str, _path: FieldPath) -> str:
        """A reference without what it is within, unless several have its kind and name."""
        for each in self._kinds(text) if not kind and text.startswith(REFERENCE) else ():
            everything = [address for address, _ in self._everywhere(each)]
            found = next((one for one in everything if REFERENCE + spelled(one) == text), ())
            if found and sum(one[-1] == found[-1] for one in everything) == 1:
                return REFERENCE + spelled(found[-2:])
        return text

    @staticmethod
    def _kinds(text: str) -> list[ResourceKind]:
        """The kinds that a SID, or a reference, can be of."""
        kinds = [kind for kind in KINDS.values() if kind.prefix]
        if SID.match(text):
            return [each for each in kinds if text.startswith(each.prefix) and not each.view_of]
        place = text.removeprefix(REFERENCE) if _REFERENCE.match(text) else ""
        return [each for each in kinds if f"/{each.listed}/" in f"/{place}"]

    def _dereferenced(self, text: str) -> str:
        place = text.removeprefix(REFERENCE)
        kinds = [kind for kind in KINDS.values() if f"/{kind.listed}/" in f"/{place}"]
        if not kinds:
            fix = meant(
                place.partition("/")[0], {kind.listed for kind in KINDS.values()}, "write one of"
            )
            raise LookupError(f"{text} names no kind of resource; {fix}")
        named = [
            (spelled(part), sid)
            for kind in kinds
            for address, sid in self._everywhere(kind)
            for part in {address, address[-2:]}
        ]
        found = {sid for name, sid in named if name == place}
        if len(found) == 1:
            return found.pop()
        if found:
            ways = sorted(
                name for name, sid in named if sid in found and name.endswith(f"/{place}")
            )
            raise LookupError(
                f"{text} stands for {len(found)} resources; write {REFERENCE}{ways[0]}, or another"
            )
        names = [REFERENCE + name for name, _ in named]
        fix = meant(text, names, "it may be one of")
        raise LookupError(f"{text} stands for nothing in the account or the file; {fix}")

    def _everywhere(self, kind: ResourceKind) -> Iterator[tuple[Address, str]]:
        """The addresses and SIDs of a kind's resources, whatever they are within."""
        for above, parents in self._parents(kind):
            for name, sid in self.references(kind.name, parents).named:
                yield (*above, kind.listed, name), sid

    def _parents(self, kind: ResourceKind) -> Iterator[tuple[Address, Parents]]:
        if not kind.within:
            yield (), ()
            return
        above = KINDS[kind.within]
        for outer, parents in self._parents(above):
            for name, sid in self.references(above.name, parents).named:
                yield (*outer, above.listed, name), (*parents, sid)

    # -- ways into Flex

    @property
    def services(self) -> ReferenceKind:
        """Chat services."""
        return self.references("chat_services")

    @property
    def conversation_services(self) -> ReferenceKind:
        """The same services, as Conversations has them."""
        return self.references("conversation_services")

    @property
    def studio_flows(self) -> ReferenceKind:
        """Studio flows."""
        return self.references("studio_flows")

    @property
    def workspaces(self) -> ReferenceKind:
        """TaskRouter workspaces."""
        return self.references("workspaces")

    def workflows(self, workspace_sid: str) -> ReferenceKind:
        """Workflows of a workspace."""
        return self.references("workflows", (workspace_sid,))

    def task_channels(self, workspace_sid: str) -> ReferenceKind:
        """Task channels of a workspace, by unique name."""
        return self.references("task_channels", (workspace_sid,))
