"""Access tokens, with all the checks that the SDK does not make."""

from __future__ import annotations

import warnings

import jwt
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant, TaskRouterGrant

from ..mock.core.access_token import MAX_IDENTITY, MAX_LIFETIME, ROLES, SID, SID_KINDS, sid_slip
from .identity import TokenProblem, looks_personal

MIN_LIFETIME = 180
"""Seconds a token must live at least (documented)."""


class IdentityWarning(UserWarning):
    """An identity looks like personal data, which other people and logs would see."""


def create_chat_token(
    *,
    account_sid: str,
    api_key: str,
    api_secret: str,
    service_sid: str,
    identity: str,
    ttl: int = 3600,
    auth_token: str | None = None,
    now: float | None = None,
) -> str:
    """Return an access token (a JWT) with a chat grant, made by the twilio SDK.

    Args:
        account_sid: `AC...`, the account that owns the key and the service.
        api_key: `SK...`, the API key that signs.
        api_secret: The secret shown once when the key was created.
        service_sid: `IS...`, the Chat Service the holder may use.
        identity: Who the holder is in the chat: 1 to 256 characters, no personal data (guide).
        ttl: Seconds the token lives, 180 to 86400 (documented).
        auth_token: The account's auth token, if you have it here: only to refuse it as a secret.
        now: Epoch seconds to date the token by, such as a mock's clock; by default the real time.

    Raises:
        TokenProblem: Naming every value at fault.

    Warns:
        IdentityWarning: The identity looks like personal data.

    """
    _refuse(
        account_sid=_sid_problem("account_sid", account_sid),
        api_key=_sid_problem("api_key", api_key),
        api_secret=_secret_problem(api_secret, auth_token),
        service_sid=_sid_problem("service_sid", service_sid),
        identity=_identity_problem(identity),
        ttl=_ttl_problem(ttl),
    )
    if reason := looks_personal(identity):
        advice = f"identity looks like {reason}: other people, logs and Twilio would see it. "
        advice += "Use an id of your own, or stable_identity(user_id, key=...)."
        warnings.warn(advice, IdentityWarning, stacklevel=2)
    grant = ChatGrant(service_sid=service_sid)
    token = AccessToken(account_sid, api_key, api_secret, [grant], identity=identity, ttl=ttl)
    return _dated(token, now)


def create_worker_token(
    *,
    account_sid: str,
    api_key: str,
    api_secret: str,
    workspace_sid: str,
    worker_sid: str | None,
    role: str = "worker",
    identity: str | None = None,
    service_sid: str | None = None,
    ttl: int = 3600,
    auth_token: str | None = None,
    now: float | None = None,
) -> str:
    """Return an access token for Twilio's TaskRouter SDK, made by the twilio SDK.

    Args:
        account_sid: `AC...`, the account that owns the key and the workspace.
        api_key: `SK...`, the API key that signs.
        api_secret: The secret shown once when the API key was created.
        workspace_sid: `WS...`, the workspace the holder may use.
        worker_sid: `WK...`, the worker who holds it; None for a supervisor or admin who is none.
        role: `worker`, `supervisor` or `admin`.
        identity: The worker's identity in chats, if it has one.
        service_sid: `IS...`, a Chat Service that the same token opens, as a Flex user's does.
        ttl: Seconds the token lives, 180 to 86400 (documented).
        auth_token: The account's auth token, if you have it here: only to refuse it as a secret.
        now: Epoch seconds to date the token by, such as a mock's clock; by default the real time.

    Raises:
        TokenProblem: Naming every value at fault.

    """
    is_known = role in ROLES
    needs_worker = worker_sid is not None or role == "worker"
    _refuse(
        account_sid=_sid_problem("account_sid", account_sid),
        api_key=_sid_problem("api_key", api_key),
        api_secret=_secret_problem(api_secret, auth_token),
        workspace_sid=_sid_problem("workspace_sid", workspace_sid),
        worker_sid=_sid_problem("worker_sid", worker_sid) if needs_worker else None,
        role=None if is_known else f"must be one of {', '.join(ROLES)}.",
        service_sid=_sid_problem("service_sid", service_sid) if service_sid is not None else None,
        identity=_identity_problem(identity) if identity is not None or service_sid else None,
        ttl=_ttl_problem(ttl),
    )
    grants = [TaskRouterGrant(workspace_sid=workspace_sid, worker_sid=worker_sid, role=role)]
    if service_sid is not None:
        grants.append(ChatGrant(service_sid=service_sid))
    token = AccessToken(account_sid, api_key, api_secret, grants, identity=identity, ttl=ttl)
    return _dated(token, now)


def _refuse(**checked: str | None) -> None:
    """Raise `TokenProblem` where a parameter has a problem."""
    wrong = [(name, problem) for name, problem in checked.items() if problem]
    if wrong:
        raise TokenProblem(*wrong)


def _dated(token: AccessToken, now: float | None) -> str:
    if now is None:
        return str(token.to_jwt())
    second = int(now)
    token.nbf, token.valid_until = second, second + token.ttl
    # the SDK dates the token's id by the real time, so that no two would be the same
    claims = {**token.payload, "jti": f"{token.signing_key_sid}-{second}"}
    return jwt.encode(claims, token.secret_key, token.algorithm, headers=token.headers)


_EXPECTED_SIDS = {
    "account_sid": ("AC", "from Console > Account Info"),
    "api_key": ("SK", "from Console > Account > API keys & tokens"),
    "service_sid": ("IS", "from Console > Chat (or Conversations) > Services"),
    "workspace_sid": ("WS", "from Console > TaskRouter > Workspaces"),
    "worker_sid": ("WK", "from Console > TaskRouter > Workers"),
}


def _sid_problem(parameter: str, value: object) -> str | None:
    prefix, where = _EXPECTED_SIDS[parameter]
    slip = sid_slip(value, prefix)
    return slip and f"{slip}; pass {SID_KINDS[prefix]} ({prefix}...) {where}."


def _secret_problem(secret: object, auth_token: str | None) -> str | None:
    if not isinstance(secret, str) or not secret:
        return "is missing: pass the secret that was shown when the API key was created."
    if secret != secret.strip():
        return "has white space around it, which would spoil the signature (20107): remove it."
    if SID.fullmatch(secret):
        return "is a SID, not a secret: pass the secret that belongs to the api_key."
    if secret == auth_token:
        return (
            "is the account's auth token; an access token is signed with an API key's secret, or "
            "Twilio refuses it when a client connects (20107)."
        )
    return None


def _identity_problem(identity: object) -> str | None:
    if not isinstance(identity, str):
        return f"must be a str, not {type(identity).__name__}: pass str(...)."
    if not identity.strip():
        return "is empty: pass an id of your own for this user."
    if len(identity) > MAX_IDENTITY:
        return f"has {len(identity)} characters, over {MAX_IDENTITY}: try stable_identity()."
    return None


def _ttl_problem(ttl: object) -> str | None:
    if isinstance(ttl, int) and not isinstance(ttl, bool) and MIN_LIFETIME <= ttl <= MAX_LIFETIME:
        return None
    return f"must be a whole number of seconds, {MIN_LIFETIME} to {MAX_LIFETIME} (24 hours)."
