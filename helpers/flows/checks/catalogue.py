"""All checks of a flow file, each with the page of Twilio's that it follows from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...mock import (
    MAX_WIDGETS,
    Basis,
    flex_flows,
    flow_warnings,
    is_loose_expression,
    is_out_of_time,
    reached,
)
from ..accounts.ways_in import parameters_in, routing_in
from ..errors import FlowProblem
from ..file.config import CHANNEL_TYPE, FlexFlowConfig, contact_text, others
from ..file.conversations import AddressConfig, ConversationConfig, CustomChatConfig
from .account_reader import PUBLISHED
from .report import Check, CheckInput, CheckResult, Find, Severity

DOCS = "https://www.twilio.com/docs"
GUIDE = f"{DOCS}/flex/developer/messaging/integrate-custom-chat-client"
FLOW = f"{DOCS}/flex/developer/messaging/flow"
FLOWS = f"{DOCS}/flex/developer/messaging/manage-flows"
SECOND_FLOW = f"{DOCS}/api/errors/45212"
_DOC, _SPEC, _INF = Basis.DOCUMENTED, Basis.SPECIFIED, Basis.INFERRED

INTERACTIONS = f"{DOCS}/flex/developer/conversations/interactions-api/interactions"
LEAVE = f"{DOCS}/flex/admin-guide/setup/conversations/leave-and-pause-for-conversations"
LEGACY: tuple[type, ...] = (FlexFlowConfig,)
CONVERSATIONS = (AddressConfig, CustomChatConfig)
BOTH = (*LEGACY, *CONVERSATIONS)
TASK_DEFAULT = flex_flows.DEFAULTS["task"]["channel"]
SEND_TO_FLEX = "send-to-flex"
SUBFLOW, PARENT = "run-subflow", "incomingParent"
TEMPLATE = "{{"


_checks: list[Check] = []


def _check(
    id_: str,
    severity: Severity,
    documentation: str,
    basis: Basis,
    asks_account: bool = False,
    of: tuple[type, ...] = LEGACY,
) -> Callable[[Find], Find]:
    """Add a check to the catalogue; the first line of its docstring is its title."""

    def add(find: Find) -> Find:
        title = (find.__doc__ or "").removesuffix(".")
        _checks.append(Check(id_, severity, title, documentation, basis, find, asks_account, of))
        return find

    return add


# -- checks of the file alone


@_check(CHANNEL_TYPE, "warning", GUIDE, _DOC)
def channel_type(subject: CheckInput) -> Iterator[CheckResult]:
    """A channel type that is not custom, without an address on that channel."""
    flow = subject.flow
    if flow.is_for_other_clients:
        yield CheckResult(
            ("channel_type",),
            f"A chat client of one's own needs channel type custom, and this is"
            f" {flow.channel_type}.",
            "Set `channel_type: custom`; or, where it is meant, `accept: [channel-type]`.",
        )


@_check("task-channel", "error", FLOWS, _DOC)
def task_channel(subject: CheckInput) -> Iterator[CheckResult]:
    """A task flow without Integration.Channel, or with the default one."""
    flow = subject.flow
    if flow.integration_type == "task" and flow.settings()["channel"] == TASK_DEFAULT:
        yield CheckResult(
            ("integration", "channel"),
            f"The task comes on the task channel {TASK_DEFAULT!r}: agents see it, but Flex UI"
            " does not show it as a chat.",
            "Set `channel: chat` under integration.",
        )


@_check("two-enabled", "error", SECOND_FLOW, _DOC)
def two_enabled(subject: CheckInput) -> Iterator[CheckResult]:
    """Two enabled flows for one contact."""
    flow = subject.flow
    enabled = subject.file.enabled.get(flow.contact, [])
    if flow.enabled and len(enabled) > 1:
        names = others(
            enabled,
            flow,
            lambda one: f"{one.friendly_name!r} ({subject.file.where(one, 'enabled')})",
        )
        yield CheckResult(
            ("enabled",),
            f"Enabled for {contact_text(*flow.contact)}, as is {names}; Twilio takes one only.",
            "Set `enabled: false` on one of them, or give one another contact_identity.",
        )


@_check("idle-janitor", "warning", FLOW, _INF)
def idle_janitor(subject: CheckInput) -> Iterator[CheckResult]:
    """A long-lived flow with a janitor, which never fires."""
    if subject.flow.long_lived and subject.flow.janitor_enabled:
        yield CheckResult(
            ("janitor_enabled",),
            "The janitor ends the chat of a task that was ended outside Flex UI, but never one"
            " that is long-lived: it ends none of these.",
            "Leave out one of long_lived and janitor_enabled.",
        )


@_check("creation-on-message", "warning", FLOW, _SPEC)
def outbound_setting(subject: CheckInput) -> Iterator[CheckResult]:
    """Creation on message for customers' own chats, where a welcome makes no task."""
    flow = subject.flow
    if flow.enabled and flow.settings().get("creation_on_message"):
        yield CheckResult(
            ("integration", "creation_on_message"),
            "No task is made before the customer writes: one who opens the chat and waits to be"
            " greeted, or is greeted by a bot, waits for ever, as the bot's message does not"
            " count. Twilio has this setting for outbound chats only.",
            "Set `creation_on_message: false`; for an outbound flow, `enabled: false`.",
        )


