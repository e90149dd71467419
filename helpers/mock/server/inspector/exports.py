"""Files to take away: a chat's transcript, the request log as HAR, the account as a database.

What looks like a secret is masked in each of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http.client import responses

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....masking import MASK, mask
from ... import MockTwilio
from ...core.errors import TwilioError
from ..request_log import ServedRequest, ServedRequests
from .read_models import Json, item

EVERYTHING = 1_000_000
"""Messages of a transcript, at most."""


class Exports:
    """Files of one mock and its request log, each to be downloaded."""

    def __init__(self, mock: MockTwilio, requests: ServedRequests) -> None:
        self._mock = mock
        self._requests = requests

    @property
    def routes(self) -> list[Route]:
        """Routes of the files."""
        return [
            _route("/exports/{sid}.txt", "text/plain; charset=utf-8", self._text),
            _route("/exports/{sid}.json", "application/json", self._json),
            _route("/exports/requests.har", "application/json", self._har),
            _route("/exports/account.db", "application/vnd.sqlite3", self._mock.export),
        ]

    def _channel(self, sid: str) -> Json:
        return self._mock.look(partial(item, name="channels", key=sid, limit=EVERYTHING))

    def _json(self, sid: str) -> bytes:
        return mask(json.dumps(self._channel(sid), indent=2, ensure_ascii=False)).encode()

    def _text(self, sid: str) -> bytes:
        channel = self._channel(sid)
        lines = [f"{channel['friendly_name'] or channel['unique_name'] or sid} ({sid})", ""]
        for message in channel["messages"]:
            media = message["media"]
            file = f"[{media['filename'] or 'a file'}, {media['content_type']}]" if media else ""
            body = " ".join(filter(None, (message["body"], file))).replace("\n", "\n    ")
            lines.append(f"{message['date_created']}  {message['from']}: {body}")
        return mask("\n".join((*lines, ""))).encode()

    def _har(self) -> bytes:
        creator = {"name": "Twilio mock", "version": "1"}
        entries = [_har_entry(each) for each in self._requests]
        log = {"version": "1.2", "creator": creator, "entries": entries}
        return mask(json.dumps({"log": log}, indent=1, ensure_ascii=False)).encode()


def _har_entry(request: ServedRequest) -> Json:
    """A request in the HTTP Archive format, version 1.2."""
    form = request.method in ("POST", "PUT")
    pairs = [
        {"name": name, "value": str(each)}
        for name, value in request.parameters.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    headers = [{"name": "Authorization", "value": MASK}] if request.by != "nobody" else []
    if request.fires_webhooks:
        headers.append({"name": "X-Twilio-Webhook-Enabled", "value": "true"})
    posted: Json = {"mimeType": "application/x-www-form-urlencoded", "params": pairs}
    content = {"size": request.answer_size, "mimeType": "application/json"}
    common: Json = {"httpVersion": "HTTP/1.1", "cookies": [], "headersSize": -1}
    return {
        "startedDateTime": datetime.fromtimestamp(request.at, UTC).isoformat(),
        "time": request.milliseconds,
        "request": {
            **common,
            "method": request.method,
            "url": f"https://{request.host}{request.path}",
            "headers": headers,
            "queryString": [] if form else pairs,
            "bodySize": request.body_size,
            **({"postData": posted} if form else {}),
        },
        "response": {
            **common,
            "status": request.status,
            "statusText": responses.get(request.status, ""),
            "headers": [],
            "content": content | ({"text": request.answer.decode()} if request.answer else {}),
            "redirectURL": "",
            "bodySize": request.answer_size,
        },
        "cache": {},
        "timings": {"send": 0, "wait": request.milliseconds, "receive": 0},
        "comment": "over a chat SDK's own connection" if request.by_chat_sdk else "",
    }


def _route(path: str, media_type: str, make: Callable[..., bytes]) -> Route:
    """A route to a file, which is made on a worker thread."""

    async def endpoint(request: Request) -> Response:
        try:
            content = await run_in_threadpool(make, **request.path_params)
        except TwilioError as error:
            raise HTTPException(error.status, error.message) from None
        name = request.url.path.rpartition("/")[2]
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, media_type=media_type, headers=headers)

    return Route(path, endpoint, methods=["GET"])
