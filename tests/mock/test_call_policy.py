"""A mock calls servers of its user, and never itself or what nobody meant it to call."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from helpers import connect
from helpers.mock import Credentials, MockTwilio
from helpers.mock.server.running import BackgroundServer
from helpers.mock.webhooks import network
from helpers.mock.webhooks.network import CallPolicy, CallRefused
from helpers.mock.webhooks.receivers import Receivers, WebhookAnswer, WebhookRequest

OWN = 8787


class Server:
    """A server of the user's: it answers and redirects."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.location = ""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.paths.append(self.path)
                with contextlib.suppress(ConnectionError):
                    server.answer(self)

            do_POST = do_GET  # noqa: N815 - the standard library's name

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.port = self._http.server_port

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.partition("?")[0]
        if path.endswith("/kept-redirect"):
            handler.protocol_version, handler.close_connection = "HTTP/1.1", False
        if path.endswith(("/redirect", "/endless-redirect", "/kept-redirect")):
            handler.send_response(302)
            handler.send_header("Location", self.location)
        else:
            handler.send_response(200)
        if path.endswith("/kept-redirect"):
            handler.send_header("Content-Length", "1000000000")
        if path.endswith("/odd"):
            handler.send_header("Content-Type", "text/plain; charset=idna")
        handler.end_headers()
        if path.endswith("/kept-redirect"):
            return
        handler.wfile.write("größer".encode())
        while path.startswith("/endless"):
            handler.wfile.write(b"x" * 65536)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def ask(url: str, policy: CallPolicy | None = None, *, redirects: bool = True) -> WebhookAnswer:
    request = WebhookRequest("GET", url, {}, {})
    return Receivers("12345", policy or CallPolicy()).ask(request, timeout=5, redirects=redirects)


def serving(port: int, *allowed: str, is_confined: bool = False) -> CallPolicy:
    policy = CallPolicy(allowed)
    policy.start_listening(port, is_confined=is_confined)
    return policy


def own_addresses() -> list[str]:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return [probe.getsockname()[0]]
    return []


SPELLINGS = [
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.0.0.2", "127.1", "0", "0.0.0.0",
    "2130706433", "0x7f000001", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "[::]",
    "[::ffff:7f00:1]", "user:password@127.0.0.1", socket.gethostname(),
]  # fmt: skip


@pytest.mark.parametrize("host", [*SPELLINGS, *own_addresses()])
def test_its_own_port_is_not_called_under_any_name_of_this_machine(
    server: Server, host: str
) -> None:
    try:
        socket.getaddrinfo(host.rpartition("@")[2].strip("[]"), 80)
    except OSError:
        pytest.skip("this machine does not know the name")
    answer = ask(f"http://{host}:{server.port}/", serving(server.port))
    assert answer.problem == f"not called: port {server.port} of this machine is the mock's own"
    assert server.paths == []


def test_another_port_of_this_machine_is_called(server: Server) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert ask(f"http://{host}:{server.port}/", serving(OWN)).status == 200
    assert server.paths == ["/", "/"]


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
def test_a_link_local_address_is_not_called(host: str) -> None:
    assert "is a link-local address" in (ask(f"http://{host}/latest/meta-data/").problem or "")


