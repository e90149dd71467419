"""The request log as the inspector reads it: brief in the list, whole one by one."""

from __future__ import annotations

import re
from typing import Any

import orjson

from ...errors import TwilioError
from ..requests import MASK, Answered, Requests

_SIGNATURE = re.compile(r'(?<=[?&]Signature=)[^&"\s]+')
"""What opens a file without credentials, as the media service's links carry it."""


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
        "body_size": found.body_size,
        "parameters": found.parameters,
        "answer": _answer(found),
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


def _answer(request: Answered) -> Any:
    if request.answer is None:
        return None
    return orjson.loads(_SIGNATURE.sub(MASK, request.answer.decode()))
