"""Access tokens: their content, and the reasons for which Twilio refuses one.

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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, starmap
from typing import Any, Literal

from .bounds import MAX_TOKEN
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
"""Any Twilio SID, by `fullmatch`; group 1 is its prefix."""

SID_KINDS = {
    "AC": "an Account SID",
    "AP": "a TwiML App SID",
    "CH": "a Channel SID",
    "CR": "a Push Credential SID",
    "FO": "a Flex Flow SID",
    "FW": "a Studio Flow SID",
    "IS": "a Chat Service SID",
    "KS": "a Proxy Service SID",
    "MB": "a Member SID",
    "MG": "a Messaging Service SID",
    "RL": "a Role SID",
    "SK": "an API key SID",
    "US": "a User SID",
    "VA": "a Verify Service SID",
    "WK": "a Worker SID",
    "WS": "a Workspace SID",
    "ZS": "a Functions Service SID",
}
"""Kinds of SIDs that are mistaken for one another."""

_LAST_SECOND = 253_402_300_799  # of the year 9999; an `exp` in milliseconds is beyond it
_SHOWN_LENGTH = 24  # shorter than any Twilio secret
_MAKE_ANOTHER = "Make the token with the twilio SDK's AccessToken, which sets it."


Grant = Literal["chat", "task_router"]
"""Products that an access token opens."""
ROLES = ("worker", "supervisor", "admin")
"""Roles in a grant for TaskRouter (documented)."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of an accepted token; times in whole seconds since the epoch.

    `service_sid` is always set on what `verify` returns for chat, since its grant needs one. What
    it returns for TaskRouter has `workspace_sid` and `role`, and may lack an identity and a worker.
    """

    identity: str
    service_sid: str | None
    account_sid: str
    api_key_sid: str
    not_before: int | None
    expires: int
    workspace_sid: str | None = None
    worker_sid: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class DecodedToken:
    """A token decoded but not verified: JSON header, JSON claims, and the signed bytes."""

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

    @property
    def worker_grant(self) -> object:
        """The grant for TaskRouter; None where missing."""
        return (self.grants or {}).get("task_router")


_KEPT = 256
_accepted: dict[str, DecodedToken] = {}
"""The latest tokens that were accepted, to decode each once; not to be modified."""


def verify(
    token: str,
    *,
    account_sid: str,
    secrets: Mapping[str, str],
    now: float,
    grant: Grant = "chat",
) -> Claims:
    """Return the claims of a token that Twilio would accept.

    Args:
        token: The JWT, as `AccessToken.to_jwt()` returns it.
        account_sid: The account the token must be for (`AC...`).
        secrets: API key SID (`SK...`) to API key secret, for every key of the account.
        now: Seconds since the epoch, by the caller's clock.
        grant: The product that it is to open.

    Raises:
        TwilioError: 20101 to 20107, for the first of `problems`.
    """
    decoded = (_accepted.get(token) if isinstance(token, str) else None) or decode(token)
    for refusal in _refusals(decoded, account_sid, secrets, now, grant):
        raise refusal
    if token not in _accepted:
        if len(_accepted) >= _KEPT:
            _accepted.pop(next(iter(tuple(_accepted))), None)
        _accepted[token] = decoded
    granted: Any = decoded.chat_grant if grant == "chat" else decoded.worker_grant
    return Claims(
        identity=decoded.claims["grants"].get("identity", ""),
        service_sid=granted.get("service_sid"),
        account_sid=decoded.claims["sub"],
        api_key_sid=decoded.claims["iss"],
        not_before=decoded.claims.get("nbf"),
        expires=decoded.claims["exp"],
        workspace_sid=granted.get("workspace_sid"),
        worker_sid=granted.get("worker_sid"),
        role=granted.get("role"),
    )


def problems(
    token: str,
    *,
    account_sid: str,
    secrets: Mapping[str, str],
    now: float,
    grant: Grant = "chat",
) -> Iterator[TwilioError]:
    """Yield every refusal of the token, in the order of `verify`; arguments as there.

    The parts that decide the key come first (form, header, issuer), then the signature, then the
    parts that it vouches for (subject, times, grants): a forged token gives 20107 in any case.
    """
    try:
        decoded = decode(token)
    except TwilioError as undecodable:
        yield undecodable
    else:
        yield from _refusals(decoded, account_sid, secrets, now, grant)


def decode(token: str) -> DecodedToken:
    """Decode a token without verifying it.

    Raises:
        TwilioError: 20101, unless it is three parts of which two are base64url JSON objects, of
            `MAX_TOKEN` characters at the most. The third part may be anything: a damaged
            signature is a wrong one (20107).
    """
    import jwt

    if isinstance(token, str) and len(token) > MAX_TOKEN:
        raise TwilioError(
            20101, f"Not an access token: {len(token)} characters, and {MAX_TOKEN} are the most"
        )
    try:
        header, claims, signature = token.encode("ascii").split(b".")
        signing_input = b".".join((header, claims))
        unsigned = jwt.decode_complete(signing_input + b".", options={"verify_signature": False})
    except (AttributeError, jwt.PyJWTError, ValueError, RecursionError):
        raise TwilioError(
            20101,
            "Not an access token: expected a JWT, three base64url parts joined by dots. Pass the"
            " text that AccessToken.to_jwt() returns, whole, with no quotes and no 'Bearer' before"
            " it.",
        ) from None
    return DecodedToken(unsigned["header"], unsigned["payload"], signing_input, signature)


def numeric_date(value: object) -> int | None:
    """Return `value` if it is a time in whole seconds since the epoch, before the year 10000."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LAST_SECOND:
        return value
    return None


