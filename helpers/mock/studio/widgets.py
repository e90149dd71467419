"""Widgets that talk to nobody outside the flow: the trigger, splits and variables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..core.errors import NOT_SIMULATED
from .actions import (
    FUNCTION_FAILED,
    MESSAGE_FAILED,
    REQUEST_FAILED,
    REQUEST_NOT_MADE,
    TASK_FAILED,
    TEMPLATE_FAILED,
    WRONG_TRIGGER,
    Answer,
    Context,
    HttpRequest,
    Outcome,
    Problem,
    SendMessage,
    SendToFlex,
    StepError,
    WaitForReply,
)
from .definition import Condition, Transition, Widget
from .templates import condition_holds, filled, render

MESSAGE, CONVERSATION, REQUEST = (
    "incomingMessage",
    "incomingConversationMessage",
    "incomingRequest",
)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?\Z")


def trigger(widget: Widget, context: Context) -> Outcome:
    """Leave by the event that started the execution.

    A flow made for Conversations only, whose trigger leads on from an incoming conversation alone,
    takes a chat message as that (inferred).
    """
    if "message" not in context["trigger"]:
        return Outcome(REQUEST)
    if _leads_on(widget, CONVERSATION) and not _leads_on(widget, MESSAGE):
        note = f"{MESSAGE} leads nowhere, so the chat message was taken as {CONVERSATION}"
        return Outcome(CONVERSATION, left={"note": note})
    return Outcome(MESSAGE)


def _leads_on(widget: Widget, event: str) -> bool:
    transition = widget.on(event)
    return transition is not None and transition.next is not None


def split(widget: Widget, context: Context) -> Outcome:
    """Leave by the first match whose conditions all hold, else by `noMatch`."""
    for transition in widget.transitions:
        if transition.event == "match" and _fits(widget, transition, context):
            return Outcome("match", transition=transition)
    return Outcome("noMatch")


def _fits(widget: Widget, transition: Transition, context: Context) -> bool:
    return bool(transition.conditions) and all(
        _holds(widget, condition, context) for condition in transition.conditions
    )


def _holds(widget: Widget, condition: Condition, context: Context) -> bool:
    tested = condition.tested
    if tested is None:
        tested = str(widget.properties.get("input", ""))
    return condition_holds(
        condition.type, render(tested, context), render(condition.value, context)
    )


def set_variables(widget: Widget, context: Context) -> Outcome:
    """Set the flow's variables; each sees what was set before this widget (documented)."""
    variables = filled(widget.properties.get("variables") or [], context)
    return Outcome("next", variables={each["key"]: _value(each) for each in variables})


def _value(variable: dict[str, Any]) -> Any:
    """A variable's value: JSON or text where it says so, else a number if it reads as one.

    That unquoted numbers are numbers is documented; how a quoted one loses its quotes is inferred.
    """
    value = variable.get("value", "")
    if variable.get("type") == "json":
        return _parsed(variable["key"], value)
    if not isinstance(value, str) or variable.get("type") == "string":
        return value
    if _NUMBER.match(value):
        return json.loads(value)
    quoted = value[1:-1]
    return quoted if value == f'"{quoted}"' and _NUMBER.match(quoted) else value