@pytest.mark.parametrize("target", ["http://127.0.0.1:{own}/x", "http://169.254.169.254/x"])
def test_a_redirect_leads_there_neither(server: Server, target: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as own:
        port = own.getsockname()[1]
        server.location = target.format(own=port)
        url = f"http://localhost:{server.port}/redirect"
        answer = ask(url, serving(port))
        assert (answer.status, (answer.problem or "").partition(":")[0]) == (None, "not called")
        assert ask(url, serving(port), redirects=False).status == 302


def test_a_redirect_to_another_server_of_the_user_is_followed(server: Server) -> None:
    server.location = f"http://127.0.0.1:{server.port}/there"
    answer = ask(f"http://localhost:{server.port}/redirect", serving(OWN))
    assert (answer.status, answer.body, server.paths) == (200, "größer", ["/redirect", "/there"])


def test_the_address_that_is_checked_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    real, answers = socket.getaddrinfo, ["127.0.0.1", "169.254.169.254"]

    def resolve(host: Any, *more: Any, **options: Any) -> Any:
        if host == "rebound.example.com":
            host = answers.pop(0)
        return real(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = f"http://rebound.example.com:{server.port}/"
    assert ask(url).status == 200
    assert answers == ["169.254.169.254"]
    assert "link-local" in (ask(url).problem or "")


def test_one_bad_address_among_good_ones_is_enough() -> None:
    with pytest.raises(CallRefused):
        CallPolicy().check("x", 80, ["93.184.216.34", "169.254.1.1"])


# -- proxies


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch, server: Server) -> Server:
    """The user's server as a proxy for everything."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return server


def test_a_proxy_is_used_for_addresses_outside(proxied: Server) -> None:
    assert ask("http://192.0.2.7/hook").status == 200
    assert ask("http://only.the.proxy.invalid/hook").status == 200
    assert proxied.paths == ["http://192.0.2.7/hook", "http://only.the.proxy.invalid/hook"]


def test_a_proxy_is_not_used_for_this_machine(proxied: Server) -> None:
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", *own_addresses()):
        ask(f"http://{host}:{proxied.port}/direct")
    assert proxied.paths
    assert set(proxied.paths) == {"/direct"}


def test_a_proxy_is_no_way_around(proxied: Server) -> None:
    assert "link-local" in (ask("http://169.254.169.254/x").problem or "")
    proxied.location = "http://169.254.169.254/x"
    assert "link-local" in (ask("http://192.0.2.7/redirect").problem or "")
    confined = serving(OWN, is_confined=True)
    assert "may not be public" in (ask("http://only.the.proxy.invalid/", confined).problem or "")
    assert proxied.paths == ["http://192.0.2.7/redirect"]


# -- a mock that other machines reach


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "[fd00::1]", "100.64.0.1"]
)
def test_strangers_do_not_make_it_call_private_addresses(host: str) -> None:
    problem = ask(f"http://{host}:9/", serving(OWN, is_confined=True)).problem or ""
    assert "is not public" in problem
    assert "--allow-target" in problem


def test_a_target_that_is_allowed_is_called(server: Server) -> None:
    for host, allowed in (("localhost", "localhost"), ("localhost", "127.0.0.1")):
        policy = serving(OWN, allowed, "::1", is_confined=True)
        assert ask(f"http://{host}:{server.port}/", policy).status == 200
    policy = serving(server.port, "localhost", "169.254.1.1", is_confined=True)
    assert "the mock's own" in (ask(f"http://localhost:{server.port}/", policy).problem or "")
    assert "link-local" in (ask("http://169.254.1.1/", policy).problem or "")


def test_public_addresses_are_called_by_any_mock() -> None:
    serving(OWN, is_confined=True).check("example.com", 443, ["93.184.216.34", "2606:4700::1111"])


# -- bounds of answers


def test_an_answer_without_end_is_given_up(server: Server) -> None:
    answer = ask(f"http://127.0.0.1:{server.port}/endless")
    assert answer.problem == "answered with more than 1024 kB"


@pytest.mark.parametrize("path", ["endless-redirect", "kept-redirect"])
def test_a_redirect_without_end_is_followed_and_not_read(server: Server, path: str) -> None:
    server.location = f"http://127.0.0.1:{server.port}/there"
    answer = ask(f"http://127.0.0.1:{server.port}/{path}")
    assert (answer.status, answer.body) == (200, "größer")


def test_an_answer_in_an_encoding_of_names_is_read_all_the_same(server: Server) -> None:
    assert ask(f"http://127.0.0.1:{server.port}/odd").body == "größer"


@pytest.mark.parametrize("encoding", ["idna", "punycode", "zlib", "rot13", "undefined", "x", None])
def test_no_encoding_stops_it(encoding: str | None) -> None:
    assert network._text("größer".encode(), encoding)


# -- a mock that is served


@pytest.fixture
def service(served: MockTwilio) -> Any:
    account = connect(served.url)
    return account.client.chat.v2.services(served.credentials.chat_service_sid)


@pytest.fixture
def served() -> Iterator[MockTwilio]:
    with MockTwilio() as mock, mock.serve():
        yield mock


def problem_of(mock: MockTwilio, service: Any, url: str) -> str | None:
    service.update(post_webhook_url=url, webhook_filters=["onMessageSent"])
    channel = service.channels.create()
    channel.messages.create(body="hello", x_twilio_webhook_enabled="true")
    assert mock.webhooks.settle()
    return mock.webhooks.log[-1].problem


def test_a_webhook_does_not_reach_the_controls(
    served: MockTwilio, service: Any, server: Server
) -> None:
    served.clock.freeze()
    before = served.clock.now()
    url = f"{served.url}/_mock/clock"
    assert "the mock's own" in (problem_of(served, service, url) or "")
    with served.copy() as copy:
        answer = copy.webhooks._receivers.send("POST", url, {})
        assert "the mock's own" in (answer.problem or "")
    assert served.clock.now() == before


def test_a_webhook_reaches_the_users_own_server_without_configuration(
    served: MockTwilio, service: Any, server: Server
) -> None:
    assert problem_of(served, service, f"http://localhost:{server.port}/hook") is None
    assert server.paths == ["/hook"]


def test_a_port_is_free_again_when_the_server_has_ended(served: MockTwilio) -> None:
    url = served.url
    assert url is not None
    port = int(url.rpartition(":")[2])
    with pytest.raises(CallRefused):
        served.call_policy.check("localhost", port, ["127.0.0.1"])
    served.serve().close()
    served.call_policy.check("localhost", port, ["127.0.0.1"])


@pytest.mark.parametrize(
    ("host", "is_demo", "is_confined"),
    [("127.0.0.1", True, False), ("0.0.0.0", True, True), ("0.0.0.0", False, False)],
)
def test_a_mock_is_confined_where_strangers_reach_it(
    host: str, is_demo: bool, is_confined: bool
) -> None:
    own = {} if is_demo else {"TWILIO_AUTH_TOKEN": "5" * 32, "TWILIO_API_SECRET": "6" * 32}
    with MockTwilio(credentials=Credentials.demo(own)) as mock, BackgroundServer(mock, host=host):
        try:
            mock.call_policy.check("10.0.0.1", 80, ["10.0.0.1"])
        except CallRefused:
            assert is_confined
        else:
            assert not is_confined
