"""Refusals: symbolic ones of a product, and a dialect's `TwilioError` for each.

`CODES` lists every code that the mock uses, with its HTTP status and the basis of it. Products
raise, dialects say it in their words, one place renders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, StrEnum
from typing import Any, NamedTuple


class Basis(StrEnum):
    """Basis on which a behaviour of the mock is taken for Twilio's."""

    DOCUMENTED = "documented"
    """Twilio's documentation or error catalogue states it."""
    SPECIFIED = "specified"
    """Twilio's OpenAPI documents state it."""
    OBSERVED = "observed"
    """Seen in bug reports or in production code, not in Twilio's reference."""
    INFERRED = "inferred"
    """No source found; the mock's best reading."""


class ErrorCode(NamedTuple):
    """One code that the mock uses: its HTTP status, its meaning, and the basis of the status."""

    code: int
    status: int
    meaning: str
    status_basis: Basis


_DOC, _OBS, _INF = Basis.DOCUMENTED, Basis.OBSERVED, Basis.INFERRED

NOT_SIMULATED = 501
"""The mock's own code for an operation that is not simulated."""

_CODES = (
    ErrorCode(NOT_SIMULATED, 501, "not simulated by this mock (not a Twilio code)", _INF),
    ErrorCode(20001, 400, "missing or invalid parameter", _OBS),
    ErrorCode(20003, 401, "authentication failed", _OBS),
    ErrorCode(20004, 405, "method not allowed", _INF),
    ErrorCode(20007, 400, "page size is not acceptable", _INF),
    ErrorCode(20101, 401, "invalid access token", _INF),
    ErrorCode(20102, 401, "invalid access token header", _INF),
    ErrorCode(20103, 401, "invalid access token issuer or subject", _INF),
    ErrorCode(20104, 401, "access token expired or expiration date invalid", _INF),
    ErrorCode(20105, 401, "access token not yet valid", _INF),
    ErrorCode(20106, 401, "invalid access token grants", _INF),
    ErrorCode(20107, 401, "invalid access token signature", _INF),
    ErrorCode(20161, 400, "no parameter to update", _INF),
    ErrorCode(20403, 403, "forbidden", _INF),
    ErrorCode(20404, 404, "resource not found", _OBS),
    ErrorCode(20409, 409, "conflict with the resource's current state", _INF),
    ErrorCode(20410, 410, "gone", _DOC),
    ErrorCode(20412, 412, "the resource has changed since (If-Match)", _INF),
    ErrorCode(20429, 429, "too many requests", _DOC),
    ErrorCode(20500, 500, "internal server error", _INF),
    ErrorCode(20503, 503, "service unavailable", _INF),
    ErrorCode(40153, 400, "TaskRouter pages are reached by their token only", _INF),
    ErrorCode(45004, 400, "Flex request validation failed", _INF),
    ErrorCode(45010, 429, "Flex API rate limit exceeded", _INF),
    ErrorCode(45205, 404, "Flex Flow not found", _INF),
    ErrorCode(45208, 409, "an active Flex channel with this unique name exists", _INF),
    ErrorCode(45211, 400, "identity is reserved", _INF),
    ErrorCode(45212, 400, "Flex Flow creation failed: an attribute is missing or collides", _INF),
    ErrorCode(45351, 400, "interaction participant is not acceptable", _INF),
    ErrorCode(45354, 400, "interaction channel has ended", _INF),
    ErrorCode(45358, 400, "interaction status is missing", _INF),
    ErrorCode(45359, 400, "interaction status is not acceptable", _INF),
    ErrorCode(45366, 400, "interaction parameter is not acceptable", _INF),
    ErrorCode(45731, 400, "pre-engagement data too long", _INF),
    ErrorCode(45733, 400, "pre-engagement data is not JSON", _INF),
    ErrorCode(45744, 404, "address of a web chat not found", _INF),
    ErrorCode(45745, 400, "address of a web chat is not acceptable", _INF),
    ErrorCode(50003, 400, "friendly name too long", _INF),
    ErrorCode(50004, 400, "unique name too long", _INF),
    ErrorCode(50050, 404, "service not found", _INF),
    ErrorCode(50054, 400, "webhook URL is not acceptable", _INF),
    ErrorCode(50055, 400, "webhook method is not acceptable", _INF),
    ErrorCode(50056, 403, "a webhook refused the command", _INF),
    ErrorCode(50057, 502, "a webhook failed", _INF),
    ErrorCode(50060, 400, "user channels limit is not acceptable", _INF),
    ErrorCode(50061, 400, "channel members limit is not acceptable", _INF),
    ErrorCode(50063, 429, "channel's rate limit exceeded", _INF),
    ErrorCode(50065, 400, "retry count is not acceptable", _INF),
    ErrorCode(50074, 429, "service's rate limit exceeded", _INF),
    ErrorCode(50076, 502, "a webhook took too long", _INF),
    ErrorCode(50100, 404, "role not found", _INF),
    ErrorCode(50101, 400, "role is not a channel role", _INF),
    ErrorCode(50102, 400, "role is not a deployment role", _INF),
    ErrorCode(50104, 400, "permission does not exist", _INF),
    ErrorCode(50105, 400, "role type is not acceptable", _INF),
    ErrorCode(50107, 403, "user not authorised for the command", _INF),
    ErrorCode(50109, 400, "conversation role not found", _INF),
    ErrorCode(50201, 409, "user already exists", _OBS),
    ErrorCode(50203, 400, "identity is reserved", _INF),
    ErrorCode(50204, 400, "identity is missing", _OBS),
    ErrorCode(50205, 403, "a chat user may not set a role", _INF),
    ErrorCode(50206, 400, "identity looks like a user SID", _INF),
    ErrorCode(50207, 400, "identity too long", _INF),
    ErrorCode(50208, 403, "user is in too many channels", _DOC),
    ErrorCode(50211, 400, "identity is not acceptable for the participant", _INF),
    ErrorCode(50212, 409, "user is invited already", _INF),
    ErrorCode(50214, 403, "user is in too many conversations", _INF),
    ErrorCode(50300, 404, "channel not found", _INF),
    ErrorCode(50303, 400, "channel attributes too long", _INF),
    ErrorCode(50304, 400, "attributes are not JSON", _INF),
    ErrorCode(50306, 400, "unique name looks like a channel SID", _INF),
    ErrorCode(50307, 409, "channel with this unique name exists", _INF),
    ErrorCode(50310, 400, "author too long", _INF),
    ErrorCode(50321, 400, "channel has too many webhooks", _INF),
    ErrorCode(50322, 400, "webhook has too many triggers", _INF),
    ErrorCode(50324, 400, "webhook type is not acceptable", _INF),
    ErrorCode(50325, 400, "webhook filter is not acceptable", _INF),
    ErrorCode(50326, 400, "webhook trigger is not acceptable", _INF),
    ErrorCode(50327, 400, "webhook flow SID is not acceptable", _INF),
    ErrorCode(50329, 400, "webhook URL is missing", _INF),
    ErrorCode(50330, 400, "webhook filters are missing", _INF),
    ErrorCode(50331, 400, "webhook triggers are missing", _INF),
    ErrorCode(50332, 400, "webhook URL is too long", _INF),
    ErrorCode(50341, 400, "messaging service SID is not acceptable", _INF),
    ErrorCode(50350, 404, "conversation not found", _OBS),
    ErrorCode(50353, 409, "conversation with this unique name exists", _INF),
    ErrorCode(50360, 404, "scoped webhook not found", _INF),
    ErrorCode(50361, 400, "conversation has too many webhooks", _INF),
    ErrorCode(50362, 400, "scoped webhook has too many triggers", _INF),
    ErrorCode(50364, 400, "scoped webhook target is not acceptable", _INF),
    ErrorCode(50365, 400, "webhook filter of Conversations is not acceptable", _INF),
    ErrorCode(50366, 400, "scoped webhook trigger is not acceptable", _INF),
    ErrorCode(50367, 400, "scoped webhook flow SID is not acceptable", _INF),
    ErrorCode(50368, 400, "scoped webhook target is missing", _INF),
    ErrorCode(50369, 400, "scoped webhook URL is missing", _INF),
    ErrorCode(50370, 400, "scoped webhook filters are missing", _INF),
    ErrorCode(50371, 400, "scoped webhook triggers are missing", _INF),
    ErrorCode(50372, 400, "scoped webhook URL is too long", _INF),
    ErrorCode(50374, 400, "conversation state is empty", _INF),
    ErrorCode(50375, 400, "inactive timer is too short", _INF),
    ErrorCode(50376, 400, "closed timer is too short", _OBS),
    ErrorCode(50377, 400, "conversation is closed", _OBS),
    ErrorCode(50378, 400, "conversation state is not acceptable", _INF),
    ErrorCode(50379, 400, "inactive timer is not a duration", _INF),
    ErrorCode(50380, 400, "closed timer is not a duration", _INF),
    ErrorCode(50384, 400, "conversation cannot be closed from the start", _INF),
    ErrorCode(50390, 400, "unique name looks like a conversation SID", _INF),
    ErrorCode(50393, 400, "channel can only be made private", _INF),
    ErrorCode(50400, 403, "user is not a member of the channel", _INF),
    ErrorCode(50403, 403, "channel has too many members", _DOC),
    ErrorCode(50404, 409, "member already exists", _INF),
    ErrorCode(50406, 400, "read index is not acceptable", _INF),
    ErrorCode(50407, 400, "address is not acceptable", _INF),
    ErrorCode(50408, 400, "proxy address is not acceptable", _INF),
    ErrorCode(50409, 400, "address and proxy address are the same", _INF),
    ErrorCode(50411, 400, "address is missing", _INF),
    ErrorCode(50412, 400, "proxy address is missing", _INF),
    ErrorCode(50414, 400, "address and proxy address are of two networks", _INF),
    ErrorCode(50416, 409, "address and proxy address are in use", _OBS),
    ErrorCode(50417, 403, "conversation has too many participants", _INF),
    ErrorCode(50418, 403, "conversation has too many participants without an identity", _INF),
    ErrorCode(50421, 400, "read index is not acceptable", _INF),
    ErrorCode(50426, 400, "conversation cannot be made with so many participants", _INF),
    ErrorCode(50430, 403, "user is not a participant of the conversation", _OBS),
    ErrorCode(50432, 404, "participant not found", _INF),
    ErrorCode(50433, 409, "participant already exists", _OBS),
    ErrorCode(50440, 400, "proxy address cannot be removed", _INF),
    ErrorCode(50441, 400, "proxy address cannot be added", _OBS),
    ErrorCode(50442, 400, "projected address cannot be removed", _INF),
    ErrorCode(50443, 400, "projected address cannot be added", _INF),
    ErrorCode(50444, 400, "identity cannot be added", _INF),
    ErrorCode(50451, 400, "identity and address exclude each other", _INF),
    ErrorCode(50503, 400, "message has neither body nor media", _INF),
    ErrorCode(50504, 400, "message body too long", _INF),
    ErrorCode(50505, 400, "message body too long", _INF),
    ErrorCode(50507, 404, "media not found", _INF),
    ErrorCode(50508, 400, "media was sent already", _INF),
    ErrorCode(50509, 400, "body of a media message cannot change", _INF),
    ErrorCode(50510, 400, "media SID is not acceptable", _INF),
    ErrorCode(50511, 400, "media content type is not acceptable", _INF),
    ErrorCode(50512, 413, "media too large", _INF),
    ErrorCode(50526, 400, "content template SID is not acceptable", _INF),
    ErrorCode(50527, 400, "content variables are not JSON", _INF),
    ErrorCode(50528, 400, "content variables without a content template", _INF),
    ErrorCode(50529, 400, "too many content variables", _INF),
    ErrorCode(50540, 400, "name of a content variable too long", _INF),
    ErrorCode(50541, 400, "value of a content variable too long", _INF),
    ErrorCode(81021, 400, "Studio flow revision is not acceptable", _INF),
    ErrorCode(81022, 400, "Studio flow definition is not valid", _INF),
    ErrorCode(55555, 400, "invalid TaskRouter instruction", _INF),
)
CODES: dict[int, ErrorCode] = {row.code: row for row in _CODES}


