"""Widgets: each a pure function of its properties and the flow's context."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from ...json_object import storable_json, text_of
from ...masking import mask
from ..core.errors import NOT_SIMULATED
from ..core.parameters import form_encoded, is_web_address, with_query
from .actions import (
    FUNCTION_FAILED,
    MESSAGE_FAILED,
    REQUEST_FAILED,
    REQUEST_NOT_MADE,
    SUBFLOW_FAILED,
    TASK_FAILED,
    TEMPLATE_FAILED,
    UNLISTED,
    WRONG_TRIGGER,
    FlowContext,
    HttpRequest,
    HttpResponse,
    RunSubflow,
    SendMessage,
    SendToFlex,
    StepError,
    StepProblem,
    WaitForReply,
    WidgetResult,
)
from .definition import Condition, Transition, Widget
from .templates import condition_holds, filled, render

MESSAGE, CONVERSATION = "incomingMessage", "incomingConversationMessage"
REQUEST = "incomingRequest"
CUSTOM = "custom"
"""The `message_type` of a message with a body, beside which a content template does not count."""
DEFAULT_TIMEOUT = "3600"
"""Seconds that Send & Wait waits for a reply (documented)."""
TIMED_OUT = WidgetResult("timeout")
"""Result of Send & Wait when no reply comes."""
RESERVED = "method"
"""Name that no parameter of Make HTTP Request may have (documented)."""
MAX_BODY = 64 * 1024
"""Bytes of a response that a flow takes (documented)."""
FORM = "application/x-www-form-urlencoded"
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?\Z")
OK = range(200, 300)


def trigger(widget: Widget, context: FlowContext) -> WidgetResult:
    """Leave by the event that started the execution; where it leads nowhere, the flow ends.

    A message of Programmable Chat is never an incoming conversation, nor the other way round.
    """
    started_by = context["trigger"]
    if "parent" in started_by:
        return WidgetResult("incomingParent")
    event = MESSAGE if "message" in started_by else REQUEST
    if "conversation" in started_by:
        event = CONVERSATION
    transition = widget.on(event) or Transition(event, None)
    problem = None if transition.next else StepProblem(UNLISTED, leads_nowhere(event))
    return WidgetResult(event, problem=problem, transition=transition)


_CAUSES = {
    MESSAGE: (
        "a message of Programmable Chat",
        f"; {CONVERSATION} is taken for Flex Conversations only",
    ),
    CONVERSATION: (
        "a message of a conversation",
        f"; {MESSAGE} is taken for Programmable Chat only",
    ),
}


def leads_nowhere(event: str) -> str:
    """The consequence of a trigger whose event has no `next`."""
    cause, more = _CAUSES.get(event, ("a request by REST", ""))
    return f"{event} leads nowhere, so the flow ends at once for {cause}{more}"


def split(widget: Widget, context: FlowContext) -> WidgetResult:
    """Leave by the first match whose conditions all hold for the input, else by `noMatch`."""
    tested = render(text_of(widget.properties.get("input")), context)

    def holds(condition: Condition) -> bool:
        return condition_holds(condition.type, tested, render(condition.value, context))

    for each in widget.transitions:
        if each.event == "match" and each.conditions and all(map(holds, each.conditions)):
            return WidgetResult("match", transition=each)
    return WidgetResult("noMatch")


def set_variables(widget: Widget, context: FlowContext) -> WidgetResult:
    """Set the flow's variables; each sees those set before this widget (documented)."""
    variables = _pairs(widget, filled(widget.properties, context), "variables")
    return WidgetResult("next", variables={each["key"]: _value(each) for each in variables})


