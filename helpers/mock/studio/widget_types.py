"""Types of widgets: how each is entered, the events it leaves by, and its properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from . import widgets
from .actions import Action, FlowContext
from .definition import Widget


class WidgetType(NamedTuple):
    """A type of widget.

    Attributes:
        events: The events that it leaves by; none where they are not known.
        required: Properties that its schema requires.
        optional: Its other properties, of a type that is simulated.
        enter: Its function; None for a type that is not simulated.
    """

    events: tuple[str, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    enter: Callable[[Widget, FlowContext], Action] | None = None


def _type(
    events: str,
    required: str = "",
    optional: str = "",
    enter: Callable[[Widget, FlowContext], Action] | None = None,
) -> WidgetType:
    return WidgetType(
        tuple(events.split()), tuple(required.split()), tuple(optional.split()), enter
    )


_TO_CHAT = (
    "to body service channel attributes media_url content_sid content_variables message_type"
    " save_response_as"
)
WIDGET_TYPES: dict[str, WidgetType] = {
    "trigger": _type(
        "incomingMessage incomingCall incomingConversationMessage incomingRequest incomingParent",
        enter=widgets.trigger,
    ),
    "send-message": _type("sent failed", "from", _TO_CHAT, widgets.send_message),
    "send-and-wait-for-reply": _type(
        "incomingMessage timeout deliveryFailure",
        "from",
        f"{_TO_CHAT} timeout",
        widgets.send_and_wait,
    ),
    "split-based-on": _type("match noMatch", "input", enter=widgets.split),
    "set-variables": _type("next", optional="variables", enter=widgets.set_variables),
    "make-http-request": _type(
        "success failed",
        "url",
        "method body parameters content_type add_twilio_auth",
        widgets.make_http_request,
    ),
    "run-function": _type(
        "success fail",
        "url",
        "parameters service_sid environment_sid function_sid",
        widgets.run_function,
    ),
    "send-to-flex": _type(
        "callComplete failedToEnqueue callFailure composerStarted",
        "workflow channel",
        "attributes priority timeout waitUrl waitUrlMethod",
        widgets.send_to_flex,
    ),
    "run-subflow": _type(
        "completed failed", "flow_sid flow_revision", "parameters", widgets.run_subflow
    ),
    "add-twiml-redirect": _type("return timeout fail", "url"),
    "capture-payments": _type(
        "success maxFailedAttempts providerError payInterrupted hangup validationError"
    ),
    "connect-call-to": _type("callCompleted hangup", "noun"),
    "connect-virtual-agent": _type("return hangup", "connector"),
    "connect-virtual-agent-v2": _type("completed live-agent-handoff hangup failed paused timeout"),
    "enqueue-call": _type("callComplete failedToEnqueue callFailure"),
    "fork-stream": _type("next"),
    "gather-input-on-call": _type("keypress speech timeout"),
    "make-outgoing-call-v1": _type(
        "answered busy noAnswer failed answeredByMachine hangup", "from to"
    ),
    "make-outgoing-call-v2": _type("answered busy noAnswer failed", "from to"),
    "record-call": _type("success failed"),
    "record-voicemail": _type("recordingComplete noAudio hangup"),
    "resume-conversation": _type("resumed failed", "conversation_service_sid"),
    "run-conversation-relay": _type("success failed"),
    "run-function-v2": _type("success fail"),
    "say-play": _type("audioComplete"),
    "send-to-auto-pilot": _type("sessionEnded failure timeout"),
    "start-conversation": _type("created failed", "conversation_service_sid"),
    **dict.fromkeys(
        (
            "add-member-to-chat-channel",
            "create-chat-channel",
            "create-task",
            "understand",
            "update-sync-object",
        ),
        WidgetType(()),
    ),
}
"""Every type by the name that Twilio's schema of flow definitions gives it (documented).

Events and required properties are observed, as their sources restate the schemas of widgets.
"""
SIMULATED = {name: each.enter for name, each in WIDGET_TYPES.items() if each.enter is not None}
"""How a widget of a simulated type is entered; the others can be stored, and end an execution."""
