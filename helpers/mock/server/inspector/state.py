"""The inspector's API under `/_mock/state`: the newest of everything, and one item in full."""

from __future__ import annotations

from collections.abc import Callable, Set
from functools import partial
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....masking import mask
from ... import DatabaseFailed, MockTwilio
from ...core.bounds import MAX_DIGITS
from ...core.errors import TwilioError
from ..request_log import ServedRequest, ServedRequests
from .read_models import LISTS, Json, item, newest, next_due, overview, statistics

LIMIT = 50
"""Default number of items in a list."""
MAX_LIMIT = 1000
"""Largest number of items in a list, so that a busy account is shown as quickly as a new one."""
JOURNAL_ENTRIES = 30
"""Latest entries of the journal in the overview."""

_DOORS = {False: "rest", True: "sdk"}
_BRIEF = ("number", "at", "method", "host", "path", "by", "by_chat_sdk", "status", "code")
_DETAILS = ("fires_webhooks", "body_size", "parameters", "answer_size", "notes")


class StateApi:
    """Reads one mock and its request log; `done` returns the name of the latest action."""

    def __init__(
        self, mock: MockTwilio, requests: ServedRequests, done: Callable[[], str | None]
    ) -> None:
        self._mock = mock
        self._done = done
        self._requests = requests

    @property
    def routes(self) -> list[Route]:
        """Routes; each takes the query parameter `limit`."""
        return [
            _route("/state/overview", self._overview),
            _route("/state/statistics", partial(self._read, statistics)),
            *(_route(f"/state/{each}", partial(self._read, newest, each)) for each in LISTS),
            *(_route(f"/state/{each}/{{key}}", partial(self._read, item, each)) for each in LISTS),
            _route("/state/requests", self._request_list, {"over"}),
            _route("/state/requests/{key}", self._request),
        ]

    def _read(self, read: Callable[..., Json], *name: str, **given: Any) -> Json:
        return self._mock.look(lambda ctx: read(ctx, *name, **given))

    def _overview(self, limit: int) -> Any:
        clock = self._mock.clock
        due = clock.next_due
        return {
            **self._read(overview, limit=limit),
            "clock": {"now": clock.now(), "is_frozen": clock.is_frozen},
            "next_due": None if due is None else {"at": due, **self._read(next_due, at=due)},
            "undo": self._done(),
            "requests": len(self._requests),
            "journal": [
                {"at": each.at, "source": each.source, "target": each.target, "text": each.text}
                for each in self._mock.journal.latest(JOURNAL_ENTRIES)
            ],
        }

    def _request_list(self, limit: int, over: str | None = None) -> Any:
        """The latest requests: all, or those over HTTP (`rest`) or a chat SDK's own connection."""
        kept = [each for each in self._requests if over in (None, _DOORS[each.by_chat_sdk])]
        return {"items": [_brief(each) for each in kept[-limit:][::-1]], "total": len(kept)}

    def _request(self, limit: int, key: str) -> Any:
        found = next((each for each in self._requests if str(each.number) == key), None)
        if found is None:
            raise TwilioError(20404, f"There is no request {key} any more")
        answer = None if found.answer is None else orjson.loads(found.answer)
        details = {name: getattr(found, name) for name in _DETAILS}
        return {**_brief(found), **details, "answer": answer}


def _brief(request: ServedRequest) -> dict[str, Any]:
    shown = {name: getattr(request, name) for name in _BRIEF}
    return {**shown, "milliseconds": round(request.milliseconds, 2)}


def _route(path: str, read: Callable[..., Any], also: Set[str] = frozenset()) -> Route:
    """A route that reads on a worker thread, since the account may be busy.

    `read` takes the query parameters `limit` and `also`, and the path's names.
    """

    async def endpoint(request: Request) -> Response:
        text = request.query_params.get("limit", str(LIMIT))
        is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
        if not (is_number and 1 <= int(text) <= MAX_LIMIT):
            raise HTTPException(
                400, f"limit must be a whole number from 1 to {MAX_LIMIT}, not {text[:20]!r}"
            )
        try:
            query = {
                name: request.query_params[name] for name in also & request.query_params.keys()
            }
            found = await run_in_threadpool(read, limit=int(text), **query, **request.path_params)
        except DatabaseFailed as failure:
            raise HTTPException(503, failure.refusal().message) from None
        except TwilioError as error:
            raise HTTPException(error.status, error.message) from None
        content = mask(orjson.dumps(found).decode())
        headers = {"Cache-Control": "no-store"}
        return Response(content, media_type="application/json", headers=headers)

    return Route(path, endpoint, methods=["GET"])
