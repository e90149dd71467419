"""Reads the flows that an account has, as a file would describe them, and writes that file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from twilio.base.exceptions import TwilioException

from ...account import Account
from ..errors import FlowProblem, Problem, is_ended
from ..file.config import CHANNEL_TYPE, ROOT, FlexFlowConfig, Name
from ..file.conversations import ADDRESSES, AddressConfig
from ..file.entries import ResourceEntry
from ..file.flow_file import FlowFile
from ..file.kinds.kind import Address
from ..file.kinds.table import VIEWS
from ..file.variables import Values
from .directory import Directory
from .survey import FoundResource, Survey
from .ways_in import AccountFlow, flows_of, unwritable

_NAME: TypeAdapter[str] = TypeAdapter(Name)


def _as_meant(flow: FlexFlowConfig) -> FlexFlowConfig:
    """A flow of an account, whose channel is meant."""
    accepted = (CHANNEL_TYPE,) if flow.is_for_other_clients else ()
    return flow.model_copy(update={"accept": accepted})


def export(
    account: Account,
    path: str | Path | None = None,
    *,
    everything: bool = False,
    secrets: Iterable[str] = (),
) -> FlowFile:
    """Describe an account's flows as a flow file, sorted by name, and its addresses if it has any.

    An account without the legacy API has addresses alone.

    The account's own chat service is left out. Resources without a name of their own are given by
    SID, so that such a file fits this account only.

    Args:
        account: The account to read.
        path: Where to write the file; it is not written by default.
        everything: Whether to describe resources of all kinds.
        secrets: Environment variables of this process; the file has their names in the place of
            their values.

    Raises:
        FlowProblem: An environment variable is not set; flows share a name, or have settings that a
            file cannot describe; or the file cannot be written.
    """
    values = Values.of_process(secrets)
    directory, lists = Directory(account), [ROOT]
    survey = Survey(directory, lists=None if everything else ())
    found = flows_of(directory, (ADDRESSES,))
    try:
        found += flows_of(directory)
    except TwilioException as refused:
        if not is_ended(refused):
            raise
        lists = [ADDRESSES]
    problems = [*_shared_names(found, survey.found)]
    problems += [Problem(one.sid, repr(one.name), one.problem) for one in found if one.problem]
    resources = []
    for one in survey.found:
        try:
            resources.append(entry_of(one, directory))
        except ValidationError as refused:
            problems.append(Problem(one.sid, repr(one.name), unwritable(refused)))
    if problems:
        raise FlowProblem(*problems)
    configs = [flow.config for flow in sorted(found, key=attrgetter("name")) if flow.config]
    source = str(path or f"the export of {account.credentials.account_sid}")
    if everything:
        lists.append(ADDRESSES)
    kept, places = _without_repeated_views(resources, survey.places)
    file = FlowFile(
        tuple(_as_meant(each) for each in configs if isinstance(each, FlexFlowConfig)),
        source,
        addresses=tuple(each for each in configs if isinstance(each, AddressConfig)),
        lists=tuple(lists),
        values=values,
        resources=kept,
        places=places,
    )
    if path is not None:
        file.write(path)
    return file


def _shared_names(
    flows: Iterable[AccountFlow], resources: Iterable[FoundResource]
) -> Iterator[Problem]:
    """Find names that several flows, or resources of a list, have."""
    named: list[tuple[Address, str, str]] = [
        *(((flow.kept_in, flow.name), "flow", flow.sid) for flow in flows),
        *((one.address, one.kind.noun, one.sid) for one in resources),
    ]
    counted = Counter(address for address, _, _ in named)
    for address, noun, sid in named:
        if counted[address] > 1:
            fix = f"is the name of another {noun} too; rename or delete one"
            yield Problem(sid, repr(address[-1]), fix)


def _without_repeated_views(
    resources: Sequence[ResourceEntry], places: Sequence[Address]
) -> tuple[tuple[ResourceEntry, ...], tuple[Address, ...]]:
    """Resources and lists, without views in the legacy API that say no more than the other ones."""
    said = {
        entry.address[:end]
        for entry in resources
        if entry.kind.view_of and entry.dumped()
        for end in range(1, len(entry.address) + 1)
    }
    views = {view for view, _ in VIEWS}
    kept = tuple(one for one in resources if not one.kind.view_of or one.address in said)
    return kept, tuple(each for each in places if each[0] not in views or each in said)


def entry_of(found: FoundResource, directory: Directory) -> ResourceEntry:
    """Describe a resource of an account; ValidationError for one that a file cannot describe."""
    kind = found.kind
    given = {
        name: kind.converted(kind.by_name[name], value, directory.brief)
        for name, value in found.fields.items()
        if value not in (None, kind.by_name[name].usual)
    }
    if not kind.is_single:
        _NAME.validate_python(found.name)
    return ResourceEntry(kind, found.address, kind.model.model_validate(given))
