"""What a Twilio access token is, and what makes Twilio refuse one.

An access token is a JWT that an application's server signs with an API key's secret and hands to a
chat client. Everything here is a pure function of the token, the account and the time.

Basis: the shape of a token is the official SDK's; the meanings of 20101 to 20107 are documented
in Twilio's error catalogue; which condition raises which code, and the order of the checks, are
inferred. Twilio also lists 51101 to 51131, a connection layer's twins of the same refusals. Which
of the two families reaches an application is not documented. The mock answers with the 201xx
family, because Twilio's JavaScript SDKs know an expired token by 20104 (observed).
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import jwt

from .errors import TwilioError

ALGORITHM = "HS256"
CONTENT_TYPE = "twilio-fpa;v=1"
MAX_LIFETIME = 24 * 60 * 60
"""Seconds a token may live at most (documented)."""
MAX_IDENTITY = 256
"""Characters in an identity at most (documented for Conversations, inferred for Chat)."""
CLOCK_SKEW = 60
"""Seconds by which `nbf` may lie ahead (inferred). The SDK sets `nbf` to the signing server's own
clock, so a server a few seconds fast must not lock its users out; a minute is past any
synchronised clock's error and too short to hide a real mistake."""

SID = re.compile(r"([A-Z]{2})[0-9a-fA-F]{32}")
"""Any Twilio SID, by `fullmatch`; group 1 is the prefix that tells its kind."""

_LAST_SECOND = 253_402_300_799  # of the year 9999; an `exp` in milliseconds is beyond it
_SHOWN_LENGTH = 24  # shorter than any Twilio secret
_MAKE_ANOTHER = "Make the token with the twilio SDK's AccessToken, which sets it."


@dataclass(frozen=True, slots=True)
class Claims:
    """What an accepted token says; times in whole seconds since the epoch.

    `service_sid` is always set on what `verify` returns, since a chat grant needs one.
    """

    identity: str
    service_sid: str | None
    account_sid: str
    api_key_sid: str
    not_before: int | None
    expires: int


@dataclass(frozen=True, slots=True, repr=False)
class DecodedToken:
    """A token taken apart, nothing verified: JSON header, JSON claims, and what was signed."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def grants(self) -> Mapping[str, Any] | None:
        """The `grants` object, or None where there is none."""
        grants = self.claims.get("grants")
        return grants if isinstance(grants, dict) else None

    @property
    def chat_grant(self) -> object:
        """The chat grant, under its name or the older `ip_messaging`; None where missing."""
        grants = self.grants or {}
        return grants.get("chat", grants.get("ip_messaging"))


class _Expected(NamedTuple):
    """What a token is held against: the account, its API keys' secrets, and the time."""

    account_sid: str
    secrets: Mapping[str, str]
    now: float


def verify(token: str, *, account_sid: str, secrets: Mapping[str, str], now: float) -> Claims:
    """Return the claims of a token that Twilio would accept.

    Args:
        token: The JWT, as `AccessToken.to_jwt()` returns it.
        account_sid: The account the token must be for (`AC...`).
        secrets: API key SID (`SK...`) to API key secret, for every key of the account.
        now: Seconds since the epoch, on whichever clock the caller keeps.

    Raises:
        TwilioError: 20101 to 20107, for the first of `problems`.

    """
    decoded = _decoded(token) if isinstance(token, str) else decode(token)
    for refusal in _refusals(decoded, _Expected(account_sid, secrets, now)):
        raise refusal
    return _claims(decoded)


@lru_cache(maxsize=256)
def _decoded(token: str) -> DecodedToken:
    """A token taken apart once for all the requests made with it; not to be changed."""
    return decode(token)


