"""How each operation of Programmable Chat v2 is called."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter as of
from typing import Any

from scenarios import Call, Scenarios

THEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 10, 30, tzinfo=UTC)
DATES = {"DateCreated": THEN, "DateUpdated": LATER}
READING = {"LastConsumedMessageIndex": 1, "LastConsumptionTimestamp": LATER}
ATTRIBUTES = {"Attributes": '{"topic": "billing"}'}
URL = "https://other.example.com/hook"

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
    "PreWebhookUrl": URL,
    "PostWebhookUrl": URL,
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
    "Configuration.Url": URL,
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

SCENARIOS: Scenarios = {
    "ListService": (Call("chat.services.list"),),
    "CreateService": (Call("chat.services.create", {"FriendlyName": "Another"}),),
    "FetchService": (Call("service.fetch"),),
    "UpdateService": (Call("service.update", SETTINGS),),
    "DeleteService": (Call("service.delete"),),
    # roles
    "ListRole": (Call("service.roles.list"),),
    "CreateRole": (
        Call(
            "service.roles.create",
            {"FriendlyName": "reader", "Type": "channel", "Permission": ["leaveChannel"]},
        ),
    ),
    "FetchRole": (Call("spare_role.fetch"),),
    "UpdateRole": (Call("spare_role.update", {"Permission": ["sendMessage", "leaveChannel"]}),),
    "DeleteRole": (Call("spare_role.delete"),),
    # users, and their own view of channels
    "ListUser": (Call("service.users.list"),),
    "CreateUser": (
        Call("service.users.create", {"Identity": "carol", **USER}),
        Call("service.users.create", {"Identity": "carol"}),
    ),
    "FetchUser": (Call("user.fetch"),),
    "UpdateUser": (Call("user.update", USER),),
    "DeleteUser": (Call("user.delete"),),
    "ListUserChannel": (Call("user.user_channels.list"),),
    "FetchUserChannel": (Call("user_channel.fetch"),),
    "UpdateUserChannel": (Call("user_channel.update", {"NotificationLevel": "muted", **READING}),),
    "DeleteUserChannel": (Call("user_channel.delete"),),
    # channels
    "ListChannel": (Call("service.channels.list", {"Type": ["public", "private"]}),),
    "CreateChannel": (
        Call("service.channels.create", {"Type": "private", **CHANNEL}),
        Call("service.channels.create"),
    ),
    "FetchChannel": (Call("channel.fetch"),),
    "UpdateChannel": (Call("channel.update", CHANNEL),),
    "DeleteChannel": (Call("channel.delete"),),
    # members
    "ListMember": (Call("channel.members.list", {"Identity": ["jane", "bob"]}),),
    "CreateMember": (
        Call("channel.members.create", {"Identity": "bob", **MEMBER}),
        Call("channel.members.create", {"Identity": "somebody new"}),
    ),
    "FetchMember": (Call("member.fetch"),),
    "UpdateMember": (Call("member.update", MEMBER),),
    "DeleteMember": (Call("member.delete"),),
    # messages
    "ListMessage": (Call("channel.messages.list", {"Order": "desc"}),),
    "CreateMessage": (
        Call("channel.messages.create", MESSAGE),
        Call("channel.messages.create", {"From": "alice", "MediaSid": of("upload")}),
        Call("channel.messages.create"),
    ),
    "FetchMessage": (Call("message.fetch"),),
    "UpdateMessage": (Call("message.update", MESSAGE),),
    "DeleteMessage": (Call("message.delete"),),
    # invites
    "ListInvite": (Call("channel.invites.list", {"Identity": ["alice", "bob"]}),),
    "CreateInvite": (
        Call("channel.invites.create", {"Identity": "bob", "RoleSid": of("channel_admin.sid")}),
        Call("channel.invites.create", {"Identity": "bob"}),
    ),
    "FetchInvite": (Call("invite.fetch"),),
    "DeleteInvite": (Call("invite.delete"),),
    # channel webhooks
    "ListChannelWebhook": (Call("channel.webhooks.list"),),
    "CreateChannelWebhook": (
        Call("channel.webhooks.create", {"Type": "webhook", **TO_URL}),
        Call("channel.webhooks.create", {"Type": "trigger", **ON_WORDS}),
        Call("channel.webhooks.create", {"Type": "studio", **TO_STUDIO}),
    ),
    "FetchChannelWebhook": (
        Call("webhook.fetch"),
        Call("trigger.fetch"),
        Call("handler.fetch"),
    ),
    "UpdateChannelWebhook": (
        Call("webhook.update", TO_URL),
        Call("trigger.update", ON_WORDS),
        Call("handler.update", TO_STUDIO),
    ),
    "DeleteChannelWebhook": (Call("webhook.delete"),),
    # push
    "ListCredential": (Call("chat.credentials.list"),),
    "CreateCredential": (
        Call("chat.credentials.create", {"Type": "apn", **SECRETS}),
        Call("chat.credentials.create", {"Type": "gcm"}),
    ),
    "FetchCredential": (Call("credential.fetch"),),
    "UpdateCredential": (Call("credential.update", SECRETS),),
    "DeleteCredential": (Call("credential.delete"),),
    "ListBinding": (
        Call("service.bindings.list", {"BindingType": ["fcm", "apn"], "Identity": ["jane"]}),
    ),
    "FetchBinding": (Call("binding.fetch"),),
    "DeleteBinding": (Call("binding.delete"),),
    "ListUserBinding": (Call("user.user_bindings.list", {"BindingType": ["fcm", "apn"]}),),
    "FetchUserBinding": (Call("user_binding.fetch"),),
    "DeleteUserBinding": (Call("user_binding.delete"),),
}
