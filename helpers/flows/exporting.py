"""Reads the flows that an account has, as a file would describe them, and writes that file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..account import Account
from ..mock import flex_flows
from .config import SIDS_OF, FlexFlowConfig, settings_of
from .directory import Directory, parameters
from .errors import FlowProblem, Problem
from .file import FlowFile, fix_of


@dataclass(frozen=True)
class AccountFlow:
    """A flow of an account; the `name` may be blank or that of several.

    `config` describes it in a file, or `problem` says why a file cannot; `parameters` are as
    `flex_flow.update` would take them.
    """

    sid: str
    name: str
    config: FlexFlowConfig | None
    problem: str
    parameters: dict[str, Any]


def flows_of(account: Account, directory: Directory) -> list[AccountFlow]:
    """The account's flows, oldest first."""
    flows = account.client.flex_api.v1.flex_flow.list()
    return [_read(flow, directory) for flow in sorted(flows, key=attrgetter("date_created"))]


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
        error = refused.errors()[0]
        field = ".".join(map(str, error["loc"]))
        problem = (
            f"cannot be put in a file: {field} {fix_of(error)}; change it in the account first"
        )
        fields["contact_identity"] = flow.contact_identity or ""
        fields["integration"] = str(flow.integration)
        return AccountFlow(flow.sid, name, None, problem, fields)
    named = directory.named(config)
    settings = config.settings()
    if named.integration.channel:
        settings["channel"] = named.integration.channel
    found = parameters(config, flow.chat_service_sid, settings)
    return AccountFlow(flow.sid, name, named, "", found)


def export(account: Account, path: str | Path | None = None) -> FlowFile:
    """Describe an account's flows as a flow file, sorted by name.

    The account's own chat service is left out. Resources without a name of their own are given by
    SID, so that such a file fits this account only.

    Args:
        account: The account to read.
        path: Where to write the file; it is not written by default.

    Raises:
        FlowProblem: Flows share a name, or have settings that a file cannot describe; or the file
            cannot be written.
    """
    found = flows_of(account, Directory(account))
    counted = Counter(flow.name for flow in found)
    shared = "is the name of another flow too; rename or delete one"
    problems = [
        Problem(flow.sid, repr(flow.name), shared) for flow in found if counted[flow.name] > 1
    ]
    problems += [Problem(one.sid, repr(one.name), one.problem) for one in found if one.problem]
    if problems:
        raise FlowProblem(*problems)
    configs = [flow.config for flow in sorted(found, key=attrgetter("name")) if flow.config]
    source = str(path or f"the export of {account.credentials.account_sid}")
    file = FlowFile(tuple(configs), source)
    if path is not None:
        file.write(path)
    return file
