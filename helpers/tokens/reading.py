"""Reading an access token: its claims, and the reasons why Twilio would refuse it."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from .. import html
from ..mock import CODES, TwilioError
from ..mock.core.access_token import (
    SID,
    SID_KINDS,
    DecodedToken,
    Grant,
    decode,
    numeric_date,
    problems,
    shown,
    sid_slip,
    utc,
)


class ClaimRow(NamedTuple):
    """A claim of a token: its dotted name, its value as text, and its meaning."""

    claim: str
    value: str
    meaning: str


@dataclass(frozen=True, repr=False)
class TokenReading:
    """Claims of a token, unverified: iterate for a `ClaimRow` each, or display it.

    `expires` and `now` are seconds since the epoch. The same token shows the same, so that it can
    be stored in a notebook: a remaining time is shown only where `now` was given.
    """

    rows: tuple[ClaimRow, ...]
    identity: str | None
    service_sid: str | None
    expires: int | None
    now: float | None = None
    workspace_sid: str | None = None
    worker_sid: str | None = None

    def __iter__(self) -> Iterator[ClaimRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def expires_in(self, now: float | None = None) -> float | None:
        """Return the seconds left at `now`, by default the reading's or else the clock's."""
        at = self.now if now is None else now
        at = time.time() if at is None else at
        return None if self.expires is None else self.expires - at

    def __repr__(self) -> str:
        return _text(self._title(), self.rows)

    def _repr_html_(self) -> str:
        return html.table(self.rows, ClaimRow._fields, title=self._title(), row_heads=True)

    def _title(self) -> str:
        title = "Access token, not verified"
        if self.now is None or self.expires is None:
            return title
        left = int(self.expires - self.now)
        span = timedelta(seconds=abs(left))
        return f"{title}: " + (f"expires in {span}" if left > 0 else f"expired {span} ago")


def read_token(token: str, *, now: float | None = None) -> TokenReading:
    """Read a token without verifying it.

    Neither the signature nor the token itself is kept, and a claim meant for a SID that holds
    something else is described, not shown.

    Args:
        token: A JWT.
        now: Seconds since the epoch, to show how long the token has left.

    Raises:
        TwilioError: 20101, if it cannot be decoded.

    """
    decoded = decode(token)
    chat, worker = decoded.chat_grant, decoded.worker_grant
    return TokenReading(
        rows=tuple(_rows(decoded)),
        identity=_text_or_none((decoded.grants or {}).get("identity")),
        service_sid=_text_in(chat, "service_sid"),
        expires=numeric_date(decoded.claims.get("exp")),
        now=now,
        workspace_sid=_text_in(worker, "workspace_sid"),
        worker_sid=_text_in(worker, "worker_sid"),
    )


def _text_in(grant: object, name: str) -> str | None:
    return _text_or_none(grant.get(name)) if isinstance(grant, dict) else None


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


_MEANINGS = {
    "typ": "what this is: a JSON Web Token",
    "alg": "how it is signed: HMAC-SHA256 with the API key's secret",
    "cty": "what it carries: a Twilio access token, version 1",
    "twr": "the Twilio region it is for",
    "iss": "issuer: the API key whose secret signed it",
    "sub": "subject: the account it gives access to",
    "jti": "its own id: the API key and the second it was made",
    "iat": "when it was made",
    "nbf": "not valid before this time",
    "exp": "expires at this time",
    "grants": "what the holder may use",
    "identity": "who the holder is in the chat",
    "chat": "the chat grant",
    "ip_messaging": "the chat grant, under its older name",
    "service_sid": "the Chat Service it is for",
    "endpoint_id": "the device or browser",
    "deployment_role_sid": "the role the holder has in the service",
    "push_credential_sid": "where push notifications go",
    "task_router": "the grant for TaskRouter",
    "workspace_sid": "the workspace it is for",
    "worker_sid": "the worker who holds it",
    "role": "what the holder may do in the workspace",
}
_ORDER = {name: place for place, name in enumerate(_MEANINGS)}
_TIMES = ("iat", "nbf", "exp")
_SIDS = (
    "iss",
    "sub",
    "jti",
    "service_sid",
    "deployment_role_sid",
    "push_credential_sid",
    "workspace_sid",
    "worker_sid",
)
_NESTED = ("grants", "grants.chat", "grants.ip_messaging", "grants.task_router")


def _rows(token: DecodedToken) -> Iterator[ClaimRow]:
    for path, value in (*_leaves(token.header, "header."), *_leaves(token.claims)):
        name = path.rpartition(".")[2]
        meaning = _MEANINGS.get(name, "not used for chat")
        yield ClaimRow(_printable(path), _value(name, value), meaning)


def _leaves(claims: Mapping[str, object], under: str = "") -> Iterator[tuple[str, object]]:
    """Yield each claim with its dotted name; an empty object is a claim of its own."""
    for name in sorted(claims, key=lambda name: _ORDER.get(name, len(_ORDER))):
        path, value = under + name, claims[name]
        if path in _NESTED and isinstance(value, dict) and value:
            yield from _leaves(value, path + ".")
        else:
            yield path, value


def _value(name: str, value: object) -> str:
    seconds = numeric_date(value)
    if name in _TIMES and seconds is not None:
        return f"{seconds} = {utc(seconds)}"
    if not isinstance(value, str):
        return json.dumps(value)
    if name in _SIDS and not SID.fullmatch(value.partition("-")[0]):
        return shown(value)
    return _printable(value)


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)


# -- diagnosing a token


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """Reasons why Twilio would refuse a token: (code, message) each, most decisive first.

    Where there are none, `remarks` has what only Twilio can know, and what else may go wrong.
    """

    problems: tuple[tuple[int, str], ...]
    remarks: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True if Twilio would accept the token, as far as can be known here."""
        return not self.problems

    @property
    def code(self) -> int | None:
        """Code that Twilio would answer with: the first problem's, or None."""
        return self.problems[0][0] if self.problems else None

    def __repr__(self) -> str:
        return _text(self._title(), self._rows())

    def _repr_html_(self) -> str:
        heads = ("code", "meaning", "what is wrong, what to do") if self.problems else ()
        return html.table(self._rows(), heads, title=self._title(), row_heads=True)

    def _title(self) -> str:
        return "Twilio would accept this token" if self.ok else "Twilio would refuse this token"

    def _rows(self) -> list[tuple[str, str, str]]:
        found = [(str(code), CODES[code].meaning, message) for code, message in self.problems]
        return found + [("", "to be checked", remark) for remark in self.remarks]


