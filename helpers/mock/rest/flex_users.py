"""Flex users, who are workers that log in to Twilio's agent desktop: tokens, roles and chats.

Calls and answers are those of Flex UI (observed in it); what Twilio's own hold besides is unknown.
Flex's log-in, over a company's identity provider, is not simulated: the mock's own page at `/flex`
gets the first token.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from ...flex_ui import AGENT_ATTRIBUTES, chat_of, identity_of
from ...json_object import entry, json_object, text_of
from ..core.access_token import Claims, utc
from ..core.context import Actor, Backend, Context
from ..core.credentials import Credentials
from ..core.errors import Refused, TwilioError
from ..core.parameters import read_json_object
from ..flex import configuration
from ..messaging import members
from ..messaging.resources import Channel
from ..taskrouter.resources import OPEN_RESERVATIONS, Reservation, Task, Worker
from .application import FLEX_API, Application
from .chat_words import REFUSALS
from .collection import Arguments, Handler, Operation
from .http import TOKEN_USER, Reply, Request, last
from .router import OperationRouter

IAM, FLEX, PREVIEW = "iam.twilio.com", "flex.twilio.com", "preview.twilio.com"
LIFETIME = 3600
"""Seconds that a token lives (the mock's own choice)."""
MAX_PLUGINS = 100
"""Plugins that are kept; the oldest are forgotten."""
ROLES = {"agent": "worker", "supervisor": "supervisor", "admin": "admin"}
"""Roles of Flex users -> those that their grants for TaskRouter name."""
_CONFIGURATION = "/v1/Configuration"
_TOKENS = "/v1/Accounts/{AccountSid}/Tokens"
_INSTANCE = "/v1/Instances/{InstanceSid}"
_SILENCE = bytes.fromhex(
    "524946462c00000057415645666d7420100000000100010040"
    "1f0000401f00000100080064617461080000008080808080808080"
)
"""A sound of a millisecond, without a sound."""
_ALL_IS_WELL = {
    "status": {"indicator": "none", "description": "All Systems Operational"},
    "components": [{"name": "FLEX", "status": "operational"}],
    "incidents": [],
    "scheduled_maintenances": [],
}
CALLS = {
    "ValidateFlexToken": ("POST", IAM, f"{_TOKENS}/validate"),
    "FetchFlexTokenInfo": ("POST", FLEX_API, f"{_TOKENS}/Info"),
    "RefreshFlexToken": ("POST", PREVIEW, "/iam/Accounts/{AccountSid}/Tokens/refresh"),
    "CreateChannelUser": ("POST", FLEX_API, "/v1/Channels/{ChannelSid}/Roles/{Role}/Users"),
    "FetchPublicConfiguration": ("GET", FLEX_API, f"{_CONFIGURATION}/Public"),
}
"""Methods, hosts and paths of requests of the desktop."""
FIXED: dict[str, tuple[str, str, Any]] = {
    "FetchFlexSession": (FLEX, "/api/v1/Session", {"insightsActive": False, "features": []}),
    "ListFlexPlugins": (FLEX, "/plugins", []),
    "FetchProvisioning": (FLEX_API, "/v1/account/provision/status", {"status": "inactive"}),
    "FetchTeamsContext": (FLEX_API, f"{_INSTANCE}/Teams/Context", {"team_setup_complete": False}),
    "FetchCountries": ("assets.twilio.com", "/assets/countries.json", []),
    "FetchFlags": ("assets.twilio.com", "/assets/flagPositions.json", {}),
    "FetchStatus": ("status.twilio.com", "/api/v2/summary.json", _ALL_IS_WELL),
    "FetchSound": ("sdk.twilio.com", "/js/client/sounds/releases/1.0.0/{Name}", _SILENCE),
}
"""Requests of the desktop whose answer is always the same: no features, no plugins, no sounds."""


class FlexUsers:
    """Answers the requests of Flex UI that are not of Twilio's public APIs.

    Attributes:
        plugins: JavaScript of plugins, by keys that only those know who have handed it in.
    """

    def __init__(
        self, backend: Backend, credentials: Credentials, application: Application
    ) -> None:
        self._backend = backend
        self._credentials = credentials
        self._application = application
        handlers: tuple[Handler, ...] = (
            self._validate,
            self._validate,
            self._refresh,
            self._join,
            self._public,
        )
        operations = (
            *(
                Operation(name, method, host, path, handle)
                for (name, (method, host, path)), handle in zip(
                    CALLS.items(), handlers, strict=True
                )
            ),
            *(
                Operation(name, "GET", host, path, partial(_fixed, answer))
                for name, (host, path, answer) in FIXED.items()
            ),
        )
        self.plugins: dict[str, str] = {}
        self._router = OperationRouter(operations, complete=())

    def answer(self, request: Request) -> Reply | None:
        """Answer a request; None for one that is of nothing here."""
        host = request.host.replace("assets.flex.", "assets.")
        try:
            operation, arguments = self._router.find(request.method, host, request.path)
        except TwilioError:
            return None
        try:
            if request.problem is not None:
                raise request.problem
            with self._backend.transaction():
                ctx = Context(self._backend, self._credentials.account_sid)
                return operation.handle(ctx, arguments, request)
        except Refused as refused:
            error = REFUSALS.error(refused)
        except TwilioError as refusal:
            error = refusal
        return Reply(error.status, error.body())

    def keep_plugin(self, text: str) -> str:
        """Keep a plugin for a desktop, and return the key by which its page asks for it."""
        key = secrets.token_urlsafe(24)
        self.plugins[key] = text
        while len(self.plugins) > MAX_PLUGINS:
            self.plugins.pop(next(iter(self.plugins)))
        return key

    # -- tokens

    def log_in(self, worker_name: str | None = None) -> dict[str, Any]:
        """Return the session of a worker, by default of the first, as Flex UI keeps it.

        Raises:
            TwilioError: 20404, no worker of Flex's workspace has this name or SID.
        """
        with self._backend.transaction():
            ctx = Context(self._backend, self._credentials.account_sid)
            workspace_sid = _settings(ctx)["taskrouter_workspace_sid"]
            where = {"workspace_sid": workspace_sid}
            chosen = (
                ({"friendly_name": worker_name}, {"sid": worker_name}) if worker_name else ({},)
            )
            found = (ctx.store.first(Worker, **where, **each) for each in chosen)
            worker = next(filter(None, found), None)
            if worker is None:
                shown = f" {worker_name[:80]!r}" if worker_name else ""
                raise TwilioError(20404, f"Flex's workspace has no worker{shown}")
            return self._session(ctx, worker)

    def renew(self, token: str) -> dict[str, Any]:
        """Return a session with a new token.

        Raises:
            TwilioError: The token is refused, or its worker is not there any more.
        """
        claims = self._application.claims(token, "task_router")
        ctx = Context(self._backend, self._credentials.account_sid)
        return self._session(ctx, self._worker(ctx, claims))

    def _worker(self, ctx: Context, claims: Claims) -> Worker:
        where = {"sid": claims.worker_sid or "", "workspace_sid": claims.workspace_sid}
        worker = ctx.store.first(Worker, **where)
        if worker is None:
            raise TwilioError(20404, "The worker of the access token is not there any more")
        return worker

    def _session(self, ctx: Context, worker: Worker) -> dict[str, Any]:
        from twilio.jwt.access_token import AccessToken
        from twilio.jwt.access_token.grants import ChatGrant, SyncGrant, TaskRouterGrant

        own, now, roles = self._credentials, int(ctx.now), roles_of(worker)
        service_sid = _settings(ctx)["chat_service_instance_sid"]
        token = AccessToken(
            own.account_sid,
            own.api_key,
            own.api_secret,
            [
                ChatGrant(service_sid=service_sid),
                SyncGrant(service_sid=service_sid),
                TaskRouterGrant(worker.workspace_sid, worker.sid, ROLES[roles[0]]),
            ],
            identity=identity_of(worker),
            nbf=now,
            valid_until=now + LIFETIME,
        )
        return {
            "token": str(token.to_jwt()),
            "identity": identity_of(worker),
            "roles": roles,
            "expiration": utc(now + LIFETIME),
        }

    def _refresh(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        """Renew a token where Flex UI 1.x asks for it."""
        sent = read_json_object(request.body.decode("utf-8", "replace")) or {}
        return Reply(200, self.renew(text_of(sent.get("token"))))

    def _validate(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        """Describe the token that a request brings, in its body or as its credentials."""
        self._claims(request)
        if arguments["AccountSid"] != self._credentials.account_sid:
            raise TwilioError(20404, f"Account {arguments['AccountSid'][:40]} was not found")
        sent = read_json_object(request.body.decode("utf-8", "replace")) or {}
        token = text_of(sent.get("token")) or text_of(request.form.get("token"))
        claims = self._application.claims(token, "task_router") if token else self._claims(request)
        worker = self._worker(ctx, claims)
        return Reply(
            200,
            {
                "valid": True,
                "code": 0,
                "message": None,
                "identity": claims.identity,
                "realm_user_id": claims.identity,
                "worker_sid": worker.sid,
                "roles": roles_of(worker),
                "expiration": utc(claims.expires),
            },
        )

    def _claims(self, request: Request) -> Claims:
        """Return the claims of the token that a request brings as its credentials."""
        username, password = request.auth or ("", "")
        if username != TOKEN_USER:
            raise TwilioError(20003, "Authenticate")
        return self._application.claims(password, "task_router")

    # -- chats

    def _join(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        """Make a Flex user a member of a chat: an agent of a task's, a supervisor of any.

        Raises:
            TwilioError: 20403, the user is another, or holds no task of that chat.
            Refused: MEMBER_EXISTS, which Flex UI expects.
        """
        claims, sid = self._claims(request), arguments["ChannelSid"]
        chat = self._application.claims((request.auth or ("", ""))[1])
        channel = ctx.store.first(Channel, sid=sid, service_sid=chat.service_sid)
        if channel is None:
            raise TwilioError(20404, f"Channel {sid[:40]} was not found")
        if last(request.form, "Identity") != chat.identity:
            raise TwilioError(20403, "Identity must be the one of the access token")
        if claims.role == "worker" and not _holds_task_of(ctx, claims, sid):
            raise TwilioError(20403, f"Worker {claims.worker_sid} holds no task of chat {sid}")
        user = Context(ctx.backend, ctx.account_sid, Actor(webhooks=True))
        member = members.add(user, channel, identity=chat.identity, attributes=AGENT_ATTRIBUTES)
        shown = {"sid": member.sid, "identity": member.identity, "channel_sid": sid}
        return Reply(201, shown)

    # -- configuration

    def _public(self, ctx: Context, _: Arguments, request: Request) -> Reply:
        """Show what a page may know before a log-in."""
        settings = _settings(ctx)
        if last(request.query, "AccountSid") not in (None, ctx.account_sid):
            return Reply(200, {"configurations": []})
        return Reply(
            200,
            {
                "configurations": [
                    {
                        "account_sid": ctx.account_sid,
                        "runtime_domain": settings["runtime_domain"],
                        "public_attributes": settings["public_attributes"],
                        "url": f"https://{FLEX_API}{_CONFIGURATION}/Public",
                    }
                ]
            },
        )


def _settings(ctx: Context) -> dict[str, Any]:
    return configuration.as_json(ctx, configuration.ensure(ctx))


def _holds_task_of(ctx: Context, claims: Claims, channel_sid: str) -> bool:
    held = ctx.store.select(
        Reservation,
        {"worker_sid": claims.worker_sid, "reservation_status": list(OPEN_RESERVATIONS)},
    )
    tasks = (ctx.get_cached(Task, each.task_sid) for each in held)
    return any(chat_of(task.attributes) == channel_sid for task in tasks if task)


def roles_of(worker: Worker) -> list[str]:
    """Return a worker's roles in Flex, which its attributes name; `admin` where they name none.

    The first user of an account is its admin (inferred).
    """
    named = entry(json_object(worker.attributes), "roles")
    roles = [each for each in named if each in ROLES] if isinstance(named, list) else []
    return roles or ["admin"]


def _fixed(answer: Any, ctx: Context, arguments: Arguments, request: Request) -> Reply:
    if isinstance(answer, bytes):
        return Reply(200, headers={"Content-Type": "audio/wav"}, content=answer)
    return Reply(200, answer)