def problems(
    token: str, *, account_sid: str, secrets: Mapping[str, str], now: float
) -> Iterator[TwilioError]:
    """Yield everything `verify` would refuse the token for, in its order; arguments as there.

    What decides the key comes first (form, header, issuer), then the signature, then what the
    signature vouches for (subject, times, grants): a forged token says 20107 whatever it claims.
    """
    try:
        decoded = decode(token)
    except TwilioError as undecodable:
        yield undecodable
    else:
        yield from _refusals(decoded, _Expected(account_sid, secrets, now))


def decode(token: str) -> DecodedToken:
    """Take a token apart without verifying anything.

    Raises:
        TwilioError: 20101, unless it is three parts of which two are base64url JSON objects. The
            third may be anything: a damaged signature is a wrong one (20107).

    """
    try:
        signing_input, signature = _split(token)
        unsigned = jwt.decode_complete(signing_input + b".", options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _undecodable() from None
    return DecodedToken(unsigned["header"], unsigned["payload"], signing_input, signature)


def _split(token: object) -> tuple[bytes, bytes]:
    if not isinstance(token, str) or token.count(".") != 2:
        raise _undecodable()
    signing_input, _, signature = token.encode("ascii").rpartition(b".")
    return signing_input, signature


def _undecodable() -> TwilioError:
    return TwilioError(
        20101,
        "Not an access token: expected a JWT, three base64url parts joined by dots. Pass the text "
        "that AccessToken.to_jwt() returns, whole, with no quotes and no 'Bearer' before it.",
    )


def _claims(token: DecodedToken) -> Claims:
    """Read the claims of a token already found good."""
    grants: Mapping[str, Any] = token.grants or {}
    chat: Any = token.chat_grant
    return Claims(
        identity=grants["identity"],
        service_sid=chat["service_sid"],
        account_sid=token.claims["sub"],
        api_key_sid=token.claims["iss"],
        not_before=token.claims.get("nbf"),
        expires=token.claims["exp"],
    )


# -- how a value is spoken of


def epoch(value: object) -> int | None:
    """Return `value` if it is a time in whole seconds since the epoch, before the year 10000."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LAST_SECOND:
        return value
    return None


def utc(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 UTC, such as `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def shown(value: object) -> str:
    """Return `value` quoted if it is short or a SID, else only what kind of value it is.

    A claim may hold anything, an API key secret put in the wrong place included.
    """
    if isinstance(value, str):
        safe = len(value) <= _SHOWN_LENGTH or SID.fullmatch(value)
        return repr(value) if safe else f"a text of {len(value)} characters"
    return "missing" if value is None else f"a JSON {_JSON_TYPES[type(value)]}"


_JSON_TYPES = {bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}


# -- the checks: each returns what is wrong and what to do, or None


def _type_problem(token: DecodedToken, _: _Expected) -> str | None:
    typ = token.header.get("typ")
    if typ == "JWT":
        return None
    return f"The header's typ is {shown(typ)}; it must be 'JWT'. {_MAKE_ANOTHER}"


def _algorithm_problem(token: DecodedToken, _: _Expected) -> str | None:
    alg = token.header.get("alg")
    if alg == ALGORITHM:
        return None
    return f"The header's alg is {shown(alg)}; it must be {ALGORITHM!r}. {_MAKE_ANOTHER}"


def _content_type_problem(token: DecodedToken, _: _Expected) -> str | None:
    cty = token.header.get("cty")
    if cty == CONTENT_TYPE:
        return None
    return f"The header's cty is {shown(cty)}; it must be {CONTENT_TYPE!r}. {_MAKE_ANOTHER}"


def _issuer_problem(token: DecodedToken, expected: _Expected) -> str | None:
    if _secret(token, expected) is not None:
        return None
    return (
        f"The issuer (iss) is {shown(token.claims.get('iss'))}, which is not an API key of this "
        "account. Make the token with the SID (SK...) of a key that exists here, and its secret."
    )


def _secret(token: DecodedToken, expected: _Expected) -> str | None:
    issuer = token.claims.get("iss")
    return expected.secrets.get(issuer) if isinstance(issuer, str) else None


def _signature_problem(token: DecodedToken, expected: _Expected) -> str | None:
    secret = _secret(token, expected)
    if secret is None or token.header.get("alg") != ALGORITHM:
        return None  # nothing to check it with; refused already
    digest = hmac.digest(secret.encode(), token.signing_input, "sha256")
    if hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), token.signature):
        return None
    return (
        f"The signature was not made with the secret of {shown(token.claims['iss'])}. Sign with "
        "that API key's secret, not the account's auth token, and see that neither the secret nor "
        "the token was changed or cut short in copying."
    )


def _subject_problem(token: DecodedToken, expected: _Expected) -> str | None:
    subject = token.claims.get("sub")
    if subject == expected.account_sid:
        return None
    return (
        f"The subject (sub) is {shown(subject)}, not this account, {expected.account_sid}. "
        "Make the token with the SID of the account that owns the API key."
    )


def _expiry_problem(token: DecodedToken, expected: _Expected) -> str | None:
    expires, now = epoch(token.claims.get("exp")), expected.now
    if expires is None:
        return "The expiry (exp) must be there, a time in whole seconds (not ms) since 1970, UTC."
    if expires <= now:
        return (
            f"The token expired at {utc(expires)} and it is {utc(now)}. Make a new one on the "
            "server; a connected client takes it with updateToken()."
        )
    if expires > now + MAX_LIFETIME:
        return (
            f"The token expires at {utc(expires)}, over 24 hours after {utc(now)}. "
            f"Make it with a ttl of at most {MAX_LIFETIME} seconds."
        )
    return None


def _start_problem(token: DecodedToken, expected: _Expected) -> str | None:
    claim = token.claims.get("nbf")
    if claim is None:
        return None
    start = epoch(claim)
    if start is None:
        return "The start (nbf) must be a time in whole seconds (not ms) since 1970, UTC."
    if start <= expected.now + CLOCK_SKEW:
        return None
    return (
        f"The token is not valid before {utc(start)} and it is {utc(expected.now)}. Set the clock "
        "of the server that makes tokens, or leave nbf to the SDK."
    )


def _grants_problem(token: DecodedToken, _: _Expected) -> str | None:
    if token.grants is not None:
        return None
    found = shown(token.claims.get("grants"))
    return f"The grants must be a JSON object; found: {found}. {_MAKE_ANOTHER}"


def _identity_problem(token: DecodedToken, _: _Expected) -> str | None:
    if token.grants is None:
        return None
    identity = token.grants.get("identity")
    if isinstance(identity, str) and 0 < len(identity) <= MAX_IDENTITY:
        return None
    return (
        f"The identity must be a text of 1 to {MAX_IDENTITY} characters; found: "
        f"{shown(identity)}. Pass identity=str(...) to AccessToken."
    )


def _chat_grant_problem(token: DecodedToken, _: _Expected) -> str | None:
    if token.grants is None:
        return None
    grant = token.chat_grant
    if not isinstance(grant, dict):
        return "There is no chat grant. Add ChatGrant(service_sid='IS...') to the AccessToken."
    service = grant.get("service_sid")
    if isinstance(service, str) and service:
        return None
    return "The chat grant names no service. Pass ChatGrant the service_sid of a Chat Service."


_CHECKS: tuple[tuple[int, Callable[[DecodedToken, _Expected], str | None]], ...] = (
    (20101, _type_problem),
    (20102, _algorithm_problem),
    (20102, _content_type_problem),
    (20103, _issuer_problem),
    (20107, _signature_problem),
    (20103, _subject_problem),
    (20104, _expiry_problem),
    (20105, _start_problem),
    (20106, _grants_problem),
    (20106, _identity_problem),
    (20106, _chat_grant_problem),
)


def _refusals(token: DecodedToken, expected: _Expected) -> Iterator[TwilioError]:
    for code, check in _CHECKS:
        message = check(token, expected)
        if message is not None:
            yield TwilioError(code, message)
