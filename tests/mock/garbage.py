"""Values that requests are made of: those a parameter may have, and those that none may."""

from __future__ import annotations

HOOK = "https://bot.example.com/hook"

TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "jane\udfff",
    "\u202e\U0001d541ane\u200f",
    "😀" * 300,
    "%00",
    "%",
    "%zz",
    "%ed%a0%80",
    "..",
    "../../etc/passwd",
    "?",
    "#",
    "'; DROP TABLE channel; --",
    "<script>alert(1)</script>",
    "{{trigger.message.Body}}",
    "x" * 65,
    "x" * 257,
    "x" * 5000,
    "é" * 20_000,
    "x" * 100_000,
    "null",
    "undefined",
    "[object Object]",
    "true",
    "US" + "0" * 32,
    "CH" + "F" * 32,
    "ch" + "0" * 32,
    "system",
    "token",
    "javascript:alert(1)",
    "http://",
    "https://[",
    "ftp://example.com",
]
NUMBERS = [
    "-0",
    "-1",
    "1e400",
    "1e3",
    "NaN",
    "Infinity",
    "-Infinity",
    "1_000",
    "\u0663",
    "²",
    "9" * 20,
    "9" * 5000,
    str(2**31),
    str(2**53 + 1),
    str(2**63),
    str(-(2**63) - 1),
    "PA0",
    "PAffffffffffffffff",
    "PBfffffffffffffff",
]
DATES = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59Z",
    "1969-12-31T23:59:59.999999Z",
    "2026-02-30T00:00:00Z",
    "2026-W01",
    "24:00",
]
DEEP = (10, 200, 500, 800, *range(900, 1000, 5), 5000, 100_000)
JSON = [
    '{"a": NaN}',
    '{"a": Infinity}',
    '{"a": 1e999}',
    '{"a": "\\ud800"}',
    '{"a": ' + "9" * 4000 + "}",
    '{"a": ' + "9" * 6000 + "}",
    '{"a": 1, "a": 2}',
    '{"status": "ACTIVE", "status": null}',
    '{"status": ["ACTIVE"], "long_lived": "maybe"}',
    "[]",
    '"text"',
    "{",
    "{'a': 1}",
    "\ufeff{}",
    *('{"a": ' * levels + "1" + "}" * levels for levels in DEEP),
    *('{"a": ' + "[" * levels + "]" * levels + "}" for levels in DEEP),
]
GARBAGE = [*TEXTS, *NUMBERS, *DATES, *JSON]


def worst(name: str) -> list[str]:
    """What a parameter of such a name should fear most."""
    if name.startswith("Date") or name.endswith("Timestamp"):
        return DATES
    if name.endswith(("Attributes", "Data")):
        return JSON
    if name.endswith(("Count", "Index", "Priority", "Interval", "Page", "PageSize", "Token")):
        return NUMBERS
    return TEXTS


