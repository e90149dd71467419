"""Reads the flows that an account has, as a file would describe them, and writes that file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from twilio.base.exceptions import TwilioException

from ...account import Account
from ...mock import flex_flows
from ..errors import FlowProblem, Problem, is_ended
from ..file.config import CHANNEL_TYPE, ROOT, SIDS_OF, FlexFlowConfig, Name, settings_of
from ..file.contents import KEPT
from ..file.conversations import ADDRESSES, SETTINGS, AddressConfig
from ..file.entries import ResourceEntry
from ..file.flow_file import FlowFile
from ..file.kinds import VIEWS, Address
from ..file.remedies import fix_of
from ..file.variables import Values
from .directory import Directory, address_parameters, parameters
from .survey import FoundResource, Survey

_NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass(frozen=True)
class AccountFlow:
    """A flow or an address of an account; the `name` may be blank or that of several.

    `config` describes it in a file, or `problem` says why a file cannot; `parameters` are as
    `flex_flow.update` would take them. `kept_in` is its list in a file.
    """

    sid: str
    name: str
    config: FlexFlowConfig | AddressConfig | None
    problem: str
    parameters: dict[str, Any]
    kept_in: str = ROOT


def flows_of(
    account: Account, directory: Directory, lists: Collection[str] = (ROOT,)
) -> list[AccountFlow]:
    """The account's flows, or addresses, oldest first; by default flows."""
    found = []
    for name in KEPT:
        if name in lists:
            read = _read if name == ROOT else _read_address
            found += [read(one, directory) for one in directory.found(name)]
    return found


def _read_address(address: Any, directory: Directory) -> AccountFlow:
    given = address.auto_creation or {}
    kind = given.get("type") or "default"
    names = {"studio_flow": "studio_flow_sid"}
    settings = {name: given.get(names.get(name, name)) for name in SETTINGS.get(kind, ())}
    if settings.get("webhook_method"):
        settings["webhook_method"] = str(settings["webhook_method"]).lower()
    made: dict[str, Any] = {
        "enabled": bool(given.get("enabled")),
        "type": kind,
        "conversation_service": given.get("conversation_service_sid"),
        **settings,
    }
    fields = {
        "type": address.type,
        "address": address.address,
        "address_country": address.address_country or None,
        "friendly_name": address.friendly_name or None,
    }
    label = f"{address.type} {address.address}"
    try:
        config = AddressConfig.model_validate(fields | {"auto_creation": made}, strict=False)
    except ValidationError as refused:
        problem = unwritable(refused)
        own = {name: value or "" for name, value in fields.items()}
        found = own | {f"auto_creation_{name}": value for name, value in made.items()}
        return AccountFlow(address.sid, label, None, problem, found, ADDRESSES)
    service_sid = made["conversation_service"] or ""
    found = address_parameters(config, service_sid, config.auto_creation.settings())
    named = directory.named_address(config)
    return AccountFlow(address.sid, label, named, "", found, ADDRESSES)


def unwritable(refused: ValidationError) -> str:
    """The reason why a file cannot describe a resource."""
    error = refused.errors()[0]
    field = ".".join(map(str, error["loc"]))
    return f"cannot be put in a file: {field} {fix_of(error)}; change it in the account first"


def _read(flow: Any, directory: Directory) -> AccountFlow:
    name, kind = flow.friendly_name or "", flow.integration_type
    ours = {theirs: name for name, theirs in SIDS_OF.items()}
    given = {ours.get(key, key): value for key, value in (flow.integration or {}).items()}
    known = settings_of(kind) if kind in flex_flows.DEFAULTS else ()
    fields = {
        "friendly_name": flow.friendly_name,
        "channel_type": flow.channel_type,
        "contact_identity": flow.contact_identity or None,
        "chat_service": flow.chat_service_sid,
        "integration_type": kind,
        "integration": {name: given[name] for name in known if given.get(name) is not None},
        "long_lived": bool(flow.long_lived),
        "janitor_enabled": bool(flow.janitor_enabled),
        "enabled": bool(flow.enabled),
    }
    try:
        config = FlexFlowConfig.model_validate(fields, strict=False)
    except ValidationError as refused:
        problem = unwritable(refused)
        fields["contact_identity"] = flow.contact_identity or ""
        fields["integration"] = str(flow.integration)
        return AccountFlow(flow.sid, name, None, problem, fields)
    named = directory.named(config)
    settings = config.settings()
    if named.integration.channel:
        settings["channel"] = named.integration.channel
    found = parameters(config, flow.chat_service_sid, settings)
    return AccountFlow(flow.sid, name, named, "", found)


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
    found = flows_of(account, directory, (ADDRESSES,))
    try:
        found += flows_of(account, directory)
    except TwilioException as refused:
        if not is_ended(refused):
            raise
        lists = [ADDRESSES]
    named: list[tuple[Address, str, str]] = [
        *(((flow.kept_in, flow.name), "flow", flow.sid) for flow in found),
        *((one.address, one.kind.noun, one.sid) for one in survey.found),
    ]
    counted = Counter(address for address, _, _ in named)
    problems = [
        Problem(sid, repr(address[-1]), f"is the name of another {noun} too; rename or delete one")
        for address, noun, sid in named
        if counted[address] > 1
    ]
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
