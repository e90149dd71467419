"""What the page reads, under `/_mock/state`: the newest of everything, and one thing whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ... import MockTwilio, TwilioError
from ..requests import MASK, Requests
from . import exchanges, holdings

SHOWN = 50
"""Items of a list, unless more are asked for."""
MOST = 1000
"""Items of a list at most, so that a busy account is as quick to look at as a new one."""
STORIES = 30
"""Latest things that happened, told in the overview."""

_SECRET = re.compile(
    rb'(?P<password>://[^\s/"\\@:]*:)[^\s/"\\@]+(?=@)|(?P<link>[?&]Signature=)[^&"\s\\]+'
)
"""What a URL may bring: a password, or what opens a file without credentials."""

Read = Callable[..., Any]


class State:
    """Reads one mock and its request log."""

    def __init__(self, mock: MockTwilio, requests: Requests) -> None:
        self._mock = mock
        self._requests = requests

    @property
    def routes(self) -> list[Route]:
        """What may be asked; `limit` is how much of it."""
        return [
            _route("/state/overview", self._overview),
            *self._kind("channels", holdings.channels, holdings.channel),
            *self._kind("tasks", holdings.tasks, holdings.task),
            *self._kind("executions", holdings.executions, holdings.execution),
            *self._kind("webhooks", holdings.webhooks, holdings.webhook),
            _route("/state/requests", partial(exchanges.listed, self._requests)),
            _route("/state/requests/{key}", self._exchange),
        ]

    def _kind(self, name: str, listed: Read, whole: Read) -> list[Route]:
        def read_list(limit: int) -> Any:
            return self._mock.look(lambda call: listed(call, limit))

        def read_one(limit: int, key: str) -> Any:
            return self._mock.look(lambda call: whole(call, key, limit))

        return [_route(f"/state/{name}", read_list), _route(f"/state/{name}/{{key}}", read_one)]

    def _overview(self, limit: int) -> Any:
        clock = self._mock.clock
        return {
            **self._mock.look(lambda call: holdings.overview(call, limit)),
            "clock": {"now": clock.now(), "is_frozen": clock.is_frozen},
            "requests": len(self._requests),
            "journal": [
                {"at": each.at, "source": each.source, "target": each.target, "text": each.text}
                for each in self._mock.journal.latest(STORIES)
            ],
        }

    def _exchange(self, limit: int, key: str) -> Any:
        return exchanges.whole(self._requests, key)


def _route(path: str, read: Read) -> Route:
    """One reading, on a worker thread, since the account may be busy."""

    async def endpoint(request: Request) -> Response:
        limit = _limit(request.query_params.get("limit", str(SHOWN)))
        try:
            found = await run_in_threadpool(read, limit=limit, **request.path_params)
        except TwilioError as error:
            raise HTTPException(error.status, error.message) from None
        headers = {"Cache-Control": "no-store"}
        return Response(
            _masked(orjson.dumps(found)), media_type="application/json", headers=headers
        )

    return Route(path, endpoint, methods=["GET"])


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise HTTPException(
            400, f"limit must be a whole number from 1 to {MOST}, not {text[:20]!r}"
        )
    return int(text)


def _masked(answer: bytes) -> bytes:
    return _SECRET.sub(lambda found: (found["password"] or found["link"]) + MASK.encode(), answer)