@_check("doubling-retries", "warning", f"{DOCS}/api/errors/50076", _INF)
def doubling_retries(subject: CheckInput) -> Iterator[CheckResult]:
    """A retry count with which a server gets a message twice."""
    flow = subject.flow
    retries = flow.settings().get("retry_count", 0)
    if flow.integration_type == "external" and retries:
        given = "" if flow.integration.retry_count is not None else " (Twilio's default)"
        yield CheckResult(
            ("integration", "retry_count"),
            f"With retry_count {retries}{given} a message whose answer is late or busy is posted"
            f" up to {retries + 1} times: a bot that had taken it answers twice.",
            "Set `retry_count: 0`; or have the server know a MessageSid it has seen, and"
            " `accept: [doubling-retries]`.",
        )


@_check("no-interaction", "warning", INTERACTIONS, _DOC, of=CONVERSATIONS)
def no_interaction(subject: CheckInput) -> Iterator[CheckResult]:
    """A conversation for which neither Studio nor the server of the file creates an Interaction."""
    flow = subject.flow
    if flow.handler != "studio" and not flow.interaction:
        yield CheckResult(
            ("interaction",),
            "Nothing creates an Interaction, so no agent gets the conversation: nothing inbound"
            " does so by itself.",
            "Describe the one that your server creates under `interaction`; or, for a bot without"
            " agents, `accept: [no-interaction]`.",
        )


# -- checks that read the account


@_check("unknown-name", "error", FLOW, _SPEC, asks_account=True, of=BOTH)
def unknown_names(subject: CheckInput) -> Iterator[CheckResult]:
    """A name or SID that stands for nothing in the account, or for several things."""
    try:
        parameters_in(subject.account.directory, subject.flow, lambda *field: ".".join(field))
    except FlowProblem as refused:
        for problem in refused.problems:
            yield CheckResult(tuple(problem.where.split(".")), f"{problem.fix}.", "")


@_check("other-enabled", "error", SECOND_FLOW, _DOC, asks_account=True)
def other_enabled(subject: CheckInput) -> Iterator[CheckResult]:
    """An enabled flow of the account for the same contact, which the file leaves out."""
    flow = subject.flow
    for other in subject.account.enabled.get(flow.contact, ()) if flow.enabled else ():
        if other.name not in subject.file.names:
            yield CheckResult(
                ("enabled",),
                f"Enabled for {contact_text(*flow.contact)}, as is {other.name!r} ({other.sid})"
                " of the account, which the file does not mention; Twilio takes one only.",
                f"Put {other.name!r} into the file with `enabled: false`, set it on this one, or"
                " plan with delete; where this is the same flow renamed, add"
                f" `formerly: {other.name}`.",
            )


