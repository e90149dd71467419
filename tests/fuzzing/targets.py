"""Texts and bytes that strangers write, each with what reads them and how that may refuse.

Used by the property tests here, and by `guided.py`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support import seconds_of_work

from helpers.flows import FlowProblem, load
from helpers.mock import TwilioError
from helpers.mock.realtime import notices, tunnel
from helpers.mock.rest.http import read_request
from helpers.mock.studio import flow_warnings, patterns, validation
from helpers.mock.studio.actions import StepError
from helpers.mock.studio.templates import render
from helpers.mock.taskrouter import configuration, expressions

SLOW = 1.0
"""Seconds of this thread's own time that no input may take."""
CONTEXT = {
    "trigger": {"message": {"Body": "Hello 5", "ChannelAttributes": {"topic": ["a", "b"], "n": 7}}},
    "widgets": {"ask": {"inbound": {"Body": "yes"}}},
    "flow": {"variables": {"x": "1", "deep": [[1, [2]], {"a": None}]}},
}
SCOPE = {"topic": "billing", "skills": ["chat", 5], "level": 2.5, "deep": {"a": {"b": None}}}


def _expression(text: str) -> None:
    tree = expressions.parse(text)
    assert expressions.holds(tree, SCOPE) in (True, False)
    assert expressions.could_match(text, SCOPE) in (True, False)


def _workflow(text: str) -> None:
    routing = configuration.read(text)
    configuration.first_step(routing, SCOPE)


def _definition(text: str) -> None:
    list(flow_warnings.warnings(validation.checked(text)))


def _pattern(text: str) -> None:
    pattern, _, tested = text.partition("\0")
    patterns.matches_whole(pattern, tested or "aaaaaaaaaaaaaaaaaaaaaaaaaaaa b")


def _body(data: bytes) -> None:
    head, _, body = data.partition(b"\n")
    headers = {"Content-Type": head.decode("latin-1")}
    request = read_request("POST", "chat.twilio.com", "/", head.decode("latin-1"), headers, body)
    if request.problem:
        raise request.problem
    assert request.form or request.files or request.body == (b"" if request.is_form else body)


def _frame(data: bytes) -> None:
    frame = notices.decode(data)
    tunnel.read(frame, "http://127.0.0.1:8787")


def _flow_file(text: str) -> None:
    file = load(text + "\n")
    assert load(file.text).flows == file.flows


@dataclass(frozen=True)
class Target:
    """A reader of foreign input.

    Args:
        read: Reads it.
        refuses: How it may refuse.
        words: Pieces that such inputs are made of.
        is_text: Whether it reads text.
    """

    read: Callable[[Any], object]
    refuses: type[Exception]
    words: tuple[str, ...]
    is_text: bool = True

    def try_out(self, data: str | bytes) -> None:
        """Read an input: it is taken or refused, and soon."""

        def read() -> None:
            with contextlib.suppress(self.refuses):
                self.read(data)

        assert seconds_of_work(read, time.thread_time) < SLOW