def utc(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 UTC, such as `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")


def shown(value: object) -> str:
    """Return `value` quoted if it is short or a SID, else only its type.

    A claim may hold anything, an API key secret put in the wrong place included.
    """
    if isinstance(value, str):
        safe = len(value) <= _SHOWN_LENGTH or SID.fullmatch(value)
        return repr(value) if safe else f"a text of {len(value)} characters"
    return "missing" if value is None else f"a JSON {_JSON_TYPES[type(value)]}"


def sid_slip(value: object, prefix: str) -> str | None:
    """Return the slip in a SID that should have this prefix; None where its form is right.

    The value itself is not in it, since it may be a secret.
    """
    text = value if isinstance(value, str) else ""
    if match := SID.fullmatch(text):
        kind = SID_KINDS.get(match[1], "another kind of SID")
        return None if match[1] == prefix else f"starts with {match[1]}: that is {kind}"
    needed = f"{SID_KINDS[prefix]} ({prefix} and 32 hex digits)"
    if SID.fullmatch(text[:2].upper() + text[2:]):
        return f"starts with small letters, {text[:2]}, and is not {needed}"
    if SID.fullmatch(text.strip(" \t\r\n'\"")):
        return f"has white space or quotes around it, and is not {needed}"
    return f"is not {needed}"


_JSON_TYPES = {bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}


def _refusals(
    token: DecodedToken, account_sid: str, secrets: Mapping[str, str], now: float, grant: Grant
) -> Iterator[TwilioError]:
    found = chain(
        _header(token),
        _key(token, secrets),
        _claimed(token, account_sid, now),
        _chat(token) if grant == "chat" else _worker(token),
    )
    return starmap(TwilioError, found)


def _header(token: DecodedToken) -> Iterator[tuple[int, str]]:
    wanted = ((20101, "typ", "JWT"), (20102, "alg", ALGORITHM), (20102, "cty", CONTENT_TYPE))
    for code, name, value in wanted:
        if (found := token.header.get(name)) != value:
            problem = f"The header's {name} is {shown(found)}; it must be {value!r}."
            yield code, f"{problem} {_MAKE_ANOTHER}"


def _key(token: DecodedToken, secrets: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    issuer = token.claims.get("iss")
    secret = secrets.get(issuer) if isinstance(issuer, str) else None
    if secret is None:
        slip = sid_slip(issuer, "SK")
        yield (
            20103,
            f"The issuer (iss) is {shown(issuer)}, which is not an API key of this account"
            f"{f' (it {slip})' if slip else ''}. Make"
            " the token with the SID (SK...) of a key that exists here, and its secret.",
        )
    elif token.header.get("alg") == ALGORITHM:
        digest = hmac.digest(secret.encode(), token.signing_input, "sha256")
        encoded = base64.urlsafe_b64encode(digest).rstrip(b"=")
        if not hmac.compare_digest(encoded, token.signature):
            yield (
                20107,
                f"The signature was not made with the secret of {shown(issuer)}. Sign with that API"
                " key's secret, not the account's auth token, and see that neither the secret nor"
                " the token was changed or cut short in copying.",
            )


def _claimed(token: DecodedToken, account_sid: str, now: float) -> Iterator[tuple[int, str]]:
    subject = token.claims.get("sub")
    if subject != account_sid:
        slip = sid_slip(subject, "AC")
        yield (
            20103,
            f"The subject (sub) is {shown(subject)}, not this account, {account_sid}"
            f"{f' (it {slip})' if slip else ''}. Make"
            " the token with the SID of the account that owns the API key.",
        )
    yield from _times(token, now)
    if token.grants is None:
        found = shown(token.claims.get("grants"))
        yield 20106, f"The grants must be a JSON object; found: {found}. {_MAKE_ANOTHER}"


def _identity(identity: object) -> Iterator[tuple[int, str]]:
    if not (isinstance(identity, str) and 0 < len(identity) <= MAX_IDENTITY) or (
        identity != identity.encode("utf-8", "replace").decode()  # half of a surrogate pair
    ):
        yield (
            20106,
            f"The identity must be a text of 1 to {MAX_IDENTITY} characters; found:"
            f" {shown(identity)}. Pass identity=str(...) to AccessToken.",
        )


def _chat(token: DecodedToken) -> Iterator[tuple[int, str]]:
    if token.grants is None:
        return
    yield from _identity(token.grants.get("identity"))
    grant = token.chat_grant
    service = grant.get("service_sid") if isinstance(grant, dict) else None
    if not isinstance(grant, dict):
        message = "There is no chat grant. Add ChatGrant(service_sid='IS...') to the AccessToken."
        yield 20106, message
    elif not (isinstance(service, str) and service):
        message = "The chat grant names no service."
        yield 20106, f"{message} Pass ChatGrant the service_sid of a Chat Service."
    elif slip := sid_slip(service, "IS"):
        message = f"The chat grant's service_sid {slip}."
        yield 20106, f"{message} Pass ChatGrant the SID of a Chat Service (IS...)."


def _worker(token: DecodedToken) -> Iterator[tuple[int, str]]:
    """Check a grant for TaskRouter; neither an identity nor a worker is required (observed)."""
    if token.grants is None:
        return
    if token.grants.get("identity") is not None:
        yield from _identity(token.grants["identity"])
    grant = token.worker_grant
    if not isinstance(grant, dict):
        message = "There is no task_router grant. Add TaskRouterGrant(workspace_sid='WS...',"
        yield 20106, f"{message} worker_sid='WK...', role='worker') to the AccessToken."
        return
    for name, prefix in (("workspace_sid", "WS"), ("worker_sid", "WK")):
        sid = grant.get(name)
        is_missing = sid is None and prefix == "WK"
        if not is_missing and (slip := sid_slip(sid, prefix)):
            message = f"The task_router grant's {name} {slip}."
            yield 20106, f"{message} Pass TaskRouterGrant {SID_KINDS[prefix]} ({prefix}...)."
    if grant.get("role") not in ROLES:
        message = f"The task_router grant's role is {shown(grant.get('role'))}."
        yield 20106, f"{message} Pass TaskRouterGrant a role: {', '.join(ROLES)}."


def _times(token: DecodedToken, now: float) -> Iterator[tuple[int, str]]:
    expires = numeric_date(token.claims.get("exp"))
    whole_seconds = "a time in whole seconds (not ms) since 1970, UTC."
    if expires is None:
        yield 20104, f"The expiry (exp) must be there, {whole_seconds}"
    elif expires <= now:
        yield (
            20104,
            f"The token expired at {utc(expires)} and it is {utc(now)}. Make a new one on the"
            " server; a connected client takes it with updateToken().",
        )
    elif expires > now + MAX_LIFETIME:
        yield (
            20104,
            f"The token expires at {utc(expires)}, over 24 hours after {utc(now)}."
            f" Make it with a ttl of at most {MAX_LIFETIME} seconds.",
        )
    start = numeric_date(token.claims.get("nbf"))
    if start is None and token.claims.get("nbf") is not None:
        yield 20105, f"The start (nbf) must be {whole_seconds}"
    elif start is not None and start > now + CLOCK_SKEW:
        yield (
            20105,
            f"The token is not valid before {utc(start)} and it is {utc(now)}. Set the clock of the"
            " server that makes tokens, or leave nbf to the SDK.",
        )
