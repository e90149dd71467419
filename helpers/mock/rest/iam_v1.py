"""Tokens of visitors, as `iam.twilio.com` gives them to Twilio's legacy web chat (observed in it).

Anybody who may use the account gets one, with an identity that it chooses itself. The web chat
renews its token with the old one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..core.access_token import decode, utc
from ..core.context import Backend, Context
from ..core.credentials import Credentials
from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import read_json_object
from ..flex import configuration
from .application import Application
from .http import Reply, Request

if TYPE_CHECKING:
    from .flex_users import FlexUsers

HOST = "iam.twilio.com"
LIFETIME = 3600
"""Seconds that a token lives (the mock's own choice)."""
ROLES = ["guest"]
"""Roles that the answer names (inferred); the web chat only wants some."""
_PATH = re.compile(r"/v1/Accounts/(?P<account>[^/]+)/Tokens(?P<refresh>/refresh)?")
PATHS = {
    "CreateVisitorToken": "/v1/Accounts/{AccountSid}/Tokens",
    "RefreshVisitorToken": "/v1/Accounts/{AccountSid}/Tokens/refresh",
}
"""Paths of the requests."""


class VisitorTokens:
    """Answers requests for tokens of visitors."""

    def __init__(
        self,
        backend: Backend,
        credentials: Credentials,
        application: Application,
        flex_users: FlexUsers,
    ) -> None:
        self._flex_users = flex_users
        self._backend = backend
        self._credentials = credentials
        self._application = application

    def answer(self, request: Request) -> Reply:
        """Answer with a token for a new identity, or a new one for that of an old token."""
        try:
            return Reply(200, self._token(request))
        except TwilioError as error:
            return Reply(error.status, error.body())

    def _token(self, request: Request) -> dict[str, Any]:
        match = _PATH.fullmatch(request.path)
        if match is None or request.method != "POST":
            raise TwilioError(
                NOT_SIMULATED,
                f"{request.method} https://{HOST}{request.path} is not simulated by this mock; it"
                f" simulates POST {' and '.join(PATHS.values())}",
            )
        if match["account"] != self._credentials.account_sid:
            raise TwilioError(20404, f"Account {match['account'][:40]} was not found")
        sent = read_json_object(request.body.decode("utf-8", "replace")) or {}
        if match["refresh"]:
            token = str(sent.get("token"))
            claims = self._application.claims(token)
            if decode(token).worker_grant is not None:
                return self._flex_users.renew(token)
            return self._made(claims.identity, claims.service_sid or "")
        products = sent.get("products")
        if not isinstance(products, list) or "flex" not in products:
            raise TwilioError(20001, 'The body must be JSON: {"products": ["flex"]}')
        with self._backend.transaction():
            ctx = Context(self._backend, self._credentials.account_sid)
            found = configuration.ensure(ctx)
            return self._made(ctx.sids.new(""), configuration.as_json(ctx, found)[_SERVICE])

    def _made(self, identity: str, service_sid: str) -> dict[str, Any]:
        from twilio.jwt.access_token import AccessToken
        from twilio.jwt.access_token.grants import ChatGrant

        own, now = self._credentials, int(self._backend.clock.now())
        token = AccessToken(
            own.account_sid,
            own.api_key,
            own.api_secret,
            [ChatGrant(service_sid=service_sid)],
            identity=identity,
            nbf=now,
            valid_until=now + LIFETIME,
        )
        return {
            "token": str(token.to_jwt()),
            "identity": identity,
            "roles": ROLES,
            "expiration": utc(now + LIFETIME),
        }


_SERVICE = "chat_service_instance_sid"
