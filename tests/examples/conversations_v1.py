"""Calls of each operation of Conversations v1 that is simulated, and of Chat v3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter as of
from typing import Any

from .account import NOBODY, PreparedAccount
from .chat_v2 import user
from .model import Api, Example, Refusal

THEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 10, 30, tzinfo=UTC)
DATES = {"DateCreated": THEN, "DateUpdated": LATER}
ATTRIBUTES = {"Attributes": '{"topic": "billing"}'}
CONVERSATION = {
    "FriendlyName": "Billing",
    "UniqueName": "billing",
    "State": "inactive",
    "Timers.Closed": "PT3H",
    **ATTRIBUTES,
    **DATES,
}
BINDING = {"MessagingBinding.Address": "+15550142", "MessagingBinding.ProxyAddress": "+15550100"}
READING = {"LastReadMessageIndex": 0, "LastReadTimestamp": LATER}
MESSAGE = {"Author": "Concierge", "Body": "How can I help?", **ATTRIBUTES, **DATES}
OF_A_CONVERSATION = {"MessagingServiceSid", "Bindings.Email.Address", "Bindings.Email.Name"}
NOT_SIMULATED = {
    f"{verb}{prefix}Conversation{what}": frozenset(names)
    for prefix in ("", "Service")
    for verb, what, names in (
        ("Create", "", OF_A_CONVERSATION),
        ("Update", "", OF_A_CONVERSATION),
        ("Create", "Participant", {"MessagingBinding.ProjectedAddress"}),
        (
            "Update",
            "Participant",
            {
                "Identity",
                "MessagingBinding.ProxyAddress",
                "MessagingBinding.ProjectedAddress",
            },
        ),
        ("Create", "Message", {"Subject", "ContentSid", "ContentVariables"}),
        ("Update", "Message", {"Subject"}),
    )
}
"""Parameters of operations that are refused with the mock's own code."""


def prepare(account: PreparedAccount) -> None:
    """Add conversations of three states, with participants of both kinds and messages."""
    v1 = account.conversations = account.client.conversations.v1
    service = account.service_of_conversations = v1.services(account.own.chat_service_sid)
    v1.conversations.create(state="inactive", date_created=THEN)
    closed = v1.conversations.create(unique_name="done", date_created=LATER)
    account.closed_conversation = closed.update(state="closed")
    sid = v1.conversations.create(unique_name="sales").sid
    account.conversation = v1.conversations(sid).fetch()
    account.service_conversation = service.conversations(sid).fetch()
    people, texts = account.conversation.participants, account.conversation.messages
    account.participant = people.create(identity="jane")
    people.create(
        messaging_binding_address="+15550143", messaging_binding_proxy_address="+15550100"
    )
    account.text = texts.create(author="jane", body="Hello")
    account.second_text = texts.create(author="zoe", body="Good morning")
    inside = account.service_conversation
    account.service_participant = inside.participants(account.participant.sid).fetch()
    account.service_text = inside.messages(account.text.sid).fetch()


def lasting(state: str) -> Callable[[PreparedAccount, Any], str]:
    """How long the timer lasts, in hours, as the answer has it."""

    def found(account: PreparedAccount, answer: Any) -> str:
        end = datetime.fromisoformat(answer["timers"][f"date_{state}"]).timestamp()
        return f"PT{int(end - account.now) // 3600}H"

    return found


def limited(**limits: int) -> Callable[[PreparedAccount], Any]:
    return lambda account: account.service.update(**limits)


def of_none(name: str) -> Callable[[PreparedAccount], Callable[..., Any]]:
    """The update of a conversation that does not exist."""
    collection = of(name)
    return lambda account: collection(account)("CH" + NOBODY).update


