"""Make HTTP Request and Run Function, answered by functions and by real servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from studio_lab import Lab, send, to, widget

from helpers.mock.studio import executor

SHOP = "https://shop.example.com/stock"


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
    assert executor.REQUEST_SECONDS == 10
    monkeypatch.setattr(executor, "REQUEST_SECONDS", 0.05)
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


def test_media_of_a_real_server_is_fetched_and_its_redirects_followed(
    lab: Lab, server: str
) -> None:
    channel = lab.channel(lab.flow(send("say", "Here", media_url=f"{server}/old")))
    lab.say(channel, "hello")
    sent = channel.messages.list()[-1]
    assert sent.type == "media"
    assert sent.media["content_type"] == "application/json; charset=utf-8"
    assert sent.media["size"] > 0


def test_media_is_fetched_from_no_address_that_the_mock_may_not_call(lab: Lab) -> None:
    with lab.mock.serve() as served:
        heard = lab.heard(send("say", "Here", media_url=f"{served.url}/chat"))
    assert heard == []
    assert lab.way()[-1] == ("failed", "say", "Ended")
    assert "the mock's own" in lab.the_error().message


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