def diagnose_token(
    token: str,
    *,
    account_sid: str,
    api_secrets: Mapping[str, str],
    now: float | None = None,
    services: Collection[str] | None = None,
) -> Diagnosis:
    """Find every reason why Twilio would refuse a token, by the mock's own rules.

    It is checked for each product that it has a grant for, and for chat if it has none.

    Args:
        token: A JWT, or a text that may be one.
        account_sid: The account it is used with.
        api_secrets: API key SID to API key secret, for the account's keys.
        now: Seconds since the epoch; the clock's, unless given.
        services: SIDs of the account's Chat Services, if you have read them; otherwise a remark
            says that the service could not be checked.

    """
    at = time.time() if now is None else now
    found: dict[tuple[int, str], None] = {}
    for product in _products(token):
        refusals = problems(
            token, account_sid=account_sid, secrets=api_secrets, now=at, grant=product
        )
        found |= dict.fromkeys((problem.code, problem.message) for problem in refusals)
    if found:
        return Diagnosis(tuple(found))
    decoded = decode(token)
    remarks = tuple(_remarks(decoded.worker_grant, _OF_WORKERS, "task_router"))
    grant: Any = decoded.chat_grant
    if grant is None:
        return Diagnosis((), (*remarks, _NO_CHAT))
    service = grant["service_sid"]
    if services is not None and service not in services:
        message = f"The account has no Chat Service {service}; it is not among the services given."
        return Diagnosis(((50050, message),))
    named = _NAMED if services is None else _NAMED[1:]
    return Diagnosis((), (*_remarks(grant, named, "chat"), *remarks))


def _products(token: str) -> Iterator[Grant]:
    """Yield the products that a token has a grant for; chat, where it has none."""
    try:
        decoded = decode(token)
    except TwilioError:
        decoded = None
    is_worker = decoded is not None and decoded.worker_grant is not None
    if decoded is None or decoded.chat_grant is not None or not is_worker:
        yield "chat"
    if is_worker:
        yield "task_router"


_NAMED = (("service_sid", "IS"), ("deployment_role_sid", "RL"), ("push_credential_sid", "CR"))
"""SIDs in a chat grant and their prefixes; only the first one can be fatal (inferred)."""


_OF_WORKERS = (("workspace_sid", "WS"), ("worker_sid", "WK"))
_NO_CHAT = "There is no chat grant, so it opens TaskRouter alone."


def _remarks(grant: Any, named: Sequence[tuple[str, str]], product: Grant) -> Iterator[str]:
    for name, prefix in named:
        value = grant.get(name) if grant is not None else None
        if value is not None and (slip := sid_slip(value, prefix)):
            slip = f"The {product} grant's {name} {slip}"
            yield f"{slip}: Twilio would have no use for it (inferred)."
        elif value is not None:
            kind = SID_KINDS[prefix].partition(" ")[2]
            yield f"Only Twilio can know whether the {kind} {value} exists in this account."


# -- showing either


def _text(title: str, rows: Sequence[tuple[str, str, str]]) -> str:
    first, second = (max((len(row[n]) for row in rows), default=0) for n in (0, 1))
    return "\n".join([title, *(f"  {a:<{first}}  {b:<{second}}  {c}" for a, b, c in rows)])
