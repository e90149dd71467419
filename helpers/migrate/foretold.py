"""Differences between a rehearsal of a legacy flow and of its migrated set-up that are expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Foretold:
    """A difference that a change makes: rows of one kind, as patterns of their whole text.

    Attributes:
        kind: The kind of the timeline's row, or `outcome`.
        a: A row of the legacy flow; blank for none.
        b: The row of the migrated set-up in its place; blank for none. It can refer to groups of
            `a`.
        turns: Whether all that differs from then on follows from it.
    """

    kind: str
    a: str = ""
    b: str = ""
    turns: bool = False

    def fits(self, kind: str, a: str, b: str) -> bool:
        """Return whether it is this difference."""
        if kind != self.kind or bool(a) != bool(self.a) or bool(b) != bool(self.b):
            return False
        return re.fullmatch(f"{self.a} => {self.b}", f"{a} => {b}") is not None


_CHAT, _CONVERSATIONS, _FLEX = (
    r" \(chat\.twilio\.com answers 20[014]\)",
    r" \(conversations\.twilio\.com answers 20[01]\)",
    r" \(flex-api\.twilio\.com answers 20[01]\)",
)
_TASKROUTER = r" \(taskrouter\.twilio\.com answers 20[01]\)"
_CHANNEL, _CONVERSATION = (
    r"/v2/Services/IS#\d+/Channels/CH#\d+",
    (r"/v1/Services/IS#\d+/Conversations/CH#\d+"),
)
_INTERACTION = r"/v1/Interactions/KD#\d+/Channels/UO#\d+"


def _requests(who: str, *pairs: tuple[str, str]) -> tuple[Foretold, ...]:
    return tuple(Foretold("request", a and f"{who}: {a}", b and f"{who}: {b}") for a, b in pairs)


GETS = _requests(
    "your server", (f"POST {_CHANNEL}{_CHAT}", f"POST {_CONVERSATION}{_CONVERSATIONS}")
)
"""Attributes that your server gives a chat."""
ADDED = Foretold(
    "event",
    r"Flex: adds (customer-\d+) \(to customer\)",
    r"your server: adds \1 \(to Flex\)",
)
OPENS = (
    *_requests(
        "your server",
        (f"POST /v1/Channels{_FLEX}", ""),
        (f"POST /v1/Channels{_FLEX}", rf"POST /v1/Services/IS#\d+/Conversations{_CONVERSATIONS}"),
        ("", f"POST {_CONVERSATION}/Participants{_CONVERSATIONS}"),
        ("", f"POST {_CONVERSATION}/Webhooks{_CONVERSATIONS}"),
    ),
    *GETS,
    ADDED,
)
"""Conversation, participant and webhook in place of a Flex channel."""
OWN_INTERACTION = _requests("your server", ("", f"POST /v1/Interactions{_FLEX}"))
NAMED = Foretold("task", r"\w+: (task .*) for customer-\d+ (.*)", r"\w+: \1 for [^-]+ \2")
"""A task with the customer's name, in place of the identity."""
WEB_CHAT = (
    *_requests(
        "your server",
        (f"POST /v1/Channels{_FLEX}", ""),
        (f"POST /v1/Channels{_FLEX}", f"POST /v2/WebChats{_FLEX}"),
    ),
    *GETS,
    ADDED,
)
"""A WebChat in place of a Flex channel, with the customer's name in the pre-engagement data."""
BOT = (
    *_requests(
        "your server",
        (
            f"POST {_CHANNEL}/Messages{_CHAT}",
            f"POST {_CONVERSATION}/Messages{_CONVERSATIONS}",
        ),
        (
            rf"POST /v1/Workspaces/WS#\d+/Tasks{_TASKROUTER}",
            f"POST /v1/Interactions{_FLEX}",
        ),
    ),
    Foretold(
        "task",
        r"your server: task created for (.*) \(to TaskRouter\)",
        r"Flex: task created for \1 \(to TaskRouter\)",
    ),
    Foretold("webhook", r"Flex: on(?:Media)?MessageSent, (.*)", r"Flex: onMessageAdded, \1"),
    Foretold("event", "", r"Flex: the interaction failed: 45353 .*", turns=True),
)
"""A bot that answers, and hands over by an Interaction."""
NO_RETRIES = (
    Foretold(
        "webhook",
        r"Flex: on(?:Media)?MessageSent, no answer at try \d+ (.*)",
        r"Flex: onMessageAdded, no answer \1",
    ),
    Foretold(
        "webhook",
        r"Flex: on(?:Media)?MessageSent, answered \d+ at try \d+ (.*)",
        r"Flex: onMessageAdded, (?:answered \d+|no answer) \1",
        turns=True,
    ),
)
_CUSTOMER = r"customer(?: \w+)?"
PAGES = _requests(
    _CUSTOMER,
    (f"POST {_CHANNEL}/Messages{_CHAT}", f"POST {_CONVERSATION}/Messages{_CONVERSATIONS}"),
)
_TASK_UPDATE, _ENDED = (
    r"POST /v1/Workspaces/WS#\d+/Tasks/WT#\d+ \(taskrouter\.twilio\.com",
    "(?:20001|20404)",
)
_UPDATES = f"POST {_INTERACTION}(/Participants/UT#\\d+)?{_FLEX}"
AGENTS = (
    *(
        each
        for old in (
            f"POST {_CHANNEL}/Members{_CHAT}",
            rf"POST /v1/Workspaces/WS#\d+/Tasks/WT#\d+{_TASKROUTER}",
            f"POST {_CHANNEL}{_CHAT}",
            rf"DELETE {_CHANNEL}/Members/\w+{_CHAT}",
        )
        for each in _requests(r"agent \w+", (old, ""))
    ),
    *_requests(r"agent \w+", ("", _UPDATES)),
    *_requests(
        r"agent \w+",
        (f"POST {_CHANNEL}/Messages{_CHAT}", f"POST {_CONVERSATION}/Messages{_CONVERSATIONS}"),
        (rf"{_TASK_UPDATE} answers 40[04] \({_ENDED}\)\)", ""),
        (
            rf"{_TASK_UPDATE} answers 40[04] \({_ENDED}\)\)",
            rf"POST {_INTERACTION}/Participants/UT#\d+ \(.* answers 400 \(20001\)\)",
        ),
    ),
    Foretold("state", rf"agent: could not: agent wraps up \(Twilio refuses: {_ENDED}: .*\)"),
    Foretold("outcome", f"could not be done: agent wraps up: Twilio refuses: {_ENDED}: .*"),
    Foretold("event", "", r"Flex: the interaction is closed \(to customer\)"),
    Foretold(
        "request",
        r"(agent \w+): POST /v1/wschannels \(event-bridge\..*\)",
        rf"\1: POST {_INTERACTION}/Transfers{_FLEX}",
        turns=True,
    ),
)
"""Calls that Flex UI makes for agents; a transfer makes another task."""
STATES = (
    Foretold("state", r"(CH#\d+): ACTIVE \(new\)", r"\1: active \(new\)"),
    Foretold("state", r"(CH#\d+): INACTIVE \(was ACTIVE\)", r"\1: closed \(was active\)"),
    Foretold(
        "event",
        r"Flex: Chat with .* is INACTIVE \(to customer\)",
        r"Flex: Chat with .* is closed \(to customer\)",
    ),
    Foretold("event", r"Flex: Chat with .* is INACTIVE \(to customer\)"),
    Foretold("event", "", r"Flex: (Chat with .*|a conversation) is closed \(to customer\)"),
    Foretold("outcome", "channel at the end: ACTIVE", "channel at the end: active"),
    Foretold("outcome", "channel at the end: INACTIVE", "channel at the end: closed"),
)
"""Words of Conversations for the status of a chat."""
_REFUSED = "Twilio refuses: 50377: .*"
CLOSED = (
    *(
        Foretold(
            "request",
            rf"({who}): POST {_CHANNEL}/Messages{_CHAT}",
            rf"\1: POST {_CONVERSATION}/Messages \(.* answers 400 \(50377\)\)",
            turns,
        )
        for who, turns in ((_CUSTOMER, False), (r"agent \w+|your server", True))
    ),
    Foretold("message", "customer: .*"),
    Foretold("webhook", r"Flex: on(?:Media)?MessageSen[dt], .*"),
    Foretold(
        "state",
        r"customer: message reached nobody \(the chat has ended .*\)",
        rf"customer: could not: customer says \({_REFUSED}\)",
    ),
    Foretold("state", "", rf"customer: could not: customer says \({_REFUSED}\)"),
    Foretold("state", "", rf"agent: could not: agent says \({_REFUSED}\)"),
    Foretold("outcome", r"reached nobody: .* \(the chat has ended .*\)"),
    Foretold("outcome", "unanswered: .*"),
    Foretold("outcome", "", f"could not be done: (customer|agent|bot) says: .*: {_REFUSED}"),
)
"""Messages to a chat that has ended."""
BY_INTERACTION = (
    Foretold(
        "task",
        r"Studio: task created for (.*) \(to TaskRouter\)",
        r"Flex: task created for \1 \(to TaskRouter\)",
    ),
)
"""Send to Flex, by which Flex makes the task."""
_CANCELED = r"TaskRouter: task canceled for .*"
CANCELED = tuple(Foretold("task", a, _CANCELED, turns=True) for a in ("", _CANCELED))
"""A task whose time is over earlier."""


