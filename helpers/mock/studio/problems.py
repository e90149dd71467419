"""What goes wrong while a flow runs: never an HTTP answer, but an entry in Twilio's debugger.

The mock writes each to its step, where `mock.studio.errors` finds it.
"""

from __future__ import annotations

from typing import NamedTuple

from ..errors import NOT_SIMULATED

TOO_MANY_STEPS = 81000
TOO_MANY_REPEATS = 81001
NO_TRANSITION = 81005
MESSAGE_FAILED = 81011
REQUEST_NOT_MADE = 81014
TASK_FAILED = 81015
REQUEST_FAILED = 81016
FUNCTION_FAILED = 81017
TEMPLATE_FAILED = 81018
WRONG_TRIGGER = 81020

STEP_CODES: dict[int, str] = {
    NOT_SIMULATED: "not simulated by this mock (not a Twilio code)",
    TOO_MANY_STEPS: "the execution has taken too many steps",
    TOO_MANY_REPEATS: "the widget has run too often in a row",
    NO_TRANSITION: "the widget has no transition for what happened",
    MESSAGE_FAILED: "the message could not be sent",
    REQUEST_NOT_MADE: "the HTTP request could not be made",
    TASK_FAILED: "the task could not be created",
    REQUEST_FAILED: "the HTTP request failed",
    FUNCTION_FAILED: "the function failed",
    TEMPLATE_FAILED: "the template could not be rendered",
    WRONG_TRIGGER: "the widget cannot run in an execution started this way",
}
"""Codes of Twilio's debugger that the mock uses (documented), and their meaning."""


class Problem(NamedTuple):
    """One thing that went wrong: a code of `STEP_CODES`, and what to do about it."""

    code: int
    message: str


class StepError(Exception):
    """A problem that ends the execution."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.problem = Problem(code, message)
