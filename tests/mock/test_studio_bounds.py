"""Hostile expressions, templates, numbers and properties: they fail where they stand."""

from __future__ import annotations

import json
import threading
import time
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from studio_lab import Lab, if_, send, to, widget
from support import seconds_of_work

from helpers import connect
from helpers.mock.studio import definition, widgets
from helpers.mock.studio.actions import StepError
from helpers.mock.studio.patterns import MAX_SIZE, PatternTooCostly, expanded_size, matches_whole
from helpers.mock.studio.templates import render
from helpers.mock.studio.widget_types import SIMULATED, WIDGET_TYPES
from helpers.mock.webhooks.receivers import WebhookAnswer

AT = {"now": datetime(2026, 1, 5, tzinfo=UTC)}

WORDS = " ".join(["word"] * 25)


# -- regular expressions


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"(\w+\s?)*$", WORDS, True),
        (r"(\w+\s?)*$", f"{WORDS}!", False),
        (r"(a+)+$", f"{'a' * 50}b", False),
        (r"(a|aa)+$", f"{'a' * 90}b", False),
        (r"(?:a?){500}a{500}", "a" * 500, True),
        (r".*" * 500 + "x", "a" * 20_000, False),
        (r"((a{1000}){1000}){1000}", "a", None),
        (r"(?:(?:(?:(?:a+)+)+)+)+b", "a" * 5_000, False),
        ("a" * 8_000, "a" * 8_000, True),
        (r"(?=(a+)+b)(a|aa)+$", f"{'a' * 60}c", False),
        (r"(?!x)(a|aa)+$", f"{'a' * 90}c", None),
        (r"(é|éé)+$", f"{'é' * 90}b", False),
        (r"(\w|\w\w)+$", f"{'é' * 90}!", None),
    ],
)
def test_no_expression_takes_long(pattern: str, text: str, expected: bool | None) -> None:
    def match() -> None:
        if expected is None:
            with pytest.raises(PatternTooCostly):
                matches_whole(pattern, text)
        else:
            assert matches_whole(pattern, text) is expected

    assert seconds_of_work(match) < 1


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("yes|yep", "YEP", True),
        (r"(?=.*\d)(?=.*[a-z]).+", "pass1", True),
        (r"(?=.*\d)(?=.*[a-z]).+", "pass", False),
        (r"(\w)\1", "oo", True),
        (r"(?P<a>x)(?P=a)", "xx", True),
        (r"(?<!n)o", "o", True),
        (r"a++b", "aab", True),
        (r"\w+ \w+", "Žluťoučký kůň", True),
        (r"\d+", "٣٤", True),
        ("straße|größe", "GRÖßE", True),
        (r"a{,2}", "aa", True),
        (r"a{,2}", "a{,2}", False),
        (r"\Ayes\Z", "yes", True),
        ("^yes$", "yes", True),
        ("a.b", "a\nb", True),
        (r"a\sb", "a\x0bb", True),
        ("(", "(", False),
        ("*", "*", False),
        ("(" * 5_000, "a", False),
        ("", "", True),
    ],
)
def test_expressions_match_as_python_does(pattern: str, text: str, expected: bool) -> None:
    assert matches_whole(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "size"),
    [("abc", 3), (r"[a-z\]]{3}", 3), (r"(\w{2}-){4}", 12), ("a+", 2), ("(a+)+", 4), ("a{2,}", 3)],
)
def test_the_size_of_an_expression_counts_what_a_compiler_unrolls(pattern: str, size: int) -> None:
    assert expanded_size(pattern) == size
    assert expanded_size(f"(?:{pattern}){{{MAX_SIZE}}}") > MAX_SIZE


COSTLY = r"(?!x)(a|aa)+$"


def test_a_costly_expression_fails_its_widget_and_says_so(lab: Lab) -> None:
    split = widget(
        "reads", "split-based-on", to("noMatch"), to("match", None, if_("x", "regex", COSTLY))
    )
    split["transitions"][1]["conditions"][0]["arguments"] = ["{{trigger.message.Body}}"]
    split["properties"]["input"] = "{{trigger.message.Body}}"
    lab.heard(split, says=f"{'a' * 90}c")
    error = lab.the_error()
    assert (error.code, error.widget, error.ended) == (501, "reads", True)
    assert COSTLY in error.message
    assert "0.1 s" in error.message


