"""Preflight for a custom chat on Flex Conversations: reads an account, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from . import html
from .mock import Credentials
from .sdk_errors import refusal_of

Verdict = Literal["ready", "look", "missing"]
LEGACY_EVENTS = ("onChannel", "onMember", "onMessageSen", "onMediaMessage")
"""Beginnings of the names of Chat's events that Conversations calls otherwise."""
_LOOKED_AT = 50
"""Studio flows, workers and public channels that are read at most."""


@dataclass(frozen=True)
class PreflightCheck:
    """One point of a set-up.

    Attributes:
        subject: The point.
        verdict: `ready`; `look`, it works but see why; `missing`, a chat cannot reach an agent.
        found: The account's state.
        remedy: The next step; blank for what is ready.
    """

    subject: str
    verdict: Verdict
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {'. '.join(filter(None, (self.found, self.remedy)))}"


class Preflight:
    """The points of an account's set-up; shown as a table in a notebook."""

    def __init__(self, checks: tuple[PreflightCheck, ...]) -> None:
        self.checks = checks

    @property
    def is_ready(self) -> bool:
        """True where nothing is missing."""
        return not self.missing

    @property
    def missing(self) -> list[PreflightCheck]:
        """The points without which a chat cannot reach an agent."""
        return [check for check in self.checks if check.verdict == "missing"]

    def __str__(self) -> str:
        return "\n".join(f"{check.verdict:8}{check}" for check in self.checks)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [(one.subject, one.verdict, one.found, one.remedy) for one in self.checks]
        heads = ("check", "verdict", "found", "next step")
        return html.table(rows, heads, title="Preflight", style=html.TOP_LEFT)


class HasClient(Protocol):
    """An account, as `connect()` opens it."""

    client: Client
    credentials: Credentials


def preflight(account: HasClient) -> Preflight:
    """Check that an account is set up for a custom chat on Flex Conversations.

    Reads Flex's and Conversations' configuration, roles, webhooks, addresses, Studio flows,
    TaskRouter and leftovers of the legacy API (about twenty requests). The verdicts are this
    project's, not Twilio's.
    """
    reader = _Setup(account)
    checks = []
    for subject, check in _CHECKS.items():
        try:
            checks.append(PreflightCheck(subject, *check(reader)))
        except TwilioException as error:
            said = f"the account refuses: {refusal_of(error).message}"
            checks.append(PreflightCheck(subject, "missing", said, "See that first"))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            said = f"an answer of another form than Twilio's: {type(error).__name__}"
            checks.append(PreflightCheck(subject, "look", said, "Look at it in the Console"))
    return Preflight(tuple(checks))


Answer = tuple[Verdict, str] | tuple[Verdict, str, str]


class _Setup:
    def __init__(self, account: HasClient) -> None:
        self.client = account.client
        self.tokens_service_sid = account.credentials.chat_service_sid

    @cached_property
    def flex(self) -> Any:
        return self.client.flex_api.v1.configuration().fetch()

    @cached_property
    def settings(self) -> Any:
        return self.client.conversations.v1.configuration().fetch()

    @property
    def service(self) -> Any:
        return self.client.conversations.v1.services(self.flex.chat_service_instance_sid)

    @property
    def workspace(self) -> Any:
        return self.client.taskrouter.v1.workspaces(self.flex.taskrouter_workspace_sid)


def _flex(reader: _Setup) -> Answer:
    names = ("chat_service_instance_sid", "taskrouter_workspace_sid", "flex_instance_sid")
    lacking = [name for name in names if not getattr(reader.flex, name)]
    version = reader.flex.ui_version or ""
    if lacking:
        return "missing", f"no {', '.join(lacking)}", "Set up Flex in the Console"
    if version.startswith("1."):
        return "missing", f"Flex UI {version}", "Conversations need Flex UI 2.x"
    return "ready", f"Flex UI {version or 'of no named version'}"


def _default_service(reader: _Setup) -> Answer:
    own, default = reader.flex.chat_service_instance_sid, reader.settings.default_chat_service_sid
    if own == default:
        return "ready", f"Flex's chat service {own}"
    return (
        "missing",
        f"{default or 'none'}, not Flex's {own}",
        "conversations.v1.configuration().update(default_chat_service_sid=...)",
    )


def _tokens(reader: _Setup) -> Answer:
    own, named = reader.flex.chat_service_instance_sid, reader.tokens_service_sid
    if own == named:
        return "ready", "for Flex's chat service"
    return (
        "missing",
        f"for {named}, not Flex's {own}: customers are strangers in its conversations",
        "Set TWILIO_CHAT_SERVICE_SID to Flex's",
    )


def _timers(reader: _Setup) -> Answer:
    closed = reader.settings.default_closed_timer
    if closed:
        return "ready", f"closed after {closed}"
    return (
        "look",
        "no default closed timer",
        "A chat that nobody ends stays open: set one here, or timers_closed per conversation",
    )


def _roles(reader: _Setup) -> Answer:
    sid = reader.service.configuration().fetch().default_conversation_role_sid
    role = reader.service.roles(sid).fetch()
    if "sendMessage" in role.permissions:
        return "ready", f"{role.friendly_name} may send messages"
    return "missing", f"{role.friendly_name} lacks sendMessage", "Give a role that has it"


