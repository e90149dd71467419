"""Checks that ask the account a file is to go to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..errors import FlowProblem
from .file_checks import contact_of, spelled
from .report import CheckInput, CheckResult

SEND_TO_FLEX = "send-to-flex"
SUBFLOW = "run-subflow"
TEMPLATE = "{{"


def unknown_names(case: CheckInput) -> Iterator[CheckResult]:
    """What a flow names must be there first."""
    try:
        case.account.directory.parameters(case.flow, lambda *field: ".".join(field))
    except FlowProblem as refused:
        for problem in refused.problems:
            yield CheckResult(tuple(problem.where.split(".")), f"{problem.fix}.", "")


def other_enabled(case: CheckInput) -> Iterator[CheckResult]:
    """A flow of the account that the file says nothing of holds its contact, too."""
    flow = case.flow
    known = {name for one in case.file.flows for name in (one.friendly_name, one.formerly)}
    for other in case.account.flows:
        config = other.config
        if other.name in known or config is None or not (flow.enabled and config.enabled):
            continue
        if contact_of(config) == contact_of(flow):
            yield CheckResult(
                ("enabled",),
                f"Enabled for {spelled(flow)}, as is {other.name!r} ({other.sid}) of the account,"
                " which the file says nothing of; Twilio takes one only.",
                f"Put {other.name!r} into the file with `enabled: false`, set it on this one, or"
                " plan with delete; where this is the same flow renamed, add"
                f" `formerly: {other.name}`.",
            )


def unpublished(case: CheckInput) -> Iterator[CheckResult]:
    """Customers get the latest published revision, never a draft."""
    sid = _studio_flow(case)
    if sid and case.account.definition(sid) is None:
        yield CheckResult(
            ("integration", "flow"),
            f"The Studio flow {case.flow.integration.flow!r} has drafts only: no message of a"
            " customer starts it.",
            "Publish it.",
        )


def no_send_to_flex(case: CheckInput) -> Iterator[CheckResult]:
    """Without the widget no task is made, so that no agent ever comes."""
    sid = _studio_flow(case)
    definition = case.account.definition(sid) if sid else None
    if definition is None:
        return
    types = {state["type"] for state in _reached(definition)}
    if not types & {SEND_TO_FLEX, SUBFLOW}:
        yield CheckResult(
            ("integration", "flow"),
            f"No way from the incoming message of the Studio flow {case.flow.integration.flow!r}"
            " leads to a Send to Flex widget: a customer never reaches an agent.",
            "Add Send to Flex where the bot is done; or, for a bot without agents,"
            " `accept: [no-send-to-flex]`.",
        )


def nobody_matches(case: CheckInput) -> Iterator[CheckResult]:
    """A task that no worker can be offered waits until it times out, or cannot even be made."""
    for route in _routes(case):
        queues = case.account.queues(route.workspace, route.workflow, route.known)
        if not any(
            case.account.has_takers(route.workspace, one.target_workers, route.channel)
            for one in queues
        ):
            name = case.account.directory.workflows(route.workspace).name(route.workflow)
            yield CheckResult(route.field, *_nobody(route, repr(name), queues))


def _nobody(route: Route, workflow: str, queues: list[Any]) -> tuple[str, str]:
    if not queues:
        return (
            f"No filter of workflow {workflow} takes a task with {dict(route.known)}, and"
            " there is no default filter: no task can be made, and so no channel.",
            "Give the workflow a default filter, or one that takes these.",
        )
    asked = "; ".join(f"{one.friendly_name}: {one.target_workers}" for one in queues)
    return (
        f"No worker can be offered a task of workflow {workflow} on task channel"
        f" {route.channel}: nobody with capacity there matches its queues ({asked}).",
        "Give a worker the attributes, or the capacity; or change the queues' TargetWorkers.",
    )


def welcome_bot(case: CheckInput) -> Iterator[CheckResult]:
    """What a bot says is not what a customer says, and makes no task."""
    if not case.flow.settings().get("creation_on_message"):
        return
    try:
        url = case.account.greets(case.flow)
    except LookupError:
        return  # unknown_names says so
    if url:
        yield CheckResult(
            ("integration", "creation_on_message"),
            f"The chat service tells {url} of new channels or members: a bot that greets there"
            " makes no task, and a customer who waits for an answer to the greeting never gets"
            " an agent.",
            "Set `creation_on_message: false`, or let the bot greet with the customer's first"
            " message.",
        )


def _studio_flow(case: CheckInput) -> str | None:
    """The SID of the case's Studio flow; None where it has none, which `unknown_names` says."""
    name = case.flow.integration.flow
    try:
        return case.account.directory.studio_flows.sid(name) if name else None
    except LookupError:
        return None


def _reached(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The widgets that a customer's message can lead to."""
    states = {state["name"]: state for state in definition["states"]}
    trigger = states[definition["initial_state"]]
    ahead = [one.get("next") for one in trigger["transitions"] if one["event"] == INCOMING]
    seen = set()
    while ahead:
        name = ahead.pop()
        if name and name not in seen:
            seen.add(name)
            yield states[name]
            ahead += [one.get("next") for one in states[name].get("transitions") or ()]


INCOMING = "incomingMessage"


class Route(NamedTuple):
    """The way of a task: the field that says so, and what its attributes are known to be."""

    field: tuple[str, ...]
    workspace: str
    workflow: str
    channel: str
    known: Mapping[str, str]


def _routes(case: CheckInput) -> Iterator[Route]:
    """The ways of the tasks that there can be."""
    if case.flow.integration_type == "task":
        try:
            found = case.account.directory.parameters(case.flow)
        except FlowProblem:
            return  # unknown_names says so
        names = ("workspace_sid", "workflow_sid", "channel")
        workspace, workflow, channel = (found[f"integration_{name}"] for name in names)
        known = {"channelType": case.flow.channel_type}
        yield Route(("integration", "workflow"), workspace, workflow, channel, known)
    sid = _studio_flow(case)
    for state in _reached((case.account.definition(sid) if sid else None) or EMPTY):
        properties = state.get("properties") or {}
        workflow, channel = properties.get("workflow", ""), properties.get("channel") or "default"
        workspace = case.account.workspace_of(workflow) if state["type"] == SEND_TO_FLEX else None
        if workspace and TEMPLATE not in f"{workflow}{channel}":
            yield Route(("integration", "flow"), workspace, workflow, channel, {})


EMPTY = {"states": [{"name": "", "transitions": []}], "initial_state": ""}
