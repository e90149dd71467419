"""The Twilio account that notebooks use: a mock here, a shared mock, or the live one.

The live one is used only if it is named.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

import requests
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from . import html
from .flex_ui import WORKSPACE, identity_of
from .interrupts import detached
from .mock import (
    DEFAULT_SEED,
    DEMO_VALUES,
    MOCK_HEADER,
    Clock,
    Credentials,
    MockTwilio,
    epoch,
)
from .request_log import LoggedHttpClient, RequestLog

if TYPE_CHECKING:
    from .mock import RemoteClock, RemoteMock

Value = TypeVar("Value")
Mode = Literal["mock", "shared", "live"]
MOCK_TOKEN_USER = "token"  # noqa: S105 - a user name


class EndOfLifeWarning(UserWarning):
    """A Twilio product used here has been ended by Twilio."""


class SetUpIncomplete(UserWarning):
    """The live account is not set up for a custom chat on Flex Conversations."""


class CredentialsMissing(ValueError):
    """Live credentials are missing or malformed; `problems` names each with its remedy."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        listed = "\n".join(f"  {name}: {problem}" for name, problem in self.problems.items())
        super().__init__(
            "connect('live') needs five variables, in the environment or in a .env file"
            f" (see .env.example). To fix:\n{listed}"
        )


_HEX = "[0-9a-f]{32}"
_INFO = "Console > Account Dashboard > Account Info"
_KEYS = "Console > Account > API keys & tokens"
_SHOWN_ONCE = "the secret shown once when the API key was made"
_SERVICES = "Console > Chat > Services (Flex Chat Service)"
_VARIABLES = {
    "TWILIO_ACCOUNT_SID": (f"AC{_HEX}", "AC and 32 hex digits", _INFO),
    "TWILIO_AUTH_TOKEN": (_HEX, "32 hex digits", f"{_INFO}, behind Show"),
    "TWILIO_API_KEY": (f"SK{_HEX}", "SK and 32 hex digits", _KEYS),
    "TWILIO_API_SECRET": (r"\S{16,}", _SHOWN_ONCE, f"{_KEYS} > Create API key"),
    "TWILIO_CHAT_SERVICE_SID": (f"IS{_HEX}", "IS and 32 hex digits", _SERVICES),
}
"""Variables of the live account: their shape, an example, and their place in the Console."""