def _no_bot(reason: str) -> tuple[Foretold, ...]:
    said = r"(.*bot (?:says|hands over).*)a task flow tells no server of messages(\)?)"
    return tuple(Foretold(kind, said, rf"\1{reason}\2") for kind in ("state", "outcome"))


WITHOUT_SERVER = _no_bot("no webhook notifies your server of messages")
"""Steps of a bot that the flow does not have."""
BY_SERVER = (
    *_no_bot("your server was not reached with the customer's latest message"),
    *_no_bot("your server has handed over already"),
    Foretold("webhook", "", "Flex: onMessageAdded, .*"),
    *_requests("your server", ("", f"POST {_CONVERSATION}/Messages{_CONVERSATIONS}")),
    Foretold("message", "", "your server: .*"),
    Foretold("state", r"bot: could not: bot says \(a task flow tells no server .*\)", turns=True),
    Foretold(
        "state",
        "",
        r"customer: message reached nobody \(your server (is (slow|down)|answers \d+)\)",
        turns=True,
    ),
)
"""A server on the way of messages, which can answer, or be down."""
BY_HANDLER: dict[str, tuple[Foretold, ...]] = {
    "task": (*OWN_INTERACTION, *WITHOUT_SERVER),
    "studio": (NAMED,),
    "external": BOT,
}
"""By the integration type of a Flex Flow."""
_TASK = (
    ("task", r"Flex: task created for .* \(to TaskRouter\)"),
    ("task", r"TaskRouter: task (?:matches|waits in) .*"),
    ("reservation", r"TaskRouter: offer to \w+ \(to agent\)"),
    ("state", r"WT#\d+: (pending|reserved) \(new\)"),
)
ANOTHER_TIME = (
    *(Foretold(kind, row) for kind, row in _TASK),
    *(Foretold(kind, "", row) for kind, row in _TASK),
)
"""A task that is made at another moment; that one is made at all shows in the outcome."""
_NO_TASK = r"agent: could not: agent (?:accepts|rejects) \(no task was made, .*\)"
LATER = (
    *ANOTHER_TIME,
    Foretold("reservation", r"TaskRouter: offer timed out for .*", turns=True),
    Foretold("reservation", r"agent: \w+ rejects .*", turns=True),
    Foretold("task", r"TaskRouter: task canceled for .*", turns=True),
    Foretold("state", r"WT#\d+: .*", _NO_TASK, turns=True),
    Foretold("state", "", _NO_TASK, turns=True),
    Foretold("state", "", r"task: could not: task .* \(no task was made\)", turns=True),
)
"""A task that comes with the first text, where that of a chat came when it was opened."""
_MEDIA = r"/v1/Services/IS#\d+/Media \(mcs\..*\)"
_NOBODY = r"\((?:the chat has ended|no task, flow or server) .*\)"
PHONE = (
    Foretold("outcome", r"chats: \d+", "chats: 0", turns=True),
    *_requests("your server", (f"POST /v1/Channels{_FLEX}", "")),
    *_requests(_CUSTOMER, (f"POST {_CHANNEL}/Messages{_CHAT}", "")),
    *GETS,
    *_requests(_CUSTOMER, (f"POST {_MEDIA}", "")),
    *_requests("your server", ("", f"POST {_MEDIA}")),
    Foretold("request", rf"{_CUSTOMER}: POST {_MEDIA}", f"your server: POST {_MEDIA}"),
    Foretold("event", rf"{_CUSTOMER}: is typing"),
    Foretold("state", "", rf"{_CUSTOMER}: could not: .* \(a phone .*\)"),
    Foretold("outcome", "", "could not be done: customer .*: a phone .*"),
    Foretold(
        "event",
        r"your server: opens Chat with .* \(to Flex\)",
        rf"{_CUSTOMER}: has a phone .*",
    ),
    Foretold("event", r"your server: opens Chat with .* \(to Flex\)"),
    Foretold("event", r"Flex: adds customer-\d+ \(to customer\)"),
    Foretold("event", "", rf"{_CUSTOMER}: has a phone .*"),
    Foretold("event", "", r"Flex: opens a conversation \(to customer\)"),
    Foretold("event", "", r"Flex: adds (\w+:)?\+1555\d+ \(to customer\)"),
    Foretold("state", r"CH#\d+: ACTIVE \(new\)"),
    Foretold("state", "", r"CH#\d+: active \(new\)"),
    Foretold(
        "task",
        r"[\w ]+: (task .*) for .*? (.*)",
        r"\w+: \1 for (?:\w+:)?\+1555\d+ \2",
    ),
    Foretold(
        "state",
        rf"{_CUSTOMER}: message reached nobody {_NOBODY}",
        r"CH#\d+: active \(new\)",
        turns=True,
    ),
    Foretold("state", rf"{_CUSTOMER}: message reached nobody {_NOBODY}", turns=True),
)
"""Customers with a phone in place of a page: the legacy side is played as a chat of your own.

A text after the end makes a new conversation.
"""
JANITOR = (
    *_requests(
        r"agent \w+",
        (rf"DELETE {_CHANNEL}/Members/\w+ \(chat\.twilio\.com answers 404 \(20404\)\)", ""),
    ),
    Foretold("event", r"agent: \w+ leaves \(to Flex\)"),
    Foretold(
        "request",
        rf"(agent \w+): POST {_CHANNEL}/Messages \(.* answers 404 \(50300\)\)",
        rf"\1: POST {_CONVERSATION}/Messages \(.* answers 400 \(50377\)\)",
    ),
    *(
        Foretold(kind, r"(.*agent says.*)Twilio refuses: 50300: .*", rf"\1{_REFUSED}")
        for kind in ("state", "outcome")
    ),
    Foretold("state", "", r"CH#\d+: closed \(was (in)?active\)", turns=True),
    Foretold("state", r"CH#\d+: INACTIVE \(was ACTIVE\)", turns=True),
)
"""A janitor that takes agents out of the chat before they leave, and a timer in its place."""
LEAVE = (
    Foretold("event", "", r"Flex: the interaction is (active|inactive) \(to customer\)"),
    Foretold("outcome", r"tasks: (.*), \w+", r"tasks: \1"),
    *(
        Foretold("state", a, r"customer: message reached nobody \(no task, .*\)", turns=True)
        for a in ("", r"WT#\d+: \w+ \(new\)")
    ),
    Foretold("studio", r"Flex: starts .* \(to Studio\)"),
    Foretold("studio", r"Studio: .* ends \(to Studio\)"),
    Foretold("task", r"Flex: task created for .*", turns=True),
    *ANOTHER_TIME,
)
"""A conversation that an agent leaves, and its customer takes up again."""


def webhooks(events: Sequence[str]) -> tuple[Foretold, ...]:
    """Calls for events of Conversations, beside those of Chat."""
    return tuple(Foretold("webhook", "", f"Flex: {event}, .*") for event in events)
