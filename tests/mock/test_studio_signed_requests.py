"""Requests of Make HTTP Request and Run Function on the wire: bytes, signature, credentials."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from studio_lab import Lab, send, to, widget
from twilio.request_validator import RequestValidator

FORM, JSON = "application/x-www-form-urlencoded;charset=utf-8", "application/json"
STATUS = send("ok", "{{widgets.ask.status_code}}")


@dataclass
class Received:
    """A request as a server gets it."""

    url: str
    method: str
    headers: dict[str, str]
    body: str


class Listener(HTTPServer):
    """A web server that keeps what it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server_port}"
        self.received: list[Received] = []


class Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        url = f"{self.server.base}{self.path}"
        self.server.received.append(Received(url, self.command, dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Listener]:
    served = Listener()
    Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def pairs(**values: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def http(**properties: Any) -> dict[str, Any]:
    given = {"method": "POST", "content_type": FORM, **properties}
    return widget("ask", "make-http-request", to("success", "ok"), to("failed"), **given)


def function(**properties: Any) -> dict[str, Any]:
    return widget("ask", "run-function", to("success", "ok"), to("fail"), **properties)


def received(lab: Lab, server: Listener, asks: dict[str, Any]) -> Received:
    """What the server gets from a flow that asks it once."""
    asks["properties"].setdefault("url", f"{server.base}/stock")
    assert lab.heard(asks, STATUS) == ["204"]
    [found] = server.received
    return found


def is_signed(lab: Lab, found: Received, form: dict[str, str] | str | None = None) -> bool:
    validator = RequestValidator(lab.account.credentials.auth_token)
    return bool(validator.validate(found.url, form or {}, found.headers["X-Twilio-Signature"]))


SAID = {"item": "hello & co", "~ *": "é/", "empty": ""}


@pytest.mark.parametrize("asks", [http, function])
def test_parameters_are_posted_as_a_form_and_signed(lab: Lab, server: Listener, asks: Any) -> None:
    given = {**SAID, "item": "{{trigger.message.Body}} & co"}
    found = received(lab, server, asks(parameters=pairs(**given)))
    assert (found.method, found.body) == ("POST", "item=hello+%26+co&%7E+*=%C3%A9%2F&empty=")
    assert found.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert found.headers["User-Agent"] == "TwilioProxy/1.1"
    assert is_signed(lab, found, SAID)
    assert not is_signed(lab, found, {**SAID, "item": "other"})


def test_with_get_the_signed_url_carries_the_parameters(lab: Lab, server: Listener) -> None:
    found = received(lab, server, http(method="GET", parameters=pairs(**SAID)))
    assert (found.method, found.body) == ("GET", "")
    assert found.url == f"{server.base}/stock?item=hello+%26+co&%7E+*=%C3%A9%2F&empty="
    assert "Content-Type" not in found.headers
    assert is_signed(lab, found)


def test_json_is_posted_as_it_is_and_its_hash_is_in_the_signed_url(
    lab: Lab, server: Listener
) -> None:
    body = '{"said": {{trigger.message.Body | to_json}}, "ünd": [1,  2]}'
    found = received(lab, server, http(content_type=JSON, body=body))
    assert found.body == '{"said": "hello", "ünd": [1,  2]}'
    assert found.headers["Content-Type"] == JSON
    assert f"{server.base}/stock?bodySHA256=" in found.url
    assert is_signed(lab, found, found.body)
    assert not is_signed(lab, found, found.body + " ")


def test_a_form_that_was_written_by_hand_is_signed_like_one(lab: Lab, server: Listener) -> None:
    found = received(lab, server, http(body="&Sid={{flow.sid}}&flex=true"))
    assert found.body == f"&Sid={lab.context()['flow']['sid']}&flex=true"
    assert is_signed(lab, found, {"Sid": lab.context()["flow"]["sid"], "flex": "true"})


@pytest.mark.parametrize("more", [{"body": '{"a": 1}', "content_type": JSON}, {"body": "b=1"}])
def test_beside_a_body_the_url_carries_the_parameters(
    lab: Lab, server: Listener, more: dict[str, str]
) -> None:
    found = received(lab, server, http(parameters=pairs(item="x y"), **more))
    assert found.url.startswith(f"{server.base}/stock?item=x+y")
    assert found.body == more["body"]
    assert is_signed(lab, found, found.body if "{" in found.body else {"b": "1"})


def test_a_content_type_that_is_no_form_leaves_the_body_empty(lab: Lab, server: Listener) -> None:
    found = received(lab, server, http(content_type=JSON, parameters=pairs(item="x y")))
    assert (found.url, found.body) == (f"{server.base}/stock?item=x+y", "")
    assert is_signed(lab, found)


def test_a_value_that_is_no_text_is_sent_as_json(lab: Lab, server: Listener) -> None:
    values = {"yes": True, "none": None, "number": 1.5, "list": [1, {"a": False}]}
    found = received(lab, server, function(parameters=pairs(**values)))
    assert found.body == "yes=true&none=&number=1.5&list=%5B1%2C%7B%22a%22%3Afalse%7D%5D"


def test_a_parameter_may_not_be_called_method(lab: Lab) -> None:
    asks = http(url="https://shop.example.com", parameters=pairs(method="x"))
    assert lab.heard(asks, STATUS) == []
    assert (lab.the_error().code, lab.the_error().ended) == (81014, False)


# -- credentials


def decoded(found: Received) -> str:
    scheme, _, text = found.headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    return base64.b64decode(text).decode()


def test_user_and_password_of_a_url_are_sent_and_shown_nowhere(lab: Lab, server: Listener) -> None:
    url = f"{server.base}/stock".replace("//", "//shop:s%40cret@")
    assert decoded(received(lab, server, http(url=url))) == "shop:s@cret"
    server.shutdown()
    server.server_close()
    lab.heard(http(url=url.replace(str(server.server_port), "9")), STATUS)
    assert "127.0.0.1:9" in lab.the_error().message
    assert "cret" not in lab.the_error().message


@pytest.mark.parametrize(("set_to", "is_sent"), [(True, True), ("true", True), (False, False)])
def test_with_twilios_credentials_the_account_logs_in(
    lab: Lab, server: Listener, set_to: Any, is_sent: bool
) -> None:
    found = received(lab, server, http(add_twilio_auth=set_to))
    account = lab.account.credentials
    assert ("Authorization" in found.headers) is is_sent
    if is_sent:
        assert decoded(found) == f"{account.account_sid}:{account.auth_token}"


CHANNEL = (
    "https://chat.twilio.com/v2/Services/{{trigger.message.InstanceSid}}"
    "/Channels/{{flow.channel.address}}"
)


def test_a_flow_reads_twilios_api_from_the_mock_itself(lab: Lab) -> None:
    asks = http(method="GET", url=CHANNEL, add_twilio_auth=True)
    said = send("ok", "{{widgets.ask.parsed.sid}}")
    channel = lab.channel(lab.flow(asks, said))
    lab.say(channel, "hello")
    assert lab.answers(channel) == [channel.sid]


@pytest.mark.parametrize(
    "sent",
    [
        {"parameters": pairs(FriendlyName="{{trigger.message.Body}} & co")},
        {"body": "FriendlyName={{trigger.message.Body}}+%26+co"},
    ],
)
def test_a_flow_writes_to_twilios_api_in_the_mock_itself(lab: Lab, sent: dict[str, Any]) -> None:
    asks = http(url=CHANNEL, add_twilio_auth=True, **sent)
    channel = lab.channel(lab.flow(asks, STATUS))
    lab.say(channel, "hello")
    assert lab.answers(channel) == ["200"]
    assert channel.fetch().friendly_name == "hello & co"


def test_a_fault_of_twilios_api_is_one_for_flows_too(lab: Lab) -> None:
    lab.mock.faults.add("FetchService", kind="reset")
    url = CHANNEL.partition("/Channels")[0]
    asks = http(method="GET", url=url, add_twilio_auth=True)
    assert lab.heard(asks, STATUS) == []
    assert "could not be reached: ConnectionError" in lab.the_error().message


def test_twilios_api_wants_credentials_of_a_flow_too(lab: Lab) -> None:
    asks = http(method="GET", url=CHANNEL)
    asks["transitions"][1] = to("failed", "ok")
    lab.mock.webhooks.register_fallback(lambda _: 200)
    assert lab.heard(asks, STATUS) == ["401"]


def test_what_is_not_simulated_of_twilio_never_reaches_the_network(lab: Lab) -> None:
    url = "https://lookups.twilio.com/v2/PhoneNumbers/+15550142"
    asks = http(method="GET", url=url, add_twilio_auth=True)
    asks["transitions"][1] = to("failed", "why")
    [heard] = lab.heard(asks, STATUS, send("why", "{{widgets.ask.body}}"))
    assert json.loads(heard)["status"] == 501