class Account:
    """An account, with the official SDK's client for it.

    Attributes:
        client: The official `twilio.rest.Client`.
        mode: `mock`, `shared` or `live`.
        credentials: SIDs, and secrets that never show.
        requests: A log of every REST call made here.
        mock: The mock in this kernel, or control of one elsewhere, with the same clock, faults,
            snapshots and reset; None for the live account.
        clock: The account's time.
    """

    def __init__(
        self,
        mode: Mode,
        credentials: Credentials,
        door: HttpClient,
        mock: MockTwilio | RemoteMock | None = None,
    ) -> None:
        self.mode = mode
        self.credentials = credentials
        self.mock = mock
        self.clock: Clock | RemoteClock = mock.clock if mock else Clock()
        self.requests = RequestLog()
        self._door = LoggedHttpClient(door, self.requests)
        self.client = Client(
            credentials.account_sid, credentials.auth_token, http_client=self._door
        )

    def chat_token(self, identity: str, ttl: int = 3600) -> str:
        """Return an access token with a chat grant for one of this account's chat users.

        Notebook 01 makes one by hand. On a mock it is dated by the mock's clock.

        Args:
            identity: Unique per end user, and no personal data.
            ttl: Seconds it lives, 180 to 86400.

        Raises:
            TokenProblem: The identity or the lifetime is not acceptable.
        """
        from .tokens import create_chat_token

        return create_chat_token(
            account_sid=self.credentials.account_sid,
            api_key=self.credentials.api_key,
            api_secret=self.credentials.api_secret,
            service_sid=self.credentials.chat_service_sid,
            identity=identity,
            ttl=ttl,
            now=self.clock.now(),
        )

    def worker_token(
        self,
        agent: str = "alice",
        role: str = "worker",
        ttl: int = 3600,
        workspace: str = WORKSPACE,
    ) -> str:
        """Return an access token for an agent of Flex: for TaskRouter, and for chat as a user.

        Args:
            agent: Friendly name of a worker.
            role: `worker`, `supervisor` or `admin`.
            ttl: Seconds it lives, 180 to 86400.
            workspace: Friendly name of the agent's workspace, by default Flex's.

        Raises:
            LookupError: There is no such worker in the workspace.
            TokenProblem: The role or the lifetime is not acceptable.
        """
        from .tokens import create_worker_token

        taskrouter, own = self.client.taskrouter.v1, self.credentials
        for found in taskrouter.workspaces.list(friendly_name=workspace, limit=1):
            for worker in found.workers.list(friendly_name=agent, limit=1):
                return create_worker_token(
                    account_sid=own.account_sid,
                    api_key=own.api_key,
                    api_secret=own.api_secret,
                    workspace_sid=found.sid,
                    worker_sid=worker.sid,
                    role=role,
                    identity=identity_of(worker),
                    service_sid=own.chat_service_sid,
                    ttl=ttl,
                    now=self.clock.now(),
                )
        raise LookupError(f"There is no worker {agent!r} in the workspace {workspace!r}")

    def client_of_chat_user(self, token: str, identity: str, *, polling: bool = False) -> Client:
        """Return an SDK client that acts for a chat user.

        On a mock it carries the access token, so that roles and membership apply. Twilio's live
        REST API takes no access token: there it carries the account's credentials.
        """
        door, own = self._door.speaking_for("poll" if polling else identity), self.credentials
        if self.mode == "live":
            return Client(own.account_sid, own.auth_token, http_client=door)
        return Client(MOCK_TOKEN_USER, token, own.account_sid, http_client=door)

    def __repr__(self) -> str:
        return f"<{_NAMES[self.mode]} {self.credentials.account_sid}>"

    def _repr_html_(self) -> str:
        title = f"{_NAMES[self.mode]}: {self.credentials.account_sid}"
        return html.table(self.holdings().items(), title=title, row_heads=True)

    def holdings(self) -> dict[str, str]:
        """Read the account's contents through the SDK; a failure stands in place of its answer.

        Of the live account those of Conversations, as Programmable Chat has ended there.
        """
        own = self.credentials
        door = self._door.speaking_for("poll")
        client = Client(own.account_sid, own.auth_token, http_client=door)
        v1, sid = client.conversations.v1, own.chat_service_sid
        chat, service = client.chat.v2.services(sid), v1.services(sid)
        conversations: dict[str, Callable[[], str]] = {
            "Conversations service": lambda: f"{service.fetch().friendly_name}: {sid}",
            "Conversations": partial(_named, service.conversations),
            "Addresses": partial(_named, v1.address_configurations),
        }
        chats: dict[str, Callable[[], str]] = {
            "Chat service": lambda: f"{chat.fetch().friendly_name}: {sid}",
            "Chat channels": partial(_named, chat.channels),
            "Flex Flows": partial(_named, client.flex_api.v1.flex_flow),
        }
        reads: dict[str, Callable[[], str]] = {
            **(conversations if self.mode == "live" else chats),
            "TaskRouter workspaces": partial(_named, client.taskrouter.v1.workspaces),
            "Studio flows": partial(_named, client.studio.v2.flows),
        }
        found = {}
        for name, read in reads.items():
            try:
                found[name] = read()
            except (TwilioException, requests.RequestException) as error:
                found[name] = f"no answer: {getattr(error, 'msg', error)}"
        return found


_NAMES: dict[Mode, str] = {
    "mock": "Mock Twilio account in this kernel",
    "shared": "Shared mock Twilio account",
    "live": "LIVE Twilio account",
}
SHOWN = 20
"""Resources of a kind that an account's display names."""