@pytest.mark.parametrize("pattern", [r"(\w+\s?)*$", COSTLY])
def test_others_are_served_meanwhile_and_a_file_opens_again(tmp_path: Path, pattern: str) -> None:
    file = tmp_path / "account.db"
    lab = Lab(account=connect(db=file))
    text = f"{WORDS}!" if "w" in pattern else f"{'a' * 90}c"
    splits = [
        widget(f"s{number}", "split-based-on", to("noMatch", f"s{number + 1}"), input=text)
        for number in range(5)
    ]
    for each in splits:
        each["transitions"].append(to("match", None, if_(text, "regex", pattern)))
    flow = lab.flow(*splits, send("s5", "done"))
    delays = []
    for number in range(10):
        lab.client.studio.v2.flows(flow.sid).executions.create(to=f"jane{number}", from_="bot")
        start = time.perf_counter()
        worked = seconds_of_work(lab.client.chat.v2.services.list)
        # On a busy machine it is late without being held up: nobody here was at work meanwhile.
        delays.append(min(time.perf_counter() - start, worked))
    assert max(delays) < 0.1
    assert seconds_of_work(lab.mock.close) < 2  # expressions that wait are dropped
    lab.close()
    again = connect(db=file)
    assert len(again.client.studio.v2.flows(flow.sid).executions.list()) == 10
    assert again.mock is not None
    again.mock.close()


# -- templates

REPLACED = "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 9 + " }}"


@pytest.mark.parametrize(
    "template",
    [
        REPLACED,
        "{{ text | replace: 'a', text }}",
        "{{ (1..200000000) | join }}",
        "{{ (1..200000000) | reverse }}",
        "{{ (1..200000000) | size }}",
        "{{ list | join: text }}",
        "{% assign r = (1..200000000) %}{% if r contains 'x' %}1{% endif %}",
        "{% for i in (1..200000000) %}{% endfor %}",
        "{{ text" + " | append: text" * 9 + " | size }}",
        "{% assign n = 9 %}" + "{% assign n = n | times: n %}" * 40 + "{{ n }}",
        "{{ text" + " | squish | upcase" * 3_000 + " | size }}",
        "{{ text | split: '' | size }}",
        "{{" + " " * 5_000 + "}}",
        "{% raw %}" * 5_000,
        "{{ " + "(" * 5_000 + " }}",
        "{{ 1 }}" * 10_000,
        "{{ '1e999' | ceil }}",
    ],
)
def test_a_costly_template_fails(template: str) -> None:
    context = {"text": "a" * 60_000, "list": ["x"] * 1_000, **AT}
    render("{{ 1 }}", AT)
    tracemalloc.start()

    def fill() -> None:
        with pytest.raises(StepError) as failed:
            render(template, context)
        assert failed.value.problem.code == 81018

    try:
        assert seconds_of_work(fill) < 5  # tracemalloc slows it down
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_costly_template_ends_the_execution(lab: Lab) -> None:
    assert lab.heard(send("hi", REPLACED)) == []
    assert (lab.the_error().code, lab.the_error().widget) == (81018, "hi")


# -- numbers


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("1234567890123456789012", "1234567890123456789012"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("9223372036854775807", 2**63 - 1),
        ("9" * 5_000, "9" * 5_000),
        ("9" * 400 + ".5", "9" * 400 + ".5"),
        ('"1234567890123456789012"', "1234567890123456789012"),
        ("12.5", 12.5),
        ("042", "042"),
    ],
)
def test_a_number_that_cannot_be_stored_stays_text(lab: Lab, given: str, stored: Any) -> None:
    variables = [{"key": "parcel", "value": given}]
    sets = widget("sets", "set-variables", to("next", "hi"), variables=variables)
    answers = lab.heard(sets, send("hi", "{{flow.variables.parcel | size}} is set"))
    assert lab.studio.errors == []
    assert len(answers) == 1
    assert lab.context()["flow"]["variables"]["parcel"] == stored


NUMBERS = '{"id": 1234567890123456789012, "size": 1e400, "half": "\\ud800", "n": 7}'
STORED = {"id": "1234567890123456789012", "size": "1e400", "half": "?", "n": 7}


def test_json_with_such_numbers_is_stored_wherever_it_comes_from(lab: Lab) -> None:
    lab.studio.register_function("https://shop.example.com", lambda _: json_answer(NUMBERS))
    flow = lab.flow(
        widget(
            "sets",
            "set-variables",
            to("next", "ask"),
            variables=[{"key": "all", "value": NUMBERS, "type": "json"}],
        ),
        widget("ask", "make-http-request", to("success"), url="https://shop.example.com"),
    )
    executions = lab.client.studio.v2.flows(flow.sid).executions
    executions.create(to="jane", from_="bot", parameters=NUMBERS)
    assert lab.studio.settle()
    assert lab.studio.errors == []
    context = lab.context()
    assert context["flow"]["variables"]["all"] == STORED
    assert context["flow"]["data"] == STORED
    assert context["widgets"]["ask"]["parsed"] == STORED


def json_answer(body: str) -> Any:
    return WebhookAnswer(200, body, content_type="application/json")