class TwilioError(Exception):
    """A refusal in Twilio's dialect.

    Args:
        code: A Twilio error code listed in `CODES`, which also fixes the HTTP status.
        message: The problem and, where it helps, advice; shown to the caller.
        details: Further facts for programs.
    """

    def __init__(
        self, code: int, message: str, details: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = details
        self.status = CODES[code].status

    def __str__(self) -> str:
        return f"HTTP {self.status}, code {self.code}: {self.message}"

    @property
    def more_info(self) -> str:
        """URL of Twilio's documentation of the code."""
        return f"https://www.twilio.com/docs/errors/{self.code}"

    def body(self) -> dict[str, object]:
        """The JSON body of Twilio's answer."""
        body: dict[str, object] = {
            "code": self.code,
            "message": self.message.encode("utf-8", "replace").decode(),
            "more_info": self.more_info,
            "status": self.status,
        }
        return body if self.details is None else {**body, "details": self.details}


class Refused(Exception):
    """A refusal that speaks no dialect.

    Args:
        reason: Why; a member of the product's enumeration.
        about: Values that the words of a dialect may name.
    """

    def __init__(self, reason: Enum, **about: Any) -> None:
        super().__init__(reason, about)
        self.reason = reason
        self.about = about

    def __str__(self) -> str:
        return str(self.reason.value).format_map(self.about)


class Refusals:
    """A dialect's words for refusals.

    Args:
        table: Code and text of each reason; in the text, `{name}` stands for a value.
        spelling: The dialect's words for the values of one name, such as `permission`.
    """

    def __init__(
        self, table: Mapping[Enum, tuple[int, str]], **spelling: Mapping[Any, str]
    ) -> None:
        self.table = table
        self._spelling = spelling

    def error(self, refused: Refused) -> TwilioError:
        """Return the refusal in the dialect's words."""
        code, text = self.table[refused.reason]
        about = dict(refused.about)
        for name, words in self._spelling.items():
            if name in about:
                about[name] = words.get(about[name], about[name])
        return TwilioError(code, text.format_map(about))

    @contextmanager
    def worded(self) -> Iterator[None]:
        """Raise what is refused inside in the dialect's words."""
        try:
            yield
        except Refused as refused:
            raise self.error(refused) from None


NO_REFUSALS = Refusals({})
"""Words of a dialect whose products raise `TwilioError` themselves."""