def _named(resources: Any) -> str:
    names = [each.friendly_name or each.sid for each in resources.list(limit=SHOWN + 1)]
    shown = ", ".join(names[:SHOWN]) or "none"
    return f"{shown}, ..." if len(names) > SHOWN else shown


class DetachedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Sends requests that an interrupt does not cut off: it ends the wait for the answer."""

    def request(self, *args: Any, **kwargs: Any) -> Response:
        """Send one request."""
        return detached(partial(super().request, *args, **kwargs))


class AnsweredByMock(RuntimeError):
    """A mock answered where the live account was asked, through its HTTPS proxy."""


class LiveHttpClient(DetachedHttpClient):
    """Reaches Twilio, and takes no answer that a mock gave."""

    def request(self, *args: Any, **kwargs: Any) -> Response:
        """Send one request.

        Raises:
            AnsweredByMock: A mock answered it.
        """
        response = super().request(*args, **kwargs)
        if MOCK_HEADER in (response.headers or {}):
            found = [name for name in _PROXIES if os.environ.get(name)]
            raise AnsweredByMock(
                "A mock answered, not Twilio: a proxy leads there. Unset"
                f" {' and '.join(found) or 'the proxy of this system'}"
            )
        return response


_PROXIES = [
    name for each in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY") for name in (each, each.lower())
]


class SharedMockHttpClient(DetachedHttpClient):
    """Reaches a mock that serves `https://HOST/path` at `BASE/HOST/path`."""

    def __init__(self, base: str, timeout: float = 30) -> None:
        from .mock import own_connections

        super().__init__(timeout=timeout)
        own_connections(self.session)
        self.session.trust_env = False  # a proxy in the environment is for the internet
        self._base = base.rstrip("/")

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        """Send one request to the mock instead of to Twilio; a failure notes the remedy."""
        try:
            return super().request(method, uri.replace("https:/", self._base, 1), *args, **kwargs)
        except requests.ConnectionError as error:
            error.add_note(f"Does a mock run at {self._base}? Start it: python -m helpers.mock")
            raise


def connect(
    where: str | None = None,
    *,
    seed: int | None = None,
    db: str | os.PathLike[str] | None = None,
    check: bool = True,
) -> Account:
    """Open an account; the live one is checked, and warns of what it lacks for Conversations.

    Args:
        where: Nothing for a new mock account in this kernel; a mock's URL such as
            `http://127.0.0.1:8787` for a shared one; `"live"` for the real account. By default
            `TWILIO_MODE=live` or `TWILIO_MOCK_URL` decide, where they are set.
        seed: Seed of a new mock's SIDs, in this kernel; by default `TWILIO_MOCK_SEED`, if it is
            set. Where `TWILIO_MOCK_TIME` is, such as `2026-06-01T09:00:00Z`, the new mock's clock
            stands still there.
        db: SQLite file of the mock in this kernel. Reopened if it exists.
        check: Whether the live account's set-up is checked (`preflight`: about twenty requests,
            all of them GET).

    Raises:
        CredentialsMissing: Variables of the live account are missing or malformed.
        DatabaseInUse: Another account holds the file.
        DatabaseRefused: The file is not this account's, not this version's, or none at all.
        MockUnreachable: No mock answers at the URL; the error says how to start one.
        ValueError: `where` is neither a mock's URL nor `"live"`, or comes with `db` or `seed`; or
            one of the two variables cannot be read.
    """
    if where is not None and db is not None:
        raise ValueError("db is for a mock in this kernel; one elsewhere keeps its own file (--db)")
    if where is not None and seed is not None:
        raise ValueError("seed is for a mock in this kernel; one elsewhere has its own (--seed)")
    where = where or (from_environment() if db is None else None)
    if where is None:
        mock = MockTwilio(
            seed=seed if seed is not None else _variable("TWILIO_MOCK_SEED", int, DEFAULT_SEED),
            at=_variable("TWILIO_MOCK_TIME", epoch, None),
            db=db,
        )
        account = Account("mock", mock.credentials, mock.http_client, mock)
        if os.environ.get("TWILIO_MOCK_TIME"):
            account.requests.timer = mock.clock.now  # what a call takes repeats, too
        return account
    if where == "live":
        account = _live()
        lacking = _lacking(account) if check else ""
        if lacking:
            warnings.warn(lacking, SetUpIncomplete, stacklevel=2)
        return account
    problem = _problem_of_url(where)
    if problem:
        shown = re.sub(r"//[^/]*@", "//...@", where)
        raise ValueError(
            f"connect({shown!r}): {problem}; give nothing for a mock in this kernel,"
            " a mock's URL such as 'http://127.0.0.1:8787', or 'live' for the real account"
        )
    from .mock import ControlRefused, RemoteMock

    credentials = Credentials.demo()
    remote = RemoteMock(where, credentials)
    with suppress(ControlRefused):  # a mock answers, though not these credentials
        remote.clock.now()
    return Account("shared", credentials, SharedMockHttpClient(where), remote)


def _variable(name: str, read: Callable[[str], Value], default: Value) -> Value:
    text = os.environ.get(name)
    try:
        return read(text) if text else default
    except ValueError as error:
        raise ValueError(f"{name}={text!r} cannot be read: {error}") from None


def _problem_of_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode().rstrip(".")
        has_address = bool(host) and parts.port != 0
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not has_address:
        return "that is no URL of a mock"
    if f".{host}".endswith(".twilio.com"):
        return "that is Twilio itself, and no mock"
    if parts.username is not None:
        return (
            "the credentials are not in the URL, but in the variables TWILIO_ACCOUNT_SID and so on"
        )
    if parts.query or parts.fragment:
        return "a mock's URL ends before any ? or #"
    return None


def from_environment() -> str | None:
    """Return the account that the environment names: `"live"`, a shared mock's URL, or None."""
    if os.environ.get("TWILIO_MODE", "").lower() == "live":
        return "live"
    return os.environ.get("TWILIO_MOCK_URL") or None


