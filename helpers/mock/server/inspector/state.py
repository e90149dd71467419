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

from ....masking import MASK
from ... import MockTwilio
from ...core.errors import TwilioError
from ..request_log import ServedRequest, ServedRequests
from . import read_models


def request_list(requests: ServedRequests, limit: int) -> dict[str, Any]:
    """The newest requests, without parameters and answers."""
    kept = list(requests)
    return {"items": [_brief(each) for each in kept[-limit:][::-1]], "total": len(kept)}


def request_detail(requests: ServedRequests, number: str) -> dict[str, Any]:
    """One request with its parameters and its answer.

    Raises:
        TwilioError: 20404, there is none of this number, or no more.
    """
    found = next((each for each in requests if str(each.number) == number), None)
    if found is None:
        raise TwilioError(20404, f"There is no request {number}, or no more")
    return {
        **_brief(found),
        "fires_webhooks": found.fires_webhooks,
        "by_chat_sdk": found.by_chat_sdk,
        "body_size": found.body_size,
        "parameters": found.parameters,
        "answer": None if found.answer is None else orjson.loads(found.answer),
        "answer_size": found.answer_size,
    }


def _brief(request: ServedRequest) -> dict[str, Any]:
    return {
        "number": request.number,
        "at": request.at,
        "method": request.method,
        "host": request.host,
        "path": request.path,
        "by": request.by,
        "status": request.status,
        "code": request.code,
        "milliseconds": round(request.milliseconds, 2),
    }


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


class StateApi:
    """Reads one mock and its request log."""

    def __init__(self, mock: MockTwilio, requests: ServedRequests) -> None:
        self._mock = mock
        self._requests = requests

    @property
    def routes(self) -> list[Route]:
        """What may be asked; `limit` is how much of it."""
        return [
            _route("/state/overview", self._overview),
            *self._kind("channels", read_models.channels, read_models.channel),
            *self._kind("tasks", read_models.tasks, read_models.task),
            *self._kind("executions", read_models.executions, read_models.execution),
            *self._kind("webhooks", read_models.webhooks, read_models.webhook),
            _route("/state/requests", partial(request_list, self._requests)),
            _route("/state/requests/{key}", self._exchange),
        ]

    def _kind(self, name: str, listed: Read, whole: Read) -> list[Route]:
        def read_list(limit: int) -> Any:
            return self._mock.look(lambda ctx: listed(ctx, limit))

        def read_one(limit: int, key: str) -> Any:
            return self._mock.look(lambda ctx: whole(ctx, key, limit))

        return [_route(f"/state/{name}", read_list), _route(f"/state/{name}/{{key}}", read_one)]

    def _overview(self, limit: int) -> Any:
        clock = self._mock.clock
        return {
            **self._mock.look(lambda ctx: read_models.overview(ctx, limit)),
            "clock": {"now": clock.now(), "is_frozen": clock.is_frozen},
            "requests": len(self._requests),
            "journal": [
                {"at": each.at, "source": each.source, "target": each.target, "text": each.text}
                for each in self._mock.journal.latest(STORIES)
            ],
        }

    def _exchange(self, limit: int, key: str) -> Any:
        return request_detail(self._requests, key)


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
