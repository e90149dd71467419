"""The account's REST APIs as one function from request to reply.

Composes and decides nothing: authentication, routing, one transaction, one place that renders a
refusal.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace

import orjson

from ..core.access_token import Claims, verify
from ..core.context import ACCOUNT, Actor, Backend, Context
from ..core.credentials import Credentials
from ..core.errors import TwilioError
from ..messaging.resources import Service
from ..webhooks.delivery import Webhooks
from ..webhooks.pre_events import consult, is_consulted
from . import chat_v2, flex_v1, media_v1, studio_v2, taskrouter_v1
from .collection import Operation
from .http import Reply, Request
from .router import OperationRouter

OPERATIONS: tuple[Operation, ...] = (
    *chat_v2.OPERATIONS,
    *flex_v1.OPERATIONS,
    *taskrouter_v1.OPERATIONS,
    *studio_v2.OPERATIONS,
    *media_v1.OPERATIONS,
)
TOKEN_USER = "token"  # noqa: S105 - a user name, the one Twilio's webchat widget authenticates with

_UNSTORABLE = (UnicodeEncodeError, orjson.JSONEncodeError, OverflowError, sqlite3.DataError)
"""What text that is no Unicode, or a number beyond 64 bits, ends in."""
_ACCOUNT_WITH_WEBHOOKS = Actor(webhooks=True)
_OPEN_TO_CHAT_USERS = re.compile(r"/v[12]/Services/\{ServiceSid\}/(Users|Channels|Media(Set)?)\b")
_REGIONAL_HOST = re.compile(r"(?P<product>[a-z-]+)\..*\btwilio\.com\Z")


class Application:
    """Answers requests of Twilio's REST APIs from one account's ground."""

    def __init__(self, backend: Backend, credentials: Credentials, webhooks: Webhooks) -> None:
        self._backend = backend
        self._credentials = credentials
        self._webhooks = webhooks
        self._router = OperationRouter(
            OPERATIONS, complete=(chat_v2.HOST, flex_v1.HOST, taskrouter_v1.HOST)
        )

    def handle(self, request: Request) -> Reply:
        """Answer; every refusal comes as Twilio's error document."""
        try:
            return self._answer(request)
        except TwilioError as error:
            return Reply(error.status, error.body())

    def operation_of(self, request: Request) -> Operation | None:
        """The operation that a request calls, whoever asks; None for one not simulated."""
        try:
            return self._router.find(request.method, _product_host(request.host), request.path)[0]
        except TwilioError:
            return None

    def _answer(self, request: Request) -> Reply:
        operation, arguments = self._route(request)
        actor = ACCOUNT if operation.opened_by in request.query else self._actor(request)
        if actor.identity is not None:
            _admit(actor, operation, arguments)
        return self.perform(actor, operation, arguments, request)

    def perform(
        self, actor: Actor, operation: Operation, arguments: dict[str, str], request: Request
    ) -> Reply:
        """Carry out an operation that was found, in one transaction.

        Before a chat user changes anything, pre-event webhooks are asked.

        Raises:
            TwilioError: It is refused.
        """
        try:
            if actor.identity is not None and operation.method != "GET":
                request = self._consult(actor, operation, arguments, request)
            with self._backend.transaction():
                return self._carry_out(actor, operation, arguments, request)
        except _UNSTORABLE as error:
            raise TwilioError(20001, f"A parameter cannot be stored: {error}") from None

    def _route(self, request: Request) -> tuple[Operation, dict[str, str]]:
        host = _product_host(request.host)
        try:
            return self._router.find(request.method, host, request.path)
        except TwilioError:
            self._actor(request)  # who may not ask is told that first
            raise

    def _carry_out(
        self, actor: Actor, operation: Operation, arguments: dict[str, str], request: Request
    ) -> Reply:
        ctx = Context(self._backend, self._credentials.account_sid, actor)
        return operation.handle(ctx, arguments, request)

    def _consult(
        self, actor: Actor, operation: Operation, arguments: dict[str, str], request: Request
    ) -> Request:
        """Ask the service's pre-event webhook, if it wants to be asked before what will happen.

        Outside any transaction, since the answer may take seconds; and only about what would
        succeed, which is found out by doing it and taking it back.
        """
        service = self._backend.store.first(Service, sid=actor.service_sid)
        if service is None or not is_consulted(service):
            return request
        events = self._backend.dry_run(
            lambda: self._carry_out(actor, operation, arguments, request)
        )
        changes = consult(self._webhooks, service, events)
        return replace(request, form={**request.form, **changes})

    def _actor(self, request: Request) -> Actor:
        if request.auth is None:
            raise TwilioError(20003, "Authenticate")
        username, password = request.auth
        if username == TOKEN_USER:
            return self.chat_user(password)
        if not self._credentials.open(username, password):
            raise TwilioError(20003, "Authenticate")
        if request.headers.get("X-Twilio-Webhook-Enabled") == "true":
            return _ACCOUNT_WITH_WEBHOOKS
        return ACCOUNT

    def chat_user(self, token: str) -> Actor:
        """The chat user that an access token stands for.

        Raises:
            TwilioError: 20101 to 20107, as `access_token.verify` does.
        """
        claims = self.claims(token)
        return Actor(claims.identity, claims.service_sid, webhooks=True)

    def claims(self, token: str) -> Claims:
        """What an access token of this account says.

        Raises:
            TwilioError: 20101 to 20107, as `access_token.verify` does.
        """
        return verify(
            token,
            account_sid=self._credentials.account_sid,
            secrets={self._credentials.api_key: self._credentials.api_secret},
            now=self._backend.clock.now(),
        )


def _product_host(host: str) -> str:
    """`chat.dublin.ie1.twilio.com` -> `chat.twilio.com`: edge and region make no difference."""
    if host.count(".") == 2:  # product.twilio.com
        return host
    match = _REGIONAL_HOST.match(host)
    return f"{match['product']}.twilio.com" if match else host


def _admit(actor: Actor, operation: Operation, arguments: dict[str, str]) -> None:
    """Keep a chat user to the users and channels of the service its token names."""
    inside = _OPEN_TO_CHAT_USERS.match(operation.path)
    if inside is None or operation.name == "DeleteUser":
        raise TwilioError(
            20403, f"{operation.name} needs account credentials; an access token is not enough"
        )
    if arguments["ServiceSid"] != actor.service_sid:
        raise TwilioError(
            20403, f"The access token is for chat service {actor.service_sid}, not for this one"
        )