@_check(
    "studio-draft", "error", f"{DOCS}/studio/rest-api/v2/flow", _INF, asks_account=True, of=BOTH
)
def unpublished(subject: CheckInput) -> Iterator[CheckResult]:
    """A Studio flow that was never published."""
    sid = _studio_flow(subject)
    if sid and subject.account.definition(sid) is None:
        yield CheckResult(
            subject.studio.field,
            f"The Studio flow {subject.studio.name!r} has drafts only: no message of a"
            " customer starts it.",
            "Publish it.",
        )


@_check(
    "no-send-to-flex",
    "warning",
    f"{DOCS}/studio/widget-library/send-flex",
    _DOC,
    asks_account=True,
    of=BOTH,
)
def no_send_to_flex(subject: CheckInput) -> Iterator[CheckResult]:
    """A Studio flow whose incoming messages never lead to Send to Flex."""
    definition = _definition(subject)
    if definition is None:
        return
    types = {state["type"] for state in reached(definition, subject.studio.event)}
    if not types & {SEND_TO_FLEX, SUBFLOW}:
        yield CheckResult(
            subject.studio.field,
            f"No way from the {subject.studio.begins} of the Studio flow"
            f" {subject.studio.name!r} leads to a Send to Flex widget: a customer never"
            " reaches an agent.",
            "Add Send to Flex where the bot is done; or, for a bot without agents,"
            " `accept: [no-send-to-flex]`.",
        )


@_check(
    "studio-astray", "warning", f"{DOCS}/studio/widget-library", _DOC, asks_account=True, of=BOTH
)
def studio_astray(subject: CheckInput) -> Iterator[CheckResult]:
    """A Studio flow that will go astray on the way from a customer's message."""
    definition = _definition(subject)
    if definition is None:
        return
    studio = subject.studio
    ahead = reached(definition, studio.event)
    on_the_way = {definition["initial_state"], *(state["name"] for state in ahead)}
    for warning in flow_warnings(definition, studio.event):
        _, _, number, *path = warning["property_path"].split("/")
        widget = definition["states"][int(number)]["name"]
        if widget in on_the_way:
            yield CheckResult(
                studio.field,
                f"Widget {widget!r} of the Studio flow {studio.name!r}, at"
                f" {'/'.join(path)}: {warning['message']}.",
                "Change it in Studio; or, where it is meant, `accept: [studio-astray]`.",
            )


@_check(
    "subflow",
    "error",
    f"{DOCS}/studio/widget-library/run-subflow",
    _DOC,
    asks_account=True,
    of=BOTH,
)
def subflow(subject: CheckInput) -> Iterator[CheckResult]:
    """A Run Subflow whose flow cannot be loaded, or runs a subflow itself."""
    field = subject.studio.field
    for run in _subflows(subject, _on_the_way(subject)):
        if run.definition is None:
            yield CheckResult(
                field,
                f"Widget {run.widget!r} runs {run.revision} of the Studio flow {run.sid}, which the"
                " account does not have: it takes the transition failed (81024).",
                "Publish that flow, or name another one in Studio.",
            )
            continue
        for state in reached(run.definition, PARENT):
            if state["type"] == SUBFLOW:
                yield CheckResult(
                    field,
                    f"Widget {run.widget!r} runs the Studio flow {run.sid}, whose widget"
                    f" {state['name']!r} takes the transition failed (81024), as a subflow can run"
                    " no other.",
                    "Let the parent flow run both.",
                )


@_check(
    "widgets-in-all",
    "error",
    f"{DOCS}/studio/user-guide/studio-faq",
    _DOC,
    asks_account=True,
    of=BOTH,
)
def widgets_in_all(subject: CheckInput) -> Iterator[CheckResult]:
    """A Studio flow that has too many widgets with its subflows."""
    definition = _definition(subject) or {"states": ()}
    subflows = {each.sid: each.definition for each in _subflows(subject, definition["states"])}
    total = sum(len(each["states"]) for each in (definition, *subflows.values()) if each)
    if total > MAX_WIDGETS:
        yield CheckResult(
            subject.studio.field,
            f"The Studio flow {subject.studio.name!r} has {total:,} widgets with those of"
            f" its subflows; Twilio takes {MAX_WIDGETS:,}.",
            "Remove widgets, or ask Twilio for more.",
        )


