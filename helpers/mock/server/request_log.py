"""The server's request log: what was asked and answered, for people to look at."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import orjson

from ..core.clock import Clock
from ..rest.http import Reply, Request

KEPT = 1000
"""Requests remembered; older ones are dropped, so that a long session does not grow."""
LONGEST_ANSWER = 20_000
"""Bytes of an answer remembered; of a longer one only its size is."""
LONGEST_VALUE = 20_000
"""Characters of a parameter remembered; of a longer one only its beginning is."""
MOST_VALUES = 200
"""Parameters remembered, and values of one that is repeated."""
SECRETS = frozenset({"Certificate", "PrivateKey", "ApiKey", "Secret", "Signature"})
MASK = "***"


@dataclass(frozen=True, slots=True)
class ServedRequest:
    """One request and its answer.

    Attributes:
        number: Counts from one.
        at: Epoch seconds of the mock's clock.
        by: `account`, `chat user`, or `nobody` for a request without credentials. Credentials
            themselves are never kept.
        fires_webhooks: Whether it asked for webhooks, with `X-Twilio-Webhook-Enabled: true`.
        parameters: Of the query and the form; secret ones are masked, very long ones cut short.
        code: Twilio's error code, None for a success.
        answer: The JSON answered, as bytes; None where it was not JSON or was too long.
        by_chat_sdk: Whether it came over a JavaScript chat SDK's own connection, not by HTTP.
    """

    number: int
    at: float
    method: str
    host: str
    path: str
    by: str
    fires_webhooks: bool
    parameters: Mapping[str, Any] = field(repr=False)
    body_size: int
    status: int
    code: int | None
    milliseconds: float = field(repr=False)
    answer: bytes | None = field(repr=False)
    answer_size: int
    by_chat_sdk: bool = False


class ServedRequests:
    """The latest requests, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[ServedRequest] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._followers: list[Callable[[ServedRequest], None]] = []
        self._lock = threading.Lock()

    def add(
        self,
        request: Request,
        reply: Reply,
        content: bytes,
        milliseconds: float,
        *,
        by_chat_sdk: bool = False,
    ) -> None:
        """Remember a request and its answer, `content` being the answer's bytes."""
        is_refusal = reply.status >= 400 and isinstance(reply.json, dict)
        is_kept = reply.json is not None and len(content) <= LONGEST_ANSWER
        with self._lock:
            answered = ServedRequest(
                number=next(self._numbers),
                at=self._clock.now(),
                method=request.method,
                host=request.host,
                path=request.path,
                by="chat user" if by_chat_sdk else _by(request),
                fires_webhooks=request.headers.get("X-Twilio-Webhook-Enabled") == "true",
                parameters=_shown({**request.query, **request.form}),
                body_size=len(request.body),
                status=reply.status,
                code=reply.json.get("code") if is_refusal else None,
                milliseconds=milliseconds,
                answer=content if is_kept else None,
                answer_size=len(content),
                by_chat_sdk=by_chat_sdk,
            )
            self._kept.append(answered)
        for follower in tuple(self._followers):
            follower(answered)

    def add_of_chat_sdk(self, request: Request, reply: Reply, milliseconds: float) -> None:
        """Remember a request that came over a chat SDK's own connection."""
        content = b"" if reply.json is None else orjson.dumps(reply.json)
        self.add(request, reply, content, milliseconds, by_chat_sdk=True)

    def follow(self, follower: Callable[[ServedRequest], None]) -> Callable[[], None]:
        """Have `follower` told of every request from now on; call the result to stop."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def clear(self) -> None:
        """Forget every request so far."""
        self._kept.clear()

    def __iter__(self) -> Iterator[ServedRequest]:
        with self._lock:
            return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)


def _by(request: Request) -> str:
    if request.auth is None:
        return "nobody"
    return "chat user" if request.auth[0] == "token" else "account"


def _shown(parameters: Mapping[str, Any]) -> dict[str, Any]:
    first = islice(parameters.items(), MOST_VALUES)
    return {name: MASK if name in SECRETS else _short(value) for name, value in first}


def _short(value: Any) -> Any:
    """A value as it is remembered; what chat SDKs send in JSON may be a number, say."""
    if isinstance(value, list):
        return [_short(each) for each in value[:MOST_VALUES]]
    if value is None or isinstance(value, (int, float)):
        return value
    if not isinstance(value, str):
        return _short(str(value))
    if len(value) <= LONGEST_VALUE:
        return value
    return f"{value[:LONGEST_VALUE]}... ({len(value)} characters)"