def _pairs(widget: Widget, properties: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The entries of a list of objects with a `key`, each a text."""
    entries = properties.get(name) or []
    if not are_pairs(entries):
        raise StepError(
            TEMPLATE_FAILED, f"{name} of {widget.name} is a list of objects with a text as key"
        )
    return list(entries)


def are_pairs(entries: Any) -> bool:
    """Return whether a value is a list of objects, each with a text as `key`."""
    return isinstance(entries, list) and all(
        isinstance(each, dict) and isinstance(each.get("key"), str) for each in entries
    )


def _value(variable: dict[str, Any]) -> Any:
    """A variable's value: JSON or text where it says so, else a number if it reads as one.

    That unquoted numbers are numbers is documented; how a quoted one loses its quotes, and that a
    number beyond 64 bits stays text, are inferred.
    """
    value = variable.get("value", "")
    if not isinstance(value, str):
        return value
    if variable.get("type") == "json":
        try:
            return storable_json(value)
        except ValueError as error:
            raise StepError(
                TEMPLATE_FAILED, f"Variable {variable['key']!r} is not valid JSON: {error}"
            ) from None
    if variable.get("type") == "string":
        return value
    if _NUMBER.match(value):
        return storable_json(value)
    quoted = value[1:-1]
    return quoted if value == f'"{quoted}"' and _NUMBER.match(quoted) else value


def send_message(widget: Widget, context: FlowContext) -> WidgetResult | SendMessage:
    """Send a message and go on."""
    return _message(
        widget, context, lambda sent: WidgetResult("sent", {"outbound": sent}), "failed"
    )


def send_and_wait(widget: Widget, context: FlowContext) -> WidgetResult | SendMessage:
    """Send a message and wait for the next one of the contact.

    A message that cannot be sent at all leaves by `deliveryFailure`; one that was sent never does.
    """
    timeout = text_of(filled(widget.properties.get("timeout") or DEFAULT_TIMEOUT, context)).strip()
    if not are_seconds(timeout):
        raise StepError(
            TEMPLATE_FAILED,
            f"The time-out of {widget.name} is a number of seconds, not {timeout!r}",
        )
    seconds = float(timeout)
    return _message(
        widget, context, lambda sent: WaitForReply(seconds, {"outbound": sent}), "deliveryFailure"
    )


def are_seconds(text: str) -> bool:
    """Return whether a text is a time-out."""
    return text.isascii() and text.isdigit()


def replied(message: Mapping[str, Any]) -> WidgetResult:
    """Result of Send & Wait when a reply comes."""
    return WidgetResult("incomingMessage", {"inbound": message})


def _message(
    widget: Widget,
    context: FlowContext,
    then: Callable[[Mapping[str, Any]], WidgetResult | WaitForReply],
    failure: str,
) -> WidgetResult | SendMessage:
    properties = filled(widget.properties, context)

    def refused(reason: str) -> WidgetResult:
        return WidgetResult(failure, problem=StepProblem(MESSAGE_FAILED, reason))

    if properties.get("content_sid") and properties.get("message_type") != CUSTOM:
        return refused(
            f"{widget.name} sends a content template ({properties['content_sid']}), which a channel"
            " of Programmable Chat does not take"
        )
    body, media_url = (text_of(properties.get(name) or "") for name in ("body", "media_url"))
    if not body.strip() and not media_url.strip():
        return refused(f"The body of {widget.name} is blank")
    # the widget's channel, else the trigger's (documented)
    channel_sid = properties.get("channel") or context["trigger"].get("message", {}).get(
        "ChannelSid"
    )
    if not channel_sid:
        raise StepError(
            NOT_SIMULATED,
            f"{widget.name} would send an SMS, which this mock does not simulate; give it the SID"
            " of a chat channel as `channel`",
        )
    return SendMessage(
        channel_sid=str(channel_sid),
        author=text_of(properties.get("from") or context["flow"]["channel"]["address"]),
        body=body,
        attributes=text_of(properties.get("attributes") or "{}"),
        media_url=media_url.strip(),
        then=then,
        refused=refused,
    )


def send_to_flex(widget: Widget, context: FlowContext) -> WidgetResult | SendToFlex:
    """Hand the contact over to an agent."""
    if "message" not in context["trigger"]:
        raise StepError(
            WRONG_TRIGGER,
            f"{widget.name} hands over an incoming chat, and this execution was started by REST",
        )
    properties = filled(widget.properties, context)

    def refused(reason: str) -> WidgetResult:
        return WidgetResult("failedToEnqueue", problem=StepProblem(TASK_FAILED, reason))

    attributes = text_of(properties.get("attributes") or "{}")
    if _json_object(attributes) is None:
        return refused(f"The attributes of {widget.name} are no JSON object: {attributes[:200]}")
    return SendToFlex(
        workflow=text_of(properties.get("workflow")),
        channel=text_of(properties.get("channel")),
        attributes=attributes,
        priority=text_of(properties.get("priority")),
        timeout=text_of(properties.get("timeout")),
        then=lambda task: WidgetResult("callComplete", task),
        refused=refused,
    )


def run_subflow(widget: Widget, context: FlowContext) -> WidgetResult | RunSubflow:
    """Run another flow, whose SID and revision are no templates (documented).

    A parameter is text unless it is marked as JSON (documented).
    """

    def refused(reason: str) -> WidgetResult:
        return WidgetResult("failed", problem=StepProblem(SUBFLOW_FAILED, reason))

    if "parent" in context["trigger"]:
        return refused(f"{widget.name} is in a subflow, which cannot run another one")
    given = _pairs(widget, filled(widget.properties, context), "parameters")
    return RunSubflow(
        flow_sid=str(widget.properties.get("flow_sid")),
        revision=str(widget.properties.get("flow_revision")),
        parameters={
            each["key"]: _value({**each, "type": each.get("type") or "string"}) for each in given
        },
        refused=refused,
    )


def make_http_request(widget: Widget, context: FlowContext) -> WidgetResult | HttpRequest:
    """Send a request to a URL; a status of 2xx is a success (documented)."""
    properties = filled(widget.properties, context)
    if any(each["key"] == RESERVED for each in _pairs(widget, properties, "parameters")):
        reason = f"{RESERVED!r} is reserved; give that parameter of {widget.name} another name"
        return WidgetResult("failed", problem=StepProblem(REQUEST_NOT_MADE, reason))
    method = text_of(properties.get("method") or "GET").upper()
    return _request(widget, properties, method, "failed", REQUEST_FAILED)


def run_function(widget: Widget, context: FlowContext) -> WidgetResult | HttpRequest:
    """Call a function, with the parameters as a form."""
    properties = filled(widget.properties, context)
    return _request(widget, properties, "POST", "fail", FUNCTION_FAILED)


def _request(
    widget: Widget, properties: Mapping[str, Any], method: str, failure: str, code: int
) -> WidgetResult | HttpRequest:
    url, login = without_login(text_of(properties.get("url")))
    if not is_web_address(url) or method not in ("GET", "POST"):
        reason = mask(
            f"{widget.name} can call an http or https URL with GET or POST, not {method} {url}"
        )
        return WidgetResult(failure, problem=StepProblem(REQUEST_NOT_MADE, reason))
    given = _pairs(widget, properties, "parameters")
    parameters = {each["key"]: text_of(each.get("value")) for each in given}
    body = text_of(properties.get("body")) if method == "POST" else ""
    content_type = text_of(properties.get("content_type") or FORM) if method == "POST" else ""

    def then(response: HttpResponse) -> WidgetResult:
        reason, output = _understood(response)
        if reason is None:
            return WidgetResult("success", output)
        return WidgetResult(failure, output, problem=StepProblem(code, mask(f"{url} {reason}")))

    is_form = method == "POST" and not body and FORM in content_type.lower()
    return HttpRequest(
        method=method,
        url=url if is_form else with_query(url, form_encoded(parameters)),
        content_type=content_type,
        parameters=parameters if is_form or method == "GET" else {},
        body=body,
        login=login,
        is_authorized=text_of(properties.get("add_twilio_auth")).lower() == "true",
        then=then,
    )


def without_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """Take user and password out of a URL."""
    if not is_web_address(url) or "@" not in urlsplit(url).netloc:
        return url, None
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    return parts._replace(netloc=host).geturl(), (unquote(user), unquote(password))


def _understood(response: HttpResponse) -> tuple[str | None, dict[str, Any]]:
    """The reason for a failure, if it is one, and the output for later widgets.

    The output holds the response, and its JSON where it is an object (documented).
    """
    if response.status is None:
        return f"gave {response.problem}", {}
    if len(response.body.encode()) > MAX_BODY:
        return f"answered with more than {MAX_BODY // 1024} kB", {}
    output: dict[str, Any] = {
        "status_code": response.status,
        "content_type": response.content_type,
        "body": response.body,
    }
    parsed = _json_object(response.body) if "json" in response.content_type else None
    if parsed is not None:
        output["parsed"] = parsed
    return None if response.status in OK else f"answered {response.status}", output


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = storable_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