EXPRESSIONS = ["1==1", "topic == 'billing'", "skills HAS 'chat' OR level >= 2", ""]
IDENTITIES = ["jane", "alice", "bob", "user-42", "Jane", "ünïcode", "a/b", "a b", "support"]
PLAUSIBLE: dict[str, list[str]] = {
    "Identity": IDENTITIES,
    "From": IDENTITIES,
    "CreatedBy": IDENTITIES,
    "LastUpdatedBy": IDENTITIES,
    "Target": ["+15550100", "+15550101"],
    "ContactIdentity": ["+15550199", ""],
    "ChannelType": ["web", "sms", "custom", "facebook", "line", "whatsapp"],
    "IntegrationType": ["studio", "external", "task"],
    "Integration.Url": [HOOK],
    "Configuration.Url": [HOOK],
    "PreWebhookUrl": [HOOK, ""],
    "PostWebhookUrl": [HOOK, ""],
    "WebhookMethod": ["GET", "POST"],
    "Configuration.Method": ["GET", "POST"],
    "WebhookFilters": ["onMessageSend", "onMessageSent", "onMemberAdded", "onChannelUpdate"],
    "Configuration.Filters": ["onMessageSent", "onMemberAdded", "onChannelUpdated"],
    "Configuration.Triggers": ["help", "agent"],
    "CreateChannel.Type": ["public", "private"],
    "CreateRole.Type": ["channel", "deployment"],
    "CreateChannelWebhook.Type": ["webhook", "trigger", "studio"],
    "CreateCredential.Type": ["fcm", "apn", "gcm"],
    "Type": ["public", "private"],
    "Permission": ["sendMessage", "leaveChannel", "joinChannel", "editAnyMessage"],
    "NotificationLevel": ["default", "muted"],
    "ChatStatus": ["inactive"],
    "Integration.Channel": ["chat", "default"],
    "TaskChannel": ["chat", "default"],
    "PageSize": ["1", "2", "50", "1000"],
    "Page": ["0", "1", "7"],
    "Order": ["asc", "desc"],
    "BindingType": ["fcm", "apn"],
    "EventCallbackUrl": [HOOK, ""],
    "EventsFilter": ["task.created,reservation.created", ""],
    "AssignmentCallbackUrl": [HOOK, ""],
    "FallbackAssignmentCallbackUrl": [HOOK, ""],
    "Template": ["NONE", "FIFO"],
    "PrioritizeQueueOrder": ["FIFO", "LIFO"],
    "TaskOrder": ["FIFO", "LIFO"],
    "TargetWorkers": EXPRESSIONS,
    "TargetWorkersExpression": EXPRESSIONS,
    "EvaluateTaskAttributes": EXPRESSIONS,
    "EvaluateWorkerAttributes": EXPRESSIONS,
    "Configuration": [
        '{"task_routing": {}}',
        '{"task_routing": {"filters": [{"expression": "1==1", "targets": [{}]}]}}',
    ],
    "CreateTaskChannel.UniqueName": [f"channel_{number}" for number in range(20)],
    "Available": ["true", "false"],
    "Capacity": ["0", "1", "3"],
    "AssignmentStatus": ["wrapping", "completed", "canceled", "pending"],
    "ReservationStatus": ["accepted", "rejected", "wrapping", "completed"],
    "Instruction": ["accept", "reject", "call"],
    "IgnoreCapacity": ["true", "false"],
    "VirtualStartTime": ["2020-01-05T09:00:00Z"],
    "MaxReservedWorkers": ["1", "2"],
    "ReEvaluateTasks": ["true", "false"],
    "RejectPendingReservations": ["true", "false"],
    "Ordering": ["Priority:desc,DateCreated:asc", "DateCreated:desc"],
    "Minutes": ["1", "60"],
    "StartDate": ["2020-01-05T09:00:00Z"],
    "EndDate": ["2090-01-05T09:00:00Z"],
}
PREFIXES = {
    "RoleSid": "RL",
    "DefaultServiceRoleSid": "RL",
    "DefaultChannelRoleSid": "RL",
    "DefaultChannelCreatorRoleSid": "RL",
    "FlowSid": "FW",
    "Integration.FlowSid": "FW",
    "Configuration.FlowSid": "FW",
    "FlexFlowSid": "FO",
    "ChatServiceSid": "IS",
    "ServiceSid": "IS",
    "UserSid": "US",
    "ChannelSid": "CH",
    "MediaSid": "ME",
    "TaskSid": "WT",
    "WorkflowSid": "WW",
    "Integration.WorkflowSid": "WW",
    "WorkspaceSid": "WS",
    "Integration.WorkspaceSid": "WS",
    "ActivitySid": "WA",
    "DefaultActivitySid": "WA",
    "TimeoutActivitySid": "WA",
    "ReservationActivitySid": "WA",
    "AssignmentActivitySid": "WA",
    "WorkerActivitySid": "WA",
    "TaskQueueSid": "WQ",
    "WorkerSid": "WK",
    "RoutingTarget": "WK",
    "ReservationSid": "WR",
    "Sid": "EV",
}
"""The kind of SID that a parameter names."""


def likely(name: str) -> list[str]:
    """Values that a parameter of such a name may have, where nothing above says so."""
    if name.startswith("Date") or name.endswith("Timestamp"):
        return ["2026-01-05T09:00:00Z", "2026-01-06T10:30:00+02:00"]
    if name.endswith(("Attributes", "Data")):
        return ["{}", '{"topic": "billing"}', '{"status": "INACTIVE"}']
    if name.endswith(("Enabled", "Lived", "OnMessage", "Sandbox")):
        return ["true", "false"]
    if name.endswith(("Count", "Index", "Priority")):
        return ["0", "1", "2", "3"]
    if name.endswith(("Timeout", "Interval", "Members", "Channels")):
        return ["1", "5", "60"]
    return ["support", *(f"name {number}" for number in range(20))]
