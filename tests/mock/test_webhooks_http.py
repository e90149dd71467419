"""Webhooks that go to a real HTTP server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from hooks import HEADER, PATIENCE
from twilio.request_validator import RequestValidator

from helpers import Account, ChatError
from helpers.mock.webhooks.network import CallPolicy, HttpSender


class Server:
    """A web server that keeps what it is sent; `answers` are (status, headers, body)."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.unhurried = threading.Event()
        self.unhurried.set()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._http.server_port}/hooks?key=1"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.requests.append((self.command, self.path, dict(self.headers), body))
                server.unhurried.wait(PATIENCE)
                answers = server.answers
                status, headers, content = answers.pop(0) if answers else (200, {}, b"")
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST  # noqa: N815 - the standard library's name

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.unhurried.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(autouse=True)
def _told(service: Any, server: Server) -> None:
    service.update(post_webhook_url=server.url, webhook_filters=["onMessageSent"])


def test_a_post_arrives_as_a_signed_form(
    account: Account, janes: Any, webhooks: Any, server: Server
) -> None:
    janes.send_message("ünïcödé & 100% = 😀 +\nsecond line")
    assert webhooks.settle()
    [(method, path, headers, body)] = server.requests
    parameters = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
    assert (method, path) == ("POST", "/hooks?key=1")
    assert parameters["Body"] == "ünïcödé & 100% = 😀 +\nsecond line"
    assert parameters == webhooks.log[0].parameters
    accepts = RequestValidator(account.credentials.auth_token).validate
    assert accepts(server.url, parameters, headers["X-Twilio-Signature"])
    assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert "Authorization" not in headers


def test_a_get_arrives_with_everything_in_its_signed_url(
    account: Account, service: Any, janes: Any, webhooks: Any, server: Server
) -> None:
    service.update(webhook_method="GET")
    janes.send_message("ünïcödé & 100% = 😀 +\nsecond line")
    assert webhooks.settle()
    [(method, path, headers, body)] = server.requests
    query = parse_qs(urlsplit(path).query, strict_parsing=True)
    assert (method, body) == ("GET", b"")
    assert query["Body"] == ["ünïcödé & 100% = 😀 +\nsecond line"]
    assert query["key"] == ["1"]
    whole = server.url.removesuffix("/hooks?key=1") + path
    accepts = RequestValidator(account.credentials.auth_token).validate
    assert accepts(whole, {}, headers["X-Twilio-Signature"])


def test_a_busy_server_is_tried_again(
    service: Any, channel: Any, webhooks: Any, server: Server
) -> None:
    service.update(post_webhook_retry_count=3)
    server.answers = [(503, {}, b""), (429, {"Retry-After": "60"}, b"")]
    channel.messages.create(body="hello", **HEADER)
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [503, 429, 200]
    sent = [dict(parse_qsl(body.decode()))["RetryCount"] for *_, body in server.requests]
    assert sent == ["0", "1", "2"]


def test_a_redirect_is_not_followed(channel: Any, webhooks: Any, server: Server) -> None:
    server.answers = [(302, {"Location": server.url}, b"")]
    channel.messages.create(body="hello", **HEADER)
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [302]
    assert len(server.requests) == 1


def test_a_server_that_takes_too_long_is_given_up(
    channel: Any, webhooks: Any, server: Server
) -> None:
    webhooks.timeout = 0.05
    server.unhurried.clear()
    channel.messages.create(body="hello", **HEADER)
    assert webhooks.settle()
    [attempt] = webhooks.log
    assert (attempt.status, attempt.problem) == (None, "no answer within 0.05 s")


def test_a_port_where_nobody_listens_is_a_problem_in_the_log(
    service: Any, channel: Any, webhooks: Any
) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else gets it meanwhile
        taken.bind(("127.0.0.1", 0))
        service.update(post_webhook_url=f"http://127.0.0.1:{taken.getsockname()[1]}/")
        channel.messages.create(body="hello", **HEADER)
        assert webhooks.settle()
    [attempt] = webhooks.log
    assert (attempt.status, attempt.problem) == (None, "could not be reached: ConnectionError")


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", f"http://{'a' * 70}.invalid/"])
def test_an_address_that_leads_nowhere_is_a_problem_in_the_log_and_stops_nothing(
    service: Any, channel: Any, webhooks: Any, server: Server, url: str
) -> None:
    service.update(post_webhook_url=url)
    for _ in range(10):
        channel.messages.create(body="lost", **HEADER)
    service.update(post_webhook_url=server.url)
    channel.messages.create(body="arrives", **HEADER)
    assert webhooks.settle()
    assert {attempt.status for attempt in webhooks.log[:10]} == {None}
    assert all("could not be reached" in (a.problem or "") for a in webhooks.log[:10])
    assert webhooks.log[10].status == 200


def test_a_pre_event_is_answered_over_http_too(service: Any, janes: Any, server: Server) -> None:
    service.update(
        post_webhook_url="", pre_webhook_url=server.url, webhook_filters=["onMessageSend"]
    )
    json = {"Content-Type": "application/json"}
    server.answers = [(200, json, '{"body": "schön"}'.encode()), (403, {}, b"")]
    janes.send_message("nice")
    assert [message.body for message in janes.get_messages().items] == ["schön"]
    with pytest.raises(ChatError, match="refused") as refusal:
        janes.send_message("naughty")
    assert refusal.value.code == 50056


def test_a_receiver_that_is_unregistered_leaves_its_address_to_the_network(
    channel: Any, webhooks: Any, server: Server
) -> None:
    webhooks.register(server.url, lambda request: 204)
    channel.messages.create(body="to the function", **HEADER)
    assert webhooks.settle()
    webhooks.unregister(server.url)
    channel.messages.create(body="to the server", **HEADER)
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [204, 200]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, True),
        ({"REQUESTS_CA_BUNDLE": "own.pem"}, "own.pem"),
        ({"CURL_CA_BUNDLE": "curl.pem"}, "curl.pem"),
        ({"REQUESTS_CA_BUNDLE": "own.pem", "CURL_CA_BUNDLE": "curl.pem"}, "own.pem"),
    ],
)
def test_certificates_are_checked_with_the_bundle_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: object
) -> None:
    given: list[object] = []

    def send(_session: object, _request: object, **options: object) -> object:
        given.append(options["verify"])
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "send", send)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    sender = HttpSender(CallPolicy())
    with pytest.raises(requests.ConnectionError):
        sender.send("POST", "https://bot.test/", {}, b"a=b", timeout=1, redirects=False)
    assert given == [expected]
