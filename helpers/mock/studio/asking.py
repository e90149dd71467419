"""Make HTTP Request and Run Function: widgets that ask somebody else's code."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from .definition import Widget
from .moves import Answer, Ask, Context, Outcome
from .problems import FUNCTION_FAILED, REQUEST_FAILED, REQUEST_NOT_MADE, Problem
from .templates import filled

MAX_BODY = 64 * 1024
"""Bytes of an answer that a flow takes (documented)."""
FORM = "application/x-www-form-urlencoded"
_OK = range(200, 300)


def make_http_request(widget: Widget, context: Context) -> Outcome | Ask:
    """Ask a URL; an answer of 2xx is a success (documented)."""
    properties = filled(widget.properties, context)
    method = str(properties.get("method") or "GET").upper()
    return _asked(widget, properties, method, ("success", "failed"), REQUEST_FAILED)


def run_function(widget: Widget, context: Context) -> Outcome | Ask:
    """Ask a function, which is told the parameters as a form."""
    properties = filled(widget.properties, context)
    return _asked(widget, properties, "POST", ("success", "fail"), FUNCTION_FAILED)


def _asked(
    widget: Widget, properties: Mapping[str, Any], method: str, events: tuple[str, str], code: int
) -> Outcome | Ask:
    url = str(properties.get("url") or "")
    if urlsplit(url).scheme not in ("http", "https") or method not in ("GET", "POST"):
        reason = f"{widget.name} can ask an http or https URL with GET or POST, not {method} {url}"
        return Outcome(events[1], problem=Problem(REQUEST_NOT_MADE, reason))
    parameters = properties.get("parameters") or ()
    asked = {str(each["key"]): str(each["value"]) for each in parameters}
    body = str(properties.get("body") or "") if method == "POST" else ""
    return Ask(
        method=method,
        url=_with_query(url, asked) if asked and (method == "GET" or body) else url,
        content_type=str(properties.get("content_type") or FORM) if method == "POST" else "",
        parameters=asked,
        body=body,
        then=_understood(url, events, code),
    )


def _with_query(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


def _understood(url: str, events: tuple[str, str], code: int) -> Callable[[Answer], Outcome]:
    success, failure = events

    def then(answer: Answer) -> Outcome:
        left = _left(answer)
        reason = _fault(answer)
        if reason is None:
            return Outcome(success, left)
        return Outcome(failure, left, problem=Problem(code, f"{url} {reason}"))

    return then


def _fault(answer: Answer) -> str | None:
    if answer.status is None:
        return f"gave {answer.problem}"
    if len(answer.body.encode()) > MAX_BODY:
        return f"answered with more than {MAX_BODY // 1024} kB"
    return None if answer.status in _OK else f"answered {answer.status}"


def _left(answer: Answer) -> dict[str, Any]:
    """What later widgets find: the answer, and its JSON where it is an object (documented)."""
    if answer.status is None or len(answer.body.encode()) > MAX_BODY:
        return {}
    left = {
        "status_code": answer.status,
        "content_type": answer.content_type,
        "body": answer.body,
    }
    parsed = _parsed(answer)
    return left if parsed is None else {**left, "parsed": parsed}


def _parsed(answer: Answer) -> dict[str, Any] | None:
    if "json" not in answer.content_type:
        return None
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