def _parsed(key: str, value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise StepError(
            TEMPLATE_FAILED, f"Variable {key!r} is not the JSON it should be: {error}"
        ) from None


DEFAULT_TIMEOUT = "3600"
"""Seconds that Send & Wait waits for a reply (documented)."""
_NO_MEDIA = ("media_url", "content_sid")

After = Callable[[Mapping[str, str]], Outcome | WaitForReply]


def send_message(widget: Widget, context: Context) -> Outcome | SendMessage:
    """Send a message and go on."""
    return _said(widget, context, lambda sent: Outcome("sent", {"outbound": sent}), "failed")


def send_and_wait(widget: Widget, context: Context) -> Outcome | SendMessage:
    """Send a message and wait for the next one of the contact.

    A message that cannot be sent at all leaves by `deliveryFailure`; one that was sent never does.
    """
    seconds = _seconds(widget, context)
    return _said(
        widget, context, lambda sent: WaitForReply(seconds, {"outbound": sent}), "deliveryFailure"
    )


def replied(message: Mapping[str, Any]) -> Outcome:
    """How Send & Wait ends when a reply comes."""
    return Outcome("incomingMessage", {"inbound": message})


TIMED_OUT = Outcome("timeout")
"""How Send & Wait ends when none does."""


def _seconds(widget: Widget, context: Context) -> float:
    text = str(filled(widget.properties.get("timeout") or DEFAULT_TIMEOUT, context)).strip()
    if not text.isdigit():
        raise StepError(
            TEMPLATE_FAILED, f"The time-out of {widget.name} is a number of seconds, not {text!r}"
        )
    return float(text)


def _said(widget: Widget, context: Context, then: After, failure: str) -> Outcome | SendMessage:
    properties = filled(widget.properties, context)
    _refuse_rich(widget, properties)

    def refused(reason: str) -> Outcome:
        return Outcome(failure, problem=Problem(MESSAGE_FAILED, reason))

    body = str(properties.get("body") or "")
    if not body.strip():
        return refused(f"The body of {widget.name} is blank")
    return SendMessage(
        channel_sid=_channel(widget, properties, context),
        author=str(properties.get("from") or context["flow"]["channel"]["address"]),
        body=body,
        attributes=str(properties.get("attributes") or "{}"),
        then=then,
        refused=refused,
    )


def _refuse_rich(widget: Widget, properties: Mapping[str, Any]) -> None:
    for name in _NO_MEDIA:
        if properties.get(name):
            raise StepError(
                NOT_SIMULATED,
                f"{widget.name} sends {name}, which this mock does not simulate; send a body",
            )


def _channel(widget: Widget, properties: Mapping[str, Any], context: Context) -> str:
    """The chat channel: as the widget says, else the trigger's (documented)."""
    own = context["trigger"].get("message", {}).get("ChannelSid")
    channel_sid = properties.get("channel") or own
    if not channel_sid:
        raise StepError(
            NOT_SIMULATED,
            f"{widget.name} would send an SMS, which this mock does not simulate; give it the SID"
            " of a chat channel as `channel`",
        )
    return str(channel_sid)


def send_to_flex(widget: Widget, context: Context) -> Outcome | SendToFlex:
    """Hand the contact over to an agent."""
    if "message" not in context["trigger"]:
        raise StepError(
            WRONG_TRIGGER,
            f"{widget.name} hands over an incoming chat, and this execution was started by REST",
        )
    properties = filled(widget.properties, context)

    def refused(reason: str) -> Outcome:
        return Outcome("failedToEnqueue", problem=Problem(TASK_FAILED, reason))

    attributes = str(properties.get("attributes") or "{}")
    if not _is_object(attributes):
        return refused(f"The attributes of {widget.name} are no JSON object: {attributes[:200]}")
    return SendToFlex(
        workflow=str(properties.get("workflow") or ""),
        channel=str(properties.get("channel") or ""),
        attributes=attributes,
        priority=str(properties.get("priority") or ""),
        timeout=str(properties.get("timeout") or ""),
        then=lambda task_sid: Outcome("callComplete", {"task_sid": task_sid}),
        refused=refused,
    )


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


MAX_BODY = 64 * 1024
"""Bytes of an answer that a flow takes (documented)."""
FORM = "application/x-www-form-urlencoded"
_OK = range(200, 300)


def make_http_request(widget: Widget, context: Context) -> Outcome | HttpRequest:
    """Ask a URL; an answer of 2xx is a success (documented)."""
    properties = filled(widget.properties, context)
    method = str(properties.get("method") or "GET").upper()
    return _asked(widget, properties, method, ("success", "failed"), REQUEST_FAILED)


def run_function(widget: Widget, context: Context) -> Outcome | HttpRequest:
    """Ask a function, which is told the parameters as a form."""
    properties = filled(widget.properties, context)
    return _asked(widget, properties, "POST", ("success", "fail"), FUNCTION_FAILED)


def _asked(
    widget: Widget, properties: Mapping[str, Any], method: str, events: tuple[str, str], code: int
) -> Outcome | HttpRequest:
    url = str(properties.get("url") or "")
    if urlsplit(url).scheme not in ("http", "https") or method not in ("GET", "POST"):
        reason = f"{widget.name} can ask an http or https URL with GET or POST, not {method} {url}"
        return Outcome(events[1], problem=Problem(REQUEST_NOT_MADE, reason))
    parameters = properties.get("parameters") or ()
    asked = {str(each["key"]): str(each["value"]) for each in parameters}
    body = str(properties.get("body") or "") if method == "POST" else ""
    return HttpRequest(
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
    parsed = _parsed_answer(answer)
    return left if parsed is None else {**left, "parsed": parsed}


def _parsed_answer(answer: Answer) -> dict[str, Any] | None:
    if "json" not in answer.content_type:
        return None
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
