"""What each widget does: templates, variables, splits, messages, requests, functions, hand-over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studio_lab import Lab, ask, hand_over, if_, send, to, widget

from helpers.mock import TwilioError
from helpers.mock.messaging import channels
from helpers.mock.studio import walk
from helpers.mock.studio.conditions import COMPARISONS, holds

SHOP = "https://shop.example.com/stock"


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    made.close()


# -- templates


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("{{trigger.message.Body}}", "hello"),
        ("{{trigger.message.From}}", "jane"),
        ("{{trigger.message.ChannelAttributes.from}}", "+15550142"),
        ("{{trigger.message.ChannelAttributes.pre_engagement_data.topic}}", "billing"),
        ("{{contact.channel.address}}", "+15550142"),
        ("{{flow.channel.address}}", "Shop bot"),
        ("{{trigger.message.Body | upcase}}!", "HELLO!"),
        ("{% if trigger.message.Body == 'hello' %}yes{% else %}no{% endif %}", "yes"),
        ("[{{trigger.message.Nothing}}{{widgets.nobody.inbound.Body}}{{nothing.at.all}}]", "[]"),
        (
            "{{trigger.message.ChannelAttributes.pre_engagement_data | to_json}}",
            '{"topic": "billing"}',
        ),
        ("{{nothing | to_json}}", "null"),
        ("no template: { } % }}", "no template: { } % }}"),
        ("<b>{{trigger.message.Body}}</b>", "<b>hello</b>"),
    ],
)
def test_a_template_is_filled_in(lab: Lab, template: str, rendered: str) -> None:
    attributes = {"from": "+15550142", "pre_engagement_data": {"topic": "billing"}}
    assert lab.heard(send("say", template), **attributes) == [rendered]


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
    assert "'x' is not the JSON" in lab.the_error().message


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


def test_the_value_of_a_condition_may_be_a_template_and_the_input_stands_in_for_arguments(
    lab: Lab,
) -> None:
    condition = {"friendly_name": "me", "type": "equal_to", "value": "{{trigger.message.From}}"}
    split = widget(
        "split",
        "split-based-on",
        to("noMatch"),
        to("match", "me", condition),
        input="{{trigger.message.Body}}",
    )
    assert lab.heard(split, send("me", "That is you"), says="Jane") == ["That is you"]


@settings(max_examples=50)
@given(st.sampled_from(sorted(COMPARISONS)), st.text(max_size=8), st.text(max_size=8))
def test_a_comparison_and_its_negation_never_agree(kind: str, tested: str, value: str) -> None:
    negations = {
        "equal_to": "not_equal_to",
        "matches_any_of": "does_not_match_any_of",
        "contains": "does_not_contain",
        "starts_with": "does_not_start_with",
        "is_blank": "is_not_blank",
    }
    result = holds(kind, tested, value)
    if kind in negations:
        assert result is not holds(negations[kind], tested, value)


# -- messages


def test_a_message_says_who_it_is_from_and_may_carry_attributes(lab: Lab) -> None:
    flow = lab.flow(send("say", "Hi", attributes='{"to": "{{trigger.message.From}}"}'))
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    message = channel.messages.list()[-1]
    assert (message._from, json.loads(message.attributes)) == ("Bot", {"to": "jane"})
    assert lab.context()["widgets"]["say"]["outbound"] == {
        "Sid": message.sid,
        "From": "Bot",
        "To": "jane",
        "Body": "Hi",
        "Status": "sent",
        "ChannelSid": channel.sid,
    }


def test_without_a_sender_the_flow_speaks_under_its_own_name(lab: Lab) -> None:
    channel = lab.channel(lab.flow(send("say", "Hi", **{"from": "{{flow.channel.address}}"})))
    lab.say(channel, "hello")
    assert channel.messages.list()[-1]._from == "Shop bot"


def test_a_message_may_go_to_another_channel(lab: Lab) -> None:
    other = lab.service.channels.create()
    assert lab.heard(send("say", "Hi", channel=other.sid)) == []
    assert [message.body for message in other.messages.list()] == ["Hi"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"body": "  "}, "blank"),
        ({"body": "{{trigger.message.Nothing}}"}, "blank"),
        ({"channel": "CH" + "0" * 32}, "not found"),
        ({"attributes": "{"}, "JSON object"),
        ({"body": "x" * 40_000}, "too long"),
    ],
)
def test_a_message_that_cannot_be_sent_leaves_by_failed(
    lab: Lab, changes: dict[str, str], reason: str
) -> None:
    message = send("say", **{"body": "Hi", "then": "never", **changes})
    message["transitions"][1] = to("failed", "sorry")
    heard = lab.heard(message, send("never", "never"), send("sorry", "Sorry"))
    assert heard == ["Sorry"]
    error = lab.the_error()
    assert (error.code, error.ended) == (81011, False)
    assert reason in error.message


def test_a_question_that_cannot_be_sent_leaves_by_delivery_failure(lab: Lab) -> None:
    assert lab.heard(ask("ask", "", then="never"), send("never", "never")) == []
    assert lab.way()[-1] == ("deliveryFailure", "ask", "Ended")


@pytest.mark.parametrize("name", ["media_url", "content_sid"])
def test_media_and_templates_of_messages_are_not_simulated_and_say_so(lab: Lab, name: str) -> None:
    assert lab.heard(send("say", "Hi", **{name: "https://example.com/owl.png"})) == []
    error = lab.the_error()
    assert (error.code, error.ended) == (501, True)
    assert name in error.message


# -- requests and functions


def request(**properties: Any) -> dict[str, Any]:
    given = {"url": SHOP, "method": "POST", **properties}
    return widget("ask", "make-http-request", to("success", "ok"), to("failed", "no"), **given)


OK = send("ok", "{{widgets.ask.status_code}} {{widgets.ask.parsed.left}} {{widgets.ask.body}}")
NO = send("no", "failed {{widgets.ask.status_code}}")


def asked(lab: Lab, answer: Any, **properties: Any) -> tuple[Any, list[str]]:
    """What the function saw, and what the customer heard."""
    seen: list[Any] = []

    def function(asked: Any) -> Any:
        seen.append(asked)
        return answer

    lab.studio.register_function(SHOP, function)
    heard = lab.heard(request(**properties), OK, NO)
    return seen[0], heard


PARAMETERS = [{"key": "item", "value": "{{trigger.message.Body}} & co"}]


def test_a_form_is_posted_and_its_json_is_parsed(lab: Lab) -> None:
    seen, heard = asked(lab, {"left": 3}, parameters=PARAMETERS)
    assert heard == ['200 3 {"left": 3}']
    assert (seen.method, seen.url, seen.body) == ("POST", SHOP, "")
    assert seen.parameters == {"item": "hello & co"}
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "X-Twilio-Signature" not in seen.headers


def test_with_get_the_url_carries_the_parameters(lab: Lab) -> None:
    seen, heard = asked(lab, "plenty", method="GET", parameters=PARAMETERS, url=f"{SHOP}?v=1")
    assert heard == ["200  plenty"]
    assert (seen.method, seen.url) == ("GET", f"{SHOP}?v=1&item=hello+%26+co")
    assert seen.parameters == {"item": "hello & co"}


def test_a_json_body_is_posted_as_it_is(lab: Lab) -> None:
    body = '{"item": {{trigger.message.Body | to_json}}}'
    seen, _ = asked(lab, None, content_type="application/json", body=body)
    assert (seen.body, seen.parameters) == ('{"item": "hello"}', {})
    assert seen.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "heard", "reason"),
    [
        (404, ["failed 404"], "answered 404"),
        ((500, {"error": "oops"}), ["failed 500"], "answered 500"),
        ("x" * 70_000, ["failed "], "more than 64 kB"),
    ],
)
def test_an_answer_that_is_no_success_leaves_by_failed(
    lab: Lab, answer: Any, heard: list[str], reason: str
) -> None:
    assert asked(lab, answer)[1] == heard
    error = lab.the_error()
    assert (error.code, error.ended) == (81016, False)
    assert reason in error.message


def test_a_function_that_raises_counts_as_a_500(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    lab.studio.register_function(SHOP, lambda _: 1 / 0)
    assert lab.heard(request(), OK, NO) == ["failed 500"]
    assert "ZeroDivisionError" in caplog.text


def test_only_a_json_object_is_parsed(lab: Lab) -> None:
    assert asked(lab, [1, 2])[1] == ["200  [1, 2]"]
    assert asked(lab, '{"left": 3}')[1] == ['200  {"left": 3}']


@pytest.mark.parametrize("url", ["", "ftp://shop.example.com", "{{trigger.message.Nothing}}/stock"])
def test_a_url_that_is_none_is_not_asked(lab: Lab, url: str) -> None:
    assert lab.heard(request(url=url), OK, NO) == ["failed "]
    assert lab.the_error().code == 81014


def test_nobody_there_leaves_by_failed(lab: Lab) -> None:
    assert lab.heard(request(url="http://127.0.0.1:9/"), OK, NO) == ["failed "]
    assert "could not be reached" in lab.the_error().message


def test_a_request_takes_ten_seconds_at_the_most(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert walk.REQUEST_SECONDS == 10
    monkeypatch.setattr(walk, "REQUEST_SECONDS", 0.05)
    never = Event()
    lab.studio.register_function(SHOP, lambda _: never.wait(1) and None)
    assert lab.heard(request(), OK, NO) == ["failed "]
    never.set()
    assert "no answer within" in lab.the_error().message


@pytest.fixture
def server() -> Iterator[str]:
    """A web server that says what it was sent, after a redirect."""

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/old"):
                self.send_response(302)
                self.send_header("Location", self.path.replace("/old", "/new"))
                self.end_headers()
                return
            self._say({"left": self.path})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._say({"left": self.rfile.read(length).decode()})

        def _say(self, answer: Any) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: Any) -> None:
            pass

    served = HTTPServer(("127.0.0.1", 0), Echo)
    Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


LEFT = send("ok", "{{widgets.ask.parsed.left}}")


def test_a_real_server_is_asked_and_its_redirects_followed(lab: Lab, server: str) -> None:
    get = request(method="GET", url=f"{server}/old", parameters=PARAMETERS)
    assert lab.heard(get, LEFT, NO) == ["/new?item=hello+%26+co"]


@pytest.mark.parametrize(
    ("properties", "sent"),
    [
        ({"parameters": PARAMETERS}, "item=hello+%26+co"),
        ({"body": '{"a": 1}', "content_type": "application/json"}, '{"a": 1}'),
    ],
)
def test_a_real_server_is_posted_to(
    lab: Lab, server: str, properties: dict[str, Any], sent: str
) -> None:
    assert lab.heard(request(url=server, **properties), LEFT, NO) == [sent]


def function_widget(**properties: Any) -> dict[str, Any]:
    given = {"url": SHOP, **properties}
    return widget("ask", "run-function", to("success", "ok"), to("fail", "no"), **given)


def test_a_function_is_told_parameters_and_gives_json(lab: Lab) -> None:
    lab.studio.register_function(SHOP, lambda asked: {"left": len(asked.parameters["item"])})
    assert lab.heard(function_widget(parameters=PARAMETERS), LEFT, NO) == ["10"]


def test_a_function_that_fails_leaves_by_fail(lab: Lab) -> None:
    lab.studio.register_function(SHOP, lambda _: 400)
    assert lab.heard(function_widget(), OK, NO) == ["failed 400"]
    assert lab.the_error().code == 81017


def test_a_function_may_itself_use_the_account(lab: Lab) -> None:
    """It runs outside any transaction, so that the flow's own channel is open to it."""

    def function(asked: Any) -> None:
        channel = lab.service.channels(asked.parameters["channel"])
        channel.messages.create(from_="helper", body="from the function")

    lab.studio.register_function(SHOP, function)
    own = [{"key": "channel", "value": "{{trigger.message.ChannelSid}}"}]
    said = lab.heard(function_widget(parameters=own), send("ok", "and on"), NO)
    assert said == ["from the function", "and on"]