def examples(
    prefix: str, collection: str, conversation: str, participant: str, text: str
) -> Mapping[str, tuple[Example, ...]]:
    """Operations under a service, or under the default one, with the attributes they stand on."""
    one, people, messages = (
        f"{prefix}Conversation",
        f"{prefix}ConversationParticipant",
        f"{prefix}ConversationMessage",
    )
    lasts = {"Timers.Inactive": lasting("inactive"), "Timers.Closed": lasting("closed")}
    return {
        f"List{one}": (
            Example(f"{collection}.list", {"State": "closed"}),
            Example(f"{collection}.list", {"StartDate": "2026-01-06", "EndDate": "2026-01-07"}),
        ),
        f"Create{one}": (
            Example(
                f"{collection}.create",
                CONVERSATION,
                seen=lasts,
                refused={
                    501: {"MessagingServiceSid": "MG" + NOBODY},
                    50353: {"UniqueName": "sales"},
                    50374: {"State": ""},
                    50376: {"Timers.Closed": "PT5M"},
                    50378: {"State": "sleeping"},
                    50380: {"Timers.Closed": "a while"},
                    50384: {"State": "closed"},
                    50390: {"UniqueName": "CH" + NOBODY},
                },
            ),
            Example(
                f"{collection}.create",
                {"Timers.Inactive": "PT2H"},
                seen=lasts,
                refused={
                    50375: {"Timers.Inactive": "PT30S"},
                    50379: {"Timers.Inactive": "a while"},
                },
            ),
        ),
        f"Fetch{one}": (Example(f"{conversation}.fetch"),),
        f"Update{one}": (
            Example(
                f"{conversation}.update",
                CONVERSATION,
                seen=lasts,
                refused={
                    50350: Refusal(method=of_none(collection)),
                    50377: Refusal(method="closed_conversation.update"),
                    50430: Refusal(by=user("bob")),
                },
            ),
            Example(f"{conversation}.update", {"Timers.Inactive": "PT2H"}, seen=lasts),
        ),
        f"Delete{one}": (Example(f"{conversation}.delete"),),
        f"List{people}": (Example(f"{conversation}.participants.list"),),
        f"Create{people}": (
            Example(
                f"{conversation}.participants.create",
                {"Identity": "bob", "RoleSid": of("channel_admin.sid"), **ATTRIBUTES, **DATES},
                refused={
                    50109: {"RoleSid": "RL" + NOBODY},
                    50204: {"Identity": None},
                    50211: BINDING,
                    50214: Refusal(
                        given={"Identity": "jane"},
                        method=lambda account: (
                            account.conversations.conversations.create().participants.create
                        ),
                        after=(limited(limits_user_channels=1),),
                    ),
                    50417: Refusal(after=(limited(limits_channel_members=1),)),
                    50433: {"Identity": "jane"},
                },
            ),
            Example(
                f"{conversation}.participants.create",
                BINDING,
                refused={
                    50409: {"MessagingBinding.Address": "+15550100"},
                    50411: {"MessagingBinding.Address": None},
                    50412: {"MessagingBinding.ProxyAddress": None},
                    50416: {"MessagingBinding.Address": "+15550143"},
                },
            ),
        ),
        f"Fetch{people}": (Example(f"{participant}.fetch"),),
        f"Update{people}": (
            Example(
                f"{participant}.update",
                {"RoleSid": of("channel_admin.sid"), **READING, **ATTRIBUTES, **DATES},
                refused={
                    50421: {"LastReadMessageIndex": "the last one"},
                    50432: Refusal(
                        method=lambda account: account.conversation.participants("nobody").update
                    ),
                },
            ),
        ),
        f"Delete{people}": (Example(f"{participant}.delete"),),
        f"List{messages}": (Example(f"{conversation}.messages.list", {"Order": "desc"}),),
        f"Create{messages}": (
            Example(
                f"{conversation}.messages.create",
                MESSAGE,
                refused={
                    50503: {"Body": None},
                    50504: {"Body": "x" * (32 * 1024 + 1)},
                },
            ),
            Example(
                f"{conversation}.messages.create",
                {"Author": "jane", "MediaSid": of("file")},
                seen={"MediaSid": lambda account, answer: answer["media"][0]["sid"]},
            ),
        ),
        f"Fetch{messages}": (Example(f"{text}.fetch"),),
        f"Update{messages}": (Example(f"{text}.update", MESSAGE),),
        f"Delete{messages}": (Example(f"{text}.delete"),),
    }


EXAMPLES = {
    **examples("", "conversations.conversations", "conversation", "participant", "text"),
    **examples(
        "Service",
        "service_of_conversations.conversations",
        "service_conversation",
        "service_participant",
        "service_text",
    ),
}
CONVERSATIONS = Api(
    "conversations_v1",
    "conversations.twilio.com",
    prepare,
    EXAMPLES,
    size=30,
    paths=r"/v1(/Services/\{ChatServiceSid\})?/Conversations(/\{Sid\})?"
    r"|/v1(/Services/\{ChatServiceSid\})?/Conversations/\{ConversationSid\}"
    r"/(Participants|Messages)(/\{Sid\})?",
    not_simulated=NOT_SIMULATED,
)


def migration(account: PreparedAccount) -> Callable[..., Any]:
    return account.client.chat.v3.channels(account.own.chat_service_sid, account.channel.sid).update


CHAT_V3 = Api(
    "chat_v3",
    "chat.twilio.com",
    lambda account: None,
    {
        "UpdateChannel": (
            Example(migration, {"Type": "private"}, refused={50393: {"Type": "public"}}),
        )
    },
    size=None,
)