def _hooks(reader: _Setup) -> Answer:
    account_wide = reader.client.conversations.v1.configuration.webhooks().fetch()
    own = reader.service.configuration.webhooks().fetch()
    problems = [
        f"{url} is not https"
        for hook in (account_wide, own)
        for url in (hook.pre_webhook_url, hook.post_webhook_url)
        if url and not url.startswith("https://")
    ]
    problems += [
        f"{name} is an event of Chat, not of Conversations"
        for hook in (account_wide, own)
        for name in hook.filters or ()
        if name.startswith(LEGACY_EVENTS)
    ]
    urls = [bool(hook.pre_webhook_url or hook.post_webhook_url) for hook in (account_wide, own)]
    if all(urls):
        problems.append("the service's webhooks silence the account's")
    if problems:
        return "look", "; ".join(problems), "Correct the URLs, filters or the scope"
    if any(urls):
        return "ready", "URLs and filters fit"
    return "ready", "none: scoped webhooks of each conversation do"


def _addresses(reader: _Setup) -> Answer:
    found = reader.client.conversations.v1.address_configurations.list(type="chat")
    enabled = [one.auto_creation for one in found if (one.auto_creation or {}).get("enabled")]
    working = [one for one in enabled if one.get("studio_flow_sid") or one.get("webhook_url")]
    if working:
        return "ready", f"{len(working)} with autocreation"
    return (
        "look",
        "the autocreation of a chat address leads to no flow and no webhook"
        if enabled
        else "no chat address with autocreation",
        "Only WebChats need one; conversations that your server creates do not",
    )


def _flow(reader: _Setup) -> Answer:
    flows = reader.client.studio.v2.flows
    published = [one for one in flows.list(limit=_LOOKED_AT) if one.status == "published"]
    fit = [one.friendly_name for one in published if _hands_over(flows(one.sid).fetch().definition)]
    if fit:
        return "ready", ", ".join(fit)
    return (
        "look",
        f"none of {len(published)} published flows leads from Incoming Conversation to Flex",
        "helpers.migrate rewrites a legacy flow; or create Interactions yourself",
    )


def _hands_over(definition: Any) -> bool:
    states = list((definition or {}).get("states") or ())
    starts = any(
        one.get("event") == "incomingConversationMessage" and one.get("next")
        for state in states
        if state.get("type") == "trigger"
        for one in state.get("transitions") or ()
    )
    return starts and any(
        state.get("type") == "send-to-flex"
        and {"workflow", "channel"} <= state["properties"].keys()
        for state in states
    )


def _routing(reader: _Setup) -> Answer:
    workflows = reader.workspace.workflows.list(limit=_LOOKED_AT)
    channels = [one.unique_name for one in reader.workspace.task_channels.list()]
    if not workflows:
        return "missing", "no workflow", "Create one: tasks have nowhere to go"
    if "chat" not in channels:
        return "missing", f"no task channel chat, but {', '.join(channels)}", "Create it"
    workers = reader.workspace.workers.list(limit=_LOOKED_AT)
    for worker in workers:
        channel = reader.workspace.workers(worker.sid).worker_channels("chat").fetch()
        if channel.configured_capacity:
            named = f"{len(workflows)} workflow{'s' * (len(workflows) > 1)}"
            return "ready", f"{named}; {worker.friendly_name} can take chats"
    return (
        "missing",
        f"none of {len(workers)} workers has capacity for chat",
        "Give a worker capacity on the task channel chat",
    )


def _leftovers(reader: _Setup) -> Answer:
    try:
        flows = reader.client.flex_api.v1.flex_flow.list()
    except TwilioException as error:
        return "ready", f"the legacy API answers HTTP {refusal_of(error).status}"
    enabled = [one.friendly_name or one.sid for one in flows if one.enabled]
    if enabled:
        return (
            "look",
            f"enabled Flex Flows: {', '.join(enabled)}",
            "helpers.migrate says what takes their place",
        )
    return "ready", "no enabled Flex Flow"


def _public_channels(reader: _Setup) -> Answer:
    service = reader.client.chat.v2.services(reader.flex.chat_service_instance_sid)
    try:
        found = service.channels.list(type=["public"], limit=_LOOKED_AT)
    except TwilioException as error:
        return "ready", f"the legacy API answers HTTP {refusal_of(error).status}"
    if found:
        some = f"at least {len(found)}" if len(found) == _LOOKED_AT else str(len(found))
        return (
            "look",
            f"{some} public channels, which Conversations does not find",
            "Make them private with chat.v3: helpers.migrate lists the calls",
        )
    return "ready", "none"


_CHECKS: dict[str, Callable[[_Setup], Answer]] = {
    "Flex": _flex,
    "default service": _default_service,
    "access tokens": _tokens,
    "timers": _timers,
    "guests' role": _roles,
    "webhooks": _hooks,
    "chat addresses": _addresses,
    "Studio": _flow,
    "routing": _routing,
    "Flex Flows": _leftovers,
    "public channels": _public_channels,
}
