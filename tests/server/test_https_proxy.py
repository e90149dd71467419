"""The HTTPS proxy: programs that know nothing of the mock reach it as Twilio."""

from __future__ import annotations

import shutil
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from twilio.rest import Client
from websockets.sync.client import connect as connect_socket

from helpers import Account, connect, preflight
from helpers.account import AnsweredByMock, LiveHttpClient
from helpers.mock.server.authority import CertificateAuthority, NoAuthority
from helpers.mock.server.https_proxy import HttpsProxy

PATIENCE = 10
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    account = connect()
    assert account.mock is not None
    with account.mock, account.mock.serve():
        yield account


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("user") / "own")


@pytest.fixture(scope="module")
def proxy(account: Account, authority: CertificateAuthority) -> Iterator[HttpsProxy]:
    assert account.mock is not None
    port = int(str(account.mock.url).rpartition(":")[2])
    with HttpsProxy(0, ("127.0.0.1", port), authority) as proxy:
        yield proxy


@pytest.fixture
def environment(
    proxy: HttpsProxy, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The variables of the guide's programs."""
    names = {
        "HTTPS_PROXY": proxy.url,
        "REQUESTS_CA_BUNDLE": str(authority.certificate),
        "CURL_CA_BUNDLE": str(authority.certificate),
    }
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    return names


def raw(proxy: HttpsProxy, sent: bytes) -> bytes:
    """Send bytes, and return everything that comes."""
    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as connection:
        connection.sendall(sent)
        received = b""
        while block := connection.recv(65536):
            received += block
    return received


@pytest.mark.usefixtures("environment")
def test_the_official_library_reaches_the_mock_with_no_client_of_its_own(account: Account) -> None:
    own = account.credentials
    client = Client(own.account_sid, own.auth_token)
    made = client.chat.v2.services(own.chat_service_sid).channels.create(friendly_name="Order 7")
    service = account.client.chat.v2.services(own.chat_service_sid)
    assert service.channels(made.sid).fetch().friendly_name == "Order 7"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.usefixtures("environment")
def test_curl_reaches_it_with_the_guides_line(account: Account) -> None:
    own = account.credentials
    url = f"https://chat.twilio.com/v2/Services/{own.chat_service_sid}"
    user = f"{own.account_sid}:{own.auth_token}"
    command = ["curl", "-sS", "-i", "--noproxy", "", url, "-u", user]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    assert f'"sid":"{own.chat_service_sid}"' in answer
    assert "x-mock: flex-chat-lab" in answer.lower()


def test_a_websocket_passes_through(
    account: Account, proxy: HttpsProxy, authority: CertificateAuthority
) -> None:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    token = account.worker_token()
    url = f"wss://event-bridge.twilio.com/v1/wschannels?token={token}"
    with connect_socket(url, ssl=context, proxy=proxy.url) as connection:
        assert '"event_type":"init"' in str(connection.recv(PATIENCE))


def test_a_request_in_the_clear_with_an_absolute_target_is_taken(
    account: Account, proxy: HttpsProxy
) -> None:
    own = account.credentials
    plain = {"http": proxy.url}
    url = f"http://chat.twilio.com/v2/Services/{own.chat_service_sid}"
    auth = (own.account_sid, own.auth_token)
    answer = requests.get(url, auth=auth, proxies=plain, timeout=PATIENCE)
    assert answer.json()["sid"] == own.chat_service_sid
    assert answer.headers["X-Mock"] == "flex-chat-lab"
    secure = f"GET https://chat.twilio.com/v2/Services/{own.chat_service_sid} HTTP/1.1\r\n\r\n"
    assert raw(proxy, secure.encode()).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT twilio.com.example.com:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT eviltwilio.com:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT a..twilio.com:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT -x.twilio.com:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT \xff\xfe.twilio.com:443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT chat.twilio.com:22 HTTP/1.1\r\n\r\n", 400),
        (b"GET http://example.com/ HTTP/1.1\r\n\r\n", 403),
        (b"GET http://user@chat.twilio.com/ HTTP/1.1\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\nHost: chat.twilio.com\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"CONNECT chat.twilio.com:443 HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_not_for_twilio_is_refused(proxy: HttpsProxy, sent: bytes, status: int) -> None:
    assert raw(proxy, sent).startswith(b"HTTP/1.1 %d" % status)


def test_a_client_that_does_not_trust_the_authority_gets_nothing(proxy: HttpsProxy) -> None:
    proxies = {"https": proxy.url}
    with pytest.raises(requests.exceptions.SSLError):
        requests.get("https://chat.twilio.com/v2/Services", proxies=proxies, timeout=PATIENCE)


def test_the_key_is_the_users_alone_and_signs_for_twilio_only(
    authority: CertificateAuthority,
) -> None:
    folder = authority.certificate.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(each.name for each in folder.iterdir()) == ["mock-ca.key", "mock-ca.pem"]
    assert stat.S_IMODE((folder / "mock-ca.key").stat().st_mode) == 0o600
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-text", "-in", str(authority.certificate)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Permitted:" in shown
    assert "DNS:twilio.com" in shown
    before = authority.certificate.read_bytes()
    assert CertificateAuthority(folder).certificate.read_bytes() == before


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    made = CertificateAuthority(tmp_path)
    (made.certificate.parent / "mock-ca.key").chmod(0o644)
    with pytest.raises(NoAuthority, match="can be read by others"):
        CertificateAuthority(tmp_path)


@pytest.mark.usefixtures("environment")
def test_a_live_account_takes_no_answer_of_a_mock(account: Account) -> None:
    own = account.credentials
    live: Any = Account("live", own, LiveHttpClient(timeout=PATIENCE))
    with pytest.raises(AnsweredByMock, match=r"not Twilio: .* Unset HTTPS_PROXY"):
        live.client.chat.v2.services.list(limit=1)
    with pytest.raises(AnsweredByMock):
        preflight(live)