def test_a_definition_and_a_channel_with_such_numbers_are_taken(lab: Lab) -> None:
    channel = lab.channel(lab.flow(send("hi", "{{trigger.message.ChannelAttributes.id}}")))
    channel.update(attributes=NUMBERS.replace("1e400", "1"))
    lab.say(channel, "hello")
    assert lab.answers(channel) == ["1234567890123456789012"]
    document = json.dumps({"id": 1234567890123456789012, **lab_definition(lab)})
    made = lab.client.studio.v2.flows.create("Big", "published", document)
    assert made.definition["id"] == "1234567890123456789012"


def lab_definition(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.client.studio.v2.flows.list()[-1].fetch().definition
    return found


# -- no property makes the mock itself fail

JUNK: tuple[Any, ...] = (
    None, True, 5, 1.5, 10**30, [], [1], ["a"], [[]], [{}], [{"key": 1}], [{"key": "a"}],
    [{"key": "a", "value": {"b": [1]}}], [{"key": "a", "value": "{", "type": "json"}],
    [{"key": "a", "value": "[" * 5_000, "type": "json"}], [{"key": "a", "value": "NaN"}],
    [{"key": "a", "value": "NaN", "type": "json"}], [{"value": "a"}], {}, {"key": "a"}, "",
    " ", "{{", "{{ 1 | nosuch }}", "{{ 1 | divided_by: 0 }}", "{{ x.y.z | first | last }}",
    "{{ 'x' | slice }}", "{{ 'now' | date: '%' }}", "{{ '1' | base64_decode }}", "9" * 30,
    "9" * 5_000, "²", "-1", "1e400", "http://[", "http://", "http://a b", "https://x:99999999",
    "https://\u2100.example", "ftp://x", "[" * 5_000, '{"a": ' * 200 + "1" + "}" * 200,
    '{"a": 12345678901234567890123}', '{"a": "\\ud800"}', "\0", "é" * 40_000,
)  # fmt: skip


READ = {
    "send-message": ("from", "body", "channel", "attributes", "media_url"),
    "send-and-wait-for-reply": ("timeout",),
    "split-based-on": ("input",),
    "set-variables": ("variables",),
    "make-http-request": ("url", "method", "body", "parameters", "content_type"),
    "run-function": ("url", "parameters"),
    "run-subflow": ("parameters",),
    "send-to-flex": ("workflow", "channel", "attributes", "priority", "timeout"),
}
"""The properties that each widget reads."""
SETS = {
    "url": "https://shop.example.com",
    "input": "x",
    "from": "Bot",
    "body": "hi",
    "workflow": "WW1",
    "channel": "chat",
    "flow_sid": "FW1",
    "flow_revision": "LatestPublished",
}


EVENTS = [
    *("sent", "failed", "incomingMessage", "timeout", "deliveryFailure", "noMatch"),
    *("next", "success", "fail", "callComplete", "failedToEnqueue", "callFailure"),
]


@pytest.mark.parametrize("kind", sorted(set(SIMULATED) - {"trigger"}))
def test_no_property_makes_the_mock_itself_fail(kind: str) -> None:
    lab = Lab(takes_over=False)
    lab.studio.register_function("https://shop.example.com", lambda _: None)
    lab.mock.webhooks.register_fallback(lambda _: 404)
    workspace = lab.client.taskrouter.v1.workspaces.list()[0]
    workflow = lab.client.taskrouter.v1.workspaces(workspace.sid).workflows.list()[0].sid
    for name, junk in product(READ[kind], JUNK):
        given = {key: SETS[key] for key in WIDGET_TYPES[kind].required} | {name: junk}
        if kind == "send-to-flex" and name != "workflow":
            given["workflow"] = workflow
        if kind.startswith("send-") and kind != "send-to-flex" and name != "channel":
            given.pop("channel", None)
        flow = lab.flow(widget("w", kind, *map(to, EVENTS), **given))
        channel = lab.channel(flow, identity="jane", number=len(lab.studio.log))
        channel.messages.create(from_="jane", body="hello", x_twilio_webhook_enabled="true")
        assert lab.studio.settle()
        channel.delete()
    assert not [each for each in lab.studio.errors if "itself" in each.message]
    lab.mock.close()


@pytest.mark.parametrize(
    "comparison",
    [*("equal_to", "less_than", "regex", "matches_any_of", "is_before_time", "is_after_date")],
)
def test_no_condition_makes_the_mock_itself_fail(comparison: str) -> None:
    for tested, value in [*product(JUNK, ["x", 5, None, [], {}]), *product("x", JUNK)]:
        condition = {"type": comparison, "arguments": [tested], "value": value}
        split = widget("w", "split-based-on", to("match", None, condition), input=tested)
        made = definition.read({"states": [split]})["w"]
        with suppress(StepError):
            widgets.split(made, AT)


def test_threads_share_no_bound() -> None:
    """One rendering's end in time is its own."""
    found: list[str] = []

    def fill() -> None:
        found.append(render("{{ 'a' | upcase }}", AT))

    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["A"] * 4
