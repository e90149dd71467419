"""Liquid templates, variables, and splits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studio_lab import Lab, ask, if_, send, to, widget
from support import examples

from helpers.mock.studio.templates import COMPARISONS, condition_holds

ATTRIBUTES = "trigger.message.ChannelAttributes"


# -- templates


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("{{trigger.message.Body}}", "hello"),
        ("{{trigger.message.From}}", "jane"),
        ("{{trigger.message.ChannelAttributes.from}}", "+15550142"),
        ("{{trigger.message.ChannelAttributes.pre_engagement_data.topic}}", "billing"),
        ("{{contact.channel.address}}", "+15550142"),
        ("{{trigger.message.Body | upcase}}!", "HELLO!"),
        ("{% if trigger.message.Body == 'hello' %}yes{% else %}no{% endif %}", "yes"),
        ("[{{trigger.message.Nothing}}{{widgets.nobody.inbound.Body}}{{nothing.at.all}}]", "[]"),
        (
            "{{trigger.message.ChannelAttributes.pre_engagement_data | to_json}}",
            '{"topic":"billing"}',
        ),
        ("{{nothing | to_json}}", "null"),
        ("{{true | plus: 1}}{{2 | times: true}}{{'1.5' | plus: '1'}}", "102.5"),
        ("{{'né' | split: '' | to_json}}", '["n","é"]'),
        ("[{{trigger.message.empty}}{{nothing.blank}}]", "[]"),
        ("{{trigger.message.ChannelAttributes.if}}", "reserved"),
        ("{{trigger.message.ChannelAttributes.empty.for | upcase}}", "NESTED"),
        ("{% if trigger.message.ChannelAttributes.if == 'a.empty' %}{% else %}no{% endif %}", "no"),
        ("{{ 'x.empty' }}{{ \"y.if\" }}", "x.emptyy.if"),
        ("{% raw %}{{x.empty}}{% endraw %}", "{{x.empty}}"),
        ("{% if trigger.message.Nothing == empty %}{% else %}full{% endif %}", "full"),
        ("{% for i in (1..2) %}{{ forloop.last }}{% endfor %}", "falsetrue"),
        ("no template: { } % }}", "no template: { } % }}"),
        ("<b>{{trigger.message.Body}}</b>", "<b>hello</b>"),
    ],
)
def test_a_template_is_filled_in(lab: Lab, template: str, rendered: str) -> None:
    attributes: dict[str, Any] = {
        "from": "+15550142",
        "pre_engagement_data": {"topic": "billing"},
        "if": "reserved",
        "empty": {"for": "nested"},
    }
    assert lab.heard(send("say", template), **attributes) == [rendered]


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("{{a}}", '{"ok":false,"tags":["é",{"n":null}],"size":1.5,"ref":null}'),
        ("{{a.tags}}", '["é",{"n":null}]'),
        ("{% for tag in a.tags %}{{tag}};{% endfor %}", 'é;{"n":null};'),
        ("{{a.tags | join: ', '}}", 'é, {"n":null}'),
        ("{{a.tags | first}}{{a.tags | last}}", 'é{"n":null}'),
        ("{{a.tags | append: '!'}}", '["é",{"n":null}]!'),
        ("{{'tags: ' | append: a.tags}}", 'tags: ["é",{"n":null}]'),
        ("{{'x' | replace: 'x', a.tags}}", '["é",{"n":null}]'),
        ("{% capture all %}{{a.tags}}{% endcapture %}{{all}}", '["é",{"n":null}]'),
        ("{% assign all = a.tags %}{% echo all %}", '["é",{"n":null}]'),
        ("{{a.tags | slice: 1 | first}}", '{"n":null}'),
        ("{{'a,b' | split: ',' | append: ''}}", '["a","b"]'),
        ("{{a.ok}}[{{a.ref}}]{{a.size}}", "false[]1.5"),
        ("{{a.ok | append: '!'}}{{'' | append: a.ok}}", "false!false"),
        ("[{{a.ref | append: '!'}}{{'!' | append: a.ref}}]", "[!!]"),
        ("[{{a.none | append: '!'}}{{a.none}}]", "[!]"),
        ("{% if a.ok == false and a.ref == nil %}as they are{% endif %}", "as they are"),
        ("{{(1..3)}}", "1..3"),
    ],
)
def test_a_value_that_is_no_text_is_written_as_json(lab: Lab, template: str, rendered: str) -> None:
    attributes = {"a": {"ok": False, "tags": ["é", {"n": None}], "size": 1.5, "ref": None}}
    template = template.replace("a.", f"{ATTRIBUTES}.a.").replace(
        "{{a}}", f"{{{{{ATTRIBUTES}.a}}}}"
    )
    assert lab.heard(send("say", template), **attributes) == [rendered]


def test_an_object_in_a_template_can_be_read_again(lab: Lab) -> None:
    whole = [{"key": "all", "value": f"{{{{{ATTRIBUTES}}}}}", "type": "json"}]
    read = widget("set", "set-variables", to("next", "say"), variables=whole)
    said = send("say", "{{flow.variables.all.deep.er}}")
    assert lab.heard(read, said, deep={"er": [1]}) == ["[1]"]


def test_sids_of_service_channel_webhook_and_flow_can_be_named(lab: Lab) -> None:
    names = ("trigger.message.InstanceSid", "trigger.message.ChannelSid")
    more = ("trigger.message.WebhookSid", "flow.flow_sid", "flow.sid")
    flow = lab.flow(send("say", " ".join(f"{{{{{name}}}}}" for name in names + more)))
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    [webhook] = channel.webhooks.list()
    expected = [lab.account.credentials.chat_service_sid, channel.sid, webhook.sid, flow.sid]
    assert lab.answers(channel)[0].split() == [*expected, lab.execution().sid]


def test_what_a_template_makes_of_the_customers_words_is_not_a_template(lab: Lab) -> None:
    said = lab.heard(send("say", "{{trigger.message.Body}}"), says="{{flow.sid}} {% raw %}")
    assert said == ["{{flow.sid}} {% raw %}"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ trigger.message.Body | frobnicate }}",
        "{% if %}",
        "{{ 1 | divided_by: 0 }}",
        "{% include 'secrets' %}",
        "{% for i in (1..16) %}x{% endfor %}",
        "{% for i in (1..4) %}{% for j in (1..4) %}x{% endfor %}{% endfor %}",
        "{{ '" + "x" * 40_000 + "' | append: '" + "y" * 40_000 + "' }}",
    ],
)
def test_a_template_that_fails_ends_the_execution_with_81018(lab: Lab, template: str) -> None:
    assert lab.heard(send("say", template, then="more"), send("more", "More")) == []
    error = lab.the_error()
    assert (error.code, error.widget, error.ended) == (81018, "say", True)
    assert "Liquid could not render" in error.message
    assert lab.way()[-1] == ("error", "say", "Ended")


def test_a_cycle_over_objects_shows_each_as_json(lab: Lab) -> None:
    attributes = {"a": {"x": [True, None]}, "b": [1, "é"], "c": 'it "is"'}
    cycle = "{% cycle flow.variables.all.a, flow.variables.all.b, flow.variables.all.c, 7 %}"
    all_of_them = {"key": "all", "value": json.dumps(attributes), "type": "json"}
    named = "{% cycle 'g': flow.variables.all.b, 'x' %}" * 2
    said = send("say", " ".join([cycle] * 5) + "|" + named)
    assert lab.heard(variables(all_of_them), said) == [
        '{"x":[true,null]} [1,"é"] it "is" 7 {"x":[true,null]}|[1,"é"]x'
    ]


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (
            "{{ 'now' | date: '%H', 'Europe/Berlin' }}",
            "date does not take this value",
        ),
        ("{{ 'a' | upcase: 1, 2 }}", "upcase does not take this value"),
        ("{% if trigger.message > 3 %}{% endif %}", "> does not take this value"),
        ("{{ trigger.message | frobnicate }}", "unknown filter 'frobnicate'"),
        ("{% include 'more' %}", "unexpected tag 'include'"),
    ],
)
def test_the_reason_of_a_template_that_fails_is_one_line_about_liquid(
    lab: Lab, template: str, reason: str
) -> None:
    assert lab.heard(send("say", template)) == []
    message = lab.the_error().message
    assert reason in message
    assert not any(word in message for word in ("\n", "_date", "positional", "Error"))


def test_a_loop_of_fifteen_rounds_is_rendered(lab: Lab) -> None:
    assert lab.heard(send("say", "{% for i in (1..15) %}x{% endfor %}")) == ["x" * 15]


# -- set variables


def variables(*pairs: dict[str, Any], then: str = "say") -> dict[str, Any]:
    return widget("vars", "set-variables", to("next", then), variables=[*pairs])


@pytest.mark.parametrize(
    ("variable", "template", "rendered"),
    [
        ({"value": "green"}, "{{flow.variables.x}}", "green"),
        ({"value": "{{trigger.message.Body}}!"}, "{{flow.variables.x}}", "hello!"),
        ({"value": "41"}, "{{flow.variables.x | plus: 1}}", "42"),
        ({"value": "007"}, "{{flow.variables.x}}", "007"),
        ({"value": "2.50"}, "{{flow.variables.x}}", "2.5"),
        ({"value": '"5"'}, "{{flow.variables.x}}", "5"),
        ({"value": "2.50", "type": "string"}, "{{flow.variables.x}}", "2.50"),
        ({"value": '{"a": [1, 2]}', "type": "json"}, "{{flow.variables.x.a[1]}}", "2"),
        ({"value": '{"a": 1}'}, "{{flow.variables.x.a}}.", "."),
    ],
)
def test_a_variable_keeps_its_value(
    lab: Lab, variable: dict[str, str], template: str, rendered: str
) -> None:
    assert lab.heard(variables({"key": "x", **variable}), send("say", template)) == [rendered]


def test_variables_set_together_do_not_see_one_another(lab: Lab) -> None:
    pair = ({"key": "a", "value": "1"}, {"key": "b", "value": "{{flow.variables.a}}"})
    assert lab.heard(variables(*pair), send("say", "[{{flow.variables.b}}]")) == ["[]"]


def test_a_variable_that_is_not_the_json_it_should_be_is_an_error(lab: Lab) -> None:
    assert lab.heard(variables({"key": "x", "value": "{", "type": "json"}), send("say", "")) == []
    assert "'x' is not valid JSON" in lab.the_error().message


# -- split


@pytest.mark.parametrize(
    ("kind", "tested", "value", "expected"),
    [
        ("equal_to", "Yes", "yes", True),
        ("equal_to", "  yes ", "yes", True),
        ("equal_to", "yes!", "yes", False),
        ("not_equal_to", "no", "yes", True),
        ("not_equal_to", "YES", "yes", False),
        ("matches_any_of", "b", "a, b ,c", True),
        ("matches_any_of", "d", "a, b ,c", False),
        ("does_not_match_any_of", "d", "a,b", True),
        ("does_not_match_any_of", "A", "a,b", False),
        ("contains", "I want an Agent", "agent", True),
        ("contains", "hello", "agent", False),
        ("does_not_contain", "hello", "agent", True),
        ("does_not_contain", "agent please", "Agent", False),
        ("starts_with", "Order 12", "order", True),
        ("starts_with", "my order", "order", False),
        ("does_not_start_with", "my order", "order", True),
        ("does_not_start_with", "order", "order", False),
        ("is_blank", "  ", "", True),
        ("is_blank", "x", "", False),
        ("is_not_blank", "x", "", True),
        ("is_not_blank", "", "", False),
        ("regex", "AB-123", r"[a-z]{2}-\d+", True),
        ("regex", "order AB-123", r"[a-z]{2}-\d+", False),
        ("regex", "anything", "(", False),
        ("regex", "A1", r"\D\d", True),
        ("less_than", "9", "10", True),
        ("less_than", "10", "9.5", False),
        ("less_than", "ten", "11", False),
        ("greater_than", "10", "9.5", True),
        ("greater_than", "9", "10", False),
        ("greater_than", "", "1", False),
        ("greater_than", "+5.", "1e0", True),
        ("greater_than", "1_000", "1", False),
        ("greater_than", "infinity", "1", False),
        ("greater_than", "\u0663", "1", False),
        ("is_before_time", "9:05", "17:00", True),
        ("is_before_time", "17:00", "17:00", False),
        ("is_before_time", "17:00", "17:00:01", True),
        ("is_before_time", "noon", "17:00", False),
        ("is_after_time", "23:59", "17:00", True),
        ("is_after_time", "24:00", "17:00", False),
        ("is_before_date", "2026-01-05", "2026-01-06", True),
        ("is_before_date", "2026-01-05T23:00:00Z", "2026-01-05", False),
        ("is_after_date", "2026-12-01", "2026-9-30", True),
        ("is_after_date", "tomorrow", "2026-01-01", False),
    ],
)
def test_a_split_follows_a_condition_that_holds(
    lab: Lab, kind: str, tested: str, value: str, expected: bool
) -> None:
    body = "{{widgets.ask.inbound.Body}}"
    match = to("match", "yes", if_(body, kind, value))
    split = widget("split", "split-based-on", to("noMatch", "no"), match, input=body)
    question = ask("ask", "?", then="split")
    channel = lab.channel(lab.flow(question, split, send("yes", "yes"), send("no", "no")))
    lab.say(channel, "hi")
    lab.say(channel, tested)
    assert lab.answers(channel)[-1] == ("yes" if expected else "no")


@pytest.mark.parametrize(
    ("tested", "value"),
    [(True, "true"), (7, "7"), (None, ""), (["é", None], '["é",null]'), ("true", True), ("", None)],
)
def test_a_split_compares_values_that_are_no_texts_as_json(
    lab: Lab, tested: Any, value: Any
) -> None:
    condition = {"type": "equal_to", "arguments": [], "value": value}
    ways = (to("noMatch"), to("match", "say", condition))
    said = send("say", "equal", attributes={"tags": ["é"]})
    split = widget("split", "split-based-on", *ways, input=tested)
    channel = lab.channel(lab.flow(split, said))
    lab.say(channel, "hello")
    [_, message] = channel.messages.list()
    assert (message.body, message.attributes) == ("equal", '{"tags":["é"]}')


def test_the_first_match_is_taken_and_all_its_conditions_must_hold(lab: Lab) -> None:
    body = "{{trigger.message.Body}}"
    split = widget(
        "split",
        "split-based-on",
        to("match", "both", if_(body, "contains", "a"), if_(body, "contains", "b")),
        to("match", "only", if_(body, "contains", "a")),
        to("match", "late", if_(body, "is_not_blank")),
        to("noMatch"),
        input=body,
    )
    ends = [send(name, name) for name in ("both", "only", "late")]
    assert lab.heard(split, *ends, says="a and b") == ["both"]
    assert lab.heard(split, *ends, says="just a") == ["only"]
    assert lab.heard(split, *ends, says="c") == ["late"]


def test_the_input_of_a_split_is_its_subject_whatever_its_conditions_name(lab: Lab) -> None:
    other = if_("{{contact.channel.address}}", "equal_to", "yes")
    ways = to("noMatch", "no"), to("match", "yes", other)
    split = widget("split", "split-based-on", *ways, input="{{trigger.message.Body}}")
    assert lab.heard(split, send("yes", "yes"), send("no", "no"), says="Yes") == ["yes"]
    [warning] = lab.client.studio.v2.flows.list()[-1].fetch().warnings
    assert warning["property_path"] == "#/states/1/transitions/1/conditions"
    for named in ("{{contact.channel.address}}", "{{trigger.message.Body}}"):
        assert named in warning["message"]


def test_the_value_of_a_condition_may_be_a_template_and_arguments_be_left_out(lab: Lab) -> None:
    condition = {"friendly_name": "me", "type": "equal_to", "value": "{{trigger.message.From}}"}
    split = widget(
        "split",
        "split-based-on",
        to("noMatch"),
        to("match", "me", condition),
        input="{{trigger.message.Body}}",
    )
    assert lab.heard(split, send("me", "That is you"), says="Jane") == ["That is you"]


@settings(max_examples=examples(50))
@given(st.sampled_from(sorted(COMPARISONS)), st.text(max_size=8), st.text(max_size=8))
def test_a_comparison_and_its_negation_never_agree(kind: str, tested: str, value: str) -> None:
    negations = {
        "equal_to": "not_equal_to",
        "matches_any_of": "does_not_match_any_of",
        "contains": "does_not_contain",
        "starts_with": "does_not_start_with",
        "is_blank": "is_not_blank",
    }
    result = condition_holds(kind, tested, value)
    if kind in negations:
        assert result is not condition_holds(negations[kind], tested, value)
