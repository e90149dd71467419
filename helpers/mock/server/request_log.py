"""The server's request log: the latest requests and answers, for the inspector."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

from ...masking import mask, masked, masked_repr
from ..core.clock import Clock
from ..realtime.event_bridge import WORKER_USER
from ..rest.http import TOKEN_USER, Reply, Request

KEPT = 1000
"""Requests kept; older ones are dropped, so that a long session does not grow."""
MAX_ANSWER = 20_000
"""Bytes of an answer that is kept; of a longer one only its size is."""
MAX_CHARACTERS = 20_000
"""Characters kept of a parameter."""
MAX_VALUES = 200
"""Parameters kept, and values of a repeated one."""
MAX_LAZY = 2_000
"""Characters of a parameter that is kept as it came until the request is read."""


_BY = {None: "nobody", TOKEN_USER: "chat user", WORKER_USER: WORKER_USER}


@dataclass(frozen=True, slots=True)
class ServedRequest:
    """One request and its answer.

    Attributes:
        number: Counts from one.
        at: Epoch seconds of the mock's clock.
        by: `account`, `chat user`, `worker`, or `nobody` for a request without credentials, which
            themselves are never kept.
        fires_webhooks: Whether it had the header `X-Twilio-Webhook-Enabled: true`, in any case.
        parameters: Of the query and the form; secret ones are masked, very long ones cut short.
        code: Twilio's error code, None for a success.
        answer: The JSON answered, as bytes; None where it was not JSON or was too long.
        by_chat_sdk: Whether it came over a JavaScript chat SDK's own connection, not by HTTP.
        notes: Parameters that were not read, and why.
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
    notes: tuple[str, ...] = ()

    __repr__ = masked_repr


class LogEntry:
    """A request of the log, made ready to be shown when it is read: most never are."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], ServedRequest]) -> None:
        self._make = make
        self._made: ServedRequest | None = None

    def __call__(self) -> ServedRequest:
        """Return the request."""
        if self._made is None:
            self._made = self._make()
        return self._made


class ServedRequests:
    """The latest requests, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[LogEntry] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._followers: list[Callable[[LogEntry], None]] = []
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
        """Keep a request and its answer, whose bytes are `content`."""
        is_refusal = reply.status >= 400 and isinstance(reply.json, dict)
        user = TOKEN_USER if by_chat_sdk else request.auth and request.auth[0]
        parameters = {**request.query, **request.form}
        is_kept = reply.json is not None and len(content) <= MAX_ANSWER
        with self._lock:
            entry = LogEntry(
                partial(
                    _served,
                    request.path,
                    parameters,
                    number=next(self._numbers),
                    at=self._clock.now(),
                    method=request.method,
                    host=request.host,
                    by=_BY.get(user, "account"),
                    fires_webhooks=request.fires_webhooks,
                    body_size=len(request.body),
                    status=reply.status,
                    code=reply.json.get("code") if is_refusal else None,
                    milliseconds=milliseconds,
                    answer=content if is_kept else None,
                    answer_size=len(content),
                    by_chat_sdk=by_chat_sdk,
                    notes=request.notes,
                )
            )
            self._kept.append(entry)
        if not _is_short(parameters):
            entry()  # which cuts it short
        for follower in tuple(self._followers):
            follower(entry)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._kept.clear()

    def follow(self, follower: Callable[[LogEntry], None]) -> Callable[[], None]:
        """Call `follower` with every request from now on. Returns a call that ends this."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def __iter__(self) -> Iterator[ServedRequest]:
        with self._lock:
            kept = tuple(self._kept)
        return (entry() for entry in kept)

    def __len__(self) -> int:
        return len(self._kept)


def _served(path: str, parameters: Mapping[str, Any], **about: Any) -> ServedRequest:
    """Return a request as it may be shown."""
    shown = islice(masked(parameters).items(), MAX_VALUES)
    return ServedRequest(
        path=mask(path), parameters={name: _short(value) for name, value in shown}, **about
    )


def _is_short(parameters: Mapping[str, Any]) -> bool:
    """Return whether parameters take so little that they can be kept as they came."""
    values = parameters.values()
    return (
        len(parameters) < MAX_VALUES
        and {*map(type, values)} <= {str}
        and max(map(len, values), default=0) <= MAX_LAZY
    )


def _short(value: Any) -> Any:
    """A value as it is kept; one of a chat SDK's JSON may be a number or the like."""
    if isinstance(value, list):
        return [_short(each) for each in value[:MAX_VALUES]]
    if value is None or isinstance(value, (int, float)):
        return value
    text = str(value)
    if len(text) <= MAX_CHARACTERS:
        return text
    return f"{text[:MAX_CHARACTERS]}... ({len(text)} characters)"