@_check("webhook-filters", "warning", f"{DOCS}/chat/webhook-events", _DOC, asks_account=True)
def webhook_filters(subject: CheckInput) -> Iterator[CheckResult]:
    """A webhook filter of the flow's chat service that is no event."""
    try:
        faults = subject.account.unknown_filters(subject.flow)
    except LookupError:
        return  # unknown_names reports it
    for fault in faults:
        yield CheckResult(
            ("chat_service",),
            f"A webhook filter of the flow's chat service, {fault}.",
            "Set webhook_filters of the service to events of Chat.",
        )


@_check(
    "nobody-matches",
    "error",
    f"{DOCS}/taskrouter/workflow-configuration",
    _DOC,
    asks_account=True,
    of=BOTH,
)
def nobody_matches(subject: CheckInput) -> Iterator[CheckResult]:
    """A workflow that no worker can match."""
    account = subject.account
    for route in _routes(subject):
        queues = account.queues(route.workspace, route.workflow, route.known)
        workflow = repr(account.directory.workflows(route.workspace).name(route.workflow))
        if not queues:
            yield CheckResult(
                route.field,
                f"No filter of workflow {workflow} takes a task with {dict(route.known)}, and"
                " there is no default filter: no task can be made, and so no channel.",
                "Give the workflow a default filter, or one that takes these.",
            )
        elif not any(
            account.has_takers(route.workspace, one.target_workers, route.channel) for one in queues
        ):
            wanted = "; ".join(f"{one.friendly_name}: {one.target_workers}" for one in queues)
            yield CheckResult(
                route.field,
                f"No worker can be offered a task of workflow {workflow} on task channel"
                f" {route.channel}: none with capacity there matches its queues ({wanted}).",
                "Give a worker the attributes, or the capacity; or change the queues'"
                " TargetWorkers.",
            )


@_check(
    "loose-expression",
    "warning",
    f"{DOCS}/taskrouter/expression-syntax",
    _INF,
    asks_account=True,
    of=BOTH,
)
def loose_expression(subject: CheckInput) -> Iterator[CheckResult]:
    """An expression of a workflow or its queues that Twilio stores and does not document."""
    for route in _routes(subject):
        found = subject.account.expressions(route.workspace, route.workflow, is_loose_expression)
        for text in found:
            yield CheckResult(
                route.field,
                f"The workflow or a queue of it has the expression {text!r}: Twilio stores it, but"
                " how it evaluates it is not known.",
                "Write lists in square brackets (`number IN ['a', 'b']`) and signs without a space"
                " (`!=`).",
            )


@_check(
    "never-in-time",
    "warning",
    f"{DOCS}/taskrouter/time-of-day-routing",
    _DOC,
    asks_account=True,
    of=BOTH,
)
def never_in_time(subject: CheckInput) -> Iterator[CheckResult]:
    """An expression of a workflow or its queues that holds at no time of the week."""
    for route in _routes(subject):
        found = subject.account.expressions(route.workspace, route.workflow, is_out_of_time)
        for text in found:
            yield CheckResult(
                route.field,
                f"The workflow or a queue of it has the expression {text!r}, which holds at no time"
                " of any day.",
                "Compare taskrouter.currentTime with numbers such as 830, currentHour and"
                " currentMin with two digits in quotes, dayOfWeek with 'Mon'; join hours over"
                " midnight with OR.",
            )


@_check("welcome-bot", "warning", FLOW, _INF, asks_account=True)
def welcome_bot(subject: CheckInput) -> Iterator[CheckResult]:
    """Creation on message with a bot that greets."""
    if not subject.flow.settings().get("creation_on_message"):
        return
    try:
        url = subject.account.greets(subject.flow)
    except LookupError:
        return  # unknown_names reports it
    if url:
        yield CheckResult(
            ("integration", "creation_on_message"),
            f"The chat service notifies {url} of new channels or members: a bot that greets there"
            " makes no task, and a customer who waits for an answer to the greeting never gets"
            " an agent.",
            "Set `creation_on_message: false`, or let the bot greet with the customer's first"
            " message.",
        )


