"""Stand-ins for what a recording must not show: stable, so that equal values stay equal.

A value is kept only where it is known to be Twilio's own: a word of an enumeration, the name of a
default, a date, a number that is no attribute. All else is replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from ..masking import masked

SID = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2})[0-9a-f]{32}(?![A-Za-z0-9])")
STAND_IN_SID = re.compile(r"[A-Z]{2}0{20}\d{12}")
STAND_IN = re.compile(
    r"(?i:([a-z]+://example\.com/)?(?:identity|name|body|text|address)-\d+(?:~(?P<length>\d+))?"
    r"|([a-z]+:)?\+1500555\d{4,})"
)
DERIVED = {"meta", "url", "links", "uri", "subresource_uris", "message", "more_info", "details"}
"""Fields of an answer that are not recorded: addresses, which follow from SIDs, and sentences."""
CODE = {
    *("definition", "configuration", "targetworkers", "expression", "evaluatetaskattributes"),
    *("targetworkersexpression", "certificate", "privatekey", "apikey", "secret"),
}
"""Parameters of a form of their own, such as programs, which their stand-ins do not have."""
_ATTRIBUTES = {"attributes", "parameters", "context", "eventdata"}
"""Fields of JSON whose every value is a user's, numbers too."""
_FREE = frozenset(
    re.findall(
        r"\w+",
        """
        friendlyname uniquename identity author from to body address proxyaddress name
        projectedaddress workername chatfriendlyname chatuserfriendlyname contactidentity
        activityname taskchanneluniquename reason filename subject description
        createdby lastupdatedby invitedby
        """,
    )
)
"""Fields of free text, in which only the names of Twilio's defaults are kept."""
_NAMES = {
    *("Flex Task Assignment", "Assign to Anyone", "Everyone", "Flex Chat Service", "Webchat Flow"),
    *("Flex Web Channel Flow", "Programmable Chat", "channel user", "channel admin", "system"),
    *("service user", "service admin", "agent", "guest", "default", "voice", "chat", "sms"),
    *("video", "Default", "Voice", "Chat", "SMS", "Video"),
    *("Available", "Unavailable", "Offline", "Break"),
}
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        active inactive closed initializing pending reserved assigned wrapping completed canceled
        accepted rejected timeout rescinded text media public private webhook trigger studio
        external task flow POST GET web chat sms whatsapp custom line messenger customer agent
        supervisor user bot sdk api SDK API asc desc true false published draft deployment channel
        service conversation ended open paused setup failed FIFO LIFO wrapup hangup delivered
        undelivered sent read unread default onMessageAdd onMessageAdded onMessageSent
        onConversationAdded onConversationUpdated onConversationStateUpdated onParticipantAdded
        onParticipantRemoved onChannelAdded onMemberAdded
        """,
    )
)
"""Words of Twilio's enumerations."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d))?\Z")
_PHONE = re.compile(r"(?P<network>[a-z]+:)?\+\d{7,15}\Z")
_PLAIN = re.compile(r"[\w .,@+:/-]*\Z", re.ASCII)
_PREFIXES = {
    **dict.fromkeys(("identity", "author", "from", "contactidentity", "createdby"), "identity"),
    **dict.fromkeys(("friendlyname", "uniquename", "chatfriendlyname", "name"), "name"),
    "body": "body",
}
_LONGEST = 40
"""Characters of a text beyond which its stand-in says how many it has."""


def plain(name: str) -> str:
    """`Integration.FlowSid`, `flow_sid` -> `flowsid`: a field's name whatever its spelling."""
    return re.sub("[^a-z]", "", name.rpartition(".")[2].lower())


