"""The HTTPS proxy: programs that know nothing of the mock reach it as Twilio."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import guide_tabs
import node_packages
import pytest
import requests
from websockets.sync.client import connect as connect_socket

from helpers import Account, connect, preflight
from helpers.account import AnsweredByMock
from helpers.mock import fidelity
from helpers.mock.server.authority import CertificateAuthority, NoAuthority
from helpers.mock.server.https_proxy import HttpsProxy

PATIENCE = 30
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    account = connect()
    assert account.mock is not None
    with account.mock, account.mock.serve():
        yield account


@pytest.fixture
def environment(
    account: Account,
    proxy: HttpsProxy,
    authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The variables of the guide's programs, and those that the how-to says to set."""
    bundle, own = str(authority.certificate), account.credentials
    names = {
        **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), proxy.url),
        **dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), bundle),
        "TWILIO_ACCOUNT_SID": own.account_sid,
        "TWILIO_AUTH_TOKEN": own.auth_token,
    }
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def of(account: Account, guides: str) -> str:
    """The guide's lines, with a Flex Flow of the account."""
    [flow] = account.client.flex_api.v1.flex_flow.list()
    return guides.replace("FO" + "a" * 32, flow.sid)


@pytest.fixture
def made(account: Account) -> Iterator[None]:
    """Expects that the test makes one chat, with the guide's identity in it."""
    chats = account.client.chat.v2.services(account.credentials.chat_service_sid).channels
    assert chats.list() == []
    yield
    [chat] = chats.list()
    assert [each.identity for each in chats(chat.sid).members.list()] == ["abc123"]
    chats(chat.sid).delete()


def raw(proxy: HttpsProxy, sent: bytes) -> bytes:
    """Send bytes, and return everything that comes."""
    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as connection:
        connection.sendall(sent)
        received = b""
        while block := connection.recv(65536):
            received += block
    return received


def run(command: list[str]) -> str:
    """Run a program, and return what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("environment", "made")
def test_the_guides_lines_of_python_reach_it(account: Account) -> None:
    said: list[str] = []
    exec(of(account, guide_tabs.PYTHON), {"print": said.append})
    assert said == [account.credentials.account_sid]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl and sh")
@pytest.mark.usefixtures("environment", "made")
def test_the_guides_line_of_curl_reaches_it(account: Account) -> None:
    answer = run(["sh", "-c", of(account, guide_tabs.CURL)])
    assert json.loads(answer)["account_sid"] == account.credentials.account_sid


@pytest.mark.usefixtures("environment", "made")
def test_the_guides_lines_of_node_reach_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_PATH", str(node_packages.installed() / "node_modules"))
    answer = run(["node", "-e", of(account, guide_tabs.NODE)])
    assert answer.strip() == account.credentials.account_sid


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.usefixtures("environment")
def test_every_answer_through_it_names_the_mock(account: Account) -> None:
    own = account.credentials
    known, unknown = f"{own.account_sid}:{own.auth_token}", "AC:x"
    for url, user in (
        (f"https://chat.twilio.com/v2/Services/{own.chat_service_sid}", known),
        ("https://chat.twilio.com/v2/Services", unknown),
        ("https://no-such-host.twilio.com/", known),
        ("https://iam.twilio.com/", known),
        ("https://flex-api.twilio.com/redirect.js", known),
    ):
        answer = run(["curl", "-sSi", url, "-u", user]).partition("HTTP/1.1 200 Connection")[2]
        assert "x-mock: flex-chat-lab" in answer.lower(), url


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


@pytest.fixture
def live(authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Credentials of an account of the user's, and a proxy that leads to a mock instead."""
    own = {
        "TWILIO_ACCOUNT_SID": "AC" + "ab12" * 8,
        "TWILIO_AUTH_TOKEN": "cd34" * 8,
        "TWILIO_API_KEY": "SK" + "ef56" * 8,
        "TWILIO_API_SECRET": "0a1b2c3d" * 4,
        "TWILIO_CHAT_SERVICE_SID": "IS" + "9f8e" * 8,
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    mock = connect().mock
    assert mock is not None
    with mock, mock.serve() as server:
        port = int(server.url.rpartition(":")[2])
        with HttpsProxy(0, ("127.0.0.1", port), authority) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
            yield own["TWILIO_ACCOUNT_SID"]


REFUSED = "A mock answered, not Twilio: a proxy leads there. Unset HTTPS_PROXY"


@pytest.mark.filterwarnings("ignore::helpers.account.EndOfLifeWarning")
def test_nothing_of_a_mock_passes_for_a_live_account(
    live: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AnsweredByMock, match=REFUSED):
        connect("live")
    account = connect("live", check=False)
    with pytest.raises(AnsweredByMock, match=REFUSED):
        account.client.conversations.v1.conversations.list(limit=1)
    with pytest.raises(AnsweredByMock, match=REFUSED):
        preflight(account)
    assert fidelity.main(["probe", "--account", live]) == 2
    assert REFUSED in capsys.readouterr().err