@_check("leave-is-off", "warning", LEAVE, _DOC, asks_account=True, of=CONVERSATIONS)
def leave_is_off(subject: CheckInput) -> Iterator[CheckResult]:
    """A long-lived conversation in an account whose agents can only end it."""
    if subject.flow.long_lived and not subject.account.offers_leave:
        yield CheckResult(
            ("long_lived",),
            "Flex UI does not offer Leave to agents, so that they end each conversation, and the"
            " customer begins a new one.",
            'Set agent_conv_end_methods of the Flex configuration to {"enabled": ["Leave"]}.',
        )


CHECKS: tuple[Check, ...] = tuple(_checks)


def _studio_flow(subject: CheckInput) -> str | None:
    """The SID of the flow's Studio flow; None without one, which `unknown_names` reports."""
    name = subject.studio.name
    try:
        return subject.account.directory.studio_flows.sid(name) if name else None
    except LookupError:
        return None


def _definition(subject: CheckInput) -> dict[str, Any] | None:
    """The published definition of the flow's Studio flow; None where there is none."""
    sid = _studio_flow(subject)
    return subject.account.definition(sid) if sid else None


def _on_the_way(subject: CheckInput) -> Iterator[Mapping[str, Any]]:
    """The widgets of the flow's Studio flow that a customer's message can lead to."""
    definition = _definition(subject)
    return reached(definition, subject.studio.event) if definition else iter(())


class Subflow(NamedTuple):
    """A flow that a Run Subflow names, by the name of that widget; None is no definition."""

    widget: str
    sid: str
    revision: str
    definition: dict[str, Any] | None


def _subflows(subject: CheckInput, states: Iterable[Mapping[str, Any]]) -> Iterator[Subflow]:
    """The subflows that some widgets run; of a draft the published one, as for all customers."""
    for state in states:
        if state["type"] == SUBFLOW:
            sid, revision = (str(state["properties"][f"flow_{one}"]) for one in ("sid", "revision"))
            revision = revision if revision.isdecimal() else PUBLISHED
            found = subject.account.definition(sid, revision)
            yield Subflow(state["name"], sid, revision, found)


class Route(NamedTuple):
    """The way of a task: the field that declares it, and its attributes as far as known."""

    field: tuple[str, ...]
    workspace: str
    workflow: str
    channel: str
    known: Mapping[str, str]


def _routes(subject: CheckInput) -> Iterator[Route]:
    """The ways that tasks of a flow can take."""
    account, flow = subject.account, subject.flow
    try:
        if isinstance(flow, ConversationConfig):
            found = routing_in(account.directory, flow)
            attributes = found.get("attributes", {}).items()
            known = {name: value for name, value in attributes if isinstance(value, str)}
            field, channel = ("interaction", "workflow"), "task_channel_unique_name"
        else:
            settings = (
                parameters_in(account.directory, flow) if flow.integration_type == "task" else {}
            )
            found = {name.removeprefix("integration_"): value for name, value in settings.items()}
            known = {"channelType": flow.channel_type}
            field, channel = ("integration", "workflow"), "channel"
        if found:
            sids = found["workspace_sid"], found["workflow_sid"]
            yield Route(field, *sids, found[channel], known)
    except FlowProblem:
        return  # unknown_names reports it
    for state in _on_the_way(subject):
        properties = state.get("properties") or {}
        workflow, channel = properties.get("workflow", ""), properties.get("channel") or "default"
        if state["type"] == SEND_TO_FLEX and TEMPLATE not in f"{workflow}{channel}":
            for workspace in account.directory.workspaces.sids:
                if workflow in account.directory.workflows(workspace).sids:
                    yield Route(subject.studio.field, workspace, workflow, channel, {})
