"""Calls of each operation of Programmable Chat v2."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter as of
from typing import Any

from .account import HOOK, NOBODY, OTHER_HOOK, Credentials, PreparedAccount
from .model import Api, Example, Refusal

THEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 10, 30, tzinfo=UTC)
DATES = {"DateCreated": THEN, "DateUpdated": LATER}
READING = {"LastConsumedMessageIndex": 1, "LastConsumptionTimestamp": LATER}
ATTRIBUTES = {"Attributes": '{"topic": "billing"}'}

PUSHES = ("NewMessage", "AddedToChannel", "RemovedFromChannel", "InvitedToChannel")
SETTINGS = {
    "FriendlyName": "Renamed",
    "DefaultServiceRoleSid": of("service_admin.sid"),
    "DefaultChannelRoleSid": of("channel_admin.sid"),
    "DefaultChannelCreatorRoleSid": of("spare_role.sid"),
    "ReadStatusEnabled": False,
    "ReachabilityEnabled": True,
    "TypingIndicatorTimeout": 7,
    "ConsumptionReportInterval": 20,
    "PreWebhookUrl": OTHER_HOOK,
    "PostWebhookUrl": OTHER_HOOK,
    "WebhookMethod": "GET",
    "WebhookFilters": ["onMessageSent", "onMemberAdded"],
    "Limits.ChannelMembers": 7,
    "Limits.UserChannels": 8,
    "Media.CompatibilityMessage": "There is a picture",
    "PreWebhookRetryCount": 1,
    "PostWebhookRetryCount": 2,
    "Notifications.LogEnabled": True,
    "Notifications.NewMessage.BadgeCountEnabled": True,
    **{f"Notifications.{push}.Enabled": True for push in PUSHES},
    **{f"Notifications.{push}.Template": f"{push}!" for push in PUSHES},
    **{f"Notifications.{push}.Sound": "ping" for push in PUSHES},
}
USER = {"RoleSid": of("service_admin.sid"), "FriendlyName": "Carol", **ATTRIBUTES}
CHANNEL = {
    "FriendlyName": "Billing",
    "UniqueName": "billing",
    "CreatedBy": "jane",
    **ATTRIBUTES,
    **DATES,
}
MEMBER = {"RoleSid": of("channel_admin.sid"), **ATTRIBUTES, **READING, **DATES}
MESSAGE = {
    "From": "alice",
    "Body": "How can I help?",
    "LastUpdatedBy": "bob",
    **ATTRIBUTES,
    **DATES,
}
CALLBACK: dict[str, Any] = {
    "Configuration.Url": OTHER_HOOK,
    "Configuration.Method": "GET",
    "Configuration.RetryCount": 2,
}
TO_URL = {**CALLBACK, "Configuration.Filters": ["onMessageSent", "onMemberAdded"]}
ON_WORDS = {**CALLBACK, "Configuration.Triggers": ["agent", "human being"]}
TO_STUDIO = {"Configuration.FlowSid": of("studio_flow.sid"), "Configuration.RetryCount": 1}
SECRETS = {
    "FriendlyName": "Phones",
    "Certificate": "-----BEGIN CERTIFICATE-----",
    "PrivateKey": "-----BEGIN RSA PRIVATE KEY-----",
    "Sandbox": True,
    "ApiKey": "an API key",
    "Secret": "a secret",
}


def prepare(account: PreparedAccount) -> None:
    """Add roles, users, two channels, what a channel holds, and a credential with two devices."""
    account.chat = account.client.chat.v2
    service, to_hook = account.service, {"configuration_url": HOOK}
    roles = {role.friendly_name: role for role in service.roles.list()}
    account.channel_admin, account.service_admin = roles["channel admin"], roles["service admin"]
    account.default_role = roles["channel user"]
    account.spare_role = service.roles.create("greeter", "channel", ["sendMessage"])
    account.user, *_ = map(service.users.create, ("jane", "alice", "bob", "dave"))
    account.private_channel = service.channels.create(unique_name="support", type="private")
    account.channel = service.channels.create(friendly_name="Support")
    account.member, _ = map(account.channel.members.create, ("jane", "zoe"))
    account.user_channel = account.user.user_channels(account.channel.sid).fetch()
    account.message = account.channel.messages.create(body="Hello", from_="jane")
    account.picture = account.channel.messages.create(media_sid=account.media.create())
    account.invite, _ = map(account.channel.invites.create, ("alice", "dave"))
    hooks = account.channel.webhooks
    account.webhook = hooks.create("webhook", configuration_filters=["onMessageSent"], **to_hook)
    account.trigger = hooks.create("trigger", configuration_triggers=["help"], **to_hook)
    account.studio_flow = account.client.studio.v2.flows.list()[0]
    account.handler = hooks.create("studio", configuration_flow_sid=account.studio_flow.sid)
    account.credential, other = map(account.chat.credentials.create, ("fcm", "gcm"))
    sid = account.mock.bind_push(account.token(), account.credential.sid, "phone")
    account.mock.bind_push(account.token(), other.sid, "tablet")
    account.mock.bind_push(account.token("alice"), account.credential.sid, "phone")
    account.binding = service.bindings(sid).fetch()
    account.user_binding = account.user.user_bindings(sid).fetch()


# -- who else calls, and what comes first, where a call is refused


def user(identity: str) -> Callable[[PreparedAccount], Credentials]:
    return lambda account: ("token", account.token(identity))


def bearer(**changes: Any) -> Refusal:
    """A chat user with an access token that is changed; dates are seconds from now."""

    def credentials(account: PreparedAccount) -> Credentials:
        dates = {name: account.now + changes[name] for name in ("exp", "nbf") if name in changes}
        return "token", account.token(**{**changes, **dates})

    return Refusal(by=credentials)


def limited(**limits: int) -> Callable[[PreparedAccount], Any]:
    return lambda account: account.service.update(**limits)


def update_of_no_channel(account: PreparedAccount) -> Callable[..., Any]:
    return account.service.channels("CH" + NOBODY).update


def another_handler(account: PreparedAccount) -> None:
    account.channel.webhooks.create("studio", configuration_flow_sid=account.studio_flow.sid)


def asking(receiver: Callable[[Any], Any], timeout: float = 5) -> Refusal:
    """A message of a chat user, before which a webhook is asked."""

    def register(account: PreparedAccount) -> None:
        account.service.update(pre_webhook_url=HOOK, webhook_filters=["onMessageSend"])
        account.answer_hooks(receiver)
        account.mock.webhooks.timeout = timeout

    return Refusal(given={"Body": "Hello"}, by=user("jane"), after=(register,))


def fault(code: int) -> Refusal:
    return Refusal(after=(lambda account: account.mock.faults.add("CreateService", code=code),))


FROM_FAULTS = (20410, 20429, 20500, 20503, 45010, 50063, 50074)
"""Limits are not counted and nothing breaks by itself: only a fault brings these codes."""
TOKENS = {
    20101: Refusal(by=lambda _: ("token", "an access token")),
    20102: bearer(algorithm="HS512", secret="more than 64 bytes that HS512 would like to have" * 2),
    20103: bearer(iss="SK" + NOBODY),
    20104: bearer(exp=-60),
    20105: bearer(nbf=3600, exp=7200),
    20106: bearer(grants={"identity": "jane"}),
    20107: bearer(secret="not the API secret, which nobody knows"),
}

EXAMPLES = {
    "ListService": (Example("chat.services.list"),),
    "CreateService": (
        Example(
            "chat.services.create",
            {"FriendlyName": "Another"},
            refused={
                20003: Refusal(by=lambda account: (account.own.account_sid, "wrong")),
                20403: Refusal(by=user("jane")),
                **{code: fault(code) for code in FROM_FAULTS},
            },
        ),
    ),
    "FetchService": (Example("service.fetch"),),
    "UpdateService": (
        Example(
            "service.update",
            SETTINGS,
            refused={50060: {"Limits.UserChannels": 1001}, 50061: {"Limits.ChannelMembers": 0}},
        ),
    ),
    "DeleteService": (Example("service.delete"),),
    # roles
    "ListRole": (Example("service.roles.list"),),
    "CreateRole": (
        Example(
            "service.roles.create",
            {"FriendlyName": "reader", "Type": "channel", "Permission": ["leaveChannel"]},
            seen={"Permission": "permissions"},
            refused={50104: {"Permission": ["leaveChannel", "fly"]}, 50105: {"Type": "aircraft"}},
        ),
    ),
    "FetchRole": (Example("spare_role.fetch"),),
    "UpdateRole": (
        Example(
            "spare_role.update",
            {"Permission": ["sendMessage", "leaveChannel"]},
            seen={"Permission": "permissions"},
        ),
    ),
    "DeleteRole": (
        Example("spare_role.delete", refused={20409: Refusal(method="default_role.delete")}),
    ),
    # users, and their own view of channels
    "ListUser": (Example("service.users.list", refused={20007: {"PageSize": -1}}),),
    "CreateUser": (
        Example(
            "service.users.create",
            {"Identity": "carol", **USER},
            refused={
                50100: {"RoleSid": "RL" + NOBODY},
                50102: {"RoleSid": of("channel_admin.sid")},
                50201: {"Identity": "jane"},
                50203: {"Identity": "system"},
                50204: {"Identity": ""},
                50206: {"Identity": "US" + NOBODY},
                50207: {"Identity": "x" * 257},
            },
        ),
        Example("service.users.create", {"Identity": "carol"}),
    ),
    "FetchUser": (Example("user.fetch"),),
    "UpdateUser": (Example("user.update", USER, refused={50205: Refusal(by=user("jane"))}),),
    "DeleteUser": (Example("user.delete"),),
    "ListUserChannel": (Example("user.user_channels.list"),),
    "FetchUserChannel": (Example("user_channel.fetch"),),
    "UpdateUserChannel": (
        Example(
            "user_channel.update",
            {"NotificationLevel": "muted", **READING},
            seen={
                "LastConsumptionTimestamp": lambda account, _: (
                    account.member.fetch().last_consumption_timestamp
                )
            },
        ),
    ),
    "DeleteUserChannel": (Example("user_channel.delete"),),
    # channels
    "ListChannel": (
        Example("service.channels.list", {"Type": ["private"]}),
        Example("service.channels.list", {"Type": ["public", "private"]}),
    ),
    "CreateChannel": (
        Example(
            "service.channels.create",
            {"Type": "private", **CHANNEL},
            refused={
                20001: {"Type": "secret"},
                50003: {"FriendlyName": "x" * 65},
                50004: {"UniqueName": "x" * 65},
                50303: {"Attributes": '{"long": "' + "x" * 16 * 1024 + '"}'},
                50304: {"Attributes": "not JSON"},
                50306: {"UniqueName": "CH" + NOBODY},
                50307: {"UniqueName": "support"},
            },
        ),
        Example("service.channels.create", refused=TOKENS),
    ),
    "FetchChannel": (Example("channel.fetch"),),
    "UpdateChannel": (
        Example(
            "channel.update",
            CHANNEL,
            refused={
                20161: dict.fromkeys(CHANNEL),
                20404: Refusal(
                    method=lambda account: account.service.channels("CH" + NOBODY).update
                ),
                50107: Refusal(given=dict.fromkeys(DATES), by=user("jane")),
                50300: Refusal(
                    method="private_channel.update", given=dict.fromkeys(DATES), by=user("jane")
                ),
            },
        ),
    ),
    "DeleteChannel": (Example("channel.delete"),),
    # members
    "ListMember": (Example("channel.members.list", {"Identity": ["jane", "bob"]}),),
    "CreateMember": (
        Example(
            "channel.members.create",
            {"Identity": "bob", **MEMBER},
            refused={
                50101: {"RoleSid": of("service_admin.sid")},
                50208: Refusal(
                    method="private_channel.members.create",
                    given={"Identity": "jane"},
                    after=(limited(limits_user_channels=1),),
                ),
                50403: Refusal(after=(limited(limits_channel_members=1),)),
                50404: {"Identity": "jane"},
            },
        ),
        Example("channel.members.create", {"Identity": "somebody new"}),
    ),
    "FetchMember": (Example("member.fetch"),),
    "UpdateMember": (
        Example(
            "member.update", MEMBER, refused={50406: {"LastConsumedMessageIndex": "the last one"}}
        ),
    ),
    "DeleteMember": (Example("member.delete"),),
    # messages
    "ListMessage": (Example("channel.messages.list", {"Order": "desc"}),),
    "CreateMessage": (
        Example(
            "channel.messages.create",
            MESSAGE,
            refused={50310: {"From": "x" * 257}, 50505: {"Body": "x" * (32 * 1024 + 1)}},
        ),
        Example(
            "channel.messages.create",
            {"From": "alice", "MediaSid": of("file")},
            seen={"MediaSid": "media.sid"},
            refused={
                50507: {"MediaSid": "ME" + NOBODY},
                50508: {"MediaSid": lambda account: account.picture.media["sid"]},
            },
        ),
        Example(
            "channel.messages.create",
            refused={
                50056: asking(lambda request: 403),
                50057: asking(lambda request: 500),
                50076: asking(lambda request: time.sleep(0.2), timeout=0.05),
                50400: Refusal(by=user("bob")),
            },
        ),
    ),
    "FetchMessage": (Example("message.fetch"),),
    "UpdateMessage": (
        Example("message.update", MESSAGE),
        Example("picture.update", ATTRIBUTES, refused={50509: {"Body": "A picture"}}),
    ),
    "DeleteMessage": (Example("message.delete"),),
    # invites
    "ListInvite": (Example("channel.invites.list", {"Identity": ["alice", "bob"]}),),
    "CreateInvite": (
        Example(
            "channel.invites.create",
            {"Identity": "bob", "RoleSid": of("channel_admin.sid")},
            refused={50212: {"Identity": "alice"}},
        ),
        Example("channel.invites.create", {"Identity": "bob"}),
    ),
    "FetchInvite": (Example("invite.fetch"),),
    "DeleteInvite": (Example("invite.delete"),),
    # channel webhooks
    "ListChannelWebhook": (Example("channel.webhooks.list"),),
    "CreateChannelWebhook": (
        Example(
            "channel.webhooks.create",
            {"Type": "webhook", **TO_URL},
            refused={
                50054: {"Configuration.Url": "ftp://example.com"},
                50055: {"Configuration.Method": "PUT"},
                50065: {"Configuration.RetryCount": 4},
                50321: Refusal(after=(another_handler, another_handler)),
                50324: {"Type": "pigeon"},
                50325: {"Configuration.Filters": ["onMessageSend"]},
                50329: {"Configuration.Url": None},
                50330: {"Configuration.Filters": None},
                50332: {"Configuration.Url": f"{OTHER_HOOK}/{'x' * 2048}"},
            },
        ),
        Example(
            "channel.webhooks.create",
            {"Type": "trigger", **ON_WORDS},
            refused={
                50322: {"Configuration.Triggers": list("abcdef")},
                50326: {"Configuration.Triggers": ["help", " "]},
                50331: {"Configuration.Triggers": None},
            },
        ),
        Example(
            "channel.webhooks.create",
            {"Type": "studio", **TO_STUDIO},
            refused={50327: {"Configuration.FlowSid": "my flow"}},
        ),
    ),
    "FetchChannelWebhook": (
        Example("webhook.fetch"),
        Example("trigger.fetch"),
        Example("handler.fetch"),
    ),
    "UpdateChannelWebhook": (
        Example("webhook.update", TO_URL),
        Example("trigger.update", ON_WORDS),
        Example("handler.update", TO_STUDIO),
    ),
    "DeleteChannelWebhook": (Example("webhook.delete"),),
    # push
    "ListCredential": (Example("chat.credentials.list"),),
    "CreateCredential": (
        Example("chat.credentials.create", {"Type": "apn", **SECRETS}),
        Example("chat.credentials.create", {"Type": "gcm"}),
    ),
    "FetchCredential": (Example("credential.fetch"),),
    "UpdateCredential": (Example("credential.update", SECRETS),),
    "DeleteCredential": (Example("credential.delete"),),
    "ListBinding": (
        Example("service.bindings.list", {"BindingType": ["fcm", "apn"], "Identity": ["jane"]}),
    ),
    "FetchBinding": (Example("binding.fetch"),),
    "DeleteBinding": (Example("binding.delete"),),
    "ListUserBinding": (Example("user.user_bindings.list", {"BindingType": ["fcm", "apn"]}),),
    "FetchUserBinding": (Example("user_binding.fetch"),),
    "DeleteUserBinding": (Example("user_binding.delete"),),
}
CHAT = Api("chat_v2", "chat.twilio.com", prepare, EXAMPLES, size=54)
