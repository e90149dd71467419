"""The request log as the inspector reads it: brief in the list, whole one by one."""

from __future__ import annotations

from typing import Any

import orjson

from ...errors import TwilioError
from ..requests import Answered, Requests


def listed(requests: Requests, limit: int) -> dict[str, Any]:
    """The newest requests, without parameters and answers."""
    kept = list(requests)
    return {"items": [_brief(each) for each in kept[-limit:][::-1]], "total": len(kept)}


def whole(requests: Requests, number: str) -> dict[str, Any]:
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


def _brief(request: Answered) -> dict[str, Any]:
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