def test_an_unregistered_function_is_looked_for_on_the_network_again(lab: Lab) -> None:
    url = "http://127.0.0.1:9/stock"
    lab.studio.register_function(url, lambda _: None)
    lab.studio.unregister_function(url)
    assert lab.heard(function_widget(url=url), OK, NO) == ["failed "]


# -- hand-over


def test_send_to_flex_hands_over_what_the_flow_says(lab: Lab) -> None:
    attributes = (
        '{"name": "{{trigger.message.From}}", "channelSid": "{{trigger.message.ChannelSid}}"}'
    )
    flow = lab.flow(hand_over(attributes=attributes, priority="{{2}}", timeout="300"))
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    [task] = lab.handed_over
    assert (task.workflow, task.channel, task.priority, task.timeout) == ("WW1", "chat", "2", "300")
    assert json.loads(task.attributes) == {"name": "jane", "channelSid": channel.sid}
    assert lab.way()[-1] == ("callComplete", "agent", "Ended")
    assert lab.context()["widgets"]["agent"]["task_sid"].startswith("WT")


def refusing(lab: Lab, error: Exception) -> None:
    """Has the hand-over do half of its work and then fail."""

    def hand_over(call: Any, execution: Any, task: Any) -> str:
        lab.handed_over.append(task)
        channels.update(
            call,
            channels.find(call, execution.channel_sid),
            channels.ChannelChanges(friendly_name="half done"),
        )
        raise error

    lab.studio.hand_over = hand_over


