"""Calls of each operation of Conversations v1 that is simulated, and of Chat v3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter as of
from typing import Any

from .account import HOOK, NOBODY, OTHER_HOOK, PreparedAccount
from .chat_v2 import SECRETS, user
from .model import Api, Example, Refusal

THEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 10, 30, tzinfo=UTC)
DATES = {"DateCreated": THEN, "DateUpdated": LATER}
ATTRIBUTES = {"Attributes": '{"topic": "billing"}'}
MESSAGING_SERVICE = "MG" + "1" * 32
EMAIL = {"Bindings.Email.Address": "ann@example.com", "Bindings.Email.Name": "Ann"}
CONVERSATION = {
    "FriendlyName": "Billing",
    "UniqueName": "billing",
    "State": "inactive",
    "Timers.Closed": "PT3H",
    "MessagingServiceSid": MESSAGING_SERVICE,
    **EMAIL,
    **ATTRIBUTES,
    **DATES,
}
BINDING = {"MessagingBinding.Address": "+15550142", "MessagingBinding.ProxyAddress": "+15550100"}
PROJECTED = {"Identity": "bob", "MessagingBinding.ProjectedAddress": "+15550101"}
READING = {"LastReadMessageIndex": 0, "LastReadTimestamp": LATER}
MESSAGE = {
    "Author": "Concierge",
    "Body": "How can I help?",
    "Subject": "Your order",
    **ATTRIBUTES,
    **DATES,
}
USER = {"RoleSid": of("service_admin.sid"), "FriendlyName": "Carol", **ATTRIBUTES}
TO_URL = {
    "Configuration.Url": OTHER_HOOK,
    "Configuration.Method": "get",
    "Configuration.Filters": ["onMessageAdded", "onConversationStateUpdated"],
}
ON_WORDS = {
    "Configuration.Url": OTHER_HOOK,
    "Configuration.Method": "get",
    "Configuration.Triggers": ["help", "human"],
}
TO_STUDIO = {"Configuration.FlowSid": of("studio_flow.sid")}
WORDS_SEEN = {"Configuration.Triggers": "configuration.filters"}
HOOKS = {
    "Method": "GET",
    "Filters": ["onMessageAdded", "onUserAdded"],
    "PreWebhookUrl": OTHER_HOOK,
    "PostWebhookUrl": OTHER_HOOK,
}
BAD_HOOKS = {
    50055: {"Method": "PUT"},
    50054: {"PostWebhookUrl": "ftp://example.com"},
    50365: {"Filters": ["onMessageSent"]},
}
CREATION = {
    "AutoCreation.Enabled": True,
    "AutoCreation.ConversationServiceSid": of("own.chat_service_sid"),
    "FriendlyName": "Support",
}
TO_WEBHOOK = {
    **CREATION,
    "AutoCreation.Type": "webhook",
    "AutoCreation.WebhookUrl": OTHER_HOOK,
    "AutoCreation.WebhookMethod": "get",
    "AutoCreation.WebhookFilters": ["onMessageAdded"],
}
TO_FLOW = {
    **CREATION,
    "AutoCreation.Type": "studio",
    "AutoCreation.StudioFlowSid": of("studio_flow.sid"),
    "AutoCreation.StudioRetryCount": 2,
}
NOTIFICATIONS = {
    "LogEnabled": True,
    "NewMessage.BadgeCountEnabled": True,
    **{
        f"{push}.{setting}": value
        for push in ("NewMessage", "AddedToConversation", "RemovedFromConversation")
        for setting, value in {"Enabled": True, "Template": f"{push}!", "Sound": "ping"}.items()
    },
    "NewMessage.WithMedia.Enabled": True,
    "NewMessage.WithMedia.Template": "A picture",
}
TEMPLATE = {"ContentSid": "HX" + "1" * 32}
NO_PROXY = {"MessagingBinding.ProxyAddress": None}
NO_PROJECTED = {"MessagingBinding.ProjectedAddress": None}
NOT_SIMULATED = {
    f"{verb}{prefix}Conversation{what}": frozenset(names)
    for prefix in ("", "Service")
    for verb, what, names in (
        ("Update", "Participant", {"Identity"}),
        ("Create", "Message", {"ContentSid", "ContentVariables"}),
    )
}
"""Parameters of operations that are always refused."""


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
    account.phone = people.create(
        messaging_binding_address="+15550143", messaging_binding_proxy_address="+15550100"
    )
    account.projected = people.create(
        identity="erin", messaging_binding_projected_address="+15550199"
    )
    account.text = texts.create(author="jane", body="Hello")
    account.second_text = texts.create(author="zoe", body="Good morning")
    hooks = account.conversation.webhooks
    account.scoped = hooks.create(
        target="webhook",
        configuration_url=HOOK,
        configuration_filters=["onMessageAdded"],
    )
    account.on_words = hooks.create(
        target="trigger", configuration_url=HOOK, configuration_triggers=["help"]
    )
    account.to_studio = hooks.create(
        target="studio", configuration_flow_sid=account.studio_flow.sid
    )
    inside = account.service_conversation
    account.service_participant = inside.participants(account.participant.sid).fetch()
    account.service_phone = inside.participants(account.phone.sid).fetch()
    account.service_projected = inside.participants(account.projected.sid).fetch()
    account.service_text = inside.messages(account.text.sid).fetch()
    for name in ("scoped", "on_words", "to_studio"):
        found = inside.webhooks(getattr(account, name).sid).fetch()
        setattr(account, f"service_{name}", found)
    for prefix, api in (("", v1), ("service_", service)):
        setattr(account, f"{prefix}person", api.users("jane").fetch())
        setattr(account, f"{prefix}role", api.roles(account.spare_role.sid).fetch())
    account.user_conversation = v1.users("jane").user_conversations(sid).fetch()
    account.service_user_conversation = service.users("jane").user_conversations(sid).fetch()
    account.receipt = account.text.delivery_receipts.list()[0]
    account.service_receipt = account.service_text.delivery_receipts.list()[0]
    account.web_address = v1.address_configurations.create(type="chat", address="my web site")
    account.sms_address = v1.address_configurations.create(
        type="sms",
        address="+15550150",
        auto_creation_enabled=True,
        auto_creation_type="webhook",
        auto_creation_webhook_url=HOOK,
        auto_creation_webhook_filters=["onMessageAdded"],
    )
    service.configuration.webhooks().update(filters=["onMessageAdded"], method="POST")
    account.conversations_credential = v1.credentials(account.credential.sid).fetch()
    account.conversations_binding = service.bindings(account.binding.sid).fetch()


def lasting(state: str) -> Callable[[PreparedAccount, Any], str]:
    """How long the timer lasts, in hours, as the answer has it."""

    def found(account: PreparedAccount, answer: Any) -> str:
        end = datetime.fromisoformat(answer["timers"][f"date_{state}"]).timestamp()
        return f"PT{int(end - account.now) // 3600}H"

    return found


def without(participant: str, address: str) -> Callable[[PreparedAccount], Any]:
    """Take an address away from a participant."""
    taken = {f"messaging_binding_{address}": "null"}
    return lambda account: getattr(account, participant).update(**taken)


def limited(**limits: int) -> Callable[[PreparedAccount], Any]:
    return lambda account: account.service.update(**limits)


def of_none(name: str) -> Callable[[PreparedAccount], Callable[..., Any]]:
    """The update of a conversation that does not exist."""
    collection = of(name)
    return lambda account: collection(account)("CH" + NOBODY).update


def crowd(account: PreparedAccount) -> None:
    """Fill a conversation with as many phones as it takes."""
    for number in range(49):
        account.conversation.participants.create(
            messaging_binding_address=f"+155502{number:02}",
            messaging_binding_proxy_address="+15550100",
        )


def full_of_hooks(account: PreparedAccount) -> None:
    for _ in range(2):
        account.conversation.webhooks.create(
            target="studio", configuration_flow_sid=account.studio_flow.sid
        )


def people_in(account: PreparedAccount, answer: Any) -> list[str]:
    """The participants of the conversation that was made, as they were given."""
    found = account.conversations.conversations(answer["sid"]).participants.list()
    return [f'{{"identity": "{each.identity}"}}' for each in found]


def examples(
    prefix: str, collection: str, conversation: str, participant: str, text: str
) -> Mapping[str, tuple[Example, ...]]:
    """Operations under a service, or under the default one, with the attributes they stand on."""
    one, people, messages = (
        f"{prefix}Conversation",
        f"{prefix}ConversationParticipant",
        f"{prefix}ConversationMessage",
    )
    lasts = {
        "Timers.Inactive": lasting("inactive"),
        "Timers.Closed": lasting("closed"),
        "Bindings.Email.Address": "bindings.email.address",
        "Bindings.Email.Name": "bindings.email.name",
    }
    hooks, receipts = f"{one}ScopedWebhook", f"{messages}Receipt"
    root, own = collection.partition(".")[0], "service_" if prefix else ""
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
                    50341: {"MessagingServiceSid": "my service"},
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
                    50407: {"MessagingBinding.Address": "a phone"},
                    50408: {"MessagingBinding.ProxyAddress": "our number"},
                    50409: {"MessagingBinding.Address": "+15550100"},
                    50414: {"MessagingBinding.Address": "whatsapp:+15550142"},
                    50418: Refusal(after=(crowd,)),
                    50411: {"MessagingBinding.Address": None},
                    50412: Refusal(
                        given={"MessagingBinding.ProxyAddress": None},
                        after=(lambda account: account.projected.delete(),),
                    ),
                    50416: {"MessagingBinding.Address": "+15550143"},
                },
            ),
            Example(f"{conversation}.participants.create", PROJECTED),
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
            Example(
                f"{own}phone.update",
                {"MessagingBinding.ProxyAddress": "+15550111"},
                after=(without(f"{own}phone", "proxy_address"),),
                refused={
                    50442: {**NO_PROXY, "MessagingBinding.ProjectedAddress": "null"},
                    50444: {**NO_PROXY, "Identity": "ann"},
                },
            ),
            Example(
                f"{own}projected.update",
                {"MessagingBinding.ProjectedAddress": "+15550198"},
                after=(without(f"{own}projected", "projected_address"),),
                refused={
                    50440: {**NO_PROJECTED, "MessagingBinding.ProxyAddress": "null"},
                    50441: {**NO_PROJECTED, "MessagingBinding.ProxyAddress": "+15550111"},
                    50443: Refusal(),
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
                    50510: {"MediaSid": "MEfoo"},
                    50504: {"Body": "x" * (32 * 1024 + 1)},
                    50526: {"ContentSid": "HX1"},
                    50527: {"ContentSid": "HX1", "ContentVariables": "Jane"},
                    50528: {"ContentVariables": "{}"},
                    50529: {**TEMPLATE, "ContentVariables": json.dumps(dict.fromkeys(range(101)))},
                    50540: {**TEMPLATE, "ContentVariables": json.dumps({"n" * 17: ""})},
                    50541: {**TEMPLATE, "ContentVariables": json.dumps({"1": "x" * 257})},
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
        f"List{receipts}": (Example(f"{text}.delivery_receipts.list"),),
        f"Fetch{receipts}": (Example(f"{own}receipt.fetch"),),
        f"List{hooks}": (Example(f"{conversation}.webhooks.list"),),
        f"Create{hooks}": (
            Example(
                f"{conversation}.webhooks.create",
                {"Target": "webhook", "Configuration.ReplayAfter": 0, **TO_URL},
                refused={
                    50361: Refusal(after=(full_of_hooks,)),
                    50364: {"Target": "pigeon"},
                    50365: {"Configuration.Filters": ["onMessageAdd"]},
                    50368: {"Target": ""},
                    50369: {"Configuration.Url": None},
                    50370: {"Configuration.Filters": None},
                    50372: {"Configuration.Url": f"{OTHER_HOOK}/{'x' * 2048}"},
                },
            ),
            Example(
                f"{conversation}.webhooks.create",
                {"Target": "trigger", **ON_WORDS},
                seen=WORDS_SEEN,
                refused={
                    50362: {"Configuration.Triggers": list("abcdef")},
                    50366: {"Configuration.Triggers": ["help", " "]},
                    50371: {"Configuration.Triggers": None},
                },
            ),
            Example(
                f"{conversation}.webhooks.create",
                {"Target": "studio", **TO_STUDIO},
                refused={50367: {"Configuration.FlowSid": "my flow"}},
            ),
        ),
        f"Fetch{hooks}": tuple(
            Example(f"{own}{name}.fetch") for name in ("scoped", "on_words", "to_studio")
        ),
        f"Update{hooks}": (
            Example(
                f"{own}scoped.update",
                TO_URL,
                refused={
                    50360: Refusal(
                        method=lambda account: account.conversation.webhooks("WH" + NOBODY).update
                    )
                },
            ),
            Example(f"{own}on_words.update", ON_WORDS, seen=WORDS_SEEN),
            Example(f"{own}to_studio.update", TO_STUDIO),
        ),
        f"Delete{hooks}": (Example(f"{own}scoped.delete"),),
        f"Create{one}WithParticipants": (
            Example(
                f"{root}.conversation_with_participants.create",
                CONVERSATION,
                seen=lasts,
            ),
            Example(
                f"{root}.conversation_with_participants.create",
                {"Timers.Inactive": "PT2H"},
                seen=lasts,
            ),
            Example(
                f"{root}.conversation_with_participants.create",
                {"Participant": ['{"identity": "jane"}', '{"identity": "bob"}']},
                seen={"Participant": people_in},
                refused={50426: {"Participant": [f'{{"identity": "{n}"}}' for n in range(11)]}},
            ),
        ),
        f"List{prefix}User": (Example(f"{root}.users.list"),),
        f"Create{prefix}User": (Example(f"{root}.users.create", {"Identity": "carol", **USER}),),
        f"Fetch{prefix}User": (Example(f"{own}person.fetch"),),
        f"Update{prefix}User": (Example(f"{own}person.update", USER),),
        f"Delete{prefix}User": (Example(f"{own}person.delete"),),
        f"List{prefix}UserConversation": (Example(f"{own}person.user_conversations.list"),),
        f"Fetch{prefix}UserConversation": (Example(f"{own}user_conversation.fetch"),),
        f"Update{prefix}UserConversation": (
            Example(
                f"{own}user_conversation.update",
                {"NotificationLevel": "muted", **READING},
                seen={
                    "LastReadTimestamp": lambda account, _: (
                        account.participant.fetch().last_read_timestamp and LATER
                    )
                },
            ),
        ),
        f"Delete{prefix}UserConversation": (Example(f"{own}user_conversation.delete"),),
        f"List{prefix}Role": (Example(f"{root}.roles.list"),),
        f"Create{prefix}Role": (
            Example(
                f"{root}.roles.create",
                {
                    "FriendlyName": "reader",
                    "Type": "conversation",
                    "Permission": ["leaveConversation"],
                },
                seen={"Permission": "permissions"},
                refused={50104: {"Permission": ["inviteMember"]}, 50105: {"Type": "channel"}},
            ),
        ),
        f"Fetch{prefix}Role": (Example(f"{own}role.fetch"),),
        f"Update{prefix}Role": (
            Example(
                f"{own}role.update",
                {"Permission": ["sendMessage", "addNonChatParticipant"]},
                seen={"Permission": "permissions"},
            ),
        ),
        f"Delete{prefix}Role": (Example(f"{own}role.delete"),),
        f"List{prefix}ParticipantConversation": (
            Example(
                f"{root}.participant_conversations.list",
                {"Identity": "jane"},
                refused={50451: {"Address": "+15550143"}},
            ),
            Example(f"{root}.participant_conversations.list", {"Address": "+15550143"}),
        ),
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
    "FetchConfiguration": (Example(lambda account: account.conversations.configuration().fetch),),
    "UpdateConfiguration": (
        Example(
            lambda account: account.conversations.configuration().update,
            {
                "DefaultChatServiceSid": of("own.chat_service_sid"),
                "DefaultMessagingServiceSid": MESSAGING_SERVICE,
                "DefaultInactiveTimer": "PT1H",
                "DefaultClosedTimer": "P3D",
            },
        ),
    ),
    "FetchConfigurationWebhook": (
        Example(lambda account: account.conversations.configuration.webhooks().fetch),
    ),
    "UpdateConfigurationWebhook": (
        Example(
            lambda account: account.conversations.configuration.webhooks().update,
            {**HOOKS, "Target": "flex"},
            refused=BAD_HOOKS,
        ),
    ),
    "ListConfigurationAddress": (
        Example("conversations.address_configurations.list", {"Type": "chat"}),
    ),
    "CreateConfigurationAddress": (
        Example(
            "conversations.address_configurations.create",
            {"Type": "whatsapp", "Address": "+15550160", "AddressCountry": "US", **TO_WEBHOOK},
            refused={20409: {"Type": "sms", "Address": "+15550150"}},
        ),
        Example(
            "conversations.address_configurations.create",
            {"Type": "sms", "Address": "+15550160", **TO_FLOW},
        ),
    ),
    "FetchConfigurationAddress": (Example("web_address.fetch"), Example("sms_address.fetch")),
    "UpdateConfigurationAddress": (
        Example("sms_address.update", TO_WEBHOOK),
        Example("sms_address.update", TO_FLOW),
    ),
    "DeleteConfigurationAddress": (Example("sms_address.delete"),),
    "ListCredential": (Example("conversations.credentials.list"),),
    "CreateCredential": (Example("conversations.credentials.create", {"Type": "apn", **SECRETS}),),
    "FetchCredential": (Example("conversations_credential.fetch"),),
    "UpdateCredential": (Example("conversations_credential.update", {"Type": "apn", **SECRETS}),),
    "DeleteCredential": (Example("conversations_credential.delete"),),
    "ListService": (Example("conversations.services.list"),),
    "CreateService": (Example("conversations.services.create", {"FriendlyName": "Another"}),),
    "FetchService": (Example("service_of_conversations.fetch"),),
    "DeleteService": (Example("service_of_conversations.delete"),),
    "ListServiceBinding": (
        Example(
            "service_of_conversations.bindings.list",
            {"BindingType": ["fcm", "apn"], "Identity": ["jane"]},
        ),
    ),
    "FetchServiceBinding": (Example("conversations_binding.fetch"),),
    "DeleteServiceBinding": (Example("conversations_binding.delete"),),
    "FetchServiceConfiguration": (
        Example(lambda account: account.service_of_conversations.configuration().fetch),
    ),
    "UpdateServiceConfiguration": (
        Example(
            lambda account: account.service_of_conversations.configuration().update,
            {
                "DefaultConversationCreatorRoleSid": of("spare_role.sid"),
                "DefaultConversationRoleSid": of("channel_admin.sid"),
                "DefaultChatServiceRoleSid": of("service_admin.sid"),
                "ReachabilityEnabled": True,
            },
        ),
    ),
    "FetchServiceNotification": (
        Example(
            lambda account: account.service_of_conversations.configuration.notifications().fetch
        ),
    ),
    "UpdateServiceNotification": (
        Example(
            lambda account: account.service_of_conversations.configuration.notifications().update,
            NOTIFICATIONS,
        ),
    ),
    "FetchServiceWebhookConfiguration": (
        Example(lambda account: account.service_of_conversations.configuration.webhooks().fetch),
    ),
    "UpdateServiceWebhookConfiguration": (
        Example(
            lambda account: account.service_of_conversations.configuration.webhooks().update, HOOKS
        ),
    ),
}
CONVERSATIONS = Api(
    "conversations_v1",
    "conversations.twilio.com",
    prepare,
    EXAMPLES,
    size=103,
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
