"""Values that requests are made of: those a parameter may have, and those that none may."""

from __future__ import annotations

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
    """Values that a parameter of such a name is most likely to fail on."""
    if name.startswith("Date") or name.endswith("Timestamp"):
        return DATES
    if name.endswith(("Attributes", "Data")):
        return JSON
    if name.endswith(("Count", "Index", "Priority", "Interval", "Page", "PageSize", "Token")):
        return NUMBERS
    return TEXTS


IDENTITIES = ["jane", "alice", "bob", "user-42", "Jane", "ünïcode", "a/b", "a b", "support"]
NAMES = ["support", *(f"name {number}" for number in range(20))]
EXPRESSIONS = ["1==1", "topic == 'billing'", "skills HAS 'chat' OR level >= 2", ""]
FEW = ["1", "5", "60"]
PAGING = {
    "PageSize": ["1", "2", "50", "1000"],
    "Page": ["0", "1", "7"],
    "PageToken": ["PA0", "PAffffffffffffffff", "PBfffffffffffffff"],
}
VARIED = {
    **dict.fromkeys(("Identity", "From", "CreatedBy", "LastUpdatedBy"), IDENTITIES),
    **dict.fromkeys(("FriendlyName", "UniqueName", "ChatUniqueName"), NAMES),
    **dict.fromkeys(("Limits.ChannelMembers", "Limits.UserChannels"), FEW),
    **dict.fromkeys(("TargetWorkers", "TargetWorkersExpression"), EXPRESSIONS),
    **dict.fromkeys(("EvaluateTaskAttributes", "EvaluateWorkerAttributes"), EXPRESSIONS),
    "Configuration": ['{"task_routing": {}}'],
    **PAGING,
}
"""Parameters that need more values than examples give them."""
