"""A mock account for operations to work on, which records every request and answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
from twilio.http import HttpClient
from twilio.http.response import Response

from helpers import Account, connect

Credentials = tuple[str, str]
"""User name and password."""
HOOK, OTHER_HOOK = "https://bot.example.com/hook", "https://other.example.com/hook"
NOBODY = "0" * 32
"""Rest of a SID that nothing has."""


@dataclass(frozen=True)
class Exchange:
    """One request that the SDK made, and the raw answer to it."""

    method: str
    url: str
    query: Mapping[str, Any]
    form: Mapping[str, Any]
    body: bytes
    headers: Mapping[str, str]
    status: int
    text: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def json(self) -> Any:
        """The answer, or None where it is no JSON."""
        return json.loads(self.text) if self.text.startswith(("{", "[")) else None


class Recorder(HttpClient):
    """Keeps every exchange with another HTTP client; sends `auth`, if set, for the SDK's own."""

    def __init__(self, inner: HttpClient) -> None:
        super().__init__(inner.logger, is_async=False)
        self._inner = inner
        self.exchanges: list[Exchange] = []
        self.auth: Credentials | None = None

    def request(
        self, method: str, uri: str, params: Any = None, data: Any = None, **sent: Any
    ) -> Response:
        sent |= {"params": params, "data": data, "auth": self.auth or sent["auth"]}
        answer = self._inner.request(method, uri, **sent)
        query, data, headers = params or {}, data or {}, sent["headers"] or {}
        form, body = ({}, data) if isinstance(data, bytes) else (data, b"")
        self.exchanges.append(
            Exchange(method, uri, query, form, body, headers, answer.status_code, answer.text)
        )
        return answer


class PreparedAccount:
    """A mock account whose clock stands still.

    Resources that examples stand on are further attributes, set by the `prepare` functions of the
    tables; each is an instance of the SDK's.
    """

    def __init__(self) -> None:
        mock = connect().mock
        assert mock is not None
        self.recorder = Recorder(mock.http_client)
        self.account = Account("mock", mock.credentials, self.recorder, mock)
        self.mock, self.own, self.client = mock, mock.credentials, self.account.client
        self.answer_hooks()
        self.account.clock.freeze()  # so that ages are the same whenever they are asked for
        self.service = self.client.chat.v2.services(self.own.chat_service_sid).fetch()
        self.workspace = self.client.taskrouter.v1.workspaces.list()[0]

    @property
    def now(self) -> int:
        return int(self.account.clock.now())

    def found_at(self, url: str) -> Any:
        """Answer of a resource's own URL."""
        return json.loads(self.client.request("GET", url).text)

    def answer_hooks(self, receiver: Callable[[Any], Any] = lambda _: None) -> None:
        """Answer every webhook of the examples with a function; the default changes nothing."""
        for url in (HOOK, OTHER_HOOK):
            self.mock.webhooks.register(url, receiver)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Put everything back on leaving the `with` block."""
        timeout = self.mock.webhooks.timeout
        with self.mock.snapshot():
            try:
                yield
            finally:
                self.mock.faults.clear()
                self.mock.webhooks.timeout = timeout
                self.answer_hooks()

    @contextmanager
    def acting(self, auth: Credentials | None) -> Iterator[None]:
        """Send other credentials than the SDK's own in the `with` block."""
        self.recorder.auth = auth
        try:
            yield
        finally:
            self.recorder.auth = None

    def token(
        self, identity: str = "jane", secret: str = "", algorithm: str = "HS256", **claims: Any
    ) -> str:
        """An access token, some of its claims changed, signed by the API secret."""
        good = jwt.decode(self.account.chat_token(identity), options={"verify_signature": False})
        headers = {"cty": "twilio-fpa;v=1"}
        return jwt.encode(good | claims, secret or self.own.api_secret, algorithm, headers)
