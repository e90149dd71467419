"""The account's REST APIs as one function from request to reply.

Composes and decides nothing: authentication, routing, one transaction, one place that renders a
refusal.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache, partial
from importlib import import_module
from itertools import chain
from types import ModuleType

from msgspec import structs

from ...lazy import uncollected
from ...request_log import NOTE_HEADER
from ..core.access_token import Claims, Grant, decode, verify
from ..core.context import ACCOUNT, Actor, Backend, Context
from ..core.credentials import Credentials
from ..core.database import UNSTORABLE, DatabaseFailed
from ..core.errors import Refused, TwilioError
from ..core.events import Event
from ..core.parameters import Parameters
from ..webhooks.delivery import Webhooks
from ..webhooks.pre_events import consult
from . import chat_webhooks, conversations_webhooks
from .collection import ANY_SERVICE, Arguments, Collection, Operation
from .http import TOKEN_USER, ClientGone, Reply, Request
from .router import OperationRouter

_CHAT, FLEX_API, _TASKROUTER = "chat.twilio.com", "flex-api.twilio.com", "taskrouter.twilio.com"
_PRODUCTS = {
    (_CHAT, "v2"): ("chat_v2",),
    (_CHAT, "v3"): ("conversations_configuration",),
    ("conversations.twilio.com", "v1"): ("conversations_configuration",),
    (FLEX_API, "v1"): ("flex_v1", "flex_interactions"),
    (FLEX_API, "v2"): ("flex_v2",),
    (_TASKROUTER, "v1"): ("taskrouter_statistics", "taskrouter_v1"),
    ("studio.twilio.com", "v2"): ("studio_v2",),
    ("mcs.twilio.com", "v1"): ("media_v1",),
}
"""Modules with the operations of each product, loaded when the first request for it comes."""


def _loaded(name: str) -> ModuleType:
    with uncollected():
        return import_module(f".{name}", __package__)


def _operations(modules: tuple[str, ...]) -> Iterable[Operation]:
    return chain.from_iterable(_loaded(name).OPERATIONS for name in modules)


_ROUTER = OperationRouter(
    complete=(_CHAT, FLEX_API, _TASKROUTER),
    later={at: partial(_operations, modules) for at, modules in _PRODUCTS.items()},
)
WEBHOOKS = {
    chat_webhooks.NAME: chat_webhooks.DIALECT,
    conversations_webhooks.NAME: conversations_webhooks.DIALECT,
}
"""APIs over which webhooks are made."""
MAX_AUTHOR = 256
"""Characters of a name that a webhook may give to an author."""
_ACCOUNT_WITH_WEBHOOKS = Actor(webhooks=True)
_REGIONAL_HOST = re.compile(r"(?P<product>[a-z-]+)\..*\btwilio\.com\Z")


@lru_cache
def _product_host(host: str) -> str:
    """`chat.dublin.ie1.twilio.com` -> `chat.twilio.com`: edge and region make no difference."""
    regional = _REGIONAL_HOST.match(host)
    return f"{regional['product']}.twilio.com" if regional else host


def operations() -> tuple[Operation, ...]:
    """Return all operations that are simulated."""
    return _ROUTER.operations


def path_template(host: str, path: str) -> str | None:
    """Return the path of the operations at an address, with `{Names}`; None if there is none."""
    for method in ("GET", "POST", "DELETE"):
        with suppress(TwilioError):
            return _ROUTER.find(method, _product_host(host), path)[0].path
    return None


def parameters_of(product: str, operation: str) -> type[Parameters]:
    """Return the declared parameters of an operation, such as `taskrouter`'s `CreateTaskQueue`.

    Raises:
        LookupError: No collection of the product declares it.
    """
    host = f"{product}.twilio.com"
    names = [name for (known, _), names in _PRODUCTS.items() for name in names if known == host]
    apis = [api for name in names if (api := getattr(_loaded(name), "API", None))]
    for api in (api for api in apis if api.host == host):
        for each in api.collections:
            creates = each.create if isinstance(each, Collection) else None
            for verb, write in (("Create", creates), ("Update", each.update)):
                if write is not None and operation == f"{verb}{each.noun}":
                    return write.fields
    raise LookupError(f"{product} has no operation {operation}")


class Application:
    """Answers requests of Twilio's REST APIs from one account's backend."""

    def __init__(self, backend: Backend, credentials: Credentials, webhooks: Webhooks) -> None:
        self._backend = backend
        self._credentials = credentials
        self._webhooks = webhooks
        self.doors: dict[str, Callable[[Request], Reply]] = {}
        """By host: the function that answers where there are no operations of its own here."""
        self.flex_ui: Callable[[Request], Reply | None] = lambda request: None
        """Answers the requests of Flex UI that are no operations here; None for any other."""

    def handle(self, request: Request) -> Reply:
        """Answer; every refusal comes as Twilio's error document."""
        try:
            try:
                operation, arguments = _ROUTER.find(
                    request.method, _product_host(request.host), request.path
                )
            except TwilioError:
                if (of_flex_ui := self.flex_ui(request)) is not None:
                    return of_flex_ui
                door = self.doors.get(_product_host(request.host))
                if door is not None:
                    return door(request)
                self._actor(request)  # a caller without credentials learns of that first
                raise
            actor = self._caller(operation, arguments, request)
            if actor.identity is not None:
                self._admit(actor, operation, arguments)
            if request.problem is not None:
                raise request.problem
            reply = self.perform(actor, operation, arguments, request)
        except TwilioError as error:
            reply = Reply(error.status, error.body())
        except DatabaseFailed as failure:
            refusal = failure.refusal()
            reply = Reply(refusal.status, refusal.body())
        if request.notes:
            reply.headers = {**reply.headers, NOTE_HEADER: "; ".join(request.notes)}
        return reply

    def operation_of(self, request: Request) -> Operation | None:
        """Return the operation that a request calls, or None for one that is not simulated."""
        try:
            return _ROUTER.find(request.method, _product_host(request.host), request.path)[0]
        except TwilioError:
            return None

    def perform(
        self, actor: Actor, operation: Operation, arguments: Arguments, request: Request
    ) -> Reply:
        """Carry out an operation that was found, in one transaction.

        Before a chat user changes anything, pre-events are sent. A request that had to wait is
        dropped if its client has left meanwhile: the client may send it again, and has nothing to
        tell the two apart.

        Raises:
            TwilioError: It is refused.
            ClientGone: Its client has closed the connection.
        """
        try:
            if actor.identity is not None and operation.method != "GET":
                actor, request = self._consult(actor, operation, arguments, request)
            with self._backend.transaction():
                if request.has_left():
                    raise ClientGone
                ctx = Context(self._backend, self._credentials.account_sid, actor)
                return operation.handle(ctx, arguments, request)
        except DatabaseFailed as failure:
            raise failure.refusal() from None
        except Refused as refused:
            raise operation.refusals.error(refused) from None
        except sqlite3.IntegrityError as error:
            raise TwilioError(20409, f"It conflicts with what is stored: {error}") from None
        except UNSTORABLE:
            raise TwilioError(
                20001, "A parameter cannot be stored: it is no Unicode, or a number beyond 64 bits"
            ) from None

    def _consult(
        self, actor: Actor, operation: Operation, arguments: Arguments, request: Request
    ) -> tuple[Actor, Request]:
        """Let the service's pre-event webhooks, if it has any, change what is about to happen."""
        changes = self.consult(
            actor.service_sid or "",
            Event,
            lambda: operation.handle(
                Context(self._backend, self._credentials.account_sid, actor), arguments, request
            ),
        )
        if (author := changes.pop("Author", None)) is not None:
            if len(author) > MAX_AUTHOR:
                raise TwilioError(50310, f"Author is longer than {MAX_AUTHOR} characters")
            actor = structs.replace(actor, author=author)
        if changes:
            request = structs.replace(request, form={**request.form, **changes})
        return actor, request

    def consult(
        self, service_sid: str, kind: type[Event], act: Callable[[], object]
    ) -> dict[str, str]:
        """Send an action's pre-events, and return the changes that the answers make to it.

        Only for events of the `kind`.

        Outside any transaction, since an answer may take seconds; and only for what would succeed,
        which a dry run finds out.

        Raises:
            TwilioError: 50056, 50057 or 50076, as `pre_events.consult` does.
        """
        consulted = [
            (dialect, hooks)
            for dialect in WEBHOOKS.values()
            if (hooks := dialect.hooks_of(self._backend.store, service_sid))
            and hooks.pre_url
            and hooks.filters
        ]
        caused = self._backend.dry_run(act) if consulted else ()
        events = [event for event in caused if isinstance(event, kind)]
        changes: dict[str, str] = {}
        for dialect, hooks in consulted:
            changes |= consult(self._webhooks, dialect, hooks, self._backend, events)
        return changes

    def _caller(self, operation: Operation, arguments: Arguments, request: Request) -> Actor:
        if operation.opened_by in request.query:
            return ACCOUNT
        if operation.flex_users and request.auth is not None and request.auth[0] == TOKEN_USER:
            claims = self.claims(request.auth[1], "task_router")
            if arguments.get("WorkspaceSid", claims.workspace_sid) != claims.workspace_sid:
                raise TwilioError(
                    20403, f"The access token is for workspace {claims.workspace_sid}"
                )
            return ACCOUNT
        return self._actor(request)

    def _actor(self, request: Request) -> Actor:
        if request.auth is None:
            raise TwilioError(20003, "Authenticate")
        username, password = request.auth
        if username == TOKEN_USER:
            return self.chat_user(password)
        if not self._credentials.open(username, password):
            raise TwilioError(20003, "Authenticate")
        return _ACCOUNT_WITH_WEBHOOKS if request.fires_webhooks else ACCOUNT

    def _admit(self, actor: Actor, operation: Operation, arguments: Arguments) -> None:
        """Keep a chat user to operations open to it, in the service its token names."""
        if operation.users_of is None:
            raise TwilioError(
                20403, f"{operation.name} needs account credentials; an access token is not enough"
            )
        service_sid = operation.users_of(self._backend.store, arguments)
        if service_sid not in (ANY_SERVICE, actor.service_sid):
            raise TwilioError(
                20403, f"The access token is for chat service {actor.service_sid}, not for this one"
            )

    def chat_user(self, token: str) -> Actor:
        """Return the chat user that an access token stands for.

        Raises:
            TwilioError: 20101 to 20107, as `access_token.verify` does.
        """
        claims = self.claims(token)
        return Actor(claims.identity, claims.service_sid, webhooks=True)

    def workspace_of(self, token: str) -> str | None:
        """Return the workspace that a valid token opens too; None where it opens none."""
        if decode(token).worker_grant is None:
            return None
        return self.claims(token, "task_router").workspace_sid

    def claims(self, token: str, grant: Grant = "chat") -> Claims:
        """Return the claims of an access token of this account that opens a product.

        Raises:
            TwilioError: 20101 to 20107, as `access_token.verify` does.
        """
        return verify(
            token,
            account_sid=self._credentials.account_sid,
            secrets={self._credentials.api_key: self._credentials.api_secret},
            now=self._backend.clock.now(),
            grant=grant,
        )