TARGETS = {
    "template": Target(
        lambda text: render(text, CONTEXT),
        StepError,
        (
            "{{", "}}", "{%", "%}", "{{-", "-%}", " ", "|", ":", ",", "'", '"', "(", "..", ")", "5",
            "99999999999", "-1", "1e400", "trigger.message.Body", "flow.variables.deep", "[0]",
            ".topic", "if", "endif", "else", "elsif", "for x in", "endfor", "assign y =",
            "capture z", "endcapture", "case", "when", "endcase", "raw", "endraw", "comment",
            "endcomment", "cycle", "increment i", "tablerow x in", "endtablerow", "include",
            "render", "break", "limit", "reversed", "upcase", "replace", "split", "join", "sort",
            "times", "divided_by", "modulo", "date", "slice", "truncate", "map", "where", "size",
            "to_json", "append", "==", "contains", "and", "or", "nil", "blank", "{", "}", "%", "#",
            "liquid\n", "echo",
        ),
    ),
    "expression": Target(
        _expression,
        TwilioError,
        (
            "topic", "skills", "level", "deep.a.b", "deep", ".", "[", "]", "(", ")", "==", "!=",
            "<", "<=", ">", ">=", "=", "HAS", "IN", "NOT IN", "NOT", "CONTAINS", "AND", "OR", "and",
            "or", " ", ",", "'", '"', "'billing'", '"chat"', "1", "2.5", "1e999", "-", "9" * 400,
            "true", "FALSE", "null", "task.", "worker.", "\\", "\n", "(" * 60, "!",
        ),
    ),
    "workflow": Target(
        _workflow,
        TwilioError,
        (
            "{", "}", "[", "]", ":", ",", '"task_routing"', '"filters"', '"targets"', '"queue"',
            '"expression"', '"default_filter"', '"timeout"', '"priority"', '"order_by"', '"1==1"',
            '"WQ00000000000000000000000000000000"', '"worker.level DESC"', "1", "-1", "1e999",
            "null", "true", '"x"', " ", '{"task_routing": {"filters": [', ']}}',
            '{"targets": [{"queue": "x"}]}', "[" * 120, "NaN", "\\u0000",
        ),
    ),
    "definition": Target(
        _definition,
        TwilioError,
        (
            "{", "}", "[", "]", ":", ",", '"states"', '"initial_state"', '"Trigger"', '"type"',
            '"trigger"', '"name"', '"transitions"', '"event"', '"next"', '"properties"',
            '"conditions"', '"split-based-on"', '"send-message"', '"flags"', '"incomingMessage"',
            "null", "1", '"x"', '{"states": [{"name": "a", "type": "trigger", "transitions": [',
            ']}]}', " ", "1e999", '{"event": "match", "next": "a", "conditions": [', "[" * 120,
            '"\\ud800"',
        ),
    ),
    "pattern": Target(
        _pattern,
        patterns.PatternTooCostly,
        (
            "(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "^", "$", ".", "\\w", "\\b", "\\1",
            "\\s", "(?=", "(?!", "(?<=", "(?:", "(?i)", "(?P<a>", "(?P=a)", "a", "aa", "b", "1,",
            "2,900", "é", "\\", "\0", "a" * 40, "-", "[^", "[[:alpha:]]", "\\pL", "(a+)+", "\\Z",
            "\\x", "\\u",
        ),
    ),
    "flow file": Target(
        _flow_file,
        FlowProblem,
        (
            "flex_flows:\n", "  - ", "    ", "friendly_name: ", "channel_type: ",
            "integration_type: ", "integration:\n", "      workspace: ", "workflow: ", "channel: ",
            "flow: ", "url: ", "web", "sms", "custom", "task", "studio", "external", "\n", ": ",
            "- ", "[", "]", "{", "}", "&a ", "*a", "<<: *a", "!!python/object:os.system",
            "!!binary ", "|\n", ">", "'", '"', "#", "1e3", "0x1f", "2026-13-45", "null", "~",
            "true", "enabled: ", "\t", "\x85", "\u2028", "%YAML 9.9", "---\n", "...\n", "? ",
            "retry_count: ", "9" * 5000, "https://bot.example.com/", "contact_identity: ", "+49170",
            "-.inf", ".nan", "1:2:3", "12:30:45", "[" * 200, "=",
        ),
    ),
    "body": Target(
        _body,
        TwilioError,
        (
            "multipart/form-data; boundary=b", "multipart/form-data; boundary=", "application/json",
            "application/x-www-form-urlencoded", "\n", "\r\n", "--b", "--b\r\n", "--b--", "--",
            'Content-Disposition: form-data; name="Body"', '; filename="a.txt"', "; name=",
            "\r\n\r\n", "Content-Type: text/plain", "Content-Length: 5",
            "Content-Transfer-Encoding: base64", "x", "Body=", "&", "=", "%", "%zz", "%00", "\0",
            '"', "\\", ";", "é", "x" * 5000, "&" * 1100,
            "Content-Type: multipart/mixed; boundary=c", " folded", "\n\n", "[]", "charset=idna",
        ),
        is_text=False,
    ),
    "frame": Target(
        _frame,
        notices.FrameError,
        (
            "TWILSOCK V3.0 ", "TWILSOCK V9 ", "0\r\n", "2\r\n", "60\r\n", "\r\n", "{", "}",
            '"method"', ":", '"message"', '"init"', ",", '"id"', '"x"', '"payload_size"', "5", "-1",
            "9" * 30, '"payload_type"', '"application/json"', '"http_request"', '"path"',
            '"params"', "[" * 300, "null", "1e999", "\0", "\\ud800",
            '{"method":"message","id":"x","payload_size":0,',
            '"http_request":{"method":"GET","path":"/","params":{}}}',
            '"application/x-www-form-urlencoded"',
        ),
        is_text=False,
    ),
}  # fmt: skip