def _lacking(account: Account) -> str:
    """Say what a live account lacks; blank where nothing is missing."""
    from .readiness import preflight

    try:
        missing = preflight(account).missing
    except requests.RequestException as error:
        return f"The account's set-up was not checked: {type(error).__name__}"
    points = "".join(f"\n  {each}" for each in missing)
    title = "Chats on Flex Conversations cannot reach an agent of this account; it lacks:"
    return points and f"{title}{points}"


def _live() -> Account:
    from dotenv import dotenv_values, find_dotenv

    from .mock import own_connections

    found = {**dotenv_values(find_dotenv(usecwd=True)), **os.environ}
    problems = {}
    for name, (shape, example, console) in _VARIABLES.items():
        value = found.get(name)  # never quoted: it may be a secret
        if not value:
            problems[name] = f"missing. It is {example}; find it at {console}"
        elif value == DEMO_VALUES[name]:
            problems[name] = f"holds the mock's demo value. Find the real one at {console}"
        elif not re.fullmatch(shape, value):
            problems[name] = f"malformed. It should be {example}; find it at {console}"
    if problems:
        raise CredentialsMissing(problems)
    names = [each.name for each in fields(Credentials)]
    credentials = Credentials(**{name: found[f"TWILIO_{name.upper()}"] or "" for name in names})
    warnings.warn(
        "Twilio ended Programmable Chat for Flex on 1 June 2026 (announced 25 January 2021; ended"
        " outside Flex on 25 July 2022): calls to Chat v2 and legacy Flex channels may fail or be"
        " gone. New work belongs on Flex Conversations.",
        EndOfLifeWarning,
        stacklevel=3,
    )
    door = LiveHttpClient(timeout=30)
    own_connections(door.session)
    return Account("live", credentials, door)