class StandIns:
    """Replaces values of requests and answers; the same value always has the same stand-in.

    Args:
        keep: Names of fields and attributes whose values are kept, in any spelling; no secret is.
        template: Returns the path of an operation with its `{Names}`, or None for an unknown one.
    """

    def __init__(self, keep: Collection[str], template: Callable[[str, str], str | None]) -> None:
        self._keep = {plain(each) for each in keep}
        self._template = template
        self._known: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self.lossy: set[str] = set()
        """Parameters of the request under way whose stand-in has not the form of the value."""

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters of a query or form."""
        return {name: self._parameter(name, value) for name, value in given.items()}

    def _parameter(self, name: str, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._parameter(name, each) for each in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self.value(name, str(value))

    def value(self, name: str, value: Any, *, is_attribute: bool = False) -> Any:
        """Return a value of a field: JSON and its texts, one by one."""
        if value is None or isinstance(value, bool):
            return value
        field = plain(name)
        if field in self._keep:
            return masked({name: value})[name]
        if isinstance(value, str):
            return self._text_or_json(name, field, value, is_attribute=is_attribute)
        if isinstance(value, dict):
            inner = is_attribute or field in _ATTRIBUTES
            return {
                key: self.value(key, each, is_attribute=inner)
                for key, each in value.items()
                if is_attribute or key not in DERIVED
            }
        if isinstance(value, list):
            return [self.value(name, each, is_attribute=is_attribute) for each in value]
        return self._number(value) if is_attribute else value

    def _text_or_json(self, name: str, field: str, value: str, *, is_attribute: bool) -> str:
        if field in CODE:
            self.lossy.add(name)
        if field not in _FREE and (field in _ATTRIBUTES or value.lstrip().startswith(("{", "["))):
            with suppress(ValueError, RecursionError):
                inner = is_attribute or field in _ATTRIBUTES
                found = self.value("", json.loads(value), is_attribute=inner)
                return json.dumps(found, ensure_ascii=False)
        return self._text(name, field, value, is_attribute=is_attribute)

    def path(self, host: str, path: str) -> str:
        """Return a path with stand-ins for its SIDs and names."""
        segments = [unquote(each) for each in path.strip("/").split("/")]
        template = (self._template(host, path) or "").strip("/").split("/")
        is_known = len(template) == len(segments)
        return "/" + "/".join(
            segment
            if re.fullmatch(r"v\d", segment) or (is_known and template[place] == segment)
            else self.sids(segment)
            if SID.fullmatch(segment)
            else segment
            if not is_known and segment in _COLLECTIONS
            else self._text("identity", "identity", segment, is_attribute=False)
            for place, segment in enumerate(segments)
        )

    def sids(self, text: str) -> str:
        """Return a text with a stand-in for each SID."""
        return SID.sub(lambda found: self._numbered(found[0], found[1], "{}{:032d}"), text)

    def _text(self, name: str, field: str, value: str, *, is_attribute: bool) -> str:
        if not value or SID.fullmatch(value):
            return self.sids(value)
        if not is_attribute and (value in _NAMES or (field not in _FREE and value in _WORDS)):
            return value
        if field.startswith("date") and _DATE.match(value):
            return value
        if (phone := _PHONE.match(value)) is not None:
            network = phone["network"] or ""
            return network + self._numbered(value.removeprefix(network), "+1500555", "{}{:04d}")
        if re.match("[a-z]+://", value):
            scheme = urlsplit(value).scheme
            return self._numbered(value, "address", scheme + "://example.com/{}-{}")
        if not _PLAIN.match(value):
            self.lossy.add(name)
        return self._worded(value, _PREFIXES.get(field, "text"))

    def _worded(self, value: str, prefix: str) -> str:
        """A text's stand-in: with its length if it is long, in capitals for another case."""
        key = value.casefold()
        first = self._known.setdefault(f"first {key}", value)
        base = self._numbered(f"text {key}", prefix, "{}-{}")
        if len(value) > _LONGEST:
            base += f"~{len(value)}"
        return base if value == first else base.upper() if value.isupper() else base.capitalize()

    def _numbered(self, key: str, prefix: str, form: str) -> str:
        if key not in self._known:
            number = self._counts[prefix] = self._counts.get(prefix, 0) + 1
            self._known[key] = form.format(prefix, number)
        return self._known[key]

    def _number(self, value: float) -> int:
        return int(self._numbered(f"number {value}", "number", "{1}"))


_COLLECTIONS = {"Services", "Conversations", "Channels", "Messages", "Users", "Accounts"}