def test_a_refused_hand_over_leaves_by_failed_to_enqueue_and_nothing_half_done(lab: Lab) -> None:
    refusing(lab, TwilioError(20404, "Workflow WW1 not found"))
    task = hand_over()
    task["transitions"][1] = to("failedToEnqueue", "sorry")
    channel = lab.channel(lab.flow(task, send("sorry", "Nobody is there")))
    lab.say(channel, "hello")
    assert lab.answers(channel) == ["Nobody is there"]
    assert channel.fetch().friendly_name is None
    error = lab.the_error()
    assert (error.code, error.message, error.ended) == (81015, "Workflow WW1 not found", False)


def test_attributes_that_are_no_json_are_not_handed_over(lab: Lab) -> None:
    assert lab.heard(hand_over(attributes='{"name": "{{trigger.message.Body}}"}'), says='"') == []
    assert lab.handed_over == []
    assert lab.way()[-1] == ("failedToEnqueue", "agent", "Ended")
    assert "are no JSON object" in lab.the_error().message


def test_a_hand_over_that_breaks_ends_the_execution_instead_of_hanging(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    refusing(lab, RuntimeError("a bug"))
    lab.heard(hand_over())
    assert (lab.execution().status, lab.the_error().ended) == ("ended", True)
    assert "a bug" in lab.the_error().message
    assert "RuntimeError" in caplog.text


def test_an_account_where_nobody_takes_over_says_so() -> None:
    fresh = Lab(takes_over=False)
    fresh.heard(hand_over())
    assert "Nobody takes over" in fresh.the_error().message
    assert fresh.way()[-1] == ("failedToEnqueue", "agent", "Ended")
    fresh.close()


def test_a_message_of_a_conversations_flow_is_taken_with_a_note(lab: Lab) -> None:
    flow = lab.flow(send("hi", "Hi"))
    definition = flow.definition
    definition["states"][0]["transitions"] = [
        to("incomingMessage"),
        to("incomingConversationMessage", "hi"),
    ]
    flow.update(status="published", definition=definition)
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    assert lab.answers(channel) == ["Hi"]
    assert lab.way()[0] == ("incomingConversationMessage", "Trigger", "hi")
    assert "taken as incomingConversationMessage" in lab.context()["widgets"]["Trigger"]["note"]
